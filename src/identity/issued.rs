//! What a revocation looks at: when a token was issued, to whom, by whom.

use jiff::Timestamp;

use super::{AttestedToken, VerifiedToken};

/// What of a token a revocation is about.
#[derive(Clone, Copy, Debug)]
pub struct Issued<'t> {
    pub tenant: &'t str,
    pub subject: &'t str,
    pub session: Option<&'t str>,
    /// `iat`
    pub at: Timestamp,
}

/// A token that holds, whoever has verified its signature.
pub trait Revocable {
    fn issued(&self) -> Issued<'_>;
}

impl Revocable for VerifiedToken<'_> {
    fn issued(&self) -> Issued<'_> {
        Issued {
            tenant: self.tenant(),
            subject: self.subject(),
            session: self.session(),
            at: self.issued_at(),
        }
    }
}

impl Revocable for AttestedToken<'_> {
    fn issued(&self) -> Issued<'_> {
        self.0.issued()
    }
}
