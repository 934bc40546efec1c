//! Decides whether an answer leads on, and with which request.
//!
//! A 301, 302 or 303 turns a POST into a GET without a body, as every browser does; a 303 does so to any method but HEAD.
//! A 307 or 308 repeats method and body. Source: RFC 9110, section 15.4.
//!
//! Where `any` leads away from the target, nothing goes along that is meant for it alone: not `target.headers`, not
//! credentials, not what was made with a secret or a captured value, on this hop and on all that follow. A body of that
//! kind is not sent elsewhere either: the redirect is then the answer.

use greenlight_suite::Redirects;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, LOCATION, PROXY_AUTHORIZATION};
use http::{Method, StatusCode};
use reqwest::Response;
use url::Url;

use crate::base_url::Scheme;
use crate::origin::Origin;
use crate::request::Prepared;

/// Redirects that are followed in one attempt.
pub(super) const MAX: usize = 10;
/// Characters of a redirect that are shown.
pub(super) const SHOWN: usize = 300;

/// What to do with an answer.
pub(super) enum Next {
    /// Judge it. When it is a redirect that leads on, why it was not followed.
    Answer(Option<Unfollowed>),
    /// Send this.
    Follow(Box<Prepared>),
}

/// A redirect that was not followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unfollowed {
    /// It leaves the target, and the suite does not allow that.
    Leaves(String),
    /// The suite follows none.
    NotAllowed(String),
    /// It came after [`MAX`] others.
    TooMany,
    /// It leads to something that is not HTTP, or to no URL at all.
    NotHttp(String),
    /// It would take a body elsewhere that is meant for the target alone.
    PrivateBody(String),
}

impl Unfollowed {
    /// What to do about it.
    pub(crate) fn remedy(&self) -> String {
        match self {
            Self::Leaves(to) => {
                format!("it leads away from the target, to `{to}`: write `redirects: any` to follow it there")
            }
            Self::NotAllowed(to) => {
                format!("it leads to `{to}`, and this request has `redirects: none`: expect the redirect, or follow it")
            }
            Self::TooMany => format!("it came after {MAX} redirects: this looks like a loop"),
            Self::NotHttp(to) => format!("its `Location` is `{to}`, which cannot be followed"),
            Self::PrivateBody(to) => {
                format!("it would take the request's body, made with a secret or a captured value, to `{to}`")
            }
        }
    }
}

/// Reads an answer's redirect, `followed` having come before it.
pub(super) fn next(
    request: &Prepared,
    response: &Response,
    allowed: Redirects,
    origin: &Origin,
    followed: usize,
) -> Next {
    let status = response.status();
    let follows = matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308);
    let Some(location) = response.headers().get(LOCATION).filter(|_| follows) else { return Next::Answer(None) };
    let stay = |why: Unfollowed| Next::Answer(Some(why));
    let written = String::from_utf8_lossy(location.as_bytes()).into_owned();
    let Some(url) = request.url.join(&written).ok().filter(|url| Scheme::of(url).is_some()) else {
        return stay(Unfollowed::NotHttp(written));
    };
    let own = origin.own(&url);
    match allowed {
        Redirects::None => return stay(Unfollowed::NotAllowed(url.into())),
        Redirects::SameOrigin if own.is_none() => return stay(Unfollowed::Leaves(url.into())),
        Redirects::SameOrigin | Redirects::Any if followed >= MAX => return stay(Unfollowed::TooMany),
        Redirects::SameOrigin | Redirects::Any => {}
    }
    let leaves = own.is_none();
    let method = method_after(status, &request.method);
    let keeps_body = method == request.method && !matches!(status, StatusCode::SEE_OTHER);
    if leaves && keeps_body && request.private_body {
        return stay(Unfollowed::PrivateBody(url.into()));
    }
    let mut next = Prepared { url: own.unwrap_or_else(|| without_user(url)), ..request.clone() };
    next.url.set_fragment(None);
    if !keeps_body {
        next.body = Vec::new();
        next.private_body = false;
        next.headers.retain(|header| header.name != CONTENT_TYPE && header.name != CONTENT_LENGTH);
    }
    if leaves {
        next.headers
            .retain(|header| !header.private && ![AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION].contains(&header.name));
    }
    next.method = method;
    Next::Follow(Box::new(next))
}

fn method_after(status: StatusCode, method: &Method) -> Method {
    match (status.as_u16(), method) {
        (301 | 302, &Method::POST) => Method::GET,
        (303, method) if *method != Method::HEAD => Method::GET,
        _ => method.clone(),
    }
}

/// A user name and a password in a URL would be sent as credentials.
fn without_user(mut url: Url) -> Url {
    // Both fail only for URLs without a host, and then there is no user either.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url
}
