//! What a client sends to prove who it is comes out nowhere: not in a log line, a metric, a page or an
//! answer, whatever becomes of the request and however much is logged.

use std::{
    collections::HashSet,
    fs::{self, File},
    iter,
    net::{SocketAddr, TcpListener},
    process::{Child, Command},
    time::Duration,
};

use axum::Router;
use envoy_types::pb::envoy::{
    config::core::v3::{HeaderMap, HeaderValue},
    service::auth::v3::{CheckRequest, authorization_client::AuthorizationClient},
};
use jiff::Timestamp;
use tempfile::TempDir;
use tonic::transport::Channel;

use crate::{
    hostile::{
        dice::Dice,
        draft::{Draft, Forge},
        house::{self, Attempt, told},
        paths, tokens,
    },
    support::{Envoy, check_request},
    tools,
};

/// So many bytes in a row of anything secret are a leak.
const PIECE: usize = 16;

/// Pieces of what was sent, laid end to end: whatever is twice as long holds one of them.
#[derive(Default)]
struct Secrets(HashSet<Vec<u8>>);

struct Server {
    child: Child,
    folder: TempDir,
    listen: SocketAddr,
    admin: String,
}

// === impl Secrets ===

impl Secrets {
    fn plant(&mut self, secret: &[u8]) {
        self.0.extend(secret.chunks_exact(PIECE).map(<[u8]>::to_vec));
    }

    /// Everything in a request that proves something, and the client's own words.
    fn plant_all(&mut self, attempt: &Attempt) {
        for (_, value) in &attempt.headers {
            for word in value.split(|byte| b" ,.=\"".contains(byte)) {
                self.plant(word);
            }
        }
        let query = attempt.target.splitn(2, |byte| *byte == b'?').nth(1).unwrap_or_default();
        // Some queries are a path, and paths are logged.
        let words = query.split(|byte| b"=&".contains(byte));
        for word in words.filter(|word| !word.contains(&b'/')) {
            self.plant(word);
        }
    }

    #[track_caller]
    fn are_not_in(&self, place: &str, text: &[u8]) {
        for (start, window) in text.windows(PIECE).enumerate() {
            if self.0.contains(window) {
                let around = &text[start.saturating_sub(200)..text.len().min(start + 200)];
                panic!("{place} tells a secret: {}", String::from_utf8_lossy(around));
            }
        }
    }
}

// === impl Server ===

