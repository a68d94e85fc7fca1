//! A configuration with every key that there is.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Folder, read_with};
use crate::answer::{DenialHeader, DenialOutputs, HeaderSource};
use crate::config::EngineConfig;
use crate::decision::DecisionCacheConfig;
use crate::engine::model::{Limits, SchemaEnforcement};
use crate::identity::{Algorithm, CertificateSource, ClaimPath, TokenBinding};
use crate::logout::RevocationConfig;
use crate::remote_pdp::{
    ClientCertificate, Encryption, PdpAddress, PdpTlsConfig, RemotePdpConfig, TokenUse,
};
use crate::request::{Host, Origin, PathForm};
use crate::server::ListenAddress;
use crate::shared_memory::{OnOutage, RedisUrl};
use crate::telemetry::{LogFormat, LogLevel};

/// Every key, in JSON, which is YAML too.
pub(super) fn everything() -> Value {
    let claims = json!({
        "scope": "org_id", "session": "sid", "attr": { "region": ["app", "region"] },
        "acr": "https://acme.example/acr", "auth_time": ["app", "auth_time"],
    });
    json!({
        "auth0": {
            "domain": "acme.eu.auth0.com", "custom_domains": ["login.acme.example"],
            "audience": "api", "roles": "roles", "claims": claims, "leeway": "5s",
            "max_lifetime": "1d", "max_token_age": "1h", "ca_file": "ca.pem",
            "logout_clients": ["web"],
        },
        "issuers": [{
            "issuer": "https://issuer.example", "audience": ["api"], "roles": ["app", "roles"],
            "claims": claims, "leeway": "5s", "max_lifetime": "1d", "max_token_age": "1h",
            "logout_clients": ["web"], "ca_file": "ca.pem", "jwks_uri": "https://issuer.example/jwks",
            "algorithms": ["ES256"], "dialect": "rfc9068",
            "tenant": "acme", "user_subjects": "with_connection",
        }],
        "policies": "policies",
        "routes": [route()],
        "listen": {
            "address": "0.0.0.0:9000", "timeout": "300ms",
            "tls": { "cert_file": "c.pem", "key_file": "k.pem", "client_ca_file": "ca.pem" },
        },
        "admin": { "address": "0.0.0.0:9001" },
        "engine": {
            "strict_evaluation": false, "default_policy_version": "v1", "default_scope": "acme",
            "lenient_scope_search": true, "schema_enforcement": "reject", "globals": { "limit": 7, "rate": 0.5 },
            "limits": {
                "policy_file_bytes": 2048, "policy_nesting": 20, "expression_characters": 200, "policy_pattern_bytes": 100_001,
                "evaluation_steps": 2000, "evaluation_memory_bytes": 100_000, "pattern_bytes": 3000,
            },
        },
        "cache": { "decisions": { "memory": "5KiB", "ttl": "10s", "deny_ttl": "1s" }, "tokens": { "capacity": 0 } },
        "keys": { "refresh": "1m", "max_stale": "0s" },
        "redis": redis(),
        "revocation": { "capacity": 7, "on_outage": "continue", "max_stale": "1m" },
        "logout": {
            "address": "0.0.0.0:9002", "tls": { "cert_file": "c.pem", "key_file": "k.pem" },
            "without_tls": "proxy_encrypts",
        },
        "api": api(),
        "upstream_headers": { "X-User": "id", "x-org": { "claim": "org_id" }, "x-kind": { "attr": "kind" } },
        "assertion": assertion(),
        "relaxed_paths": { "legacy.acme.example": ["double_slash", "dot_segment"] },
        "kept_headers": ["X-Forwarded-Host"],
        "denial_outputs": {
            "statuses": [402], "headers": ["Retry-After"],
            "redirects": ["https://app.acme.example"], "metadata": true,
        },
        "resource_metadata": "https://api.acme.example/.well-known/oauth-protected-resource",
        "client_address": { "trusted_hops": 1 },
        "sender_constraints": sender_constraints(),
        "log": { "format": "text", "level": "debug" },
        "shutdown": { "settle": "0s", "grace": "1m" },
    })
}

