//! Tokens are taken back: by logout tokens, by an operator, at once, for cached tokens and answers too.

use std::{process::Output, sync::Arc, time::Duration};

use jiff::Timestamp;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use reqwest::{Certificate, Client, Response};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{self, Instant},
};

use crate::{
    support::{World, check_request, claims, with_logout_token},
    tools,
};

const INVOICE: &str = "/v1/orgs/acme/invoices/7";
const ADA: &str = "auth0|ada";
const LOGOUT: &str = "logout: { address: '127.0.0.1:0' }";
const CLIENTS: &str = "logout_clients: [web, mobile]";

async fn listening() -> World {
    World::builder().issuer_key(CLIENTS).section(LOGOUT).start().await
}

/// What Auth0 sends when a session ends.
fn logout_claims(id: &str) -> Value {
    let now = Timestamp::now().as_second();
    json!({
        "sub": ADA,
        "aud": "web",
        "iat": now,
        "exp": now + 120,
        "jti": id,
        "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
    })
}

fn with(mut claims: Value, more: &Value) -> Value {
    claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    claims
}

impl World {
    async fn status(&self, token: &str) -> i32 {
        self.ask(check_request("GET", INVOICE, Some(token))).await.status
    }

    async fn log_out(&self, token: &str) -> Response {
        let url = format!("http://{}/backchannel-logout", self.logout);
        with_logout_token(Client::new().post(url), token).send().await.unwrap()
    }

