//! [`Answer`] → `CheckResponse`: the only place that makes one.
//!
//! Envoy's habits decide its shape (measured on 1.40): a response without a status is an allow; a
//! denial with status 0 is an allow; the legacy `append` field loses headers; a header that is both
//! set and removed is lost. A fault is a `denied_response` with 503, because Envoy turns an
//! `error_response` into an allow where an operator has set `failure_mode_allow`.

use envoy_types::pb::{
    envoy::{
        config::core::v3::{
            HeaderValue, HeaderValueOption, header_value_option::HeaderAppendAction,
        },
        service::auth::v3::{
            CheckResponse, DeniedHttpResponse, OkHttpResponse, check_response::HttpResponse,
        },
        r#type::v3::HttpStatus,
    },
    google::{
        protobuf::{Struct, Value, value::Kind},
        rpc::Status,
    },
};
use tonic::Code;

use crate::answer::{Answer, Challenge, Denial, Problem, Refusal, UpstreamMutation};
use crate::decision::Decision;

/// Finds the log line of a decision. The client gets it with every answer, Envoy also as metadata.
const DECISION_ID_HEADER: &str = "x-portcullis-decision-id";

/// After a fault: when it makes sense to ask again, in seconds.
const RETRY_AFTER: &str = "5";

pub(super) fn encode(decision: &Decision, decision_id: &str) -> CheckResponse {
    let Decision { answer, nonce, trace: _ } = decision;
    // What the client gets whatever the answer is.
    let mut told = vec![set(DECISION_ID_HEADER, decision_id)];
    told.extend(nonce.iter().map(|nonce| set("dpop-nonce", nonce)));
    let (code, response) = match answer {
        Answer::Allow(mutation) => (Code::Ok, HttpResponse::OkResponse(allow(mutation, told))),
        Answer::Refuse(refusal) => {
            (code(refusal), HttpResponse::DeniedResponse(deny(refusal, decision_id, told)))
        }
    };
    CheckResponse {
        status: Some(Status { code: code.into(), ..Status::default() }),
        dynamic_metadata: Some(dynamic_metadata(answer, decision_id)),
        http_response: Some(response),
    }
}

fn allow(mutation: &UpstreamMutation, told: Vec<HeaderValueOption>) -> OkHttpResponse {
    let UpstreamMutation { set: headers, remove, reason: _ } = mutation;
    OkHttpResponse {
        headers: headers.iter().map(|(name, value)| set(name, value)).collect(),
        response_headers_to_add: told,
        headers_to_remove: remove.iter().map(ToString::to_string).collect(),
        ..OkHttpResponse::default()
    }
}

fn deny(refusal: &Refusal, decision_id: &str, told: Vec<HeaderValueOption>) -> DeniedHttpResponse {
    let problem = Problem::of(refusal, decision_id);
    let mut headers = told;
    headers.push(set("content-type", "application/problem+json"));
    headers.push(set("cache-control", "no-store"));
    headers.extend(challenge(refusal).map(|value| set("www-authenticate", &value)));
    if let Refusal::DenyAs(_, Denial { location, headers: more, .. }) = refusal {
        headers.extend(location.iter().map(|location| set("location", location)));
        headers.extend(more.iter().map(|(name, value)| set(name, value)));
    }
    if let Refusal::Fault(_) = refusal {
        headers.push(set("retry-after", RETRY_AFTER));
    }
    DeniedHttpResponse {
        status: Some(HttpStatus { code: i32::from(problem.status) }),
        headers,
        body: problem.to_json(),
    }
}

/// Any code but 0 denies; this one is what a gRPC client behind Envoy would expect to see.
fn code(refusal: &Refusal) -> Code {
    match refusal {
        Refusal::Deny(_) | Refusal::DenyAs(..) | Refusal::Scope(_) => Code::PermissionDenied,
        Refusal::Malformed(_) => Code::InvalidArgument,
        Refusal::Challenge(_) | Refusal::Credentials(_) | Refusal::TooLarge(_) => {
            Code::Unauthenticated
        }
        Refusal::Fault(_) => Code::Unavailable,
    }
}

fn challenge(refusal: &Refusal) -> Option<String> {
    match refusal {
        Refusal::Scope(challenge)
        | Refusal::Challenge(challenge)
        | Refusal::Credentials(challenge)
        | Refusal::TooLarge(challenge) => Some(Challenge::header_value(challenge)),
        Refusal::Deny(_) | Refusal::DenyAs(..) | Refusal::Malformed(_) | Refusal::Fault(_) => None,
    }
}

/// One header, in place of all of that name.
fn set(name: &str, value: &str) -> HeaderValueOption {
    HeaderValueOption {
        header: Some(HeaderValue {
            key: name.to_owned(),
            value: value.to_owned(),
            ..HeaderValue::default()
        }),
        append_action: HeaderAppendAction::OverwriteIfExistsOrAdd.into(),
        ..HeaderValueOption::default()
    }
}

/// For Envoy's access log: `%DYNAMIC_METADATA(envoy.filters.http.ext_authz:decision_id)%`.
fn dynamic_metadata(answer: &Answer, decision_id: &str) -> Struct {
    let text = |text: &str| Value { kind: Some(Kind::StringValue(text.to_owned())) };
    let mut fields = Struct {
        fields: [
            ("decision_id".to_owned(), text(decision_id)),
            ("answer".to_owned(), text(answer.name())),
            ("reason".to_owned(), text(answer.reason().as_str())),
        ]
        .into(),
    };
    if let Answer::Refuse(Refusal::DenyAs(_, denial)) = answer {
        let said = denial.metadata.iter().map(|(name, value)| (name.to_string(), text(value)));
        let said = Kind::StructValue(Struct { fields: said.collect() });
        fields.fields.insert("denial".to_owned(), Value { kind: Some(said) });
    }
    fields
}
