use super::{found, methods, on, raw, read, route, table};
use crate::route::{RouteSpec, RouteTable};

/// The template that a path matches.
#[track_caller]
fn check(table: &RouteTable, cases: &[(&str, &str)]) {
    for (path, expected) in cases {
        let found = found(table, &read(raw("GET", "h.example", path)));
        let place = found.split(": ").next().unwrap();
        assert_eq!(place, *expected, "{path}");
    }
}

#[test]
fn paths_are_matched_segment_by_segment() {
    let table = table(&[
        "/",
        "/v1/orgs/{org}/invoices",
        "/v1/orgs/{org}/invoices/{invoice}",
        "/v1/orgs/{org}/invoices/{invoice}/approve",
        "/v1/orgs/{org}/invoices/latest",
        "/files/{*rest}",
        "/files/{name}",
        "/slash/",
        "/pkg.Service/Method",
        "/caf%C3%A9/{x}",
    ]);
    check(
        &table,
        &[
            ("/", "/"),
            ("/v1/orgs/acme/invoices", "/v1/orgs/{org}/invoices"),
            ("/v1/orgs/acme/invoices/7", "/v1/orgs/{org}/invoices/{invoice}"),
            ("/v1/orgs/acme/invoices/latest", "/v1/orgs/{org}/invoices/latest"),
            ("/v1/orgs/acme/invoices/7/approve", "/v1/orgs/{org}/invoices/{invoice}/approve"),
            ("/v1/orgs/acme/invoices/7?a=b", "/v1/orgs/{org}/invoices/{invoice}"),
            ("/v1/orgs/acme/invoices/7/approve/x", "no route"),
            ("/v1/orgs/acme", "no route"),
            ("/v1", "no route"),
            ("/v1/orgs", "no route"),
            ("/files/a", "/files/{name}"),
            ("/files/a/b/c", "/files/{*rest}"),
            ("/files/a/", "/files/{*rest}"),
            ("/files/", "no route"),
            ("/files", "no route"),
            ("/pkg.Service/Method", "/pkg.Service/Method"),
            ("/caf%C3%A9/1", "/caf%C3%A9/{x}"),
        ],
    );
}

#[test]
fn threat_28_a_trailing_slash_is_another_path() {
    let table = table(&["/a", "/b/", "/c/{x}", "/d/{x}/"]);
    check(
        &table,
        &[
            ("/a", "/a"),
            ("/a/", "no route"),
            ("/b/", "/b/"),
            ("/b", "no route"),
            ("/c/1", "/c/{x}"),
            ("/c/1/", "no route"),
            ("/c/", "no route"),
            ("/d/1/", "/d/{x}/"),
            ("/d/1", "no route"),
        ],
    );
}

#[test]
fn a_parameter_takes_no_value_that_a_lenient_server_takes_for_a_literal() {
    let table = table(&[
        "/v1/{kind}/{id}",
        "/v1/admin/{id}/x",
        "/x/stra%C3%9Fe",
        "/x/{y}",
        "/y/a@b",
        "/y/{z}",
    ]);
    check(
        &table,
        &[
            ("/v1/user/7", "/v1/{kind}/{id}"),
            ("/v1/admin/7", "no route"),
            ("/v1/ADMIN/7", "no route"),
            ("/v1/Admin/7", "no route"),
            ("/v1/admin/7/x", "/v1/admin/{id}/x"),
            ("/v1/ADMIN/7/x", "no route"),
            ("/V1/user/7", "no route"),
            ("/x/STRASSE", "no route"),
            ("/x/stra%C3%9Fe", "/x/stra%C3%9Fe"),
            ("/x/strase", "/x/{y}"),
            ("/y/a@b", "/y/a@b"),
            ("/y/a%40b", "no route"),
            ("/y/A%40B", "no route"),
            ("/y/a%40c", "/y/{z}"),
        ],
    );
}

#[test]
fn what_is_left_takes_no_path_that_a_lenient_server_takes_for_another_route() {
    let table =
        table(&["/{*rest}", "/admin/users", "/admin/users/{id}", "/v1/{kind}/{id}", "/v1/admin/x"]);
    check(
        &table,
        &[
            ("/other", "/{*rest}"),
            ("/admin/users", "/admin/users"),
            ("/ADMIN/users", "no route"),
            ("/admin/Users/7", "no route"),
            ("/admin/other", "/{*rest}"),
            ("/ADMIN/other", "/{*rest}"),
            ("/admin/users/7/x", "/{*rest}"),
            ("/admin", "no route"),
            ("/ADMIN/", "no route"),
            ("/v1/user/7", "/v1/{kind}/{id}"),
            // It would be `/v1/{kind}/{id}`, so it is not just anything.
            ("/v1/admin/7", "no route"),
            ("/v1/user", "/{*rest}"),
        ],
    );
}

