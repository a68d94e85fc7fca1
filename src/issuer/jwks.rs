//! Fetching the keys of one issuer.

use std::time::Duration;

use tokio::time;

use super::{
    address::Address,
    client::{BuildError, Client, FetchError},
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
        let client = Client::build(spec, timeout, address)?;
        Ok(Self { issuer: spec.issuer.clone(), location, client, timeout })
    }

    /// Loads the keys, all of it within the timeout.
    pub(super) async fn load(&self) -> Result<KeySet, LoadError> {
        match time::timeout(self.timeout, self.load_at_leisure()).await {
            Ok(result) => result,
            Err(_elapsed) => Err(LoadError::Timeout(self.timeout)),
        }
    }

    async fn load_at_leisure(&self) -> Result<KeySet, LoadError> {
        let discovered;
        let address = match &self.location {
            Location::Jwks(address) => address,
            Location::Discovery(address) => {
                let document = self.client.get(address).await.map_err(LoadError::Fetch)?;
                discovered = discovery::read(&document, &self.issuer, address)
                    .map_err(LoadError::Discovery)?;
                &discovered
            }
        };
        let jwks = self.client.get(address).await.map_err(LoadError::Fetch)?;
        KeySet::parse(&jwks)
            .map_err(|error| LoadError::KeySet { address: address.to_string(), error })
    }
}
