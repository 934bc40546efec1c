//! TLS: which certificates are trusted, for which name, and what is said when they are not.

use std::net::SocketAddr;
use std::sync::Arc;

use greenlight_engine::{FailureKind, Outcome};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::TlsAcceptor;

use crate::server::{Received, Server, answer, ok};
use crate::suite::{check, failure, run};

/// A certificate authority of a test's own.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// As `target.ca`, in YAML's flow style.
    fn target(&self, host: &str) -> String {
        let pem = self.0.pem().replace("\r\n", "\n").replace('\n', "\\n");
        format!("target: {{ host: {host}, ca: \"{pem}\" }}\nchecks: {{ c: {{ request: GET / }} }}\n")
    }

    /// A server with a certificate of this authority.
    async fn server(&self, name: &str, expired: bool) -> Tls {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        if expired {
            (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2020, 2, 1));
        }
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let script = |request: &Received| match request.path() {
            "/away" => answer(302, &[("location", "http://orders.test/")], ""),
            _ => ok("hello"),
        };
        let server = Server::start_with(script, move |stream| {
            let accept = acceptor.accept(stream);
            async move { accept.await.ok() }
        })
        .await;
        Tls { url: format!("https://{}", server.address), address: server.address, _server: server }
    }
}

struct Tls {
    url: String,
    address: SocketAddr,
    _server: Server,
}

#[tokio::test]
async fn a_private_authority_is_trusted_for_the_targets_name() {
    let authority = Authority::new();
    let server = authority.server("orders.test", false).await;
    let record = run(&authority.target("orders.test"), &server.url).await.remove(0);
    assert_eq!(record.reason, None);
    let attempt = &record.steps[0].attempts[0];
    assert_eq!(attempt.peer, Some(server.address));
    assert_eq!(attempt.request, format!("GET https://orders.test:{}/", server.address.port()));
}

#[tokio::test]
async fn an_unknown_issuer_is_refused() {
    let server = Authority::new().server("orders.test", false).await;
    let record = run("target: { host: orders.test }\nchecks: { c: { request: GET / } }", &server.url).await.remove(0);
    let failure = failure(&record);
    assert_eq!((failure.kind, record.outcome), (FailureKind::Tls, Outcome::Fail));
    assert_eq!(failure.sentence(), "TLS certificate is from an issuer that is not trusted");
    assert!(failure.remedy.as_ref().unwrap().contains("`target.ca`"));
}

#[tokio::test]
async fn another_name_is_refused() {
    let authority = Authority::new();
    let server = authority.server("shop.test", false).await;
    let record = run(&authority.target("orders.test"), &server.url).await.remove(0);
    let failure = failure(&record);
    assert_eq!(failure.kind, FailureKind::Tls);
    assert_eq!(failure.sentence(), "TLS certificate is not for `orders.test`, it is for `shop.test`");
    assert!(failure.remedy.as_ref().unwrap().contains("`target.host`"));
}

#[tokio::test]
async fn an_expired_certificate_is_refused() {
    let authority = Authority::new();
    let server = authority.server("orders.test", true).await;
    let record = run(&authority.target("orders.test"), &server.url).await.remove(0);
    assert_eq!(failure(&record).sentence(), "TLS certificate has expired");
}

#[tokio::test]
async fn the_wrong_scheme_is_recognised() {
    let plain = Server::start(|_| ok("")).await;
    let record = check("request: GET /, timeout: 1s", &format!("https://{}", plain.address)).await;
    assert_eq!(failure(&record).kind, FailureKind::Tls, "{record:?}");

    let server = Authority::new().server("orders.test", false).await;
    let record = check("request: GET /, timeout: 1s", &format!("http://{}", server.address)).await;
    assert!(matches!(failure(&record).kind, FailureKind::Protocol | FailureKind::ClosedEarly), "{record:?}");
}
