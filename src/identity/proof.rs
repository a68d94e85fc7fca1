//! `DPoP` proofs (RFC 9449): a small token, made for one request by whoever holds a key.

use std::{fmt, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};

use super::{
    Algorithm, Possession, ProofError, ProofRules, TokenError,
    claims::Claims,
    digest::{sha256, sha256_of_texts},
    jwk::{self, PublicKey},
    times,
    token::{decode, object, split},
    url,
};
use crate::engine::model::{Map, Value};

/// A proof that holds for this request, this token and this moment. That it is seen for the first time
/// is not known yet: [`VerifiedProof::use_once`] says what to remember, and until when.
#[derive(Clone, Copy, Debug)]
pub struct VerifiedProof {
    key: ReplayKey,
    until: Timestamp,
}

/// SHA-256 over a proof's key and its `jti`: a key gives an id once, whatever the proof is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReplayKey([u8; 32]);

/// A proof taken apart, and not believed.
struct Proof<'p> {
    signed_bytes: &'p [u8],
    signature: &'p str,
    header: Map,
    claims: Map,
}

const LARGEST: usize = 8 * 1024;

const LONGEST_ID: usize = 256;

/// Extensions that change what is signed, and other ways to name a key than `jwk`.
const REFUSED_MEMBERS: [&str; 8] = ["crit", "b64", "zip", "jku", "x5u", "x5c", "x5t", "x5t#S256"];

/// Requests that are decided at the same time have read the clock one after the other, and clocks are
/// set back: what is remembered is kept somewhat longer than it is accepted.
const KEPT_LONGER: SignedDuration = SignedDuration::from_secs(60);

/// Checks the proof of a request, made by the key with the given thumbprint (`cnf.jkt`).
pub(super) fn verify(
    possession: &Possession<'_>,
    thumbprint: &str,
    now: Timestamp,
) -> Result<VerifiedProof, TokenError> {
    let Possession { token, request, rules, nonces } = *possession;
    let rules = &rules.proofs;
    let proof = Proof::parse(only(request.headers.lines("dpop"))?)?;
    let maker = proof.verify_signature(rules)?;
    let claims = Claims(&proof.claims);
    let id = text(claims, "jti").filter(|id| id.len() <= LONGEST_ID).ok_or(ProofError::Id)?;
    if text(claims, "htm") != Some(request.method.as_str()) {
        return Err(ProofError::Method.into());
    }
    if !text(claims, "htu").is_some_and(|url| url::is_of(url, request)) {
        return Err(ProofError::Url.into());
    }
    // Whoever sends the request chooses its host, and so could choose that of a proof that was made for
    // another server.
    if !request.is_for_own_host {
        return Err(ProofError::Host.into());
    }
    if let Some(nonces) = nonces
        && !text(claims, "nonce").is_some_and(|nonce| nonces.take(nonce, now))
    {
        return Err(ProofError::Nonce.into());
    }
    let until = check_times(claims, rules, now)?;
    let hash = URL_SAFE_NO_PAD.encode(sha256(token.as_bytes()));
    if text(claims, "ath") != Some(&*hash) {
        return Err(ProofError::TokenHash.into());
    }
    if maker != thumbprint {
        return Err(TokenError::OtherKey);
    }
    Ok(VerifiedProof { key: ReplayKey(sha256_of_texts(&[&maker, id])), until })
}

/// The one proof. Envoy joins repeated headers with a comma, which no proof contains.
fn only<'h>(mut lines: impl Iterator<Item = &'h [u8]>) -> Result<&'h str, ProofError> {
    let line = lines.next().ok_or(ProofError::Missing)?;
    if lines.next().is_some() || line.contains(&b',') {
        return Err(ProofError::Multiple);
    }
    if line.len() > LARGEST {
        return Err(ProofError::TooLarge);
    }
    str::from_utf8(line).map_err(|_not_text| ProofError::Malformed)
}

