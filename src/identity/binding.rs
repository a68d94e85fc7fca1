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
    /// The issuer meant to bind the token, so what we do not understand of it is refused.
    fn read(members: &'t Map) -> Result<Self, TokenError> {
        let mut confirmation = Self { key: None, certificate: None };
        for (name, value) in members.iter() {
            let thumbprint = value.as_str().filter(|text| text.len() == THUMBPRINT_LENGTH);
            let thumbprint = thumbprint.ok_or(TokenError::InvalidClaim("cnf"))?;
            match name {
                "jkt" => confirmation.key = Some(thumbprint),
                "x5t#S256" => confirmation.certificate = Some(thumbprint),
                _ => return Err(TokenError::InvalidClaim("cnf")),
            }
        }
        match confirmation {
            Self { key: None, certificate: None } => Err(TokenError::InvalidClaim("cnf")),
            bound => Ok(bound),
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
