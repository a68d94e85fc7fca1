//! The checks of a token, in one order. Only this file makes a [`SignedToken`], and only from a token
//! whose signature holds; only it makes a [`VerifiedToken`], and only from a [`SignedToken`] whose
//! claims hold at this moment, for this use.

use std::{collections::BTreeSet, fmt};

use jiff::Timestamp;

use super::{
    AttestedClaims, AttestedToken, Demands, IssuerSpec, Key, KeySet, Presentation, TokenDialect,
    TokenError, UnverifiedToken, VerifiedProof, binding,
    claims::{Claims, texts},
    demands,
    keys::KeyFingerprint,
    parties,
    times::{self, Times},
    token::{Header, Signed, TokenType},
};
use crate::engine::model::{Map, Value};

/// Verifies the tokens of one issuer.
#[derive(Clone, Debug)]
pub struct Verifier {
    pub(super) spec: IssuerSpec,
    /// Whether principal ids must say whose they are.
    pub(super) qualifies_ids: bool,
}

/// A token whose signature holds. It says nothing about whether the token may be used: that is
/// checked at each use. The signature is what costs, so this is what a cache may keep.
pub struct SignedToken {
    header: Header,
    claims: Map,
    key: KeyFingerprint,
}

/// A token that holds, here and now: signature, issuer, audience, times, and the shape of an access
/// token.
#[derive(Clone, Copy)]
pub struct VerifiedToken<'t> {
    pub(super) claims: Claims<'t>,
    pub(super) subject: &'t str,
    pub(super) client_id: Option<&'t str>,
    tenant: &'t str,
    session: Option<&'t str>,
    issued_at: Timestamp,
    pub(super) expires_at: Timestamp,
    proof: Option<VerifiedProof>,
}

/// Claims that Auth0 puts into its other kinds of signed tokens, and that an Action cannot put into an
/// access token: of a logout token, of an ID token, of a proof of possession.
const CLAIMS_OF_OTHER_KINDS: [&str; 7] =
    ["events", "nonce", "at_hash", "c_hash", "s_hash", "htm", "htu"];

// === impl Verifier ===

impl Verifier {
    /// The verifiers of all issuers that are trusted together. Principal ids are qualified as soon as
    /// two tenants could give the same subject to two people.
    #[must_use]
    pub fn for_issuers(specs: Vec<IssuerSpec>) -> Vec<Self> {
        let tenants: BTreeSet<&str> = specs.iter().map(IssuerSpec::tenant).collect();
        let qualifies_ids = tenants.len() > 1;
        specs.into_iter().map(|spec| Self { spec, qualifies_ids }).collect()
    }

    /// The issuer whose tokens these are, byte for byte.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.spec.issuer
    }

    /// Checks what the issuer's settings say about a header, before any key is asked for.
    pub fn check_header(&self, token: &UnverifiedToken<'_>) -> Result<(), TokenError> {
        self.check_origin(token)?;
        match (self.spec.dialect, token.header.token_type) {
            (TokenDialect::Any, TokenType::Jwt | TokenType::AccessToken)
            | (TokenDialect::Rfc9068, TokenType::AccessToken) => Ok(()),
            (TokenDialect::Rfc9068, TokenType::Jwt) | (_, TokenType::Logout) => {
                Err(TokenError::WrongType)
            }
        }
    }

    /// Checks what must hold for every kind of token, before any key is asked for.
    pub(super) fn check_origin(&self, token: &UnverifiedToken<'_>) -> Result<(), TokenError> {
        if token.issuer() != self.spec.issuer {
            return Err(TokenError::WrongIssuer);
        }
        if !self.spec.algorithms.contains(&token.algorithm()) {
            return Err(TokenError::UnsupportedAlgorithm);
        }
        Ok(())
    }

    /// Checks the signature with the one key that the header names.
    pub fn verify_signature(
        &self,
        token: UnverifiedToken<'_>,
        keys: &KeySet,
    ) -> Result<SignedToken, TokenError> {
        self.check_header(&token)?;
        let key = signing_key(token.signed(), keys)?;
        let UnverifiedToken { header, claims, .. } = token;
        Ok(SignedToken { header, claims, key })
    }

    /// Checks everything but the signature, for one use of the token.
    pub fn verify<'t>(
        &'t self,
        token: &'t SignedToken,
        presentation: &Presentation<'_>,
    ) -> Result<VerifiedToken<'t>, TokenError> {
        self.check_claims(Claims(&token.claims), token.issuer(), presentation)
    }

    /// The same checks, of claims whose signature Envoy has checked.
    pub fn verify_attested<'t>(
        &'t self,
        attested: &'t AttestedClaims,
        presentation: &Presentation<'_>,
    ) -> Result<AttestedToken<'t>, TokenError> {
        let claims = Claims(&attested.claims);
        self.check_claims(claims, attested.issuer(), presentation).map(AttestedToken)
    }

    fn check_claims<'t>(
        &'t self,
        claims: Claims<'t>,
        issuer: &str,
        presentation: &Presentation<'_>,
    ) -> Result<VerifiedToken<'t>, TokenError> {
        let Presentation { demands, now, .. } = *presentation;
        if issuer != self.spec.issuer {
            return Err(TokenError::WrongIssuer);
        }
        check_audience(claims, &self.spec.audiences, demands)?;
        let Times { issued_at, expires_at } = times::check(claims, &self.spec, now)?;
        let subject = parties::subject(claims)?;
        let client_id = parties::client_id(claims)?;
        let session = parties::session(claims, &self.spec.claims.session)?;
        check_dialect(claims, self.spec.dialect)?;
        if CLAIMS_OF_OTHER_KINDS.iter().any(|name| claims.has(name)) {
            return Err(TokenError::WrongType);
        }
        let proof = binding::check(claims, presentation)?;
        let tenant = self.spec.tenant();
        let verified = VerifiedToken {
            claims,
            subject,
            client_id,
            tenant,
            session,
            issued_at,
            expires_at,
            proof,
        };
        demands::check(&verified, &self.spec, demands, now)?;
        Ok(verified)
    }
}

