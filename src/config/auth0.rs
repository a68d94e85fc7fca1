//! `auth0:`, the short form: what Auth0 does that other issuers do not.

use super::{issuers, url::is_domain, value::Value};
use crate::identity::{Algorithm, IssuerSpec, TokenDialect, UserSubjects};
use crate::yaml::Tree;

const EXPECTED_DOMAIN: &str =
    "the tenant's domain in lower case without `https://` and `/`, such as `acme.eu.auth0.com`";

/// The issuers of one tenant, or of a list of them.
pub(super) fn issuers(value: &Value<'_>) -> Option<Vec<IssuerSpec>> {
    if matches!(value.node.tree, Tree::Sequence(_)) {
        let tenants = value.list("a tenant, or a list of tenants", tenant)?;
        return Some(tenants.into_iter().flatten().collect());
    }
    tenant(value)
}

/// One issuer for the tenant's own domain, and one for each of its custom domains: they have the
/// same keys, but a token names the domain that its login came through.
fn tenant(value: &Value<'_>) -> Option<Vec<IssuerSpec>> {
    let mut section = value.section()?;
    let domain = section.required("domain", EXPECTED_DOMAIN, domain);
    let custom_domains = section.or("custom_domains", Vec::new(), |value| {
        let items = value.items("a list of domains")?;
        Some(items.iter().filter_map(self::domain).collect())
    });
    let audiences = issuers::audiences(&mut section);
    let spec = issuers::common(&mut section, audiences);
    section.finish();

    // A custom domain has the users of the tenant, so it has its name too.
    let tenant: Option<Box<str>> = domain.as_deref().map(Into::into);
    let domains: Vec<String> = domain.into_iter().chain(custom_domains).collect();
    let spec = spec?;
    for audience in spec.audiences.iter().filter(|audience| is_of_auth0(audience, &domains)) {
        let message = format!(
            "`{}.audience` is `{audience}`: tokens for Auth0's own APIs are not for a gateway",
            value.name
        );
        value.report(message, "the identifier of your own API");
    }
    let issuer = |domain| IssuerSpec {
        // `iss` always ends in a slash.
        issuer: format!("https://{domain}/"),
        tenant: tenant.clone(),
        algorithms: vec![Algorithm::Rs256, Algorithm::Ps256],
        // Each API of a tenant chooses its profile: Auth0's own, or RFC 9068.
        dialect: TokenDialect::Any,
        user_subjects: UserSubjects::WithConnection,
        ..spec.clone()
    };
    Some(domains.into_iter().map(issuer).collect())
}

fn domain(value: &Value<'_>) -> Option<String> {
    value.parsed(EXPECTED_DOMAIN, |text| is_domain(text).then(|| text.to_owned()))
}

/// The Management API, `/userinfo`, `/mfa/`, `/me/`: whatever lives on a domain of the tenant, or is named
/// after it, such as `urn:acme.eu.auth0.com:session_transfer`.
fn is_of_auth0(audience: &str, domains: &[String]) -> bool {
    let audience = audience.to_ascii_lowercase();
    let host = |rest: &str| {
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        host.strip_suffix(":443").unwrap_or(host).trim_end_matches('.').to_owned()
    };
    let is_of_tenant = |name: &str| {
        name.ends_with(".auth0.com") || domains.iter().any(|domain| host(domain) == name)
    };
    if let Some(rest) = audience.strip_prefix("urn:") {
        let name = rest.split(':').next().unwrap_or_default();
        return name.starts_with("auth0") || is_of_tenant(name);
    }
    let url = ["https://", "http://"].iter().find_map(|scheme| audience.strip_prefix(scheme));
    url.is_some_and(|rest| is_of_tenant(&host(rest)))
}
