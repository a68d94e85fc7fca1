//! The house from outside: one binary for all integration tests, since linking it is what costs.
#![cfg(test)]

mod gateway;
mod lifecycle;
mod listeners;
mod support;
mod tidy;