#[test]
fn a_search_goes_back_to_what_matches() {
    let table = table(&["/a/{x}/c/d", "/{y}/b/{z}", "/a/b/c/e", "/{*rest}"]);
    check(
        &table,
        &[
            ("/a/q/c/d", "/a/{x}/c/d"),
            ("/a/b/c/e", "/a/b/c/e"),
            ("/q/b/c", "/{y}/b/{z}"),
            ("/a/q/c/e", "/{*rest}"),
            ("/a/b/c/d", "no route"),
            ("/a/b/c", "no route"),
            ("/q/q", "/{*rest}"),
        ],
    );
}

#[test]
fn threat_20_a_route_of_a_host_is_found_by_any_spelling_of_the_host() {
    let table = RouteTable::build(vec![
        on("Api.Example.", route("api", "/v1/{x}")),
        on("[2001:DB8::1]", route("address", "/v1/{x}")),
        route("any", "/v1/{x}"),
        route("any, all", "/{*rest}"),
        on("api.example", route("api, literal", "/v1/x/y")),
    ])
    .unwrap();
    for (host, path, expected) in [
        ("api.example", "/v1/1", "api"),
        ("API.EXAMPLE.:8443", "/v1/1", "api"),
        ("[2001:db8:0::1]:80", "/v1/1", "address"),
        ("other.example", "/v1/1", "any"),
        ("api.example.evil", "/v1/1", "any"),
        ("api.example", "/other", "any, all"),
        ("api.example", "/v1/x/y", "api, literal"),
        ("other.example", "/v1/x/y", "any, all"),
        ("other.example", "/v1/x", "any"),
        // On this host there is a literal beside the parameter.
        ("api.example", "/v1/X", "no route"),
    ] {
        let found = found(&table, &read(raw("GET", host, path)));
        assert_eq!(found.split(": ").next(), Some(expected), "{host} {path}");
    }
}

#[test]
fn methods_have_default_verbs() {
    let verbs = [
        ("GET", "GET"),
        ("POST", "create"),
        ("PUT", "edit"),
        ("PATCH", "edit"),
        ("DELETE", "delete"),
    ];
    for (path, target, read_verb) in [
        ("/a/{x}", "/a/1", "view"),
        ("/a/{x}/", "/a/1/", "view"),
        ("/a/{*rest}", "/a/1/2", "view"),
        ("/a", "/a", "list"),
        ("/", "/", "list"),
        ("/a/{x}/b", "/a/1/b", "list"),
    ] {
        let table = table(&[path]);
        let action = |method| found(&table, &read(raw(method, "h", target)));
        for (method, verb) in verbs.into_iter().chain([("HEAD", "GET")]) {
            let verb = if verb == "GET" { read_verb } else { verb };
            assert_eq!(action(method), format!("{path}: {verb}"), "{method}");
        }
        for method in ["OPTIONS", "TRACE", "CONNECT", "QUERY", "PROPFIND"] {
            assert_eq!(action(method), format!("{path}: no method"));
        }
    }
}

#[test]
fn actions_replace_default_verbs_and_public_methods_need_none() {
    let table = RouteTable::build(vec![
        RouteSpec {
            public: methods(&["OPTIONS"]).collect(),
            actions: methods(&["GET", "QUERY"])
                .map(|method| (method, "read".parse().unwrap()))
                .collect(),
            ..route("own", "/a/{x}")
        },
        RouteSpec {
            public: methods(&["GET"]).collect(),
            resource: None,
            ..route("public", "/healthz")
        },
        RouteSpec { public: methods(&["GET"]).collect(), ..route("half", "/pages/{page}") },
        RouteSpec {
            actions: methods(&["POST"]).map(|method| (method, "call".parse().unwrap())).collect(),
            ..route("grpc", "/pkg.v1.Invoices/Approve")
        },
    ])
    .unwrap();
    for (method, path, expected) in [
        ("GET", "/a/1", "own: read"),
        ("HEAD", "/a/1", "own: read"),
        ("QUERY", "/a/1", "own: read"),
        ("POST", "/a/1", "own: create"),
        ("OPTIONS", "/a/1", "own: public"),
        ("GET", "/healthz", "public: public"),
        ("HEAD", "/healthz", "public: no method"),
        ("POST", "/healthz", "public: no method"),
        ("OPTIONS", "/healthz", "public: no method"),
        ("GET", "/pages/1", "half: public"),
        ("HEAD", "/pages/1", "half: view"),
        ("PUT", "/pages/1", "half: edit"),
        ("POST", "/pkg.v1.Invoices/Approve", "grpc: call"),
        ("GET", "/", "no route"),
    ] {
        assert_eq!(found(&table, &read(raw(method, "h", path))), expected, "{method} {path}");
    }
}

#[test]
fn threat_52_an_empty_table_matches_nothing() {
    let table = RouteTable::default();
    assert_eq!(found(&table, &read(raw("GET", "h", "/"))), "no route");
}
