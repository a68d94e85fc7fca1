//! What kind of subject a token is about. Auth0 has no one claim that says it, so several are read,
//! and where they do not say enough, or not the same, the token is refused: a machine that is taken
//! for a user is worse than one that is turned away.

use super::{TokenError, UserSubjects, VerifiedToken};
use crate::engine::model::Value;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrincipalKind {
    User,
    /// A client that acts for itself (`client_credentials`).
    Machine,
    AiAgent,
    /// A session without a login.
    Anonymous,
}

// === impl PrincipalKind ===

impl PrincipalKind {
    /// As a role and as `P.attr.kind`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Machine => "m2m",
            Self::AiAgent => "ai_agent",
            Self::Anonymous => "anonymous",
        }
    }

    pub(super) fn classify(
        token: &VerifiedToken<'_>,
        user_subjects: UserSubjects,
    ) -> Result<Self, TokenError> {
        let profile = profile(token)?;
        let is_machine = was_granted_to_client(token)? || is_client(token);
        // A customer chooses an agent's subject, so a profile goes before the look of a subject.
        match (profile, is_machine) {
            (Some(Self::User), true) => Err(TokenError::Unclassified),
            (Some(profile), _) => Ok(profile),
            (None, _) if token.subject.starts_with("anon@") => Ok(Self::Anonymous),
            (None, true) => Ok(Self::Machine),
            (None, false) => match user_subjects {
                UserSubjects::WithConnection if !token.subject.contains('|') => {
                    Err(TokenError::Unclassified)
                }
                UserSubjects::WithConnection | UserSubjects::Any => Ok(Self::User),
            },
        }
    }
}

/// `sub_profile`: words with spaces between them, such as `service ai_agent`.
fn profile(token: &VerifiedToken<'_>) -> Result<Option<PrincipalKind>, TokenError> {
    let Some(words) = token.claims.text("sub_profile")? else { return Ok(None) };
    let has = |word| words.split(' ').any(|found| found == word);
    match (has("user") || has("human"), has("ai_agent"), has("service")) {
        (true, false, false) => Ok(Some(PrincipalKind::User)),
        (false, true, _) => Ok(Some(PrincipalKind::AiAgent)),
        (false, false, true) => Ok(Some(PrincipalKind::Machine)),
        (true, ..) | (false, false, false) => Err(TokenError::Unclassified),
    }
}

/// `gty`, a text or a list of texts.
fn was_granted_to_client(token: &VerifiedToken<'_>) -> Result<bool, TokenError> {
    match token.claims.0.get("gty") {
        None => Ok(false),
        Some(Value::String(grant)) => Ok(&**grant == "client-credentials"),
        Some(_) => {
            let grants = token.claims.texts("gty")?.unwrap_or_default();
            Ok(grants.contains(&"client-credentials"))
        }
    }
}

/// Auth0 names a client as a subject `<client_id>@clients`; RFC 9068 (2.2) suggests the bare id.
fn is_client(token: &VerifiedToken<'_>) -> bool {
    let subject = token.subject.strip_suffix("@clients").unwrap_or(token.subject);
    token.client_id == Some(subject)
}
