//! gRPC as it is sent: any bytes to any path, and what comes back of it.

use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::{Request, body::Bytes, client::conn::http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{net::TcpStream, time::timeout};

/// A request over HTTP/2 of which nothing is taken for granted.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) method: &'static str,
    pub(super) path: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
}

/// What a door said, as far as it must be equal.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Told {
    pub(super) status: u16,
    pub(super) content_type: String,
    pub(super) code: String,
    pub(super) message: String,
    pub(super) encoding: String,
}

/// Longer than any answer takes.
const PATIENCE: Duration = Duration::from_secs(10);

// === impl Told ===

impl Told {
    /// No answer.
    fn nothing() -> Self {
        let nothing = String::new;
        Self {
            status: 0,
            content_type: nothing(),
            code: nothing(),
            message: nothing(),
            encoding: nothing(),
        }
    }
}

// === impl Call ===

impl Call {
    /// A frame with these bytes.
    pub(super) fn new(path: &str, message: &[u8]) -> Self {
        Self::raw(path, framed(0, message))
    }

    pub(super) fn raw(path: &str, body: Vec<u8>) -> Self {
        let headers =
            vec![("content-type", "application/grpc".to_owned()), ("te", "trailers".to_owned())];
        Self { method: "POST", path: path.to_owned(), headers, body }
    }

    pub(super) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.retain(|(had, _)| *had != name);
        self.headers.push((name, value.to_owned()));
        self
    }

    pub(super) async fn send(&self, address: &str) -> Told {
        timeout(PATIENCE, self.ask(address)).await.unwrap_or_else(|_elapsed| Told::nothing())
    }

    async fn ask(&self, address: &str) -> Told {
        let stream = TcpStream::connect(address).await.unwrap();
        let (mut sender, connection) =
            http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        let connection = tokio::spawn(connection);
        let mut request =
            Request::builder().method(self.method).uri(format!("http://{address}{}", self.path));
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let body = Full::new(Bytes::from(self.body.clone()));
        let Ok(response) = sender.send_request(request.body(body).unwrap()).await else {
            return Told::nothing();
        };
        let status = response.status().as_u16();
        let mut headers = response.headers().clone();
        // What a stream that is cut off has said until then, it has said.
        if let Ok(body) = response.into_body().collect().await {
            headers.extend(body.trailers().cloned().unwrap_or_default());
        }
        connection.abort();
        let text = |name: &str| {
            let value = headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
            value.unwrap_or_default().into_owned()
        };
        Told {
            status,
            // What stands behind it, a PDP repeats.
            content_type: text("content-type").split('+').next().unwrap_or_default().to_owned(),
            code: text("grpc-status"),
            message: decoded(&text("grpc-message")),
            encoding: text("grpc-encoding"),
        }
    }
}

/// A message as it is sent: a flag, its length, itself.
pub(super) fn framed(flag: u8, message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap();
    [&[flag][..], &length.to_be_bytes(), message].concat()
}

fn decoded(message: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = message.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        let code = after.get(..2).and_then(|code| std::str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => bytes.push(*first),
        }
    }
    // One blank of it varies from build to build.
    String::from_utf8_lossy(&bytes).replace('\u{a0}', " ")
}
