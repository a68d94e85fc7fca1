//! SPIFFE identities, as in Cerbos.

use super::{Call, Family, Mismatch};
use crate::engine::cel::{
    eval::{Evaluated, Fault},
    value::{Object, SpiffeMatcher, V},
};

pub(super) const CONSTRUCTORS: Family = Family {
    mismatch: Mismatch::Named,
    functions: &[
        ("spiffeID: (string) -> spiffe_id", spiffe_id),
        ("spiffeTrustDomain: (string) -> spiffe_trust_domain", spiffe_trust_domain),
        ("spiffeMatchAny: () -> spiffe_matcher", match_any),
        ("spiffeMatchExact: (spiffe_id) -> spiffe_matcher", match_exact),
        ("spiffeMatchExact: (string) -> spiffe_matcher", match_exact),
        ("spiffeMatchOneOf: (list(spiffe_id)) -> spiffe_matcher", match_one_of),
        ("spiffeMatchOneOf: (list(string)) -> spiffe_matcher", match_one_of),
        ("spiffeMatchTrustDomain: (spiffe_trust_domain) -> spiffe_matcher", match_trust_domain),
        ("spiffeMatchTrustDomain: (string) -> spiffe_matcher", match_trust_domain),
    ],
};

pub(super) const FAMILY: Family = Family {
    mismatch: Mismatch::Receiver,
    functions: &[
        ("isMemberOf: spiffe_id.(spiffe_trust_domain) -> bool", is_member_of),
        ("path: spiffe_id.() -> string", path),
        ("trustDomain: spiffe_id.() -> spiffe_trust_domain", trust_domain),
        ("name: spiffe_trust_domain.() -> string", name),
        ("matchesID: spiffe_matcher.(spiffe_id) -> bool", matches_id),
        ("matchesID: spiffe_matcher.(string) -> bool", matches_id),
    ],
};

/// What Cerbos does not look at the type of.
pub(super) const OWN: Family =
    Family { mismatch: Mismatch::Own, functions: &[("id: spiffe_trust_domain.() -> string", id)] };

pub(in crate::engine::cel) const SCHEME: &str = "spiffe://";
const TRUST_DOMAIN_CHARACTERS: &str = "trust domain characters are limited to lowercase letters, \
                                       numbers, dots, dashes, and underscores";
const PATH_CHARACTERS: &str =
    "path segment characters are limited to letters, numbers, dots, dashes, and underscores";

/// Trust domain and path of an identity.
fn parse_id(text: &str) -> Result<(&str, &str), &'static str> {
    if text.is_empty() {
        return Err("cannot be empty");
    }
    let rest = text.strip_prefix(SCHEME).ok_or("scheme is missing or invalid")?;
    let (domain, path) =
        rest.split_at_checked(rest.find('/').unwrap_or(rest.len())).unwrap_or((rest, ""));
    if domain.is_empty() {
        return Err("trust domain is missing");
    }
    if !domain.bytes().all(is_domain_character) {
        return Err(TRUST_DOMAIN_CHARACTERS);
    }
    check_path(path)?;
    Ok((domain, path))
}

fn is_domain_character(b: u8) -> bool {
    b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'_')
}

fn check_path(path: &str) -> Result<(), &'static str> {
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    for (index, segment) in segments.iter().enumerate() {
        match *segment {
            "" if index + 1 == segments.len() => return Err("path cannot have a trailing slash"),
            "" => return Err("path cannot contain empty segments"),
            "." | ".." => return Err("path cannot contain dot segments"),
            other => {
                let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
                if !other.bytes().all(allowed) {
                    return Err(PATH_CHARACTERS);
                }
            }
        }
    }
    Ok(())
}

/// The name of a trust domain, or that of an identity's.
pub(in crate::engine::cel) fn parse_trust_domain(text: &str) -> Result<&str, &'static str> {
    if text.is_empty() {
        return Err("trust domain is missing");
    }
    if text.contains(":/") {
        return parse_id(text).map(|(domain, _)| domain);
    }
    if text.bytes().all(is_domain_character) { Ok(text) } else { Err(TRUST_DOMAIN_CHARACTERS) }
}

