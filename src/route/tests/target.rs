use expect_test::{Expect, expect};
use jiff::Timestamp;
use serde_json::json;

use super::{raw, read, resource, route};
use crate::engine::model::{Map, Value};
use crate::request::{RawBody, RawHeaders, RawPeer, RawRequest};
use crate::route::{
    AttributeSource, CertificateField, Found, Input, ResourceSpec, RouteSpec, RouteTable, Target,
    TargetError, TextTemplate, ValueType,
};

fn text(text: &str) -> TextTemplate {
    TextTemplate(text.to_owned())
}

fn map(json: serde_json::Value) -> Map {
    match Value::from(json) {
        Value::Map(map) => map,
        other => panic!("{other:?} is no map"),
    }
}

fn names(names: &[&str]) -> Box<[Box<str>]> {
    names.iter().map(|name| (*name).into()).collect()
}

fn target(path: &str, resource: ResourceSpec, raw: RawRequest<'_>) -> Result<Target, TargetError> {
    let spec = RouteSpec { resource: Some(resource), ..route("r.yaml:1:3", path) };
    let table = RouteTable::build(vec![spec]).unwrap();
    let request = read(raw);
    let Found::Protected(matched) = table.find(&request) else { panic!("no route") };
    let claims = map(json!({
        "sub": "auth0|1",
        "https://invoicing.example/org": { "id": "acme", "seats": 7 },
        "permissions": ["read", "write"],
    }));
    let now: Timestamp = "2026-11-25T05:00:00.5Z".parse().unwrap();
    matched.target(&claims, now)
}

/// A claim that is not there, or is something else, is not a mistake of the request.
fn told(input: &Input, reason: &'static str) -> &'static str {
    match (input, reason) {
        (Input::Claim(_), "attribute.missing") => "attribute.missing_claim",
        (Input::Claim(_), "attribute.wrong_type") => "attribute.wrong_type_of_claim",
        _ => reason,
    }
}

/// The value of one attribute, or the reason why there is none.
#[track_caller]
fn attribute(
    input: &Input,
    value_type: ValueType,
    raw: &RawRequest<'_>,
) -> Result<Option<serde_json::Value>, &'static str> {
    let attribute = |required| {
        let source = AttributeSource::Input { input: input.clone(), value_type, required };
        let attr = [("a".into(), source)].into();
        target("/{x}/{*rest}", ResourceSpec { attr, ..resource() }, raw.clone())
            .map(|target| target.resource.attr.get("a").map(Value::to_json))
            .map_err(|error| {
                let is_claim = matches!(input, Input::Claim(_));
                assert_eq!(error.is_about_the_caller(), is_claim, "{error}");
                error.reason()
            })
    };
    let (optional, required) = (attribute(false), attribute(true));
    match &optional {
        Ok(None) => assert_eq!(required, Err(told(input, "attribute.missing")), "{input}"),
        Ok(Some(_)) | Err(_) => assert_eq!(required, optional, "{input}"),
    }
    optional
}

fn get(target: &str) -> RawRequest<'_> {
    raw("GET", "h", target)
}

fn with_headers<'a>(lines: &[(&'a str, &'a str)]) -> RawRequest<'a> {
    let line = |(name, value): &(&'a str, &'a str)| ((*name).into(), value.as_bytes().into());
    RawRequest { headers: RawHeaders::Separate(lines.iter().map(line).collect()), ..get("/1/2") }
}

fn with_body(body: &str) -> RawRequest<'_> {
    RawRequest {
        body: RawBody { bytes: body.as_bytes().into(), ..RawBody::default() },
        ..with_headers(&[("content-type", "application/json")])
    }
}

