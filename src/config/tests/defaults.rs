//! What six lines mean.

use std::time::Duration;

use http::Method;

use super::{Folder, ROUTES, SIX_LINES};
use crate::answer::{DenialOutputs, HeaderSource, UpstreamHeaders};
use crate::config::{
    CacheConfig, ClientAddressConfig, Config, EmbeddedConfig, EngineConfig, KeysConfig,
    SenderConstraintsConfig, ShutdownConfig, TokenCacheConfig,
};
use crate::decision::DecisionCacheConfig;
use crate::engine::model::Options;
use crate::identity::{
    Algorithm, CertificateSource, ClaimMapping, ClaimPath, IssuerSpec, PossessionRules, ProofRules,
    TokenDialect, UserSubjects,
};
use crate::logout::RevocationConfig;
use crate::server::{AdminConfig, ListenAddress, ListenConfig};
use crate::shared_memory::OnOutage;
use crate::telemetry::{LogConfig, LogFormat, LogLevel};

#[test]
fn six_lines_are_enough_for_auth0() {
    let folder = Folder::new(SIX_LINES);
    folder.write("routes.yaml", ROUTES);
    let mut config = folder.load(&[]).unwrap();
    let routes = std::mem::take(&mut config.routes);
    let address = ListenAddress::Tcp("127.0.0.1:9191".parse().unwrap());
    assert_eq!(
        config,
        Config {
            issuers: vec![brightpay()],
            routes: Vec::new(),
            listen: ListenConfig { address, tls: None, timeout: Duration::from_secs(5) },
            admin: AdminConfig { address: "127.0.0.1:9192".parse().unwrap() },
            engine: EngineConfig::Embedded(EmbeddedConfig {
                policies: folder.path("policies"),
                options: Options { strict_evaluation: true, ..Options::default() },
                globals: serde_json::Map::new(),
            }),
            cache: CacheConfig {
                decisions: DecisionCacheConfig {
                    memory: 16 << 20,
                    ttl: Duration::from_secs(30),
                    deny_ttl: Duration::from_secs(10),
                },
                tokens: TokenCacheConfig { capacity: 10_000 },
            },
            keys: KeysConfig {
                refresh: Duration::from_secs(300),
                max_stale: Duration::from_secs(3600),
            },
            redis: None,
            revocation: RevocationConfig {
                capacity: 100_000,
                on_outage: OnOutage::Refuse,
                max_stale: Duration::from_secs(5),
            },
            logout: None,
            api: None,
            upstream_headers: UpstreamHeaders(vec![
                ("x-portcullis-roles".parse().unwrap(), HeaderSource::Roles),
                ("x-portcullis-subject".parse().unwrap(), HeaderSource::Id),
            ]),
            assertion: None,
            relaxed_paths: [].into(),
            kept_headers: Vec::new(),
            denial_outputs: DenialOutputs::default(),
            resource_metadata: None,
            client_address: ClientAddressConfig { trusted_hops: 0 },
            sender_constraints: sender_constraints(),
            log: LogConfig { format: LogFormat::Json, level: LogLevel::Info },
            shutdown: ShutdownConfig {
                settle: Duration::from_secs(5),
                grace: Duration::from_secs(20),
            },
            files: vec![folder.path("portcullis.yaml"), folder.path("routes.yaml")],
        }
    );
    let [invoices, health] = routes.as_slice() else { panic!("two routes, not {routes:?}") };
    assert_eq!(invoices.place, format!("{}:2:5", folder.path("routes.yaml").display()));
    assert_eq!(invoices.actions[&Method::PATCH].as_str(), "edit");
    assert!(health.public.contains(&Method::GET) && health.resource.is_none());
}

fn sender_constraints() -> SenderConstraintsConfig {
    SenderConstraintsConfig {
        rules: PossessionRules {
            proofs: ProofRules {
                algorithms: [Algorithm::Es256].into(),
                max_age: Duration::from_secs(300),
                max_ahead: Duration::from_secs(30),
            },
            certificates: CertificateSource::Envoy,
        },
        hosts: [].into(),
        nonce: None,
        replays: 100_000,
        on_outage: OnOutage::Refuse,
    }
}

fn brightpay() -> IssuerSpec {
    IssuerSpec {
        issuer: "https://brightpay.eu.auth0.com/".to_owned(),
        tenant: Some("brightpay.eu.auth0.com".into()),
        jwks_uri: None,
        ca_file: None,
        audiences: vec!["https://api.brightpay.example/v1".to_owned()],
        logout_clients: Vec::new(),
        algorithms: vec![Algorithm::Rs256, Algorithm::Ps256],
        dialect: TokenDialect::Any,
        user_subjects: UserSubjects::WithConnection,
        leeway: Duration::from_secs(30),
        max_lifetime: Duration::from_hours(720),
        max_token_age: None,
        claims: ClaimMapping {
            roles: Some(ClaimPath(["https://brightpay.example/roles".into()].into())),
            attr: [].into(),
            scope: None,
            acr: ClaimPath::top("acr"),
            auth_time: ClaimPath::top("auth_time"),
            session: ClaimPath(["sid".into()].into()),
        },
    }
}
