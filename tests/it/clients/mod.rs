//! Cerbos's own clients, as they are published, ask our API what they ask the real PDP. `tests/clients/` has
//! the suites, and the policies that both answer from.

mod adapter;
mod said;

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use serde_json::{Value as Json, json};
use tokio::task::spawn_blocking;

use crate::{
    support::{Issuer, Pdp, World, claims},
    tools,
};
use said::{difference, masked};

/// Both, with the same policies, keys and settings.
struct Sides {
    ours: World,
    theirs: Pdp,
    certificate: Option<String>,
}

/// What the two sides of a test have other than those of another test.
struct Settings {
    enforcement: &'static str,
    tls: bool,
}

/// Where a side is asked.
#[derive(Clone)]
struct Side {
    http: String,
    grpc: String,
    /// The certificate to believe, if it speaks TLS.
    ca_file: Option<PathBuf>,
}

const PLAIN: Settings = Settings { enforcement: "reject", tls: false };
const ENCRYPTED: Settings = Settings { enforcement: "warn", tls: true };

/// Below `tests/clients`.
fn folder() -> PathBuf {
    tools::root().join("tests/clients")
}

/// The policies and schemas, by their paths.
fn policies() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for below in ["", "_schemas"] {
        for entry in fs::read_dir(folder().join("policies").join(below)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let name = path.file_name().unwrap().to_str().unwrap();
                let name = Path::new(below).join(name).to_str().unwrap().to_owned();
                found.push((name, fs::read_to_string(path).unwrap()));
            }
        }
    }
    found
}

// === impl Sides ===

impl Sides {
    async fn start(settings: &Settings) -> Self {
        let issuer = std::sync::Arc::new(Issuer::start().await);
        let keys = issuer.keys().to_string();
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let (certificate, key) = (cert.pem(), signing_key.serialize_pem());
        let policies = policies();
        let Settings { enforcement, tls } = *settings;
        let mut server = json!({});
        if tls {
            server["tls"] = json!({ "cert": "c.pem", "key": "k.pem" });
        }
        let sets = json!([{ "id": "main", "local": { "file": "keys.json" } }]);
        let config = json!({
            "server": server,
            "schema": { "enforcement": enforcement },
            "storage": { "driver": "disk", "disk": { "directory": "policies" } },
            "auxData": { "jwt": { "keySets": sets } },
        })
        .to_string();
        let files = [("c.pem", &*certificate), ("k.pem", &key), ("keys.json", &keys)];
        let theirs = Pdp::configured(&policies, &config, &files);
        let mut ours = World::builder().issuer(&issuer);
        for (name, text) in &policies {
            ours = ours.file(&format!("policies/{name}"), text);
        }
        for (name, text) in files {
            ours = ours.file(name, text);
        }
        let tls_files = if tls { "tls: { cert_file: c.pem, key_file: k.pem }, " } else { "" };
        let ours = ours
            .section(&format!("engine: {{ schema_enforcement: {enforcement} }}"))
            .section(&format!(
                "api: {{ http_address: '127.0.0.1:0', grpc_address: '127.0.0.1:0', {tls_files}\
                 aux_data: {{ key_sets: [{{ id: main, file: keys.json }}] }} }}"
            ));
        let (ours, theirs) = tokio::join!(Box::pin(ours.start()), theirs);
        Self { ours, theirs, certificate: tls.then_some(certificate) }
    }

    fn sides(&self) -> [Side; 2] {
        let named = |address: &str| {
            let (_, port) = address.rsplit_once(':').unwrap();
            format!("localhost:{port}")
        };
        let ca_file = self.certificate.as_ref().map(|_| self.ours.path("c.pem"));
        let side = |http: &str, grpc: &str| Side {
            http: named(http),
            grpc: named(grpc),
            ca_file: ca_file.clone(),
        };
        let (http, grpc) = &self.ours.api;
        [side(http, grpc), side(&self.theirs.http.to_string(), &self.theirs.grpc.to_string())]
    }

