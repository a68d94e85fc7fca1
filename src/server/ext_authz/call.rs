//! `Check` as a call over gRPC: one message comes, one message goes.
//!
//! It is as much of gRPC as one unary method without compression needs. Every other path, health among
//! them, goes to `others`. However long it takes, `Check` has an answer before the asker goes: an error
//! would not be one.

use std::{
    convert::Infallible,
    future::Future,
    mem,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::{HeaderMap, HeaderValue, Request, Response, header::CONTENT_TYPE};
use http_body::Frame;
use http_body_util::{BodyExt as _, Collected, LengthLimitError, Limited};
use hyper::body::Incoming;
use tokio::time::Instant;
use tonic::{
    Status,
    body::Body,
    codegen::{Bytes, Service},
    metadata::GRPC_CONTENT_TYPE,
    server::NamedService,
    service::Routes,
};

use super::{super::api::patience_of_grpc, ExtAuthz};
use crate::answer::{Reason, Refusal};
use crate::decision::Deadline;

const PATH: &str = "/envoy.service.auth.v3.Authorization/Check";

/// A `CheckRequest` beyond this is refused (413). Envoy itself bounds headers (60 KiB) and the body
/// (`max_request_bytes`).
const MAX_MESSAGE_BYTES: usize = 16 * 1024 * 1024;

/// Before a message: a byte that says whether it is compressed, and its length in four.
const PREFIX_BYTES: usize = 5;

/// An answer is rarely longer.
const USUAL_BYTES: usize = 768;

/// What the listener for Envoy serves.
#[derive(Debug)]
pub(in crate::server) struct Calls {
    pub(in crate::server) ext_authz: Arc<ExtAuthz>,
    pub(in crate::server) others: Routes,
    /// How long a check may take, however patient Envoy is.
    pub(in crate::server) timeout: Duration,
}

pub(in crate::server) type Answering =
    Pin<Box<dyn Future<Output = Result<Response<Reply>, Infallible>> + Send>>;

/// The body of an answer.
#[derive(Debug)]
pub(in crate::server) enum Reply {
    Message(Bytes),
    Trailers,
    End,
    Other(Body),
}

impl NamedService for ExtAuthz {
    const NAME: &'static str = "envoy.service.auth.v3.Authorization";
}

// === impl Calls ===

impl Calls {
    /// The future is in a box, as hyper moves it several times before it is polled.
    pub(in crate::server) fn call(&self, request: Request<Incoming>) -> Answering {
        if request.uri().path() != PATH {
            return Box::pin(other(self.others.clone(), request));
        }
        let ext_authz = Arc::clone(&self.ext_authz);
        let patience = patience_of_grpc(request.headers());
        let deadline = Deadline::after(Instant::now(), patience, self.timeout);
        let body = request.into_body();
        Box::pin(async move { Ok(answer(&ext_authz, deadline, body).await) })
    }
}

async fn other(
    mut others: Routes,
    request: Request<Incoming>,
) -> Result<Response<Reply>, Infallible> {
    Ok(others.call(request).await?.map(Reply::Other))
}

async fn answer(ext_authz: &ExtAuthz, deadline: Deadline, body: Incoming) -> Response<Reply> {
    match reply(ext_authz, deadline, body).await {
        Ok(message) => {
            let mut response = Response::new(Reply::Message(message));
            response.headers_mut().insert(CONTENT_TYPE, GRPC_CONTENT_TYPE);
            response
        }
        Err(status) => status.into_http(),
    }
}

async fn reply(ext_authz: &ExtAuthz, deadline: Deadline, body: Incoming) -> Result<Bytes, Status> {
    let mut answer = Vec::with_capacity(USUAL_BYTES);
    answer.extend_from_slice(&[0; PREFIX_BYTES]);
    let body = pin!(Limited::new(body, PREFIX_BYTES + MAX_MESSAGE_BYTES).collect());
    let mut answer = match deadline.within(body).await {
        Some(body) => match body.map(Collected::to_bytes) {
            Ok(body) => ext_authz.check(message(&body)?, deadline, answer).await,
            Err(error) if error.is::<LengthLimitError>() => {
                ext_authz.refuse(Refusal::Oversized(Reason::OVERSIZED), answer)
            }
            Err(error) => return Err(Status::from_error(error)),
        },
        None => ext_authz.refuse(Refusal::Fault(Reason::DEADLINE), answer),
    };
    if let Some((prefix, message)) = answer.split_first_chunk_mut::<PREFIX_BYTES>() {
        let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
        let [_uncompressed, digits @ ..] = prefix;
        *digits = length.to_be_bytes();
    }
    Ok(answer.into())
}

/// The only message of a body.
fn message(body: &[u8]) -> Result<&[u8], Status> {
    let (prefix, message) = body
        .split_first_chunk::<PREFIX_BYTES>()
        .ok_or_else(|| Status::internal("the message is missing"))?;
    let [compressed, length @ ..] = *prefix;
    if compressed != 0 {
        return Err(Status::unimplemented("messages are not compressed here"));
    }
    if usize::try_from(u32::from_be_bytes(length)) != Ok(message.len()) {
        return Err(Status::internal("there must be one whole message"));
    }
    Ok(message)
}

// === impl Reply ===

/// For answers without a message.
impl Default for Reply {
    fn default() -> Self {
        Self::End
    }
}

impl http_body::Body for Reply {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let reply = &mut *self;
        let (frame, rest) = match reply {
            Self::Other(body) => return Pin::new(body).poll_frame(context),
            Self::Message(message) => (Frame::data(mem::take(message)), Self::Trailers),
            Self::Trailers => (Frame::trailers(succeeded()), Self::End),
            Self::End => return Poll::Ready(None),
        };
        *reply = rest;
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Other(body) => body.is_end_stream(),
            Self::Message(_) | Self::Trailers => false,
            Self::End => true,
        }
    }
}

fn succeeded() -> HeaderMap {
    let mut trailers = HeaderMap::with_capacity(1);
    trailers.insert(Status::GRPC_STATUS, HeaderValue::from_static("0"));
    trailers
}