#[test]
fn threat_49_a_resource_is_made_of_the_path() {
    let check = |resource: ResourceSpec, path: &str, expected: &Expect| {
        let shown = match target("/v1/{kind}/{org}/{*rest}", resource, get(path)) {
            Ok(Target { resource, action }) => format!(
                "{action} {} {} v`{}` in `{}` {}",
                resource.kind,
                resource.id,
                resource.policy_version,
                resource.scope,
                resource.attr.to_json()
            ),
            Err(error) => format!("{}: {error}", error.reason()),
        };
        expected.assert_eq(&shown);
    };
    check(resource(), "/v1/a/b/c", &expect!["view thing any v`` in `` {}"]);
    let whole = ResourceSpec {
        kind: text("{kind}"),
        id: text("{org}/{rest}"),
        scope: text("{org}"),
        policy_version: text("v{kind}"),
        attr: [
            ("path".into(), AttributeSource::Template(text("{kind}:{rest}"))),
            ("gateway".into(), AttributeSource::Constant(Value::Bool(true))),
        ]
        .into(),
    };
    check(
        whole.clone(),
        "/v1/invoice/acme/7/lines/caf%C3%A9",
        &expect![[
            r#"view invoice acme/7/lines/café v`vinvoice` in `acme` {"gateway":true,"path":"invoice:7/lines/café"}"#
        ]],
    );
    check(
        whole.clone(),
        "/v1/invoice/acme.hr/7/",
        &expect![[
            r#"view invoice acme.hr/7/ v`vinvoice` in `acme.hr` {"gateway":true,"path":"invoice:7/"}"#
        ]],
    );
    check(
        whole.clone(),
        "/v1/invoice/auth0%7C1/7",
        &expect!["resource.scope: the path makes no scope"],
    );
    check(
        whole.clone(),
        "/v1/a-b/acme/7",
        &expect!["resource.policy_version: the path makes no policy version"],
    );
    let composed = ResourceSpec { scope: text("acme.{org}"), ..whole };
    check(
        composed.clone(),
        "/v1/invoice/hr/7",
        &expect![[
            r#"view invoice hr/7 v`vinvoice` in `acme.hr` {"gateway":true,"path":"invoice:7"}"#
        ]],
    );
    check(composed, "/v1/invoice/hr.uk/7", &expect!["resource.scope: the path makes no scope"]);
}

#[test]
fn texts_become_values_of_their_type_or_are_refused() {
    let query = |value: &str| RawRequest { target: format!("/1/2?q={value}").into(), ..get("") };
    let input = Input::Query("q".into());
    let wrong = || Err("attribute.wrong_type");
    for (value_type, value, expected) in [
        (ValueType::String, "7", Ok(Some(json!("7")))),
        (ValueType::String, "", Ok(Some(json!("")))),
        (ValueType::Number, "7", Ok(Some(json!(7)))),
        (ValueType::Number, "-1.5", Ok(Some(json!(-1.5)))),
        (ValueType::Number, "1e3", Ok(Some(json!(1000)))),
        (ValueType::Number, "", wrong()),
        (ValueType::Number, "07", wrong()),
        (ValueType::Number, "%2B7", wrong()),
        (ValueType::Number, "7%20", wrong()),
        (ValueType::Number, "%207", wrong()),
        (ValueType::Number, "7.", wrong()),
        (ValueType::Number, "0x7", wrong()),
        (ValueType::Number, "NaN", wrong()),
        (ValueType::Number, "1e999", wrong()),
        (ValueType::Number, "9007199254740993", wrong()),
        (ValueType::Number, "%227%22", wrong()),
        (ValueType::Bool, "true", Ok(Some(json!(true)))),
        (ValueType::Bool, "false", Ok(Some(json!(false)))),
        (ValueType::Bool, "True", wrong()),
        (ValueType::Bool, "1", wrong()),
        (ValueType::Bool, "", wrong()),
    ] {
        assert_eq!(attribute(&input, value_type, &query(value)), expected, "{value_type} {value}");
    }
    assert_eq!(attribute(&input, ValueType::String, &get("/1/2")), Ok(None));
    let repeated = attribute(&input, ValueType::String, &get("/1/2?q=1&q=1"));
    assert_eq!(repeated, Err("query.repeated"));
}

/// A request with something in each part that is not a header or the body.
fn in_context() -> RawRequest<'static> {
    RawRequest {
        context_extensions: [("tier".into(), "gold, silver".into())].into(),
        route_metadata: map(
            json!({"envoy-gateway": {"resources": [{"kind": "HTTPRoute"}], "n": {"x": 1}}}),
        ),
        peer: RawPeer {
            address: "::ffff:192.0.2.7".into(),
            principal: "spiffe://example/a".into(),
            ..RawPeer::default()
        },
        ..get("/1/2/3")
    }
}

