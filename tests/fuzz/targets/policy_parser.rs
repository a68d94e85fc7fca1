#![no_main]

#[path = "../../it/fuzz/policy_parser.rs"]
mod policy_parser;

libfuzzer_sys::fuzz_target!(|data: &[u8]| policy_parser::run(data));
