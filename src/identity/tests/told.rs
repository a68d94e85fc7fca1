//! What tokens, keys and proofs say about themselves, and other rooms go by.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{
    base,
    forge::{self, Forgery, NOW, TestKey},
    sender::proof,
    world,
};
use crate::engine::model::{Map, Value};
use crate::identity::{
    Algorithm, BearerError, Demands, Issued, KeySet, KeySetError, PrincipalKind, ProofError,
    RefusalStatus, Revocable, Scheme, SignedToken, TokenError, TokenLimits, UnverifiedToken,
    Verifier, bearer, jwk, sha256, sha256_of_texts,
};

fn second(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn verifier() -> Verifier {
    Verifier::for_issuers(vec![forge::spec()]).remove(0)
}

fn signed(token: &Forgery) -> SignedToken {
    let token = token.token();
    let token = UnverifiedToken::parse_bytes(token.as_bytes(), TokenLimits::default()).unwrap();
    verifier().verify_signature(token, &world().keys).unwrap()
}

#[test]
fn a_token_that_nobody_has_verified_says_whom_to_ask() {
    let token = base().token();
    let token = UnverifiedToken::parse_bytes(token.as_bytes(), TokenLimits::default()).unwrap();
    assert_eq!(
        (token.issuer(), token.key_id(), token.algorithm()),
        (forge::ISSUER, "k1", Algorithm::Rs256)
    );
    assert_eq!(verifier().issuer(), forge::ISSUER);
    assert_eq!(
        format!("{token:?}"),
        r#"UnverifiedToken { header: Header { algorithm: Rs256, token_type: Jwt, key_id: "k1" }, .. }"#
    );
}

#[test]
fn a_signature_holds_as_long_as_its_very_key_is_published() {
    let token = signed(&base());
    let [k1, k2, mut other] = ["k1", "k2", "evil"].map(|name| TestKey::named(name).jwk());
    other["kid"] = json!("k1");
    let mut renamed = k1.clone();
    renamed["kid"] = json!("k3");
    for (keys, is_published) in [
        (vec![k1.clone()], true),
        (vec![k2.clone(), k1], true),
        (vec![k2.clone()], false),
        (vec![k2.clone(), other], false),
        (vec![k2, renamed], false),
    ] {
        assert_eq!(token.is_signed_by_one_of(&forge::key_set(&keys)), is_published, "{keys:?}");
    }
    assert_eq!(token.issuer(), forge::ISSUER);
    assert_eq!(
        format!("{token:?}"),
        r#"SignedToken { header: Header { algorithm: Rs256, token_type: Jwt, key_id: "k1" }, .. }"#
    );
}

#[test]
fn a_verified_token_says_what_a_revocation_goes_by() {
    let (demands, now) = (&Demands::default(), forge::now());
    let presentation =
        crate::identity::Presentation { scheme: Scheme::Bearer, demands, now, possession: None };
    let verifier = verifier();
    let signed = signed(&base().claim("sid", "s1"));
    let token = verifier.verify(&signed, &presentation).unwrap();
    let Issued { tenant, subject, session, at } = token.issued();
    assert_eq!((tenant, session, at), (forge::ISSUER, Some("s1"), second(NOW - 10)));
    assert_eq!(subject, "auth0|07780e7e03c5dfacfd6d55ad");
    assert_eq!(token.expires_at(), second(NOW + 3600));
    assert!(token.proof().is_none());
    assert!(format!("{token:?}").starts_with("VerifiedToken { expires_at: 2026-"), "{token:?}");
    assert!(format!("{token:?}").ends_with("Z, .. }"), "{token:?}");
}

#[test]
fn x2_a_key_uses_an_id_once_and_until_the_proof_is_stale_everywhere() {
    let rules = crate::identity::ProofRules::default();
    let used = |proof: &Forgery| {
        super::sender::Sender::with_proofs(&[&proof.signed_by(TestKey::named("p256"))])
            .proof()
            .unwrap()
            .unwrap()
            .use_once()
    };
    let (key, until) = used(&proof());
    assert_eq!(key.to_string().len(), 43, "base64url of 32 bytes");
    assert_eq!((key, until), used(&proof()));
    let margin = SignedDuration::from_secs(61);
    let age = SignedDuration::try_from(rules.max_age).unwrap();
    let issued = |at: f64| used(&proof().claim("iat", at));
    let now = NOW as f64;
    assert_eq!(issued(now - 0.5), (key, second(NOW - 1) + age + margin));
    assert_eq!(issued(now + 5.0), (key, second(NOW + 5) + age + margin));
    let (other, _) = used(&proof().claim("jti", "another"));
    assert_ne!(other, key);
    assert_ne!(other.to_string(), key.to_string());
}

#[test]
fn a_token_may_have_as_many_bytes_as_the_limit() {
    let text = base().token();
    let header = format!("Bearer {text}");
    let token = bearer::find([header.as_bytes()]).unwrap().unwrap();
    for (max_bytes, expected) in [
        (text.len() + 1, Ok(())),
        (text.len(), Ok(())),
        (text.len() - 1, Err(TokenError::TooLarge)),
        (0, Err(TokenError::TooLarge)),
    ] {
        let limits = TokenLimits { max_bytes };
        assert_eq!(limits.check(&token), expected);
        assert_eq!(UnverifiedToken::parse(&token, limits).map(drop), expected);
    }
}

#[test]
fn a_key_set_says_which_keys_it_has() {
    let keys = forge::key_set(&["k2", "k1"].map(|name| TestKey::named(name).jwk()));
    assert_eq!(keys.ids(), ["k1", "k2"]);
    assert_eq!(["k1", "k2", "k3"].map(|id| keys.contains(id)), [true, true, false]);
    let print = |id: &str| keys.find(id, Algorithm::Rs256).unwrap().fingerprint();
    assert_eq!(print("k1"), print("k1"));
    assert_ne!(print("k1"), print("k2"));
    let shown = format!("{:?}", print("k1"));
    assert!(shown.starts_with("KeyFingerprint(") && shown.ends_with("..)"), "{shown}");
    assert_eq!(shown.len(), "KeyFingerprint(00112233..)".len(), "{shown}");
    let hundred: Vec<_> = (0..101)
        .map(|number| {
            let mut jwk = TestKey::named("k1").jwk();
            jwk["kid"] = json!(format!("k{number}"));
            jwk
        })
        .collect();
    assert_eq!(forge::key_set(&hundred[..100]).ids().len(), 100);
    let more = KeySet::parse(&forge::jwks(&hundred)).unwrap_err();
    assert_eq!(more, KeySetError::TooManyKeys);
}

#[test]
fn thumbprints_are_those_of_the_specifications() {
    for (members, expected) in [
        (
            // RFC 7638, 3.1
            &[
                ("kty", "RSA"),
                ("e", "AQAB"),
                ("alg", "RS256"),
                ("kid", "2011-04-29"),
                (
                    "n",
                    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
                ),
            ][..],
            "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
        ),
        (
            // RFC 8037, A.3
            &[
                ("kty", "OKP"),
                ("crv", "Ed25519"),
                ("x", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"),
            ],
            "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
        ),
    ] {
        let jwk: Map = members.iter().map(|(name, text)| (*name, Value::from(*text))).collect();
        assert_eq!(jwk::thumbprint(&jwk), expected);
    }
}

#[test]
fn digests_are_sha_256_and_tell_lists_of_texts_apart() {
    let hex = |bytes: [u8; 32]| bytes.map(|byte| format!("{byte:02x}")).concat();
    // FIPS 180-2, B.1
    assert_eq!(
        hex(sha256(b"abc")),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
    let lists: [&[&str]; 6] = [&["ab", "c"], &["a", "bc"], &["abc"], &["abc", ""], &[""], &[]];
    let digests = lists.map(sha256_of_texts);
    assert_eq!(std::collections::BTreeSet::from(digests).len(), lists.len());
    assert_eq!(digests[5], sha256(b""), "nothing at all");
}

#[test]
fn an_algorithm_has_one_name() {
    for name in ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"] {
        assert_eq!(Algorithm::find(name).map(Algorithm::name), Some(name));
    }
    for name in ["none", "HS256", "rs256", "RS256 ", "", "ES256K", "EDDSA", "RS1"] {
        assert_eq!(Algorithm::find(name), None, "{name}");
    }
}

#[test]
fn a_kind_of_principal_has_a_name() {
    let kinds = [
        (PrincipalKind::User, "user"),
        (PrincipalKind::Machine, "m2m"),
        (PrincipalKind::AiAgent, "ai_agent"),
        (PrincipalKind::Anonymous, "anonymous"),
    ];
    for (kind, name) in kinds {
        assert_eq!(kind.as_str(), name);
    }
}

#[test]
fn demands_of_a_method_are_added_to_those_of_its_route() {
    let demands = |audience: &[&str], scope: &str, acr: &[&str], max_age: Option<u64>| Demands {
        audiences: audience.iter().map(|text| (*text).into()).collect(),
        binding: None,
        scopes: [scope.parse().unwrap()].into(),
        permissions: [scope.into()].into(),
        acr: acr.iter().map(|text| text.parse().unwrap()).collect(),
        max_age: max_age.map(Duration::from_secs),
    };
    let route = demands(&["a"], "read", &["gold"], Some(60));
    assert_eq!(route.and(&Demands::default()), route);
    assert_eq!(Demands::default().and(&route), route);
    let method = demands(&["b"], "write", &["iron", "tin"], Some(90));
    let both = ["read", "write"];
    let expected = Demands {
        scopes: both.map(|word| word.parse().unwrap()).into(),
        permissions: both.map(Into::into).into(),
        max_age: Some(Duration::from_secs(60)),
        ..method.clone()
    };
    assert_eq!(route.and(&method), expected);
    assert_eq!(expected.scopes.iter().map(ToString::to_string).collect::<Vec<_>>(), both);
}

#[test]
fn a_refusal_says_what_the_client_can_do_about_it() {
    use RefusalStatus::{BadProof, BadRequest, Forbidden, TooLarge, Unauthorized};
    use Scheme::{Bearer, Dpop};
    for (refusal, status, scheme, reason) in [
        (TokenError::Expired.refusal(), Unauthorized, Bearer, "jwt.expired"),
        (TokenError::InvalidClaim("sub").refusal(), Unauthorized, Bearer, "jwt.claims"),
        (TokenError::KeyBound.refusal(), Unauthorized, Dpop, "jwt.key_bound"),
        (TokenError::NotBound.refusal(), Unauthorized, Dpop, "jwt.not_bound"),
        (TokenError::BindingDemanded.refusal(), Unauthorized, Dpop, "jwt.binding_demanded"),
        (TokenError::OtherKey.refusal(), Unauthorized, Dpop, "jwt.other_key"),
        (TokenError::from(ProofError::Id).refusal(), BadProof, Dpop, "dpop.jti"),
        (TokenError::StrayProof.refusal(), BadRequest, Bearer, "dpop.stray"),
        (TokenError::TooLarge.refusal(), TooLarge, Bearer, "jwt.too_large"),
        (TokenError::NoLogin.refusal(), Forbidden, Bearer, "demand.login"),
        (BearerError::Empty.refusal(), BadRequest, Bearer, "credentials.empty"),
        (BearerError::OtherOrigin.refusal(), Forbidden, Bearer, "credentials.origin"),
    ] {
        assert_eq!((refusal.status, refusal.scheme, refusal.reason), (status, scheme, reason));
        assert_eq!(refusal.presented_in(Bearer).scheme, scheme, "{reason}");
        let in_dpop = refusal.presented_in(Dpop);
        assert_eq!((in_dpop.scheme, in_dpop.reason), (Dpop, reason));
    }
    assert_eq!(ProofError::Id.to_string(), "jti");
}
