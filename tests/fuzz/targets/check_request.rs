#![no_main]
#![expect(dead_code, reason = "the tests use more of what they share with this")]

#[path = "../../it/fuzz/check_request.rs"]
mod check_request;
#[path = "../shared/hostile.rs"]
mod hostile;
#[path = "../../it/fuzz/house.rs"]
mod house;
#[path = "../shared/support.rs"]
mod support;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check_request::run(data));
