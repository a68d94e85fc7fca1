use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{FORMS, headers, raw, read};
use crate::request::{HttpRequest, PeerError, RawPeer, RawRequest, RequestRules};

const ENVOYS_PEER: &str = "10.0.0.9";

/// The client's address, or the reason why there is none.
#[track_caller]
fn client(trusted_hops: u8, forwarded: &[&str], expected: &str) {
    for form in FORMS {
        let lines: Vec<(&str, &[u8])> =
            forwarded.iter().map(|line| ("x-forwarded-for", line.as_bytes())).collect();
        let peer = RawPeer { address: ENVOYS_PEER.into(), ..RawPeer::default() };
        let raw = RawRequest { headers: headers(form, &lines), peer, ..raw("/") };
        let rules = RequestRules { trusted_hops, ..RequestRules::default() };
        let found = match HttpRequest::read(raw, &rules).unwrap().peer.address() {
            Ok(address) => address.unwrap().to_string(),
            Err(error) => error.reason().to_owned(),
        };
        assert_eq!(found, expected, "{form:?} {forwarded:?}");
    }
}

#[test]
fn without_trusted_hops_the_client_is_the_peer_of_envoy() {
    client(0, &[], ENVOYS_PEER);
    client(0, &["198.51.100.7"], ENVOYS_PEER);
    client(0, &["198.51.100.7, 10.0.0.9"], ENVOYS_PEER);
}

#[test]
fn threat_23_the_client_is_counted_from_the_right() {
    client(1, &["192.0.2.1, 10.0.0.9"], "192.0.2.1");
    client(1, &["198.51.100.7, 192.0.2.1,10.0.0.9"], "192.0.2.1");
    client(1, &["198.51.100.7", "192.0.2.1, 10.0.0.9"], "192.0.2.1");
    client(1, &["198.51.100.7", "10.0.0.9", "192.0.2.1", "10.0.0.9"], "192.0.2.1");
    client(2, &["198.51.100.7, 192.0.2.1, 10.0.0.8, 10.0.0.9"], "192.0.2.1");
    client(1, &["not an address, 192.0.2.1:50123, 10.0.0.9"], "192.0.2.1");
    client(1, &["[2001:db8::1]:443, ::ffff:10.0.0.9"], "2001:db8::1");
    client(1, &["::ffff:192.0.2.1, 10.0.0.9"], "192.0.2.1");
}

#[test]
fn a_chain_that_cannot_be_counted_is_refused() {
    client(1, &[], "peer.chain_too_short");
    client(1, &["10.0.0.9"], "peer.chain_too_short");
    client(2, &["192.0.2.1, 10.0.0.9"], "peer.chain_too_short");
    client(255, &["192.0.2.1, 10.0.0.9"], "peer.chain_too_short");
    client(1, &["192.0.2.1"], "peer.forwarded_by_other");
    client(1, &["192.0.2.1, 10.0.0.8"], "peer.forwarded_by_other");
    client(1, &["192.0.2.1, 10.0.0.9, "], "peer.forwarded_by_other");
    client(1, &["unknown, 10.0.0.9"], "peer.not_an_address");
    client(1, &["198.51.100.7, , 10.0.0.9"], "peer.not_an_address");
    client(1, &["fe80::1%eth0, 10.0.0.9"], "peer.not_an_address");
}

#[test]
fn a_peer_on_envoys_machine_is_written_with_envoys_own_address() {
    let peer = RawPeer { address: "127.0.0.1".into(), ..RawPeer::default() };
    let lines: &[(&str, &[u8])] = &[("x-forwarded-for", b"203.0.113.5, 192.0.2.1, 10.0.0.9")];
    let raw = RawRequest { headers: headers(FORMS[1], lines), peer, ..raw("/") };
    let rules = RequestRules { trusted_hops: 1, ..RequestRules::default() };
    let request = HttpRequest::read(raw, &rules).unwrap();
    assert_eq!(request.peer.address(), Ok(Some("192.0.2.1".parse().unwrap())));
}

