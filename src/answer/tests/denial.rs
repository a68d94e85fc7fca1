use serde_json::{Value as Json, json};

use crate::answer::{Denial, DenialHeader, DenialOutputs, InvalidDenial};
use crate::engine::model::{OutputEntry, OutputValue};
use crate::request::Origin;

const POLICY: &str = "resource.invoice.vdefault";

fn allowed() -> DenialOutputs {
    DenialOutputs {
        statuses: [402, 404].into(),
        headers: ["retry-after", "x-reason"].into_iter().filter_map(DenialHeader::parse).collect(),
        redirects: ["https://app.example", "https://a.io"]
            .into_iter()
            .filter_map(Origin::parse)
            .collect(),
        metadata: true,
    }
}

fn said(src: &str, value: Json) -> OutputEntry {
    let value = OutputValue::Value(value.into());
    OutputEntry { src: src.into(), action: "view".parse().unwrap(), value }
}

fn read(denial: &Json) -> Result<Option<Denial>, InvalidDenial> {
    allowed().read(POLICY, &[said(&format!("{POLICY}#rule"), json!({ "denial": denial }))])
}

#[test]
fn an_output_says_how_a_denial_is_told() {
    let denial = read(&json!({
        "status": 402,
        "headers": { "X-Reason": "over the limit" },
        "metadata": { "rule": "limit" },
    }));
    let denial = denial.unwrap().unwrap();
    assert_eq!(denial.status().as_u16(), 402);
    assert_eq!(denial.headers, [("x-reason".into(), "over the limit".to_owned())]);
    assert_eq!(denial.metadata, [("rule".into(), "limit".to_owned())]);
    let redirect =
        read(&json!({ "redirect": "https://app.example/upgrade?plan=pro", "status": 402 }));
    let redirect = redirect.unwrap().unwrap();
    assert_eq!(redirect.status().as_u16(), 303);
    assert_eq!(redirect.location.as_deref(), Some("https://app.example/upgrade?plan=pro"));
    assert_eq!(read(&json!({})), Ok(Some(Denial::default())));
    assert_eq!(Denial::default().status().as_u16(), 403);
}

#[test]
fn what_is_said_has_a_size() {
    let many = |count: usize| -> Json {
        let entries = (0..count).map(|number| (format!("k{number}"), json!("v")));
        Json::Object(entries.collect())
    };
    let location = |length: usize| format!("https://app.example/{}", "a".repeat(length - 20));
    for (denial, is_said) in [
        (json!({ "headers": { "x-reason": "x".repeat(2048) } }), true),
        (json!({ "headers": { "x-reason": "x".repeat(2049) } }), false),
        (json!({ "redirect": location(2048) }), true),
        (json!({ "redirect": location(2049) }), false),
        (json!({ "metadata": many(16) }), true),
        (json!({ "metadata": many(17) }), false),
        (json!({ "metadata": { "k".repeat(2048): "v" } }), true),
        (json!({ "metadata": { "k".repeat(2049): "v" } }), false),
        (json!({ "metadata": { "": "" } }), true),
    ] {
        assert_eq!(read(&denial).is_ok(), is_said, "{denial}");
    }
}

#[test]
fn a_redirect_leads_to_anything_below_its_origin() {
    let rests = ["", "/", "/a?b#c", "?plan=pro", "#plans", "\\plans", ":443/a"];
    let urls = rests.map(|rest| format!("https://app.example{rest}")).into_iter();
    for url in urls.chain(["https://a.io/upgrade/to/pro".to_owned()]) {
        let denial = read(&json!({ "redirect": url })).unwrap().unwrap();
        assert_eq!(denial.location.as_deref(), Some(&*url));
    }
}

#[test]
fn metadata_is_a_thing_of_its_own_to_allow() {
    let allowed = DenialOutputs { metadata: false, ..allowed() };
    let said = said(&format!("{POLICY}#rule"), json!({ "denial": { "metadata": {} } }));
    assert_eq!(allowed.read(POLICY, &[said]), Err(InvalidDenial::Metadata));
}

