//! Where requests go: a scheme, a host and a port, and nothing else.
//!
//! This module only reads and shows an address. What the target calls itself (`target.host`) is [`crate::origin`]'s.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;
use url::{Host, Url};

/// The address of a listener, for example `http://10.0.0.1:8080`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl {
    scheme: Scheme,
    host: Host<String>,
    port: u16,
}

/// How one speaks to a listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Http,
    Https,
}

impl Scheme {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    pub(crate) fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }

    pub(crate) fn of(url: &Url) -> Option<Self> {
        [Self::Http, Self::Https].into_iter().find(|scheme| scheme.name() == url.scheme())
    }
}

/// Why a text is not a [`BaseUrl`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BaseUrlError {
    /// It cannot be read as a URL at all.
    #[error("`{text}` is not a URL ({problem}): write it like `http://10.0.0.1:8080`")]
    NotAUrl {
        /// What was given.
        text: String,
        /// The parser's sentence.
        problem: String,
    },
    /// It is a URL of something other than a web server.
    #[error("`{text}` must begin with `http://` or `https://`")]
    Scheme {
        /// What was given.
        text: String,
    },
    /// It holds a user name or a password, which would end up in logs. The text is therefore not repeated.
    #[error("the URL must not hold a user name or a password: send them in `target.headers`, from a secret")]
    UserInfo,
    /// It holds more than scheme, host and port.
    #[error("`{text}` must be a scheme, a host and a port alone, without {part}: paths belong to the suite's requests")]
    More {
        /// What was given.
        text: String,
        /// The part that is too much.
        part: &'static str,
    },
}

impl BaseUrl {
    /// Reads a base URL: `http` or `https`, a host, optionally a port; a single slash at its end is overlooked.
    ///
    /// # Errors
    ///
    /// A sentence about what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, BaseUrlError> {
        let text = text.trim();
        if text.contains('@') {
            return Err(BaseUrlError::UserInfo);
        }
        let url = Url::parse(text)
            .map_err(|problem| BaseUrlError::NotAUrl { text: text.to_owned(), problem: problem.to_string() })?;
        let scheme = Scheme::of(&url).ok_or_else(|| BaseUrlError::Scheme { text: text.to_owned() })?;
        let more = |part| BaseUrlError::More { text: text.to_owned(), part };
        if url.path() != "/" {
            return Err(more("a path"));
        }
        if url.query().is_some() {
            return Err(more("a query"));
        }
        if url.fragment().is_some() {
            return Err(more("a fragment"));
        }
        // A URL with one of these two schemes always has a host, which the parser has seen to.
        let host = url.host().ok_or_else(|| BaseUrlError::Scheme { text: text.to_owned() })?.to_owned();
        Ok(Self { scheme, host, port: url.port().unwrap_or_else(|| scheme.default_port()) })
    }

    pub(crate) fn scheme(&self) -> Scheme {
        self.scheme
    }

    pub(crate) fn host(&self) -> &Host<String> {
        &self.host
    }

    /// The port, also when it is the scheme's own.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl FromStr for BaseUrl {
    type Err = BaseUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.name(), self.host)?;
        if self.port == self.scheme.default_port() { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_is_a_scheme_a_host_and_a_port() {
        for (text, shown) in [
            ("http://10.0.0.1:8080", "http://10.0.0.1:8080"),
            (" https://internal-alb.example.com/ ", "https://internal-alb.example.com"),
            ("http://LOCALHOST:80", "http://localhost"),
            ("https://[::1]:8443", "https://[::1]:8443"),
        ] {
            assert_eq!(BaseUrl::parse(text).unwrap().to_string(), shown);
        }
    }

    #[test]
    fn anything_more_is_refused_with_a_reason() {
        for (text, sentence) in [
            ("10.0.0.1:8080", "is not a URL"),
            ("ftp://10.0.0.1", "must begin with `http://` or `https://`"),
            ("localhost:8080", "must begin with `http://` or `https://`"),
            ("http://10.0.0.1/health", "without a path"),
            ("http://10.0.0.1?x=1", "without a query"),
            ("http://10.0.0.1#x", "without a fragment"),
            ("", "is not a URL"),
        ] {
            let error = BaseUrl::parse(text).unwrap_err().to_string();
            assert!(error.contains(sentence), "{text}: {error}");
        }
    }

    #[test]
    fn a_password_in_a_url_is_refused_and_not_repeated() {
        for text in ["http://smoke:hunter2@10.0.0.1", "smoke:hunter2@10.0.0.1", "http://smoke:hunter2@"] {
            let error = BaseUrl::parse(text).unwrap_err();
            assert_eq!(error, BaseUrlError::UserInfo);
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
    }
}
