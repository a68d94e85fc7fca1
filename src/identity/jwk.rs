//! One key of a key set (RFC 7517): taken if it can only be used as it should be, else left out.

use aws_lc_rs::{
    digest::{SHA256, digest},
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, ParsedPublicKey,
        VerificationAlgorithm,
    },
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::DecodingKey;

use super::{
    Algorithm,
    keys::{Key, KeyFingerprint, SkipReason},
};
use crate::engine::model::{Map, Value};

/// What a key is, whatever it is called.
pub(super) struct PublicKey {
    pub(super) key_type: KeyType,
    /// The one algorithm that it is used with, if it says so.
    pub(super) algorithm: Option<Algorithm>,
    pub(super) material: DecodingKey,
    bytes: Vec<u8>,
}

/// What kind of key it is, which says what algorithms it can be used with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyType {
    Rsa,
    P256,
    P384,
    Ed25519,
}

/// Of private keys (RFC 7518, 6). A published one is nobody's secret any more.
const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

const MODULUS_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

const MAX_KEY_ID_BYTES: usize = 128;

/// A key, or why it is not taken.
pub(super) fn parse(jwk: &Map) -> Result<Key, SkipReason> {
    let id = text(jwk, "kid").filter(|id| (1..=MAX_KEY_ID_BYTES).contains(&id.len()));
    let id = id.ok_or(SkipReason::NoKeyId)?;
    let PublicKey { key_type, algorithm, material, bytes } = public(jwk)?;
    let fingerprint = fingerprint(key_type, &bytes);
    Ok(Key { id: id.into(), key_type, algorithm, material, fingerprint })
}

/// A key that needs no id, as the one inside of a proof.
pub(super) fn public(jwk: &Map) -> Result<PublicKey, SkipReason> {
    if PRIVATE_MEMBERS.iter().any(|name| jwk.get(name).is_some()) {
        return Err(SkipReason::Private);
    }
    if !is_for_verification(jwk) {
        return Err(SkipReason::NotForSignatures);
    }
    let (key_type, material, bytes) = material(jwk)?;
    let algorithm = match jwk.get("alg") {
        None => None,
        Some(alg) => {
            let alg = alg.as_str().and_then(Algorithm::find);
            Some(
                alg.filter(|alg| alg.key_type() == key_type)
                    .ok_or(SkipReason::UnsupportedAlgorithm)?,
            )
        }
    };
    Ok(PublicKey { key_type, algorithm, material, bytes })
}

/// SHA-256 over the members that make the key, base64url (RFC 7638). Of a key that was taken: its texts
/// are base64url, so none of them needs an escape.
#[must_use]
pub fn thumbprint(jwk: &Map) -> String {
    let member = |name| text(jwk, name).unwrap_or_default();
    let canonical = match member("kty") {
        "RSA" => format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, member("e"), member("n")),
        "EC" => format!(
            r#"{{"crv":"{}","kty":"EC","x":"{}","y":"{}"}}"#,
            member("crv"),
            member("x"),
            member("y")
        ),
        kty => {
            format!(r#"{{"crv":"{}","kty":"{kty}","x":"{}"}}"#, member("crv"), member("x"))
        }
    };
    URL_SAFE_NO_PAD.encode(digest(&SHA256, canonical.as_bytes()))
}

/// `use` and `key_ops` are absent, or they name verification.
fn is_for_verification(jwk: &Map) -> bool {
    let usage = jwk.get("use").is_none_or(|usage| usage.as_str() == Some("sig"));
    let operations = jwk.get("key_ops").is_none_or(|operations| match operations {
        Value::List(items) => items.iter().any(|item| item.as_str() == Some("verify")),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Map(_) => false,
    });
    usage && operations
}

