//! From a token to its sender. The signature of a token is verified once; everything else about it,
//! and whether it was revoked, is checked each time it is used.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use moka::{Expiry, sync::Cache};
use tracing::debug;

use super::{ReplayMemory, remembered::Remembered};
use crate::engine::model::{AuxData, Principal};
use crate::identity::{
    AttestedClaims, BearerToken, Demands, Nonces, Possession, PossessionRules, Presentation,
    Scheme, SignedToken, TokenError, TokenLimits, UnverifiedToken, VerifiedToken, Verifier, sha256,
};
use crate::issuer::{KeysUnavailable, TrustedIssuer, TrustedIssuers};
use crate::logout::{CheckError, Revocations};
use crate::request::HttpRequest;
use crate::revocation::Unrevoked;

/// Authenticates the senders of tokens. A clone is another handle to the same memory.
#[derive(Clone, Debug)]
pub struct Authenticator {
    issuers: TrustedIssuers,
    revocations: Revocations,
    /// Every token in it had a signature that held, so nobody without a key can fill it.
    remembered: Cache<TokenDigest, Arc<Remembered>>,
    limits: TokenLimits,
    possession: Arc<PossessionRules>,
    used_proofs: ReplayMemory,
    nonces: Option<Nonces>,
}

/// Who sent a token, prepared once for all requests with it.
#[derive(Debug)]
pub struct Authenticated {
    pub principal: Principal,
    pub aux_data: AuxData,
    /// `exp`
    pub expires_at: Timestamp,
    pub checked: Checked,
}

/// The token was found not to be revoked, in the request that this is part of. Only this file makes
/// one, and so an [`Authenticated`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checked(());

