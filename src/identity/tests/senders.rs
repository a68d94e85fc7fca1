//! X and Y: tokens that are bound to a key, to a client certificate, to both or to nothing.

use aws_lc_rs::digest::{SHA256, digest};
use rcgen::CertifiedKey;

use super::{
    base,
    forge::{self, Forgery, TestKey},
    sender::{Sender, bound_token, proof},
};
use crate::identity::{CertificateSource, ProofError, RefusalStatus, TokenBinding, TokenError};

const DEMANDED: &str = "bound token required";

const NOT_THE_CERTIFICATE: &str = "certificate binding failed";

/// A client certificate in the forms that it is seen in.
struct Certificate {
    /// `x5t#S256`
    thumbprint: String,
    hex: String,
    /// As Envoy writes it.
    encoded: String,
    der: Vec<u8>,
}

fn certificate() -> Certificate {
    let CertifiedKey { cert, .. } =
        rcgen::generate_simple_self_signed(["client.example".to_owned()]).unwrap();
    let hash = digest(&SHA256, cert.der());
    let hex = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let encoded = cert.pem().replace('\n', "%0A").replace(' ', "%20").replace('+', "%2B");
    let encoded = encoded.replace('=', "%3D").replace('/', "%2F");
    Certificate { thumbprint: forge::base64url(hash), hex, encoded, der: cert.der().to_vec() }
}

fn good_proof() -> String {
    proof().signed_by(TestKey::named("p256"))
}

fn seen(token: String, certificate: &str) -> Sender {
    let mut sender = Sender::new("Bearer", token, &[]);
    sender.request.peer.certificate = certificate.to_owned().into();
    sender
}

#[test]
fn x13_x17_a_bound_token_is_good_with_its_key_only() {
    let other = TestKey::named("p384");
    let foreign = base().bound(Some(other), None).token();
    let by_other = Forgery::proof(&foreign).signed_by(TestKey::named("p256"));
    assert_eq!(Sender::new("DPoP", foreign, &[("dpop", &by_other)]).answer(), "binding failed");
    let bearer = |headers: &[(&str, &str)]| Sender::new("Bearer", bound_token(), headers).answer();
    assert_eq!(bearer(&[]), "bound token requires DPoP");
    assert_eq!(bearer(&[("dpop", &good_proof())]), "bound token requires DPoP");
    // The scheme has no case.
    assert_eq!(Sender::new("dpop", bound_token(), &[("DPoP", &good_proof())]).answer(), "OK");
}

#[test]
fn d16_a_token_that_is_not_bound_is_a_bearer_token() {
    let token = base().token();
    let proof = Forgery::proof(&token).signed_by(TestKey::named("p256"));
    let send =
        |scheme, headers: &[(&str, &str)]| Sender::new(scheme, token.clone(), headers).answer();
    assert_eq!(send("DPoP", &[("dpop", &proof)]), "token is not bound");
    assert_eq!(send("DPoP", &[]), "token is not bound");
    assert_eq!(send("Bearer", &[]), "OK");
}

#[test]
fn h18_a_proof_beside_a_token_that_is_bound_to_no_key_is_one_too_many() {
    let certificate = certificate();
    let stray = TokenError::StrayProof;
    assert_eq!(stray.refusal().status, RefusalStatus::BadRequest);
    let send = |scheme, token: Forgery, proof: &str| {
        let mut sender = Sender::new(scheme, token.token(), &[("dpop", proof)]);
        sender.request.peer.certificate = certificate.encoded.clone().into();
        sender.verify()
    };
    let certified = || base().bound(None, Some(&certificate.thumbprint));
    for proof in [&*good_proof(), "not even a proof", ""] {
        assert_eq!(send("Bearer", base(), proof), Err(stray), "{proof}");
        assert_eq!(send("Bearer", certified(), proof), Err(stray), "{proof}");
        assert_eq!(send("DPoP", certified(), proof), Err(stray), "{proof}");
    }
    let expired = base().claim("exp", forge::NOW - 3600);
    assert_eq!(
        send("Bearer", expired, ""),
        Err(TokenError::Expired),
        "what is wrong with it first"
    );
}

#[test]
fn x6_a_proof_for_a_host_that_is_not_ours_is_none() {
    let sent_to = |host: &str, url: &str| {
        let proof = proof().claim("htu", url).signed_by(TestKey::named("p256"));
        let mut sender = Sender::with_proofs(&[&proof]);
        sender.request.host = host.to_owned().into();
        sender.verify()
    };
    let refused = |error: ProofError| Err(error.into());
    assert_eq!(sent_to("API.brightpay.example.", forge::URL), Ok(()));
    assert_eq!(sent_to("evil.example", "https://evil.example/x"), refused(ProofError::Host));
    assert_eq!(sent_to("evil.example", forge::URL), refused(ProofError::Url));
    let texts = |error: ProofError| TokenError::from(error).to_string();
    assert_eq!(texts(ProofError::Host), texts(ProofError::Url), "which hosts are ours is not told");
}

