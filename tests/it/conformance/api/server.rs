//! Both sides, started for a scene and asked over Unix sockets.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use portcullis::cerbos_api::{
    json::read,
    proto::cerbos::{
        request::v1::{CheckResourcesRequest, PlanResourcesRequest},
        response::v1::{CheckResourcesResponse, PlanResourcesResponse},
        svc::v1::cerbos_service_client::CerbosServiceClient,
    },
};
use prost::Name;
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use tokio::{runtime::Runtime, time};
use tonic::{
    Response, Status,
    transport::{Channel, Endpoint},
};

use super::{Signer, answer::Answer};
use crate::{
    conformance::{
        pdp::{self, Refused},
        scene::Scene,
    },
    tools,
};

/// Who has not answered by then never will.
const PATIENCE: Duration = Duration::from_secs(60);
const MOST_BYTES: usize = 1 << 28;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Grpc,
    Http,
}

/// An answer, or what is said in its place.
pub(super) type Said<A> = Result<A, Refusal>;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Refusal {
    /// Over HTTP, what HTTP says.
    pub status: Option<u16>,
    pub code: i64,
    pub message: String,
    pub details: String,
}

pub(super) struct Sides {
    ours: Side,
    theirs: Side,
    runtime: Runtime,
    pub(super) signer: Signer,
    /// Policies, configurations, sockets, logs.
    folder: TempDir,
}

struct Side {
    _process: Process,
    grpc: CerbosServiceClient<Channel>,
    http: reqwest::Client,
}

/// Stopped when dropped.
struct Process(Child);

/// The sockets of a side, and its log.
const OURS: [&str; 3] = ["our-grpc", "our-http", "our-log"];
const THEIRS: [&str; 3] = ["grpc", "http", "log"];

// === impl Protocol ===

impl Protocol {
    pub(super) const ALL: [Self; 2] = [Self::Grpc, Self::Http];
}

// === impl Sides ===

impl Sides {
    pub(super) fn start(scene: &Scene, signer: Signer) -> Result<Self, Refused> {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("policies")).unwrap();
        pdp::write(scene, &at("policies"));
        fs::write(at("keys.json"), signer.keys().to_string()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut theirs = pdp::configuration(scene, folder.path());
        theirs["auxData"]["jwt"] =
            json!({ "keySets": [{ "id": "main", "local": { "file": at("keys.json") } }] });
        fs::write(at("cerbos.json"), theirs.to_string()).unwrap();
        let mut command = Command::new(pdp::program());
        command.args(["server", "--log-level=error", "--config"]).arg(at("cerbos.json"));
        let theirs = runtime.block_on(Side::start(command, folder.path(), THEIRS))?;
        let ours = configuration(scene, folder.path());
        fs::write(at("portcullis.yaml"), ours.to_string()).unwrap();
        let mut command = Command::new(tools::portcullis());
        command.args(["serve", "--config"]).arg(at("portcullis.yaml"));
        let ours = runtime.block_on(Side::start(command, folder.path(), OURS))?;
        Ok(Self { ours, theirs, runtime, signer, folder })
    }

    /// What both say. `None`: it is no request over this protocol.
    pub(super) fn check(
        &self,
        protocol: Protocol,
        body: &Json,
    ) -> Option<(Said<CheckResourcesResponse>, Said<CheckResourcesResponse>)> {
        self.both(&async |side: &Side| match protocol {
            Protocol::Http => Some(side.post("/api/check/resources", body).await),
            Protocol::Grpc => {
                let request: CheckResourcesRequest = message(body)?;
                let answer = side.grpc.clone().check_resources(request).await;
                Some(answer.map(Response::into_inner).map_err(Refusal::of_grpc))
            }
        })
    }

    /// The same of a plan.
    pub(super) fn plan(
        &self,
        protocol: Protocol,
        body: &Json,
    ) -> Option<(Said<PlanResourcesResponse>, Said<PlanResourcesResponse>)> {
        self.both(&async |side: &Side| match protocol {
            Protocol::Http => Some(side.post("/api/plan/resources", body).await),
            Protocol::Grpc => {
                let request: PlanResourcesRequest = message(body)?;
                let answer = side.grpc.clone().plan_resources(request).await;
                Some(answer.map(Response::into_inner).map_err(Refusal::of_grpc))
            }
        })
    }

