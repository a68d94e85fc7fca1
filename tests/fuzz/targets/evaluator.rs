#![no_main]

#[path = "../../it/fuzz/evaluator.rs"]
mod evaluator;

libfuzzer_sys::fuzz_target!(|data: &[u8]| evaluator::run(data));
