//! The room through its door.

mod answer;

use super::{Encryption, PdpAddress};

#[test]
fn an_address_says_who_can_read_along() {
    for (text, expected) in [
        ("grpcs://pdp.example", Some(("pdp.example:3593", true))),
        ("grpcs://pdp.example:443/", Some(("pdp.example:443", true))),
        ("grpc://pdp.example:3593", Some(("pdp.example:3593", false))),
        ("grpc://localhost:3593", Some(("localhost:3593", true))),
        ("grpc://127.0.0.1:3593", Some(("127.0.0.1:3593", true))),
        ("grpc://[::1]:3593", Some(("[::1]:3593", true))),
        ("pdp.example:3593", None),
        ("https://pdp.example:3593", None),
        ("grpc://pdp.example:0", None),
        ("grpc://pdp.example:port", None),
        ("grpc://pdp.example/path", None),
        ("grpc://pdp.example#part", None),
        ("grpc://", None),
    ] {
        let address = PdpAddress::parse(text);
        let found = address.map(|address| (address.to_string(), address.is_private()));
        let found = found.as_ref().map(|(text, private)| (&**text, *private));
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn only_the_scheme_encrypts() {
    let address = PdpAddress::parse("grpcs://127.0.0.1:3593").unwrap();
    let encrypted =
        PdpAddress::Tcp { host: "127.0.0.1".into(), port: 3593, encryption: Encryption::Tls };
    assert_eq!(address, encrypted);
    assert!(!PdpAddress::parse("grpc://127.0.0.1").unwrap().is_encrypted());
}
