//! `routes:` and where attributes come from.

use super::Folder;
use crate::config::Config;
use crate::engine::model::Value;
use crate::route::{AttributeSource, CertificateField, Input, TextTemplate, ValueType};

const REST: &str = "auth0: { domain: acme.eu.auth0.com, audience: api }\npolicies: policies\n";

fn read(routes: &str) -> Result<Config, String> {
    Folder::new(&format!("{REST}routes:\n{routes}\n")).load(&[])
}

fn attribute(written: &str) -> Result<AttributeSource, String> {
    let route = "  - { path: /x, resource: { kind: x, id: x, attr: { a: ";
    let config = read(&format!("{route}{written} }} }} }}"))?;
    Ok(config.routes[0].resource.as_ref().unwrap().attr["a"].clone())
}

fn input(input: Input) -> AttributeSource {
    AttributeSource::Input { input, value_type: ValueType::String, required: true }
}

#[test]
fn an_attribute_comes_from_one_place() {
    let names = |names: &[&str]| names.iter().map(|name| (*name).into()).collect();
    let constant = AttributeSource::Constant;
    for (written, expected) in [
        ("internal", constant("internal".into())),
        ("7", constant(7.0.into())),
        ("true", constant(true.into())),
        ("null", constant(Value::Null)),
        ("[a, 1, { b: [] }]", constant(serde_json::json!(["a", 1, { "b": [] }]).into())),
        ("\"{org}\"", AttributeSource::Template(TextTemplate("{org}".to_owned()))),
        ("\"a-{org}\"", AttributeSource::Template(TextTemplate("a-{org}".to_owned()))),
        ("{ param: org }", input(Input::PathParameter("org".into()))),
        (
            "{ claim: \"https://a.example/org\" }",
            input(Input::Claim(names(&["https://a.example/org"]))),
        ),
        ("{ claim: [app, org] }", input(Input::Claim(names(&["app", "org"])))),
        ("{ header: X-Tenant }", input(Input::Header("x-tenant".into()))),
        ("{ query: page }", input(Input::Query("page".into()))),
        ("{ body: [invoice, amount] }", input(Input::BodyField(names(&["invoice", "amount"])))),
        ("{ peer: address }", input(Input::PeerAddress)),
        ("{ peer: thumbprint }", input(Input::PeerCertificate(CertificateField::Thumbprint))),
        ("{ peer: principal }", input(Input::PeerCertificate(CertificateField::Principal))),
        ("{ context_extension: tier }", input(Input::ContextExtension("tier".into()))),
        ("{ route_metadata: [acme, tier] }", input(Input::RouteMetadata(names(&["acme", "tier"])))),
        ("{ time: true }", input(Input::Time)),
        (
            "{ body: amount, type: any, required: false }",
            AttributeSource::Input {
                input: Input::BodyField(names(&["amount"])),
                value_type: ValueType::Any,
                required: false,
            },
        ),
    ] {
        assert_eq!(attribute(written).as_ref(), Ok(&expected), "{written}");
    }
}

#[test]
fn attributes_that_come_from_nowhere() {
    let name = "routes[0].resource.attr.a";
    let sources = "expected exactly one of `param`, `claim`, `header`, `query`, `body`, `peer`, `context_extension`, `route_metadata`, `time`";
    for (written, expected) in [
        ("{}", format!("56: `{name}` has no source; {sources}")),
        ("{ type: number }", format!("56: `{name}` has no source; {sources}")),
        ("{ header: a, query: b }", format!("56: `{name}` has header, query; {sources}")),
        (
            "{ haeder: a, query: b }",
            format!("58: unknown key `haeder` in `{name}`; expected `header`, perhaps"),
        ),
        ("{ header: a b }", format!("66: `{name}.header` is `a b`; expected the name of a header")),
        (
            "{ peer: name }",
            format!(
                "64: `{name}.peer` is `name`; expected one of `address`, `thumbprint`, `principal`"
            ),
        ),
        ("{ time: false }", format!("64: `{name}.time` is `false`; expected `true`")),
        (
            "{ route_metadata: [acme] }",
            format!(
                "74: `{name}.route_metadata` names only a namespace; expected a list: the namespace of the metadata, then the names that lead to the value"
            ),
        ),
        (
            "{ query: a, type: int }",
            format!(
                "74: `{name}.type` is `int`; expected one of `string`, `number`, `bool`, `strings`, `any`"
            ),
        ),
        (
            "{ query: a, type: any }",
            format!(
                "56: `{name}` has the type `any`, but query parameter a is text; expected `string`, `number`, `bool` or `strings`"
            ),
        ),
        (
            "{ query: a, required: no }",
            format!("78: `{name}.required` is `no`; expected `true` or `false`"),
        ),
    ] {
        assert_eq!(attribute(written), Err(format!("portcullis.yaml:4:{expected}")), "{written}");
    }
}

