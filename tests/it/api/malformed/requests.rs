//! Methods, paths and headers that are not those of a call.

use super::{Asked, Difference, Pair, Said, compare, good, judge};

const METHODS: [&str; 10] =
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "post"];

const PATHS: [&str; 42] = [
    "/",
    "/schema/swagger.json",
    "/api/check/resources",
    "/api/plan/resources",
    "/api/check",
    "/api/check_resource_batch",
    "/api/server_info",
    "/access/v1/evaluation",
    "/access/v1/evaluations",
    "/.well-known/authzen-configuration",
    "/_cerbos/health",
    "/_cerbos/health?service=nobody",
    "/_cerbos/health?service=cerbos.svc.v1.CerbosService",
    "/_cerbos/health?service=authzen.authorization.v1.AuthorizationService",
    "/_cerbos/health?Service=nobody&service=",
    "/_cerbos/health/",
    "/_cerbos",
    "/api",
    "/api/",
    "/apis",
    "/api/check/",
    "/api/check/resources/",
    "/api/check/resources;a=b",
    "/api/check/resource",
    "/api/check/resources/more",
    "/api/server_info/",
    "/API/check/resources",
    "/access",
    "/access/v1",
    "/access/v1/search/subject",
    "/access/v2/evaluation",
    "/.well-known",
    "/.well-known/openid-configuration",
    "/admin",
    "/admin/policies",
    "/api/playground/test",
    "/nothing",
    "/metrics",
    "/favicon.ico",
    "/cerbos.svc.v1.CerbosService/CheckResources",
    "/api/check%2Fresources",
    "/api//check/resources",
];

/// Of a request whose body is good.
const HEADERS: [&[(&str, &str)]; 31] = [
    &[("content-type", "application/json")],
    &[("content-type", "text/plain;charset=UTF-8")],
    &[("content-type", "application/x-www-form-urlencoded")],
    &[("content-type", "multipart/form-data; boundary=x")],
    &[("content-type", "application/protobuf")],
    &[("content-type", "application/xml")],
    &[("content-type", "application/json; charset=utf-16")],
    &[("content-type", "application/json+pretty")],
    &[("content-type", "application/json"), ("content-type", "text/plain")],
    &[("content-type", "")],
    &[("content-type", "nonsense")],
    &[("accept", "text/html")],
    &[("accept", "application/json;q=0")],
    &[("accept", "application/json+pretty")],
    &[("accept", "application/protobuf")],
    &[("accept", "")],
    &[("accept-encoding", "gzip, br")],
    &[("accept-language", "de")],
    &[("authorization", "Bearer x")],
    &[("authorization", "nonsense")],
    &[("cookie", "a=b")],
    &[("x-request-id", "r")],
    &[("x-http-method-override", "DELETE")],
    &[("x-forwarded-for", "nobody")],
    &[("if-none-match", "*")],
    &[("range", "bytes=0-1")],
    &[("grpc-timeout", "10S")],
    &[("grpc-timeout", "0S")],
    &[("grpc-timeout", "zz")],
    &[("grpc-timeout", "1n")],
    &[("grpc-timeout", "123456789S")],
];

/// In place of a call's own.
const QUERIES: [&str; 6] =
    ["?", "?pretty", "?pretty=false", "?a=b&requestId=x", "?%zz", "?principal.id=x"];

#[tokio::test]
async fn methods_and_paths_are_told_what_the_real_pdp_tells_them() {
    let pair = Pair::start().await;
    let asked = METHODS.iter().flat_map(|method| {
        PATHS.iter().map(move |path| {
            let kind = format!("{method} {path}");
            (kind, Asked { method, path, headers: &[], body: b"" })
        })
    });
    judge(&compare(&pair, asked).await, &DIFFERENCES);
    pair.ours.stop().await.unwrap();
}

const DIFFERENCES: [Difference<Said>; 3] = [
    Difference {
        why: "the API explorer and what it reads are not served",
        is_it: |kind, ours, _theirs| {
            (kind.ends_with(" /") || kind.contains("swagger")) && ours.status == 404
        },
    },
    Difference {
        why: "the build is ours",
        is_it: |kind, ours, theirs| kind == "GET /api/server_info" && ours.status == theirs.status,
    },
    Difference {
        why: "paths are taken as they are: not decoded, and not cleaned by a redirect",
        is_it: |kind, ours, _theirs| {
            (kind.contains("%2F") || kind.contains("//")) && ours.status == 404
        },
    },
];

#[tokio::test]
async fn headers_and_queries_change_what_they_change_at_the_real_pdp() {
    let pair = Pair::start().await;
    let good: Vec<_> =
        good::all().into_iter().map(|(path, body)| (path, body.to_string())).collect();
    let with_headers = good.iter().flat_map(|(path, body)| {
        HEADERS.iter().map(move |headers| {
            let kind = format!("{headers:?} at {path}");
            (kind, Asked { method: "POST", path, headers, body: body.as_bytes() })
        })
    });
    let addresses: Vec<_> = good
        .iter()
        .flat_map(|(path, body)| QUERIES.map(|query| (format!("{path}{query}"), body)))
        .collect();
    let with_queries = addresses.iter().map(|(path, body)| {
        (path.clone(), Asked { method: "POST", path, headers: &[], body: body.as_bytes() })
    });
    judge(&compare(&pair, with_headers.chain(with_queries)).await, &[]);
    pair.ours.stop().await.unwrap();
}