impl<'a> Call<'_, 'a> {
    /// An identity, or a text that is one. The fault of a bad text is the caller's to choose.
    fn identity(
        &self,
        value: V<'a>,
    ) -> Result<Result<(&'a str, &'a str), &'static str>, Fault<'a>> {
        match value {
            V::Object(Object::SpiffeId { trust_domain, path }) => Ok(Ok((trust_domain, path))),
            V::String(text) => Ok(parse_id(text)),
            _ => Err(Fault::NoOverload),
        }
    }

    fn domain(&self, index: usize) -> Result<&'a str, Fault<'a>> {
        match self.arg(index)? {
            V::Object(Object::SpiffeTrustDomain(name)) => Ok(name),
            V::String(text) => parse_trust_domain(text).map_err(|why| {
                self.run.fail(format_args!("failed to parse SPIFFE trust domain: {why}"))
            }),
            _ => Err(Fault::NoOverload),
        }
    }

    fn make(&self, object: Object<'a>) -> V<'a> {
        V::Object(self.run.arena.alloc(object))
    }

    fn bad_id(&self, why: &str) -> Fault<'a> {
        self.run.fail(format_args!("failed to parse SPIFFE ID: {why}"))
    }
}

fn spiffe_id<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let (trust_domain, path) = call.identity(call.arg(0)?)?.map_err(|why| call.bad_id(why))?;
    Ok(call.make(Object::SpiffeId { trust_domain, path }))
}

fn spiffe_trust_domain<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    Ok(call.make(Object::SpiffeTrustDomain(call.domain(0)?)))
}

fn path<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    match call.object(0)? {
        Object::SpiffeId { path, .. } => Ok(V::String(path)),
        _ => Err(Fault::NoOverload),
    }
}

fn trust_domain<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    match call.object(0)? {
        Object::SpiffeId { trust_domain, .. } => {
            Ok(call.make(Object::SpiffeTrustDomain(trust_domain)))
        }
        _ => Err(Fault::NoOverload),
    }
}

fn is_member_of<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    match (call.object(0)?, call.object(1)?) {
        (Object::SpiffeId { trust_domain, .. }, Object::SpiffeTrustDomain(other)) => {
            Ok(V::Bool(trust_domain == other))
        }
        _ => Err(Fault::NoOverload),
    }
}

/// Declared to be a string, but Cerbos returns the trust domain itself, and whatever else it is
/// called on.
fn id<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    call.arg(0)
}

fn name<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    match call.object(0)? {
        Object::SpiffeTrustDomain(name) => Ok(V::String(name)),
        _ => Err(Fault::NoOverload),
    }
}

fn match_any<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    Ok(call.make(Object::SpiffeMatcher(SpiffeMatcher::Any)))
}

fn match_exact<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let identity = call.identity(call.arg(0)?)?.map_err(|why| call.bad_id(why))?;
    let only = call.run.arena.alloc_slice_copy(&[identity]);
    Ok(call.make(Object::SpiffeMatcher(SpiffeMatcher::OneOf(only))))
}

fn match_one_of<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let mut identities = Vec::new();
    for item in call.list(0)?.iter() {
        call.run.charge(1)?;
        // Cerbos does not name the function here, as the list itself is of the right type.
        let identity = call.identity(item).ok().and_then(Result::ok);
        identities.push(identity.ok_or(Fault::Text("no such overload"))?);
    }
    let identities = call.run.arena.alloc_slice_copy(&identities);
    Ok(call.make(Object::SpiffeMatcher(SpiffeMatcher::OneOf(identities))))
}

fn match_trust_domain<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    Ok(call.make(Object::SpiffeMatcher(SpiffeMatcher::TrustDomain(call.domain(0)?))))
}

fn matches_id<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let Object::SpiffeMatcher(matcher) = call.object(0)? else { return Err(Fault::NoOverload) };
    let value = call.arg(1)?;
    let identity = call
        .identity(value)?
        .map_err(|why| call.run.fail(format_args!("invalid SPIFFE ID: {why}")))?;
    Ok(V::Bool(match matcher {
        SpiffeMatcher::Any => true,
        SpiffeMatcher::OneOf(identities) => {
            call.run.charge(identities.len())?;
            identities.contains(&identity)
        }
        SpiffeMatcher::TrustDomain(domain) => identity.0 == *domain,
    }))
}
