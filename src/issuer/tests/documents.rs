//! What an issuer may answer.

use std::{sync::Arc, time::Duration};

use rcgen::generate_simple_self_signed;
use serde_json::json;

use super::site::{DISCOVERY, JWKS, Page, Site, tls_site};
use crate::identity::{IssuerSpec, KeySet, tests::forge, tests::forge::TestKey};
use crate::issuer::{BuildError, LoadError, build, jwks::Source};
use crate::telemetry::Chain;

async fn load(spec: &IssuerSpec) -> Result<Arc<KeySet>, LoadError> {
    let mut source = Source::build(spec, Duration::from_secs(10)).unwrap();
    source.load().await.map(|fresh| fresh.keys)
}

/// Loads the keys of a site, and tells what is wrong; its address is written as `SITE`.
async fn refusal(site: &Site, spec: &IssuerSpec) -> String {
    let error = load(spec).await.unwrap_err();
    Chain(&error).to_string().replace(site.url("").as_str(), "SITE")
}

async fn good() -> Site {
    Site::with_keys(&[TestKey::named("k1").jwk()]).await
}

#[tokio::test]
async fn a_discovery_document_leads_to_the_keys() {
    let site = good().await;
    assert_eq!(load(&site.spec()).await.unwrap().ids(), ["k1"]);
    // A base64 of certificates beside, and members that nobody knows, are none of our business.
    let spec = IssuerSpec { jwks_uri: Some(site.url("/keys")), ..site.spec() };
    site.serve("/keys", Page::Text(forge::jwks(&[TestKey::named("k2").jwk()])));
    assert_eq!(load(&spec).await.unwrap().ids(), ["k2"], "the configured address is asked");
    assert_eq!(site.hits(DISCOVERY), 1, "and no other");
}

