//! The same calls over gRPC, with health and reflection.

mod service;
mod words;

use axum::{Router, middleware};
use tonic::{codec::CompressionEncoding, service::Routes};
use tonic_health::{ServingStatus, server::HealthReporter};
use tonic_reflection::server::Builder;

use super::door::Door;
use crate::cerbos_api::proto::{
    authzen::authorization::v1::authorization_service_server::AuthorizationServiceServer,
    cerbos::svc::v1::cerbos_service_server::CerbosServiceServer,
};
use crate::cerbos_api::schema::DESCRIPTORS;
use crate::pdp::MOST_BYTES;
use service::Service;
use words::in_words_of_a_pdp;

pub(super) use words::Port;

type Cerbos = CerbosServiceServer<Service>;
type Access = AuthorizationServiceServer<Service>;

/// Everything that gRPC is answered, and the word on whether it is.
pub(super) async fn routes(door: &Door) -> (HealthReporter, Router) {
    let (health, health_service) = tonic_health::server::health_reporter();
    health.set_serving::<Cerbos>().await;
    health.set_serving::<Access>().await;
    let service = Service(door.clone());
    // What was compressed is measured when it is no longer.
    let cerbos = Cerbos::new(service.clone())
        .max_decoding_message_size(MOST_BYTES)
        .accept_compressed(CompressionEncoding::Gzip)
        .send_compressed(CompressionEncoding::Gzip);
    let access = Access::new(service)
        .max_decoding_message_size(MOST_BYTES)
        .accept_compressed(CompressionEncoding::Gzip)
        .send_compressed(CompressionEncoding::Gzip);
    let mut routes = Routes::new(cerbos).add_service(access).add_service(health_service);
    let described = || Builder::configure().register_encoded_file_descriptor_set(DESCRIPTORS);
    // Descriptors of our own build are well-formed.
    if let (Ok(v1), Ok(v1alpha)) = (described().build_v1(), described().build_v1alpha()) {
        routes = routes.add_service(v1).add_service(v1alpha);
    }
    (health, routes.into_axum_router())
}

/// The same at one of the ports.
pub(super) fn at(port: Port, routes: Router) -> Router {
    routes.layer(middleware::from_fn_with_state(port, in_words_of_a_pdp))
}

/// What health says from now on.
pub(super) async fn not_serving(health: &HealthReporter) {
    health.set_not_serving::<Cerbos>().await;
    health.set_not_serving::<Access>().await;
    health.set_service_status("", ServingStatus::NotServing).await;
}
