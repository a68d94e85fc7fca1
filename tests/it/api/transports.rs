//! Who can reach the API: TLS, certificates of clients, Unix sockets, and addresses that are open to all.

use hyper_util::rt::TokioIo;
use portcullis::cerbos_api::proto::cerbos::{
    request::v1::ServerInfoRequest, svc::v1::cerbos_service_client::CerbosServiceClient,
};
use tokio::net::UnixStream;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity};
use tower::service_fn;

use crate::support::{Authority, ROUTES, World, config};

/// A world whose API speaks TLS.
async fn encrypted(authority: &Authority, more: &str) -> World {
    let (certificate, key) = authority.sign("localhost");
    World::builder()
        .file("c.pem", &certificate)
        .file("k.pem", &key)
        .file("ca.pem", &authority.pem())
        .section(&format!(
            "api: {{ http_address: '127.0.0.1:0', grpc_address: '127.0.0.1:0', tls: {{ \
             cert_file: c.pem, key_file: k.pem{more} }} }}"
        ))
        .start()
        .await
}

fn port(address: &str) -> &str {
    address.rsplit(':').next().unwrap()
}

async fn over_grpc(world: &World, tls: ClientTlsConfig) -> Result<String, String> {
    let address = format!("https://localhost:{}", port(&world.api.1));
    let endpoint = Endpoint::from_shared(address).unwrap().tls_config(tls).unwrap();
    let channel = endpoint.connect().await.map_err(|error| format!("{error:?}"))?;
    let answer = CerbosServiceClient::new(channel).server_info(ServerInfoRequest {}).await;
    answer.map(|info| info.into_inner().version).map_err(|status| format!("{status:?}"))
}

async fn over_http(world: &World, authority: &Authority, identity: &str) -> Result<u16, String> {
    let mut client = reqwest::Client::builder()
        .add_root_certificate(reqwest::Certificate::from_pem(authority.pem().as_bytes()).unwrap());
    if !identity.is_empty() {
        client = client.identity(reqwest::Identity::from_pem(identity.as_bytes()).unwrap());
    }
    let url = format!("https://localhost:{}/api/server_info", port(&world.api.0));
    let answer = client.build().unwrap().get(url).send().await;
    answer.map(|answer| answer.status().as_u16()).map_err(|error| format!("{error:?}"))
}

#[tokio::test]
async fn both_doors_speak_tls() {
    let authority = Authority::new();
    let world = encrypted(&authority, "").await;
    let tls = || ClientTlsConfig::new().ca_certificate(Certificate::from_pem(authority.pem()));
    assert_eq!(over_grpc(&world, tls()).await.unwrap(), "0.55.0");
    assert_eq!(over_http(&world, &authority, "").await.unwrap(), 200);
    let stranger = Authority::new();
    let other = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(stranger.pem()));
    over_grpc(&world, other).await.unwrap_err();
    over_http(&world, &stranger, "").await.unwrap_err();
    // In the clear there is nobody.
    for address in [&world.api.0, &world.api.1] {
        reqwest::get(format!("http://{address}/api/server_info")).await.unwrap_err();
    }
    world.stop().await.unwrap();
}

#[tokio::test]
async fn only_clients_of_the_authority_are_let_in() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let world = encrypted(&authority, ", client_ca_file: ca.pem").await;
    let tls = || ClientTlsConfig::new().ca_certificate(Certificate::from_pem(authority.pem()));
    let (certificate, key) = authority.sign("app");
    let (forged, forged_key) = stranger.sign("app");
    let known = tls().identity(Identity::from_pem(&certificate, &key));
    assert_eq!(over_grpc(&world, known).await.unwrap(), "0.55.0");
    let unknown = tls().identity(Identity::from_pem(&forged, &forged_key));
    over_grpc(&world, unknown).await.unwrap_err();
    over_grpc(&world, tls()).await.unwrap_err();
    assert_eq!(over_http(&world, &authority, &(certificate + &key)).await.unwrap(), 200);
    over_http(&world, &authority, &(forged + &forged_key)).await.unwrap_err();
    over_http(&world, &authority, "").await.unwrap_err();
    world.stop().await.unwrap();
}

#[tokio::test]
async fn a_unix_socket_is_a_door_as_well() {
    let world = World::builder()
        .section("api: { http_address: 'unix:http.sock', grpc_address: 'unix:grpc.sock' }")
        .start()
        .await;
    for name in ["http.sock", "grpc.sock"] {
        let path = world.path(name);
        let endpoint = Endpoint::from_static("http://localhost");
        let channel = endpoint
            .connect_with_connector(service_fn(move |_| {
                let path = path.clone();
                async move { UnixStream::connect(path).await.map(TokioIo::new) }
            }))
            .await
            .unwrap();
        let info = CerbosServiceClient::new(channel).server_info(ServerInfoRequest {}).await;
        assert_eq!(info.unwrap().into_inner().version, "0.55.0");
    }
    world.stop().await.unwrap();
}

/// Whoever reaches the API may ask about anybody.
#[test]
fn beyond_this_machine_it_wants_tls_or_a_word() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("routes.yaml"), ROUTES).unwrap();
    let file = folder.path().join("portcullis.yaml");
    let load = |entries: &str| {
        let config = config("https://issuer.example/", "{ address: '127.0.0.1:0' }", "127.0.0.1:0");
        std::fs::write(&file, format!("{config}api: {{ {entries} }}\n")).unwrap();
        portcullis::config::load(&file).map(drop).map_err(|errors| errors.to_string())
    };
    for entries in [
        "http_address: '0.0.0.0:3592'",
        "grpc_address: '0.0.0.0:3593'",
        "http_address: '192.0.2.1:3592'",
        "grpc_address: '[::]:3593'",
    ] {
        let refused = load(entries).unwrap_err();
        assert!(refused.contains("without_tls: private_network"), "{refused}");
        load(&format!("{entries}, without_tls: private_network")).unwrap();
        load(&format!("{entries}, tls: {{ cert_file: c.pem, key_file: k.pem }}")).unwrap();
    }
    load("http_address: '[::1]:3592', grpc_address: 'unix:api.sock'").unwrap();
    load("http_address: '0.0.0.0:3592', without_tls: yes").unwrap_err();
}
