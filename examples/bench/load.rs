//! Load over gRPC in which every request is another one. The messages are made before; what is measured
//! is the server.

use std::{fs, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context as _, ensure};
use axum::http::{HeaderMap, Request};
use bytes::Bytes;
use clap::Args;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::json;
use tokio::{
    net::TcpStream,
    sync::{Mutex, mpsc},
    task::JoinSet,
    time::Instant,
};

/// The prefix of a gRPC message: a flag, and the length.
const PREFIX: usize = 5;

#[derive(Args, Clone, Debug)]
pub struct Load {
    #[arg(long)]
    to: SocketAddr,
    /// gRPC messages with their prefixes, one after the other.
    #[arg(long)]
    requests: PathBuf,
    /// Which of them to begin with.
    #[arg(long, default_value_t = 0)]
    skip: usize,
    /// How many to send.
    #[arg(long)]
    count: usize,
    /// What is called.
    #[arg(long, default_value = "/envoy.service.auth.v3.Authorization/Check")]
    method: String,
    #[arg(long, default_value_t = 4)]
    connections: usize,
    /// Requests at a time on one connection.
    #[arg(long, default_value_t = 16)]
    streams: usize,
}

// === impl Load ===

impl Load {
    /// Prints a line of JSON: requests a second, and latencies in microseconds.
    #[expect(clippy::disallowed_methods, reason = "the process ends with them")]
    pub async fn run(self) -> anyhow::Result<()> {
        let messages = self.messages()?;
        let sent = messages.len();
        let (queue, left) = mpsc::channel(sent.max(1));
        for message in messages {
            queue.try_send(message).context("the queue is large enough")?;
        }
        drop(queue);
        let left = Arc::new(Mutex::new(left));
        let mut senders = Vec::new();
        for _ in 0..self.connections {
            senders.push(self.connect().await?);
        }
        let begun = Instant::now();
        let mut workers = JoinSet::new();
        for sender in &senders {
            for _ in 0..self.streams {
                let url = format!("http://{}{}", self.to, self.method);
                workers.spawn(work(sender.clone(), Arc::clone(&left), url));
            }
        }
        let mut latencies = Vec::with_capacity(sent);
        while let Some(worker) = workers.join_next().await {
            latencies.extend(worker??);
        }
        let took = begun.elapsed();
        ensure!(latencies.len() == sent, "{} of {sent} answered", latencies.len());
        latencies.sort_unstable();
        let at = |percent: usize| {
            let place = (latencies.len() * percent / 100).min(latencies.len().saturating_sub(1));
            latencies.get(place).map_or(0, Duration::as_micros)
        };
        #[expect(clippy::cast_precision_loss, reason = "a rate")]
        let rate = sent as f64 / took.as_secs_f64();
        println!("{}", json!({ "rate": rate, "p50": at(50), "p99": at(99), "requests": sent }));
        Ok(())
    }

    fn messages(&self) -> anyhow::Result<Vec<Bytes>> {
        let bytes = fs::read(&self.requests)
            .with_context(|| format!("could not read `{}`", self.requests.display()))?;
        let mut rest = Bytes::from(bytes);
        let mut messages = Vec::new();
        while messages.len() < self.skip + self.count {
            let length = rest.get(1..PREFIX).context("too few requests in the file")?;
            let length = u32::from_be_bytes(length.try_into()?);
            messages.push(rest.split_to(PREFIX + usize::try_from(length)?));
        }
        Ok(messages.split_off(self.skip))
    }

    #[expect(clippy::disallowed_methods, reason = "the process ends with it")]
    async fn connect(&self) -> anyhow::Result<SendRequest<Full<Bytes>>> {
        let stream = TcpStream::connect(self.to)
            .await
            .with_context(|| format!("nobody listens at {}", self.to))?;
        stream.set_nodelay(true)?;
        let (sender, connection) =
            http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(sender)
    }
}

async fn work(
    mut sender: SendRequest<Full<Bytes>>,
    left: Arc<Mutex<mpsc::Receiver<Bytes>>>,
    url: String,
) -> anyhow::Result<Vec<Duration>> {
    let mut latencies = Vec::new();
    loop {
        let Some(message) = left.lock().await.recv().await else { return Ok(latencies) };
        let request = Request::post(&url)
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .body(Full::new(message))?;
        let begun = Instant::now();
        let answer = sender.send_request(request).await?;
        let headers = answer.headers().clone();
        let body = answer.into_body().collect().await?;
        latencies.push(begun.elapsed());
        let status = |headers: &HeaderMap| headers.get("grpc-status").is_some_and(|s| s == "0");
        ensure!(status(&headers) || body.trailers().is_some_and(status), "a call failed");
    }
}
