//! Fetching the keys of one issuer.

use std::{sync::Arc, time::Duration};

use reqwest::header::HeaderValue;
use tokio::time;

use super::{
    address::Address,
    client::{BuildError, Client, Document, FetchError, Revalidated},
    discovery::{self, DiscoveryError},
};
use crate::identity::{IssuerSpec, KeySet, KeySetError};

/// Where the keys of an issuer are, and how to get there.
#[derive(Clone, Debug)]
pub(super) struct Source {
    issuer: String,
    location: Location,
    client: Client,
    timeout: Duration,
    last: Option<Tagged>,
}

/// Keys as they were sent last, which need not be sent again.
#[derive(Clone, Debug)]
struct Tagged {
    address: Address,
    etag: HeaderValue,
    keys: Arc<KeySet>,
}

/// Keys as they are now.
#[derive(Debug)]
pub(super) struct Fresh {
    pub(super) keys: Arc<KeySet>,
    /// How long the issuer says that they may be kept.
    pub(super) max_age: Option<Duration>,
}

#[derive(Clone, Debug)]
enum Location {
    /// The discovery document says it. It is asked each time, as an issuer may move its keys.
    Discovery(Address),
    /// The configuration says it.
    Jwks(Address),
}

/// Keys that could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("the issuer does not answer")]
    Fetch(#[source] FetchError),
    #[error("the issuer did not answer within {0:?}")]
    Timeout(Duration),
    #[error("the issuer does not say where its keys are")]
    Discovery(#[source] DiscoveryError),
    #[error("`{address}` is not a key set")]
    KeySet {
        address: String,
        #[source]
        error: KeySetError,
    },
}

// === impl Source ===

impl Source {
    pub(super) fn build(spec: &IssuerSpec, timeout: Duration) -> Result<Self, BuildError> {
        let invalid = |error| BuildError::Address { issuer: spec.issuer.clone(), error };
        let discovery = Address::of_discovery(&spec.issuer).map_err(invalid)?;
        let location = match &spec.jwks_uri {
            None => Location::Discovery(discovery),
            Some(jwks_uri) => Location::Jwks(Address::parse(jwks_uri).map_err(invalid)?),
        };
        let (Location::Discovery(address) | Location::Jwks(address)) = &location;
        let client = Client::build(&spec.issuer, spec.ca_file.as_deref(), timeout, address)?;
        Ok(Self { issuer: spec.issuer.clone(), location, client, timeout, last: None })
    }

    /// Keys of nobody in particular.
    pub(super) fn at(url: &str, timeout: Duration) -> Result<Self, BuildError> {
        let address = Address::parse(url)
            .map_err(|error| BuildError::Address { issuer: url.to_owned(), error })?;
        let client = Client::build(url, None, timeout, &address)?;
        Ok(Self {
            issuer: url.to_owned(),
            location: Location::Jwks(address),
            client,
            timeout,
            last: None,
        })
    }

    /// Loads the keys, all of it within the timeout.
    pub(super) async fn load(&mut self) -> Result<Fresh, LoadError> {
        let timeout = self.timeout;
        match time::timeout(timeout, self.load_at_leisure()).await {
            Ok(result) => result,
            Err(_elapsed) => Err(LoadError::Timeout(timeout)),
        }
    }

    async fn load_at_leisure(&mut self) -> Result<Fresh, LoadError> {
        let address = self.address().await?;
        let last = self.last.as_ref().filter(|last| last.address == address);
        let Document { bytes, etag, max_age } = match last {
            None => self.client.get(&address).await.map_err(LoadError::Fetch)?,
            Some(Tagged { etag, keys, .. }) => {
                match self.client.get_unless(&address, etag).await.map_err(LoadError::Fetch)? {
                    Revalidated::Changed(document) => document,
                    Revalidated::Unchanged { max_age } => {
                        return Ok(Fresh { keys: keys.clone(), max_age });
                    }
                }
            }
        };
        let keys = KeySet::parse(&bytes)
            .map_err(|error| LoadError::KeySet { address: address.to_string(), error })?;
        let keys = Arc::new(keys);
        self.last = etag.map(|etag| Tagged { address, etag, keys: keys.clone() });
        Ok(Fresh { keys, max_age })
    }

    async fn address(&self) -> Result<Address, LoadError> {
        match &self.location {
            Location::Jwks(address) => Ok(address.clone()),
            Location::Discovery(address) => {
                let document = self.client.get(address).await.map_err(LoadError::Fetch)?;
                discovery::read(&document.bytes, &self.issuer, address)
                    .map_err(LoadError::Discovery)
            }
        }
    }
}
