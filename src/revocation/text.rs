//! A revocation as text, as replicas share it: `1 1795434057 * acme.eu.auth0.com`, with a digest in
//! the place of the asterisk where it is about one subject or session.

use std::{fmt, str::FromStr};

use super::{Digest, Revocation, entry::Mark};

/// What the text begins with. A replica that does not know it must not guess what was revoked.
const VERSION: &str = "1";

const EVERYBODY: &str = "*";

/// A text that is no revocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is not a revocation, or one of another version")]
pub struct MalformedRevocation;

impl fmt::Display for Revocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tenant, mark, issued_until } = self;
        write!(f, "{VERSION} {issued_until} ")?;
        match mark {
            Mark::Everybody => f.write_str(EVERYBODY)?,
            Mark::One(Digest(bytes)) => {
                for byte in bytes {
                    write!(f, "{byte:02x}")?;
                }
            }
        }
        // The last one, as it may have spaces in it.
        write!(f, " {tenant}")
    }
}

impl FromStr for Revocation {
    type Err = MalformedRevocation;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.splitn(4, ' ');
        let mut next = || parts.next().ok_or(MalformedRevocation);
        let (version, issued_until, mark, tenant) = (next()?, next()?, next()?, next()?);
        if version != VERSION || tenant.is_empty() {
            return Err(MalformedRevocation);
        }
        Ok(Self {
            tenant: tenant.into(),
            mark: Mark::read(mark)?,
            issued_until: issued_until.parse().map_err(|_no_number| MalformedRevocation)?,
        })
    }
}

// === impl Mark ===

impl Mark {
    fn read(text: &str) -> Result<Self, MalformedRevocation> {
        if text == EVERYBODY {
            return Ok(Self::Everybody);
        }
        let mut bytes = [0; 32];
        if text.len() != 2 * bytes.len() || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(MalformedRevocation);
        }
        for (at, byte) in bytes.iter_mut().enumerate() {
            let digits = text.get(2 * at..2 * at + 2).ok_or(MalformedRevocation)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_no_digits| MalformedRevocation)?;
        }
        Ok(Self::One(Digest(bytes)))
    }
}
