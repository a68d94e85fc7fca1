//! X19: proofs that must carry a nonce of ours.

use std::time::Duration;

use jiff::SignedDuration;

use super::{
    forge::{self, TestKey},
    sender::{Sender, proof},
};
use crate::identity::{Nonces, ProofError, RefusalStatus, TokenError};

const SECRET: &[u8] = b"a secret that all replicas have, and nobody else";

fn nonces(secret: &[u8]) -> Nonces {
    Nonces::new(secret, Duration::from_secs(60))
}

/// A nonce that was given so many seconds ago.
fn given(by: &Nonces, ago: i64) -> String {
    by.give(forge::now() - SignedDuration::from_secs(ago))
}

/// What is said to a proof with this nonce.
fn answer(nonce: impl Into<serde_json::Value>) -> String {
    let proof = proof().claim("nonce", nonce).signed_by(TestKey::named("p256"));
    let mut sender = Sender::with_proofs(&[&proof]);
    sender.nonces = Some(nonces(SECRET));
    sender.answer()
}

#[test]
fn x19_a_nonce_is_ours_and_recent() {
    let (ours, foreign) = (nonces(SECRET), nonces(b"another"));
    for (name, nonce, expected) in [
        ("now", given(&ours, 0), "OK"),
        ("by a replica with the same secret", given(&nonces(SECRET), 5), "OK"),
        ("at its end", given(&ours, 60), "OK"),
        ("old", given(&ours, 61), "nonce required"),
        ("by a replica whose clock is ahead", given(&ours, -60), "OK"),
        ("of the future", given(&ours, -61), "nonce required"),
        ("foreign", given(&foreign, 0), "nonce required"),
        ("longer", format!("{}A", given(&ours, 0)), "nonce required"),
        ("no seal", forge::base64url(forge::NOW.to_be_bytes()), "nonce required"),
        ("nothing", String::new(), "nonce required"),
        ("no base64url", "{}".to_owned(), "nonce required"),
    ] {
        assert_eq!(answer(nonce), expected, "{name}");
    }
    assert_eq!(answer(7), "nonce required", "a number");
    let without = proof().signed_by(TestKey::named("p256"));
    let ask = |nonces| Sender { nonces, ..Sender::with_proofs(&[&without]) }.answer();
    assert_eq!(ask(Some(ours)), "nonce required", "none");
    assert_eq!(ask(None), "OK", "nobody has asked for one");
}

#[test]
fn x19_no_bit_of_a_nonce_can_be_changed() {
    let nonce = given(&nonces(SECRET), 0);
    for index in 0..nonce.len() {
        for bit in 0..7 {
            let mut bytes = nonce.clone().into_bytes();
            bytes[index] ^= 1 << bit;
            let changed = String::from_utf8(bytes).unwrap();
            assert_eq!(answer(changed), "nonce required", "byte {index}, bit {bit}");
        }
    }
}

#[test]
fn x19_a_nonce_is_no_excuse_and_its_want_has_an_error_of_its_own() {
    let wrong = proof().claim("htm", "POST").signed_by(TestKey::named("p256"));
    let mut sender = Sender::with_proofs(&[&wrong]);
    sender.nonces = Some(nonces(SECRET));
    assert_eq!(sender.answer(), "method");
    let refusal = TokenError::from(ProofError::Nonce).refusal();
    assert_eq!((refusal.reason, refusal.status), ("dpop.nonce", RefusalStatus::NonceWanted));
    assert_eq!(format!("{:?}", nonces(SECRET)), "Nonces { lifetime: 60s, .. }");
}
