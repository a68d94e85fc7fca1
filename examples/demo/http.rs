//! A plain HTTP client that sends what it is told: attacks are made of targets and headers that a
//! helpful client would tidy up.

use std::{net::SocketAddr, time::Duration};

use anyhow::Context as _;
use axum::http::{HeaderMap, Request, StatusCode};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::{
    net::TcpStream,
    time::{Instant, timeout},
};

const TIMEOUT: Duration = Duration::from_secs(10);
const LARGEST_BODY: usize = 4 << 20;

#[derive(Debug)]
pub struct Response {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// From the first byte sent to the last one received, on an open connection.
    pub took: Duration,
}

/// Sends one request on a connection of its own.
pub async fn send(to: SocketAddr, request: Request<Full<Bytes>>) -> anyhow::Result<Response> {
    timeout(TIMEOUT, exchange(to, request))
        .await
        .with_context(|| format!("no answer from {to} in {TIMEOUT:?}"))?
        .with_context(|| format!("no answer from {to}"))
}

pub async fn get(to: SocketAddr, target: &str) -> anyhow::Result<Response> {
    let request = Request::get(target).header("host", to.to_string()).body(Full::default())?;
    send(to, request).await
}

async fn exchange(to: SocketAddr, request: Request<Full<Bytes>>) -> anyhow::Result<Response> {
    let stream = TcpStream::connect(to).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let exchange = async {
        let start = Instant::now();
        let (head, body) = sender.send_request(request).await?.into_parts();
        let body = Limited::new(body, LARGEST_BODY)
            .collect()
            .await
            .map_err(|error| anyhow::anyhow!(error).context("the body broke off"))?
            .to_bytes();
        let took = start.elapsed();
        anyhow::Ok(Response { status: head.status, headers: head.headers, body, took })
    };
    // The connection is driven here rather than in a task of its own, and ends with the answer.
    tokio::pin!(exchange, connection);
    tokio::select! {
        response = &mut exchange => response,
        ended = &mut connection => {
            ended?;
            exchange.await
        }
    }
}