const ORG: &str = "https://invoicing.example/org";

fn claim(path: &[&str]) -> Input {
    Input::Claim(names(path))
}

fn metadata(path: &[&str]) -> Input {
    Input::RouteMetadata(names(path))
}

#[test]
fn attributes_come_from_every_part_of_a_request() {
    let (string, strings, any) = (ValueType::String, ValueType::Strings, ValueType::Any);
    for (input, value_type, expected) in [
        (Input::PathParameter("x".into()), ValueType::Number, json!(1)),
        (Input::PathParameter("rest".into()), string, json!("2/3")),
        (Input::ContextExtension("tier".into()), string, json!("gold, silver")),
        (Input::ContextExtension("tier".into()), strings, json!(["gold", "silver"])),
        (Input::PeerAddress, string, json!("192.0.2.7")),
        (Input::PeerCertificate(CertificateField::Principal), string, json!("spiffe://example/a")),
        (Input::Time, string, json!("2026-11-25T05:00:00.5Z")),
        (claim(&["sub"]), string, json!("auth0|1")),
        (claim(&[ORG, "seats"]), ValueType::Number, json!(7)),
        (claim(&["permissions"]), strings, json!(["read", "write"])),
        (claim(&[ORG]), any, json!({"id": "acme", "seats": 7})),
        (metadata(&["envoy-gateway", "n", "x"]), ValueType::Number, json!(1)),
        (metadata(&["envoy-gateway", "resources"]), any, json!([{"kind": "HTTPRoute"}])),
    ] {
        assert_eq!(attribute(&input, value_type, &in_context()), Ok(Some(expected)), "{input}");
    }
}

#[test]
fn what_is_absent_is_missing_only_if_it_is_required() {
    for input in [
        Input::ContextExtension("other".into()),
        Input::PeerCertificate(CertificateField::Thumbprint),
        Input::Header("x-tenant".into()),
        Input::BodyField(names(&["amount"])),
        claim(&["other"]),
        claim(&["other", "id"]),
        metadata(&["other", "n"]),
    ] {
        assert_eq!(attribute(&input, ValueType::String, &in_context()), Ok(None), "{input}");
    }
}

#[test]
fn values_of_another_type_are_refused() {
    let string = ValueType::String;
    for (input, value_type) in [
        (claim(&["sub"]), ValueType::Number),
        (claim(&["sub", "id"]), string),
        (claim(&[ORG]), string),
        (claim(&["permissions"]), string),
        (metadata(&["envoy-gateway", "resources"]), ValueType::Strings),
    ] {
        let found = attribute(&input, value_type, &in_context());
        assert_eq!(found, Err(told(&input, "attribute.wrong_type")), "{input}");
    }
}

#[test]
fn parts_of_a_certificate_that_cannot_be_read_are_refused() {
    let bad = RawRequest {
        peer: RawPeer { certificate: "x".into(), principal: "a\0".into(), ..RawPeer::default() },
        ..get("/1/2")
    };
    for (field, reason) in [
        (CertificateField::Thumbprint, "peer.malformed_certificate"),
        (CertificateField::Principal, "peer.malformed_principal"),
    ] {
        assert_eq!(attribute(&Input::PeerCertificate(field), ValueType::String, &bad), Err(reason));
    }
}

#[test]
fn threat_14_a_header_that_an_attribute_reads_has_one_value() {
    let input = Input::Header("x-tenant".into());
    let read =
        |value_type, lines: &[(&str, &str)]| attribute(&input, value_type, &with_headers(lines));
    let acme = &[("x-tenant", "acme")][..];
    assert_eq!(read(ValueType::String, acme), Ok(Some(json!("acme"))));
    let twice = &[("x-tenant", "acme"), ("x-tenant", "globex")][..];
    assert_eq!(read(ValueType::String, twice), Err("header.repeated"));
    assert_eq!(read(ValueType::Strings, twice), Ok(Some(json!(["acme", "globex"]))));
    let spelled = &[("x-tenant", "acme"), ("x_tenant", "globex")][..];
    for value_type in [ValueType::String, ValueType::Strings] {
        assert_eq!(read(value_type, spelled), Err("header.other_spelling"));
    }
}

