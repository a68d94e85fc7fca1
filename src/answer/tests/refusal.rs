//! What a client reads of a refusal: the status, the body, and the challenge.

use std::{sync::Arc, time::Duration};

use crate::answer::{
    Answer, Challenge, Denial, Problem, Reason, Refusal, UpstreamHeaders, UpstreamMutation,
};
use crate::identity::{BearerError, Demands, ProofError, Scheme, TokenBinding, TokenError};
use crate::request::{PathError, RequestError};
use crate::route::TargetError;

fn algs() -> Arc<str> {
    "ES256 RS256".into()
}

/// The demands of a route that asks for much.
fn demands(binding: Option<TokenBinding>) -> Demands {
    Demands {
        binding,
        scopes: ["read:invoices", "write:invoices"].map(|word| word.parse().unwrap()).into(),
        acr: ["gold", "silver"].map(|word| word.parse().unwrap()).into(),
        max_age: Some(Duration::from_mins(5)),
        ..Demands::default()
    }
}

/// Of its lines the first.
fn first(challenge: &Challenge) -> String {
    challenge.header_values().swap_remove(0)
}

/// The kind, the status with its title, the detail, the reason, and the challenge, if there is one.
fn told(refusal: Refusal) -> String {
    let place = "https://api.example/.well-known/oauth-protected-resource".into();
    let header = |refusal: &Refusal| refusal.challenge().map(first).unwrap_or_default();
    let without_place = header(&refusal);
    let refusal = refusal.naming(Some(&place));
    let with_place = header(&refusal);
    if refusal.challenge().is_some() {
        assert_eq!(with_place, format!(r#"{without_place}, resource_metadata="{place}""#));
    }
    let Problem { status, title, detail, decision_id: _ } = Problem::of(&refusal, "0195");
    let line = format!("{status} {title} ({detail}) {without_place}");
    let answer = Answer::Refuse(refusal);
    format!("{} {} {line}", answer.name(), answer.reason()).trim_end().to_owned()
}

#[test]
fn every_refusal_of_a_token_has_its_status_and_its_challenge() {
    let of_token = |error: TokenError| Refusal::of_token(error.refusal(), &demands(None), &algs());
    let of_bearer =
        |error: BearerError| Refusal::of_token(error.refusal(), &demands(None), &algs());
    for (refusal, expected) in [
        (
            of_token(TokenError::Expired),
            r#"challenge jwt.expired 401 Unauthorized (expired) Bearer realm="api", error="invalid_token", error_description="expired""#,
        ),
        (
            of_token(TokenError::OtherKey),
            r#"challenge jwt.other_key 401 Unauthorized (binding failed) DPoP realm="api", error="invalid_token", error_description="binding failed", algs="ES256 RS256""#,
        ),
        (
            of_token(TokenError::Proof(ProofError::Url)),
            r#"challenge dpop.uri 401 Unauthorized (uri) DPoP realm="api", error="invalid_dpop_proof", error_description="uri", algs="ES256 RS256""#,
        ),
        (
            of_token(TokenError::Proof(ProofError::Nonce)),
            r#"challenge dpop.nonce 401 Unauthorized (nonce required) DPoP realm="api", error="use_dpop_nonce", error_description="nonce required", algs="ES256 RS256""#,
        ),
        (
            of_token(TokenError::InsufficientAuthentication),
            r#"challenge demand.authentication 401 Unauthorized (a more recent or stronger login is required) Bearer realm="api", error="insufficient_user_authentication", error_description="a more recent or stronger login is required", acr_values="gold silver", max_age="300""#,
        ),
        (
            of_token(TokenError::InsufficientScope),
            r#"deny demand.scope 403 Forbidden (insufficient scope) Bearer realm="api", error="insufficient_scope", error_description="insufficient scope", scope="read:invoices write:invoices""#,
        ),
        (
            of_token(TokenError::MissingPermission),
            "deny demand.permission 403 Forbidden (you may not do this)",
        ),
        (
            of_token(TokenError::TooLarge),
            r#"malformed jwt.too_large 431 Request Header Fields Too Large (token too large) Bearer realm="api", error="invalid_request", error_description="token too large""#,
        ),
        (
            of_bearer(BearerError::Multiple),
            r#"malformed credentials.multiple 400 Bad Request (multiple credentials) Bearer realm="api", error="invalid_request", error_description="multiple credentials""#,
        ),
        (
            Refusal::without_token(&demands(None), &algs()),
            r#"challenge credentials.none 401 Unauthorized (a bearer token is needed) Bearer realm="api", scope="read:invoices write:invoices""#,
        ),
        (
            Refusal::without_token(&Demands::default(), &algs()),
            r#"challenge credentials.none 401 Unauthorized (a bearer token is needed) Bearer realm="api""#,
        ),
    ] {
        assert_eq!(told(refusal), expected);
    }
}

#[test]
fn who_must_show_a_proof_is_told_so_in_its_scheme() {
    let scheme = |refusal: &Refusal| {
        let header = first(refusal.challenge().unwrap());
        header.split_once(' ').unwrap().0.to_owned()
    };
    let expired = TokenError::Expired.refusal();
    for (binding, presented, refused, unnamed) in [
        (None, Scheme::Bearer, "Bearer", "Bearer"),
        (None, Scheme::Dpop, "DPoP", "Bearer"),
        (Some(TokenBinding::Dpop), Scheme::Bearer, "DPoP", "DPoP"),
        (Some(TokenBinding::Mtls), Scheme::Bearer, "Bearer", "Bearer"),
        (Some(TokenBinding::Any), Scheme::Bearer, "Bearer", "Bearer"),
    ] {
        let demands = demands(binding);
        let refusal = Refusal::of_token(expired.presented_in(presented), &demands, &algs());
        assert_eq!(scheme(&refusal), refused, "{binding:?} {presented:?}");
        let missing = Refusal::without_token(&demands, &algs());
        assert_eq!(scheme(&missing), unnamed, "{binding:?} {presented:?}");
    }
}

#[test]
fn h1_who_may_send_a_proof_or_not_is_told_both_a_line_each() {
    let lines = |refusal: Refusal| {
        let lines = refusal.challenge().map(Challenge::header_values).unwrap_or_default();
        lines.into_iter().skip(1).collect::<Vec<_>>().join("; ")
    };
    let (bearer, dpop) = (r#"Bearer realm="api""#, r#"DPoP realm="api", algs="ES256 RS256""#);
    for (binding, missing, bad_proof) in [
        (None, dpop, bearer),
        (Some(TokenBinding::Any), dpop, bearer),
        (Some(TokenBinding::Mtls), "", bearer),
        (Some(TokenBinding::Dpop), "", ""),
    ] {
        let demands = demands(binding);
        let refusal = Refusal::without_token(&demands, &algs());
        assert_eq!(lines(refusal.clone()), "", "{binding:?}: no proof could be good");
        assert_eq!(lines(refusal.or_with_proof(&demands, &algs())), missing, "{binding:?}");
        let of = |error: TokenError| lines(Refusal::of_token(error.refusal(), &demands, &algs()));
        assert_eq!(of(TokenError::Proof(ProofError::Url)), bad_proof, "{binding:?}");
        assert_eq!(of(TokenError::Proof(ProofError::Nonce)), "", "{binding:?}");
        assert_eq!(of(TokenError::Expired), "", "{binding:?}");
    }
}

#[test]
fn what_is_wrong_with_a_request_is_malformed_and_what_with_a_caller_is_denied() {
    let missing = || "amount".into();
    for (refusal, expected) in [
        (
            RequestError::from(PathError::Empty).into(),
            "malformed path.empty 400 Bad Request (the request is not one that this gateway accepts)",
        ),
        (
            TargetError::Missing { attribute: missing() }.into(),
            "malformed attribute.missing 400 Bad Request (the request is not one that this gateway accepts)",
        ),
        (
            TargetError::MissingClaim { attribute: missing() }.into(),
            "deny attribute.missing_claim 403 Forbidden (you may not do this)",
        ),
        (
            Refusal::Oversized(Reason::OVERSIZED),
            "malformed request.oversized 413 Content Too Large (the request is too large)",
        ),
        (
            Refusal::Fault(Reason::ENGINE_FAULT),
            "fault fault.engine 503 Service Unavailable (authorization is not available now)",
        ),
        (
            Refusal::DenyAs(
                Reason::POLICY_DENIED,
                Denial { status: Some(402), ..Denial::default() },
            ),
            "deny policy.denied 402 Payment Required (you may not do this)",
        ),
        (
            Refusal::DenyAs(
                Reason::POLICY_DENIED,
                // No status of HTTP's, but one that a client would take for a refusal.
                Denial { status: Some(499), ..Denial::default() },
            ),
            "deny policy.denied 499 Forbidden (you may not do this)",
        ),
        (
            Refusal::DenyAs(
                Reason::POLICY_DENIED,
                // Whatever the configuration lets through: a denial is never a success.
                Denial { status: Some(200), ..Denial::default() },
            ),
            "deny policy.denied 403 Forbidden (you may not do this)",
        ),
    ] {
        assert_eq!(told(refusal), expected);
    }
}

#[test]
fn a_problem_is_json_with_the_id_of_the_decision() {
    let refusal = Refusal::Deny(Reason::POLICY_DENIED);
    assert_eq!(
        Problem::of(&refusal, "0195").to_json(),
        r#"{"status":403,"title":"Forbidden","detail":"you may not do this","decision_id":"0195"}"#
    );
}

#[test]
fn an_answer_that_allows_says_so() {
    let mutation: UpstreamMutation = UpstreamHeaders::default().anonymous(Reason::PUBLIC_ROUTE);
    let answer = Answer::Allow(mutation);
    assert_eq!((answer.name(), answer.reason().as_str()), ("allow", "route.public"));
}
