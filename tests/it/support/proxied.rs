//! Real Envoy between a client that sends bytes and an upstream that shows what it got.

use std::{
    fs,
    process::{Child, Command, Stdio},
    time::Duration,
};

use rcgen::CertifiedKey;
use serde_json::json;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use super::{World, frames};
use crate::tools;

/// Runs until it is dropped.
pub(crate) struct Proxied {
    /// Where clients connect: HTTP/1.1 and HTTP/2.
    pub(crate) address: String,
    process: Child,
    upstream: JoinHandle<()>,
    _folder: TempDir,
}

const TEMPLATE: &str = include_str!("envoy.yaml");

/// The listener of the template up to its filters, and what is there for HTTP/3 and for TLS.
const TCP: &str = "      address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
      filter_chains:
        - filters:
";
const QUIC: &str = r#"      address: { socket_address: { protocol: UDP, address: 127.0.0.1, port_value: 0 } }
      udp_listener_config: { quic_options: {} }
      filter_chains:
        - transport_socket:
            name: envoy.transport_sockets.quic
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.transport_sockets.quic.v3.QuicDownstreamTransport
              downstream_tls_context:
                common_tls_context:
                  tls_certificates:
                    - certificate_chain: { inline_string: CERTIFICATE }
                      private_key: { inline_string: KEY }
          filters:
"#;
const TLS: &str = r#"      address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
      filter_chains:
        - transport_socket:
            name: envoy.transport_sockets.tls
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext
              common_tls_context:
                tls_certificates:
                  - certificate_chain: { inline_string: CERTIFICATE }
                    private_key: { inline_string: KEY }
          filters:
"#;

/// A line of the filter, and the same with what lets requests pass that it gets no answer to.
const NO_ROUTES: &str = "clear_route_cache: true";
const FAIL_OPEN: &str = "clear_route_cache: true
                      failure_mode_allow: true";

// === impl Proxied ===

impl Proxied {
    /// In front of an upstream of its own, asking `world`; `grpc` is an upstream of HTTP/2 for the
    /// paths of gRPC's health service. Under `/verified/` Envoy verifies tokens itself.
    pub(crate) async fn start(world: &World, grpc: &str) -> Self {
        Self::with_rules(world, grpc, &shipped_rules()).await
    }

    /// With these `decoder_header_mutation_rules`, in JSON: what answers may change of a request.
    pub(crate) async fn with_rules(world: &World, grpc: &str, rules: &str) -> Self {
        Self::begin(world, &TEMPLATE.replace("GRPC", &socket(grpc)).replace("RULES", rules)).await
    }

    /// With these changes of its configuration: texts, and what stands there in their place.
    pub(crate) async fn changed(world: &World, changes: &[(&str, &str)]) -> Self {
        let nobody = socket("127.0.0.1:1");
        let template = TEMPLATE.replace("GRPC", &nobody).replace("RULES", &shipped_rules());
        let template = changes.iter().fold(template, |template, (from, to)| {
            assert!(template.contains(from), "{from}");
            template.replace(from, to)
        });
        Self::begin(world, &template).await
    }

    /// With a listener of HTTP/3 in place of the usual one.
    pub(crate) async fn over_quic(world: &World) -> Self {
        let http3 = "normalize_path: false\n                codec_type: HTTP3\n                \
                     http3_protocol_options: { allow_extended_connect: true }";
        let changes = [(TCP, &*with_certificate(QUIC)), ("normalize_path: false", http3)];
        Self::changed(world, &changes).await
    }

    /// Whatever it gets no answer to passes. `changes` are more of them, as in [`Self::changed`].
    pub(crate) async fn failing_open(world: &World, changes: &[(&str, &str)]) -> Self {
        Self::changed(world, &[&[(NO_ROUTES, FAIL_OPEN)], changes].concat()).await
    }

    /// The same with a listener of TLS.
    pub(crate) async fn failing_open_over_tls(world: &World, changes: &[(&str, &str)]) -> Self {
        let tls = with_certificate(TLS);
        Self::failing_open(world, &[&[(TCP, &*tls)], changes].concat()).await
    }

