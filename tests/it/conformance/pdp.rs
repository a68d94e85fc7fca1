//! The real PDP: started for a scene, asked over gRPC, stopped when dropped.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use futures_util::{StreamExt, stream};
use portcullis::{
    cerbos_api::{
        convert::{answer_from_wire, planned_to_wire, question_to_wire},
        proto::cerbos::{
            engine::v1::PlanResourcesFilter,
            request::v1::{AuxData, PlanResourcesRequest, aux_data::Jwt},
            svc::v1::cerbos_service_client::CerbosServiceClient,
        },
    },
    engine::{model::CheckOutput, plan::PlannedResource},
};
use serde_json::{Map as JsonMap, Value as Json, json};
use tempfile::TempDir;
use tokio::{runtime::Runtime, time};
use tonic::{
    Status,
    transport::{Channel, Endpoint},
};

use super::scene::{Question, Scene};
use crate::tools;

/// Questions under way at a time.
const AT_ONCE: usize = 16;
/// A PDP that has not answered by then never will, though a long run leaves the machine to others.
const PATIENCE: Duration = Duration::from_secs(600);

/// `$CERBOS`, or the one that `make fetch` brings.
pub(super) fn program() -> PathBuf {
    std::env::var_os("CERBOS").map_or_else(tools::cerbos, PathBuf::from)
}

pub(super) struct Pdp {
    process: Child,
    client: CerbosServiceClient<Channel>,
    runtime: Runtime,
    /// Policies, configuration, sockets, log.
    _folder: TempDir,
}

/// The policies are refused; what the PDP printed.
#[derive(Debug)]
pub(super) struct Refused(pub String);

/// Writes the files of a scene.
pub(super) fn write(scene: &Scene, folder: &Path) {
    for (path, text) in scene.texts() {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

impl Pdp {
    /// Starts the PDP and waits until it serves.
    pub(super) fn start(scene: &Scene) -> Result<Self, Refused> {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("policies")).unwrap();
        write(scene, &at("policies"));
        fs::write(at("cerbos.json"), configuration(scene, folder.path()).to_string()).unwrap();
        let log = fs::File::create(at("log")).unwrap();
        let mut process = Command::new(program())
            .args(["server", "--log-level=error", "--config"])
            .arg(at("cerbos.json"))
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let socket = format!("unix:{}", at("grpc").display());
        let endpoint = Endpoint::from_shared(socket).unwrap();
        let channel = runtime.block_on(async {
            let mut pauses = time::interval(Duration::from_millis(5));
            loop {
                pauses.tick().await;
                if let Some(status) = process.try_wait().unwrap() {
                    let log = fs::read_to_string(at("log")).unwrap();
                    return Err(Refused(format!("{status}\n{log}")));
                }
                if let Ok(channel) = endpoint.connect().await {
                    return Ok(channel);
                }
            }
        });
        let client = CerbosServiceClient::new(channel?).max_decoding_message_size(1 << 28);
        Ok(Self { process, client, runtime, _folder: folder })
    }

    /// What the PDP answers to each question, in their order.
    pub(super) fn ask(&self, questions: &[Question]) -> Vec<Result<CheckOutput, Status>> {
        let answers = stream::iter(questions).map(|question| self.answer(question));
        self.runtime.block_on(answers.buffered(AT_ONCE).collect())
    }

    /// What the PDP plans for each question of which these attributes of the resource are known.
    pub(super) fn plan(
        &self,
        questions: &[(Question, PlannedResource)],
    ) -> Vec<Result<PlanResourcesFilter, Status>> {
        let answers =
            stream::iter(questions).map(|(question, known)| self.planned(question, known));
        self.runtime.block_on(answers.buffered(AT_ONCE).collect())
    }

    async fn planned(
        &self,
        question: &Question,
        known: &PlannedResource,
    ) -> Result<PlanResourcesFilter, Status> {
        let Question { principal, resource, actions, claims } = question;
        let asked =
            question_to_wire(principal, [(resource, &actions[..])], tokens(claims.as_ref()));
        let request = PlanResourcesRequest {
            actions: actions.iter().map(ToString::to_string).collect(),
            principal: asked.principal,
            resource: Some(planned_to_wire(known)),
            aux_data: asked.aux_data,
            ..PlanResourcesRequest::default()
        };
        let mut client = self.client.clone();
        let response = time::timeout(PATIENCE, client.plan_resources(request));
        Ok(response.await.expect("an answer in time")?.into_inner().filter.unwrap())
    }

    async fn answer(&self, question: &Question) -> Result<CheckOutput, Status> {
        let Question { principal, resource, actions, claims } = question;
        let tokens = tokens(claims.as_ref());
        let request = question_to_wire(principal, [(resource, &actions[..])], tokens);
        let mut client = self.client.clone();
        let response = time::timeout(PATIENCE, client.check_resources(request));
        let mut results = response.await.expect("an answer in time")?.into_inner().results;
        Ok(answer_from_wire(results.remove(0), actions).unwrap())
    }
}

/// Claims as a token that nobody has signed.
fn tokens(claims: Option<&JsonMap<String, Json>>) -> Option<AuxData> {
    claims.map(|claims| {
        let header = BASE64_URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
        let payload = BASE64_URL_SAFE_NO_PAD.encode(Json::Object(claims.clone()).to_string());
        let jwt = Jwt { token: format!("{header}.{payload}."), key_set_id: String::new() };
        AuxData { jwt: Some(jwt), ..AuxData::default() }
    })
}

impl Drop for Pdp {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Cerbos's configuration file.
pub(super) fn configuration(scene: &Scene, folder: &Path) -> Json {
    let socket = |name: &str| format!("unix:{}", folder.join(name).display());
    json!({
        "server": {
            "httpListenAddr": socket("http"),
            "grpcListenAddr": socket("grpc"),
            "requestLimits": { "maxActionsPerResource": 500, "maxResourcesPerRequest": 500 },
            "advanced": { "grpc": { "maxRecvMsgSizeBytes": 1 << 28 } },
        },
        "engine": scene.settings.engine(),
        "schema": { "enforcement": scene.settings.enforcement() },
        "auxData": { "jwt": { "disableVerification": true } },
        "storage": { "driver": "disk", "disk": { "directory": folder.join("policies") } },
        "telemetry": { "disabled": true },
    })
}

/// What `cerbos compile` says of a directory.
#[derive(Debug)]
pub(super) enum Compiled {
    Accepted,
    Refused(Json),
    /// It ended in another way than by saying yes or no.
    Crashed(String),
}

pub(super) fn compile(folder: &Path) -> Compiled {
    let mut command = Command::new(program());
    let output = command.args(["compile", "--skip-tests", "-o", "json"]).arg(folder);
    let output = output.stdin(Stdio::null()).output().unwrap();
    match output.status.code() {
        Some(0) => Compiled::Accepted,
        Some(3) => Compiled::Refused(serde_json::from_slice(&output.stdout).unwrap_or_default()),
        _ => Compiled::Crashed(tools::printed(&output)),
    }
}
