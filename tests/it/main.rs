//! The house from outside: one binary for all integration tests, since linking it is what costs.
#![cfg(test)]

mod compose;
mod demo;
mod envoy_files;
mod gateway;
mod lifecycle;
mod listeners;
mod policies;
mod support;
mod tidy;
mod tools;