    async fn begin(world: &World, template: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let application = listener.local_addr().unwrap().to_string();
        let upstream = tokio::spawn(show(listener));
        let file = folder.path().join("envoy.yaml");
        let issuer = &world.issuer.url;
        let keys = reqwest::get(format!("{issuer}.well-known/jwks.json")).await.unwrap();
        let config = template
            .replace("PORTCULLIS", &socket(&world.ext_authz))
            .replace("APPLICATION", &socket(&application))
            .replace("ISSUER", issuer)
            .replace("JWKS", &keys.text().await.unwrap());
        fs::write(&file, config).unwrap();
        let admin = folder.path().join("admin");
        let process = Command::new(tools::envoy())
            .args(["--disable-hot-restart", "--concurrency", "1", "--log-level", "error"])
            .arg("--config-path")
            .arg(&file)
            .arg("--admin-address-path")
            .arg(&admin)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut envoy = Self { address: String::new(), process, upstream, _folder: folder };
        for _ in 0..500 {
            if let Ok(admin) = fs::read_to_string(&admin)
                && let Some(address) = listening(&admin).await
            {
                envoy.address = address;
                return envoy;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("Envoy did not start");
    }

    /// Sends bytes, and reads until the other side has said all.
    pub(crate) async fn send(&self, bytes: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        stream.write_all(bytes.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let read = stream.read_to_end(&mut answer);
        let _closed = tokio::time::timeout(Duration::from_secs(5), read).await.unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// The body of the answer to one request, given as frames of HTTP/2.
    pub(crate) async fn send_frames(&self, request: &[(u8, u8, &[u8])]) -> Vec<u8> {
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        stream.write_all(&frames::exchange(request)).await.unwrap();
        let mut bytes = Vec::new();
        let read = async {
            while !frames::answer(&bytes).0 && stream.read_buf(&mut bytes).await.unwrap() > 0 {}
        };
        tokio::time::timeout(Duration::from_secs(5), read).await.unwrap();
        frames::answer(&bytes).1
    }
}

impl Drop for Proxied {
    fn drop(&mut self) {
        let _gone = self.process.kill();
        let _gone = self.process.wait();
        self.upstream.abort();
    }
}

async fn listening(admin: &str) -> Option<String> {
    let url = format!("http://{admin}/listeners?format=json");
    let page = reqwest::get(url).await.ok()?.text().await.ok()?;
    let page: serde_json::Value = serde_json::from_str(&page).ok()?;
    let port = page.pointer("/listener_statuses/0/local_address/socket_address/port_value")?;
    Some(format!("127.0.0.1:{port}"))
}

/// Answers with the head of the request that it got. A WebSocket is opened, and told the same.
async fn show(listener: TcpListener) {
    while let Ok((mut stream, _)) = listener.accept().await {
        tokio::spawn(async move {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                match stream.read_u8().await {
                    Ok(byte) => head.push(byte),
                    Err(_) => return,
                }
            }
            let start = if String::from_utf8_lossy(&head).contains("upgrade: websocket") {
                "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n"
                    .to_owned()
            } else {
                let length = head.len();
                format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n")
            };
            let _gone = stream.write_all(&[start.as_bytes(), &head].concat()).await;
        });
    }
}

/// The listener with a certificate of its own.
fn with_certificate(listener: &str) -> String {
    let CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["api.example".to_owned()]).unwrap();
    let quote = |pem: String| json!(pem).to_string();
    listener
        .replace("CERTIFICATE", &quote(cert.pem()))
        .replace("KEY", &quote(signing_key.serialize_pem()))
}

/// What `envoy/envoy.yaml` lets answers change.
fn shipped_rules() -> String {
    let shipped = fs::read_to_string(tools::root().join("envoy/envoy.yaml")).unwrap();
    let (_, rules) = shipped.split_once("allow_expression:").unwrap();
    let (_, regex) = rules.split_once("regex: ").unwrap();
    let regex = regex.lines().next().unwrap();
    assert!(shipped.contains("disallow_is_error: { value: true }"));
    let none = "disallow_all: { value: true }, disallow_is_error: { value: true }";
    format!("{{ {none}, allow_expression: {{ regex: {regex} }} }}")
}

fn socket(address: &str) -> String {
    let (host, port) = address.rsplit_once(':').unwrap();
    format!("{{ socket_address: {{ address: {host}, port_value: {port} }} }}")
}
