//! What we vouch for to the upstream, signed with a key of our own: a backend that others can reach, too,
//! believes this instead of a header that anybody could write.
//!
//! An assertion is about one request. It is made anew for each, says which request that is, and lives
//! only as long as the way there takes.

mod key;
mod keys;

pub use key::{NotASigningKey, SigningError, SigningKey};
pub use keys::SigningKeys;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::Timestamp;
use serde_json::{Map as JsonMap, Value as Json, json};

use super::{HeaderSource, IdentityHeader, UpstreamMutation};
use crate::engine::model::{Map, Principal};
use crate::request::HttpRequest;

/// Claims that are ours to fill.
pub const OWN_CLAIMS: [&str; 8] = ["iss", "aud", "sub", "iat", "exp", "nbf", "jti", "request"];

/// `assertion:` of the configuration, but for the keys.
#[derive(Clone, Debug, PartialEq)]
pub struct AssertionRules {
    pub header: IdentityHeader,
    /// `iss`
    pub issuer: Arc<str>,
    /// `aud`; without one it is the host that the client asked for.
    pub audience: Option<Arc<str>>,
    pub lifetime: Duration,
    /// Further claims. Should one have the name of one of [`OWN_CLAIMS`], ours stays.
    pub claims: BTreeMap<Box<str>, HeaderSource>,
}

/// Makes assertions.
#[derive(Clone, Debug)]
pub struct Asserter {
    rules: AssertionRules,
    keys: SigningKeys,
}

/// What an assertion is about: a caller, and a request that was allowed.
#[derive(Clone, Copy, Debug)]
pub struct Asserted<'r> {
    pub principal: &'r Principal,
    /// All claims of the token.
    pub claims: &'r Map,
    pub request: &'r HttpRequest<'r>,
    pub now: Timestamp,
    pub decision_id: &'r str,
}

// === impl Asserter ===

impl Asserter {
    #[must_use]
    pub fn new(rules: AssertionRules, keys: SigningKeys) -> Self {
        Self { rules, keys }
    }

    /// What backends need to check assertions.
    #[must_use]
    pub fn published_keys(&self) -> Json {
        self.keys.published()
    }

    /// A generated key lives on when the rules are replaced.
    pub fn go_on_with_keys_of(&mut self, previous: &Self) {
        self.keys.go_on_with(&previous.keys);
    }

    /// The request goes on with an assertion about it.
    pub fn sign(
        &self,
        mut mutation: UpstreamMutation,
        about: Asserted<'_>,
    ) -> Result<UpstreamMutation, SigningError> {
        let token = self.keys.sign(&Json::Object(self.claims(about)))?;
        mutation.set.push((self.rules.header.name(), token));
        Ok(mutation)
    }

    /// Without an assertion of the client's own, whatever else happens.
    #[must_use]
    pub fn guard(&self, mutation: UpstreamMutation) -> UpstreamMutation {
        mutation.without_headers(self.rules.header.spellings())
    }

    fn claims(&self, about: Asserted<'_>) -> JsonMap<String, Json> {
        let AssertionRules { header: _, issuer, audience, lifetime, claims } = &self.rules;
        let Asserted { principal, claims: of_token, request, now, decision_id } = about;
        let host = request.host.as_str();
        let issued_at = now.as_second();
        let lifetime = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX);
        let own: [(&str, Json); 7] = [
            ("iss", (&**issuer).into()),
            ("aud", audience.as_deref().unwrap_or(host).into()),
            ("sub", (&*principal.id).into()),
            ("iat", issued_at.into()),
            ("exp", issued_at.saturating_add(lifetime).into()),
            ("jti", decision_id.into()),
            (
                "request",
                json!({
                    "method": request.method.as_str(),
                    "host": host,
                    "path": request.path.as_str(),
                }),
            ),
        ];
        let more = claims
            .iter()
            .filter_map(|(name, source)| Some((&**name, source.json(principal, of_token)?)));
        more.chain(own).map(|(name, value)| (name.to_owned(), value)).collect()
    }
}
