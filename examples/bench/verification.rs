//! What the verification of one signature costs by itself.

use std::{hint::black_box, time::Instant};

use anyhow::{Context as _, ensure};
use clap::Args;
use jsonwebtoken::{Algorithm, DecodingKey, crypto::verify};

use serde_json::Value;

use crate::{key::SigningKey, requests};

#[derive(Args)]
pub struct Verification {
    /// How often, one after the other.
    #[arg(long, default_value_t = 20_000)]
    count: u32,
}

// === impl Verification ===

impl Verification {
    /// Prints microseconds for one RS256 signature of a token, made by a key that is ready for use.
    #[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
    pub fn run(&self) -> anyhow::Result<()> {
        let key = SigningKey::generate()?;
        let token = requests::token("https://issuer.bench.example/", &key, 0)?;
        let (message, signature) = token.rsplit_once('.').context("a token has three parts")?;
        let jwk = key.jwk();
        let part =
            |name: &str| jwk.get(name).and_then(Value::as_str).context("the key is not whole");
        let public = DecodingKey::from_rsa_components(part("n")?, part("e")?)?;
        let began = Instant::now();
        for _ in 0..self.count {
            let holds =
                verify(black_box(signature), message.as_bytes(), &public, Algorithm::RS256)?;
            ensure!(holds, "the signature does not hold");
        }
        println!("{}", began.elapsed().as_secs_f64() * 1e6 / f64::from(self.count));
        Ok(())
    }
}
