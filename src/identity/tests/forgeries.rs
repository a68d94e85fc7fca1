//! Signatures of RSA that were made by hand, with the bare power of the private key, which no library
//! gives away: `forged_signatures.json` has what was signed and how. Those that hold show that the
//! others are refused for what is wrong with them.

use super::{forge, world};
use crate::identity::Algorithm;

#[test]
fn a23_a24_a_signature_of_rsa_has_one_form() {
    let file: serde_json::Value =
        serde_json::from_str(include_str!("forged_signatures.json")).unwrap();
    let mut world = world();
    world.keys = forge::key_set(file["keys"].as_array().unwrap());
    world.spec.algorithms = vec![Algorithm::Rs256, Algorithm::Ps256];
    let cases = file["cases"].as_array().unwrap();
    let text = |case: &'_ serde_json::Value, name: &str| case[name].as_str().unwrap().to_owned();
    for case in cases {
        let expected = if case["holds"] == true { "OK" } else { "bad signature" };
        assert_eq!(world.answer(&text(case, "token")), expected, "{}", text(case, "name"));
    }
    let holding = cases.iter().filter(|case| case["holds"] == true).count();
    assert_eq!((cases.len(), holding), (25, 3));
}