#[test]
fn what_is_not_allowed_or_cannot_be_sent_is_not_said() {
    for (denial, expected) in [
        (json!({ "status": 200 }), InvalidDenial::Status),
        (json!({ "status": 403.5 }), InvalidDenial::Status),
        (json!({ "status": "402" }), InvalidDenial::Status),
        (json!({ "headers": { "x-other": "a" } }), InvalidDenial::Header),
        (json!({ "headers": { "set-cookie": "a=b" } }), InvalidDenial::Header),
        (json!({ "headers": { "x-reason": "a\r\nx-admin: 1" } }), InvalidDenial::Header),
        (json!({ "headers": { "x-reason": "a\u{0}" } }), InvalidDenial::Header),
        (json!({ "headers": { "x-reason": "é" } }), InvalidDenial::Header),
        (json!({ "headers": { "x-reason": 1 } }), InvalidDenial::Header),
        (json!({ "headers": { "x-reason": "x".repeat(3000) } }), InvalidDenial::Header),
        (json!({ "headers": "x" }), InvalidDenial::Header),
        (json!({ "redirect": "https://evil.example/" }), InvalidDenial::Redirect),
        (json!({ "redirect": "https://app.example.evil.example/" }), InvalidDenial::Redirect),
        (json!({ "redirect": "https://app.example@evil.example/" }), InvalidDenial::Redirect),
        (json!({ "redirect": "https://evil.example\\@app.example/" }), InvalidDenial::Redirect),
        (json!({ "redirect": "http://app.example/" }), InvalidDenial::Redirect),
        (json!({ "redirect": "//evil.example" }), InvalidDenial::Redirect),
        (json!({ "redirect": "/local" }), InvalidDenial::Redirect),
        (json!({ "redirect": "javascript:alert(1)" }), InvalidDenial::Redirect),
        (json!({ "redirect": "https://app.example/\n" }), InvalidDenial::Redirect),
        (json!({ "metadata": { "a": 1 } }), InvalidDenial::Metadata),
        (json!({ "body": "x" }), InvalidDenial::UnknownKey),
    ] {
        assert_eq!(read(&denial), Err(expected), "{denial}");
    }
}

#[test]
fn only_the_policy_that_decided_and_only_where_it_may_is_heard() {
    let denial = || json!({ "denial": { "status": 402 } });
    let ours = || said(&format!("{POLICY}#rule"), denial());
    assert_eq!(DenialOutputs::default().read(POLICY, &[ours()]), Ok(None));
    let other = said(&format!("{POLICY}/acme#rule"), denial());
    assert_eq!(allowed().read(POLICY, &[other]), Ok(None));
    let scoped = format!("{POLICY}/acme.hr");
    for (src, is_heard) in [
        (format!("{POLICY}#a"), true),
        (format!("{POLICY}/acme#a"), true),
        (format!("{scoped}#a"), true),
        (format!("{scoped}.x#a"), false),
        (format!("{POLICY}/ac#a"), false),
        ("resource.invoice.v1#a".to_owned(), false),
        ("principal.invoice.vdefault#a".to_owned(), false),
    ] {
        let heard = allowed().read(&scoped, &[said(&src, denial())]);
        assert_eq!(heard.unwrap().is_some(), is_heard, "{src}");
    }
    let talk = said(&format!("{POLICY}#first"), json!("some other output"));
    let second = said(&format!("{POLICY}#third"), json!({ "denial": { "status": 404 } }));
    let denial = allowed().read(POLICY, &[talk, ours(), second]).unwrap().unwrap();
    assert_eq!(denial.status, Some(402), "the first one counts");
    for name in ["content-length", "location", "x-envoy-a", "x-portcullis-decision-id", "a b"] {
        assert_eq!(DenialHeader::parse(name), None, "{name}");
    }
}
