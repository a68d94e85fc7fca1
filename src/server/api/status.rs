//! A fault as each door tells it: a gRPC status, or a JSON body with the HTTP status that belongs to it.

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use prost::Message;
use prost_types::Any;
use tonic::{Code as GrpcCode, Status, metadata::MetadataValue};

use crate::cerbos_api::json::{self, Layout};
use crate::cerbos_api::proto::google::rpc::Status as WireStatus;
use crate::pdp::{Code, Fault, VERSION};

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// In `details`, and in the answer to gRPC as bytes.
fn wire(fault: &Fault) -> WireStatus {
    let details = fault.violations.as_ref().map(|violations| Any {
        type_url: "type.googleapis.com/buf.validate.Violations".to_owned(),
        value: violations.to_wire().encode_to_vec(),
    });
    WireStatus {
        code: fault.code.number(),
        message: fault.message.clone(),
        details: details.into_iter().collect(),
    }
}

/// For gRPC. A call that broke a rule never reached the one who says his version.
pub(super) fn to_grpc(fault: &Fault) -> Status {
    let code = GrpcCode::from_i32(fault.code.number());
    if fault.violations.is_some() {
        let details = wire(fault).encode_to_vec();
        return Status::with_details(code, fault.message.clone(), details.into());
    }
    let mut status = Status::new(code, fault.message.clone());
    status.metadata_mut().insert("cerbos-version", MetadataValue::from_static(VERSION));
    status
}

/// For HTTP.
pub(super) fn to_http(fault: &Fault, layout: Layout) -> Response {
    let body = json::write(&wire(fault), layout).unwrap_or_default();
    (http_status(fault.code), [(header::CONTENT_TYPE, JSON)], body).into_response()
}

/// The headers of what comes from a call.
pub(super) fn with_version(mut response: Response) -> Response {
    let headers = response.headers_mut();
    let of_call = [
        ("grpc-metadata-cerbos-version", VERSION),
        ("grpc-metadata-content-type", "application/grpc"),
    ];
    for (name, value) in of_call {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}

pub(super) fn json(body: String) -> Response {
    ([(header::CONTENT_TYPE, JSON)], body).into_response()
}

fn http_status(code: Code) -> StatusCode {
    match code {
        Code::InvalidArgument => StatusCode::BAD_REQUEST,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
        Code::Unknown | Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        Code::Unimplemented => StatusCode::NOT_IMPLEMENTED,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
    }
}