/// When the proof ends.
fn check_times(
    claims: Claims<'_>,
    rules: &ProofRules,
    now: Timestamp,
) -> Result<Timestamp, ProofError> {
    let seconds = |name| claims.seconds(name).map_err(|_wrong_type| ProofError::Stale);
    let issued_at = seconds("iat")?.ok_or(ProofError::Stale)?;
    let at = now.as_duration().as_secs_f64();
    let (age, ahead) = (rules.max_age.as_secs_f64(), rules.max_ahead.as_secs_f64());
    let in_window = issued_at >= 0.0 && at - issued_at <= age && issued_at - at <= ahead;
    let expired = seconds("exp")?.is_some_and(|expires| expires <= at);
    let too_early = seconds("nbf")?.is_some_and(|not_before| not_before > at + ahead);
    if !in_window || expired || too_early {
        return Err(ProofError::Stale);
    }
    let end = times::timestamp(issued_at).and_then(|issued| after(issued, rules.max_age));
    end.ok_or(ProofError::Stale)
}

fn after(issued: Timestamp, age: Duration) -> Option<Timestamp> {
    let age = SignedDuration::try_from(age).ok()?;
    // `timestamp` has taken the fraction away.
    let age = age.checked_add(SignedDuration::from_secs(1))?.checked_add(KEPT_LONGER)?;
    issued.checked_add(age).ok()
}

fn text<'c>(claims: Claims<'c>, name: &'static str) -> Option<&'c str> {
    claims.text(name).ok().flatten()
}

// === impl Proof ===

impl<'p> Proof<'p> {
    fn parse(text: &'p str) -> Result<Self, ProofError> {
        let malformed = |_error| ProofError::Malformed;
        let (header, payload, signature) = split(text).map_err(malformed)?;
        decode(signature).map_err(malformed)?;
        let signed_bytes = text.rsplit_once('.').map_or(text, |(signed, _)| signed).as_bytes();
        let header = object(header).map_err(malformed)?;
        let claims = object(payload).map_err(malformed)?;
        Ok(Self { signed_bytes, signature, header, claims })
    }

    /// The thumbprint of the key that has made the proof.
    fn verify_signature(&self, rules: &ProofRules) -> Result<String, ProofError> {
        let text = |name| self.header.get(name).and_then(Value::as_str);
        if !text("typ").is_some_and(is_proof) {
            return Err(ProofError::Type);
        }
        if REFUSED_MEMBERS.iter().any(|name| self.header.get(name).is_some()) {
            return Err(ProofError::Header);
        }
        let algorithm = text("alg").and_then(Algorithm::find);
        let algorithm = algorithm.filter(|algorithm| rules.algorithms.contains(algorithm));
        let algorithm = algorithm.ok_or(ProofError::Algorithm)?;
        let Some(Value::Map(jwk)) = self.header.get("jwk") else { return Err(ProofError::Key) };
        let key = jwk::public(jwk).map_err(|_unusable| ProofError::Key)?;
        let PublicKey { key_type, algorithm: only, material, .. } = &key;
        if *key_type != algorithm.key_type() || only.is_some_and(|only| only != algorithm) {
            return Err(ProofError::Key);
        }
        let holds = jsonwebtoken::crypto::verify(
            self.signature,
            self.signed_bytes,
            material,
            algorithm.into(),
        );
        if holds.unwrap_or(false) { Ok(jwk::thumbprint(jwk)) } else { Err(ProofError::Signature) }
    }
}

/// Media types are compared without case, and `application/` may be left out (RFC 7515, 4.1.9).
fn is_proof(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.strip_prefix("application/").unwrap_or(&name) == "dpop+jwt"
}

// === impl ReplayKey ===

impl fmt::Display for ReplayKey {
    /// In base64url.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

// === impl VerifiedProof ===

impl VerifiedProof {
    /// What must not have been seen before, and how long it must be remembered.
    #[must_use]
    pub fn use_once(self) -> (ReplayKey, Timestamp) {
        (self.key, self.until)
    }
}
