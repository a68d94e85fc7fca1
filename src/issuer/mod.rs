//! Where keys come from: discovery, then the key set, kept fresh.
//!
//! [`build`] makes a pair for each issuer: a [`Refresher`], the task that fetches, and [`Keys`], which
//! everyone else reads. Each issuer has its own, so one that fails never delays another, and a key id
//! of one issuer never finds a key of another.

mod address;
mod client;
mod discovery;
mod jwks;
mod keys;
mod misses;
mod refresh;
mod settings;
mod trusted;

use std::sync::Arc;

use tokio::sync::{Notify, watch};

use crate::identity::IssuerSpec;

pub use address::AddressError;
pub use client::{BuildError, FetchError};
pub use discovery::DiscoveryError;
pub use jwks::LoadError;
pub use keys::{Keys, KeysUnavailable};
pub use refresh::Refresher;
pub use settings::Settings;
pub use trusted::{TrustedIssuer, TrustedIssuers};

#[cfg(test)]
pub(crate) mod tests;

/// The keys of an issuer, and the task that keeps them fresh. Nothing is fetched before it runs.
///
/// # Errors
/// An address that keys may not be fetched from, or an authority that cannot be read.
pub fn build(spec: &IssuerSpec, settings: Settings) -> Result<(Keys, Refresher), BuildError> {
    let source = jwks::Source::build(spec, settings.timeout)?;
    Ok(pair(&spec.issuer, source, settings))
}

/// The same of a key set that stands at a URL, which is its name.
///
/// # Errors
/// An address that keys may not be fetched from.
pub fn build_at(url: &str, settings: Settings) -> Result<(Keys, Refresher), BuildError> {
    Ok(pair(url, jwks::Source::at(url, settings.timeout)?, settings))
}

fn pair(name: &str, source: jwks::Source, settings: Settings) -> (Keys, Refresher) {
    let (sender, receiver) = watch::channel(keys::State::default());
    let nudge = Arc::new(Notify::new());
    let name: Arc<str> = name.into();
    let refresher = Refresher::new(name.clone(), source, settings, sender, nudge.clone());
    (Keys::new(name, settings, receiver, nudge), refresher)
}