fn api() -> Value {
    json!({
        "http_address": "0.0.0.0:9003", "grpc_address": "unix:api.sock",
        "tls": { "cert_file": "c.pem", "key_file": "k.pem", "client_ca_file": "ca.pem" },
        "without_tls": "private_network", "strict_evaluation": true,
        "cors": { "allowed_origins": ["https://app.acme.example"], "allowed_headers": ["X-Team"] },
        "limits": { "resources": 7, "actions": 8 },
        "aux_data": { "leeway": "1s", "key_sets": [
            { "id": "one", "file": "jwks.json" },
            { "id": "two", "url": "https://keys.acme.example/jwks.json" },
        ] },
    })
}

fn sender_constraints() -> Value {
    json!({
        "dpop": { "algorithms": ["PS256"], "max_age": "1m", "max_ahead": "0s",
            "hosts": ["Internal.acme.example"],
            "nonce": { "lifetime": "1m", "secret": "0123456789abcdef0123456789abcdef" }, "replays": 9, "on_outage": "continue" },
        "client_certificates": { "from": "x_forwarded_client_cert" },
    })
}

fn redis() -> Value {
    json!({
        "url": "rediss://redis.example/3", "prefix": "p:", "timeout": "1s",
        "without_tls": "private_network", "ca_file": "ca.pem",
    })
}

fn assertion() -> Value {
    json!({
        "issuer": "https://gateway.acme.example", "audience": "https://backend.acme.example",
        "header": "X-Assertion", "lifetime": "30s", "claims": { "who": "id", "org": { "claim": "org_id" } },
        "key_files": ["new.pem", "old.pem"],
        "listen": {
            "address": "0.0.0.0:9003", "tls": { "cert_file": "c.pem", "key_file": "k.pem" },
            "without_tls": "proxy_encrypts",
        },
    })
}

fn route() -> Value {
    json!({
        "path": "/invoices/{invoice}", "hosts": ["api.acme.example"], "public": ["OPTIONS"],
        "resource": {
            "kind": "invoice", "id": "{invoice}", "scope": "acme", "policy_version": "v1",
            "attr": { "tenant": { "claim": "tenant", "type": "string", "required": false } },
        },
        "actions": { "GET": "view" },
        "token_binding": "dpop",
        "demands": {
            "audiences": ["api"], "scopes": ["read:invoices"], "permissions": ["read"],
            "acr": ["urn:acme:mfa"], "max_age": "5m",
            "methods": { "GET": {
                "audiences": ["api"], "scopes": ["a"], "permissions": ["b"], "acr": ["c"],
                "max_age": "1m",
            } },
        },
        "token": { "cookie": "session", "origins": ["https://app.acme.example"], "forward": false },
    })
}

#[test]
fn every_key_has_an_effect() {
    let folder = Folder::new(&everything().to_string());
    let config = folder.load(&[]).unwrap();
    assert_eq!(config.issuers.len(), 3);
    assert_eq!(config.files, [folder.path("portcullis.yaml")]);
    assert_eq!(config.listen.address, ListenAddress::Tcp("0.0.0.0:9000".parse().unwrap()));
    assert_eq!(config.listen.timeout, Duration::from_millis(300));
    let tls = config.listen.tls.unwrap();
    assert_eq!(tls.cert_file, folder.path("c.pem"));
    assert_eq!(tls.key_file, folder.path("k.pem"));
    assert_eq!(tls.client_ca_file, Some(folder.path("ca.pem")));
    assert_eq!(config.admin.address, "0.0.0.0:9001".parse().unwrap());
    assert_eq!(config.cache.decisions.memory, 5 << 10);
    assert_eq!(config.cache.decisions.ttl, Duration::from_secs(10));
    assert_eq!(config.cache.decisions.deny_ttl, Duration::from_secs(1));
    assert_eq!(config.cache.tokens.capacity, 0);
    assert_eq!(config.keys.refresh, Duration::from_mins(1));
    assert_eq!(config.keys.max_stale, Duration::ZERO);
    let redis = config.redis.unwrap();
    assert_eq!(Some(redis.url), RedisUrl::parse("rediss://redis.example/3"));
    assert_eq!(redis.ca_file, Some(folder.path("ca.pem")));
    assert_eq!((&*redis.prefix, redis.timeout), ("p:", Duration::from_secs(1)));
    assert_eq!(
        config.revocation,
        RevocationConfig {
            capacity: 7,
            on_outage: OnOutage::Continue,
            max_stale: Duration::from_mins(1)
        }
    );
    let logout = config.logout.unwrap();
    assert_eq!(logout.address, "0.0.0.0:9002".parse().unwrap());
    assert_eq!(logout.tls.unwrap().key_file, folder.path("k.pem"));
    assert_eq!(config.issuers[0].logout_clients, ["web"]);
    assert_eq!(config.client_address.trusted_hops, 1);
    let senders = &config.sender_constraints;
    assert_eq!(senders.rules.certificates, CertificateSource::Forwarded);
    assert_eq!(senders.rules.proofs.algorithms, [Algorithm::Ps256].into());
    assert_eq!(senders.rules.proofs.max_age, Duration::from_mins(1));
    assert_eq!(senders.rules.proofs.max_ahead, Duration::ZERO);
    assert_eq!(senders.hosts, [Host::parse("internal.acme.example").unwrap()].into());
    let nonce = senders.nonce.as_ref().unwrap();
    assert_eq!(nonce.lifetime, Duration::from_mins(1));
    assert_eq!(nonce.secret.as_ref().unwrap().as_bytes(), b"0123456789abcdef0123456789abcdef");
    assert!(!format!("{senders:?}").contains("abcdef"), "{senders:?}");
    assert_eq!((senders.replays, senders.on_outage), (9, OnOutage::Continue));
    assert_eq!(config.routes[0].demands.binding, Some(TokenBinding::Dpop));
    assert_eq!((config.log.format, config.log.level), (LogFormat::Text, LogLevel::Debug));
    assert_eq!(config.shutdown.settle, Duration::ZERO);
    assert_eq!(config.shutdown.grace, Duration::from_mins(1));
    let mut headers = config.upstream_headers.0;
    headers.sort_by(|(left, _), (right, _)| left.as_str().cmp(right.as_str()));
    let claim = ClaimPath(["org_id".into()].into());
    assert_eq!(
        headers,
        [
            ("x-kind".parse().unwrap(), HeaderSource::Attribute("kind".into())),
            ("x-org".parse().unwrap(), HeaderSource::Claim(claim)),
            ("x-user".parse().unwrap(), HeaderSource::Id),
        ]
    );
}