#[test]
fn x20_a_confirmation_that_is_not_understood_is_refused() {
    let key = TestKey::named("p256").thumbprint();
    for confirmation in [
        serde_json::json!({ "osc": "x".repeat(43) }),
        serde_json::json!({ "jkt": key, "x5t#S256": 7 }),
        serde_json::json!({ "jkt": "", "osc": key }),
        serde_json::json!({ "jwk": {} }),
        serde_json::json!({}),
    ] {
        let token = base().claim("cnf", confirmation.clone()).token();
        let proof = Forgery::proof(&token).signed_by(TestKey::named("p256"));
        let answer = Sender::new("DPoP", token, &[("dpop", &proof)]).answer();
        assert_eq!(answer, "invalid claims", "{confirmation}");
    }
}

#[test]
fn a_confirmation_may_have_members_beside_the_one_that_is_understood() {
    let key = TestKey::named("p256");
    for more in [serde_json::json!(7), serde_json::json!({}), serde_json::json!("x".repeat(43))] {
        let confirmation = serde_json::json!({ "jkt": key.thumbprint(), "osc": more });
        let token = base().claim("cnf", confirmation).token();
        let proof = |key| Forgery::proof(&token).signed_by(key);
        let ask =
            |scheme, proofs: &[(&str, &str)]| Sender::new(scheme, token.clone(), proofs).verify();
        assert_eq!(ask("DPoP", &[("dpop", &proof(TestKey::named("p256")))]), Ok(()), "{more}");
        assert!(ask("DPoP", &[]).is_err(), "{more}");
        assert!(ask("Bearer", &[]).is_err(), "{more}");
    }
}

/// E5 and E6 of the reference are bound to a key and to a certificate.
#[test]
fn e5_e6_policies_see_what_a_token_is_bound_to() {
    let certificate = certificate();
    let thumbprint = Some(&*certificate.thumbprint);
    let e5 = bound_token();
    let e6 = base().bound(None, thumbprint).token();
    let both = base().bound(Some(TestKey::named("p256")), thumbprint).token();
    let mut keyed_and_seen = seen(both.clone(), &certificate.encoded);
    let proof = Forgery::proof(&both).signed_by(TestKey::named("p256"));
    keyed_and_seen.scheme = "DPoP";
    keyed_and_seen.request.headers = forge::request(&[("dpop", &proof)]).headers;
    assert_eq!(Sender::new("Bearer", base().token(), &[]).bound(), "none");
    assert_eq!(Sender::new("DPoP", e5, &[("dpop", &good_proof())]).bound(), "dpop");
    assert_eq!(seen(e6, &certificate.encoded).bound(), "mtls");
    assert_eq!(keyed_and_seen.bound(), "dpop+mtls");
}

#[test]
fn threat_10_no_certificate_is_believed_where_anybody_can_show_one() {
    let certificate = certificate();
    let token = || base().bound(None, Some(&certificate.thumbprint)).token();
    let mut sender = seen(token(), &certificate.encoded);
    sender.rules.certificates = CertificateSource::Nowhere;
    assert_eq!(sender.verify(), Err(TokenError::CertificateBound));
    assert_eq!(seen(token(), &certificate.encoded).verify(), Ok(()));
}

#[test]
fn x21_a_route_can_take_bound_tokens_only() {
    let certificate = certificate();
    let keyed = || Sender::with_proofs(&[&good_proof()]);
    let certified = || {
        let token = base().bound(None, Some(&certificate.thumbprint)).token();
        seen(token, &certificate.encoded)
    };
    let plain = || Sender::new("Bearer", base().token(), &[]);
    let (dpop, mtls, any) = (TokenBinding::Dpop, TokenBinding::Mtls, TokenBinding::Any);
    for (name, sender, binding, expected) in [
        ("key, dpop", keyed(), dpop, "OK"),
        ("key, mtls", keyed(), mtls, DEMANDED),
        ("key, any", keyed(), any, "OK"),
        ("certificate, dpop", certified(), dpop, DEMANDED),
        ("certificate, mtls", certified(), mtls, "OK"),
        ("certificate, any", certified(), any, "OK"),
        ("nothing, dpop", plain(), dpop, DEMANDED),
        ("nothing, mtls", plain(), mtls, DEMANDED),
        ("nothing, any", plain(), any, DEMANDED),
    ] {
        let answer = Sender { binding: Some(binding), ..sender }.answer();
        assert_eq!(answer, expected, "{name}");
    }
}

#[test]
fn y1_y4_a_token_is_good_with_its_certificate_only() {
    let (own, other) = (certificate(), certificate());
    let token = base().bound(None, Some(&own.thumbprint)).token();
    let answer = |certificate: &str| seen(token.clone(), certificate).answer();
    assert_eq!(answer(&own.encoded), "OK", "Y1");
    let auth0 = Sender { scheme: "DPoP", ..seen(token.clone(), &own.encoded) };
    assert_eq!(auth0.answer(), "OK", "Y2");
    assert_eq!(answer(""), NOT_THE_CERTIFICATE, "Y3");
    assert_eq!(answer(&other.encoded), NOT_THE_CERTIFICATE, "Y4");
}

