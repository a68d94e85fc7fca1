//! Addresses that keys may be fetched from: whoever can change an answer on its way chooses who may
//! sign tokens, so it is https, except on this machine.

use std::{fmt, net::IpAddr};

use reqwest::Url;

/// Invariant: https, or http on loopback; without user information and fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address(Url);

/// An address that is not used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an address to fetch keys from: {why}")]
pub struct AddressError {
    text: String,
    why: &'static str,
}

// === impl Address ===

impl Address {
    pub(super) fn parse(text: &str) -> Result<Self, AddressError> {
        let invalid = |why| AddressError { text: text.to_owned(), why };
        let url = Url::parse(text).map_err(|_not_a_url| invalid("it is not a URL"))?;
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err(invalid("it has a user name or a fragment"));
        }
        match url.scheme() {
            "https" => Ok(Self(url)),
            "http" if is_loopback(&url) => Ok(Self(url)),
            _ => Err(invalid("it must be https (http on loopback only)")),
        }
    }

    /// Where the discovery document of an issuer is (OpenID Connect Discovery 1.0, 4.1).
    pub(super) fn of_discovery(issuer: &str) -> Result<Self, AddressError> {
        let issuer = issuer.strip_suffix('/').unwrap_or(issuer);
        Self::parse(&format!("{issuer}/.well-known/openid-configuration"))
    }

    pub(super) fn has_same_origin(&self, other: &Self) -> bool {
        self.0.origin() == other.0.origin()
    }

    pub(super) fn is_encrypted(&self) -> bool {
        self.0.scheme() == "https"
    }

    pub(super) fn url(&self) -> Url {
        self.0.clone()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn is_loopback(url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
