//! Requests as Envoy sends them: a `CheckRequest` of about 1.5 KB with 13 headers, one of them an RS256
//! token of about 900 bytes.

use std::{collections::HashMap, fs, io::Write as _, path::Path};

use anyhow::Context as _;
use clap::Args;
use envoy_types::pb::envoy::service::auth::v3::{
    AttributeContext, CheckRequest,
    attribute_context::{HttpRequest, Peer, Request},
};
use portcullis::{
    cerbos_api::{
        convert::{planned_to_wire, question_to_wire},
        proto::cerbos::request::v1::{CheckResourcesRequest, PlanResourcesRequest},
    },
    engine::{
        model::{Map, PolicyVersion, Principal, Resource, Scope, Value},
        plan::PlannedResource,
    },
};
use prost::Message;
use serde_json::json;

use crate::key::SigningKey;

/// How many different ones there are.
#[derive(Args, Clone, Debug)]
pub struct Counts {
    /// Paths, all with one token.
    #[arg(long, default_value_t = 0)]
    pub paths: usize,
    /// Tokens, each of another user.
    #[arg(long, default_value_t = 0)]
    pub tokens: usize,
    /// The resource's kind, which is the first segment of each path.
    #[arg(long, default_value = "document0")]
    pub kind: String,
}

pub const AUDIENCE: &str = "https://api.bench.example/";
const LIFETIME: i64 = 86_400;

/// How many resources a request to a Cerbos PDP asks about.
const BATCHES: [usize; 3] = [1, 10, 50];

/// Writes `warm.bin`, one request; `cerbos.bin`, what it asks, for a Cerbos PDP; `check-N.bin` and
/// `plan.bin`, further requests for one; `paths.bin`; `tokens.bin`; and `token.txt`.
pub fn write(folder: &Path, issuer: &str, key: &SigningKey, counts: &Counts) -> anyhow::Result<()> {
    let Counts { paths, tokens, kind } = counts;
    let path = |number: usize| format!("/{kind}/doc-{number:08}");
    let first = token(issuer, key, 0)?;
    fs::write(folder.join("token.txt"), &first)?;
    fs::write(folder.join("warm.bin"), framed(&check_request(&path(0), &first)))?;
    fs::write(folder.join("cerbos.bin"), framed(&cerbos_request(kind)?))?;
    for batch in BATCHES {
        fs::write(folder.join(format!("check-{batch}.bin")), framed(&batch_request(kind, batch)?))?;
    }
    fs::write(folder.join("plan.bin"), framed(&plan_request(kind)?))?;
    let mut file = Frames::create(&folder.join("paths.bin"))?;
    for number in 1..=*paths {
        file.add(&framed(&check_request(&path(number), &first)))?;
    }
    let mut file = Frames::create(&folder.join("tokens.bin"))?;
    for number in 1..=*tokens {
        file.add(&framed(&check_request(&path(0), &token(issuer, key, number)?)))?;
    }
    Ok(())
}

/// Auth0's profile of an access token, with as many permissions as make it 900 bytes long.
pub fn token(issuer: &str, key: &SigningKey, number: usize) -> anyhow::Result<String> {
    #[expect(clippy::disallowed_methods, reason = "the issuer's own clock")]
    let now = jiff::Timestamp::now().as_second();
    let claims = json!({
        "iss": issuer,
        "sub": format!("auth0|user{number:08}"),
        "aud": AUDIENCE,
        "iat": now,
        "exp": now + LIFETIME,
        "azp": "bench-application-0123456789abcd",
        "scope": "read:documents write:documents",
        "permissions": ["read:documents", "write:documents", "publish:documents"],
        "https://bench.example/roles": ["user", "editor"],
        "https://bench.example/department": "engineering",
    });
    key.sign(&key.header(), &claims)
}

/// A gRPC message with its prefix.
fn framed(message: &impl Message) -> Vec<u8> {
    let message = message.encode_to_vec();
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    [&[0][..], &length.to_be_bytes(), &message].concat()
}