#[tokio::test]
async fn a_discovery_document_of_somebody_else_is_refused() {
    let site = good().await;
    let document = |issuer: &str, jwks_uri: &str| {
        Page::Text(json!({ "issuer": issuer, "jwks_uri": jwks_uri }).to_string().into())
    };
    let (issuer, jwks) = (site.issuer(), site.url(JWKS));
    let no_slash = issuer.trim_end_matches('/');
    let twice = format!(r#"{{"issuer":"{issuer}","jwks_uri":"{jwks}","jwks_uri":"{jwks}"}}"#);
    let lead = "the issuer does not say where its keys are";
    let no_json = "the discovery document is not JSON with `issuer` and `jwks_uri`";
    let cases = [
        (document(no_slash, &jwks), "the discovery document is of the issuer `SITE`"),
        (document("https://evil.example/", &jwks), "of the issuer `https://evil.example/`"),
        (document(&issuer, "https://evil.example/keys"), "is not on the issuer's own host"),
        (document(&issuer, "http://127.0.0.1:1/keys"), "is not on the issuer's own host"),
        (document(&issuer, "http://10.0.0.1/keys"), "it must be https (http on loopback only)"),
        (document(&issuer, "file:///etc/keys"), "it must be https (http on loopback only)"),
        (document(&issuer, "/keys"), "it is not a URL"),
        (Page::Text(twice.into()), no_json),
        (Page::Text(b"{}".to_vec()), no_json),
        (Page::Text(b"<html></html>".to_vec()), no_json),
    ];
    for (page, expected) in cases {
        site.serve(DISCOVERY, page.clone());
        let refusal = refusal(&site, &site.spec()).await;
        assert!(refusal.starts_with(lead) && refusal.contains(expected), "{page:?}: {refusal}");
    }
    assert_eq!(site.hits(JWKS), 0);
}

#[tokio::test]
async fn a28_a_hostile_answer_is_an_error_and_ends() {
    let site = good().await;
    let elsewhere = good().await;
    let many = vec![TestKey::named("k1").jwk(); 101];
    let cases = [
        (Page::Status(404), "`SITE/.well-known/jwks.json` answered 404 Not Found"),
        (Page::Status(204), "answered 204 No Content"),
        (Page::Status(500), "answered 500 Internal Server Error"),
        (Page::Redirect(elsewhere.url(JWKS)), "answered 302 Found"),
        (Page::Redirect(site.url("/other")), "answered 302 Found"),
        (Page::Endless, "sent more than 262144 bytes"),
        (Page::Text(vec![b' '; 256 * 1024 + 1]), "sent more than 262144 bytes"),
        (Page::Text(b"<html></html>".to_vec()), "is not a key set: it cannot be read"),
        (Page::Text(br#"{"keys":null}"#.to_vec()), "is not a key set: it has no list `keys`"),
        (Page::Text(br#"{"keys":[]}"#.to_vec()), "none of its keys can be used"),
        (Page::Text(forge::jwks(&many)), "it has more than 100 keys"),
    ];
    for (page, expected) in cases {
        site.serve(JWKS, page);
        let refusal = refusal(&site, &site.spec()).await;
        assert!(refusal.contains(expected), "expected `{expected}`: {refusal}");
    }
    assert_eq!(elsewhere.hits(JWKS), 0);
}

#[tokio::test]
async fn a_silent_issuer_times_out() {
    let site = good().await;
    site.serve(JWKS, Page::Silent);
    let mut source = Source::build(&site.spec(), Duration::from_millis(50)).unwrap();
    // Two timeouts of one length: that of the whole, or that of its second request.
    let error = source.load().await.unwrap_err();
    assert!(matches!(error, LoadError::Timeout(_) | LoadError::Fetch(_)), "{}", Chain(&error));
}

#[tokio::test]
async fn an_issuer_that_is_not_there_is_an_error() {
    let site = good().await;
    let spec = site.spec();
    let address = site.url(DISCOVERY);
    drop(site);
    let error = load(&spec).await.unwrap_err();
    let text = Chain(&error).to_string();
    assert!(
        text.starts_with(&format!("the issuer does not answer: could not fetch `{address}`")),
        "{text}"
    );
}

#[test]
fn addresses_that_keys_may_be_fetched_from() {
    let build = |issuer: &str, jwks_uri: Option<&str>| {
        let spec = IssuerSpec {
            issuer: issuer.to_owned(),
            jwks_uri: jwks_uri.map(str::to_owned),
            ..forge::spec()
        };
        build(&spec, super::super::Settings::default())
    };
    for good in
        ["http://127.0.0.1:1/", "http://[::1]:1/", "http://localhost:1/", "http://127.9.9.9/"]
    {
        assert!(build(good, None).is_ok(), "{good}");
    }
    for bad in [
        "http://issuer.example/",
        "http://10.0.0.1/",
        "http://localhost.evil.example/",
        "http://127.0.0.1.evil.example/",
        "https://user@issuer.example/",
        "https://issuer.example/#x",
        "ftp://127.0.0.1/",
        "issuer.example",
        "",
    ] {
        assert!(matches!(build(bad, None), Err(BuildError::Address { .. })), "{bad}");
        let jwks_uri = build("http://127.0.0.1:1/", Some(bad));
        assert!(matches!(jwks_uri, Err(BuildError::Address { .. })), "{bad}");
    }
}

#[tokio::test]
async fn a_private_authority_is_trusted_where_it_is_configured() {
    let folder = tempfile::tempdir().unwrap();
    let [ours, theirs] =
        [(); 2].map(|()| generate_simple_self_signed(["localhost".to_owned()]).unwrap());
    let (address, _server) = tls_site(&ours).await;
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, ours.cert.pem()).unwrap();
    let issuer = format!("https://localhost:{}/", address.port());
    let spec = IssuerSpec { issuer, ca_file: Some(file.clone()), ..forge::spec() };
    let text = Chain(&load(&spec).await.unwrap_err()).to_string();
    assert!(text.ends_with("answered 404 Not Found"), "{text}");
    std::fs::write(&file, theirs.cert.pem()).unwrap();
    let text = Chain(&load(&spec).await.unwrap_err()).to_string();
    assert!(text.contains("certificate"), "{text}");
    std::fs::write(&file, "no certificate").unwrap();
    assert!(matches!(Source::build(&spec, Duration::ZERO), Err(BuildError::NoAuthority { .. })));
    std::fs::remove_file(&file).unwrap();
    assert!(matches!(Source::build(&spec, Duration::ZERO), Err(BuildError::ReadAuthority { .. })));
}

#[tokio::test]
async fn keys_that_have_not_changed_are_not_sent_again() {
    let tagged = |name: &str, etag| {
        let text = forge::jwks(&[TestKey::named(name).jwk()]);
        Page::Tagged { text, etag, cache_control: "public, max-age=15, stale-if-error=86400" }
    };
    let site = good().await;
    let mut source = Source::build(&site.spec(), Duration::from_secs(10)).unwrap();
    site.serve(JWKS, tagged("k1", "\"one\""));
    let first = source.load().await.unwrap();
    assert_eq!((first.keys.ids(), first.max_age), (vec!["k1"], Some(Duration::from_secs(15))));
    // Were they sent, they would be other ones.
    site.serve(JWKS, tagged("k2", "\"one\""));
    let same = source.load().await.unwrap();
    assert_eq!((same.keys.ids(), same.max_age), (vec!["k1"], Some(Duration::from_secs(15))));
    site.serve(JWKS, tagged("k2", "\"two\""));
    assert_eq!(source.load().await.unwrap().keys.ids(), ["k2"]);
    // The tag of one address says nothing about another.
    let document = json!({ "issuer": site.issuer(), "jwks_uri": site.url("/moved") });
    site.serve(DISCOVERY, Page::Text(document.to_string().into()));
    site.serve("/moved", tagged("k1", "\"two\""));
    assert_eq!(source.load().await.unwrap().keys.ids(), ["k1"]);
    // An answer to a question that nobody asked.
    let site = good().await;
    site.serve(JWKS, Page::Status(304));
    let refused = refusal(&site, &site.spec()).await;
    assert!(refused.ends_with("answered 304 Not Modified"), "{refused}");
}