/// The key that the header names, if the signature holds under it.
pub(super) fn signing_key(signed: Signed<'_>, keys: &KeySet) -> Result<KeyFingerprint, TokenError> {
    let key = keys.find(signed.key_id, signed.algorithm).ok_or(TokenError::UnknownKey)?;
    if signature_holds(signed, key) { Ok(key.fingerprint()) } else { Err(TokenError::BadSignature) }
}

/// The library sees the original bytes, a key that fits the algorithm, and nothing else of the token.
fn signature_holds(signed: Signed<'_>, key: &Key) -> bool {
    let Signed { bytes, signature, algorithm, key_id: _ } = signed;
    jsonwebtoken::crypto::verify(signature, bytes, &key.material, algorithm.into()).unwrap_or(false)
}

/// One of the issuer's audiences must be in `aud`, and one of those that the route demands.
fn check_audience(
    claims: Claims<'_>,
    audiences: &[String],
    demands: &Demands,
) -> Result<(), TokenError> {
    let is_ours = |text: &str| audiences.iter().any(|audience| audience == text);
    let is_demanded = |text: &str| demands.audiences.is_empty() || demands.audiences.contains(text);
    let any = |fits: &dyn Fn(&str) -> bool| match claims.0.get("aud") {
        Some(Value::String(text)) => fits(text),
        Some(Value::List(items)) => items.iter().filter_map(Value::as_str).any(fits),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Map(_)) | None => false,
    };
    if !any(&is_ours) || !any(&is_demanded) {
        return Err(TokenError::WrongAudience);
    }
    match claims.0.get("aud") {
        Some(list @ Value::List(_)) => texts(list, "aud").map(drop),
        _ => Ok(()),
    }
}

/// What RFC 9068 (2.2) requires beyond what every access token must have.
fn check_dialect(claims: Claims<'_>, dialect: TokenDialect) -> Result<(), TokenError> {
    let token_id = claims.text("jti")?;
    match dialect {
        TokenDialect::Any => Ok(()),
        TokenDialect::Rfc9068 => {
            token_id.ok_or(TokenError::InvalidClaim("jti"))?;
            claims.text("client_id")?.ok_or(TokenError::InvalidClaim("client_id"))?;
            Ok(())
        }
    }
}

// === impl SignedToken ===

impl SignedToken {
    /// The issuer that the token claims, which the verifier of its signature has found to be its own.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.claims.get("iss").and_then(Value::as_str).unwrap_or_default()
    }

    /// Whether the key that signed this token is still among `keys`. As long as it is, the signature
    /// need not be checked again.
    #[must_use]
    pub fn is_signed_by_one_of(&self, keys: &KeySet) -> bool {
        let key = keys.find(&self.header.key_id, self.header.algorithm);
        key.is_some_and(|key| key.fingerprint() == self.key)
    }
}

impl fmt::Debug for SignedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedToken").field("header", &self.header).finish_non_exhaustive()
    }
}

// === impl VerifiedToken ===

impl<'t> VerifiedToken<'t> {
    /// Whose subject it is about.
    #[must_use]
    pub fn tenant(&self) -> &'t str {
        self.tenant
    }

    /// `sub`
    #[must_use]
    pub fn subject(&self) -> &'t str {
        self.subject
    }

    /// The session in which it was issued, where the token says so.
    #[must_use]
    pub fn session(&self) -> Option<&'t str> {
        self.session
    }

    /// `iat`, in whole seconds.
    #[must_use]
    pub fn issued_at(&self) -> Timestamp {
        self.issued_at
    }

    /// `exp`, in whole seconds.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// The proof that came with a token that is bound to a key. It is good for one use, which is for
    /// whoever remembers proofs to check.
    #[must_use]
    pub fn proof(&self) -> Option<VerifiedProof> {
        self.proof
    }
}

impl fmt::Debug for VerifiedToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedToken")
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