fn check_request(path: &str, token: &str) -> CheckRequest {
    let headers = [
        (":authority", "api.bench.example"),
        (":method", "GET"),
        (":path", path),
        (":scheme", "https"),
        ("accept", "application/json"),
        ("accept-encoding", "gzip, deflate, br"),
        ("authorization", &format!("Bearer {token}")),
        ("user-agent", "bench/1.0 (linux; x86_64)"),
        ("x-envoy-internal", "false"),
        ("x-forwarded-for", "203.0.113.7"),
        ("x-forwarded-proto", "https"),
        ("x-request-id", "5f2b1d8e-6a57-4a34-9d8c-0d6f5a0e7c11"),
        ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
    ];
    let headers: HashMap<String, String> =
        headers.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let http = HttpRequest {
        id: "1234567890123456789".to_owned(),
        method: "GET".to_owned(),
        headers,
        path: path.to_owned(),
        host: "api.bench.example".to_owned(),
        scheme: "https".to_owned(),
        protocol: "HTTP/1.1".to_owned(),
        ..HttpRequest::default()
    };
    CheckRequest {
        attributes: Some(AttributeContext {
            source: Some(Peer::default()),
            destination: Some(Peer::default()),
            request: Some(Request { time: None, http: Some(http) }),
            ..AttributeContext::default()
        }),
    }
}

/// The same question as the engine is asked, of Cerbos itself: there the caller tells who asks.
fn cerbos_request(kind: &str) -> anyhow::Result<CheckResourcesRequest> {
    let resource = resource(kind, 0, Map::default())?;
    let actions = ["view".parse()?];
    let request = question_to_wire(&principal()?, [(&resource, &actions[..])], None);
    Ok(CheckResourcesRequest { include_meta: false, ..request })
}

fn text(text: &str) -> Value {
    Value::String(text.into())
}

fn principal() -> anyhow::Result<Principal> {
    Ok(Principal {
        id: "auth0|user00000000".into(),
        roles: vec!["user".parse()?, "editor".parse()?],
        policy_version: PolicyVersion::unset(),
        scope: Scope::unset(),
        attr: [("department", text("engineering"))].into_iter().collect(),
    })
}

fn resource(kind: &str, number: usize, attr: Map) -> anyhow::Result<Resource> {
    Ok(Resource {
        kind: kind.parse()?,
        id: format!("doc-{number:08}").into(),
        policy_version: PolicyVersion::unset(),
        scope: Scope::unset(),
        attr,
    })
}

/// A page of resources with what a list shows of them: may they be seen, edited, deleted?
fn batch_request(kind: &str, count: usize) -> anyhow::Result<CheckResourcesRequest> {
    let actions = ["view".parse()?, "edit".parse()?, "delete".parse()?];
    let resources: Vec<Resource> = (0..count)
        .map(|number| {
            let owner = text(&format!("auth0|user{:08}", number % 2));
            let status = text(if number % 3 == 0 { "draft" } else { "published" });
            resource(kind, number, [("owner", owner), ("status", status)].into_iter().collect())
        })
        .collect::<anyhow::Result<_>>()?;
    let asked = resources.iter().map(|resource| (resource, &actions[..]));
    let request = question_to_wire(&principal()?, asked, None);
    Ok(CheckResourcesRequest { include_meta: false, ..request })
}

/// The filter of a list: those that may be edited.
fn plan_request(kind: &str) -> anyhow::Result<PlanResourcesRequest> {
    let principal = question_to_wire(&principal()?, [], None).principal;
    let resource = PlannedResource {
        kind: kind.parse()?,
        policy_version: PolicyVersion::unset(),
        scope: Scope::unset(),
        attr: Map::default(),
    };
    Ok(PlanResourcesRequest {
        actions: vec!["edit".to_owned()],
        principal,
        resource: Some(planned_to_wire(&resource)),
        ..PlanResourcesRequest::default()
    })
}

/// Messages one after the other; each tells its length.
struct Frames(std::io::BufWriter<fs::File>);

// === impl Frames ===

impl Frames {
    fn create(path: &Path) -> anyhow::Result<Self> {
        let file = fs::File::create(path)
            .with_context(|| format!("could not write `{}`", path.display()))?;
        Ok(Self(std::io::BufWriter::new(file)))
    }

    fn add(&mut self, frame: &[u8]) -> anyhow::Result<()> {
        Ok(self.0.write_all(frame)?)
    }
}