#[test]
fn fields_of_the_body_are_read_as_they_are_typed() {
    let amount = Input::BodyField(names(&["order", "amount"]));
    let wrong = || Err("attribute.wrong_type");
    for (value_type, body, expected) in [
        (ValueType::Number, r#"{"order":{"amount":9.5}}"#, Ok(Some(json!(9.5)))),
        (ValueType::Number, r#"{"order":{}}"#, Ok(None)),
        (ValueType::Number, "{}", Ok(None)),
        (ValueType::Number, r#"{"order":{"amount":"9"}}"#, wrong()),
        (ValueType::Number, r#"{"order":{"amount":null}}"#, wrong()),
        (ValueType::Number, r#"{"order":{"amount":9007199254740993}}"#, wrong()),
        (ValueType::Number, r#"{"order":[9]}"#, wrong()),
        (ValueType::Number, "[]", wrong()),
        (ValueType::Strings, r#"{"order":{"amount":["a","b"]}}"#, Ok(Some(json!(["a", "b"])))),
        (ValueType::Strings, r#"{"order":{"amount":["a",1]}}"#, wrong()),
        (ValueType::Any, r#"{"order":{"amount":{"x":[null]}}}"#, Ok(Some(json!({"x": [null]})))),
        (ValueType::Any, r#"{"order":{"amount":null}}"#, Ok(Some(json!(null)))),
        (
            ValueType::Number,
            r#"{"order":{"amount":1},"order":{"amount":2}}"#,
            Err("body.repeated_key"),
        ),
        (ValueType::Number, "{", Err("body.malformed")),
    ] {
        assert_eq!(attribute(&amount, value_type, &with_body(body)), expected, "{body}");
    }
    let partial = RawRequest {
        body: RawBody { bytes: b"{}"[..].into(), partial: true, is_text: false },
        ..with_headers(&[("content-type", "application/json")])
    };
    assert_eq!(attribute(&amount, ValueType::Number, &partial), Err("body.partial"));
}

#[test]
fn threat_46_a_field_with_a_second_spelling_is_refused() {
    let amount = Input::BodyField(names(&["order", "amount"]));
    for body in [
        r#"{"order":{"amount":1,"Amount":2}}"#,
        r#"{"order":{"AMOUNT":2}}"#,
        r#"{"Order":{"amount":2}}"#,
        r#"{"order":{"amount":1},"ORDER":{}}"#,
    ] {
        let found = attribute(&amount, ValueType::Number, &with_body(body));
        assert_eq!(found, Err("attribute.other_spelling"), "{body}");
    }
    let elsewhere = with_body(r#"{"order":{"amount":1},"x":1,"X":2}"#);
    assert_eq!(attribute(&amount, ValueType::Number, &elsewhere), Ok(Some(json!(1))));
}

#[test]
fn a_route_says_what_it_supplies_and_reads() {
    let header = Input::Header("x-tenant".into());
    let source = |input: &Input| AttributeSource::Input {
        input: input.clone(),
        value_type: ValueType::String,
        required: false,
    };
    let attr = [
        ("tenant".into(), source(&header)),
        ("again".into(), source(&header)),
        ("org".into(), AttributeSource::Template(text("{org}"))),
        ("fixed".into(), AttributeSource::Constant(Value::Null)),
    ];
    let resource = ResourceSpec { id: text("{org}/{x}"), attr: attr.into(), ..resource() };
    let spec = RouteSpec { resource: Some(resource), ..route("r.yaml:1:3", "/{org}/{x}/{y}") };
    let table = RouteTable::build(vec![spec]).unwrap();
    let route = table.routes().next().unwrap();
    let attributes: Vec<&str> = route.attributes().map(|(name, _)| name).collect();
    assert_eq!(attributes, ["again", "fixed", "org", "tenant"]);
    let reads: Vec<String> = route.reads().map(ToString::to_string).collect();
    assert_eq!(reads, ["path parameter org", "path parameter x", "header x-tenant"]);
}
