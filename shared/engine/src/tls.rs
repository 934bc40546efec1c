//! The one TLS configuration: rustls on ring, the public authorities of `webpki-roots`, and at most one of the suite's.
//!
//! The system's certificates are not read: that takes longer than a whole hook, and a function's image has none worth
//! trusting. There is no way to switch verification off.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use greenlight_suite::CertificateAuthority;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::session::SessionError;

/// The certificates that are trusted when a suite adds none.
pub(crate) fn public_roots() -> RootCertStore {
    RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }
}

/// The public authorities and the suite's own. A relative path is relative to `suite_dir`.
pub(crate) fn roots_with(
    authority: &CertificateAuthority,
    suite_dir: Option<&Path>,
) -> Result<RootCertStore, SessionError> {
    let (origin, pem) = match authority {
        CertificateAuthority::Pem(text) => ("the text in the suite".to_owned(), text.clone().into_bytes()),
        CertificateAuthority::File(path) => {
            let path = suite_dir.map_or_else(|| path.clone(), |directory| directory.join(path));
            let pem = fs::read(&path).map_err(|problem| SessionError::UnreadableCa { path: path.clone(), problem })?;
            (format!("`{}`", path.display()), pem)
        }
    };
    let refused = |problem: String| SessionError::Ca { origin: origin.clone(), problem };
    let mut roots = public_roots();
    let mut added = 0;
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|problem| refused(problem.to_string()))?;
        roots.add(certificate).map_err(|problem| refused(problem.to_string()))?;
        added += 1;
    }
    if added == 0 {
        return Err(refused("no certificate (`-----BEGIN CERTIFICATE-----`) is in it".to_owned()));
    }
    Ok(roots)
}

/// A client's configuration for these roots.
pub(crate) fn client_config(roots: RootCertStore) -> ClientConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    #[expect(clippy::expect_used, reason = "fails only for a provider without cipher suites for TLS 1.2 and 1.3")]
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring has cipher suites for TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config
}
