//! What can be said without a Redis; the integration tests have a real one.

use std::time::Duration;

use super::{BuildError, RedisUrl, SharedMemory, SharedMemoryConfig};

fn config(url: &str) -> SharedMemoryConfig {
    SharedMemoryConfig {
        url: RedisUrl::parse(url).unwrap(),
        ca_file: None,
        prefix: "p:".into(),
        timeout: Duration::from_secs(1),
    }
}

#[test]
fn a_url_says_whether_others_can_read_along() {
    for (text, expected) in [
        ("redis://127.0.0.1:6379", Some(true)),
        ("redis://:password@localhost/3", Some(true)),
        ("redis://[::1]:6379/", Some(true)),
        ("rediss://user:password@redis.example:6380/0", Some(true)),
        ("redis+unix:///run/redis.sock", Some(true)),
        ("redis://redis.example:6379", Some(false)),
        ("redis://10.0.0.7", Some(false)),
        ("redis://localhost.evil.example", Some(false)),
        ("http://127.0.0.1:6379", None),
        ("redis.example:6379", None),
        ("", None),
    ] {
        let url = RedisUrl::parse(text);
        assert_eq!(url.map(|url| url.is_private()), expected, "{text}");
    }
}

#[test]
fn a_password_is_never_shown() {
    let config = config("redis://:open-sesame@127.0.0.1");
    let shown = format!("{config:?} {:?}", SharedMemory::build(&config).unwrap());
    assert!(!shown.contains("sesame"), "{shown}");
}

#[test]
fn an_authority_must_be_there_and_needs_tls() {
    let authority = |url: &str, ca_file: &str| {
        SharedMemory::build(&SharedMemoryConfig { ca_file: Some(ca_file.into()), ..config(url) })
    };
    let error = authority("rediss://127.0.0.1", "nowhere.pem").unwrap_err();
    assert!(matches!(error, BuildError::ReadAuthority { .. }), "{error}");
    let error = authority("redis://127.0.0.1", "Cargo.toml").unwrap_err();
    assert!(matches!(error, BuildError::Client(_)), "{error}");
}

#[tokio::test]
async fn who_is_not_there_is_an_error_and_not_an_answer() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("redis://{}", nobody.local_addr().unwrap());
    drop(nobody);
    let memory = SharedMemory::build(&config(&url)).unwrap();
    for _ in 0..2 {
        memory.ask::<String>(&redis::cmd("PING")).await.unwrap_err();
    }
}
