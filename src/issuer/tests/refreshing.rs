//! Keys over time: rotation, outages, and attackers who choose key ids.

use std::time::Duration;

use super::site::{DISCOVERY, JWKS, Page, Refreshing, Site, advance};
use crate::identity::tests::forge::{self, TestKey};
use crate::issuer::Settings;

const SECOND: Duration = Duration::from_secs(1);

fn keys(names: &[&str]) -> Page {
    let keys: Vec<_> = names.iter().map(|name| TestKey::named(name).jwk()).collect();
    Page::Text(forge::jwks(&keys))
}

async fn site(names: &[&str]) -> Site {
    let site = Site::with_keys(&[]).await;
    site.serve(JWKS, keys(names));
    site
}

/// Waits for the end of a fetch that is under way, by way of what it leaves behind.
async fn until(fits: impl Fn() -> bool) {
    for _ in 0..10_000 {
        if fits() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("it never came to be");
}

#[tokio::test]
async fn nothing_is_available_before_the_first_load() {
    let site = site(&["k1"]).await;
    site.serve(JWKS, Page::Status(500));
    let refreshing = Refreshing::start(&site.spec(), Settings::default());
    let keys = &refreshing.keys;
    assert_eq!((keys.current().is_err(), keys.age()), (true, None));
    assert!(keys.current_with("k1").await.is_err(), "A27: never loaded");
    until(|| site.hits(JWKS) == 1).await;
    site.serve(JWKS, super::refreshing::keys(&["k1"]));
    // It tries again after a second, not only after five minutes.
    advance(SECOND).await;
    keys.loaded().await;
    assert_eq!(keys.current().unwrap().ids(), ["k1"]);
    assert!(keys.age().unwrap() < SECOND);
}

#[tokio::test]
async fn a26_keys_are_replaced_at_each_refresh() {
    let site = site(&["k1", "k2"]).await;
    let refreshing = Refreshing::loaded(&site.spec(), Settings::default()).await;
    site.serve(JWKS, keys(&["k2"]));
    advance(269 * SECOND).await;
    assert_eq!((refreshing.keys.current().unwrap().ids(), site.hits(JWKS)), (vec!["k1", "k2"], 1));
    advance(61 * SECOND).await;
    until(|| refreshing.keys.current().unwrap().ids() == ["k2"]).await;
    assert_eq!((site.hits(JWKS), site.hits(DISCOVERY)), (2, 2));
}

#[tokio::test]
async fn a27_old_keys_stay_while_the_issuer_is_away_but_not_for_ever() {
    let site = site(&["k1"]).await;
    let refreshing = Refreshing::loaded(&site.spec(), Settings::default()).await;
    let keys = &refreshing.keys;
    site.serve(JWKS, Page::Text(b"<html></html>".to_vec()));
    advance(331 * SECOND).await;
    until(|| site.hits(JWKS) == 2).await;
    assert_eq!(keys.current().unwrap().ids(), ["k1"]);
    assert_eq!(
        keys.current_with("unknown").await.unwrap().ids(),
        ["k1"],
        "unknown, not unavailable"
    );
    advance(3600 * SECOND).await;
    assert_eq!(keys.current().unwrap().ids(), ["k1"]);
    advance(10 * SECOND).await;
    assert!(keys.current().is_err());
    assert!(keys.current_with("k1").await.is_err());
    site.serve(JWKS, super::refreshing::keys(&["k1"]));
    advance(31 * SECOND).await;
    until(|| keys.current().is_ok()).await;
}

#[tokio::test]
async fn a_new_key_is_found_by_whoever_needs_it_first() {
    let site = site(&["k1"]).await;
    let refreshing = Refreshing::loaded(&site.spec(), Settings::default()).await;
    site.serve(JWKS, keys(&["k1", "k2"]));
    assert_eq!(refreshing.keys.current_with("k2").await.unwrap().ids(), ["k1"], "too soon");
    advance(31 * SECOND).await;
    assert_eq!(refreshing.keys.current_with("k1").await.unwrap().ids(), ["k1"], "it is there");
    assert_eq!(site.hits(JWKS), 1);
    let all = [(); 5].map(|()| refreshing.keys.current_with("k2"));
    let [a, b, c, d, e] = all;
    let found = tokio::join!(a, b, c, d, e);
    for keys in [found.0, found.1, found.2, found.3, found.4] {
        assert_eq!(keys.unwrap().ids(), ["k1", "k2"]);
    }
    assert_eq!(site.hits(JWKS), 2, "all of them share one fetch");
}

#[tokio::test]
async fn a6_unknown_key_ids_do_not_become_requests() {
    let site = site(&["k1"]).await;
    let refreshing = Refreshing::loaded(&site.spec(), Settings::default()).await;
    let keys = &refreshing.keys;
    advance(31 * SECOND).await;
    for number in 0..1_000 {
        assert_eq!(keys.current_with(&format!("k{}", number + 10)).await.unwrap().ids(), ["k1"]);
    }
    assert_eq!(site.hits(JWKS), 2, "one for all of them");
    advance(31 * SECOND).await;
    keys.current_with("k10").await.unwrap();
    assert_eq!(site.hits(JWKS), 2, "this one was asked for a moment ago");
    keys.current_with("another").await.unwrap();
    assert_eq!(site.hits(JWKS), 3);
    advance(31 * SECOND).await;
    keys.current_with("k10").await.unwrap();
    assert_eq!(site.hits(JWKS), 4, "a miss is forgotten after a minute");
}

#[tokio::test]
async fn a_silent_issuer_delays_only_those_who_need_it() {
    let silent = site(&["k1"]).await;
    let good = site(&["k1"]).await;
    let short = Settings { timeout: Duration::from_millis(100), ..Settings::default() };
    let stuck = Refreshing::loaded(&silent.spec(), short).await;
    silent.serve(JWKS, Page::Silent);
    let other = Refreshing::loaded(&good.spec(), Settings::default()).await;
    advance(31 * SECOND).await;
    good.serve(JWKS, keys(&["k1", "k2"]));
    let waits = stuck.keys.current_with("k2");
    let known = async { stuck.keys.current_with("k1").await.unwrap() };
    let (waited, known, elsewhere) = tokio::join!(waits, known, other.keys.current_with("k2"));
    assert_eq!(waited.unwrap().ids(), ["k1"], "in vain, but not for longer than the timeout");
    assert_eq!(known.ids(), ["k1"]);
    assert_eq!(elsewhere.unwrap().ids(), ["k1", "k2"]);
}

#[tokio::test]
async fn no_grace_means_none() {
    let site = site(&["k1"]).await;
    let strict = Settings { max_stale: Duration::ZERO, ..Settings::default() };
    let refreshing = Refreshing::loaded(&site.spec(), strict).await;
    site.serve(JWKS, Page::Status(503));
    advance(330 * SECOND).await;
    assert!(refreshing.keys.current().is_ok(), "the refresh may still be on its way");
    advance(6 * SECOND).await;
    assert!(refreshing.keys.current().is_err());
}

#[tokio::test]
async fn an_issuer_may_have_its_keys_fetched_more_often_but_not_all_the_time() {
    for (cache_control, earliest, latest) in [
        ("max-age=120", 108, 132),
        ("Max-Age=15, public", 54, 66),
        ("max-age=86400, no-cache", 54, 66),
        ("no-store", 54, 66),
        ("max-age=86400", 270, 330),
        ("max-age=soon", 270, 330),
        ("s-maxage=15", 270, 330),
    ] {
        let site = site(&[]).await;
        let text = forge::jwks(&[TestKey::named("k1").jwk()]);
        site.serve(JWKS, Page::Tagged { text, etag: "\"one\"", cache_control });
        let _refreshing = Refreshing::loaded(&site.spec(), Settings::default()).await;
        advance((earliest - 1) * SECOND).await;
        tokio::task::yield_now().await;
        assert_eq!(site.hits(JWKS), 1, "{cache_control}");
        advance((latest - earliest + 2) * SECOND).await;
        until(|| site.hits(JWKS) == 2).await;
    }
}
