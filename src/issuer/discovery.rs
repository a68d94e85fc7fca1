//! The discovery document (OpenID Connect Discovery 1.0): it says where the keys are.

use serde::Deserialize;

use super::{address::Address, address::AddressError};

/// A discovery document that does not lead to keys.
#[derive(Debug, thiserror::Error)]
pub enum DiscoveryError {
    #[error("the discovery document is not JSON with `issuer` and `jwks_uri`")]
    Syntax(#[source] serde_json::Error),
    /// Keys of somebody else would be used for tokens of ours (4.3).
    #[error("the discovery document is of the issuer `{found}`")]
    WrongIssuer { found: String },
    #[error("the `jwks_uri` of the discovery document is refused")]
    Address(#[source] AddressError),
    #[error(
        "the `jwks_uri` `{found}` is not on the issuer's own host: name it in the configuration"
    )]
    AnotherOrigin { found: String },
}

/// The document as written, as far as it concerns us. A repeated member is an error of the reader.
#[derive(Deserialize)]
struct Document {
    issuer: String,
    jwks_uri: String,
}

/// Finds the address of the keys in the document that came from `address`.
pub(super) fn read(
    document: &[u8],
    issuer: &str,
    address: &Address,
) -> Result<Address, DiscoveryError> {
    let Document { issuer: found, jwks_uri } =
        serde_json::from_slice(document).map_err(DiscoveryError::Syntax)?;
    if found != issuer {
        return Err(DiscoveryError::WrongIssuer { found });
    }
    let jwks_uri = Address::parse(&jwks_uri).map_err(DiscoveryError::Address)?;
    if !jwks_uri.has_same_origin(address) {
        return Err(DiscoveryError::AnotherOrigin { found: jwks_uri.to_string() });
    }
    Ok(jwks_uri)
}
