use expect_test::{Expect, expect};

use super::{methods, on, resource, route};
use crate::engine::model::Value;
use crate::identity::{Demands, TokenBinding, TokenPlace, TokenSource};
use crate::route::{
    AttributeSource, CertificateField, Input, ResourceSpec, RouteSpec, RouteTable, TextTemplate,
    ValueType,
};

#[track_caller]
fn check(specs: Vec<RouteSpec>, expected: &Expect) {
    let errors = RouteTable::build(specs).err().unwrap_or_default();
    let lines: Vec<String> = errors.iter().map(|error| format!("{error}\n")).collect();
    expected.assert_eq(&lines.concat());
}

fn at_lines(paths: &[&str]) -> Vec<RouteSpec> {
    paths
        .iter()
        .enumerate()
        .map(|(line, path)| route(&format!("r.yaml:{}:3", line + 1), path))
        .collect()
}

#[test]
fn templates_that_no_request_can_match_are_errors() {
    check(
        at_lines(&[
            "",
            "a/b",
            "/a//b",
            "//",
            "/a/../b",
            "/a;b",
            "/%61",
            "/a b",
            "/é",
            "/a?b=c",
            "/a%2Fb",
            "/{a}b",
            "/x{a}",
            "/{a",
            "/a}",
            "/{}",
            "/{*}",
            "/{a-b}",
            "/{a}/{a}",
            "/{*a}/b",
            "/{a}/{*a}",
            "/{*rest}/",
            "/a.",
        ]),
        &expect![[r#"
            r.yaml:1:3: `` is no path template: it must begin with a slash
            r.yaml:2:3: `a/b` is no path template: it must begin with a slash
            r.yaml:3:3: `/a//b` is no path template: `` can never be a part of a request, as the path has an empty segment
            r.yaml:4:3: `//` is no path template: `` can never be a part of a request, as the path has an empty segment
            r.yaml:5:3: `/a/../b` is no path template: `..` can never be a part of a request, as the path has a dot segment
            r.yaml:6:3: `/a;b` is no path template: `a;b` can never be a part of a request, as the path has a semicolon
            r.yaml:7:3: `/%61` is no path template: `%61` can never be a part of a request, as the path has an encoded character that needs no encoding
            r.yaml:8:3: `/a b` is no path template: `a b` can never be a part of a request, as the path has a character that must be encoded
            r.yaml:9:3: `/é` is no path template: `é` can never be a part of a request, as the path has a byte that must be encoded
            r.yaml:10:3: `/a?b=c` is no path template: `a?b=c` can never be a part of a request, as the path has a character that must be encoded
            r.yaml:11:3: `/a%2Fb` is no path template: `a%2Fb` can never be a part of a request, as the path has an encoded slash
            r.yaml:12:3: `/{a}b` is no path template: `{a}b` has braces; a parameter is a whole segment, such as `{name}` or, at the end, `{*rest}`
            r.yaml:13:3: `/x{a}` is no path template: `x{a}` has braces; a parameter is a whole segment, such as `{name}` or, at the end, `{*rest}`
            r.yaml:14:3: `/{a` is no path template: `{a` has braces; a parameter is a whole segment, such as `{name}` or, at the end, `{*rest}`
            r.yaml:15:3: `/a}` is no path template: `a}` has braces; a parameter is a whole segment, such as `{name}` or, at the end, `{*rest}`
            r.yaml:16:3: `/{}` is no path template: `` is not a name of a parameter; use letters, digits and `_`
            r.yaml:17:3: `/{*}` is no path template: `` is not a name of a parameter; use letters, digits and `_`
            r.yaml:18:3: `/{a-b}` is no path template: `a-b` is not a name of a parameter; use letters, digits and `_`
            r.yaml:19:3: `/{a}/{a}` is no path template: the parameter `a` is there twice
            r.yaml:20:3: `/{*a}/b` is no path template: `{*a}` takes all that is left of a path, so it must be the last segment
            r.yaml:21:3: `/{a}/{*a}` is no path template: the parameter `a` is there twice
            r.yaml:22:3: `/{*rest}/` is no path template: `{*rest}` takes all that is left of a path, so it must be the last segment
            r.yaml:23:3: `/a.` is no path template: `a.` can never be a part of a request, as a segment of the path ends in a dot or space
        "#]],
    );
}

#[test]
fn two_routes_that_one_path_could_mean_are_an_error() {
    check(
        at_lines(&["/{a}/x", "/y/{b}", "/p/{*rest}", "/{q}/r/s", "/A/{x}/c", "/a/1/{y}"]),
        &expect![[r#"
            r.yaml:2:3: `/y/x` matches this route and the one at r.yaml:1:3, and neither is as specific as the other in every segment; change one of them
            r.yaml:3:3: `/p/x` matches this route and the one at r.yaml:1:3, and neither is as specific as the other in every segment; change one of them
            r.yaml:4:3: `/p/r/s` matches this route and the one at r.yaml:3:3, and neither is as specific as the other in every segment; change one of them
            r.yaml:6:3: a segment differs from that of the route at r.yaml:5:3 in case or encoding only, and a server may take them for one; change one of them
        "#]],
    );
}

#[test]
fn the_same_route_twice_is_an_error() {
    check(
        vec![
            route("r.yaml:1:3", "/a/{x}"),
            route("r.yaml:2:3", "/a/{y}"),
            on("h.example", route("r.yaml:3:3", "/a/{x}")),
            on("H.EXAMPLE.", route("r.yaml:4:3", "/a/{z}")),
            on("other.example", route("r.yaml:5:3", "/a/{z}")),
            route("r.yaml:6:3", "/{*all}"),
            route("r.yaml:7:3", "/{*rest}"),
        ],
        &expect![[r#"
            r.yaml:2:3: the route at r.yaml:1:3 has the same host and path; make one route of both
            r.yaml:4:3: the route at r.yaml:3:3 has the same host and path; make one route of both
            r.yaml:7:3: the route at r.yaml:6:3 has the same host and path; make one route of both
        "#]],
    );
}

#[test]
fn a_host_counts_as_the_most_specific_segment() {
    check(
        vec![
            on("h.example", route("r.yaml:1:3", "/{x}/y")),
            route("r.yaml:2:3", "/x/y"),
            on("h.example", route("r.yaml:3:3", "/x/z")),
            route("r.yaml:4:3", "/{a}/z"),
        ],
        &expect![[r#"
            r.yaml:2:3: `/x/y` matches this route and the one at r.yaml:1:3, and neither is as specific as the other in every segment; change one of them
        "#]],
    );
}

#[test]
fn routes_that_differ_for_us_alone_are_an_error() {
    check(
        at_lines(&[
            "/v1/users",
            "/v1/Users/{id}",
            "/v1/a@b",
            "/v1/A%40b",
            "/x/{y}/End",
            "/x/{z}/end",
        ]),
        &expect![[r#"
            r.yaml:2:3: a segment differs from that of the route at r.yaml:1:3 in case or encoding only, and a server may take them for one; change one of them
            r.yaml:4:3: a segment differs from that of the route at r.yaml:3:3 in case or encoding only, and a server may take them for one; change one of them
            r.yaml:6:3: a segment differs from that of the route at r.yaml:5:3 in case or encoding only, and a server may take them for one; change one of them
        "#]],
    );
}

#[test]
fn routes_beside_each_other_are_fine() {
    check(
        at_lines(&[
            "/",
            "/{a}",
            "/b",
            "/{a}/",
            "/{a}/c",
            "/b/c",
            "/b/{d}/e",
            "/b/c/{e}/f",
            "/{*rest}",
            "/b/c/{e}/g/{*rest}",
        ]),
        &expect![""],
    );
}

#[test]
fn every_error_of_every_route_is_told_with_its_place() {
    check(
        vec![
            RouteSpec {
                hosts: vec!["h.example:443".to_owned(), "*.example".to_owned(), String::new()],
                path: "/{a}{b}".to_owned(),
                ..route("r.yaml:1:3", "")
            },
            RouteSpec { resource: None, ..route("r.yaml:2:3", "/a") },
            RouteSpec {
                resource: None,
                public: methods(&["GET"]).collect(),
                actions: methods(&["GET", "POST"]).map(|m| (m, "view".parse().unwrap())).collect(),
                ..route("r.yaml:3:3", "/b")
            },
            RouteSpec {
                public: methods(&["GET"]).collect(),
                demands_by_method: methods(&["GET", "POST", "TRACE"])
                    .map(|method| (method, Demands::default()))
                    .collect(),
                ..route("r.yaml:4:3", "/c")
            },
        ],
        &expect![[r#"
            r.yaml:1:3: `h.example:443` has a port, and hosts are compared without one; remove it
            r.yaml:1:3: `*.example` is no host of a route (the host is not a name or an address); write its name alone, such as `api.example`
            r.yaml:1:3: `` is no host of a route (there is no host); write its name alone, such as `api.example`
            r.yaml:1:3: `/{a}{b}` is no path template: `a}{b` is not a name of a parameter; use letters, digits and `_`
            r.yaml:2:3: the route lets nobody in; add `resource`, or methods to `public`
            r.yaml:3:3: `GET` is public and has an action; remove it from one of the two
            r.yaml:3:3: `POST` has an action, but the route has no resource; add `resource`
            r.yaml:4:3: `GET` has demands, but needs no token or is refused anyway; remove them
            r.yaml:4:3: `TRACE` has demands, but needs no token or is refused anyway; remove them
        "#]],
    );
}

#[test]
fn names_of_a_resource_are_checked_at_load() {
    let text = |text: &str| TextTemplate(text.to_owned());
    let spec = |line: u8, resource| RouteSpec {
        resource: Some(resource),
        ..route(&format!("r.yaml:{line}:3"), &format!("/{line}/{{org}}/{{*rest}}"))
    };
    check(
        vec![
            spec(1, ResourceSpec { kind: text(""), id: text(""), ..resource() }),
            spec(
                2,
                ResourceSpec { kind: text("{kind}"), id: text("{org}/{rest}/{x}"), ..resource() },
            ),
            spec(3, ResourceSpec { kind: text("{org"), id: text("org}"), ..resource() }),
            spec(
                4,
                ResourceSpec { scope: text("a..b"), policy_version: text("1.0"), ..resource() },
            ),
            spec(5, ResourceSpec { id: text("{org}{rest}"), scope: text("x.{org}"), ..resource() }),
        ],
        &expect![[r#"
            r.yaml:1:3: the id of the resource is empty; name a path parameter, or any text
            r.yaml:1:3: the kind of the resource cannot be used: `` is not a resource kind: it is empty
            r.yaml:2:3: `{kind}` names the parameter `kind`, which the path does not have; add `{kind}` to the path
            r.yaml:2:3: `{org}/{rest}/{x}` names the parameter `x`, which the path does not have; add `{x}` to the path
            r.yaml:3:3: `{org` has a brace without its other; write parameters as in `{name}`
            r.yaml:3:3: `org}` has a brace without its other; write parameters as in `{name}`
            r.yaml:4:3: the scope of the resource cannot be used: `a..b` is not a scope: use segments of letters, digits, `_` and `-`, joined by `.`
            r.yaml:4:3: the policy version of the resource cannot be used: `1.0` is not a policy version: use letters, digits and `_`
        "#]],
    );
}

fn input(input: Input, value_type: ValueType) -> AttributeSource {
    AttributeSource::Input { input, value_type, required: true }
}

fn with_attributes<const N: usize>(attr: [(&str, AttributeSource); N]) -> RouteSpec {
    let attr = attr.map(|(name, source)| (name.into(), source)).into();
    let resource = Some(ResourceSpec { attr, ..resource() });
    RouteSpec { resource, ..route("r.yaml:1:3", "/{org}") }
}

#[test]
fn attributes_are_checked_at_load() {
    let attr = [
        ("a", input(Input::PathParameter("x".into()), ValueType::String)),
        ("b", input(Input::PathParameter("org".into()), ValueType::Strings)),
        ("g", input(Input::Header("x-tenant".into()), ValueType::Any)),
        ("h", input(Input::Query("q".into()), ValueType::Any)),
        ("i", input(Input::PeerAddress, ValueType::Number)),
        ("j", input(Input::Time, ValueType::Bool)),
        ("k", AttributeSource::Template(TextTemplate("{x}".to_owned()))),
        ("ok", input(Input::BodyField(["a".into()].into()), ValueType::Any)),
        ("ok2", input(Input::PeerCertificate(CertificateField::Principal), ValueType::String)),
        ("ok3", AttributeSource::Constant(Value::Bool(true))),
        ("ok4", input(Input::ContextExtension("x".into()), ValueType::Strings)),
    ];
    check(
        vec![with_attributes(attr)],
        &expect![[r#"
            r.yaml:1:3: the attribute `a` reads the parameter `x`, which the path does not have; add `{x}` to the path
            r.yaml:1:3: the attribute `b` has the type `strings`, but path parameter org is one text; use `string`, `number` or `bool`
            r.yaml:1:3: the attribute `g` has the type `any`, but header x-tenant is text; use another type
            r.yaml:1:3: the attribute `h` has the type `any`, but query parameter q is one text; use `string`, `number` or `bool`
            r.yaml:1:3: the attribute `i` has the type `number`, but peer address is text; use `string`
            r.yaml:1:3: the attribute `j` has the type `bool`, but time is text; use `string`
            r.yaml:1:3: `{x}` names the parameter `x`, which the path does not have; add `{x}` to the path
        "#]],
    );
}

#[test]
fn a_binding_that_no_request_could_prove_is_an_error() {
    use TokenBinding::{Any, Dpop, Mtls};
    let cookie = || TokenPlace::Cookie { name: "session".into(), origins: Vec::new() };
    let header = || TokenPlace::Header("x-token".into());
    let cases = [
        (TokenPlace::Authorization, Dpop),
        (header(), Mtls),
        (header(), Any),
        (header(), Dpop),
        (cookie(), Dpop),
        (cookie(), Mtls),
        (TokenPlace::EnvoyMetadata("verified".into()), Any),
    ];
    let specs = (1..).zip(cases).map(|(line, (place, binding)): (u8, _)| RouteSpec {
        token: TokenSource { place, forward: true },
        demands: Demands { binding: Some(binding), ..Demands::default() },
        ..route(&format!("r.yaml:{line}:3"), &format!("/{line}"))
    });
    check(
        specs.collect(),
        &expect![[r#"
            r.yaml:4:3: `token_binding: dpop` is set, and a proof needs the scheme `DPoP` before its token; take the token from `authorization`, or let it be bound to a certificate (`mtls`)
            r.yaml:5:3: `token_binding` is set, and a cookie proves nothing about who sends it; take the token from a header, or remove `token_binding`
            r.yaml:6:3: `token_binding` is set, and a cookie proves nothing about who sends it; take the token from a header, or remove `token_binding`
            r.yaml:7:3: `token_binding` is set, and `envoy_metadata` has claims without the token that a proof would be for; take the token from a header, or remove `token_binding`
        "#]],
    );
}

#[test]
fn threat_13_headers_that_a_client_forges_are_no_attributes() {
    let header = |name: &str| input(Input::Header(name.into()), ValueType::String);
    check(
        vec![with_attributes([
            ("a", header("x-envoy-original-path")),
            ("b", header("x-forwarded-for")),
            ("c", header(":path")),
            ("d", header("authorization")),
        ])],
        &expect![[r#"
            r.yaml:1:3: the attribute `a` reads header x-envoy-original-path, which a client can set; read the path by its parameters
            r.yaml:1:3: the attribute `b` reads header x-forwarded-for, in which a client writes what it likes; read `peer: address`
            r.yaml:1:3: the attribute `c` reads header :path, which is no header; read the path by its parameters
            r.yaml:1:3: the attribute `d` reads header authorization, which is a secret; read `claim` instead
        "#]],
    );
}
