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
    let (sender, receiver) = watch::channel(keys::State::default());
    let nudge = Arc::new(Notify::new());
    let issuer: Arc<str> = spec.issuer.as_str().into();
    let refresher = Refresher::new(issuer.clone(), source, settings, sender, nudge.clone());
    Ok((Keys::new(issuer, settings, receiver, nudge), refresher))
}
