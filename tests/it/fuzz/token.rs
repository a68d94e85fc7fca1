//! Bytes in the place of a token: none is accepted that was not signed, and none that was signed with
//! claims that do not hold.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use portcullis::identity::{TokenLimits, UnverifiedToken};
use serde_json::Value;

use super::house::House;
use crate::{hostile::draft::AUDIENCE, support::check_request};

/// The first byte says what the rest is: `0` a token; `1` its header, payload and signature, decoded
/// and with zero bytes between them; `2` the payload of one that is signed. In the latter two
/// `ISSUER`, `NOW` and `LATER` are what they say.
pub(crate) fn run(data: &[u8]) {
    let Some((form, rest)) = data.split_first() else { return };
    let house = House::get();
    let now = Timestamp::now().as_second();
    let (token, may_pass) = match form {
        b'0' => (rest.to_vec(), false),
        b'1' => {
            let filled = filled(rest, house.issuer(), now);
            let parts = filled.splitn(3, |byte| *byte == 0);
            let parts: Vec<String> = parts.map(|part| URL_SAFE_NO_PAD.encode(part)).collect();
            (parts.join(".").into_bytes(), false)
        }
        b'2' => {
            let payload = filled(rest, house.issuer(), now);
            (house.signed(7, &payload).into_bytes(), holds(&payload, house.issuer(), now))
        }
        _ => return,
    };
    if let Ok(token) = UnverifiedToken::parse_bytes(&token, TokenLimits::default()) {
        assert!(!token.key_id().is_empty());
    }
    let Ok(token) = String::from_utf8(token) else { return };
    let passes = house.lets_pass(&check_request("GET", "/v1/files/readme", Some(&token)));
    assert!(may_pass || !passes, "{token}");
}

fn filled(bytes: &[u8], issuer: &str, now: i64) -> Vec<u8> {
    let Ok(text) = str::from_utf8(bytes) else { return bytes.to_vec() };
    let (later, now) = ((now + 600).to_string(), now.to_string());
    text.replace("ISSUER", issuer).replace("LATER", &later).replace("NOW", &now).into_bytes()
}

/// The least that is asked of claims, as somebody else would ask it.
fn holds(payload: &[u8], issuer: &str, now: i64) -> bool {
    let Ok(claims) = serde_json::from_slice::<Value>(payload) else { return false };
    let audience = match &claims["aud"] {
        Value::Array(all) => all.iter().any(|one| one == AUDIENCE),
        one => one == AUDIENCE,
    };
    #[expect(clippy::cast_precision_loss, reason = "seconds are far below 2^52")]
    let (soon, late) = ((now + 120) as f64, (now - 120) as f64);
    audience
        && claims["iss"] == issuer
        && claims["sub"].as_str().is_some_and(|subject| !subject.is_empty())
        && claims["iat"].as_f64().is_some_and(|issued| issued < soon)
        && claims["exp"].as_f64().is_some_and(|expires| expires > late)
}
