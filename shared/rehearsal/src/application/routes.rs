//! What the application answers, and how its behaviour bends that.

use std::{
    io,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use http_body_util::{BodyExt as _, Either, Full, Limited};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Body, Bytes, Incoming},
    header::{ALLOW, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION},
    http::request::Parts,
};
use serde_json::{Map, Value, json};

use super::{Behaviour, bodies::Faulty, orders::Orders};

const X_VERSION: HeaderName = HeaderName::from_static("x-version");

/// Largest body of a new order.
const MAX_ORDER: usize = 64 * 1024;

/// An answer of the application.
pub(super) type Answer = Response<Either<Full<Bytes>, Faulty>>;

/// What the application is, shared by all of its connections.
pub(super) struct Site {
    version: String,
    mood: Mutex<(Behaviour, Instant)>,
    orders: Mutex<Orders>,
}

impl Site {
    pub(super) fn new(version: &str, behaviour: Behaviour) -> Self {
        let mood = Mutex::new((behaviour, Instant::now()));
        Self { version: version.to_owned(), mood, orders: Mutex::default() }
    }

    pub(super) fn set_behaviour(&self, behaviour: Behaviour) {
        *self.mood() = (behaviour, Instant::now());
    }

    /// Answers one request as the behaviour of this moment has it.
    ///
    /// # Errors
    ///
    /// The behaviour is to close the connection instead.
    pub(super) async fn answer(&self, request: Request<Incoming>) -> io::Result<Answer> {
        let (behaviour, since) = self.mood().clone();
        let is_health_check = request.uri().path() == "/health";
        let whole = |answer: Response<Full<Bytes>>| Ok(answer.map(Either::Left));
        match behaviour {
            Behaviour::Status(status) if !is_health_check => whole(self.failed(status, request).await),
            Behaviour::Unhealthy(status) if is_health_check => whole(self.failed(status, request).await),
            Behaviour::StatusEverywhere(status) => whole(self.failed(status, request).await),
            Behaviour::NotReadyFor(time) if since.elapsed() < time => {
                let _ = drain(request.into_body()).await;
                whole(self.text(StatusCode::SERVICE_UNAVAILABLE, "still starting\n"))
            }
            Behaviour::WrongVersion(version) => whole(self.routed(request, &version).await),
            Behaviour::Slow(time) => {
                tokio::time::sleep(time).await;
                whole(self.routed(request, &self.version).await)
            }
            Behaviour::Hang => {
                let _ = drain(request.into_body()).await;
                std::future::pending().await
            }
            Behaviour::CloseEarly | Behaviour::Refuse => {
                let _ = drain(request.into_body()).await;
                Err(io::Error::other("this application closes connections without an answer"))
            }
            Behaviour::BreakOff => {
                let (head, body) = self.routed(request, &self.version).await.into_parts();
                Ok(Response::from_parts(head, Either::Right(Faulty::broken_off(bytes_of(body).await))))
            }
            Behaviour::Drip(pause) => {
                let (head, body) = self.routed(request, &self.version).await.into_parts();
                Ok(Response::from_parts(head, Either::Right(Faulty::dripping(bytes_of(body).await, pause))))
            }
            Behaviour::Healthy | Behaviour::Status(_) | Behaviour::Unhealthy(_) | Behaviour::NotReadyFor(_) => {
                whole(self.routed(request, &self.version).await)
            }
        }
    }

    async fn routed(&self, request: Request<Incoming>, version: &str) -> Response<Full<Bytes>> {
        let (request, mut body) = request.into_parts();
        let mut answer = self.found(&request, &mut body, version).await;
        answer.headers_mut().insert(X_VERSION, header_value(version));
        // Or the client may lose the answer while it still sends.
        let _ = drain(body).await;
        answer
    }

