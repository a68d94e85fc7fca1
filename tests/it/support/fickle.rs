//! An issuer that misbehaves on demand.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{Response, header},
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

#[derive(Clone, Debug)]
pub(crate) enum Mood {
    /// These keys.
    Keys(Value),
    /// This status, and nothing else.
    Status(u16),
    /// The connection is closed before an answer.
    Away,
    /// No answer begins.
    Silent,
    /// An answer that comes byte by byte.
    Slow,
    /// An answer without an end.
    Endless,
    /// A page of text in the place of both documents.
    Text(&'static str),
    /// The discovery document is of this issuer, or its keys are elsewhere.
    Discovery { issuer: Option<&'static str>, jwks_uri: Option<String> },
    /// Keys are over there.
    Redirect(String),
}

pub(crate) struct Fickle {
    /// With its slash, as in `iss`.
    pub(crate) url: String,
    mood: Arc<Mutex<Mood>>,
    server: JoinHandle<()>,
}

// === impl Fickle ===

impl Fickle {
    pub(crate) async fn start(keys: Value) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address: SocketAddr = listener.local_addr().unwrap();
        let url = format!("http://{address}/");
        let mood = Arc::new(Mutex::new(Mood::Keys(keys)));
        let router = Router::new().fallback(answer).with_state((url.clone(), mood.clone()));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, mood, server }
    }

    pub(crate) fn be(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }
}

impl Drop for Fickle {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(
    State((url, mood)): State<(String, Arc<Mutex<Mood>>)>,
    request: Request,
) -> Response<Body> {
    let is_discovery = request.uri().path() == "/.well-known/openid-configuration";
    let mood = mood.lock().unwrap().clone();
    let discovery = |issuer: &str, jwks_uri: &str| {
        Body::from(json!({ "issuer": issuer, "jwks_uri": jwks_uri }).to_string())
    };
    let usual = format!("{url}.well-known/jwks.json");
    let pieces = |piece: &'static [u8], pause: Duration| {
        Body::from_stream(futures_util::stream::unfold((), move |()| async move {
            tokio::time::sleep(pause).await;
            Some((Ok::<_, std::io::Error>(piece), ()))
        }))
    };
    let body = match mood {
        Mood::Keys(keys) if !is_discovery => Body::from(keys.to_string()),
        Mood::Keys(_) => discovery(&url, &usual),
        Mood::Redirect(_) if is_discovery => discovery(&url, &usual),
        Mood::Redirect(to) => {
            let response = Response::builder().status(302).header(header::LOCATION, to);
            return response.body(Body::empty()).unwrap();
        }
        Mood::Status(status) => {
            return Response::builder().status(status).body(Body::empty()).unwrap();
        }
        Mood::Away => Body::from_stream(futures_util::stream::once(async {
            Err::<&[u8], _>(std::io::Error::other("away"))
        })),
        Mood::Silent => std::future::pending().await,
        Mood::Slow => pieces(b" ", Duration::from_millis(20)),
        Mood::Endless => pieces(&[b' '; 65_536], Duration::ZERO),
        Mood::Text(text) => Body::from(text),
        Mood::Discovery { issuer, jwks_uri } => {
            discovery(issuer.unwrap_or(&url), jwks_uri.as_deref().unwrap_or(&usual))
        }
    };
    Response::new(body)
}
