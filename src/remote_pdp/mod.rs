//! Another PDP, asked in place of our own engine: any server that speaks Cerbos's API.
//!
//! [`build`] makes the two ends of it: a [`RemotePdp`] that asks, and a [`Resolver`] that keeps up
//! with the addresses behind its name. Whatever is not an answer to the very question that was asked
//! is a [`PdpFault`]; nothing here ever stands in for an answer.

mod address;
mod answer;
mod dialer;
mod fault;
mod fleet;
mod pdp;
mod question;
mod resolver;
mod settings;

#[cfg(test)]
mod tests;

pub use address::{Encryption, PdpAddress};
pub use answer::UnusableAnswer;
pub use dialer::BuildError;
pub use fault::PdpFault;
pub use pdp::RemotePdp;
pub use question::SentToken;
pub use resolver::Resolver;
pub use settings::{ClientCertificate, PdpTlsConfig, RemotePdpConfig, TokenUse};

use crate::telemetry::Metrics;

use self::{dialer::Dialer, fleet::Fleet};

/// Nothing is connected before the first question, and nothing is resolved before the resolver runs.
///
/// # Errors
/// Files that cannot be read, or that TLS cannot use.
pub fn build(
    config: &RemotePdpConfig,
    metrics: &Metrics,
) -> Result<(RemotePdp, Resolver), BuildError> {
    let dialer = Dialer::build(config)?;
    let (fleet, resolver) = Fleet::build(config, dialer, metrics.remote_pdp().clone());
    Ok((RemotePdp::new(config, fleet, metrics.remote_pdp().clone()), resolver))
}
