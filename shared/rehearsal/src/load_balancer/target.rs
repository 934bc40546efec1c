//! Where requests can go: URLs as people write them, and addresses.

use std::{
    fmt,
    net::{SocketAddr, ToSocketAddrs as _},
    str::FromStr,
};

use hyper::{Uri, http::uri::Authority};
use thiserror::Error;

/// Where requests of a target group can go: `http://host:port`, with an optional path that is put before every
/// request's own path. Made by [`str::parse`], or from a [`SocketAddr`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    authority: Authority,
    base: String,
}

/// Why a URL cannot be a [`Target`].
#[derive(Debug, Error, PartialEq, Eq)]
pub enum TargetError {
    /// Not a URL with a scheme and a host.
    #[error("`{url}` is not a URL of the form `http://host:port`")]
    NotAUrl {
        /// As it was given.
        url: String,
    },
    /// TLS between the load balancer and its targets is not played by the rehearsal.
    #[error("`{url}` is an https target, and the rehearsal's load balancer reaches its targets over plain http only")]
    Https {
        /// As it was given.
        url: String,
    },
    /// Neither `http` nor `https`.
    #[error("`{url}` has the scheme `{scheme}`, expected `http`")]
    Scheme {
        /// As it was given.
        url: String,
        /// What stands before `://`.
        scheme: String,
    },
    /// A base URL names a place, so it cannot hold a user, a query or a fragment.
    #[error("`{url}` holds {part}, and a target is only a host, a port and a path")]
    Surplus {
        /// As it was given.
        url: String,
        /// What there is too much of.
        part: &'static str,
    },
}

impl Target {
    /// The host and port that connections go to. Port 80 when the URL had none.
    #[must_use]
    pub fn address(&self) -> String {
        match self.authority.port_u16() {
            Some(_) => self.authority.to_string(),
            None => format!("{}:80", self.authority),
        }
    }

    /// The same with an address in place of its name, as a load balancer's targets have one. IPv4 comes before IPv6; a
    /// name that has none stays.
    #[must_use]
    pub fn resolved(self) -> Self {
        let Ok(addresses) = self.address().to_socket_addrs() else { return self };
        match addresses.min_by_key(SocketAddr::is_ipv6) {
            Some(address) => Self { base: self.base, ..Self::from(address) },
            None => self,
        }
    }

    /// The path before every request's own path: empty, or with a slash at its start and none at its end.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }
}

impl From<SocketAddr> for Target {
    fn from(address: SocketAddr) -> Self {
        let authority = Authority::from_maybe_shared(address.to_string().into_bytes());
        // The two renderings of a socket address, `1.2.3.4:5` and `[::1]:5`, are authorities by RFC 3986, except for
        // an IPv6 scope, which no authority can hold and which is left out.
        let authority = authority.unwrap_or_else(|_| {
            let unscoped = SocketAddr::new(address.ip(), address.port()).to_string();
            Authority::from_maybe_shared(unscoped.into_bytes()).unwrap_or_else(|_| Authority::from_static("[::]:0"))
        });
        Self { authority, base: String::new() }
    }
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(url: &str) -> Result<Self, TargetError> {
        let shown = || url.to_owned();
        let surplus = |part| TargetError::Surplus { url: shown(), part };
        if url.contains('#') {
            return Err(surplus("a fragment"));
        }
        let parts = url.parse::<Uri>().map_err(|_| TargetError::NotAUrl { url: shown() })?.into_parts();
        let (Some(scheme), Some(authority)) = (parts.scheme, parts.authority) else {
            return Err(TargetError::NotAUrl { url: shown() });
        };
        match scheme.as_str() {
            "http" => {}
            "https" => return Err(TargetError::Https { url: shown() }),
            other => return Err(TargetError::Scheme { url: shown(), scheme: other.to_owned() }),
        }
        if authority.as_str().contains('@') {
            return Err(surplus("a user"));
        }
        if authority.host().is_empty() || (authority.port().is_none() && authority.as_str().ends_with(':')) {
            return Err(TargetError::NotAUrl { url: shown() });
        }
        let path = parts.path_and_query;
        if path.as_ref().is_some_and(|path| path.query().is_some()) {
            return Err(surplus("a query"));
        }
        let base = path.map_or(String::new(), |path| path.path().trim_end_matches('/').to_owned());
        Ok(Self { authority, base })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}{}", self.authority, self.base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_that_is_named_gets_an_address() {
        for (url, address) in [
            ("http://localhost:3000/shop", "127.0.0.1:3000"),
            ("http://127.0.0.2:81", "127.0.0.2:81"),
            ("http://nowhere.invalid:81", "nowhere.invalid:81"),
        ] {
            let target: Target = url.parse().unwrap();
            let base = target.base().to_owned();
            let resolved = target.resolved();
            assert_eq!((resolved.address().as_str(), resolved.base()), (address, base.as_str()), "{url}");
        }
    }

    #[test]
    fn urls_become_targets_or_say_why_not() {
        let https = TargetError::Https { url: "https://a.example".to_owned() };
        let cases = [
            ("http://127.0.0.1:3000", Ok(("127.0.0.1:3000", ""))),
            ("http://localhost", Ok(("localhost:80", ""))),
            ("http://[::1]:9/", Ok(("[::1]:9", ""))),
            ("HTTP://blue.internal:81/shop/", Ok(("blue.internal:81", "/shop"))),
            ("https://a.example", Err(https)),
            ("ftp://a", Err(TargetError::Scheme { url: "ftp://a".to_owned(), scheme: "ftp".to_owned() })),
            ("127.0.0.1:3000", Err(TargetError::NotAUrl { url: "127.0.0.1:3000".to_owned() })),
            ("/path", Err(TargetError::NotAUrl { url: "/path".to_owned() })),
            ("", Err(TargetError::NotAUrl { url: String::new() })),
            ("http://a/?q", Err(TargetError::Surplus { url: "http://a/?q".to_owned(), part: "a query" })),
            ("http://a/#f", Err(TargetError::Surplus { url: "http://a/#f".to_owned(), part: "a fragment" })),
            ("http://me@a/", Err(TargetError::Surplus { url: "http://me@a/".to_owned(), part: "a user" })),
        ];
        for (url, expected) in cases {
            let found = url.parse::<Target>();
            match expected {
                Ok((address, base)) => {
                    let target = found.expect(url);
                    assert_eq!((target.address().as_str(), target.base()), (address, base), "{url}");
                }
                Err(error) => assert_eq!(found, Err(error), "{url}"),
            }
        }
    }
}
