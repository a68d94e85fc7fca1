//! `cerbos.svc.v1.CerbosService` over gRPC, with health and reflection.

use axum::{
    Router,
    extract::Request as HttpRequest,
    http::{HeaderMap, HeaderValue, header},
    middleware::{self, Next},
    response::Response as HttpResponse,
};
use tonic::{Request, Response, Status, metadata::MetadataValue, service::Routes};
use tonic_health::{ServingStatus, server::HealthReporter};
use tonic_reflection::server::Builder;

use super::{
    door::{Door, Method, stamp},
    http::not_found,
    status::to_grpc,
};
use crate::cerbos_api::proto::cerbos::{
    request::v1::{
        CheckResourceBatchRequest, CheckResourceSetRequest, CheckResourcesRequest,
        PlanResourcesRequest, ServerInfoRequest,
    },
    response::v1::{
        CheckResourceBatchResponse, CheckResourceSetResponse, CheckResourcesResponse,
        PlanResourcesResponse, ServerInfoResponse,
    },
    svc::v1::cerbos_service_server::{CerbosService, CerbosServiceServer},
};
use crate::cerbos_api::schema::DESCRIPTORS;
use crate::pdp::{Fault, VERSION};

/// A message beyond this is refused, as it is by a PDP.
pub(super) const MOST_BYTES: usize = 4 * 1024 * 1024;

/// Everything that gRPC is answered, and the word on whether it is.
pub(super) async fn routes(door: &Door) -> (HealthReporter, Router) {
    let (health, health_service) = tonic_health::server::health_reporter();
    health.set_serving::<CerbosServiceServer<Service>>().await;
    let service = CerbosServiceServer::new(Service(door.clone()));
    let mut routes =
        Routes::new(service.max_decoding_message_size(MOST_BYTES)).add_service(health_service);
    let described = || Builder::configure().register_encoded_file_descriptor_set(DESCRIPTORS);
    // Descriptors of our own build are well-formed.
    if let (Ok(v1), Ok(v1alpha)) = (described().build_v1(), described().build_v1alpha()) {
        routes = routes.add_service(v1).add_service(v1alpha);
    }
    (health, routes.into_axum_router().layer(middleware::from_fn(in_words_of_a_pdp)))
}

/// What health says from now on.
pub(super) async fn not_serving(health: &HealthReporter) {
    health.set_not_serving::<CerbosServiceServer<Service>>().await;
    health.set_service_status("", ServingStatus::NotServing).await;
}

#[derive(Clone, Debug)]
struct Service(Door);

// === impl Service ===

impl Service {
    async fn answer<A>(
        &self,
        method: Method,
        answer: impl Future<Output = Result<A, Fault>>,
    ) -> Result<Response<A>, Status> {
        let answered = self.0.answer(method, answer).await;
        let mut response = Response::new(answered.map_err(|fault| to_grpc(&fault))?);
        response.metadata_mut().insert("cerbos-version", MetadataValue::from_static(VERSION));
        Ok(response)
    }
}

#[tonic::async_trait]
impl CerbosService for Service {
    async fn check_resources(
        &self,
        request: Request<CheckResourcesRequest>,
    ) -> Result<Response<CheckResourcesResponse>, Status> {
        let answer = self.0.pdp.check_resources(request.into_inner(), stamp());
        self.answer(Method::CheckResources, answer).await
    }

    async fn plan_resources(
        &self,
        request: Request<PlanResourcesRequest>,
    ) -> Result<Response<PlanResourcesResponse>, Status> {
        let answer = self.0.pdp.plan_resources(request.into_inner(), stamp());
        self.answer(Method::PlanResources, answer).await
    }

    async fn server_info(
        &self,
        request: Request<ServerInfoRequest>,
    ) -> Result<Response<ServerInfoResponse>, Status> {
        let answer = async { self.0.pdp.server_info(request.into_inner()) };
        self.answer(Method::ServerInfo, answer).await
    }

    async fn check_resource_set(
        &self,
        request: Request<CheckResourceSetRequest>,
    ) -> Result<Response<CheckResourceSetResponse>, Status> {
        let answer = self.0.pdp.check_resource_set(request.into_inner(), stamp());
        self.answer(Method::CheckResourceSet, answer).await
    }

    async fn check_resource_batch(
        &self,
        request: Request<CheckResourceBatchRequest>,
    ) -> Result<Response<CheckResourceBatchResponse>, Status> {
        let answer = self.0.pdp.check_resource_batch(request.into_inner(), stamp());
        self.answer(Method::CheckResourceBatch, answer).await
    }
}

/// What the library refuses by itself, with the codes and the words of a PDP.
async fn in_words_of_a_pdp(request: HttpRequest, next: Next) -> HttpResponse {
    let content_type = request.headers().get(header::CONTENT_TYPE);
    if !content_type.is_some_and(|value| value.as_bytes().starts_with(b"application/grpc")) {
        return not_found(request.uri().path());
    }
    let mut response = next.run(request).await;
    if let Some((code, message)) = reworded(response.headers()) {
        response.headers_mut().insert("grpc-status", HeaderValue::from_static(code));
        response.headers_mut().insert("grpc-message", message);
    }
    response
}

/// Only of what came before any of our code: those answers are headers and nothing else.
fn reworded(headers: &HeaderMap) -> Option<(&'static str, HeaderValue)> {
    let status = headers.get("grpc-status")?.to_str().ok()?;
    let message = headers.get("grpc-message").and_then(|value| value.to_str().ok());
    let message = message.unwrap_or_default();
    match status {
        "12" if message.is_empty() => Some(("12", HeaderValue::from_static("Unknown service"))),
        "5" if message.starts_with("service%20not") => {
            Some(("5", HeaderValue::from_static("unknown%20service")))
        }
        // Too large for the library.
        "11" => {
            let found: String = message
                .chars()
                .skip_while(|character| *character != ':' && *character != 'd')
                .collect();
            let size = found.split("found").nth(1)?.trim_start_matches("%20");
            let size: String = size.chars().take_while(char::is_ascii_digit).collect();
            let text = format!(
                "grpc:%20received%20message%20larger%20than%20max%20({size}%20vs.%20{MOST_BYTES})"
            );
            HeaderValue::from_str(&text).ok().map(|message| ("8", message))
        }
        "13" if message.contains("decode") => Some((
            "13",
            HeaderValue::from_static(
                "grpc:%20error%20unmarshalling%20request:%20proto:%20cannot%20parse%20invalid%20wire-format%20data",
            ),
        )),
        _ => None,
    }
}
