//! The ext_authz listener speaks TCP, TLS, mTLS and over a Unix socket; and gRPC health.

use std::fs;

use envoy_types::pb::envoy::service::auth::v3::authorization_client::AuthorizationClient;
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity, Uri};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tower::service_fn;

use crate::support::{Authority, Told, World, check_request};

async fn public_route(channel: Channel) -> Result<i32, tonic::Status> {
    let mut client = AuthorizationClient::new(channel);
    let response = client.check(check_request("GET", "/healthz", None)).await?;
    Ok(Told::of(response.get_ref()).status)
}

#[tokio::test]
async fn with_mtls_only_a_client_of_the_authority_is_answered() {
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
    let address = world.ext_authz.replace("127.0.0.1", "https://localhost");
    let tls = || {
        ClientTlsConfig::new()
            .ca_certificate(Certificate::from_pem(authority.pem()))
            .domain_name("localhost")
    };
    let connect = |tls: ClientTlsConfig| {
        Endpoint::from_shared(address.clone()).unwrap().tls_config(tls).unwrap().connect_lazy()
    };
    let (certificate, key) = authority.sign("envoy");
    let known = tls().identity(Identity::from_pem(certificate, key));
    assert_eq!(public_route(connect(known)).await.unwrap(), 200);
    let (certificate, key) = Authority::new().sign("envoy");
    let stranger = tls().identity(Identity::from_pem(certificate, key));
    assert!(public_route(connect(stranger)).await.is_err(), "another authority's client");
    assert!(public_route(connect(tls())).await.is_err(), "a client without a certificate");
    let plain =
        Endpoint::from_shared(format!("http://{}", world.ext_authz)).unwrap().connect_lazy();
    assert!(public_route(plain).await.is_err(), "a client without TLS");
    world.stop().await.unwrap();
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
