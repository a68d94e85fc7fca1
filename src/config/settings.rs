//! The configuration as meant: one field for each room, every default filled in.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use http::HeaderName;

use crate::engine::model::Options;
use crate::identity::{ClaimPath, IssuerSpec};
use crate::route::RouteSpec;

/// Everything that `portcullis.yaml` says. Paths are resolved against the file that names them.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// `auth0:` and `issuers:`. Never empty, and no two have the same `issuer`.
    pub issuers: Vec<IssuerSpec>,
    /// `policies:`, the policy directory.
    pub policies: PathBuf,
    /// `routes:`
    pub routes: Vec<RouteSpec>,
    pub listen: ListenConfig,
    pub admin: AdminConfig,
    pub engine: EngineConfig,
    pub cache: CacheConfig,
    pub keys: KeysConfig,
    pub upstream_headers: UpstreamHeaders,
    pub client_address: ClientAddressConfig,
    pub log: LogConfig,
    pub shutdown: ShutdownConfig,
    /// The files that all of this was read from: a change in one of them is a reason to reload.
    pub files: Vec<PathBuf>,
}

/// `listen:`, the ext_authz listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenConfig {
    pub address: ListenAddress,
    /// Never set together with [`ListenAddress::Unix`].
    pub tls: Option<TlsConfig>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListenAddress {
    /// Loopback by default. Port 0: one that is free.
    Tcp(SocketAddr),
    Unix(PathBuf),
}

/// `listen.tls:`, PEM files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsConfig {
    pub cert_file: PathBuf,
    pub key_file: PathBuf,
    /// mTLS: a client needs a certificate of one of these authorities.
    pub client_ca_file: Option<PathBuf>,
}

/// `admin:`, the listener of health, metrics and reload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminConfig {
    pub address: SocketAddr,
}

/// `engine:`
#[derive(Clone, Debug, PartialEq)]
pub struct EngineConfig {
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

/// `cache.decisions:`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionCacheConfig {
    /// Entries. 0: no decision is remembered.
    pub capacity: u64,
    /// The longest that a decision is remembered.
    pub ttl: Duration,
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

/// `upstream_headers:`, what the upstream is told about the caller. The client's own copies of
/// these headers are removed from every request. No name twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamHeaders(pub Vec<(HeaderName, HeaderSource)>);

/// What an upstream header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderSource {
    /// The principal's id.
    Id,
    /// The principal's roles, joined with commas.
    Roles,
    /// A claim of the token.
    Claim(ClaimPath),
    /// An attribute of the principal.
    Attribute(Box<str>),
}

/// `client_address:`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientAddressConfig {
    /// How many entries of `x-forwarded-for`, from the right, are written by proxies of ours.
    /// 0: the peer of Envoy's connection is the client.
    pub trusted_hops: u8,
}

/// `log:`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogConfig {
    pub format: LogFormat,
    pub level: LogLevel,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Json,
    Text,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// `shutdown:`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShutdownConfig {
    /// How long we go on serving after readiness is off, so that Envoy notices first.
    pub settle: Duration,
    /// How long requests and tasks may take to finish after that.
    pub grace: Duration,
}