    async fn revoke(&self, order: Value) -> (u16, String) {
        let url = format!("http://{}/revocations", self.admin);
        let request = Client::new().post(url).header("content-type", "application/json");
        let response = request.body(order.to_string()).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// The command, with a configuration that knows the port.
    async fn command(&self, arguments: &[&str]) -> Output {
        let config = std::fs::read_to_string(self.path("portcullis.yaml")).unwrap();
        let admin = format!("admin: {{ address: '{}' }}", self.admin);
        let config = config.replace("admin: { address: '127.0.0.1:0' }", &admin);
        std::fs::write(self.path("operator.yaml"), config).unwrap();
        tokio::process::Command::new(tools::portcullis())
            .args(["revoke", "--config"])
            .arg(self.path("operator.yaml"))
            .args(arguments)
            .output()
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn r7_a_logout_ends_cached_tokens_and_cached_answers() {
    let world = listening().await;
    let token = world.issuer.token(&claims(ADA, &["viewer"]));
    let other = world.issuer.token(&claims("auth0|eve", &["viewer"]));
    for token in [&token, &token, &other] {
        assert_eq!(world.status(token).await, 200);
    }
    let response = world.log_out(&world.issuer.token(&logout_claims("1"))).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["cache-control"], "no-store");
    let told = world.ask(check_request("GET", INVOICE, Some(&token))).await;
    assert_eq!(told.status, 401, "{told:?}");
    assert_eq!(
        told.header("www-authenticate"),
        Some(r#"Bearer realm="api", error="invalid_token", error_description="revoked""#)
    );
    assert_eq!(world.status(&other).await, 200);
    let later = json!({ "iat": Timestamp::now().as_second() + 2 });
    let newer = world.issuer.token(&with(claims(ADA, &["viewer"]), &later));
    assert_eq!(world.status(&newer).await, 200, "of a new login");
    let (_, page) = world.get("/metrics").await;
    for line in [
        r#"portcullis_decisions_total{answer="challenge",reason="jwt.revoked"} 1"#,
        r#"portcullis_revocations_total{source="logout"} 1"#,
        r#"portcullis_logout_tokens_total{result="accepted"} 1"#,
        "portcullis_revocations 1",
    ] {
        assert!(page.lines().any(|found| found == line), "{line} in\n{page}");
    }
    world.stop().await.unwrap();
}

#[tokio::test]
async fn the_end_of_a_session_is_the_end_of_its_tokens_and_of_those_that_name_none() {
    let session = "claims: { session: 'https://invoices.example/sid' }";
    let world =
        World::builder().issuer_key(CLIENTS).issuer_key(session).section(LOGOUT).start().await;
    let of = |more: Value| world.issuer.token(&with(claims(ADA, &["viewer"]), &more));
    let ended = of(json!({ "https://invoices.example/sid": "s1" }));
    let running = of(json!({ "https://invoices.example/sid": "s2" }));
    let unknown = of(json!({}));
    for token in [&ended, &running, &unknown] {
        assert_eq!(world.status(token).await, 200);
    }
    let logout = world.issuer.token(&with(logout_claims("1"), &json!({ "sid": "s1" })));
    assert_eq!(world.log_out(&logout).await.status(), 200);
    assert_eq!(world.status(&ended).await, 401);
    assert_eq!(world.status(&running).await, 200);
    assert_eq!(world.status(&unknown).await, 401, "it may be of the session that has ended");
    world.stop().await.unwrap();
}

#[tokio::test]
async fn r9_a_forged_logout_logs_nobody_out() {
    let world = listening().await;
    let token = world.issuer.token(&claims(ADA, &["viewer"]));
    let evil = crate::support::Issuer::start().await;
    let now = Timestamp::now().as_second();
    let forged = |more: Value| world.issuer.token(&with(logout_claims("1"), &more));
    let with_evil_key = {
        let ours = world.issuer.token(&logout_claims("1"));
        let theirs = evil.token(&logout_claims("1"));
        let (message, _) = ours.rsplit_once('.').unwrap();
        let (_, signature) = theirs.rsplit_once('.').unwrap();
        format!("{message}.{signature}")
    };
    for (name, forgery) in [
        ("an access token", token.clone()),
        ("aud", forged(json!({ "aud": "other" }))),
        ("nonce", forged(json!({ "nonce": "n" }))),
        ("events", forged(json!({ "events": {} }))),
        ("expired", forged(json!({ "iat": now - 200, "exp": now - 80 }))),
        ("another issuer", evil.token(&logout_claims("1"))),
        ("another key", with_evil_key),
        ("no token", String::new()),
    ] {
        let response = world.log_out(&forgery).await;
        assert_eq!(response.status(), 400, "{name}");
        assert_eq!(response.headers()["cache-control"], "no-store");
        let body: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
        assert_eq!(body, json!({ "error": "invalid_request" }), "{name}");
        assert_eq!(world.status(&token).await, 200, "{name}");
    }
    // A copy of a good one is refused, and so cannot be used to wear anything out.
    let good = forged(json!({}));
    assert_eq!(world.log_out(&good).await.status(), 200);
    assert_eq!(world.log_out(&good).await.status(), 400);
    let (_, page) = world.get("/metrics").await;
    assert!(page.contains(r#"portcullis_logout_tokens_total{result="refused"} 9"#), "{page}");
    world.stop().await.unwrap();
}

#[tokio::test]
async fn the_door_for_logouts_takes_one_form_with_one_token() {
    let world = listening().await;
    let url = format!("http://{}/backchannel-logout", world.logout);
    let send = async |content_type: &str, body: String| {
        let request = Client::new().post(&url).header("content-type", content_type).body(body);
        request.send().await.unwrap().status().as_u16()
    };
    let form = "application/x-www-form-urlencoded";
    let token = |id: &str| world.issuer.token(&logout_claims(id));
    assert_eq!(Client::new().get(&url).send().await.unwrap().status(), 405);
    assert_eq!(send("application/json", format!("logout_token={}", token("1"))).await, 415);
    assert_eq!(send(form, format!("LOGOUT_TOKEN={}", token("1"))).await, 400);
    let two = format!("logout_token={}&logout_token={}", token("1"), token("2"));
    assert_eq!(send(form, two).await, 400);
    assert_eq!(send(form, format!("logout_token={}", "a".repeat(40_000))).await, 413);
    assert_eq!(send(form, format!("other=1&logout_token={}&x", token("1"))).await, 200);
    world.stop().await.unwrap();
}

#[tokio::test]
async fn an_outage_of_ours_is_never_called_a_bad_token() {
    let world = World::builder().issuer_away().issuer_key(CLIENTS).section(LOGOUT).start().await;
    let response = world.log_out(&world.issuer.token(&logout_claims("1"))).await;
    assert_eq!(response.status(), 503, "the issuer may try again");
    assert_eq!(response.headers()["retry-after"], "5");
    world.stop().await.unwrap();
}

#[tokio::test]
async fn logouts_come_in_by_tls_and_who_says_nothing_keeps_nobody_out() {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let world = World::builder()
        .issuer_key(CLIENTS)
        .section("logout: { address: '127.0.0.1:0', tls: { cert_file: c.pem, key_file: k.pem } }")
        .file("c.pem", &cert.pem())
        .file("k.pem", &signing_key.serialize_pem())
        .start()
        .await;
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(TcpStream::connect(&world.logout).await.unwrap());
    }
    let authority = Certificate::from_pem(cert.pem().as_bytes()).unwrap();
    let client = Client::builder().tls_certs_only([authority]).build().unwrap();
    let (_, port) = world.logout.rsplit_once(':').unwrap();
    let token = world.issuer.token(&logout_claims("1"));
    let path = format!("localhost:{port}/backchannel-logout");
    let response =
        with_logout_token(client.post(format!("https://{path}")), &token).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let plain =
        with_logout_token(Client::new().post(format!("http://{path}")), &token).send().await;
    assert!(plain.is_err(), "nothing is said in the clear");
    world.stop().await.unwrap();
}

#[tokio::test]
async fn who_comes_to_the_door_for_logouts_does_not_stay() {
    let world = listening().await;
    let mut silent = TcpStream::connect(&world.logout).await.unwrap();
    let mut slow = TcpStream::connect(&world.logout).await.unwrap();
    slow.write_all(b"POST /backchannel-logout HTTP/1.1\r\nhost: a\r\n").await.unwrap();
    // Both were let in before this one is answered.
    assert_eq!(world.log_out("x").await.status(), 400);
    time::pause();
    time::advance(Duration::from_secs(11)).await;
    time::resume();
    for visitor in [&mut silent, &mut slow] {
        let mut said = Vec::new();
        let end = time::timeout(Duration::from_secs(5), visitor.read_to_end(&mut said)).await;
        assert!(end.is_ok() && said.is_empty(), "{end:?}");
    }
    assert_eq!(world.log_out("x").await.status(), 400, "others come and go");
    world.stop().await.unwrap();
}

#[tokio::test]
async fn an_operator_revokes_by_a_command() {
    let world = World::builder().start().await;
    let sent_away = async |arguments: &[&str], claims: &Value| {
        let token = world.issuer.token(claims);
        assert_eq!(world.status(&token).await, 200, "{claims}");
        let output = world.command(arguments).await;
        assert!(output.status.success(), "{}", tools::printed(&output));
        world.status(&token).await
    };
    let issuer = world.issuer.url.clone();
    assert_eq!(sent_away(&["--sub", ADA], &claims(ADA, &["viewer"])).await, 401);
    let session = with(claims("auth0|eve", &["viewer"]), &json!({ "sid": "s1" }));
    assert_eq!(sent_away(&["--issuer", &issuer, "--sid", "s1"], &session).await, 401);
    let hour = (Timestamp::now() - Duration::from_secs(3600)).to_string();
    let max = claims("auth0|max", &["viewer"]);
    assert_eq!(sent_away(&["--sub", "auth0|max", "--before", &hour], &max).await, 200);
    assert_eq!(sent_away(&["--before", &hour], &max).await, 200);
    // The issuer's clock may be ahead of ours: what it dates a little later exists already.
    let ahead = json!({ "iat": Timestamp::now().as_second() + 20 });
    let ahead = with(claims("auth0|zoe", &["viewer"]), &ahead);
    assert_eq!(sent_away(&["--sub", "auth0|zoe"], &ahead).await, 401);
    let now = Timestamp::now().to_string();
    assert_eq!(sent_away(&["--before", &now], &max).await, 401);

    let later = (Timestamp::now() + Duration::from_secs(3600)).to_string();
    for (arguments, text) in [
        (&["--before", &later][..], "in the future"),
        (&["--issuer", "https://evil.example/", "--sub", "x"], "no issuer of that name"),
        (&["--sub", "x", "--before", "yesterday"], "not an instant"),
        (&["--sub", ""], "empty"),
        (&[], "required"),
        (&["--issuer", &issuer], "required"),
        (&["--sub", "a", "--sid", "b"], "cannot be used with"),
    ] {
        let output = world.command(arguments).await;
        let printed = tools::printed(&output);
        assert!(!output.status.success() && printed.contains(text), "{arguments:?}: {printed}");
    }
    let (_, page) = world.get("/metrics").await;
    assert!(page.contains(r#"portcullis_revocations_total{source="admin"} "#), "{page}");
    world.stop().await.unwrap();
}

#[tokio::test]
async fn threat_32_no_page_and_no_token_reaches_the_operators_door() {
    let world = World::builder().start().await;
    let token = world.issuer.token(&claims(ADA, &["viewer"]));
    let order = json!({ "issuer": world.issuer.url, "subject": ADA }).to_string();
    let send = async |headers: &[(&str, &str)], body: &str| {
        let url = format!("http://{}/revocations", world.admin);
        let request = Client::new().post(url).body(body.to_owned());
        let request =
            headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        request.send().await.unwrap().status().as_u16()
    };
    let json_body = ("content-type", "application/json");
    let bearer = format!("Bearer {token}");
    for (headers, body, expected) in [
        // What a form or a simple request of another site's page may say.
        (&[("content-type", "text/plain")][..], &*order, 415),
        (&[("content-type", "application/x-www-form-urlencoded")], &order, 415),
        (&[("content-type", "multipart/form-data")], &order, 415),
        (&[], &order, 415),
        (&[json_body, ("origin", "https://evil.example")], &order, 403),
        (&[json_body, ("origin", "null")], &order, 403),
        (&[json_body], "{}", 422),
        (&[json_body, ("authorization", &bearer)], r#"{"issuer":"x","subject":"y"}"#, 422),
        (&[json_body], &order.replace("subject", "Subject"), 422),
        (&[json_body], r#"{"issuer":"x"}"#, 422),
    ] {
        assert_eq!(send(headers, body).await, expected, "{headers:?} {body}");
        assert_eq!(world.status(&token).await, 200);
    }
    assert_eq!(send(&[json_body], &order).await, 200);
    assert_eq!(world.status(&token).await, 401);
    world.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn threat_51_no_request_that_starts_after_a_revocation_passes() {
    let world = Arc::new(World::builder().start().await);
    for round in 0..20 {
        let subject = format!("auth0|{round}");
        let token = world.issuer.token(&claims(&subject, &["viewer"]));
        assert_eq!(world.status(&token).await, 200);
        let mut readers = Vec::new();
        for _ in 0..4 {
            let (world, token) = (world.clone(), token.clone());
            readers.push(tokio::spawn(async move {
                // When a request started that passed; the last one is what counts.
                let mut passed = Vec::new();
                loop {
                    let started = Instant::now();
                    match world.status(&token).await {
                        200 => passed.push(started),
                        status => {
                            assert_eq!(status, 401);
                            return passed;
                        }
                    }
                }
            }));
        }
        let order = json!({ "issuer": world.issuer.url, "subject": subject });
        assert_eq!(world.revoke(order).await.0, 200);
        let returned = Instant::now();
        assert_eq!(world.status(&token).await, 401);
        for reader in readers {
            let passed = reader.await.unwrap();
            assert!(passed.iter().all(|started| *started < returned), "round {round}");
        }
    }
    Arc::into_inner(world).unwrap().stop().await.unwrap();
}