/// Why nobody is authenticated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthenticationError {
    /// The token is to blame: 401, or 431 if it is too large.
    #[error("the token is refused")]
    Refused(#[from] TokenError),
    /// Nothing can be said about the token: 503.
    #[error("the token cannot be verified now")]
    KeysUnavailable(#[from] KeysUnavailable),
    /// Nobody can say that it is not revoked: 503.
    #[error("whether the token is revoked cannot be told now")]
    RevocationsUnknown,
    /// The proof is good, and whether it was used before could not be remembered: 503.
    #[error("no further proof can be remembered")]
    ReplaysFull,
    /// The proof is good, and nobody can say whether another replica has seen it: 503.
    #[error("whether the proof was used elsewhere cannot be told now")]
    ReplaysUnknown,
}

/// SHA-256 over every byte of a token: two tokens that share a signature do not share this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct TokenDigest([u8; 32]);

struct UntilExpiry;

/// Used proofs that are remembered where nothing else is said.
const REPLAYS: usize = 100_000;

/// Characters of an unknown issuer's name in a log: enough to see what is wrong with it.
const LOGGED_ISSUER: usize = 200;

// === impl Authenticator ===

impl Authenticator {
    /// `capacity`: how many tokens are remembered; 0 verifies every signature each time.
    #[must_use]
    pub fn new(issuers: TrustedIssuers, revocations: Revocations, capacity: u64) -> Self {
        Self {
            issuers,
            revocations,
            remembered: Cache::builder().max_capacity(capacity).expire_after(UntilExpiry).build(),
            limits: TokenLimits::default(),
            possession: Arc::default(),
            used_proofs: ReplayMemory::new(REPLAYS),
            nonces: None,
        }
    }

    /// With other rules for those who send a token that is bound, and a memory of their proofs.
    #[must_use]
    pub fn with_possession(self, rules: PossessionRules, used_proofs: ReplayMemory) -> Self {
        Self { possession: Arc::new(rules), used_proofs, ..self }
    }

    /// With nonces that proofs must carry.
    #[must_use]
    pub fn with_nonces(self, nonces: Option<Nonces>) -> Self {
        Self { nonces, ..self }
    }

    #[must_use]
    pub fn nonces(&self) -> Option<&Nonces> {
        self.nonces.as_ref()
    }

    #[must_use]
    pub fn possession(&self) -> &PossessionRules {
        &self.possession
    }

    /// Finds out who sent `token`, and whether it meets the `demands` of a route at `now`. A token
    /// that is bound is refused without the `request` that it came with.
    ///
    /// # Errors
    /// The token is refused, or the keys to verify it are not available.
    pub async fn authenticate(
        &self,
        token: &BearerToken,
        demands: &Demands,
        request: Option<&HttpRequest<'_>>,
        now: Timestamp,
    ) -> Result<Arc<Authenticated>, AuthenticationError> {
        self.limits.check(token)?;
        let digest = TokenDigest::new(token);
        let (rules, nonces) = (&*self.possession, self.nonces());
        let possession = request.map(|request| Possession { token, request, rules, nonces });
        let presentation = Presentation { scheme: token.scheme(), demands, now, possession };
        match self.recall(digest, &presentation).await? {
            Some(authenticated) => Ok(authenticated),
            // Few requests come this far: the others need not carry the space for it.
            None => Box::pin(self.verify(token, digest, &presentation)).await,
        }
    }

    /// Finds out whom Envoy has verified. Every check but that of the signature is made here, and
    /// nothing is remembered: there was no token, and so none that could be proved to be its sender's.
    ///
    /// # Errors
    /// The claims are refused.
    pub fn authenticate_attested(
        &self,
        attested: &AttestedClaims,
        demands: &Demands,
        now: Timestamp,
    ) -> Result<Arc<Authenticated>, AuthenticationError> {
        let trusted = self.issuers.find(attested.issuer()).ok_or(TokenError::WrongIssuer)?;
        let presentation = Presentation { scheme: Scheme::Bearer, demands, now, possession: None };
        let token = trusted.verifier.verify_attested(attested, &presentation)?;
        let unrevoked = self.revocations.check(token)?;
        let (principal, aux_data) = trusted.verifier.attested_principal(unrevoked.token())?;
        let expires_at = unrevoked.token().expires_at();
        Ok(Arc::new(Authenticated { principal, aux_data, expires_at, checked: Checked(()) }))
    }

    /// A remembered token saves its signature and nothing else: not even that, once its key is gone.
    async fn recall(
        &self,
        digest: TokenDigest,
        presentation: &Presentation<'_>,
    ) -> Result<Option<Arc<Authenticated>>, AuthenticationError> {
        let Some(remembered) = self.remembered.get(&digest) else { return Ok(None) };
        let token = remembered.token();
        let Some(trusted) = self.issuers.find(token.issuer()) else { return Ok(None) };
        if !token.is_signed_by_one_of(&*trusted.keys.current()?) {
            return Ok(None);
        }
        let checked = self.admit(&trusted.verifier, token, presentation).await?;
        Ok(Some(remembered.authenticated(&checked)))
    }

    async fn verify(
        &self,
        token: &BearerToken,
        digest: TokenDigest,
        presentation: &Presentation<'_>,
    ) -> Result<Arc<Authenticated>, AuthenticationError> {
        let token = UnverifiedToken::parse(token, self.limits)?;
        let Some(TrustedIssuer { verifier, keys }) = self.issuers.find(token.issuer()) else {
            let issuer: String = token.issuer().chars().take(LOGGED_ISSUER).collect();
            debug!(?issuer, "A token is of an issuer that is not trusted");
            return Err(TokenError::WrongIssuer.into());
        };
        verifier.check_header(&token)?;
        let keys = keys.current_with(token.key_id()).await?;
        let token = verifier.verify_signature(token, &keys)?;
        let checked = self.admit(verifier, &token, presentation).await?;
        let authenticated = Arc::new(Authenticated::new(verifier, &checked)?);
        let lifetime = authenticated.expires_at.duration_since(presentation.now);
        // A token within the clock skew after its expiry is accepted, and not worth remembering.
        if let Ok(lifetime) = lifetime.try_into() {
            let authenticated = authenticated.clone();
            let remembered = Remembered::new(token, authenticated, lifetime);
            self.remembered.insert(digest, Arc::new(remembered));
        }
        Ok(authenticated)
    }

    /// Everything that is checked at each use of a token, remembered or new. A proof is used up last,
    /// so that no request that is refused for its token takes a place in the memory.
    async fn admit<'t>(
        &self,
        verifier: &'t Verifier,
        token: &'t SignedToken,
        presentation: &Presentation<'_>,
    ) -> Result<Unrevoked<VerifiedToken<'t>>, AuthenticationError> {
        let checked = self.revocations.check(verifier.verify(token, presentation)?)?;
        if let Some(proof) = checked.token().proof() {
            // Few tokens have one: the others need not carry the space for it.
            Box::pin(self.used_proofs.claim(proof, presentation.now)).await?;
        }
        Ok(checked)
    }
}

// === impl Authenticated ===

impl Authenticated {
    fn new(
        verifier: &Verifier,
        checked: &Unrevoked<VerifiedToken<'_>>,
    ) -> Result<Self, TokenError> {
        let token = checked.token();
        let (principal, aux_data) = verifier.principal(token)?;
        Ok(Self { principal, aux_data, expires_at: token.expires_at(), checked: Checked(()) })
    }
}

// === impl AuthenticationError ===

impl From<CheckError> for AuthenticationError {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Revoked(error) => Self::Refused(error),
            CheckError::Unknown => Self::RevocationsUnknown,
        }
    }
}

// === impl TokenDigest ===

impl TokenDigest {
    fn new(token: &BearerToken) -> Self {
        Self(sha256(token.as_bytes()))
    }
}

// === impl UntilExpiry ===

impl Expiry<TokenDigest, Arc<Remembered>> for UntilExpiry {
    /// Only memory is won by this: that the token has expired is found at each use.
    fn expire_after_create(
        &self,
        _: &TokenDigest,
        remembered: &Arc<Remembered>,
        _: Instant,
    ) -> Option<Duration> {
        Some(remembered.lifetime())
    }
}
