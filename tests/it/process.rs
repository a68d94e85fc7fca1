//! The binary as an operator runs it: its commands, its signals, its exit codes.

use std::{
    fs,
    io::Read,
    net::TcpListener,
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

use tempfile::TempDir;

use crate::support::{Issuer, POLICY, ROUTES, config};

const BINARY: &str = env!("CARGO_BIN_EXE_portcullis");

struct Process {
    child: Child,
    folder: TempDir,
    admin: String,
    _issuer: Issuer,
}

fn run(folder: &Path, command: &str) -> Output {
    Command::new(BINARY).arg(command).current_dir(folder).output().unwrap()
}

fn free_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

// === impl Process ===

impl Process {
    async fn start() -> Self {
        let issuer = Issuer::start().await;
        let folder = tempfile::tempdir().unwrap();
        let admin = free_port();
        fs::create_dir(folder.path().join("policies")).unwrap();
        fs::write(folder.path().join("policies/invoice.yaml"), POLICY).unwrap();
        fs::write(folder.path().join("routes.yaml"), ROUTES).unwrap();
        let text = config(&issuer.url, "{ address: '127.0.0.1:0' }", &admin);
        fs::write(folder.path().join("portcullis.yaml"), text).unwrap();
        let child = Command::new(BINARY)
            .arg("serve")
            .current_dir(folder.path())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let process = Self { child, folder, admin, _issuer: issuer };
        process.wait_for("/readyz", "ready").await;
        process
    }

    /// Waits until a page of the admin listener has a text in it.
    async fn wait_for(&self, page: &str, text: &str) {
        let mut last = String::new();
        for _ in 0..500 {
            if let Ok(response) = reqwest::get(format!("http://{}{page}", self.admin)).await {
                last = response.text().await.unwrap();
                if last.contains(text) {
                    return;
                }
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("ten seconds later, {page} has no `{text}`: {last}");
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let status = Command::new("kill").args(["-s", name, &id]).status().unwrap();
        assert!(status.success());
    }

    /// Waits for the end. Returns whether it was a good one, and what was logged.
    fn end(mut self) -> (bool, String) {
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        (self.child.wait().unwrap().success(), log)
    }
}

#[tokio::test]
async fn a_hang_up_and_the_reload_command_make_new_generations() {
    let process = Process::start().await;
    process.signal("HUP");
    process.wait_for("/metrics", "portcullis_rules_generation 2").await;
    let output = run(process.folder.path(), "reload");
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8(output.stdout).unwrap().contains("\"generation\":3"));
    fs::write(process.folder.path().join("routes.yaml"), "routes: [{ path: nope }]").unwrap();
    let output = run(process.folder.path(), "reload");
    assert!(!output.status.success());
    process.signal("TERM");
    assert!(process.end().0);
}

#[tokio::test]
async fn a_term_signal_is_a_good_end() {
    let process = Process::start().await;
    process.signal("TERM");
    let (good, log) = process.end();
    assert!(good, "{log}");
    for line in log.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(line["message"].is_string(), "{line}");
    }
    assert!(log.contains("\"Stopped\""), "{log}");
}

#[test]
fn validate_lists_every_error_and_exits_with_1() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("policies")).unwrap();
    fs::write(folder.path().join("policies/bad.yaml"), "apiVersion: nope\nfoo: 1\n").unwrap();
    fs::write(
        folder.path().join("portcullis.yaml"),
        "auth0: { domain: a.eu.auth0.com, audience: https://a.example }\npolicies: policies\n\
         routes: [{ path: nope, public: [GET] }]\ntypo: 1\nlog: { level: loud }\n",
    )
    .unwrap();
    let output = run(folder.path(), "validate");
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    for part in ["bad.yaml:2:1", "portcullis.yaml:4:1", "portcullis.yaml:5:", "portcullis.yaml:3:"]
    {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}

#[test]
fn a_server_with_a_bad_configuration_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("portcullis.yaml"), "policies: nowhere\n").unwrap();
    let output = run(folder.path(), "serve");
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("portcullis.yaml:1:1"), "{text}");
}
