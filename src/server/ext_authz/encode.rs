//! [`Answer`] → `CheckResponse`: the only place that makes one.
//!
//! Envoy's habits decide its shape (measured on 1.40): a response without a status is an allow; a
//! denial with status 0 is an allow; the legacy `append` field loses headers; a header that is both
//! set and removed is lost. A fault is a `denied_response` with 503, because Envoy turns an
//! `error_response` into an allow where an operator has set `failure_mode_allow`.

use envoy_types::pb::envoy::config::core::v3::header_value_option::HeaderAppendAction;
use tonic::Code;

use super::writer::Writer;
use crate::answer::{Answer, Challenge, Denial, Problem, Refusal, UpstreamMutation};
use crate::decision::Decision;

/// Finds the log line of a decision. The client gets it with every answer, Envoy also as metadata.
const DECISION_ID_HEADER: &str = "x-portcullis-decision-id";

/// After a fault: when it makes sense to ask again, in seconds.
const RETRY_AFTER: &str = "5";

/// Writes the answer behind what is in `buffer`.
pub(super) fn encode(decision: &Decision, decision_id: &str, buffer: Vec<u8>) -> Vec<u8> {
    let Decision { answer, nonce, trace: _ } = decision;
    let code = match answer {
        Answer::Allow(_) => Code::Ok,
        Answer::Refuse(refusal) => code(refusal),
    };
    // What the client gets whatever the answer is.
    let told = |response: &mut Writer, field| {
        set(response, field, DECISION_ID_HEADER, decision_id);
        if let Some(nonce) = nonce {
            set(response, field, "dpop-nonce", nonce);
        }
    };
    let mut message = Writer::behind(buffer);
    message.message(field::STATUS, |status| status.number(1, code as u32));
    match answer {
        Answer::Allow(mutation) => message.message(field::OK_RESPONSE, |response| {
            allow(response, mutation);
            told(response, field::ok::RESPONSE_HEADERS_TO_ADD);
        }),
        Answer::Refuse(refusal) => message.message(field::DENIED_RESPONSE, |response| {
            told(response, field::denied::HEADERS);
            deny(response, refusal, decision_id);
        }),
    }
    message.message(field::DYNAMIC_METADATA, |metadata| {
        dynamic_metadata(metadata, answer, decision_id);
    });
    message.into_bytes()
}

fn allow(response: &mut Writer, mutation: &UpstreamMutation) {
    let UpstreamMutation { set: headers, remove, reason: _ } = mutation;
    for (name, value) in headers {
        set(response, field::ok::HEADERS, name, value);
    }
    for name in remove {
        response.text(field::ok::HEADERS_TO_REMOVE, name);
    }
}

fn deny(response: &mut Writer, refusal: &Refusal, decision_id: &str) {
    let problem = Problem::of(refusal, decision_id);
    response.message(field::denied::STATUS, |status| status.number(1, problem.status.into()));
    let mut header = |name: &str, value: &str| set(response, field::denied::HEADERS, name, value);
    header("content-type", "application/problem+json");
    header("cache-control", "no-store");
    if let Refusal::DenyAs(_, Denial { location, headers, .. }) = refusal {
        if let Some(location) = location {
            header("location", location);
        }
        for (name, value) in headers {
            header(name, value);
        }
    }
    if let Refusal::Fault(_) = refusal {
        header("retry-after", RETRY_AFTER);
    }
    for value in refusal.challenge().into_iter().flat_map(Challenge::header_values) {
        let append = HeaderAppendAction::AppendIfExistsOrAdd;
        option(response, field::denied::HEADERS, ("www-authenticate", &value), append);
    }
    response.text(field::denied::BODY, &problem.to_json());
}

/// Any code but 0 denies; this one is what a gRPC client behind Envoy would expect to see.
fn code(refusal: &Refusal) -> Code {
    match refusal {
        Refusal::Deny(_) | Refusal::DenyAs(..) | Refusal::Scope(_) => Code::PermissionDenied,
        Refusal::Malformed(_) | Refusal::Oversized(_) => Code::InvalidArgument,
        Refusal::Challenge(_) | Refusal::Credentials(_) | Refusal::TooLarge(_) => {
            Code::Unauthenticated
        }
        Refusal::Fault(_) => Code::Unavailable,
    }
}

/// One header, in place of all of that name.
fn set(response: &mut Writer, field: u32, name: &str, value: &str) {
    option(response, field, (name, value), HeaderAppendAction::OverwriteIfExistsOrAdd);
}

/// `HeaderValueOption`
fn option(
    response: &mut Writer,
    field: u32,
    (name, value): (&str, &str),
    action: HeaderAppendAction,
) {
    response.message(field, |option| {
        option.message(1, |header| {
            header.text(1, name);
            header.text(2, value);
        });
        option.number(3, action as u32);
    });
}

/// For Envoy's access log: `%DYNAMIC_METADATA(envoy.filters.http.ext_authz:decision_id)%`.
fn dynamic_metadata(metadata: &mut Writer, answer: &Answer, decision_id: &str) {
    text_member(metadata, "decision_id", decision_id);
    text_member(metadata, "answer", answer.name());
    text_member(metadata, "reason", answer.reason().as_str());
    if let Answer::Refuse(Refusal::DenyAs(_, denial)) = answer {
        member(metadata, "denial", |value| {
            value.message(field::value::STRUCT, |said| {
                for (name, value) in &denial.metadata {
                    text_member(said, name, value);
                }
            });
        });
    }
}

fn text_member(members: &mut Writer, name: &str, text: &str) {
    member(members, name, |value| value.text(field::value::STRING, text));
}

/// An entry of a `google.protobuf.Struct`.
fn member(members: &mut Writer, name: &str, value: impl FnOnce(&mut Writer)) {
    members.message(1, |entry| {
        entry.text(1, name);
        entry.message(2, value);
    });
}

/// Numbers of fields, of `CheckResponse` and of what is in it.
mod field {
    pub(super) const STATUS: u32 = 1;
    pub(super) const DENIED_RESPONSE: u32 = 2;
    pub(super) const OK_RESPONSE: u32 = 3;
    pub(super) const DYNAMIC_METADATA: u32 = 4;

    /// `OkHttpResponse`
    pub(super) mod ok {
        pub(in super::super) const HEADERS: u32 = 2;
        pub(in super::super) const HEADERS_TO_REMOVE: u32 = 5;
        pub(in super::super) const RESPONSE_HEADERS_TO_ADD: u32 = 6;
    }

    /// `DeniedHttpResponse`
    pub(super) mod denied {
        pub(in super::super) const STATUS: u32 = 1;
        pub(in super::super) const HEADERS: u32 = 2;
        pub(in super::super) const BODY: u32 = 3;
    }

    /// `google.protobuf.Value`
    pub(super) mod value {
        pub(in super::super) const STRING: u32 = 3;
        pub(in super::super) const STRUCT: u32 = 5;
    }
}
