//! `assertion:`

use std::{collections::BTreeMap, time::Duration};

use super::{AssertionConfig, revocation, section::Section, upstream_headers, value::Value};
use crate::answer::{AssertionRules, HeaderSource, IdentityHeader, OWN_CLAIMS, UpstreamHeaders};
use crate::identity::ClaimPath;

const HEADER: &str = "x-portcullis-assertion";
const EXPECTED_ISSUER: &str = "what backends expect as `iss`, such as `https://gateway.example`";

pub(super) fn read(value: &Value<'_>) -> Option<AssertionConfig> {
    let mut section = value.section()?;
    let text = |expected: &'static str| move |value: &Value<'_>| value.text(expected);
    let issuer = section.required("issuer", EXPECTED_ISSUER, text(EXPECTED_ISSUER));
    let audience = section.optional("audience", text("what backends expect as `aud`"));
    let header = section.optional("header", header).or_else(|| HEADER.parse().ok());
    let (second, hour) = (Duration::from_secs(1), Duration::from_hours(1));
    let lifetime =
        section.or("lifetime", Duration::from_mins(1), |value| value.duration(second..=hour));
    let claims = section.or("claims", default_claims(), claims);
    let key_files = section.or("key_files", Vec::new(), |value| {
        value.list("a list of PEM files, the one that signs first", Value::path)
    });
    let listen = section.optional("listen", |value| {
        revocation::door(value, "keys would cross a network on which others could replace them")
    });
    section.finish();
    let (issuer, audience) = (issuer?.into(), audience.map(Into::into));
    let rules = AssertionRules { header: header?, issuer, audience, lifetime, claims };
    Some(AssertionConfig { rules, key_files, listen })
}

/// A header has one meaning.
pub(super) fn check(
    root: &Section<'_>,
    assertion: Option<&AssertionConfig>,
    headers: &UpstreamHeaders,
) {
    let Some(AssertionConfig { rules, .. }) = assertion else { return };
    if headers.0.iter().any(|(header, _)| *header == rules.header) {
        let name = rules.header.as_str();
        let message = format!("`{name}` is in `upstream_headers` and carries the assertion, too");
        root.report(message, "two headers with two names");
    }
}

/// As if they had been written in the file.
fn default_claims() -> BTreeMap<Box<str>, HeaderSource> {
    let attribute = |name: &str| (name.into(), HeaderSource::Attribute(name.into()));
    let claim = |name: &str, of: &str| (name.into(), HeaderSource::Claim(ClaimPath::top(of)));
    [
        ("roles".into(), HeaderSource::Roles),
        claim("token_issuer", "iss"),
        claim("scope", "scope"),
        attribute("client_id"),
        attribute("org_id"),
        attribute("permissions"),
    ]
    .into()
}

fn header(value: &Value<'_>) -> Option<IdentityHeader> {
    let text = value.text(upstream_headers::EXPECTED_NAME)?;
    match text.parse::<IdentityHeader>() {
        Ok(header) => Some(header),
        Err(refused) => {
            value.report(refused.to_string(), upstream_headers::EXPECTED_NAME);
            None
        }
    }
}

fn claims(value: &Value<'_>) -> Option<BTreeMap<Box<str>, HeaderSource>> {
    let mut claims = BTreeMap::new();
    for entry in value.entries()? {
        let name = entry.key.scalar.text.as_str();
        if OWN_CLAIMS.contains(&name) {
            let message = format!("every assertion has a claim `{name}` of its own");
            value.source.report(Some(entry.key.place), message, Some("another name".to_owned()));
            continue;
        }
        let source = upstream_headers::source(&value.entry(entry));
        claims.extend(source.map(|source| (name.into(), source)));
    }
    Some(claims)
}
