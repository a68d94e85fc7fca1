//! Attacks on tokens, each with the text that refuses it. The letters and numbers of the cases are
//! families: A keys and algorithms, B structure, C kinds of tokens, K claims, H the header, X proofs of
//! possession, Y client certificates.

mod algorithms;
mod attested;
mod auxiliary;
mod claims;
mod demands;
pub(crate) mod forge;
mod forgeries;
mod keys;
mod kinds;
mod logout;
mod nonces;
mod principal;
mod proofs;
mod sender;
mod senders;
mod sources;
mod structure;
mod told;
mod transport;

use jiff::{SignedDuration, Timestamp};

use super::{
    Demands, IssuerSpec, KeySet, Presentation, TokenLimits, UnverifiedToken, Verifier, bearer,
};
use crate::engine::model::{AuxData, Principal};
use forge::{Forgery, TestKey};

/// A world with one issuer: its settings, its keys and the time.
pub(crate) struct World {
    pub(crate) spec: IssuerSpec,
    pub(crate) keys: KeySet,
    pub(crate) now: Timestamp,
    pub(crate) demands: Demands,
}

pub(crate) fn world() -> World {
    let keys = forge::key_set(&[TestKey::named("k1").jwk(), TestKey::named("k2").jwk()]);
    World { spec: forge::spec(), keys, now: forge::now(), demands: Demands::default() }
}

impl World {
    /// The way of a request with this `Authorization` header, up to its principal. An error is the
    /// text of the refusal.
    pub(crate) fn authorize(&self, authorization: &[u8]) -> Result<(Principal, AuxData), String> {
        let token = bearer::find([authorization]).map_err(|error| error.to_string())?;
        let token = token.ok_or("no credentials")?;
        let [verifier] = &Verifier::for_issuers(vec![self.spec.clone()])[..] else { panic!() };
        let verify = || {
            let unverified = UnverifiedToken::parse(&token, TokenLimits::default())?;
            let signed = verifier.verify_signature(unverified, &self.keys)?;
            let (demands, now, scheme) = (&self.demands, self.now, token.scheme());
            let presentation = Presentation { scheme, demands, now, possession: None };
            verifier.principal(&verifier.verify(&signed, &presentation)?)
        };
        verify().map_err(|error: super::TokenError| error.to_string())
    }

    /// What is said to `Bearer TOKEN`: `OK`, or the text of the refusal.
    pub(crate) fn answer(&self, token: &str) -> String {
        let answer = self.authorize(format!("Bearer {token}").as_bytes());
        answer.map_or_else(|refusal| refusal, |_| "OK".to_owned())
    }

    /// Checks cases of one family: a name, a token, and the answer that it must get.
    #[track_caller]
    pub(crate) fn check(&self, cases: &[(&str, String, &str)]) {
        let wrong: Vec<String> = cases
            .iter()
            .filter_map(|(name, token, expected)| {
                let answer = self.answer(token);
                (answer != *expected)
                    .then(|| format!("{name}: expected `{expected}`, answered `{answer}`"))
            })
            .collect();
        assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    }

    pub(crate) fn later(mut self, seconds: i64) -> Self {
        self.now += SignedDuration::from_secs(seconds);
        self
    }
}

/// A token that is accepted, before a case changes it.
pub(crate) fn base() -> Forgery {
    Forgery::base()
}
