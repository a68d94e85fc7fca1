//! What the tests need around the server: an issuer, a configuration, the server itself, a client.

mod assembly;
mod authority;
mod doors;
mod edge;
mod envoy;
mod fickle;
pub(crate) mod frames;
mod holder;
mod issuer;
mod pdp;
mod proxied;
mod redis;
mod request;
mod world;

pub(crate) use assembly::Assembly;
pub(crate) use authority::Authority;
pub(crate) use doors::Doors;
pub(crate) use edge::Edge;
pub(crate) use envoy::Envoy;
pub(crate) use fickle::{Fickle, Mood};
pub(crate) use holder::{Holder, OWN_HOST, presented};
pub(crate) use issuer::{AUDIENCE, Issuer, claims, publish};
pub(crate) use pdp::Pdp;
pub(crate) use proxied::Proxied;
pub(crate) use redis::{PASSWORD, Redis};
pub(crate) use request::{Told, check_request, with_logout_token};
pub(crate) use world::{POLICY, ROUTES, World, config};