#[test]
fn a_peer_without_address_is_refused_only_where_hops_are_counted() {
    for address in ["", "/run/envoy.sock"] {
        let peer = RawPeer { address: address.into(), ..RawPeer::default() };
        let raw = RawRequest { peer, ..raw("/") };
        assert_eq!(read(raw.clone()).unwrap().peer.address(), Ok(None));
        let lines: &[(&str, &[u8])] = &[("x-forwarded-for", b"192.0.2.1, ")];
        let raw = RawRequest { headers: headers(FORMS[1], lines), ..raw };
        let rules = RequestRules { trusted_hops: 1, ..RequestRules::default() };
        let request = HttpRequest::read(raw, &rules).unwrap();
        assert_eq!(request.peer.address(), Err(PeerError::ForwardedByOther));
    }
}

fn with_certificate(certificate: String) -> Result<Option<String>, PeerError> {
    let peer = RawPeer { certificate: certificate.into(), ..RawPeer::default() };
    read(RawRequest { peer, ..raw("/") }).unwrap().peer.thumbprint()
}

#[test]
fn threat_10_the_thumbprint_is_that_of_the_leaf() {
    let certificate = rcgen::generate_simple_self_signed(["client.example".to_owned()]).unwrap();
    let other = rcgen::generate_simple_self_signed(["other.example".to_owned()]).unwrap();
    let thumbprint = URL_SAFE_NO_PAD.encode(digest(&SHA256, certificate.cert.der()));
    let encode = |pem: &str| {
        pem.replace('\n', "%0A").replace(' ', "%20").replace('+', "%2B").replace('=', "%3D")
    };
    let (pem, other) = (certificate.cert.pem(), other.cert.pem());
    for pem in [pem.clone(), pem.replace('\n', "\r\n"), format!("{pem}{other}")] {
        assert_eq!(with_certificate(encode(&pem)), Ok(Some(thumbprint.clone())));
    }
    let padded = |longer: usize| {
        let pem = encode(&pem);
        let more = "a".repeat(64 * 1024 - pem.len() + longer);
        with_certificate(pem + &more)
    };
    assert_eq!(padded(0), Ok(Some(thumbprint)));
    assert_eq!(padded(1), Err(PeerError::MalformedCertificate));
    assert_eq!(with_certificate(String::new()), Ok(None));
    for malformed in [
        "-".to_owned(),
        "%".to_owned(),
        encode(&certificate.signing_key.serialize_pem()),
        format!("x{}", encode(&pem)),
        encode(&pem).replace("-----END", "----END"),
        encode(&pem).replace("MII", "!II"),
        // threat 10: a NUL ends what a program in C reads.
        encode(&pem).replace("MII", "MII%00"),
        encode(&pem).replace("MII", "MII\0"),
        format!("%00{}", encode(&pem)),
        encode(&pem).replace("-----END", "%00-----END"),
        encode("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----"),
        encode(&pem.repeat(1000)),
    ] {
        assert_eq!(with_certificate(malformed), Err(PeerError::MalformedCertificate));
    }
}

#[test]
fn threat_10_a_principal_with_a_control_character_is_refused() {
    let with = |principal: &str| {
        let peer = RawPeer { principal: principal.into(), ..RawPeer::default() };
        let request = read(RawRequest { peer, ..raw("/") }).unwrap();
        request.peer.principal().map(|principal| principal.map(str::to_owned))
    };
    assert_eq!(with(""), Ok(None));
    for principal in ["spiffe://example/ns/a/sa/b", "CN=Ann Example,O=Acme", "a%20b"] {
        assert_eq!(with(principal), Ok(Some(principal.to_owned())));
    }
    for principal in ["admin\0.example", "admin%00.example", "admin\n", "admin%0A", "a%", "a%FF"] {
        assert_eq!(with(principal), Err(PeerError::MalformedPrincipal), "{principal}");
    }
}