impl Server {
    async fn start(forge: &Forge) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let held = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let [listen, admin] = held.each_ref().map(|listener| listener.local_addr().unwrap());
        let more = format!(
            "listen: {{ address: '{listen}' }}\nadmin: {{ address: '{admin}' }}\nlog: {{ level: trace }}\n"
        );
        house::furnish(folder.path(), forge, &more);
        drop(held);
        let log = File::create(folder.path().join("portcullis.log")).unwrap();
        let child = Command::new(tools::portcullis())
            .arg("serve")
            .current_dir(folder.path())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let server = Self { child, folder, listen, admin: format!("http://{admin}") };
        for _ in 0..500 {
            if let Ok(response) = reqwest::get(format!("{}/readyz", server.admin)).await
                && response.status() == 200
            {
                return server;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("not ready: {}", server.log("portcullis.log"));
    }

    fn log(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// With a cookie, a proof, an API key and a query of its own.
fn with_canaries(dice: &mut Dice, attempt: Attempt) -> Attempt {
    let mut canary = || dice.word(40);
    let (query, end) = (canary(), if attempt.target.contains(&b'?') { '&' } else { '?' });
    let attempt = attempt
        .header("cookie", format!("session={}", canary()))
        .header("dpop", format!("{}.{}.{}", canary(), canary(), canary()))
        .header("x-api-key", canary());
    attempt.followed_by(&format!("{end}code={query}"))
}

/// Hostile tokens, hostile paths with good tokens, and requests with nothing wrong.
fn attempts(dice: &mut Dice, forge: &Forge) -> Vec<Attempt> {
    let families = tokens::families();
    let mut attempts = Vec::new();
    for round in 0..12 {
        for family in &families {
            let (before, attempt) = family.make(dice, forge);
            attempts.extend(before);
            attempts.push(attempt);
        }
        for family in paths::FAMILIES {
            let valid = tokens::valid(dice, forge);
            attempts.push(family.make(dice, valid));
        }
        for _ in 0..10 + round {
            attempts.push(tokens::valid(dice, forge));
        }
    }
    // A proof beside a bearer token is an error of its own, so some go without canaries.
    attempts
        .into_iter()
        .map(|attempt| if dice.once_in(2) { with_canaries(dice, attempt) } else { attempt })
        .collect()
}

fn message(attempt: &Attempt) -> CheckRequest {
    let mut message = check_request(&attempt.method, &told(&attempt.target), None);
    let http = message.attributes.as_mut().unwrap().request.as_mut().unwrap();
    let http = http.http.as_mut().unwrap();
    let lines = attempt.headers.iter().map(|(key, value)| (key.as_str(), value));
    let lines = iter::once((":path", &attempt.target)).chain(lines);
    let headers = lines.map(|(key, value)| HeaderValue {
        key: key.to_owned(),
        raw_value: value.clone(),
        ..HeaderValue::default()
    });
    http.headers.clear();
    http.header_map = Some(HeaderMap { headers: headers.collect() });
    message
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn threat_31_what_a_client_proves_itself_with_comes_out_nowhere() {
    let now = Timestamp::now().as_second();
    println!("seed {now}");
    let mut dice = Dice::new(now.unsigned_abs());
    let (forge, _sites) = house::forge(now).await;
    let server = Server::start(&forge).await;
    let attempts = attempts(&mut dice, &forge);
    let mut secrets = Secrets::default();
    for attempt in &attempts {
        secrets.plant_all(attempt);
    }
    // The claims of a token that is accepted, in clear text. Who it is goes to the upstream and no further.
    let draft =
        Draft::valid(&mut dice, &forge).claim("jti", dice.word(40)).claim("org_id", dice.word(40));
    for name in ["jti", "org_id", "azp"] {
        secrets.plant(draft.claims[name].as_str().unwrap().as_bytes());
    }
    let token = draft.token(&forge.ring);
    secrets.plant(token.rsplit('.').next().unwrap().as_bytes());

    let channel = Channel::from_shared(format!("http://{}", server.listen)).unwrap();
    let mut client = AuthorizationClient::new(channel.connect().await.unwrap());
    for attempt in &attempts {
        let response = Box::pin(client.check(message(attempt))).await.unwrap().into_inner();
        secrets.are_not_in("an answer", format!("{response:?}").as_bytes());
    }
    through_envoy(&server, &secrets, &attempts, &token).await;

    let log = server.log("portcullis.log");
    assert!(
        log.matches("Refused a request").count() > attempts.len() / 2,
        "{} lines",
        log.lines().count()
    );
    assert!(log.contains("Allowed a request") && log.contains("is not trusted"), "less is logged");
    secrets.are_not_in("the log", log.as_bytes());
    let reloaded = reqwest::Client::new().post(format!("{}/reload", server.admin)).send().await;
    secrets.are_not_in("a reload", &reloaded.unwrap().bytes().await.unwrap());
    for page in ["/metrics", "/readyz", "/healthz", "/nothing"] {
        let page_text = reqwest::get(format!("{}{page}", server.admin)).await.unwrap();
        secrets.are_not_in(page, &page_text.bytes().await.unwrap());
    }
}

/// Those requests that an HTTP client can send.
async fn through_envoy(server: &Server, secrets: &Secrets, attempts: &[Attempt], token: &str) {
    let upstream = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let upstream_address = upstream.local_addr().unwrap();
    let application = Router::new().fallback(async || "the application");
    let served = tokio::spawn(async move { axum::serve(upstream, application).await.unwrap() });
    let envoy = Envoy::start(server.folder.path(), server.listen, upstream_address);
    let client = reqwest::Client::new();
    let good = format!("{}/v1/files/readme?code=x", envoy.url);
    let mut tries = 0;
    while !client.get(&good).bearer_auth(token).send().await.is_ok_and(|r| r.status() == 200) {
        tries += 1;
        assert!(tries < 500, "Envoy lets nothing through");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let mut answered = 0;
    for attempt in attempts.iter().filter(|attempt| attempt.method == "GET").step_by(3) {
        let target = String::from_utf8_lossy(&attempt.target);
        let mut request = client.get(format!("{}{target}", envoy.url));
        for (name, value) in &attempt.headers {
            request = request.header(name, value.as_slice());
        }
        // What is no request cannot be sent.
        let Ok(response) = request.send().await else { continue };
        answered += 1;
        let headers = format!("{:?}", response.headers());
        secrets.are_not_in("an answer of Envoy", headers.as_bytes());
        secrets.are_not_in("an answer of Envoy", &response.bytes().await.unwrap());
    }
    assert!(answered > 100, "{answered}");
    envoy.stop();
    served.abort();
    let log = server.log("envoy.log");
    assert!(log.lines().count() >= answered, "Envoy's log is not complete");
    secrets.are_not_in("the log of Envoy", log.as_bytes());
}
