//! The engine beside the real Cerbos, with random policies and expressions: `make conformance`.
#![cfg(test)]
#![expect(
    clippy::disallowed_methods,
    reason = "tests start tasks and read the environment: they are the world around the engine"
)]
#![expect(clippy::fn_params_excessive_bools, reason = "what was diced is handed on as it is")]

#[path = "it/conformance/mod.rs"]
mod conformance;
#[path = "it/tools.rs"]
#[expect(dead_code, reason = "what only the other integration tests need")]
mod tools;
#[path = "it/suites/verdicts.rs"]
mod verdicts;
