//! Tokens that are bound to a key or to a client certificate (`cnf`, RFC 7800).

use super::{
    Possession, Presentation, Scheme, TokenBinding, TokenError, VerifiedProof, claims::Claims,
    proof,
};
use crate::engine::model::Map;

/// SHA-256 in base64url without padding.
const THUMBPRINT_LENGTH: usize = 43;

/// `cnf`
#[derive(Clone, Copy)]
struct Confirmation<'t> {
    /// `jkt`, of RFC 9449
    key: Option<&'t str>,
    /// `x5t#S256`, of RFC 8705
    certificate: Option<&'t str>,
}

/// What a token is bound to. That it was sent by whoever has that is checked before there is a
/// [`VerifiedToken`](super::VerifiedToken).
pub(super) fn name(claims: Claims<'_>) -> Result<&'static str, TokenError> {
    let confirmation = claims.map("cnf")?.map(Confirmation::read).transpose()?;
    Ok(match confirmation {
        None | Some(Confirmation { key: None, certificate: None }) => "none",
        Some(Confirmation { key: Some(_), certificate: None }) => "dpop",
        Some(Confirmation { key: None, certificate: Some(_) }) => "mtls",
        Some(Confirmation { key: Some(_), certificate: Some(_) }) => "dpop+mtls",
    })
}

/// Checks that whoever sent the token is the one whom it is bound to: a bound token is never taken for
/// a plain bearer token. What of it is bound to a key gives the proof, which is good for one use.
pub(super) fn check(
    claims: Claims<'_>,
    presentation: &Presentation<'_>,
) -> Result<Option<VerifiedProof>, TokenError> {
    let Presentation { scheme, demands, now, possession } = *presentation;
    let confirmation = claims.map("cnf")?.map(Confirmation::read).transpose()?;
    let confirmation = confirmation.unwrap_or(Confirmation { key: None, certificate: None });
    if !confirmation.meets(demands.binding) {
        return Err(TokenError::BindingDemanded);
    }
    let Confirmation { key, certificate } = confirmation;
    // Auth0 tells clients with a certificate to use the scheme of DPoP, without a proof; RFC 8705 says
    // Bearer.
    match (scheme, key, certificate) {
        (Scheme::Bearer, Some(_), _) => return Err(TokenError::KeyBound),
        (Scheme::Dpop, None, None) => return Err(TokenError::NotBound),
        (Scheme::Bearer, None, _) | (Scheme::Dpop, ..) => (),
    }
    if let Some(thumbprint) = certificate {
        check_certificate(thumbprint, possession)?;
    }
    let Some(thumbprint) = key else {
        let is_stray = possession.is_some_and(|possession| possession.has_proof());
        return if is_stray { Err(TokenError::StrayProof) } else { Ok(None) };
    };
    let possession = possession.ok_or(TokenError::KeyBound)?;
    proof::verify(&possession, thumbprint, now).map(Some)
}

fn check_certificate(
    thumbprint: &str,
    possession: Option<Possession<'_>>,
) -> Result<(), TokenError> {
    let shown = possession.and_then(|possession| possession.certificate().ok().flatten());
    if shown.is_some_and(|shown| shown == thumbprint) {
        Ok(())
    } else {
        Err(TokenError::CertificateBound)
    }
}

// === impl Confirmation ===

impl<'t> Confirmation<'t> {
    /// The issuer meant to bind the token, so one of the members must be understood. Beside it there may
    /// be others (RFC 7800, 3.1), such as those that Keycloak adds.
    fn read(members: &'t Map) -> Result<Self, TokenError> {
        const INVALID: TokenError = TokenError::InvalidClaim("cnf");
        let thumbprint = |name| {
            let is_one = |text: &&str| text.len() == THUMBPRINT_LENGTH;
            let member = members.get(name);
            member.map(|value| value.as_str().filter(is_one).ok_or(INVALID)).transpose()
        };
        match (thumbprint("jkt")?, thumbprint("x5t#S256")?) {
            (None, None) => Err(INVALID),
            (key, certificate) => Ok(Self { key, certificate }),
        }
    }

    fn meets(self, demanded: Option<TokenBinding>) -> bool {
        match demanded {
            None => true,
            Some(TokenBinding::Dpop) => self.key.is_some(),
            Some(TokenBinding::Mtls) => self.certificate.is_some(),
            Some(TokenBinding::Any) => self.key.is_some() || self.certificate.is_some(),
        }
    }
}