    async fn found(&self, request: &Parts, body: &mut Incoming, version: &str) -> Response<Full<Bytes>> {
        let method = if request.method == Method::HEAD { &Method::GET } else { &request.method };
        match (method, request.uri.path()) {
            (&Method::GET, "/") => self.text(StatusCode::OK, &format!("{version}\n")),
            (&Method::GET, "/health") => self.text(StatusCode::OK, "ok"),
            (&Method::GET, "/version") => self.json(StatusCode::OK, &json!({ "version": version })),
            (_, "/" | "/health" | "/version") => self.not_allowed("GET, HEAD"),
            (&Method::GET, "/orders") => self.json(StatusCode::OK, &self.orders().all()),
            (&Method::POST, "/orders") => self.new_order(body).await,
            (_, "/orders") => self.not_allowed("GET, HEAD, POST"),
            (_, path) => match path.strip_prefix("/orders/") {
                Some(id) => self.order(method, id),
                None => self.text(StatusCode::NOT_FOUND, "not found\n"),
            },
        }
    }

    async fn new_order(&self, body: &mut Incoming) -> Response<Full<Bytes>> {
        let Ok(body) = Limited::new(body, MAX_ORDER).collect().await else {
            return self.text(StatusCode::PAYLOAD_TOO_LARGE, "an order has at most 64 KiB\n");
        };
        let Ok(fields) = serde_json::from_slice::<Map<String, Value>>(&body.to_bytes()) else {
            return self.text(StatusCode::BAD_REQUEST, "an order is a JSON object\n");
        };
        let (id, order) = self.orders().add(fields);
        let mut answer = self.json(StatusCode::CREATED, &order);
        answer.headers_mut().insert(LOCATION, header_value(&format!("/orders/{id}")));
        answer
    }

    fn order(&self, method: &Method, id: &str) -> Response<Full<Bytes>> {
        let missing = || self.text(StatusCode::NOT_FOUND, "no such order\n");
        match *method {
            Method::GET => self.orders().get(id).map_or_else(missing, |order| self.json(StatusCode::OK, order)),
            Method::DELETE if self.orders().remove(id) => self.with(StatusCode::NO_CONTENT, None, Bytes::new()),
            Method::DELETE => missing(),
            _ => self.not_allowed("GET, HEAD, DELETE"),
        }
    }

    /// An answer of a broken release. Numbers that are not a final status become 500.
    async fn failed(&self, status: u16, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let _ = drain(request.into_body()).await;
        let status = if (200..600).contains(&status) { status } else { 500 };
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        self.text(status, &format!("{status}\n"))
    }

    fn not_allowed(&self, allowed: &'static str) -> Response<Full<Bytes>> {
        let mut answer = self.text(StatusCode::METHOD_NOT_ALLOWED, "method not allowed\n");
        answer.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
        answer
    }

    fn text(&self, status: StatusCode, text: &str) -> Response<Full<Bytes>> {
        self.with(status, Some("text/plain; charset=utf-8"), Bytes::copy_from_slice(text.as_bytes()))
    }

    fn json(&self, status: StatusCode, value: &Value) -> Response<Full<Bytes>> {
        self.with(status, Some("application/json"), Bytes::from(value.to_string()))
    }

    fn with(&self, status: StatusCode, content_type: Option<&'static str>, body: Bytes) -> Response<Full<Bytes>> {
        let mut answer = Response::new(Full::new(body));
        *answer.status_mut() = status;
        let headers = answer.headers_mut();
        headers.extend(content_type.map(|value| (CONTENT_TYPE, HeaderValue::from_static(value))));
        headers.insert(X_VERSION, header_value(&self.version));
        answer
    }

    fn mood(&self) -> MutexGuard<'_, (Behaviour, Instant)> {
        // Nothing panics while holding the lock.
        self.mood.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn orders(&self) -> MutexGuard<'_, Orders> {
        // Every order is added and removed in one step, so they are whole whoever panicked.
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads a body to its end. How that goes is of no interest to most: a client that fails has left.
async fn drain(mut body: Incoming) -> Result<(), hyper::Error> {
    while let Some(piece) = body.frame().await {
        piece?;
    }
    Ok(())
}

async fn bytes_of<B: Body<Data = Bytes, Error = std::convert::Infallible>>(body: B) -> Bytes {
    match body.collect().await {
        Ok(body) => body.to_bytes(),
        Err(never) => match never {},
    }
}

/// A header value of whatever in `text` may be in one.
fn header_value(text: &str) -> HeaderValue {
    let legal: String = text.chars().filter(|character| (' '..='~').contains(character)).collect();
    // Printable ASCII is always legal.
    HeaderValue::from_str(&legal).unwrap_or(HeaderValue::from_static(""))
}