/// The same, where another PDP evaluates the policies.
pub(super) fn everything_elsewhere() -> Value {
    let mut file = everything();
    file.as_object_mut().unwrap().remove("policies");
    file.as_object_mut().unwrap().remove("api");
    file["cache"].as_object_mut().unwrap().remove("decisions");
    file["engine"] = json!({ "cerbos": {
        "address": "grpcs://pdp.example:3593",
        "tls": { "ca_file": "ca.pem", "cert_file": "c.pem", "key_file": "k.pem" },
        "without_tls": "private_network", "send_token": true, "key_set_id": "auth0",
        "timeout": "1s", "per_try_timeout": "300ms", "retries": 1, "connections": 2,
        "max_in_flight": 7, "cache": { "ttl": "2s", "deny_ttl": "500ms", "memory": "1MiB" },
    } });
    file
}

#[test]
fn every_key_of_a_remote_engine_has_an_effect() {
    let folder = Folder::new(&everything_elsewhere().to_string());
    let config = folder.load(&[]).unwrap();
    let seconds = Duration::from_secs;
    let (cert_file, key_file) = (folder.path("c.pem"), folder.path("k.pem"));
    assert_eq!(
        config.engine,
        EngineConfig::Remote {
            pdp: RemotePdpConfig {
                address: PdpAddress::Tcp {
                    host: "pdp.example".into(),
                    port: 3593,
                    encryption: Encryption::Tls,
                },
                tls: PdpTlsConfig {
                    ca_file: Some(folder.path("ca.pem")),
                    client: Some(ClientCertificate { cert_file, key_file }),
                },
                token: TokenUse::Sent { key_set_id: "auth0".into() },
                timeout: seconds(1),
                per_try_timeout: Duration::from_millis(300),
                retries: 1,
                connections: 2,
                max_in_flight: 7,
            },
            cache: Some(DecisionCacheConfig {
                memory: 1 << 20,
                ttl: seconds(2),
                deny_ttl: Duration::from_millis(500),
            }),
        }
    );
}

#[test]
fn another_pdps_denials_are_kept_as_long_as_what_it_allows_if_nothing_else_is_said() {
    let mut file = everything_elsewhere();
    let cache = file["engine"]["cerbos"]["cache"].as_object_mut().unwrap();
    cache.remove("deny_ttl").unwrap();
    let config = Folder::new(&file.to_string()).load(&[]).unwrap();
    let EngineConfig::Remote { cache: Some(cache), .. } = config.engine else { panic!() };
    assert_eq!((cache.ttl, cache.deny_ttl), (Duration::from_secs(2), Duration::from_secs(2)));
}

