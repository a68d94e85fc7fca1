//! WHO WAS SENT AWAY: tokens that are refused, though their signature holds and their time is not over.
//!
//! An access token cannot be taken back. What can be done is to remember, until the last token that
//! it is about has expired, that tokens of a session, of a subject or of everybody are not accepted
//! any more if they were issued up to some instant. [`RevocationList`] remembers it in bounded memory,
//! and only it makes an [`Unrevoked`], without which nobody is authenticated.

mod entry;
mod list;
mod tenant;
mod text;

#[cfg(test)]
mod tests;

pub use entry::{Digest, Revocation, Whom};
pub use list::{Insertion, RevocationList, Unrevoked};
pub use tenant::TenantSpec;
pub use text::MalformedRevocation;
