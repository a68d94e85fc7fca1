//! A real Envoy with a door for each of several servers.

use std::{
    fs,
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::sleep;

use crate::tools;

/// What each of its doors lets through is answered `200 passed` by itself.
pub(crate) struct Doors {
    process: Child,
    /// A URL for each server, in their order.
    pub(crate) doors: Vec<String>,
    _folder: TempDir,
}

// === impl Doors ===

impl Doors {
    /// `servers`: where their ext_authz listeners are.
    pub(crate) async fn start(servers: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("envoy.json"), configuration(servers).to_string()).unwrap();
        let process = Command::new(tools::envoy())
            .args(["--disable-hot-restart", "--log-level", "error", "--concurrency", "1"])
            .arg("--config-path")
            .arg(path("envoy.json"))
            .arg("--admin-address-path")
            .arg(path("admin"))
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut started = Self { process, doors: Vec::new(), _folder: folder };
        let admin = started._folder.path().join("admin");
        for _ in 0..1000 {
            if let Ok(admin) = fs::read_to_string(&admin)
                && let Some(doors) = doors(&admin, servers.len()).await
            {
                started.doors = doors;
                return started;
            }
            sleep(Duration::from_millis(20)).await;
        }
        panic!("Envoy did not start");
    }

    /// The status of a request through the door of one server, and the challenge of a refusal.
    pub(crate) async fn get(&self, server: usize, path: &str, token: &str) -> (u16, String) {
        let url = format!("{}{path}", self.doors[server]);
        let response = reqwest::Client::new().get(url).bearer_auth(token).send().await.unwrap();
        let challenge = response.headers().get("www-authenticate");
        let challenge = challenge.map_or("", |value| value.to_str().unwrap()).to_owned();
        (response.status().as_u16(), challenge)
    }
}

impl Drop for Doors {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// Where the listeners are, once they all are.
async fn doors(admin: &str, count: usize) -> Option<Vec<String>> {
    let ready = reqwest::get(format!("http://{admin}/ready")).await.ok()?;
    if ready.status() != 200 {
        return None;
    }
    let page = reqwest::get(format!("http://{admin}/listeners?format=json")).await.ok()?;
    let page: Value = serde_json::from_str(&page.text().await.ok()?).ok()?;
    let mut doors: Vec<(String, String)> = page["listener_statuses"]
        .as_array()?
        .iter()
        .map(|status| {
            let port = &status["local_address"]["socket_address"]["port_value"];
            (status["name"].as_str().unwrap().to_owned(), format!("http://127.0.0.1:{port}"))
        })
        .collect();
    doors.sort();
    (doors.len() == count).then(|| doors.into_iter().map(|(_, door)| door).collect())
}

fn configuration(servers: &[&str]) -> Value {
    let numbered = || servers.iter().enumerate();
    json!({
        "admin": { "address": socket("127.0.0.1:0") },
        "static_resources": {
            "listeners": numbered().map(|(number, _)| listener(number)).collect::<Vec<_>>(),
            "clusters": numbered().map(|(number, server)| cluster(number, server)).collect::<Vec<_>>(),
        },
    })
}

fn socket(address: &str) -> Value {
    let (host, port) = address.rsplit_once(':').unwrap();
    json!({ "socket_address": { "address": host, "port_value": port.parse::<u16>().unwrap() } })
}

fn listener(number: usize) -> Value {
    let http = "type.googleapis.com/envoy.extensions.filters";
    let answer = json!({ "status": 200, "body": { "inline_string": "passed" } });
    let manager = json!({
        "@type": format!("{http}.network.http_connection_manager.v3.HttpConnectionManager"),
        "stat_prefix": "door",
        "route_config": {
            "virtual_hosts": [{
                "name": "all",
                "domains": ["*"],
                "routes": [{ "match": { "prefix": "/" }, "direct_response": answer }],
            }],
        },
        "http_filters": [
            {
                "name": "envoy.filters.http.ext_authz",
                "typed_config": {
                    "@type": format!("{http}.http.ext_authz.v3.ExtAuthz"),
                    "transport_api_version": "V3",
                    "grpc_service": {
                        "envoy_grpc": { "cluster_name": format!("server{number}") },
                        "timeout": "5s",
                    },
                    "encode_raw_headers": true,
                },
            },
            {
                "name": "envoy.filters.http.router",
                "typed_config": { "@type": format!("{http}.http.router.v3.Router") },
            },
        ],
    });
    let filter =
        json!({ "name": "envoy.filters.network.http_connection_manager", "typed_config": manager });
    json!({
        "name": format!("door{number}"),
        "address": socket("127.0.0.1:0"),
        "filter_chains": [{ "filters": [filter] }],
    })
}

fn cluster(number: usize, server: &str) -> Value {
    let name = format!("server{number}");
    let options = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
    let endpoint = json!({ "endpoint": { "address": socket(server) } });
    json!({
        "name": name,
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{ "lb_endpoints": [endpoint] }],
        },
        "typed_extension_protocol_options": {
            options: {
                "@type": format!("type.googleapis.com/{options}"),
                "explicit_http_config": { "http2_protocol_options": {} },
            },
        },
    })
}
