//! What the tests need around the server: an issuer, a configuration, the server itself, a client.

mod issuer;
mod request;
mod world;

pub use issuer::{Issuer, claims};
pub use request::{Told, check_request};
pub use world::{World, WorldBuilder};
