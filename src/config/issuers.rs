//! `issuers:`, each spelled out; and what an issuer has in common with `auth0:`.

use std::{collections::BTreeMap, time::Duration};

use super::{
    section::Section,
    url::{EXPECTED_ISSUER, EXPECTED_URL, is_fetchable, is_issuer},
    value::Value,
};
use crate::identity::{
    Algorithm, ClaimMapping, ClaimPath, IssuerSpec, OWN_ATTRIBUTES, TokenDialect, UserSubjects,
};
use crate::yaml::Tree;

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(86_400);

pub(super) const ALGORITHMS: [(&str, Algorithm); 9] = [
    ("RS256", Algorithm::Rs256),
    ("RS384", Algorithm::Rs384),
    ("RS512", Algorithm::Rs512),
    ("PS256", Algorithm::Ps256),
    ("PS384", Algorithm::Ps384),
    ("PS512", Algorithm::Ps512),
    ("ES256", Algorithm::Es256),
    ("ES384", Algorithm::Es384),
    ("EdDSA", Algorithm::EdDsa),
];

const DIALECTS: [(&str, TokenDialect); 2] =
    [("any", TokenDialect::Any), ("rfc9068", TokenDialect::Rfc9068)];

const USER_SUBJECTS: [(&str, UserSubjects); 2] =
    [("any", UserSubjects::Any), ("with_connection", UserSubjects::WithConnection)];

/// One entry of `issuers:`.
pub(super) fn issuer(value: &Value<'_>) -> Option<IssuerSpec> {
    let mut section = value.section()?;
    let issuer = section.required("issuer", EXPECTED_ISSUER, |value| {
        value.parsed(EXPECTED_ISSUER, |text| is_issuer(text).then(|| text.to_owned()))
    });
    // Auth0's `iss` ends in a slash, and without it no token would ever be accepted.
    if let Some(issuer) = issuer.as_deref().filter(|issuer| issuer.ends_with(".auth0.com")) {
        let message =
            format!("`{}.issuer` is `{issuer}`, which no token of Auth0 names", value.name);
        section.report(message, &format!("`{issuer}/`, or the section `auth0`, which is stricter"));
    }
    let audiences = audiences(&mut section);
    let jwks_uri = section.optional("jwks_uri", |value| {
        value.parsed(EXPECTED_URL, |text| is_fetchable(text).then(|| text.to_owned()))
    });
    let default = vec![Algorithm::Rs256, Algorithm::Ps256, Algorithm::Es256];
    let algorithms = section.or("algorithms", default, |value| {
        value.list("a list of signature algorithms", |item| item.choice(&ALGORITHMS))
    });
    let dialect = section.or("dialect", TokenDialect::Any, |value| value.choice(&DIALECTS));
    let user_subjects =
        section.or("user_subjects", UserSubjects::Any, |value| value.choice(&USER_SUBJECTS));
    let tenant = section.optional("tenant", |value| value.text("the name of a tenant"));
    let tenant = tenant.map(Into::into);
    let spec = common(&mut section, audiences);
    section.finish();
    let (issuer, spec) = (issuer?, spec?);
    Some(IssuerSpec { issuer, tenant, jwks_uri, algorithms, dialect, user_subjects, ..spec })
}

/// `audience:`, one or a list.
pub(super) fn audiences(section: &mut Section<'_>) -> Option<Vec<String>> {
    let expected = "the identifier of your API, or a list of them";
    section.required("audience", expected, |value| {
        if matches!(value.node.tree, Tree::Sequence(_)) {
            return value.list(expected, |item| item.text("the identifier of your API"));
        }
        Some(vec![value.text(expected)?])
    })
}

/// The keys that `auth0:` and an entry of `issuers:` share; all else is a placeholder.
pub(super) fn common(
    section: &mut Section<'_>,
    audiences: Option<Vec<String>>,
) -> Option<IssuerSpec> {
    let ca_file = section.optional("ca_file", Value::path);
    let logout_clients = section.or("logout_clients", Vec::new(), |value| {
        value.list("a list of client ids", |item| item.text("a client id"))
    });
    let leeway =
        section.or("leeway", 30 * SECOND, |value| value.duration(Duration::ZERO..=300 * SECOND));
    let max_lifetime =
        section.or("max_lifetime", 30 * DAY, |value| value.duration(SECOND..=365 * DAY));
    let max_token_age =
        section.optional("max_token_age", |value| value.duration(SECOND..=365 * DAY));
    let roles = section.optional("roles", claim_path);
    let claims = claims(section, roles);
    Some(IssuerSpec {
        issuer: String::new(),
        tenant: None,
        jwks_uri: None,
        ca_file,
        audiences: audiences?,
        logout_clients,
        algorithms: Vec::new(),
        dialect: TokenDialect::Any,
        user_subjects: UserSubjects::Any,
        leeway,
        max_lifetime,
        max_token_age,
        claims,
    })
}

/// A claim by its literal name, or by the names on the way to it.
pub(super) fn claim_path(value: &Value<'_>) -> Option<ClaimPath> {
    Some(ClaimPath(segments(value, "the name of a claim, or a list of names that leads to it")?))
}

/// A name, or the names on the way to something nested. Nothing in a name is special: the names of
/// claims are often URLs, with dots and slashes.
pub(super) fn segments(value: &Value<'_>, expected: &str) -> Option<Box<[Box<str>]>> {
    if matches!(value.node.tree, Tree::Sequence(_)) {
        return Some(value.list(expected, |item| item.text("a name").map(Into::into))?.into());
    }
    Some([value.text(expected)?.into()].into())
}

fn claims(section: &mut Section<'_>, roles: Option<ClaimPath>) -> ClaimMapping {
    let mut claims = section.section("claims");
    let scope = claims.optional("scope", claim_path);
    let attr = claims.or("attr", BTreeMap::new(), attributes);
    let acr = claims.or("acr", ClaimPath::top("acr"), claim_path);
    let auth_time = claims.or("auth_time", ClaimPath::top("auth_time"), claim_path);
    let session = claims.or("session", ClaimPath::top("sid"), claim_path);
    claims.finish();
    ClaimMapping { roles, attr, scope, acr, auth_time, session }
}

fn attributes(value: &Value<'_>) -> Option<BTreeMap<Box<str>, ClaimPath>> {
    let mut attributes = BTreeMap::new();
    for entry in value.entries()? {
        let name = entry.key.scalar.text.as_str();
        if OWN_ATTRIBUTES.contains(&name) {
            let message = format!("`{name}` means the same for every token, whoever issued it");
            let expected = "another name for the attribute".to_owned();
            value.source.report(Some(entry.key.place), message, Some(expected));
        }
        if let Some(path) = claim_path(&value.entry(entry)) {
            attributes.insert(name.into(), path);
        }
    }
    Some(attributes)
}
