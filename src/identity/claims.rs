//! Reading claims. A claim is absent or it has its type: anything else is refused, as a claim of a
//! wrong type that counts as absent has been a way around checks before (CVE-2026-25537).

use super::{ClaimPath, TokenError};
use crate::engine::model::{Map, Value};

/// The claims of a token.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claims<'t>(pub(super) &'t Map);

// === impl Claims ===

impl<'t> Claims<'t> {
    pub(super) fn has(self, name: &str) -> bool {
        self.0.get(name).is_some()
    }

    /// A text that is not empty.
    pub(super) fn text(self, name: &'static str) -> Result<Option<&'t str>, TokenError> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::String(text)) if !text.is_empty() => Ok(Some(text)),
            Some(_) => Err(TokenError::InvalidClaim(name)),
        }
    }

    /// Seconds since 1970, perhaps with a fraction (`NumericDate`, RFC 7519, 2).
    pub(super) fn seconds(self, name: &'static str) -> Result<Option<f64>, TokenError> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::Number(seconds)) if !seconds.is_nan() => Ok(Some(*seconds)),
            Some(_) => Err(TokenError::InvalidClaim(name)),
        }
    }

    pub(super) fn map(self, name: &'static str) -> Result<Option<&'t Map>, TokenError> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::Map(map)) => Ok(Some(map)),
            Some(_) => Err(TokenError::InvalidClaim(name)),
        }
    }

    /// A list of texts.
    pub(super) fn texts(self, name: &'static str) -> Result<Option<Vec<&'t str>>, TokenError> {
        self.0.get(name).map(|value| texts(value, name)).transpose()
    }

    /// `scope`: words with spaces between them (RFC 6749, 3.3). Compared by byte, never normalised.
    pub(super) fn scopes(self) -> Result<impl Iterator<Item = &'t str>, TokenError> {
        let scopes = match self.0.get("scope") {
            None => "",
            Some(Value::String(scopes)) => scopes,
            Some(_) => return Err(TokenError::InvalidClaim("scope")),
        };
        Ok(scopes.split(' ').filter(|scope| !scope.is_empty()))
    }

    /// What is at the end of a configured path. Null counts as absent: an Auth0 Action writes it for
    /// what a user does not have.
    pub(super) fn find(self, path: &ClaimPath) -> Option<&'t Value> {
        let (first, rest) = path.0.split_first()?;
        let mut value = self.0.get(first)?;
        for name in rest {
            let Value::Map(map) = value else { return None };
            value = map.get(name)?;
        }
        (*value != Value::Null).then_some(value)
    }
}

/// The texts of a list of nothing else.
pub(super) fn texts<'t>(value: &'t Value, name: &'static str) -> Result<Vec<&'t str>, TokenError> {
    let Value::List(items) = value else { return Err(TokenError::InvalidClaim(name)) };
    let texts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
    texts.ok_or(TokenError::InvalidClaim(name))
}
