//! What the README shows works as it stands there.

use std::{fs, process::Command};

use crate::tools;

/// The YAML blocks of the README, in their order.
fn blocks() -> Vec<String> {
    let text = fs::read_to_string(tools::root().join("README.md")).unwrap();
    let mut blocks = Vec::new();
    for part in text.split("```yaml\n").skip(1) {
        blocks.push(part.split_once("```").unwrap().0.to_owned());
    }
    blocks
}

fn block(beginning: &str) -> String {
    blocks().into_iter().find(|block| block.starts_with(beginning)).unwrap()
}

/// Both files are what `validate` takes, beside an empty folder where policies are named.
#[track_caller]
fn is_valid(configuration: &str, routes: &str) {
    let folder = tempfile::tempdir().unwrap();
    if configuration.contains("policies:") {
        fs::create_dir(folder.path().join("policies")).unwrap();
    }
    fs::write(folder.path().join("portcullis.yaml"), configuration).unwrap();
    fs::write(folder.path().join("routes.yaml"), routes).unwrap();
    let output = Command::new(tools::portcullis())
        .arg("validate")
        .current_dir(folder.path())
        .env("REDIS_PASSWORD", "open-sesame")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", tools::printed(&output));
}

#[test]
fn the_six_lines_and_the_routes_are_a_configuration() {
    let configuration = block("auth0:");
    assert_eq!(configuration.lines().count(), 6, "{configuration}");
    let attributes = block("attr:").replace('\n', "\n      ");
    let more = format!(
        "  - path: /all/{{org}}\n    resource:\n      kind: all\n      id: all\n      {attributes}"
    );
    is_valid(&configuration, &format!("{}{more}\n", block("routes:")));
}

#[test]
fn what_takes_tokens_back_is_a_configuration() {
    let clients = "  logout_clients: [web]\npolicies:";
    let configuration = block("auth0:").replacen("policies:", clients, 1);
    let configuration = format!("{configuration}{}", block("logout:"));
    is_valid(&configuration, &block("routes:"));
}

#[test]
fn an_existing_cerbos_is_a_configuration() {
    let six_lines = block("auth0:");
    let others = six_lines.lines().filter(|line| !line.starts_with("policies:"));
    let configuration: String = others.flat_map(|line| [line, "\n"]).collect();
    let configuration = format!("{configuration}{}", block("engine:"));
    is_valid(&configuration, &block("routes:"));
}

#[test]
fn what_signs_assertions_is_a_configuration() {
    let configuration = format!("{}{}", block("auth0:"), block("assertion:"));
    is_valid(&configuration, &block("routes:"));
}

#[test]
fn the_filter_is_one_that_envoy_loads() {
    let filters = block("http_filters:").replace('\n', "\n                ");
    let configuration = format!(
        r#"
static_resources:
  listeners:
    - address: {{ socket_address: {{ address: 127.0.0.1, port_value: 0 }} }}
      filter_chains:
        - filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: api
                route_config: {{ name: api }}
                {filters}  - name: envoy.filters.http.router
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
  clusters:
    - name: portcullis
      typed_extension_protocol_options:
        envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
          "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
          explicit_http_config: {{ http2_protocol_options: {{}} }}
"#
    );
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("envoy.yaml");
    fs::write(&file, configuration).unwrap();
    let output = Command::new(tools::envoy())
        .args(["--mode", "validate", "--disable-hot-restart", "--config-path"])
        .arg(&file)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", tools::printed(&output));
}
