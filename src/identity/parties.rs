//! Whom a token names: its subject, and the client that it was issued to.

use super::{ClaimPath, TokenError, claims::Claims};
use crate::engine::model::Value;

const MAX_SUBJECT_BYTES: usize = 255;

/// An opaque text that may become a header, a log field and a part of a principal's id: so not blank,
/// not endless, and nothing in it that ends a line or changes the direction of a text.
pub(super) fn subject(claims: Claims<'_>) -> Result<&str, TokenError> {
    let fits = |subject: &&str| {
        subject.len() <= MAX_SUBJECT_BYTES
            && !subject.trim().is_empty()
            && !subject.chars().any(is_unprintable)
    };
    claims.text("sub")?.filter(fits).ok_or(TokenError::InvalidClaim("sub"))
}

/// Auth0's profile says `azp`, RFC 9068 says `client_id`: where both are there they agree.
pub(super) fn client_id(claims: Claims<'_>) -> Result<Option<&str>, TokenError> {
    match (claims.text("client_id")?, claims.text("azp")?) {
        (Some(client_id), Some(azp)) if client_id != azp => Err(TokenError::InvalidClaim("azp")),
        (Some(client), _) | (None, Some(client)) => Ok(Some(client)),
        (None, None) => Ok(None),
    }
}

/// The session in which a token was issued. What is there and is no text might be meant as one, and a
/// session that cannot be read could not be ended either.
pub(super) fn session<'t>(
    claims: Claims<'t>,
    path: &ClaimPath,
) -> Result<Option<&'t str>, TokenError> {
    let session = claims.find(path).map(Value::as_str);
    match session {
        None => Ok(None),
        Some(Some(session)) if !session.is_empty() => Ok(Some(session)),
        Some(_) => Err(TokenError::InvalidClaim("session")),
    }
}

/// Ends a line or changes the direction of a text.
fn is_unprintable(c: char) -> bool {
    let moves = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    moves || c.is_control()
}
