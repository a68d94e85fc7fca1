//! The house that is attacked: two issuers, six routes, and a policy that knows what may be read.

use std::{
    fs,
    panic::AssertUnwindSafe,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use futures_util::FutureExt;
use jiff::Timestamp;
use portcullis::{
    answer::Answer,
    config,
    decision::{Deadline, Gate, Rules, Stamp},
    issuer::Settings,
    request::{RawHeaders, RawRequest},
};
use tempfile::TempDir;
use tokio::{
    task::{JoinHandle, JoinSet},
    time::Instant,
};

use super::{
    draft::{AUDIENCE, AUDIENCE_OF_B, Forge, NOW, ROLES},
    keys::Ring,
};
use crate::support::{Assembly, publish};

/// Everything that a reader may read outside of `/v1/open/`, in its only spelling.
pub(crate) const ALLOWED: [&str; 14] = [
    "/v1/orgs/acme/invoices",
    "/v1/orgs/acme/invoices/7",
    "/v1/orgs/acme/invoices/2026-11.a",
    "/v1/orgs/acme/invoices/~x_y",
    "/v1/orgs/acme/invoices/a%7Cb",
    "/v1/orgs/Acme%20Inc/invoices",
    "/v1/orgs/Acme%20Inc/invoices/7",
    "/v1/orgs/%C3%B6re/invoices/7",
    "/v1/orgs/acme/settings/",
    "/v1/orgs/%C3%B6re/settings/",
    "/v1/files/readme",
    "/v1/files/reports/2026/q1.pdf",
    "/v1/files/reports/%C3%BCber/x%20y.txt",
    "/v1/files/reports/2026/",
];

pub(crate) const ROUTES: &str = r#"
routes:
  - path: /v1/orgs/{org}/invoices
    resource: { kind: invoice, id: all, attr: { org: "{org}", invoice: all } }
    actions: { GET: view, HEAD: view }
  - path: /v1/orgs/{org}/invoices/{invoice}
    resource: { kind: invoice, id: "{invoice}", attr: { org: "{org}", invoice: "{invoice}" } }
  - path: /v1/orgs/{org}/settings/
    resource: { kind: settings, id: "{org}", attr: { org: "{org}" } }
    actions: { GET: view, HEAD: view }
  - path: /v1/files/{*rest}
    resource: { kind: file, id: "{rest}" }
  - path: /v1/open/{*rest}
    resource: { kind: open, id: "{rest}" }
  - path: /v1/admin/{user}
    resource: { kind: admin, id: "{user}" }
"#;

/// Exact values, so that a path that is read as anything else is denied.
const POLICIES: [(&str, &str); 4] = [
    ("open", "true"),
    (
        "invoice",
        r#"R.attr.org in ["acme", "Acme Inc", "öre"] && R.attr.invoice in ["all", "7", "2026-11.a", "~x_y", "a|b"]"#,
    ),
    ("settings", r#"R.attr.org in ["acme", "öre"]"#),
    (
        "file",
        r#"R.id in ["readme", "reports/2026/q1.pdf", "reports/über/x y.txt", "reports/2026/"]"#,
    ),
];

pub(crate) struct House {
    pub(crate) forge: Forge,
    pub(crate) rules: Arc<Rules>,
    gate: Gate,
    _folder: TempDir,
    _sites: [JoinHandle<()>; 2],
    _refreshers: JoinSet<()>,
}

/// A request as a client makes it.
#[derive(Clone)]
pub(crate) struct Attempt {
    pub(crate) method: String,
    pub(crate) target: Vec<u8>,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    /// Whether Envoy keeps header lines apart.
    pub(crate) separate: bool,
    /// The second at which it is decided.
    pub(crate) at: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    Allowed,
    Refused(&'static str),
    Panicked,
}

// === impl House ===

impl House {
    pub(crate) async fn build() -> Self {
        let (forge, sites) = forge(NOW).await;
        let folder = tempfile::tempdir().unwrap();
        let config = config::load(&furnish(folder.path(), &forge, ""));
        let config = config.unwrap_or_else(|errors| panic!("{errors}"));
        let Assembly { gate, rules, tasks, .. } = Assembly::of(&config, Settings::default()).await;
        Self { forge, rules, gate, _folder: folder, _sites: sites, _refreshers: tasks }
    }

    pub(crate) async fn ask(&self, attempt: Attempt) -> Outcome {
        let now = Timestamp::from_second(attempt.at).unwrap();
        let deadline = Deadline::after(Instant::now(), None, Duration::from_secs(60));
        let stamp = Stamp { now, decision_id: String::new(), deadline };
        let decision = self.gate.decide(attempt.into_raw(), &stamp);
        match AssertUnwindSafe(Box::pin(decision)).catch_unwind().await.map(|told| told.answer) {
            Ok(Answer::Allow(_)) => Outcome::Allowed,
            Ok(answer @ Answer::Refuse(_)) => Outcome::Refused(answer.reason().as_str()),
            Err(_) => Outcome::Panicked,
        }
    }
}

/// Tokens that are used at this second, and the two sites that publish their keys.
pub(crate) async fn forge(now: i64) -> (Forge, [JoinHandle<()>; 2]) {
    let ring = Ring::new();
    let (a, b) = (publish(ring.of_a()).await, publish(ring.of_b()).await);
    (Forge { ring, issuer_a: a.0, issuer_b: b.0, now }, [a.1, b.1])
}

/// Writes a configuration with everything that belongs to it, and returns where it is.
pub(crate) fn furnish(folder: &Path, forge: &Forge, more: &str) -> PathBuf {
    let write = |path: &str, text: &str| fs::write(folder.join(path), text).unwrap();
    fs::create_dir(folder.join("policies")).unwrap();
    for (kind, condition) in POLICIES {
        let policy = format!(
            "apiVersion: api.cerbos.dev/v1\nresourcePolicy:\n  resource: {kind}\n  version: default\n  \
             rules:\n    - actions: [view]\n      roles: [reader, m2m, ai_agent, anonymous]\n      \
             effect: EFFECT_ALLOW\n      condition:\n        match:\n          expr: >-\n            {condition}\n"
        );
        write(&format!("policies/{kind}.yaml"), &policy);
    }
    write("routes.yaml", ROUTES);
    let Forge { issuer_a: a, issuer_b: b, .. } = forge;
    let text = format!(
        "issuers:\n  - issuer: {a}\n    audience: {AUDIENCE}\n    algorithms: [RS256, ES256]\n    \
         roles: {ROLES}\n  - issuer: {b}\n    audience: {AUDIENCE_OF_B}\n    dialect: rfc9068\n    \
         roles: {ROLES}\npolicies: policies\nroutes: routes.yaml\n{more}"
    );
    write("portcullis.yaml", &text);
    folder.join("portcullis.yaml")
}

// === impl Attempt ===

impl Attempt {
    /// A request without credentials.
    pub(crate) fn to(target: &str) -> Self {
        let target = target.as_bytes().to_vec();
        Self { method: "GET".to_owned(), target, headers: Vec::new(), separate: true, at: NOW }
    }

    pub(crate) fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    /// With something behind its target.
    pub(crate) fn followed_by(mut self, end: &str) -> Self {
        self.target.extend_from_slice(end.as_bytes());
        self
    }

    fn into_raw(self) -> RawRequest<'static> {
        let target = told(&self.target);
        let mut lines = vec![(":path".to_owned(), self.target)];
        lines.extend(self.headers);
        let headers = if self.separate {
            RawHeaders::Separate(owned(lines))
        } else {
            RawHeaders::Joined(owned(join(lines)))
        };
        RawRequest {
            method: self.method.into(),
            scheme: "https".into(),
            host: "api.hostile.example".into(),
            target: target.into(),
            headers,
            ..RawRequest::default()
        }
    }
}

fn owned<N, M, V, W>(lines: Vec<(N, V)>) -> Vec<(M, W)>
where
    M: From<N>,
    W: From<V>,
{
    lines.into_iter().map(|(name, value)| (name.into(), value.into())).collect()
}

/// What Envoy tells of bytes: `!` for each that is not UTF-8.
pub(crate) fn told(bytes: &[u8]) -> String {
    let chunks = bytes.utf8_chunks();
    chunks.map(|chunk| format!("{}{}", chunk.valid(), "!".repeat(chunk.invalid().len()))).collect()
}

/// As Envoy does it: a comma between lines of one name.
fn join(lines: Vec<(String, Vec<u8>)>) -> Vec<(String, String)> {
    let mut joined: Vec<(String, String)> = Vec::new();
    for (name, value) in lines {
        let value = told(&value);
        match joined.iter_mut().find(|(other, _)| *other == name) {
            Some((_, values)) => *values = format!("{values},{value}"),
            None => joined.push((name, value)),
        }
    }
    joined
}
