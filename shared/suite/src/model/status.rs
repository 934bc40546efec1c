//! Sets of status codes: those of a suite, and those that a target group's health check names.

use std::fmt;

use super::expectation::{Expectation, Matcher};

/// Status codes that are meant by one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusSet {
    /// `404`
    Code(u16),
    /// `2xx`, as its first digit.
    Class(u16),
    /// `200-299`, both ends included. A suite has no word for it; the matcher of a target group has.
    Range {
        /// The lowest code.
        first: u16,
        /// The highest code.
        last: u16,
    },
}

impl StatusSet {
    /// Whether a status is meant.
    #[must_use]
    pub fn contains(self, status: u16) -> bool {
        match self {
            Self::Code(code) => status == code,
            Self::Class(digit) => status / 100 == digit,
            Self::Range { first, last } => (first..=last).contains(&status),
        }
    }
}

impl fmt::Display for StatusSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "{code}"),
            Self::Class(digit) => write!(f, "{digit}xx"),
            Self::Range { first, last } => write!(f, "{first}-{last}"),
        }
    }
}

impl Expectation {
    /// What a target group's health check expects of a status, as an expectation: `200`, `200,202`, `200-299`,
    /// `200-299,302`. A health check follows no redirect, so nor must a request that is judged by it.
    ///
    /// Source: Elastic Load Balancing API, version 2015-12-01, `Matcher`, `HttpCode`: values of 200 to 499 with an
    /// Application Load Balancer and of 200 to 599 with a Network Load Balancer, several of them or a range.
    ///
    /// # Errors
    ///
    /// A sentence that names what is no code and no range of codes from 200 to 599.
    pub fn of_http_codes(text: &str) -> Result<Self, String> {
        let sets = text.split(',').map(|part| set(part.trim())).collect::<Option<Vec<_>>>();
        sets.map(|sets| Self(vec![Matcher::StatusIn(sets)])).ok_or_else(|| {
            format!("the health check's matcher `{text}` is not understood: expected codes from 200 to 599, such as `200,202` or `200-299`")
        })
    }
}

/// `200` or `200-299`.
fn set(text: &str) -> Option<StatusSet> {
    let code = |text: &str| text.parse::<u16>().ok().filter(|code| (200..=599).contains(code));
    match text.split_once('-') {
        None => code(text).map(StatusSet::Code),
        Some((first, last)) => {
            let (first, last) = (code(first.trim())?, code(last.trim())?);
            (first <= last).then_some(StatusSet::Range { first, last })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sets(text: &str) -> Result<Vec<StatusSet>, String> {
        Expectation::of_http_codes(text).map(|expectation| match expectation.0.as_slice() {
            [Matcher::StatusIn(sets)] => sets.clone(),
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn the_matcher_of_a_target_group_says_which_statuses_are_healthy() {
        for (text, healthy, unhealthy) in [
            ("200", &[200][..], &[199, 201, 404][..]),
            ("200,202", &[200, 202], &[201, 203]),
            ("200-299", &[200, 250, 299], &[300, 199]),
            ("200-299,302", &[200, 299, 302], &[300, 301, 303]),
            ("200, 301 - 302", &[200, 301, 302], &[201, 300]),
            ("599", &[599], &[200]),
        ] {
            let sets = sets(text).unwrap();
            let contains = |status: u16| sets.iter().any(|set| set.contains(status));
            assert!(healthy.iter().all(|status| contains(*status)), "{text}");
            assert!(!unhealthy.iter().any(|status| contains(*status)), "{text}");
        }
        let shown: Vec<_> = sets("200-299,302").unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["200-299", "302"]);
    }

    #[test]
    fn a_matcher_that_is_not_understood_is_named() {
        for text in ["", "200,", "2xx", "OK", "299-200", "200-", "-200", "199", "600", "200-299-300", "0", "70000"] {
            let error = sets(text).unwrap_err();
            assert!(error.contains(&format!("`{text}`")) && error.contains("200 to 599"), "{text}: {error}");
        }
    }
}
