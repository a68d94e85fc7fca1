//! The same calls as JSON, on Cerbos's paths, with its pages for health and metrics.

use std::{error::Error, time::Duration};

use axum::{
    Router,
    body::{Bytes, to_bytes},
    extract::{RawQuery, Request, State},
    http::{Method as HttpMethod, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{any, get, post},
};
use http_body_util::LengthLimitError;
use prost::Name;
use tokio::time::{Instant, timeout};

use super::{
    deadline::{self, patience, within},
    door::{Door, Method, stamp},
    origin::Origin,
    status::{json, to_http, with_version},
};
use crate::cerbos_api::json::{self as messages, JsonError, Layout};
use crate::cerbos_api::proto::cerbos::request::v1::ServerInfoRequest;
use crate::pdp::{Call, Code, Fault, MOST_BYTES};

/// JSON takes more room than the message in it. A PDP has no bound here.
const MOST_BODY_BYTES: usize = 4 * MOST_BYTES;

/// Whose health may be asked for; all are well as one.
const SERVICES: [&str; 3] =
    ["", "cerbos.svc.v1.CerbosService", "authzen.authorization.v1.AuthorizationService"];

/// How long a body may be on its way.
const PATIENCE: Duration = Duration::from_secs(30);

/// The pages; all else is taken as gRPC, which may come to this port as well.
pub(super) fn router(door: Door, rpcs: Router) -> Router {
    let counting = middleware::from_fn_with_state(door.clone(), count);
    Router::new()
        .route("/api/check/resources", post(check_resources))
        .route("/api/plan/resources", post(plan_resources))
        .route("/api/check", post(check_resource_set))
        .route("/api/check_resource_batch", post(check_resource_batch))
        .route("/api/server_info", get(server_info).head(no_method))
        .route("/access/v1/evaluation", post(access_evaluation))
        .route("/access/v1/evaluations", post(access_evaluation_batch))
        .route("/.well-known/authzen-configuration", get(access_metadata).head(no_method))
        .route("/_cerbos/health", get(health).head(no_method))
        .route("/_cerbos/metrics", any(metrics))
        .method_not_allowed_fallback(no_method)
        .layer(counting)
        .with_state(door)
        .fallback_service(rpcs)
}

async fn count(State(door): State<Door>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    // Label values come from a closed set.
    let method = match *request.method() {
        HttpMethod::GET => "GET",
        HttpMethod::POST => "POST",
        _ => "_OTHER",
    };
    let response = next.run(request).await;
    door.metrics.cerbos().requested(method, response.status().as_u16(), started.elapsed());
    response
}

async fn check_resources(State(door): State<Door>, request: Request) -> Response {
    let ask = |message, call| door.pdp.check_resources(message, call);
    asked(&door, Method::CheckResources, request, ask).await
}

async fn plan_resources(State(door): State<Door>, request: Request) -> Response {
    let ask = |message, call| door.pdp.plan_resources(message, call);
    asked(&door, Method::PlanResources, request, ask).await
}

async fn check_resource_set(State(door): State<Door>, request: Request) -> Response {
    let ask = |message, call| door.pdp.check_resource_set(message, call);
    asked(&door, Method::CheckResourceSet, request, ask).await
}

async fn check_resource_batch(State(door): State<Door>, request: Request) -> Response {
    let ask = |message, call| door.pdp.check_resource_batch(message, call);
    asked(&door, Method::CheckResourceBatch, request, ask).await
}

async fn access_evaluation(State(door): State<Door>, request: Request) -> Response {
    let ask = |message, call| door.pdp.access_evaluation(message, call);
    asked(&door, Method::AccessEvaluation, request, ask).await
}

async fn access_evaluation_batch(State(door): State<Door>, request: Request) -> Response {
    let ask = |message, call| door.pdp.access_evaluation_batch(message, call);
    asked(&door, Method::AccessEvaluationBatch, request, ask).await
}

async fn access_metadata(State(door): State<Door>, request: Request) -> Response {
    let layout = layout(&request);
    let Origin(origin) = Origin::of(request.uri(), request.headers());
    let metadata = async { Ok(door.pdp.access_metadata(&origin)) };
    answer(&door, Method::AccessMetadata, layout, metadata).await
}

async fn server_info(State(door): State<Door>, request: Request) -> Response {
    let layout = layout(&request);
    answer(&door, Method::ServerInfo, layout, async { door.pdp.server_info(ServerInfoRequest {}) })
        .await
}

async fn health(State(door): State<Door>, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let service = pairs.find(|(name, _)| name == "service").map(|(_, service)| service);
    let service = service.unwrap_or_default();
    if !SERVICES.contains(&&*service) {
        let fault = Fault::new(Code::NotFound, "unknown service");
        return with_version(to_http(&fault, Layout::Compact));
    }
    if *door.serving.borrow() {
        return json(r#"{"status":"SERVING"}"#.to_owned());
    }
    let body = json(r#"{"status":"NOT_SERVING"}"#.to_owned());
    (StatusCode::SERVICE_UNAVAILABLE, body).into_response()
}

async fn metrics(State(door): State<Door>) -> Response {
    match door.metrics.page() {
        Ok(page) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], page).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response(),
    }
}

async fn no_method() -> Response {
    to_http(&Fault::new(Code::Unimplemented, "Method Not Allowed"), Layout::Compact)
}

/// What a path is told that leads nowhere depends on how it begins.
pub(super) fn not_found(path: &str) -> Response {
    for (prefix, service) in [("/admin", "Admin"), ("/api/playground", "Playground")] {
        if path.starts_with(prefix) {
            let message = format!("{service} service is disabled by the configuration");
            let mut response = to_http(&Fault::new(Code::Unimplemented, message), Layout::Compact);
            *response.status_mut() = StatusCode::NOT_FOUND;
            return response;
        }
    }
    if ["/api", "/access/v1"].iter().any(|prefix| path.starts_with(prefix)) {
        return to_http(&Fault::new(Code::NotFound, "Not Found"), Layout::Compact);
    }
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (StatusCode::NOT_FOUND, headers, "404 page not found\n").into_response()
}

async fn asked<M: Name + Default, A: Name, F: Future<Output = Result<A, Fault>>>(
    door: &Door,
    method: Method,
    request: Request,
    ask: impl FnOnce(M, Call) -> F,
) -> Response {
    let layout = layout(&request);
    let patience = match patience(request.headers(), deadline::ANY) {
        // No time at all is no bound here, which it is over gRPC.
        Ok(patience) => patience.filter(|patience| !patience.is_zero()),
        Err(no_time) => {
            let message = format!("invalid grpc-timeout: {}", no_time.text());
            return to_http(&Fault::new(Code::InvalidArgument, message), layout);
        }
    };
    let answered = async {
        match message(request).await {
            Ok((layout, message)) => answer(door, method, layout, ask(message, stamp())).await,
            Err(refused) => *refused,
        }
    };
    // It holds a whole call.
    within(patience, Box::pin(answered)).await.unwrap_or_else(|| {
        to_http(&Fault::new(Code::DeadlineExceeded, "context deadline exceeded"), layout)
    })
}

async fn answer<A: Name>(
    door: &Door,
    method: Method,
    layout: Layout,
    answer: impl Future<Output = Result<A, Fault>>,
) -> Response {
    let written = door.answer(method, answer).await.and_then(|answer| {
        messages::write(&answer, layout)
            .map_err(|unwritable| Fault::new(Code::Unknown, unwritable.to_string()))
    });
    match written {
        Ok(text) => with_version(json(text)),
        // A call that broke a rule never reached the one who says his version.
        Err(fault) if fault.violations.is_some() => to_http(&fault, layout),
        Err(fault) => with_version(to_http(&fault, layout)),
    }
}

/// The message of a request, or what is wrong with it.
async fn message<M: Name + Default>(request: Request) -> Result<(Layout, M), Box<Response>> {
    let (layout, body) = body(request).await;
    match body.and_then(|body| read(&body)) {
        Ok(message) => Ok((layout, message)),
        Err(fault) => Err(Box::new(to_http(&fault, layout))),
    }
}

fn read<M: Name + Default>(body: &[u8]) -> Result<M, Fault> {
    messages::read(body, MOST_BYTES).map_err(|error| {
        let code = match error {
            JsonError::TooLarge { .. } => Code::ResourceExhausted,
            JsonError::Undecodable => Code::Internal,
            JsonError::Scan(_)
            | JsonError::Unfit { .. }
            | JsonError::Syntax { .. }
            | JsonError::UnexpectedEnd
            | JsonError::TooDeep => Code::InvalidArgument,
        };
        Fault::new(code, error.to_string())
    })
}

/// Content types are not looked at: clients send JSON under any.
async fn body(request: Request) -> (Layout, Result<Bytes, Fault>) {
    let layout = layout(&request);
    let body = match timeout(PATIENCE, to_bytes(request.into_body(), MOST_BODY_BYTES)).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(error)) if is_too_large(&error) => Err(Fault::new(
            Code::ResourceExhausted,
            format!("the body is larger than {MOST_BODY_BYTES} bytes"),
        )),
        Ok(Err(_broken_off)) => Err(Fault::new(Code::InvalidArgument, "unexpected EOF")),
        Err(_elapsed) => Err(Fault::new(Code::DeadlineExceeded, "context deadline exceeded")),
    };
    (layout, body)
}

fn is_too_large(error: &axum::Error) -> bool {
    error.source().is_some_and(<dyn Error>::is::<LengthLimitError>)
}

/// `?pretty`, with any value, or a type that says so.
fn layout(request: &Request) -> Layout {
    let query = request.uri().query().unwrap_or_default();
    let mut names = query.split('&').map(|pair| pair.split('=').next());
    let mut types = [header::CONTENT_TYPE, header::ACCEPT].into_iter();
    let is_pretty = names.any(|name| name == Some("pretty"))
        || types.any(|name| {
            request.headers().get(name).is_some_and(|value| value == "application/json+pretty")
        });
    if is_pretty { Layout::Pretty } else { Layout::Compact }
}
