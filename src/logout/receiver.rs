//! Logout tokens (OpenID Connect Back-Channel Logout 1.0, 2.6): believed once, and in force at once.

use std::time::Duration;

use jiff::Timestamp;
use moka::sync::Cache;
use tracing::info;

use super::{NotShared, Revocations};
use crate::identity::{LoggedOut, Logout, TokenError, TokenLimits, UnverifiedToken};
use crate::issuer::{KeysUnavailable, TrustedIssuer, TrustedIssuers};
use crate::revocation::{Revocation, Whom};
use crate::telemetry::RevocationSource;

/// Takes logout tokens. A clone is another handle.
#[derive(Clone, Debug)]
pub struct LogoutReceiver {
    issuers: TrustedIssuers,
    revocations: Revocations,
    /// Tenants and `jti`s. A copy that another replica takes changes nothing, so that each has its own.
    seen: Cache<(Box<str>, Box<str>), ()>,
}

/// Why a logout token has no effect, or not the whole of it.
#[derive(Debug, thiserror::Error)]
pub enum LogoutError {
    #[error("the logout token is refused")]
    Refused(#[from] TokenError),
    #[error("the logout token was seen before")]
    Replayed,
    #[error("the logout token cannot be verified now")]
    KeysUnavailable(#[from] KeysUnavailable),
    #[error(transparent)]
    NotShared(#[from] NotShared),
}

/// Longer than a logout token is believed, with the greatest leeway at both ends.
const REMEMBER: Duration = Duration::from_secs(1200);

/// Only issuers can fill it; where they do, a copy of a forgotten token does no more than the first.
const CAPACITY: u64 = 100_000;

// === impl LogoutReceiver ===

impl LogoutReceiver {
    #[must_use]
    pub fn new(issuers: TrustedIssuers, revocations: Revocations) -> Self {
        let seen = Cache::builder().max_capacity(CAPACITY).time_to_live(REMEMBER).build();
        Self { issuers, revocations, seen }
    }

    /// Verifies a logout token and revokes what it is about.
    ///
    /// # Errors
    /// [`LogoutError`]; unless the token is to blame, the sender may try again.
    pub async fn receive(&self, token: &[u8], now: Timestamp) -> Result<(), LogoutError> {
        let logout = self.verify(token, now).await?;
        let id = (logout.tenant.clone(), logout.id.clone());
        if self.seen.contains_key(&id) {
            return Err(LogoutError::Replayed);
        }
        let revocations = revocations(&logout);
        self.revocations.revoke(&revocations, RevocationSource::Logout, now).await?;
        self.seen.insert(id, ());
        info!(tenant = %logout.tenant, kind = kind(&logout.who), "A logout");
        Ok(())
    }

    async fn verify(&self, token: &[u8], now: Timestamp) -> Result<Logout, LogoutError> {
        let token = UnverifiedToken::parse_bytes(token, TokenLimits::default())?;
        let TrustedIssuer { verifier, keys } =
            self.issuers.find(token.issuer()).ok_or(TokenError::WrongIssuer)?;
        verifier.check_logout_header(&token)?;
        let keys = keys.current_with(token.key_id()).await?;
        Ok(verifier.verify_logout(&token, &keys, now)?)
    }
}

/// Where a session has ended, so have the subject's tokens that do not say which session they are of.
fn revocations(logout: &Logout) -> Vec<Revocation> {
    let Logout { tenant, who, at, id: _ } = logout;
    let revocation = |whom| Revocation::new(tenant, whom, *at);
    match who {
        LoggedOut::Subject(subject) => vec![revocation(Whom::Subject(subject))],
        LoggedOut::Session { session, subject } => {
            let sessionless = subject.as_deref().map(Whom::Sessionless);
            [Some(Whom::Session(session)), sessionless]
                .into_iter()
                .flatten()
                .map(revocation)
                .collect()
        }
    }
}

fn kind(who: &LoggedOut) -> &'static str {
    match who {
        LoggedOut::Session { .. } => "session",
        LoggedOut::Subject(_) => "subject",
    }
}