#[test]
fn routes_that_lead_nowhere() {
    refused(&[
        (
            "  []",
            "4:3: `routes` is an empty list; expected a list of routes, or the path of a file that has one",
        ),
        (
            "  {}",
            "4:3: `routes` is a mapping; expected a list of routes, or the path of a file that has one",
        ),
        (
            "  - { public: [GET] }",
            "4:5: `routes[0].path` is missing; expected a path such as `/invoices/{invoice}`",
        ),
        (
            "  - { path: x, public: [GET] }",
            "4:13: `routes[0].path` is `x`; expected a path that begins with `/`",
        ),
        (
            "  - { path: /x }",
            "4:5: `routes[0]` lets nobody in; expected `resource`, `public` or both",
        ),
        (
            "  - { path: /x, public: [] }",
            "4:25: `routes[0].public` is an empty list; expected a list of methods",
        ),
        (
            "  - { path: /x, public: GET }",
            "4:25: `routes[0].public` is a string; expected a list of methods",
        ),
        (
            "  - { path: /x, hosts: [\"\"], public: [GET] }",
            "4:25: `routes[0].hosts[0]` is empty; expected a host name",
        ),
        (
            "  - { path: /x, resource: { kind: x } }",
            "4:27: `routes[0].resource.id` is missing; expected the id of the resource, such as `\"{invoice}\"`",
        ),
        (
            "  - { path: /x, resource: { kind: x, id: 7 } }",
            "4:42: `routes[0].resource.id` is an integer; expected text, in which `{name}` is a parameter of the path",
        ),
        (
            "  - { path: /x, resource: { kind: x, id: x }, actions: { get: view } }",
            "4:58: `get` is not a method; expected a method in upper case, such as `GET`",
        ),
        (
            "  - { path: /x, resource: { kind: x, id: x }, actions: { GET: [] } }",
            "4:63: `routes[0].actions.GET` is a list; expected an action, such as `view`",
        ),
        (
            "  - { path: /x, public: [GET], method: GET }",
            "4:32: unknown key `method` in `routes[0]`; expected one of `path`, `hosts`, `public`, `resource`, `actions`, `token_binding`, `demands`, `token`",
        ),
    ]);
}

#[test]
fn tokens_and_demands_that_cannot_be() {
    refused(&[
        (
            "  - { path: /x, public: [GET], token: {} }",
            "4:39: `routes[0].token` does not say where the token is; expected exactly one of `header`, `cookie`, `envoy_metadata`",
        ),
        (
            "  - { path: /x, public: [GET], token: { header: a, cookie: b } }",
            "4:39: `routes[0].token` does not say where the token is; expected exactly one of `header`, `cookie`, `envoy_metadata`",
        ),
        (
            "  - { path: /x, public: [GET], token: { header: a, origins: [\"https://a.example\"] } }",
            "4:39: `routes[0].token` has `origins`, which only a cookie needs; expected no `origins`",
        ),
        (
            "  - { path: /x, public: [GET], token: { cookie: a, origins: [\"https://a.example/\"] } }",
            "4:62: `routes[0].token.origins[0]` is `https://a.example/`; expected an origin such as `https://app.example`",
        ),
        (
            "  - { path: /x, public: [GET], token: { header: x_token } }",
            "4:49: `routes[0].token.header` is `x_token`; expected the name of a header, without `_`",
        ),
        (
            "  - { path: /x, public: [GET], demands: { scopes: [a b] } }",
            "4:52: `routes[0].demands.scopes[0]` is `a b`; expected printable ASCII without blanks, quotes and backslashes",
        ),
        (
            "  - { path: /x, public: [GET], token_binding: dpop }",
            "1:1: the route at portcullis.yaml:4:5 has `token_binding`, and no host is named that a proof could be for; expected `hosts` at the route, or `sender_constraints.dpop.hosts`",
        ),
    ]);
}

#[track_caller]
fn refused(cases: &[(&str, &str)]) {
    for (routes, expected) in cases {
        let expected = Err(format!("portcullis.yaml:{expected}"));
        assert_eq!(read(routes).map(|_| ()), expected, "{routes}");
    }
}
