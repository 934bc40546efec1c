//! What a TLS handshake failed on.

use rustls::CertificateError;
use rustls::Error;

use crate::record::{Failure, FailureKind};

/// A handshake's error, in the words of whoever has to mend it.
pub(super) fn failure(error: &Error, place: &str) -> Failure {
    let (observed, remedy) = match error {
        Error::InvalidCertificate(problem) => certificate(problem),
        Error::InvalidMessage(_) => {
            (format!("is not spoken by {place}: its answer is something else"), Some("is `http://` meant?".to_owned()))
        }
        Error::AlertReceived(alert) => (
            format!("was refused by {place} (`{alert:?}`)"),
            Some(
                "does the listener have a certificate for this name? `target.host` is the name that it is asked for"
                    .to_owned(),
            ),
        ),
        other => (format!("with {place} failed: {other}"), None),
    };
    Failure { kind: FailureKind::Tls, subject: "TLS".into(), observed, expected: None, remedy }
}

fn certificate(problem: &CertificateError) -> (String, Option<String>) {
    match problem {
        CertificateError::UnknownIssuer => (
            "certificate is from an issuer that is not trusted".into(),
            Some("give the certificate of a private authority as `target.ca`".into()),
        ),
        CertificateError::NotValidForNameContext { expected, presented } => {
            let presented: Vec<&str> = presented.iter().take(5).map(|name| name_of(name)).collect();
            (
                format!("certificate is not for `{}`, it is for {}", expected.to_str(), listed(&presented)),
                Some("give the name that customers use as `target.host`".into()),
            )
        }
        CertificateError::NotValidForName => {
            ("certificate is for another name".into(), Some("give the name that customers use as `target.host`".into()))
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            ("certificate has expired".into(), Some("renew the listener's certificate".into()))
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            ("certificate is not valid yet".into(), None)
        }
        other => (format!("certificate is not valid: {other}"), None),
    }
}

/// `DnsName("a.test")` is how rustls writes a name that was presented.
fn name_of(presented: &str) -> &str {
    presented.split('"').nth(1).unwrap_or(presented)
}

fn listed(names: &[&str]) -> String {
    match names {
        [] => "no name at all".into(),
        names => names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
    }
}
