//! One GET, within bounds: no redirects, no proxy of the environment, no endless body.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use reqwest::{
    Certificate, Client as HttpClient, Response, StatusCode,
    header::{CACHE_CONTROL, ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH},
    redirect::Policy,
};

use super::{address::Address, address::AddressError};

/// Asks one issuer.
#[derive(Clone, Debug)]
pub(super) struct Client(HttpClient);

/// An answer, as far as it concerns us.
pub(super) struct Document {
    pub(super) bytes: Vec<u8>,
    pub(super) etag: Option<HeaderValue>,
    /// How long it may be kept (RFC 9111, 5.2.2).
    pub(super) max_age: Option<Duration>,
}

/// The answer to whoever has a document already.
pub(super) enum Revalidated {
    Unchanged { max_age: Option<Duration> },
    Changed(Document),
}

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
    /// A client for the origin of `address`, which may have a private authority.
    pub(super) fn build(
        name: &str,
        ca_file: Option<&Path>,
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
            builder.tls_certs_merge(authorities(ca_file)?)
        } else {
            // On loopback no authority is asked, and a container may have none.
            builder.tls_certs_only([])
        };
        match builder.build() {
            Ok(client) => Ok(Self(client)),
            Err(error) => Err(BuildError::Client { issuer: name.to_owned(), error }),
        }
    }

    pub(super) async fn get(&self, address: &Address) -> Result<Document, FetchError> {
        read(self.send(address, None).await?, address).await
    }

    /// Fetches a document, unless it is still the one with this entity tag (RFC 9110, 13.1.2).
    pub(super) async fn get_unless(
        &self,
        address: &Address,
        etag: &HeaderValue,
    ) -> Result<Revalidated, FetchError> {
        let response = self.send(address, Some(etag)).await?;
        if response.status() == StatusCode::NOT_MODIFIED {
            return Ok(Revalidated::Unchanged { max_age: max_age(response.headers()) });
        }
        read(response, address).await.map(Revalidated::Changed)
    }

    async fn send(
        &self,
        address: &Address,
        etag: Option<&HeaderValue>,
    ) -> Result<Response, FetchError> {
        let mut request = self.0.get(address.url());
        if let Some(etag) = etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        request.send().await.map_err(|error| failed(address, error))
    }
}

async fn read(mut response: Response, address: &Address) -> Result<Document, FetchError> {
    if response.status() != StatusCode::OK {
        let status = response.status();
        return Err(FetchError::Status { address: address.to_string(), status });
    }
    let (etag, max_age) = (response.headers().get(ETAG).cloned(), max_age(response.headers()));
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failed(address, error))? {
        if bytes.len() + chunk.len() > MAX_BYTES {
            return Err(FetchError::TooLarge { address: address.to_string() });
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Document { bytes, etag, max_age })
}

fn failed(address: &Address, error: reqwest::Error) -> FetchError {
    FetchError::Http { address: address.to_string(), error: error.without_url() }
}

/// What `Cache-Control` allows; nothing if it does not say.
fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let lines = headers.get_all(CACHE_CONTROL).iter().filter_map(|line| line.to_str().ok());
    let allowed = lines.flat_map(|line| line.split(',')).filter_map(|directive| {
        let directive = directive.trim().to_ascii_lowercase();
        match directive.split_once('=') {
            Some(("max-age", seconds)) => seconds.parse().ok().map(Duration::from_secs),
            None if matches!(&*directive, "no-cache" | "no-store") => Some(Duration::ZERO),
            Some(_) | None => None,
        }
    });
    allowed.min()
}

/// The certificates of `ca_file`, which are trusted beside those of the machine.
fn authorities(ca_file: Option<&Path>) -> Result<Vec<Certificate>, BuildError> {
    let Some(path) = ca_file else { return Ok(Vec::new()) };
    let pem = std::fs::read(path)
        .map_err(|error| BuildError::ReadAuthority { path: path.to_owned(), error })?;
    let certificates = Certificate::from_pem_bundle(&pem)
        .map_err(|error| BuildError::Authority { path: path.to_owned(), error })?;
    if certificates.is_empty() {
        return Err(BuildError::NoAuthority { path: path.to_owned() });
    }
    Ok(certificates)
}
