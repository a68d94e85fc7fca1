//! Is the key sound for all that a request is made of? Each kind of input that a route can name is an
//! attribute of a resource here, and random rules read some of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    slice,
};

use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use portcullis::{
    decision::{CacheKey, ChainKey, Generation},
    engine::{
        PolicyFile, PolicySet,
        cel::{Globals, Read},
        compile,
        model::{AuxData, CheckInput, CheckOutput, Map, Options, PolicyVersion, Principal, Scope},
    },
    identity::{Demands, TokenSource},
    request::{HttpRequest, RawBody, RawHeaders, RawPeer, RawRequest, RequestRules},
    route::{
        AttributeSource, CertificateField, Found, Input, ResourceSpec, RouteSpec, RouteTable,
        TextTemplate, ValueType,
    },
};
use serde_json::{Value as Json, json};

use super::{
    memory::{Memory, Met},
    random::Dice,
    scene,
    soundness::Tally,
};

/// Where an attribute comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    PathParameter,
    Query,
    Header,
    Body,
    PeerAddress,
    Thumbprint,
    PeerPrincipal,
    ContextExtension,
    RouteMetadata,
    Claim,
    Time,
}

pub(super) const ORIGINS: [Origin; 11] = [
    Origin::PathParameter,
    Origin::Query,
    Origin::Header,
    Origin::Body,
    Origin::PeerAddress,
    Origin::Thumbprint,
    Origin::PeerPrincipal,
    Origin::ContextExtension,
    Origin::RouteMetadata,
    Origin::Claim,
    Origin::Time,
];

/// Routes and policies, and what the attributes are called by them.
struct House {
    routes: RouteTable,
    policies: PolicySet,
    names: BTreeMap<Origin, String>,
}

/// A request: which of the few values is in each place. What is not here is absent.
#[derive(Clone, Debug)]
struct Sent {
    values: BTreeMap<Origin, usize>,
    method: &'static str,
    /// Is where nobody looks.
    noise: usize,
}

/// Requests to one house.
const STREAM: usize = 500;
const METHODS: [&str; 3] = ["GET", "PUT", "DELETE"];
const WORDS: [&str; 3] = ["x", "y", "zz"];
const ADDRESSES: [&str; 3] = ["192.0.2.1", "192.0.2.2", "2001:db8::1"];

/// Asks until `count` requests were sent, or two with one key have different answers. The key is blind
/// to what comes from `blind_to`.
pub(super) fn run(
    dice: &mut Rng,
    count: usize,
    blind_to: Option<Origin>,
) -> (Tally, Option<String>) {
    let mut tally = Tally::default();
    while tally.asked < count {
        let house = House::build(dice);
        if let Some(difference) = house.stream(dice, blind_to, &mut tally) {
            return (tally, Some(difference));
        }
    }
    (tally, None)
}

// === impl House ===

impl House {
    fn build(dice: &mut Rng) -> Self {
        let mut names: Vec<String> =
            (0..ORIGINS.len()).map(|number| format!("a{number}")).collect();
        dice.shuffle(&mut names);
        let names: BTreeMap<Origin, String> = ORIGINS.into_iter().zip(names).collect();
        let attr = names.iter().map(|(origin, name)| (name.as_str().into(), origin.source()));
        let text = |text: &str| TextTemplate(text.to_owned());
        let resource = ResourceSpec {
            kind: text("doc"),
            id: text("{doc}"),
            scope: text(""),
            policy_version: text(""),
            attr: attr.collect(),
        };
        let route = RouteSpec {
            place: "routes.yaml:1:1".to_owned(),
            hosts: Vec::new(),
            path: "/docs/{doc}/{word}".to_owned(),
            public: BTreeSet::new(),
            resource: Some(resource),
            actions: METHODS
                .map(|method| (method.parse().unwrap(), method.parse().unwrap()))
                .into(),
            demands: Demands::default(),
            demands_by_method: BTreeMap::new(),
            token: TokenSource::default(),
        };
        let policies = vec![PolicyFile {
            path: "doc.yaml".to_owned(),
            bytes: policy(dice, &names).to_string().into_bytes(),
        }];
        Self {
            routes: RouteTable::build(vec![route]).unwrap(),
            policies: compile(&policies, &Options::default(), &Globals::default()).unwrap(),
            names,
        }
    }

    fn stream(
        &self,
        dice: &mut Rng,
        blind_to: Option<Origin>,
        tally: &mut Tally,
    ) -> Option<String> {
        let mut memory = Memory::new(|sent: &Sent| format!("{sent:?}"));
        let mut now: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        let mut sent = Sent::random(dice);
        for _ in 0..STREAM {
            if dice.percent(10) {
                now += SignedDuration::from_millis(dice.i64(0..2_000));
            }
            sent.change(dice);
            let (key, reads, output) = self.ask(&sent, now, blind_to);
            tally.asked += 1;
            match memory.meet(key, &sent, &output, now) {
                Met::Hit => tally.hits += 1,
                Met::Uncacheable => tally.uncacheable += 1,
                Met::New => {}
                Met::Different(difference) => return Some(difference),
            }
            if blind_to.is_none() {
                self.look_at_what_is_unread(dice, &sent, now, (key, &reads));
                tally.shared += 1;
            }
        }
        None
    }

