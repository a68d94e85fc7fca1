#![no_main]

#[path = "../../it/fuzz/expression_parser.rs"]
mod expression_parser;

libfuzzer_sys::fuzz_target!(|data: &[u8]| expression_parser::run(data));
