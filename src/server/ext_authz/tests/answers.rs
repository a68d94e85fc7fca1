//! What is written is the `CheckResponse` that was meant.

use envoy_types::pb::{
    envoy::{
        config::core::v3::{HeaderValue, HeaderValueOption},
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
use prost::Message as _;

use super::super::{encode::encode, writer::Writer};
use crate::answer::{Answer, Denial, Reason, Refusal, UpstreamMutation};
use crate::decision::Decision;

const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

#[track_caller]
fn check(answer: Answer, nonce: Option<&str>, expected: &CheckResponse) {
    let nonce = nonce.map(str::to_owned);
    let decision = Decision { answer, nonce, trace: Default::default() };
    let written = encode(&decision, ID, b"before".to_vec());
    let (before, message) = written.split_at(6);
    assert_eq!(before, b"before");
    assert_eq!(&CheckResponse::decode(message).unwrap(), expected);
}

fn set(name: &str, value: &str) -> HeaderValueOption {
    let header = HeaderValue { key: name.into(), value: value.into(), ..HeaderValue::default() };
    HeaderValueOption { header: Some(header), append_action: 2, ..HeaderValueOption::default() }
}

fn value(kind: Kind) -> Value {
    Value { kind: Some(kind) }
}

fn response(
    code: i32,
    answer: &str,
    reason: &str,
    http_response: HttpResponse,
    more: Option<(&str, Value)>,
) -> CheckResponse {
    let text = |text: &str| value(Kind::StringValue(text.to_owned()));
    let fields = [("decision_id", text(ID)), ("answer", text(answer)), ("reason", text(reason))];
    let fields = fields.into_iter().chain(more).map(|(name, value)| (name.to_owned(), value));
    CheckResponse {
        status: Some(Status { code, ..Status::default() }),
        dynamic_metadata: Some(Struct { fields: fields.collect() }),
        http_response: Some(http_response),
    }
}

#[test]
fn an_allow_has_a_status_and_what_envoy_is_to_do_to_headers() {
    let long = "r".repeat(70_000);
    let mutation = UpstreamMutation {
        reason: Reason::POLICY_ALLOWED,
        set: vec![("x-user".into(), "auth0|1".into()), ("x-roles".into(), long.clone())],
        remove: vec!["x_user".into(), "x_roles".into()],
    };
    let ok = OkHttpResponse {
        headers: vec![set("x-user", "auth0|1"), set("x-roles", &long)],
        headers_to_remove: vec!["x_user".into(), "x_roles".into()],
        response_headers_to_add: vec![
            set("x-portcullis-decision-id", ID),
            set("dpop-nonce", "n-1"),
        ],
        ..OkHttpResponse::default()
    };
    let reason = Reason::POLICY_ALLOWED;
    let expected = response(0, "allow", reason.as_str(), HttpResponse::OkResponse(ok), None);
    check(Answer::Allow(mutation), Some("n-1"), &expected);
}

#[test]
fn a_fault_is_a_denial_with_a_status() {
    let refusal = Refusal::Fault(Reason::ENGINE_FAULT);
    let denied = DeniedHttpResponse {
        status: Some(HttpStatus { code: 503 }),
        headers: vec![
            set("x-portcullis-decision-id", ID),
            set("content-type", "application/problem+json"),
            set("cache-control", "no-store"),
            set("retry-after", "5"),
        ],
        body: crate::answer::Problem::of(&refusal, ID).to_json(),
    };
    let denied = HttpResponse::DeniedResponse(denied);
    let expected = response(14, "fault", Reason::ENGINE_FAULT.as_str(), denied, None);
    check(Answer::Refuse(refusal), None, &expected);
}

#[test]
fn a_policy_says_how_its_denial_is_told() {
    let denial = Denial {
        status: None,
        location: Some("https://pay.example/".to_owned()),
        headers: vec![("x-plan".into(), "free".to_owned())],
        metadata: vec![("plan".into(), String::new())],
    };
    let refusal = Refusal::DenyAs(Reason::POLICY_DENIED, denial);
    let denied = DeniedHttpResponse {
        status: Some(HttpStatus { code: 303 }),
        headers: vec![
            set("x-portcullis-decision-id", ID),
            set("content-type", "application/problem+json"),
            set("cache-control", "no-store"),
            set("location", "https://pay.example/"),
            set("x-plan", "free"),
        ],
        body: crate::answer::Problem::of(&refusal, ID).to_json(),
    };
    let said = [("plan".to_owned(), value(Kind::StringValue(String::new())))];
    let said = value(Kind::StructValue(Struct { fields: said.into() }));
    let denied = HttpResponse::DeniedResponse(denied);
    let reason = Reason::POLICY_DENIED.as_str();
    let expected = response(7, "deny", reason, denied, Some(("denial", said)));
    check(Answer::Refuse(refusal), None, &expected);
}

#[test]
fn a_length_takes_as_many_bytes_as_it_needs() {
    for length in [0, 1, 123, 124, 125, 126, 127, 128, 129, 16_380, 16_384, 3_000_000] {
        let text = "t".repeat(length);
        let mut message = Writer::behind(Vec::new());
        message.message(1, |status| {
            status.number(1, u32::MAX >> 1);
            status.text(2, &text);
        });
        let read = CheckResponse::decode(&*message.into_bytes()).unwrap().status.unwrap();
        assert_eq!((read.code, read.message), (i32::MAX, text));
    }
}
