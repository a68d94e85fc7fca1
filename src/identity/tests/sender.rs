//! A token and what its sender shows beside it.

use std::sync::LazyLock;

use super::{
    forge::{self, Forgery, TestKey},
    world,
};
use crate::identity::{
    CertificateSource, Demands, Nonces, Possession, PossessionRules, Presentation, TokenBinding,
    TokenError, TokenLimits, UnverifiedToken, VerifiedProof, VerifiedToken, Verifier, bearer,
};
use crate::request::{HttpRequest, RawRequest};

/// What is sent, and by which rules it is looked at.
pub(super) struct Sender {
    pub(super) scheme: &'static str,
    pub(super) token: String,
    pub(super) request: RawRequest<'static>,
    pub(super) rules: PossessionRules,
    pub(super) binding: Option<TokenBinding>,
    pub(super) nonces: Option<Nonces>,
}

/// A token that is bound to `p256`.
pub(super) fn bound_token() -> String {
    // Thousands of proofs come with it, and an RSA signature is a matter of milliseconds.
    static TOKEN: LazyLock<String> =
        LazyLock::new(|| Forgery::base().bound(Some(TestKey::named("p256")), None).token());
    TOKEN.clone()
}

/// The proof of it, before a case changes it.
pub(super) fn proof() -> Forgery {
    Forgery::proof(&bound_token())
}

impl Sender {
    pub(super) fn new(scheme: &'static str, token: String, headers: &[(&str, &str)]) -> Self {
        let (request, rules) = (forge::request(headers), PossessionRules::default());
        Self { scheme, token, request, rules, binding: None, nonces: None }
    }

    /// A bound token with proofs, in the scheme `DPoP`.
    pub(super) fn with_proofs(proofs: &[&str]) -> Self {
        let headers: Vec<(&str, &str)> = proofs.iter().map(|proof| ("dpop", *proof)).collect();
        Self::new("DPoP", bound_token(), &headers)
    }

    pub(super) fn forwarded(mut self) -> Self {
        self.rules.certificates = CertificateSource::Forwarded;
        self
    }

    /// `OK`, or the text of the refusal.
    pub(super) fn answer(self) -> String {
        self.verify().map_or_else(|error| error.to_string(), |()| "OK".to_owned())
    }

    pub(super) fn verify(self) -> Result<(), TokenError> {
        self.proof().map(drop)
    }

    /// What has to be used once of a sender whom all this is believed.
    pub(super) fn proof(self) -> Result<Option<VerifiedProof>, TokenError> {
        self.verified(|_, token| token.proof())
    }

    /// `bound`, an attribute of a principal whom all this is believed.
    pub(super) fn bound(self) -> String {
        let principal = self.verified(Verifier::principal).unwrap();
        let (principal, _) = principal.unwrap();
        principal.attr.get("bound").unwrap().as_str().unwrap().to_owned()
    }

    fn verified<T>(
        self,
        look: impl FnOnce(&Verifier, &VerifiedToken<'_>) -> T,
    ) -> Result<T, TokenError> {
        let Self { scheme, token, request, rules, binding, nonces } = self;
        let world = world();
        let request = HttpRequest::read(request, &forge::rules()).unwrap();
        let token = bearer::find([format!("{scheme} {token}").as_bytes()]).unwrap().unwrap();
        let [verifier] = &Verifier::for_issuers(vec![world.spec])[..] else { panic!() };
        let unverified = UnverifiedToken::parse(&token, TokenLimits::default())?;
        let signed = verifier.verify_signature(unverified, &world.keys)?;
        let demands = &Demands { binding, ..Demands::default() };
        let (rules, nonces) = (&rules, nonces.as_ref());
        let possession = Some(Possession { token: &token, request: &request, rules, nonces });
        let (scheme, now) = (token.scheme(), world.now);
        let presentation = Presentation { scheme, demands, now, possession };
        verifier.verify(&signed, &presentation).map(|token| look(verifier, &token))
    }
}

/// Checks proofs of one family: a name, a proof for the good request, and the answer that it must get.
#[track_caller]
pub(super) fn check_proofs(cases: &[(&str, String, &str)]) {
    let wrong: Vec<String> = cases
        .iter()
        .map(|(name, proof, expected)| (name, Sender::with_proofs(&[proof]).answer(), expected))
        .filter(|(_, answer, expected)| answer != *expected)
        .map(|(name, answer, expected)| format!("{name}: expected `{expected}`, got `{answer}`"))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