#[test]
fn y5_a_header_is_not_believed_where_envoy_sees_the_certificate() {
    let own = certificate();
    let token = base().bound(None, Some(&own.thumbprint)).token();
    let header = format!("Hash={}", own.hex);
    let headers = [("x-forwarded-client-cert", &*header)];
    assert_eq!(Sender::new("Bearer", token.clone(), &headers).answer(), NOT_THE_CERTIFICATE);
    // Nor is Envoy's certificate looked at where the header is configured: it is the proxy's.
    assert_eq!(seen(token, &own.encoded).forwarded().answer(), NOT_THE_CERTIFICATE);
}

#[test]
fn y6_y7_a_forwarded_certificate_is_the_only_one() {
    let (own, other) = (certificate(), certificate());
    let token = base().bound(None, Some(&own.thumbprint)).token();
    let answer = |lines: &[&str]| {
        let headers: Vec<(&str, &str)> =
            lines.iter().map(|line| ("x-forwarded-client-cert", *line)).collect();
        Sender::new("Bearer", token.clone(), &headers).forwarded().answer()
    };
    let hash = format!("Hash={}", own.hex);
    let full = format!(
        r#"By=spiffe://a/b;Hash={};Cert="{}";Subject="CN=\"a\",O=b;Hash=00";URI=;DNS=c"#,
        own.hex.to_uppercase(),
        own.encoded
    );
    let both = format!("Hash={},{hash}", other.hex);
    let twice = format!("{hash};{hash}");
    for (name, lines, expected) in [
        ("Y7 hash", &[&*hash] as &[&str], "OK"),
        ("Y7 all that Envoy writes", &[&full], "OK"),
        ("Y6 two elements", &[&both], NOT_THE_CERTIFICATE),
        ("Y6 two lines", &[&hash, &hash], NOT_THE_CERTIFICATE),
        ("Y6 two hashes", &[&twice], NOT_THE_CERTIFICATE),
        ("another", &[&format!("Hash={}", other.hex)], NOT_THE_CERTIFICATE),
        ("short", &["Hash=00"], NOT_THE_CERTIFICATE),
        ("odd", &["Hash=000"], NOT_THE_CERTIFICATE),
        ("no hash", &["By=spiffe://a/b"], NOT_THE_CERTIFICATE),
        ("open quote", &[&format!(r#"{hash};Subject="a"#)], NOT_THE_CERTIFICATE),
        ("empty", &[""], NOT_THE_CERTIFICATE),
        ("none", &[], NOT_THE_CERTIFICATE),
    ] {
        assert_eq!(answer(lines), expected, "{name}");
    }
}

#[test]
fn y8_a_thumbprint_has_one_form() {
    let own = certificate();
    let sha1 = digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, &own.der);
    for thumbprint in [own.hex.clone(), forge::base64url(sha1), format!("{}=", own.thumbprint)] {
        let token = base().bound(None, Some(&thumbprint)).token();
        assert_eq!(seen(token, &own.encoded).answer(), "invalid claims");
    }
}

#[test]
fn y9_a_token_that_is_bound_twice_needs_both() {
    let own = certificate();
    let token = base().bound(Some(TestKey::named("p256")), Some(&own.thumbprint)).token();
    let proof = Forgery::proof(&token).signed_by(TestKey::named("p256"));
    let answer = |scheme, proof: Option<&str>, certificate: &str| {
        let headers: Vec<(&str, &str)> = proof.map(|proof| ("dpop", proof)).into_iter().collect();
        let mut sender = Sender::new(scheme, token.clone(), &headers);
        sender.request.peer.certificate = certificate.to_owned().into();
        sender.answer()
    };
    assert_eq!(answer("DPoP", Some(&proof), &own.encoded), "OK");
    assert_eq!(answer("DPoP", Some(&proof), ""), NOT_THE_CERTIFICATE);
    assert_eq!(answer("DPoP", None, &own.encoded), "proof missing");
    assert_eq!(answer("Bearer", Some(&proof), &own.encoded), "bound token requires DPoP");
}

#[test]
fn y10_what_is_no_certificate_binds_nothing() {
    let (own, other) = (certificate(), certificate());
    let token = base().bound(None, Some(&own.thumbprint)).token();
    let answer = |certificate: &str| seen(token.clone(), certificate).answer();
    assert_eq!(answer(&format!("{}{}", own.encoded, other.encoded)), "OK", "the leaf is the first");
    assert_eq!(answer(&format!("{}{}", other.encoded, own.encoded)), NOT_THE_CERTIFICATE);
    assert_eq!(answer("%"), NOT_THE_CERTIFICATE);
    assert_eq!(answer(&own.encoded.replace("-----END", "----END")), NOT_THE_CERTIFICATE);
    assert_eq!(answer(&own.encoded.repeat(1000)), NOT_THE_CERTIFICATE);
}