    /// The suite, with tokens in place of their names.
    fn suite(&self) -> Json {
        let mut suite = fs::read_to_string(folder().join("suite.json")).unwrap();
        let mut told = claims("ann", &[]);
        told["aud"] = json!("documents");
        told["groups"] = json!(["a", { "b": [1.5, null, true] }]);
        let good = self.ours.issuer.token(&told);
        told["exp"] = json!(told["iat"].as_i64().unwrap() - 600);
        for (name, token) in [("$ann", good), ("$expired", self.ours.issuer.token(&told))] {
            suite = suite.replace(name, &token);
        }
        let mut suite: Json = serde_json::from_str(&suite).unwrap();
        if self.certificate.is_some() {
            // What is asked was asked in the clear; who asks is enough to see it over TLS.
            let principals = suite["principals"].as_object_mut().unwrap();
            principals.retain(|name, _| ["ann", "eve"].contains(&&**name));
        }
        suite
    }

    /// What both say to a program that asks them everything.
    async fn compare(&self, program: &[&str], address: fn(&Side) -> Json) {
        let mut answers = Vec::new();
        for side in self.sides() {
            let asked = json!({
                "address": address(&side),
                "ca": self.certificate,
                "ca_file": side.ca_file,
                "suite": self.suite(),
            });
            answers.push(masked(&ask(program, &side, asked).await, &side));
        }
        let [ours, theirs] = &answers[..] else { panic!("two sides") };
        let differences = difference(ours, theirs);
        assert!(differences.is_empty(), "{program:?}\n{}", differences.join("\n"));
    }
}

/// Runs a program with this as its input; what it prints.
async fn ask(program: &[&str], side: &Side, asked: Json) -> Json {
    let [name, file, arguments @ ..] = program else { panic!("a program and its file") };
    let mut command = Command::new(name);
    command.arg(folder().join(file)).args(arguments).env("NO_PROXY", "*");
    // In which order a set is sent would depend on chance.
    command.env("PYTHONHASHSEED", "0").env("PYTHONDONTWRITEBYTECODE", "");
    if let Some(file) = &side.ca_file {
        for name in ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"] {
            command.env(name, file);
        }
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = spawn_blocking(move || {
        let mut program = command.spawn().unwrap();
        program.stdin.take().unwrap().write_all(asked.to_string().as_bytes()).unwrap();
        program.wait_with_output().unwrap()
    });
    let output = output.await.unwrap();
    assert!(output.status.success(), "{}", tools::printed(&output));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", tools::printed(&output)))
}

async fn javascript(settings: &Settings) {
    let sides = Sides::start(settings).await;
    let folder = |name| tools::cerbos_client(name).to_str().unwrap().to_owned();
    let (over_grpc, over_http) = (folder("grpc"), folder("http"));
    sides.compare(&["node", "javascript.mjs", "grpc", &over_grpc], |side| json!(side.grpc)).await;
    sides.compare(&["node", "javascript.mjs", "http", &over_http], |side| json!(side.http)).await;
    sides.ours.stop().await.unwrap();
}

async fn python(settings: &Settings) {
    let sides = Sides::start(settings).await;
    let folder = tools::cerbos_client("python");
    let address = |side: &Side| json!({ "http": side.http, "grpc": side.grpc });
    sides.compare(&["python3", "python.py", folder.to_str().unwrap()], address).await;
    sides.ours.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_for_javascript_get_the_answers_of_the_real_pdp() {
    javascript(&PLAIN).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_for_javascript_over_tls_and_with_warnings_get_the_answers_of_the_real_pdp() {
    javascript(&ENCRYPTED).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_for_python_get_the_answers_of_the_real_pdp() {
    python(&PLAIN).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_for_python_over_tls_and_with_warnings_get_the_answers_of_the_real_pdp() {
    python(&ENCRYPTED).await;
}