    /// Why the PDP could not make the plan that it was asked for last.
    pub(super) fn reason(&self) -> String {
        let log = fs::read_to_string(self.folder.path().join(THEIRS[2])).unwrap();
        let mut lines = log.lines().rev().filter_map(|line| serde_json::from_str(line).ok());
        let reason = lines.find_map(|line: Json| Some(line["error"].as_str()?.to_owned()));
        reason.unwrap_or_else(|| "no reason".to_owned())
    }

    fn both<A>(&self, ask: &impl AsyncFn(&Side) -> Option<Said<A>>) -> Option<(Said<A>, Said<A>)> {
        self.runtime.block_on(async {
            let asked = async { tokio::join!(ask(&self.ours), ask(&self.theirs)) };
            let (ours, theirs) = time::timeout(PATIENCE, asked).await.expect("answers in time");
            Some((ours?, theirs?))
        })
    }
}

/// A request that JSON says, if it says one.
fn message<M: Name + Default>(body: &Json) -> Option<M> {
    read(body.to_string().as_bytes(), MOST_BYTES).ok()
}

// === impl Side ===

impl Side {
    /// Waits until it serves both.
    async fn start(
        mut command: Command,
        folder: &Path,
        [grpc, http, log]: [&str; 3],
    ) -> Result<Self, Refused> {
        let at = |name: &str| folder.join(name);
        let output = fs::File::create(at(log)).unwrap();
        command.stdout(output.try_clone().unwrap()).stderr(output).stdin(Stdio::null());
        let mut process = Process(command.spawn().unwrap());
        let http = reqwest::Client::builder().unix_socket(at(http)).build().unwrap();
        let endpoint = Endpoint::from_shared(format!("unix:{}", at(grpc).display())).unwrap();
        let mut pauses = time::interval(Duration::from_millis(5));
        loop {
            pauses.tick().await;
            if let Some(status) = process.0.try_wait().unwrap() {
                let log = fs::read_to_string(at(log)).unwrap();
                return Err(Refused(format!("{status}\n{log}")));
            }
            let health = http.get("http://side/_cerbos/health").send().await;
            if let (Ok(_), Ok(channel)) = (health, endpoint.connect().await) {
                let grpc = CerbosServiceClient::new(channel).max_decoding_message_size(MOST_BYTES);
                return Ok(Self { _process: process, grpc, http });
            }
        }
    }

    async fn post<A: Answer>(&self, path: &str, body: &Json) -> Said<A> {
        let request = self.http.post(format!("http://side{path}")).body(body.to_string());
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        if status == 200 {
            return Ok(A::read(&text));
        }
        let said: Json = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{status} {text}"));
        Err(Refusal {
            status: Some(status),
            code: said["code"].as_i64().unwrap(),
            message: spaced(said["message"].as_str().unwrap()),
            details: said["details"].to_string(),
        })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

// === impl Refusal ===

impl Refusal {
    #[expect(clippy::needless_pass_by_value, reason = "what `map_err` takes")]
    fn of_grpc(status: Status) -> Self {
        Self {
            status: None,
            code: i32::from(status.code()).into(),
            message: spaced(status.message()),
            details: format!("{:?}", status.details()),
        }
    }
}

/// One blank of some messages varies from build to build of the PDP.
fn spaced(message: &str) -> String {
    message.replace('\u{a0}', " ")
}

/// What the PDP is told, in our words. JSON is YAML.
fn configuration(scene: &Scene, folder: &Path) -> Json {
    let settings = &scene.settings;
    let socket = |name: &str| format!("unix:{}", folder.join(name).display());
    let mut engine = json!({
        "default_scope": settings.default_scope,
        "lenient_scope_search": settings.lenient_scope_search,
        "schema_enforcement": settings.enforcement(),
        "globals": settings.globals,
    });
    if let Some(version) = &settings.default_policy_version {
        engine["default_policy_version"] = json!(version);
    }
    json!({
        // Nobody is there, and nobody is asked for a token.
        "issuers": [{ "issuer": "http://127.0.0.1:1/", "audience": "nobody" }],
        "policies": folder.join("policies"),
        "routes": [{ "path": "/healthz", "public": ["GET"] }],
        "listen": { "address": socket("authz") },
        "admin": { "address": "127.0.0.1:0" },
        "engine": engine,
        "api": {
            "http_address": socket(OURS[1]),
            "grpc_address": socket(OURS[0]),
            "strict_evaluation": settings.strict_evaluation,
            "limits": { "resources": 500, "actions": 500 },
            "aux_data": { "key_sets": [{ "id": "main", "file": folder.join("keys.json") }] },
        },
    })
}
