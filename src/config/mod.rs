//! `portcullis.yaml` as written → what each room is told.
//!
//! [`load`] is the door. It reads the whole file and reports every error in it with its place; what
//! comes out has all defaults filled in and every text parsed, so that no room reads settings again.

mod settings;

mod file;

mod api;
mod engine;
mod pdp;

mod auth0;
mod issuers;
mod url;

mod attributes;
mod demands;
mod routes;
mod token;

mod attested;

mod denials;
mod requests;
mod sender_constraints;
mod upstream_headers;

mod assertion;

mod revocation;

mod bytes;
mod duration;
mod environment;
mod section;
mod source;
mod suggestion;
mod value;

mod error;

mod schema;

#[cfg(test)]
mod tests;

pub use api::{CerbosApiConfig, KeySetConfig, KeySetSource};
pub use attested::unattested;
pub use environment::Environment;
pub use error::{ConfigError, ConfigErrors};
pub use schema::SCHEMA;
pub use sender_constraints::{NonceConfig, SenderConstraintsConfig};
pub use settings::{
    AssertionConfig, CacheConfig, ClientAddressConfig, Config, EmbeddedConfig, EngineConfig,
    KeysConfig, ShutdownConfig, TokenCacheConfig,
};

use std::path::Path;

/// Reads the configuration, with `${NAME}` from the environment of this process.
///
/// # Errors
/// Everything that is wrong with the file, or with the routes file that it names.
pub fn load(path: &Path) -> Result<Config, ConfigErrors> {
    load_with(path, &Environment::of_process())
}

/// Reads the configuration, with `${NAME}` from `environment`.
///
/// # Errors
/// As [`load`].
pub fn load_with(path: &Path, environment: &Environment) -> Result<Config, ConfigErrors> {
    match file::examine(path, environment) {
        (Some(config), ConfigErrors(errors)) if errors.is_empty() => Ok(config),
        (_, errors) => Err(errors),
    }
}

/// Reads a configuration to find what is wrong with it and with what it names. Where there are
/// errors, defaults stand in for what did not read: to serve with it would be wrong.
#[must_use]
pub fn examine(path: &Path) -> (Option<Config>, ConfigErrors) {
    file::examine(path, &Environment::of_process())
}