    /// No other key is made by what no route names, or by what a route names and no rule reads.
    fn look_at_what_is_unread(
        &self,
        dice: &mut Rng,
        sent: &Sent,
        now: Timestamp,
        (key, reads): (CacheKey, &[Read]),
    ) {
        let mut other = Sent { noise: sent.noise + 1, ..sent.clone() };
        for origin in ORIGINS {
            if !reads.iter().any(|read| read_name(read) == Some(&*self.names[&origin])) {
                other.set(dice, origin);
            }
        }
        assert_eq!(self.ask(&other, now, None).0, key, "{sent:?} and {other:?}, {reads:?}");
    }

    fn ask(
        &self,
        sent: &Sent,
        now: Timestamp,
        blind_to: Option<Origin>,
    ) -> (CacheKey, Vec<Read>, CheckOutput) {
        let request = HttpRequest::read(sent.raw(), &RequestRules::default()).unwrap();
        let Found::Protected(matched) = self.routes.find(&request) else { panic!("{sent:?}") };
        let claims = sent.claims();
        let target = matched.target(&claims, now).unwrap();
        let principal = Principal {
            id: "u".into(),
            roles: vec!["user".parse().unwrap()],
            policy_version: PolicyVersion::unset(),
            scope: Scope::unset(),
            attr: Map::default(),
        };
        let input = CheckInput {
            principal: &principal,
            resource: &target.resource,
            actions: slice::from_ref(&target.action),
            aux_data: &AuxData { jwt: claims, jwts: Vec::new() },
            now,
            now_attributes: matched.now_attributes(),
        };
        let mut reads = self.policies.reads(&input);
        let hidden = blind_to.map(|origin| &*self.names[&origin]);
        reads.retain(|read| hidden.is_none() || read_name(read) != hidden);
        let chain = self.policies.policy_chain(&principal, &target.resource, &target.action);
        let chain = ChainKey::new(Generation::FIRST, &matched.template(), &chain);
        (chain.with_values(&reads, &input), reads, self.policies.check(&input))
    }
}

/// The attribute that is read.
fn read_name(read: &Read) -> Option<&str> {
    match read {
        Read::ResourceAttribute(path) => path.first().map(|name| &**name),
        Read::ResourceTime(name) => Some(name),
        _ => None,
    }
}

/// A rule or two for each action, each about one or two attributes.
fn policy(dice: &mut Rng, names: &BTreeMap<Origin, String>) -> Json {
    let mut rules = Vec::new();
    for action in METHODS {
        for _ in 0..dice.usize(1..3) {
            let all: Vec<String> = (0..dice.usize(1..3)).map(|_| condition(dice, names)).collect();
            let effect = if dice.percent(75) { "EFFECT_ALLOW" } else { "EFFECT_DENY" };
            let mut rule = json!({
                "actions": [action], "effect": effect, "roles": ["*"],
                "condition": { "match": { "expr": all.join(" && ") } },
            });
            if dice.percent(30) {
                let told = &names[dice.pick(&ORIGINS)];
                rule["output"] = json!({ "when": { "ruleActivated": format!("R.attr.{told}") } });
            }
            rules.push(rule);
        }
    }
    json!({
        "apiVersion": "api.cerbos.dev/v1",
        "resourcePolicy": { "resource": "doc", "version": "default", "rules": rules },
    })
}

fn condition(dice: &mut Rng, names: &BTreeMap<Origin, String>) -> String {
    let origin = *dice.pick(&ORIGINS);
    let name = &names[&origin];
    if origin == Origin::Time && dice.percent(70) {
        let seconds = dice.u32(0..60);
        return format!("timestamp(R.attr.{name}) < timestamp(\"2026-11-23T10:00:{seconds:02}Z\")");
    }
    match dice.u32(0..5) {
        0 => format!("has(R.attr.{name})"),
        1 => format!("R.attr.{name} == \"{}\"", dice.pick(&WORDS)),
        2 => format!("R.attr.{name} != \"{}\"", dice.pick(&ADDRESSES)),
        3 => format!("R.attr.{name} < \"{}\"", dice.pick(&["M", "2", "xx"])),
        _ => format!("R.attr.{name} == R.attr.{}", names[dice.pick(&ORIGINS)]),
    }
}

// === impl Sent ===