fn material(jwk: &Map) -> Result<(KeyType, DecodingKey, Vec<u8>), SkipReason> {
    match (text(jwk, "kty"), text(jwk, "crv")) {
        (Some("RSA"), _) => rsa(jwk),
        (Some("EC"), Some("P-256")) => ec(jwk, KeyType::P256, 32, &ECDSA_P256_SHA256_FIXED),
        (Some("EC"), Some("P-384")) => ec(jwk, KeyType::P384, 48, &ECDSA_P384_SHA384_FIXED),
        (Some("OKP"), Some("Ed25519")) => {
            let public_key = bytes(jwk, "x")?;
            on_curve(&ED25519, &public_key)?;
            Ok((KeyType::Ed25519, DecodingKey::from_ed_der(&public_key), public_key))
        }
        _ => Err(SkipReason::UnsupportedType),
    }
}

fn rsa(jwk: &Map) -> Result<(KeyType, DecodingKey, Vec<u8>), SkipReason> {
    let (modulus, exponent) = (integer(jwk, "n")?, integer(jwk, "e")?);
    let odd = |integer: &[u8]| integer.last().is_some_and(|last| last % 2 == 1);
    let exponent_fits = exponent.len() <= 4 && odd(&exponent) && exponent != [1];
    if !MODULUS_BITS.contains(&bits(&modulus)) || !odd(&modulus) || !exponent_fits {
        return Err(SkipReason::Weak);
    }
    let key = DecodingKey::from_rsa_raw_components(&modulus, &exponent);
    // The exponent has at most four bytes, so the pair can be read back in one way only.
    let mut public_bytes = vec![u8::try_from(exponent.len()).unwrap_or(u8::MAX)];
    public_bytes.extend_from_slice(&exponent);
    public_bytes.extend_from_slice(&modulus);
    Ok((KeyType::Rsa, key, public_bytes))
}

fn ec(
    jwk: &Map,
    key_type: KeyType,
    coordinate_bytes: usize,
    algorithm: &'static dyn VerificationAlgorithm,
) -> Result<(KeyType, DecodingKey, Vec<u8>), SkipReason> {
    let (x, y) = (bytes(jwk, "x")?, bytes(jwk, "y")?);
    if [x.len(), y.len()] != [coordinate_bytes; 2] {
        return Err(SkipReason::Malformed);
    }
    // An uncompressed point (SEC 1, 2.3.3).
    let point = [&[4], x.as_slice(), y.as_slice()].concat();
    on_curve(algorithm, &point)?;
    Ok((key_type, DecodingKey::from_ec_der(&point), point))
}

fn on_curve(
    algorithm: &'static dyn VerificationAlgorithm,
    public_key: &[u8],
) -> Result<(), SkipReason> {
    match ParsedPublicKey::new(algorithm, public_key) {
        Ok(_) => Ok(()),
        Err(_rejected) => Err(SkipReason::Malformed),
    }
}

fn text<'j>(jwk: &'j Map, name: &str) -> Option<&'j str> {
    jwk.get(name).and_then(Value::as_str)
}

fn bytes(jwk: &Map, name: &str) -> Result<Vec<u8>, SkipReason> {
    let text = text(jwk, name).ok_or(SkipReason::Malformed)?;
    URL_SAFE_NO_PAD.decode(text).map_err(|_not_base64url| SkipReason::Malformed)
}

/// Big-endian, without leading zeros: some issuers add one for the sign.
fn integer(jwk: &Map, name: &str) -> Result<Vec<u8>, SkipReason> {
    let mut bytes = bytes(jwk, name)?;
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.drain(..zeros);
    Ok(bytes)
}

/// Of an integer without leading zeros.
fn bits(integer: &[u8]) -> usize {
    let unused = integer.first().map_or(0, |first| first.leading_zeros() as usize);
    integer.len() * 8 - unused
}

fn fingerprint(key_type: KeyType, public_bytes: &[u8]) -> KeyFingerprint {
    let tag: u8 = match key_type {
        KeyType::Rsa => 1,
        KeyType::P256 => 2,
        KeyType::P384 => 3,
        KeyType::Ed25519 => 4,
    };
    let digest = digest(&SHA256, &[&[tag], public_bytes].concat());
    let mut fingerprint = [0; 32];
    fingerprint.copy_from_slice(digest.as_ref());
    KeyFingerprint(fingerprint)
}
