//! What the tests need around the server: an issuer, a configuration, the server itself, a client.

mod envoy;
mod issuer;
mod request;
mod world;

pub(crate) use envoy::Envoy;
pub(crate) use issuer::{Issuer, claims, publish};
pub(crate) use request::{Told, check_request};
pub(crate) use world::{POLICY, ROUTES, World, config};
