//! The house from outside: one binary for all integration tests, since linking it is what costs.
#![cfg(test)]
#![expect(
    clippy::disallowed_methods,
    reason = "tests start tasks and read the clock: they are the world around the server"
)]

mod absence;
mod api;
mod assertion;
mod backends;
mod canary;
mod clients;
mod compose;
mod demands;
mod demo;
mod denials;
mod envoy;
mod envoy_files;
mod exhaustion;
mod fail_open;
mod fuzz;
mod gateway;
mod hostile;
mod http3;
mod keys;
mod lifecycle;
mod listeners;
mod numbers;
mod policies;
mod process;
mod raw_bytes;
mod readme;
mod reloads;
mod remote_pdp;
mod replays;
mod replicas;
mod revocation;
mod second_issuer;
mod senders;
mod storms;
mod suites;
mod support;
mod tidy;
mod tokens;
mod tools;
