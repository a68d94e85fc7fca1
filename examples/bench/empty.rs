//! The server to compare with: the same gRPC stack, and nothing behind it.

use std::net::SocketAddr;

use anyhow::Context as _;
use envoy_types::{
    ext_authz::v3::{CheckResponseExt as _, pb::OkHttpResponse},
    pb::envoy::service::auth::v3::{
        CheckRequest, CheckResponse,
        authorization_server::{Authorization, AuthorizationServer},
    },
};
use tonic::{Request, Response, Status, transport::Server};

struct Empty;

#[tonic::async_trait]
impl Authorization for Empty {
    async fn check(&self, _: Request<CheckRequest>) -> Result<Response<CheckResponse>, Status> {
        let mut answer = CheckResponse::with_status(Status::ok(""));
        answer.set_http_response(OkHttpResponse::default());
        Ok(Response::new(answer))
    }
}

pub async fn run(listen: SocketAddr) -> anyhow::Result<()> {
    Server::builder()
        .tcp_nodelay(true)
        .max_concurrent_streams(1024)
        .add_service(AuthorizationServer::new(Empty))
        .serve(listen)
        .await
        .with_context(|| format!("could not serve at {listen}"))
}
