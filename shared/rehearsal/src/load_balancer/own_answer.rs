//! The answers that the load balancer gives by itself, byte for byte as the real one writes them.
//!
//! They are what tells "no target yet" from a 503 of the application: `Server: awselb/2.0` and a small HTML page.

use http_body_util::Full;
use hyper::{
    Response, StatusCode,
    body::Bytes,
    ext::ReasonPhrase,
    header::{CONNECTION, CONTENT_TYPE, HeaderValue, SERVER},
};

/// The `Server` header of every answer that no target has made.
pub(super) const SERVER_NAME: &str = "awselb/2.0";

/// Why the load balancer answers by itself. Source of the codes: Elastic Load Balancing user guide, "Troubleshoot your
/// Application Load Balancers".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OwnAnswer {
    /// The client's request is not HTTP as the load balancer takes it.
    BadRequest,
    /// `TRACE`, which the load balancer does not forward.
    MethodNotAllowed,
    /// The client stopped sending its request's body for the idle timeout.
    RequestTimeout,
    /// The request line is longer than 16 KiB.
    UriTooLong,
    /// The target refused, closed early or answered something that is not HTTP.
    BadGateway,
    /// No target group has weight, or the chosen one has no target.
    ServiceUnavailable,
    /// The target took too long to accept the connection or to answer.
    GatewayTimeout,
}

impl OwnAnswer {
    fn status(self) -> StatusCode {
        match self {
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::UriTooLong => StatusCode::URI_TOO_LONG,
            Self::BadGateway => StatusCode::BAD_GATEWAY,
            Self::ServiceUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::GatewayTimeout => StatusCode::GATEWAY_TIMEOUT,
        }
    }

    /// The words after the code, where they are not those of the standard.
    fn reason(self) -> &'static str {
        match self {
            Self::BadRequest => "Bad Request",
            Self::MethodNotAllowed => "Not Allowed",
            Self::RequestTimeout => "Request Time-out",
            Self::UriTooLong => "Request-URI Too Large",
            Self::BadGateway => "Bad Gateway",
            Self::ServiceUnavailable => "Service Temporarily Unavailable",
            Self::GatewayTimeout => "Gateway Time-out",
        }
    }

    /// True when the client's connection cannot be used after this answer.
    fn closes(self) -> bool {
        matches!(self, Self::BadRequest | Self::RequestTimeout | Self::UriTooLong)
    }

    fn page(self) -> String {
        let title = format!("{} {}", self.status().as_u16(), self.reason());
        format!(
            "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n\
             <center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
        )
    }

    /// The answer as a response; its date is left to the server.
    pub(super) fn response(self) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::from(self.page()));
        *response.status_mut() = self.status();
        response.extensions_mut().insert(ReasonPhrase::from_static(self.reason().as_bytes()));
        let headers = response.headers_mut();
        headers.insert(SERVER, HeaderValue::from_static(SERVER_NAME));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
        if self.closes() {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    /// The answer as bytes on the wire, for requests that never became one. `date` is the value of that header.
    pub(super) fn on_the_wire(self, date: &str) -> Vec<u8> {
        let page = self.page();
        let (code, reason, length) = (self.status().as_u16(), self.reason(), page.len());
        format!(
            "HTTP/1.1 {code} {reason}\r\nServer: {SERVER_NAME}\r\nDate: {date}\r\nContent-Type: text/html\r\n\
             Content-Length: {length}\r\nConnection: close\r\n\r\n{page}"
        )
        .into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_as_long_as_the_real_ones() {
        // The content lengths that the real load balancer sends.
        let cases = [
            (OwnAnswer::BadRequest, 122),
            (OwnAnswer::BadGateway, 122),
            (OwnAnswer::ServiceUnavailable, 162),
            (OwnAnswer::GatewayTimeout, 132),
        ];
        for (answer, length) in cases {
            assert_eq!(answer.page().len(), length, "{answer:?}");
        }
    }
}
