#![no_main]

#[path = "../../it/fuzz/canonical.rs"]
mod canonical;

libfuzzer_sys::fuzz_target!(|data: &[u8]| canonical::run(data));
