//! One GET, within bounds: no redirects, no proxy of the environment, no endless body.

use std::{io, path::PathBuf, time::Duration};

use reqwest::{Certificate, Client as HttpClient, StatusCode, redirect::Policy};

use super::{address::Address, address::AddressError};
use crate::identity::IssuerSpec;

/// Asks one issuer.
#[derive(Clone, Debug)]
pub(super) struct Client(HttpClient);

/// What is wrong with the settings of an issuer.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    #[error("the keys of `{issuer}` cannot be fetched")]
    Address {
        issuer: String,
        #[source]
        error: AddressError,
    },
    #[error("could not read the authority `{}`", path.display())]
    ReadAuthority {
        path: PathBuf,
        #[source]
        error: io::Error,
    },
    #[error("the authority `{}` is not PEM certificates", path.display())]
    Authority {
        path: PathBuf,
        #[source]
        error: reqwest::Error,
    },
    #[error("the authority `{}` has no certificate", path.display())]
    NoAuthority { path: PathBuf },
    #[error("could not set up the connection to `{issuer}`")]
    Client {
        issuer: String,
        #[source]
        error: reqwest::Error,
    },
}

/// An answer that we did not get.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("could not fetch `{address}`")]
    Http {
        address: String,
        #[source]
        error: reqwest::Error,
    },
    #[error("`{address}` answered {status}")]
    Status { address: String, status: StatusCode },
    #[error("`{address}` sent more than {MAX_BYTES} bytes")]
    TooLarge { address: String },
}

const MAX_BYTES: usize = 256 * 1024;

// === impl Client ===

impl Client {
    /// A client for the origin of `address`.
    pub(super) fn build(
        spec: &IssuerSpec,
        timeout: Duration,
        address: &Address,
    ) -> Result<Self, BuildError> {
        let builder = HttpClient::builder()
            // A redirect would fetch keys from where nobody configured them.
            .redirect(Policy::none())
            .no_proxy()
            .timeout(timeout)
            .user_agent(concat!("portcullis/", env!("CARGO_PKG_VERSION")));
        let builder = if address.is_encrypted() {
            builder.tls_certs_merge(authorities(spec)?)
        } else {
            // On loopback no authority is asked, and a container may have none.
            builder.tls_certs_only([])
        };
        match builder.build() {
            Ok(client) => Ok(Self(client)),
            Err(error) => Err(BuildError::Client { issuer: spec.issuer.clone(), error }),
        }
    }

    pub(super) async fn get(&self, address: &Address) -> Result<Vec<u8>, FetchError> {
        let http = |error: reqwest::Error| FetchError::Http {
            address: address.to_string(),
            error: error.without_url(),
        };
        let mut response = self.0.get(address.url()).send().await.map_err(http)?;
        if response.status() != StatusCode::OK {
            let status = response.status();
            return Err(FetchError::Status { address: address.to_string(), status });
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(http)? {
            if body.len() + chunk.len() > MAX_BYTES {
                return Err(FetchError::TooLarge { address: address.to_string() });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

/// The certificates of `ca_file`, which are trusted beside those of the machine.
fn authorities(spec: &IssuerSpec) -> Result<Vec<Certificate>, BuildError> {
    let Some(path) = &spec.ca_file else { return Ok(Vec::new()) };
    let pem = std::fs::read(path)
        .map_err(|error| BuildError::ReadAuthority { path: path.clone(), error })?;
    let certificates = Certificate::from_pem_bundle(&pem)
        .map_err(|error| BuildError::Authority { path: path.clone(), error })?;
    if certificates.is_empty() {
        return Err(BuildError::NoAuthority { path: path.clone() });
    }
    Ok(certificates)
}
