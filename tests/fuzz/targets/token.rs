#![no_main]
#![expect(dead_code, reason = "the tests use more of what they share with this")]

#[path = "../shared/hostile.rs"]
mod hostile;
#[path = "../../it/fuzz/house.rs"]
mod house;
#[path = "../shared/support.rs"]
mod support;
#[path = "../../it/fuzz/token.rs"]
mod token;

libfuzzer_sys::fuzz_target!(|data: &[u8]| token::run(data));
