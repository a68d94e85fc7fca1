//! The ext_authz listener speaks TCP, TLS, mTLS and over a Unix socket; and gRPC health.

use std::fs;

use envoy_types::pb::envoy::service::auth::v3::authorization_client::AuthorizationClient;
use hyper_util::rt::TokioIo;
use tokio::{
    io::AsyncWriteExt,
    net::{TcpStream, UnixStream},
};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity, Uri};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tower::service_fn;

use crate::support::{Authority, Told, World, check_request};

async fn public_route(channel: Channel) -> Result<i32, tonic::Status> {
    let mut client = AuthorizationClient::new(channel);
    let response = client.check(check_request("GET", "/healthz", None)).await?;
    Ok(Told::of(response.get_ref()).status)
}

/// A server that only clients of the authority may ask.
struct Guarded {
    authority: Authority,
    world: World,
}

// === impl Guarded ===

impl Guarded {
    async fn start() -> Self {
        let authority = Authority::new();
        let (certificate, key) = authority.sign("localhost");
        let world = World::builder()
            .file("cert.pem", &certificate)
            .file("key.pem", &key)
            .file("ca.pem", &authority.pem())
            .listen(
                "{ address: '127.0.0.1:0', tls: { cert_file: cert.pem, key_file: key.pem, client_ca_file: ca.pem } }",
            )
            .start()
            .await;
        Self { authority, world }
    }

    /// As a client with a certificate of this authority, if with any.
    async fn ask_as(&self, authority: Option<&Authority>) -> Result<i32, tonic::Status> {
        let address = self.world.ext_authz.replace("127.0.0.1", "https://localhost");
        let tls = ClientTlsConfig::new()
            .ca_certificate(Certificate::from_pem(self.authority.pem()))
            .domain_name("localhost");
        let tls = match authority.map(|authority| authority.sign("envoy")) {
            Some((certificate, key)) => tls.identity(Identity::from_pem(certificate, key)),
            None => tls,
        };
        let endpoint = Endpoint::from_shared(address).unwrap().tls_config(tls).unwrap();
        Box::pin(public_route(endpoint.connect_lazy())).await
    }
}

#[tokio::test]
async fn with_mtls_only_a_client_of_the_authority_is_answered() {
    let guarded = Guarded::start().await;
    assert_eq!(guarded.ask_as(Some(&guarded.authority)).await.unwrap(), 200);
    let stranger = guarded.ask_as(Some(&Authority::new())).await;
    assert!(stranger.is_err(), "another authority's client");
    assert!(guarded.ask_as(None).await.is_err(), "a client without a certificate");
    let plain = format!("http://{}", guarded.world.ext_authz);
    let plain = Endpoint::from_shared(plain).unwrap().connect_lazy();
    assert!(public_route(plain).await.is_err(), "a client without TLS");
    guarded.world.stop().await.unwrap();
}

#[tokio::test]
async fn threat_50_two_hundred_bad_handshakes_do_not_keep_a_good_one_out() {
    let guarded = Guarded::start().await;
    // A record of TLS that breaks off, one of another kind, an alert, HTTP/2 and HTTP/1.1 in the clear,
    // noise, and silence.
    let beginnings: [&[u8]; 7] = [
        &[22, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3],
        &[22, 3, 1, 255, 255, 1, 255, 255, 255, 3, 3],
        &[21, 3, 3, 0, 2, 2, 40],
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        &[0xff; 64],
        b"",
    ];
    let mut open = Vec::new();
    for (number, beginning) in beginnings.iter().cycle().take(200).enumerate() {
        let mut stream = TcpStream::connect(&guarded.world.ext_authz).await.unwrap();
        stream.write_all(beginning).await.unwrap();
        // Half of them stay, and never say more.
        if number % 2 == 0 {
            open.push(stream);
        }
        if number % 20 == 0 {
            assert!(guarded.ask_as(None).await.is_err(), "a client without a certificate");
        }
    }
    assert_eq!(guarded.ask_as(Some(&guarded.authority)).await.unwrap(), 200);
    guarded.world.stop().await.unwrap();
}

#[tokio::test]
async fn a_unix_socket_replaces_the_one_of_an_earlier_process() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("authz.sock");
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    assert!(fs::exists(&socket).unwrap(), "the stale socket of an earlier process");
    let world = World::builder()
        .listen(&format!("{{ address: 'unix:{}' }}", socket.display()))
        .start()
        .await;
    let connector = service_fn(move |_address: Uri| {
        let path = socket.clone();
        async move { UnixStream::connect(path).await.map(TokioIo::new) }
    });
    let channel = Endpoint::from_static("http://unix").connect_with_connector_lazy(connector);
    assert_eq!(public_route(channel).await.unwrap(), 200);
    world.stop().await.unwrap();
}

#[tokio::test]
async fn the_grpc_health_service_answers() {
    let world = World::builder().start().await;
    let channel =
        Endpoint::from_shared(format!("http://{}", world.ext_authz)).unwrap().connect_lazy();
    let mut client = HealthClient::new(channel);
    for service in ["", "envoy.service.auth.v3.Authorization"] {
        let request = HealthCheckRequest { service: service.to_owned() };
        let status = client.check(request).await.unwrap().into_inner().status;
        assert_eq!(status, 1, "SERVING of `{service}`");
    }
    world.stop().await.unwrap();
}
