//! What the tests need around the server: an issuer, a configuration, the server itself, a client.

mod envoy;
mod issuer;
mod redis;
mod request;
mod world;

pub(crate) use envoy::Envoy;
pub(crate) use issuer::{Issuer, claims, publish};
pub(crate) use redis::{PASSWORD, Redis};
pub(crate) use request::{Told, check_request, with_logout_token};
pub(crate) use world::{POLICY, ROUTES, World, config};
