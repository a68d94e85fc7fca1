//! Portcullis: a gateway authorization server for Envoy.
//!
//! Auth0 says who someone is, policies written for Cerbos say what they may do, and Envoy enforces
//! the answer. A request walks through the rooms in the order in which they are listed here:
//! what arrived, who is asking, what for, may they, what are they told. These rooms only compute;
//! `decision` walks through them, and the rooms after it touch the world.
//! `ARCHITECTURE.md` is the map, and `tests/it/tidy.rs` keeps it true.

pub mod yaml;

pub mod request;

pub mod identity;

pub mod revocation;

pub mod route;

pub mod engine;

pub mod answer;

pub mod decision;

pub mod issuer;

pub mod shared_memory;

pub mod logout;

pub mod policy_source;

pub mod suite;

pub mod telemetry;

pub mod cerbos_api;

pub mod pdp;
pub mod remote_pdp;

pub mod server;

pub mod config;

pub mod reload;

pub mod app;

pub mod cli;
