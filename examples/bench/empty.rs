//! The server to compare with: the same HTTP/2 as ours, tonic's own service on it, and nothing behind
//! that.

use std::{net::SocketAddr, sync::Arc};

use anyhow::Context as _;
use envoy_types::{
    ext_authz::v3::{CheckResponseExt as _, pb::OkHttpResponse},
    pb::envoy::service::auth::v3::{
        CheckRequest, CheckResponse,
        authorization_server::{Authorization, AuthorizationServer},
    },
};
use hyper::{server::conn::http2, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tonic::{Request, Response, Status, codegen::Service as _};

struct Empty;

#[tonic::async_trait]
impl Authorization for Empty {
    async fn check(&self, _: Request<CheckRequest>) -> Result<Response<CheckResponse>, Status> {
        let mut answer = CheckResponse::with_status(Status::ok(""));
        answer.set_http_response(OkHttpResponse::default());
        Ok(Response::new(answer))
    }
}

#[expect(clippy::disallowed_methods, reason = "the process ends with its connections")]
pub async fn run(listen: SocketAddr) -> anyhow::Result<()> {
    let listener = TcpListener::bind(listen).await;
    let listener = listener.with_context(|| format!("could not serve at {listen}"))?;
    let service = AuthorizationServer::from_arc(Arc::new(Empty));
    loop {
        let (stream, _address) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let service = service.clone();
        let connection = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .max_concurrent_streams(1024)
            .serve_connection(
                TokioIo::new(stream),
                service_fn(move |request| service.clone().call(request)),
            );
        tokio::spawn(connection);
    }
}
