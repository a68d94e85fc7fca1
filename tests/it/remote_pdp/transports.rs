//! What carries the questions to the PDP: TLS, with a certificate of ours where one is asked for, and
//! Unix sockets.

use std::{net::SocketAddr, sync::Arc};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream, UnixListener},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
        server::WebPkiClientVerifier,
    },
};

use super::{INVOICE, PATIENT, pdp};
use crate::support::{Authority, POLICY, Pdp, World, check_request, claims};

async fn view(world: &World) -> i32 {
    let token = world.issuer.token(&claims("auth0|viewer", &["viewer"]));
    world.ask(check_request("GET", INVOICE, Some(&token))).await.status
}

#[tokio::test]
async fn a_pdp_is_believed_only_with_a_certificate_of_its_authority() {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (certificate, key) = (cert.pem(), signing_key.serialize_pem());
    let pdp = Pdp::with_tls(&[("invoice.yaml", POLICY)], &certificate, &key).await;
    let entries = format!(
        "address: 'grpcs://localhost:{}', tls: {{ ca_file: ca.pem }}, {PATIENT}",
        pdp.grpc.port()
    );
    let world = World::builder().pdp(&entries).file("ca.pem", &certificate).start().await;
    let token = world.issuer.token(&claims("auth0|viewer", &["viewer"]));
    let told = world.ask(check_request("GET", INVOICE, Some(&token))).await;
    assert_eq!(told.status, 200, "{told:?}");
    world.stop().await.unwrap();

    let other = generate_simple_self_signed(["localhost".to_owned()]).unwrap().cert.pem();
    let world = World::builder().pdp(&entries).file("ca.pem", &other).begin().await;
    let token = world.issuer.token(&claims("auth0|viewer", &["viewer"]));
    for _ in 0..5 {
        let told = world.ask(check_request("GET", INVOICE, Some(&token))).await;
        assert_eq!(told.status, 503, "{told:?}");
    }
    world.stop().await.unwrap();
}

/// Stands before a PDP, and lets only clients of the authority through to it.
async fn guard(pdp: SocketAddr, authority: &Authority) -> SocketAddr {
    let der = |pem: &str| CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(der(&authority.pem())).unwrap();
    let verifier = WebPkiClientVerifier::builder(roots.into()).build().unwrap();
    let (certificate, key) = authority.sign("localhost");
    let mut config = ServerConfig::builder()
        .with_client_cert_verifier(verifier)
        .with_single_cert(
            vec![der(&certificate)],
            PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap(),
        )
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut client) = acceptor.accept(client).await else { return };
                let mut server = TcpStream::connect(pdp).await.unwrap();
                // Either side may go away when it likes.
                let _ended = copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    address
}

#[tokio::test]
async fn our_certificate_is_shown_to_a_pdp_that_asks_for_one() {
    let pdp = pdp().await;
    let authority = Authority::new();
    let address = guard(pdp.grpc, &authority).await;
    let client = "cert_file: client.pem, key_file: client.key";
    for (tls, signed_by, expected) in
        [(client, &authority, 200), (client, &Authority::new(), 503), ("", &authority, 503)]
    {
        let (certificate, key) = signed_by.sign("portcullis");
        let entries = format!(
            "address: 'grpcs://localhost:{}', tls: {{ ca_file: ca.pem, {tls} }}, {PATIENT}, \
             retries: 0",
            address.port()
        );
        let world = World::builder()
            .pdp(&entries)
            .file("ca.pem", &authority.pem())
            .file("client.pem", &certificate)
            .file("client.key", &key);
        let world = if expected == 200 { world.start().await } else { world.begin().await };
        assert_eq!(view(&world).await, expected, "{tls}");
        world.stop().await.unwrap();
    }
}

#[tokio::test]
async fn a_pdp_can_be_behind_a_unix_socket() {
    let pdp = pdp().await;
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("pdp.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    let grpc = pdp.grpc;
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut server = TcpStream::connect(grpc).await.unwrap();
                let _ended = copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    let entries = format!("address: 'unix:{}', {PATIENT}", socket.display());
    let world = World::builder().pdp(&entries).start().await;
    assert_eq!(view(&world).await, 200);
    world.stop().await.unwrap();
}
