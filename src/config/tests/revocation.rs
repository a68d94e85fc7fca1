//! `redis:`, `revocation:` and `logout:`.

use super::read_with;

const CLIENTS: &str = "\
issuers: [{ issuer: https://issuer.example, audience: api, logout_clients: [web] }]
";

#[test]
fn what_crosses_a_network_is_encrypted_unless_the_configuration_says_otherwise_in_words() {
    for (more, fits) in [
        ("redis: { url: redis://127.0.0.1:6379 }", true),
        ("redis: { url: redis+unix:///run/redis.sock }", true),
        ("redis: { url: rediss://redis.example, ca_file: ca.pem }", true),
        ("redis: { url: redis://redis.example }", false),
        ("redis: { url: redis://redis.example, without_tls: private_network }", true),
        ("redis: { url: redis://redis.example, without_tls: true }", false),
        ("redis: { url: redis://127.0.0.1, ca_file: ca.pem }", false),
        ("logout: { address: 127.0.0.1:9193 }", true),
        ("logout: { address: '[::1]:9193' }", true),
        ("logout: { address: 0.0.0.0:9193 }", false),
        ("logout: { address: 0.0.0.0:9193, tls: { cert_file: c, key_file: k } }", true),
        ("logout: { address: 0.0.0.0:9193, without_tls: proxy_encrypts }", true),
        ("logout: { address: 0.0.0.0:9193, without_tls: please }", false),
        ("logout: { address: 9193 }", false),
    ] {
        let config = read_with(&format!("{CLIENTS}{more}\n{}", default_logout(more)));
        assert_eq!(config.is_ok(), fits, "{more}: {config:?}");
    }
}

fn default_logout(more: &str) -> &'static str {
    if more.starts_with("logout") { "" } else { "logout: { address: 127.0.0.1:9193 }\n" }
}

#[test]
fn half_of_a_logout_is_an_error() {
    for (more, expected) in [
        (
            CLIENTS.to_owned(),
            "1:1: there are `logout_clients`, and nobody listens for them; expected `logout` with its `address`",
        ),
        (
            "logout: { address: 127.0.0.1:9193 }\n".to_owned(),
            "1:1: `logout` is set, and no issuer has `logout_clients`; expected the client ids whose logout tokens are believed",
        ),
        (
            "revocation: { on_outage: shrug }\n".to_owned(),
            "7:26: `revocation.on_outage` is `shrug`; expected `refuse` or `continue`",
        ),
    ] {
        assert_eq!(read_with(&more).unwrap_err(), format!("portcullis.yaml:{expected}"));
    }
}

#[test]
fn a_password_is_not_repeated_in_an_error() {
    let error = read_with("redis: { url: 'http://:open-sesame@redis.example' }\n").unwrap_err();
    assert_eq!(
        error,
        "portcullis.yaml:7:15: `redis.url` is not a URL of Redis; expected a URL of Redis, such as `rediss://redis.example:6380`"
    );
    let config = read_with("redis: { url: 'redis://:open-sesame@127.0.0.1' }\n").unwrap();
    assert!(!format!("{config:?}").contains("sesame"));
}
