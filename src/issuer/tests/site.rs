//! A small web site in the place of an issuer, which serves what it is told.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderValue, Response, StatusCode, header},
};
use rcgen::{CertifiedKey, KeyPair};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    task::JoinHandle,
    time,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::aws_lc_rs, pki_types::PrivateKeyDer},
};
use tokio_util::sync::CancellationToken;

use crate::identity::{IssuerSpec, tests::forge};
use crate::issuer::{Keys, Settings, build};

pub(crate) const DISCOVERY: &str = "/.well-known/openid-configuration";
pub(crate) const JWKS: &str = "/.well-known/jwks.json";

#[derive(Clone, Debug)]
pub(crate) enum Page {
    Text(Vec<u8>),
    /// With an entity tag, for whoever does not know it yet, and `Cache-Control`.
    Tagged {
        text: Vec<u8>,
        etag: &'static str,
        cache_control: &'static str,
    },
    Status(u16),
    Redirect(String),
    /// Never ends.
    Endless,
    /// Never begins.
    Silent,
}

#[derive(Debug)]
pub(crate) struct Site {
    address: SocketAddr,
    pages: Arc<Mutex<Pages>>,
    server: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Pages {
    pages: BTreeMap<String, Page>,
    hits: BTreeMap<String, usize>,
}

impl Site {
    /// An issuer with a discovery document and these keys.
    pub(crate) async fn with_keys(keys: &[Value]) -> Self {
        let site = Self::empty().await;
        let issuer = site.issuer();
        let jwks_uri = site.url(JWKS);
        let document = json!({ "issuer": issuer, "jwks_uri": jwks_uri, "scopes_supported": [] });
        site.serve(DISCOVERY, Page::Text(document.to_string().into()));
        site.serve(JWKS, Page::Text(forge::jwks(keys)));
        site
    }

    pub(crate) async fn empty() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let pages: Arc<Mutex<Pages>> = Arc::default();
        let shown = pages.clone();
        let router = Router::new().fallback(move |request: Request| {
            let page = shown.lock().unwrap().hit(request.uri().path());
            async move { page.respond(request.headers().get(header::IF_NONE_MATCH)).await }
        });
        #[expect(clippy::disallowed_methods, reason = "the task ends with the site")]
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, pages, server }
    }

    pub(crate) fn issuer(&self) -> String {
        self.url("/")
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn spec(&self) -> IssuerSpec {
        IssuerSpec { issuer: self.issuer(), ..forge::spec() }
    }

    pub(crate) fn serve(&self, path: &str, page: Page) {
        self.pages.lock().unwrap().pages.insert(path.to_owned(), page);
    }

    /// How often a page was asked for.
    pub(crate) fn hits(&self, path: &str) -> usize {
        self.pages.lock().unwrap().hits.get(path).copied().unwrap_or(0)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Pages {
    fn hit(&mut self, path: &str) -> Page {
        *self.hits.entry(path.to_owned()).or_default() += 1;
        self.pages.get(path).cloned().unwrap_or(Page::Status(404))
    }
}

impl Page {
    async fn respond(self, known: Option<&HeaderValue>) -> Response<Body> {
        let response = Response::builder();
        match self {
            Self::Text(text) => response.body(Body::from(text)),
            Self::Tagged { text, etag, cache_control } => {
                let response = response.header(header::CACHE_CONTROL, cache_control);
                if known.is_some_and(|known| known == etag) {
                    response.status(StatusCode::NOT_MODIFIED).body(Body::empty())
                } else {
                    response.header(header::ETAG, etag).body(Body::from(text))
                }
            }
            Self::Status(status) => response.status(status).body(Body::empty()),
            Self::Redirect(to) => {
                response.status(StatusCode::FOUND).header(header::LOCATION, to).body(Body::empty())
            }
            Self::Endless => {
                let spaces = std::iter::repeat_with(|| Ok::<_, std::io::Error>(vec![b' '; 4096]));
                response.body(Body::from_stream(tokio_stream::iter(spaces)))
            }
            Self::Silent => std::future::pending().await,
        }
        .unwrap()
    }
}

/// A server with a certificate, which has nothing to say.
pub(crate) async fn tls_site(certificate: &CertifiedKey<KeyPair>) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let key = PrivateKeyDer::try_from(certificate.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let serve = async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            // A client that does not trust us hangs up.
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await.unwrap();
            stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").await.unwrap();
            stream.shutdown().await.unwrap();
        }
    };
    #[expect(clippy::disallowed_methods, reason = "the task ends with the test's runtime")]
    let server = tokio::spawn(serve);
    (address, server)
}

/// Keys that are kept fresh until this is dropped.
#[derive(Debug)]
pub(crate) struct Refreshing {
    pub(crate) keys: Keys,
    task: JoinHandle<()>,
}

impl Refreshing {
    pub(crate) fn start(spec: &IssuerSpec, settings: Settings) -> Self {
        let (keys, refresher) = build(spec, settings).unwrap();
        #[expect(clippy::disallowed_methods, reason = "the task ends with the test")]
        let task = tokio::spawn(refresher.run(CancellationToken::new()));
        Self { keys, task }
    }

    pub(crate) async fn loaded(spec: &IssuerSpec, settings: Settings) -> Self {
        let refreshing = Self::start(spec, settings);
        refreshing.keys.loaded().await;
        refreshing
    }
}

impl Drop for Refreshing {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Moves the clock on. It stands still for no longer than that: a clock that stands still makes every
/// timeout of a real connection run out.
pub(crate) async fn advance(duration: Duration) {
    time::pause();
    time::advance(duration).await;
    time::resume();
}