impl Sent {
    fn random(dice: &mut Rng) -> Self {
        let mut sent = Self { values: BTreeMap::new(), method: METHODS[0], noise: 0 };
        ORIGINS.into_iter().for_each(|origin| sent.set(dice, origin));
        sent
    }

    /// One thing or nothing is other than before.
    fn change(&mut self, dice: &mut Rng) {
        match dice.u32(0..10) {
            0..4 => {}
            4..6 => self.method = dice.pick::<&str>(&METHODS),
            _ => {
                let origin = *dice.pick(&ORIGINS);
                self.set(dice, origin);
            }
        }
        self.noise = dice.usize(0..1_000);
    }

    fn set(&mut self, dice: &mut Rng, origin: Origin) {
        match dice.usize(0..WORDS.len() + 1) {
            value if value < WORDS.len() => self.values.insert(origin, value),
            _ => self.values.remove(&origin),
        };
    }

    /// In text.
    fn text(&self, origin: Origin) -> Option<&'static str> {
        let words = if origin == Origin::PeerAddress { ADDRESSES } else { WORDS };
        self.values.get(&origin).map(|at| words[*at])
    }

    /// In JSON.
    fn json(&self, origin: Origin) -> Option<Json> {
        let all = [json!("x"), json!(["y"]), json!({ "z": null })];
        self.values.get(&origin).map(|at| all[*at].clone())
    }

    fn object(&self, origin: Origin) -> Json {
        let value = self.json(origin).map(|value| ("key".to_owned(), value));
        Json::Object([("noise".to_owned(), json!(self.noise))].into_iter().chain(value).collect())
    }

    fn claims(&self) -> Map {
        scene::map(&self.object(Origin::Claim))
    }

    fn raw(&self) -> RawRequest<'static> {
        let Self { values, method, noise } = self;
        let word = self.text(Origin::PathParameter).unwrap_or("none");
        let query = self.text(Origin::Query).map(|word| format!("&key={word}"));
        let target = format!("/docs/7/{word}?noise={noise}{}", query.unwrap_or_default());
        let mut headers = vec![
            ("content-type".into(), "application/json".into()),
            ("x-noise".into(), noise.to_string().into()),
        ];
        headers.extend(self.text(Origin::Header).map(|word| ("x-key".into(), word.into())));
        // A sequence of no bytes, and what is none of it.
        let certificate = |at: &usize| {
            let body = ["MAA=", "MAAA", "MAAB"][*at].replace('=', "%3D");
            let (begin, end) = ("-----BEGIN%20CERTIFICATE-----", "-----END%20CERTIFICATE-----");
            format!("{begin}%0A{body}%0A{end}%0A")
        };
        let extension = self.text(Origin::ContextExtension).map(|word| ("key".into(), word.into()));
        let noise = Some(("noise".into(), noise.to_string().into()));
        RawRequest {
            method: (*method).into(),
            scheme: "https".into(),
            host: "docs.example".into(),
            target: target.into(),
            headers: RawHeaders::Joined(headers),
            body: RawBody {
                bytes: self.object(Origin::Body).to_string().into_bytes().into(),
                ..RawBody::default()
            },
            peer: RawPeer {
                address: self.text(Origin::PeerAddress).unwrap_or_default().into(),
                certificate: values
                    .get(&Origin::Thumbprint)
                    .map(certificate)
                    .unwrap_or_default()
                    .into(),
                principal: self.text(Origin::PeerPrincipal).unwrap_or_default().into(),
            },
            context_extensions: noise.into_iter().chain(extension).collect(),
            route_metadata: scene::map(&json!({ "space": self.object(Origin::RouteMetadata) })),
            ..RawRequest::default()
        }
    }
}

// === impl Origin ===

impl Origin {
    fn source(self) -> AttributeSource {
        let path = |names: &[&str]| names.iter().map(|name| (*name).into()).collect();
        let (input, value_type) = match self {
            Self::PathParameter => (Input::PathParameter("word".into()), ValueType::String),
            Self::Query => (Input::Query("key".into()), ValueType::String),
            Self::Header => (Input::Header("x-key".into()), ValueType::String),
            Self::Body => (Input::BodyField(path(&["key"])), ValueType::Any),
            Self::PeerAddress => (Input::PeerAddress, ValueType::String),
            Self::Thumbprint => {
                (Input::PeerCertificate(CertificateField::Thumbprint), ValueType::String)
            }
            Self::PeerPrincipal => {
                (Input::PeerCertificate(CertificateField::Principal), ValueType::String)
            }
            Self::ContextExtension => (Input::ContextExtension("key".into()), ValueType::String),
            Self::RouteMetadata => (Input::RouteMetadata(path(&["space", "key"])), ValueType::Any),
            Self::Claim => (Input::Claim(path(&["key"])), ValueType::Any),
            Self::Time => (Input::Time, ValueType::String),
        };
        AttributeSource::Input { input, value_type, required: false }
    }
}
