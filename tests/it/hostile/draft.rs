//! A token in the making: valid as drafted, until a family of attacks changes one thing.

use serde_json::{Map, Value, json};

use super::{
    dice::Dice,
    keys::{Key, Ring, base64url},
};

pub(crate) const AUDIENCE: &str = "https://api.hostile.example/v1";
pub(crate) const AUDIENCE_OF_B: &str = "https://api.hostile.example/b";
pub(crate) const ROLES: &str = "https://hostile.example/roles";

/// The second at which the requests of a run are decided.
pub(crate) const NOW: i64 = 1_795_434_057;

/// What tokens are made from.
pub(crate) struct Forge {
    pub(crate) ring: Ring,
    pub(crate) issuer_a: String,
    pub(crate) issuer_b: String,
    /// The second at which its tokens are used.
    pub(crate) now: i64,
}

#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) header: Map<String, Value>,
    pub(crate) claims: Map<String, Value>,
    /// The id of the key that signs, whatever the header says.
    pub(crate) key: &'static str,
}

// === impl Draft ===

impl Draft {
    /// A token of issuer A that must be accepted, with all that may differ between such tokens.
    pub(crate) fn valid(dice: &mut Dice, forge: &Forge) -> Self {
        // RSA signatures cost the signer thirty times as much.
        let key =
            if dice.once_in(64) { dice.pick(&["r1", "r2"]) } else { dice.pick(&["e1", "e2"]) };
        let audience = match dice.below(4) {
            0 => json!(AUDIENCE),
            1 => json!([AUDIENCE]),
            2 => json!(["https://other.example/", AUDIENCE]),
            _ => json!([AUDIENCE, format!("{}userinfo", forge.issuer_a)]),
        };
        let claims = json!({
            "iss": forge.issuer_a,
            "sub": format!("auth0|{}", dice.word(24)),
            "aud": audience,
            "iat": forge.now - dice.between(60, 3000),
            "exp": expiry(dice, forge.now),
            "azp": dice.word(32),
            ROLES: dice.pick(&[json!(["reader"]), json!(["other", "reader"]), json!(["reader", "x"])]),
        });
        let token_type =
            dice.pick(&["JWT", "JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt"]);
        let claims = claims.as_object().unwrap().clone();
        let mut draft = Self { header: Map::new(), claims, key }
            .header("alg", forge.ring.get(key).algorithm())
            .header("typ", token_type)
            .header("kid", key);
        draft.season(dice, forge.now);
        draft
    }

    /// A token of issuer B, which signs by RFC 9068 and nothing else.
    pub(crate) fn of_b(dice: &mut Dice, forge: &Forge) -> Self {
        let draft = Self::valid(dice, forge).by("b1", &forge.ring).header("typ", "at+jwt");
        let client = draft.claims["azp"].clone();
        draft
            .claim("iss", forge.issuer_b.as_str())
            .claim("aud", AUDIENCE_OF_B)
            .claim("client_id", client)
            .claim("jti", dice.word(16))
    }

    /// Claims that many tokens have and no check looks for.
    fn season(&mut self, dice: &mut Dice, now: i64) {
        let word = dice.word(12);
        for (name, value) in [
            ("scope", json!("openid profile read:invoices")),
            ("permissions", json!(["read:invoices"])),
            ("org_id", json!(format!("org_{word}"))),
            ("jti", json!(word)),
            ("nbf", json!(now + dice.between(-2000, 30))),
            ("auth_time", json!(now - 100)),
            ("act", json!({ "sub": "client@clients" })),
            ("https://hostile.example/tier", json!({ "name": "gold", "limits": [1, 2.5, null] })),
            ("__proto__", json!({ "admin": true })),
        ] {
            if dice.once_in(3) {
                self.claims.insert(name.to_owned(), value);
            }
        }
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header.insert(name.to_owned(), value.into());
        self
    }

    pub(crate) fn without_header(mut self, name: &str) -> Self {
        self.header.remove(name);
        self
    }

    pub(crate) fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.to_owned(), value.into());
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.claims.remove(name);
        self
    }

    pub(crate) fn key(mut self, key: &'static str) -> Self {
        self.key = key;
        self
    }

    /// Signed by a key that the header names, with the algorithm that it is for.
    pub(crate) fn by(self, key: &'static str, ring: &Ring) -> Self {
        self.header("alg", ring.get(key).algorithm()).header("kid", key).key(key)
    }

    pub(crate) fn header_text(&self) -> String {
        Value::from(self.header.clone()).to_string()
    }

    pub(crate) fn payload_text(&self) -> String {
        Value::from(self.claims.clone()).to_string()
    }

    /// What is signed.
    pub(crate) fn text(&self) -> String {
        format!("{}.{}", base64url(self.header_text()), base64url(self.payload_text()))
    }

    pub(crate) fn token(&self, ring: &Ring) -> String {
        signed(&self.text(), ring.get(self.key))
    }

    /// With another payload than the claims.
    pub(crate) fn with_payload(&self, ring: &Ring, payload: impl AsRef<[u8]>) -> String {
        let text = format!("{}.{}", base64url(self.header_text()), base64url(payload));
        signed(&text, ring.get(self.key))
    }

    pub(crate) fn with_header(&self, ring: &Ring, header: impl AsRef<[u8]>) -> String {
        let text = format!("{}.{}", base64url(header), base64url(self.payload_text()));
        signed(&text, ring.get(self.key))
    }
}

/// Clocks may differ by half a minute, and a second may have a fraction.
fn expiry(dice: &mut Dice, now: i64) -> Value {
    match dice.below(8) {
        0 => json!(now - dice.between(0, 30)),
        1 => json!(f64::from(i32::try_from(now).unwrap()) + 0.5),
        _ => json!(now + dice.between(1, 80_000)),
    }
}

pub(crate) fn signed(text: &str, key: &Key) -> String {
    format!("{text}.{}", base64url(key.sign(text.as_bytes())))
}
