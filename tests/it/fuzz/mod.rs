//! What strangers send, made up: the targets of `make fuzz`, and here what they begin with and what
//! they once found (`tests/fuzz/seeds`), so that neither rots.

mod canonical;
mod check_request;
mod evaluator;
mod expression_parser;
mod house;
mod policy_parser;
mod token;

use std::{fs, path::Path, thread};

use house::House;

/// What a worker of the server has.
const STACK: usize = 2 << 20;

#[track_caller]
fn replay(target: &str, run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/seeds").join(target);
    let mut inputs = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let data = fs::read(&path).unwrap();
        let worker = thread::Builder::new().stack_size(STACK).spawn(move || run(&data)).unwrap();
        assert!(worker.join().is_ok(), "{}", path.display());
        inputs += 1;
    }
    assert!(inputs > 2, "{inputs} inputs");
}

#[test]
fn inputs_of_parsers_are_read_or_refused() {
    replay("canonical", canonical::run);
    replay("expression_parser", expression_parser::run);
    replay("policy_parser", policy_parser::run);
}

#[test]
fn inputs_of_the_evaluator_stay_within_its_limits() {
    replay("evaluator", evaluator::run);
}

#[test]
fn inputs_of_the_door_are_refused_unless_they_were_signed_for() {
    replay("token", token::run);
    replay("check_request", check_request::run);
    assert!(!House::get().has_panicked());
    let valid = House::get().valid_token(1);
    let readme = |token| crate::support::check_request("GET", "/v1/files/readme", token);
    assert!(House::get().lets_pass(&readme(Some(&valid))));
    assert!(!House::get().lets_pass(&readme(None)));
}
