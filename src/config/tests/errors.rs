//! What is said about a configuration that is wrong.

use expect_test::{Expect, expect};

use super::{Folder, ROUTES, SIX_LINES, read, read_with};
use crate::config::EngineConfig;
use crate::server::ListenAddress;

#[track_caller]
fn check(config: &str, expected: &Expect) {
    expected.assert_eq(&read(config).unwrap_err());
}

/// [`SIX_LINES`] end with line 6.
#[track_caller]
fn check_with(more: &str, expected: &str) {
    assert_eq!(read_with(more).unwrap_err(), format!("portcullis.yaml:{expected}"));
}

#[test]
fn every_error_is_reported_and_not_only_the_first() {
    check(
        "\
auth0:
  domain: https://brightpay.eu.auth0.com/
  audiense: https://api.brightpay.example/v1
polices: policies
listen: { address: localhost, tls: { cert_file: 7 } }
cache:
  decisions: { memory: 16, ttl: 5 }
log: { level: loud }
",
        &expect![[r#"
            portcullis.yaml:1:1: `routes` is missing; expected the route table, or the path of its file
            portcullis.yaml:1:1: `policies` is missing; expected the policy directory
            portcullis.yaml:2:3: `auth0.audience` is missing; expected the identifier of your API, or a list of them
            portcullis.yaml:2:11: `auth0.domain` is `https://brightpay.eu.auth0.com/`; expected the tenant's domain in lower case without `https://` and `/`, such as `acme.eu.auth0.com`
            portcullis.yaml:3:3: unknown key `audiense` in `auth0`; expected `audience`, perhaps
            portcullis.yaml:4:1: unknown key `polices`; expected `policies`, perhaps
            portcullis.yaml:5:20: `listen.address` is `localhost`; expected `IP:PORT` or `unix:PATH`
            portcullis.yaml:5:36: `listen.tls.key_file` is missing; expected a PEM file with the private key
            portcullis.yaml:5:49: `listen.tls.cert_file` is an integer; expected a path
            portcullis.yaml:7:24: `cache.decisions.memory` is an integer; expected an amount from 0B to 4GiB, such as `512KiB` or `16MiB`
            portcullis.yaml:7:33: `cache.decisions.ttl` is an integer; expected a duration from 1s to 1h, such as `30s` or `5m`
            portcullis.yaml:8:15: `log.level` is `loud`; expected one of `error`, `warn`, `info`, `debug`, `trace`"#]],
    );
}

#[test]
fn a_file_that_cannot_be_read_is_said_to_be_so() {
    let folder = Folder::new(SIX_LINES);
    expect!["routes.yaml: could not read the file: No such file or directory (os error 2)"]
        .assert_eq(&folder.load(&[]).unwrap_err());
    check("# nothing yet\n", &expect!["portcullis.yaml: the file is empty"]);
    check("- auth0\n", &expect!["portcullis.yaml:1:1: the file is a list; expected a mapping"]);
    check(
        "policies: a\npolicies: b\n",
        &expect!["portcullis.yaml:2:1: the key `policies` is already defined at 1:1"],
    );
}

#[test]
fn both_files_are_read_before_anything_is_said() {
    let folder = Folder::new(&format!("{SIX_LINES}log: quiet\n"));
    folder.write("routes.yaml", &ROUTES.replace("public: [GET]", "public: [get]"));
    expect![[r#"
        portcullis.yaml:7:6: `log` is a string; expected a mapping
        routes.yaml:6:14: `routes[1].public[0]` is `get`; expected a method in upper case, such as `GET`"#]]
    .assert_eq(&folder.load(&[]).unwrap_err());
}

#[test]
fn values_of_the_wrong_kind() {
    for (more, expected) in [
        (
            "timeout: 5s\n",
            "7:1: unknown key `timeout`; expected one of `auth0`, `issuers`, `routes`, `listen`, `admin`, `engine`, `policies`, `cache`, `keys`, `redis`, `revocation`, `logout`, `api`, `upstream_headers`, `assertion`, `relaxed_paths`, `kept_headers`, `denial_outputs`, `resource_metadata`, `client_address`, `sender_constraints`, `log`, `shutdown`",
        ),
        ("log:\n", "7:4: `log` is nothing; expected a mapping"),
        ("log: { format: [json] }\n", "7:16: `log.format` is a list; expected `json` or `text`"),
        ("log: { format: JSON }\n", "7:16: `log.format` is `JSON`; expected `json` or `text`"),
        ("admin: { address: 9192 }\n", "7:19: `admin.address` is an integer; expected `IP:PORT`"),
        ("admin: { address: \"\" }\n", "7:19: `admin.address` is empty; expected `IP:PORT`"),
        (
            "listen: { timeout: 200 }\n",
            "7:20: `listen.timeout` is an integer; expected a duration from 10ms to 5m, such as `30s` or `5m`",
        ),
        (
            "listen: { address: \"unix:\" }\n",
            "7:20: `listen.address` is `unix:`; expected `IP:PORT` or `unix:PATH`",
        ),
        (
            "listen: { address: \"unix:/run/p.sock\", tls: { cert_file: a, key_file: b } }\n",
            "7:9: `listen.tls` is set for a Unix socket; expected no `tls`: the socket's file permissions say who may connect",
        ),
    ] {
        check_with(more, expected);
    }
}

#[test]
fn values_out_of_bounds() {
    for (more, expected) in [
        (
            "engine: { strict_evaluation: yes }\n",
            "7:30: `engine.strict_evaluation` is `yes`; expected `true` or `false`",
        ),
        (
            "engine: { strictEvaluation: true }\n",
            "7:11: unknown key `strictEvaluation` in `engine`; expected `strict_evaluation`, perhaps",
        ),
        (
            "engine: { default_policy_version: 2024 }\n",
            "7:35: `engine.default_policy_version` is an integer; expected a policy version: letters, digits and `_`",
        ),
        (
            "engine: { default_policy_version: v-1 }\n",
            "7:35: `engine.default_policy_version` is `v-1`; expected a policy version: letters, digits and `_`",
        ),
        (
            "engine: { default_scope: acme..hr }\n",
            "7:26: `engine.default_scope` is `acme..hr`; expected a scope, such as `acme.hr`",
        ),
        ("engine: { globals: [a] }\n", "7:20: `engine.globals` is a list; expected a mapping"),
        (
            "engine: { globals: { a: { b: .inf } } }\n",
            "7:30: `engine.globals.a.b` is `.inf`; expected a finite number",
        ),
        (
            "keys: { refresh: 1s }\n",
            "7:18: `keys.refresh` is `1s`; expected a duration from 10s to 1d, such as `30s` or `5m`",
        ),
        (
            "keys: { refresh: 5 minutes }\n",
            "7:18: `keys.refresh` is `5 minutes`; expected a duration from 10s to 1d, such as `30s` or `5m`",
        ),
        (
            "sender_constraints: { dpop: { max_age: 11m } }\n",
            "7:40: `sender_constraints.dpop.max_age` is `11m`; expected a duration from 1s to 10m, such as `30s` or `5m`",
        ),
        (
            "sender_constraints: { client_certificates: { from: x_forwarded_client_cert } }\nlisten: { address: \"0.0.0.0:9191\" }\n",
            "7:44: a client certificate is believed from whoever reaches the listener; expected `listen` on loopback, on a Unix socket, or with `tls.client_ca_file`",
        ),
        (
            "client_address: { trusted_hops: 17 }\n",
            "7:33: `client_address.trusted_hops` is `17`; expected an integer from 0 to 16",
        ),
        (
            "client_address: { trusted_hops: \"1\" }\n",
            "7:33: `client_address.trusted_hops` is a string; expected an integer from 0 to 16",
        ),
        (
            "client_address: { trusted_hops: 1.5 }\n",
            "7:33: `client_address.trusted_hops` is a number; expected an integer from 0 to 16",
        ),
    ] {
        check_with(more, expected);
    }
}

#[test]
fn what_is_wrong_with_a_pdp_elsewhere_is_said() {
    let form = "`grpcs://HOST:PORT`, `grpc://HOST:PORT` (without TLS) or `unix:PATH`";
    let no_address = |text| format!("6:30: `engine.cerbos.address` is `{text}`; expected {form}");
    let plain = "6:19: `engine.cerbos.tls` is set, and the connection is not encrypted; expected an \
                 address that begins with `grpcs://`";
    let half = "6:50: `engine.cerbos.tls` has half of a client certificate; expected both \
                `cert_file` and `key_file`, or neither";
    for (entries, expected) in [
        ("", &*format!("6:19: `engine.cerbos.address` is missing; expected {form}")),
        ("address: 'https://pdp:3593'", &no_address("https://pdp:3593")),
        ("address: 'grpcs://pdp:0'", &no_address("grpcs://pdp:0")),
        ("address: 'grpcs://pdp/path'", &no_address("grpcs://pdp/path")),
        ("address: 'unix:'", &no_address("unix:")),
        (
            "address: 'grpc://pdp:3593'",
            "6:19: whoever is between us and the PDP could answer in its place; expected \
             `grpcs://`, or `without_tls: private_network`",
        ),
        ("address: 'grpc://127.0.0.1', tls: { ca_file: ca.pem }", plain),
        ("address: 'unix:pdp.sock', tls: {}", plain),
        ("address: 'grpcs://pdp', tls: { cert_file: c.pem }", half),
        ("address: 'grpcs://pdp', tls: { key_file: k.pem }", half),
        (
            "address: 'grpcs://pdp', without_tls: always",
            "6:58: `engine.cerbos.without_tls` is `always`; expected `private_network`",
        ),
        (
            "address: 'grpcs://pdp', max_in_flight: 0",
            "6:60: `engine.cerbos.max_in_flight` is `0`; expected an integer from 1 to 100000",
        ),
        (
            "address: 'grpcs://pdp', cache: {}",
            "6:52: `engine.cerbos.cache.ttl` is missing; expected how long an answer is good, such \
             as `5s`",
        ),
        (
            "address: 'grpcs://pdp', cache: { ttl: 1h }",
            "6:59: `engine.cerbos.cache.ttl` is `1h`; expected a duration from 100ms to 5m, such as \
             `30s` or `5m`",
        ),
        (
            "address: 'grpcs://pdp', cache: { ttl: 1s, deny_ttl: 1ms }",
            "6:73: `engine.cerbos.cache.deny_ttl` is `1ms`; expected a duration from 100ms to 5m, \
             such as `30s` or `5m`",
        ),
        (
            "address: 'grpcs://pdp', adress: x",
            "6:45: unknown key `adress` in `engine.cerbos`; expected `address`, perhaps",
        ),
    ] {
        let file = SIX_LINES.replace("policies: policies\n", "");
        let error = read(&format!("{file}engine: {{ cerbos: {{ {entries} }} }}\n")).unwrap_err();
        assert_eq!(error, format!("portcullis.yaml:{expected}"), "{entries}");
    }
}

#[test]
fn what_only_our_engine_reads_is_refused_beside_another_pdp() {
    let engine = "engine: { cerbos: { address: 'unix:pdp.sock' } }\n";
    for (rest, expected) in [
        (
            SIX_LINES.replace("policies: policies\n", engine) + "policies: policies\n",
            "7:11: `policies` is set, and the policies are evaluated elsewhere; expected either \
             `policies` or `engine.cerbos`",
        ),
        (
            SIX_LINES.replace(
                "policies: policies\n",
                &engine.replace("{ cerbos", "{ globals: {}, cerbos"),
            ),
            "5:20: `engine.globals` is set, and the policies are evaluated elsewhere; expected the \
             setting of that name at the PDP of `engine.cerbos`",
        ),
        (
            SIX_LINES.replace("policies: policies\n", engine)
                + "cache: { decisions: { ttl: 1m } }\n",
            "7:21: `cache.decisions` is about policies that are evaluated here; expected \
             `engine.cerbos.cache`",
        ),
        (
            SIX_LINES.replace("policies: policies\n", engine) + "api: {}\n",
            "1:1: `api` is set, and the policies are evaluated elsewhere; expected either `api` or \
             `engine.cerbos`",
        ),
    ] {
        assert_eq!(read(&rest).unwrap_err(), format!("portcullis.yaml:{expected}"), "{rest}");
    }
}

#[test]
fn upstream_headers_that_decide_more_than_who_asks_are_refused() {
    let own = "expected a header of your own, such as `x-portcullis-subject`";
    let source = "expected `id`, `roles`, `{ claim: NAME }` or `{ attr: NAME }` (an attribute of the principal)";
    for (header, expected) in [
        (
            "\":path\": id",
            format!("7:21: the header `:path` is a pseudo-header, which routes the request; {own}"),
        ),
        ("Host: id", format!("7:21: the header `Host` may not be written by an answer; {own}")),
        (
            "Authorization: id",
            format!("7:21: the header `Authorization` may not be written by an answer; {own}"),
        ),
        (
            "X-Envoy-Original-Path: id",
            format!("7:21: the header `X-Envoy-Original-Path` belongs to Envoy; {own}"),
        ),
        (
            "x_user: id",
            format!("7:21: the header `x_user` has a `_`, which some upstreams read as `-`; {own}"),
        ),
        ("\"x user\": id", format!("7:21: the header `x user` is not a header's name; {own}")),
        (
            "x-user: id, X-User: id",
            "7:33: the header `x-user` is named twice; expected each header once".to_owned(),
        ),
        ("x-user: email", format!("7:29: `upstream_headers.x-user` is `email`; {source}")),
        (
            "x-user: {}",
            format!("7:29: `upstream_headers.x-user` needs exactly one source; {source}"),
        ),
        (
            "x-user: { claim: a, attr: b }",
            format!("7:29: `upstream_headers.x-user` needs exactly one source; {source}"),
        ),
        (
            "x-user: { claims: a }",
            "7:31: unknown key `claims` in `upstream_headers.x-user`; expected `claim`, perhaps"
                .to_owned(),
        ),
    ] {
        check_with(&format!("upstream_headers: {{ {header} }}\n"), &expected);
    }
}

#[test]
fn a_variable_is_taken_where_it_is_set() {
    let text = SIX_LINES.replace("brightpay.eu", "${TENANT}");
    let more = "\
listen:
  address: ${ADDRESS}:9191
client_address:
  trusted_hops: ${HOPS}
engine:
  strict_evaluation: ${STRICT}
  default_scope: $${SCOPE}
";
    let folder = Folder::new(&format!("{text}{more}"));
    folder.write("routes.yaml", ROUTES);
    let variables = [("TENANT", "acme"), ("HOPS", "two"), ("STRICT", "maybe")];
    expect![[r#"
        portcullis.yaml:8:12: `listen.address`: the environment variable `ADDRESS` is not set; expected a variable that is set
        portcullis.yaml:10:17: `client_address.trusted_hops` is `two`; expected an integer from 0 to 16
        portcullis.yaml:12:22: `engine.strict_evaluation` is `maybe`; expected `true` or `false`
        portcullis.yaml:13:18: `engine.default_scope` is `${SCOPE}`; expected a scope, such as `acme.hr`"#]]
    .assert_eq(&folder.load(&variables).unwrap_err());

    folder.write("portcullis.yaml", &format!("{text}{}", more.replace("$${SCOPE}", "acme")));
    let variables = [("TENANT", "acme"), ("ADDRESS", "[::]"), ("HOPS", "2"), ("STRICT", "false")];
    let config = folder.load(&variables).unwrap();
    assert_eq!(config.issuers[0].issuer, "https://acme.auth0.com/");
    assert_eq!(config.listen.address, ListenAddress::Tcp("[::]:9191".parse().unwrap()));
    assert_eq!(config.client_address.trusted_hops, 2);
    let EngineConfig::Embedded(engine) = config.engine else { panic!("{:?}", config.engine) };
    assert!(!engine.options.strict_evaluation);
}

#[test]
fn keys_are_never_expanded() {
    check_with("${KEY}: 1\n", "7:1: unknown key `${KEY}`; expected `keys`, perhaps");
}

#[test]
fn a_secret_is_long_enough_the_same_everywhere_and_never_shown() {
    check_with(
        "sender_constraints: { dpop: { nonce: { secret: open-sesame } } }\n",
        "7:48: `sender_constraints.dpop.nonce.secret` is too short; expected at least 32 random characters",
    );
    let redis = "redis: { url: redis://127.0.0.1 }\n";
    check_with(
        &format!("{redis}sender_constraints: {{ dpop: {{ nonce: {{}} }} }}\n"),
        "1:1: there are replicas (`redis`), and each would make nonces of its own; expected `sender_constraints.dpop.nonce.secret`",
    );
    assert!(read_with("sender_constraints: { dpop: { nonce: {} } }\n").is_ok());
}
