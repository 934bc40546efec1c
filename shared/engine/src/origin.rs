//! What the target calls itself, and which URLs are its own.
//!
//! The connection always goes to the base URL. With `target.host` the URL holds that name instead of the base's host,
//! so that SNI and the name on the certificate are what a customer would see, and the `Host` header is
//! `target.host` exactly as it was written. [`crate::resolver`] leads the name to the base's address.
//!
//! A URL is the target's own when scheme and host are, and the port is one of two: the listener's (what is in the URLs
//! that are sent), or the one that `target.host` names, which is the scheme's own when it names none. An application
//! that makes absolute URLs from the `Host` header knows only the second one: behind a test listener on 8080 it
//! answers `Location: http://orders.example.com/login`. It means itself, and a request for it goes back to the
//! listener, not to port 80, where blue is. A change from `http` to `https` leaves the target: that is another listener.

use http::HeaderValue;
use url::{Host, Url};

use crate::base_url::{BaseUrl, Scheme};
use crate::session::SessionError;

/// Who is asked.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    base: BaseUrl,
    name: Option<Name>,
}

/// `target.host`.
#[derive(Debug, Clone)]
struct Name {
    written: HeaderValue,
    host: String,
    port: Option<u16>,
}

impl Origin {
    pub(crate) fn new(base: &BaseUrl, target_host: Option<&str>) -> Result<Self, SessionError> {
        Ok(Self { base: base.clone(), name: target_host.map(Name::parse).transpose()? })
    }

    /// The name that resolves to the base's host, when it is another than that.
    pub(crate) fn name(&self) -> Option<&str> {
        self.name.as_ref().map(|name| name.host.as_str())
    }

    /// What goes into the `Host` header; `None` leaves it to what the URL says.
    pub(crate) fn host_header(&self) -> Option<&HeaderValue> {
        self.name.as_ref().map(|name| &name.written)
    }

    /// The URL for a path with its query.
    pub(crate) fn url(&self, path_and_query: &str) -> Result<Url, url::ParseError> {
        let scheme = self.base.scheme().name();
        let port = self.base.port();
        match &self.name {
            Some(name) => Url::parse(&format!("{scheme}://{}:{port}{path_and_query}", name.host)),
            None => Url::parse(&format!("{scheme}://{}:{port}{path_and_query}", self.base.host())),
        }
    }

    /// The URL as it has to be sent when it is the target's own; `None` when it leads elsewhere.
    pub(crate) fn own(&self, url: &Url) -> Option<Url> {
        let port = url.port_or_known_default()?;
        let same_host = match (&self.name, url.host()?) {
            (Some(name), Host::Domain(host)) => host.eq_ignore_ascii_case(&name.host),
            (Some(_), _) => false,
            (None, host) => host.to_owned() == *self.base.host(),
        };
        let named = self.name.as_ref().map(|name| name.port.unwrap_or_else(|| self.base.scheme().default_port()));
        if Scheme::of(url)? != self.base.scheme() || !same_host || (port != self.base.port() && Some(port) != named) {
            return None;
        }
        let mut own = url.clone();
        // Both fail only for URLs without a host.
        own.set_port(Some(self.base.port())).ok()?;
        own.set_username("").and_then(|()| own.set_password(None)).ok()?;
        Some(own)
    }

    /// The address that connections go to, for people.
    pub(crate) fn listener(&self) -> String {
        format!("{}:{}", self.base.host(), self.base.port())
    }
}

impl Name {
    fn parse(written: &str) -> Result<Self, SessionError> {
        let refused = |problem: &str| SessionError::Host { host: written.to_owned(), problem: format!("is {problem}") };
        let url = Url::parse(&format!("http://{written}")).map_err(|_| refused("not a host"))?;
        let (host, port) = match written.rsplit_once(':') {
            Some((host, port)) if !host.ends_with(':') && !host.starts_with('[') => {
                (host, Some(port.parse().map_err(|_| refused("followed by something that is no port"))?))
            }
            _ => (written, None),
        };
        let name = match url.host() {
            Some(Host::Domain(name)) => name.to_owned(),
            _ => return Err(refused("an IP address, for which no certificate is checked by name")),
        };
        // Whatever the parser took for a path, a user or a port would be silently lost.
        if !name.eq_ignore_ascii_case(host) {
            return Err(refused("more than a host"));
        }
        let written = HeaderValue::from_str(written).map_err(|_| refused("not a host"))?;
        Ok(Self { written, host: name, port })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(base: &str, host: Option<&str>) -> Origin {
        Origin::new(&BaseUrl::parse(base).unwrap(), host).unwrap()
    }

    #[test]
    fn a_url_is_the_targets_own_when_it_is_the_listener_or_what_a_customer_would_call_it() {
        let plain = ("http://10.0.0.1:8080", None);
        let named = ("http://10.0.0.1:8080", Some("orders.example.com"));
        let ported = ("https://10.0.0.1:8443", Some("orders.example.com:444"));
        let default = ("https://10.0.0.1", Some("orders.example.com"));
        for ((base, host), url, sent) in [
            (plain, "http://10.0.0.1:8080/a?b", Some("http://10.0.0.1:8080/a?b")),
            (plain, "http://10.0.0.1/a", None),
            (plain, "https://10.0.0.1:8080/a", None),
            (plain, "http://10.0.0.2:8080/a", None),
            (named, "http://orders.example.com:8080/a", Some("http://orders.example.com:8080/a")),
            (named, "http://Orders.Example.com/a", Some("http://orders.example.com:8080/a")),
            (named, "http://me:pass@orders.example.com/a", Some("http://orders.example.com:8080/a")),
            (named, "https://orders.example.com/a", None),
            (named, "http://orders.example.com:9000/a", None),
            (named, "http://10.0.0.1:8080/a", None),
            (named, "http://orders.example.com.evil.test/a", None),
            (ported, "https://orders.example.com:444/", Some("https://orders.example.com:8443/")),
            (ported, "https://orders.example.com:8443/", Some("https://orders.example.com:8443/")),
            (ported, "https://orders.example.com/", None),
            (default, "https://orders.example.com/", Some("https://orders.example.com/")),
        ] {
            let own = origin(base, host).own(&Url::parse(url).unwrap());
            assert_eq!(own.as_ref().map(Url::as_str), sent, "{url} for {base} as {host:?}");
        }
    }

    #[test]
    fn requests_name_the_target_and_keep_the_listeners_port() {
        let named = origin("https://10.0.0.1:8443", Some("orders.example.com:444"));
        assert_eq!(named.url("//a/b?c").unwrap().as_str(), "https://orders.example.com:8443//a/b?c");
        assert_eq!(named.host_header().unwrap(), "orders.example.com:444");
        assert_eq!(named.listener(), "10.0.0.1:8443");
        assert_eq!(origin("http://[::1]:80", None).url("/").unwrap().as_str(), "http://[::1]/");
    }

    #[test]
    fn a_target_host_that_is_no_name_is_refused() {
        for host in ["10.0.0.1", "[::1]", "[::1]:80", "a.test/b", "me@a.test", "a.test:http", "", "a b", "a.test:0x50"]
        {
            let error = Origin::new(&BaseUrl::parse("http://10.0.0.1").unwrap(), Some(host)).unwrap_err().to_string();
            assert!(error.contains("write a DNS name, optionally with a port"), "{host}: {error}");
        }
    }
}
