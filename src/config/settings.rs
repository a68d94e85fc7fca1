//! The configuration as meant: one field for each room, every default filled in.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use super::{CerbosApiConfig, SenderConstraintsConfig};
use crate::answer::{AssertionRules, DenialOutputs, UpstreamHeaders};
use crate::decision::DecisionCacheConfig;
use crate::engine::model::Options;
use crate::identity::IssuerSpec;
use crate::logout::RevocationConfig;
use crate::remote_pdp::RemotePdpConfig;
use crate::request::{Host, PathForm};
use crate::route::RouteSpec;
use crate::server::{AdminConfig, DoorConfig, ListenConfig};
use crate::shared_memory::SharedMemoryConfig;
use crate::telemetry::LogConfig;

/// Everything that `portcullis.yaml` says. Paths are resolved against the file that names them.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// `auth0:` and `issuers:`. Never empty, and no two have the same `issuer`.
    pub issuers: Vec<IssuerSpec>,
    /// `routes:`
    pub routes: Vec<RouteSpec>,
    pub listen: ListenConfig,
    pub admin: AdminConfig,
    pub engine: EngineConfig,
    pub cache: CacheConfig,
    pub keys: KeysConfig,
    /// `redis:`, if replicas share anything.
    pub redis: Option<SharedMemoryConfig>,
    pub revocation: RevocationConfig,
    /// `logout:`, the listener for logout tokens.
    pub logout: Option<DoorConfig>,
    /// `api:`, the doors of Cerbos's API.
    pub api: Option<CerbosApiConfig>,
    pub upstream_headers: UpstreamHeaders,
    pub assertion: Option<AssertionConfig>,
    /// `relaxed_paths:`
    pub relaxed_paths: BTreeMap<Host, BTreeSet<PathForm>>,
    /// `kept_headers:`, in lower case.
    pub kept_headers: Vec<String>,
    pub denial_outputs: DenialOutputs,
    /// `resource_metadata:`, where clients learn which issuer to ask (RFC 9728).
    pub resource_metadata: Option<Arc<str>>,
    pub client_address: ClientAddressConfig,
    pub sender_constraints: SenderConstraintsConfig,
    pub log: LogConfig,
    pub shutdown: ShutdownConfig,
    /// The files that all of this was read from: a change in one of them is a reason to reload.
    pub files: Vec<PathBuf>,
}

/// `assertion:`, what is vouched for to the upstream.
#[derive(Clone, Debug, PartialEq)]
pub struct AssertionConfig {
    pub rules: AssertionRules,
    /// PEM files, the one that signs first. Empty: a key is made at the start.
    pub key_files: Vec<PathBuf>,
    /// Where backends fetch the keys, beside the admin listener.
    pub listen: Option<DoorConfig>,
}

/// `engine:` and `policies:`, who evaluates.
#[derive(Clone, Debug, PartialEq)]
pub enum EngineConfig {
    Embedded(EmbeddedConfig),
    /// `engine.cerbos:`. `cache`: for how long its answers are kept, if at all.
    Remote {
        pdp: RemotePdpConfig,
        cache: Option<DecisionCacheConfig>,
    },
}

/// Our own engine.
#[derive(Clone, Debug, PartialEq)]
pub struct EmbeddedConfig {
    /// `policies:`, the policy directory.
    pub policies: PathBuf,
    /// Strict evaluation is on by default, other than in Cerbos.
    pub options: Options,
    /// `engine.globals`, in which integers are still integers.
    pub globals: serde_json::Map<String, serde_json::Value>,
}

/// `cache:`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheConfig {
    pub decisions: DecisionCacheConfig,
    pub tokens: TokenCacheConfig,
}

/// `cache.tokens:`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenCacheConfig {
    /// Entries. 0: every token is verified each time.
    pub capacity: u64,
}

/// `keys:`, how the issuers' key sets are kept fresh.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeysConfig {
    /// How often they are fetched.
    pub refresh: Duration,
    /// How long the last good set stays in force while its issuer does not answer.
    pub max_stale: Duration,
}

/// `client_address:`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientAddressConfig {
    /// How many proxies of ours stand in front of Envoy; the same number as its
    /// `xff_num_trusted_hops`. 0: the peer of Envoy's connection is the client.
    pub trusted_hops: u8,
}

/// `shutdown:`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShutdownConfig {
    /// How long we go on serving after readiness is off, so that Envoy notices first.
    pub settle: Duration,
    /// How long requests and tasks may take to finish after that.
    pub grace: Duration,
}
