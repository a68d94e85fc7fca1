//! Whom a token names: its subject, and the client that it was issued to.

use super::{TokenError, claims::Claims};

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

/// Ends a line or changes the direction of a text.
fn is_unprintable(c: char) -> bool {
    let moves = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    moves || c.is_control()
}