#[test]
fn every_key_of_an_assertion_has_an_effect() {
    let folder = Folder::new(&everything().to_string());
    let config = folder.load(&[]).unwrap();
    let assertion = config.assertion.unwrap();
    assert_eq!(assertion.key_files, [folder.path("new.pem"), folder.path("old.pem")]);
    assert_eq!(assertion.listen.unwrap().address, "0.0.0.0:9003".parse().unwrap());
    let rules = assertion.rules;
    assert_eq!(
        (&*rules.issuer, rules.header.as_str()),
        ("https://gateway.acme.example", "x-assertion")
    );
    assert_eq!(rules.audience.as_deref(), Some("https://backend.acme.example"));
    assert_eq!(rules.lifetime, Duration::from_secs(30));
    let org = HeaderSource::Claim(ClaimPath::top("org_id"));
    assert_eq!(rules.claims, [("who".into(), HeaderSource::Id), ("org".into(), org)].into());
}

#[test]
fn every_key_of_the_engine_has_an_effect() {
    let config = Folder::new(&everything().to_string()).load(&[]).unwrap();
    let EngineConfig::Embedded(engine) = config.engine else { panic!("{:?}", config.engine) };
    let options = engine.options;
    assert!(!options.strict_evaluation && options.lenient_scope_search);
    assert_eq!(options.schema_enforcement, SchemaEnforcement::Reject);
    assert_eq!(
        options.limits,
        Limits {
            policy_file_bytes: 2048,
            policy_nesting: 20,
            expression_characters: 200,
            evaluation_steps: 2000,
            evaluation_memory_bytes: 100_000,
            policy_pattern_bytes: 100_001,
            pattern_bytes: 3000,
        }
    );
    assert_eq!(options.default_policy_version.as_str(), "v1");
    assert_eq!(options.default_scope.as_str(), "acme");
    assert_eq!(Value::Object(engine.globals), json!({ "limit": 7, "rate": 0.5 }));
}

#[test]
fn every_key_of_a_route_and_of_a_request_has_an_effect() {
    let config = Folder::new(&everything().to_string()).load(&[]).unwrap();
    let resource = config.routes[0].resource.as_ref().unwrap();
    assert_eq!((resource.scope.0.as_str(), resource.policy_version.0.as_str()), ("acme", "v1"));
    assert_eq!(config.routes[0].hosts, ["api.acme.example"]);
    let forms = [PathForm::DoubleSlash, PathForm::DotSegment].into();
    let host = Host::parse("legacy.acme.example").unwrap();
    assert_eq!(config.relaxed_paths, [(host, forms)].into());
    assert_eq!(config.kept_headers, ["x-forwarded-host"]);
    let DenialOutputs { statuses, headers, redirects, metadata } = config.denial_outputs;
    assert_eq!((statuses, metadata), ([402].into(), true));
    assert_eq!(headers, [DenialHeader::parse("retry-after").unwrap()].into());
    assert_eq!(redirects, [Origin::parse("https://app.acme.example").unwrap()]);
    let demands = &config.routes[0].demands;
    let of_get = &config.routes[0].demands_by_method[&http::Method::GET];
    assert_eq!(of_get.max_age, Some(Duration::from_mins(1)));
    assert_eq!(demands.max_age, Some(Duration::from_mins(5)));
    assert_eq!(demands.acr, ["urn:acme:mfa".parse().unwrap()]);
    assert!(demands.audiences.contains("api") && demands.permissions.contains("read"));
    assert!(demands.scopes.contains(&"read:invoices".parse().unwrap()));
    assert!(config.resource_metadata.unwrap().starts_with("https://api.acme.example/"));
    assert_eq!(config.issuers[0].claims.acr, ClaimPath::top("https://acme.example/acr"));
    assert_eq!(
        config.issuers[2].claims.auth_time,
        ClaimPath(["app".into(), "auth_time".into()].into())
    );
}

#[test]
fn a_unix_socket_is_an_address_and_no_header_at_all_is_a_choice() {
    let config = read_with("listen: { address: \"unix:/run/p.sock\" }\nupstream_headers: {}\n");
    let config = config.unwrap();
    assert_eq!(config.listen.address, ListenAddress::Unix("/run/p.sock".into()));
    assert!(config.upstream_headers.0.is_empty());
}
