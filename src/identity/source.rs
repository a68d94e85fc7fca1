//! Where the token of a request is: in exactly one place, which the route says. Another place is not
//! looked at, whatever is in it: who may choose between two credentials may choose whose they use.

use super::{AttestedClaims, BearerError, BearerToken, bearer, cookie};
use crate::request::{HeaderError, HttpRequest, Origin};

/// How the requests of a route carry their token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenSource {
    pub place: TokenPlace,
    /// Whether the upstream gets what carries the token.
    pub forward: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenPlace {
    /// RFC 6750, 2.1
    Authorization,
    /// The value of a header, without a scheme.
    Header(Box<str>),
    /// Browsers send it along with what any page makes them send. Requests that may change something
    /// must come from a page of their own host, or of one of these.
    Cookie { name: Box<str>, origins: Vec<Origin> },
    /// Envoy's `jwt_authn` has verified the signature, and left the claims under this key.
    EnvoyMetadata(Box<str>),
}

/// What a request presents.
#[derive(Clone, Debug)]
pub enum Credentials {
    Token(BearerToken),
    /// Nobody here has seen a signature.
    Attested(AttestedClaims),
}

/// What is to be taken out of a request on its way to the upstream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Carrier {
    Header(Box<str>),
    /// What is left of the `cookie` header, if anything.
    Cookie(Option<String>),
}

// === impl TokenSource ===

impl Default for TokenSource {
    fn default() -> Self {
        Self { place: TokenPlace::Authorization, forward: true }
    }
}

impl TokenSource {
    /// Nothing in this place is no credentials; whatever could be read in two ways is an error.
    pub fn find(&self, request: &HttpRequest<'_>) -> Result<Option<Credentials>, BearerError> {
        let token = match &self.place {
            TokenPlace::Authorization => bearer::find(request.headers.lines("authorization"))?,
            TokenPlace::Header(name) => match request.headers.single(name) {
                Ok(value) => value.map(|value| BearerToken::bare(value.as_bytes())).transpose()?,
                Err(error) => return Err(of_header(error)),
            },
            TokenPlace::Cookie { name, origins } => {
                let token = cookie::find(request.headers.lines("cookie"), name)?;
                if token.is_some() && request.changes_state() {
                    check_origin(request, origins)?;
                }
                token
            }
            TokenPlace::EnvoyMetadata(key) => {
                let claims = AttestedClaims::of_envoy(&request.jwt_authn, key)?;
                return Ok(claims.map(Credentials::Attested));
            }
        };
        // RFC 6750, 2: a client uses one method. The upstream may look at the other one.
        if token.is_some() && request.query.contains("access_token") {
            return Err(BearerError::Multiple);
        }
        Ok(token.map(Credentials::Token))
    }

    /// Whether a token may come with a proof (RFC 9449, 7.1).
    #[must_use]
    pub fn takes_proofs(&self) -> bool {
        match self.place {
            TokenPlace::Authorization => true,
            TokenPlace::Header(_) | TokenPlace::Cookie { .. } | TokenPlace::EnvoyMetadata(_) => {
                false
            }
        }
    }

    /// What the upstream must not get of a request whose token was found.
    pub fn carrier(&self, request: &HttpRequest<'_>) -> Result<Option<Carrier>, BearerError> {
        if self.forward {
            return Ok(None);
        }
        Ok(match &self.place {
            TokenPlace::Authorization => Some(Carrier::Header("authorization".into())),
            TokenPlace::Header(name) => Some(Carrier::Header(name.clone())),
            TokenPlace::Cookie { name, .. } => {
                let rest = cookie::without(request.headers.lines("cookie"), name)?;
                Some(Carrier::Cookie(rest))
            }
            // Nothing of it is in the request.
            TokenPlace::EnvoyMetadata(_) => None,
        })
    }
}

fn of_header(error: HeaderError) -> BearerError {
    match error {
        HeaderError::Repeated | HeaderError::OtherSpelling => BearerError::Multiple,
        HeaderError::NotText
        | HeaderError::TooMany
        | HeaderError::ChangesMeaning
        | HeaderError::HostDiffers => BearerError::Malformed,
    }
}

fn check_origin(request: &HttpRequest<'_>, origins: &[Origin]) -> Result<(), BearerError> {
    match request.is_from_page_of(origins) {
        Ok(true) => Ok(()),
        Ok(false) | Err(_) => Err(BearerError::OtherOrigin),
    }
}
