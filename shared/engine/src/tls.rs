//! The one TLS configuration: rustls on ring, the public authorities of `webpki-roots`, and at most one of the suite's.
//!
//! The system's certificates are not read: that takes longer than a whole hook, and a function's image has none worth
//! trusting. There is no way to switch verification off.

use std::fs::{self, File};
use std::io::{self, Read};
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

/// The most bytes of a file that are taken for certificates: all of a system's authorities have a quarter of that.
const MAX_BYTES: u64 = 1024 * 1024;

/// The public authorities and the suite's own. A relative path is relative to `suite_dir`; without one, no file is read.
pub(crate) fn roots_with(
    authority: &CertificateAuthority,
    suite_dir: Option<&Path>,
) -> Result<RootCertStore, SessionError> {
    let (origin, pem) = match authority {
        CertificateAuthority::Pem(text) => ("the text in the suite".to_owned(), text.clone().into_bytes()),
        CertificateAuthority::File(path) => {
            let path = suite_dir.ok_or(SessionError::CaBesideNothing)?.join(path);
            let origin = format!("`{}`", path.display());
            let pem = match read(&path) {
                Ok(Ok(pem)) => pem,
                Ok(Err(problem)) => return Err(SessionError::Ca { origin, problem: problem.to_owned() }),
                Err(problem) => return Err(SessionError::UnreadableCa { path, problem }),
            };
            (origin, pem)
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

/// A file's bytes, or what keeps it from being one of certificates. A device is not even opened: it may have no end.
fn read(path: &Path) -> io::Result<Result<Vec<u8>, &'static str>> {
    if !fs::metadata(path)?.is_file() {
        return Ok(Err("it is no regular file"));
    }
    let mut pem = Vec::new();
    let read = File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut pem)?;
    Ok(if u64::try_from(read).is_ok_and(|read| read <= MAX_BYTES) { Ok(pem) } else { Err("it is larger than 1 MiB") })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn pem() -> String {
        rcgen::generate_simple_self_signed(["a.test".to_owned()]).unwrap().cert.pem()
    }

    fn error(authority: &CertificateAuthority, suite_dir: Option<&Path>) -> String {
        roots_with(authority, suite_dir).unwrap_err().to_string()
    }

    #[test]
    fn an_authority_is_added_to_the_public_ones() {
        let roots = roots_with(&CertificateAuthority::Pem(format!("{}{}", pem(), pem())), None).unwrap();
        assert_eq!(roots.len(), public_roots().len() + 2);
    }

    #[test]
    fn a_relative_file_is_looked_for_beside_the_suite() {
        let directory = std::env::temp_dir().join(format!("greenlight-engine-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join("ca.pem"), pem()).unwrap();
        let authority = CertificateAuthority::File("ca.pem".into());
        let found = roots_with(&authority, Some(&directory));
        fs::remove_dir_all(&directory).unwrap();
        assert!(found.is_ok());
        let missing = error(&authority, Some(&directory));
        assert!(missing.starts_with("`target.ca`: cannot read `") && missing.contains("ca.pem"), "{missing}");
    }

    #[test]
    fn a_file_is_read_only_beside_a_suite_and_within_bounds() {
        let here = std::env::temp_dir();
        let large = here.join(format!("greenlight-engine-{}-large.pem", std::process::id()));
        fs::write(&large, vec![b'x'; 1024 * 1024 + 1]).unwrap();
        for (path, suite_dir, sentence) in [
            (
                "/dev/zero",
                Some(here.as_path()),
                "`/dev/zero` is not a certificate authority in PEM: it is no regular file",
            ),
            (large.to_str().unwrap(), Some(here.as_path()), "it is larger than 1 MiB"),
            ("ca.pem", None, "a suite that is no file cannot name files beside it: put the PEM itself in `target.ca`"),
            ("/dev/zero", None, "a suite that is no file cannot name files beside it"),
        ] {
            let said = error(&CertificateAuthority::File(path.into()), suite_dir);
            assert!(said.starts_with("`target.ca`: ") && said.contains(sentence), "{path}: {said}");
        }
        fs::remove_file(large).unwrap();
    }

    #[test]
    fn what_is_no_authority_is_refused_with_a_reason() {
        for (pem, sentence) in [
            ("", "no certificate (`-----BEGIN CERTIFICATE-----`) is in it"),
            ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "no certificate"),
            ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "the text in the suite is not"),
            ("-----BEGIN CERTIFICATE-----\n%%%%\n-----END CERTIFICATE-----\n", "the text in the suite is not"),
        ] {
            let error = error(&CertificateAuthority::Pem(pem.to_owned()), None);
            assert!(error.contains(sentence), "{error}");
        }
    }
}
