//! One stop of the tour: a request, and what is expected of its answer.

use std::fmt;

use axum::http::{HeaderName, Method, Request, StatusCode, Uri};
use bytes::Bytes;
use http_body_util::Full;
use serde_json::Value;

use super::{
    credential::{Caller, Tokens},
    metrics::CacheCounts,
};
use crate::{
    http::Response,
    people::{ACME, GLOBEX},
};

/// The client's address, where a row says nothing else: somewhere at home (RFC 5737).
const AT_HOME: &str = "203.0.113.9";

#[derive(Clone, Debug)]
pub struct Row {
    pub caller: Caller,
    method: Method,
    /// As shown: `{acme}` stands for the path of that organization.
    target: &'static str,
    client_address: &'static str,
    headers: Vec<(&'static str, &'static str)>,
    body: Option<&'static str>,
    pub status: StatusCode,
    /// What else must be true of the answer.
    checks: Vec<Check>,
    pub why: &'static str,
}

/// Something about an answer beside its status.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// A header of the answer contains this text.
    Header(&'static str, &'static str),
    /// The upstream got this header once, with this value.
    Upstream(&'static str, &'static str),
    /// The answer came from the decision cache.
    Cached,
}

/// What came back.
#[derive(Debug)]
pub struct Seen {
    pub response: Response,
    /// What the decision cache counted meanwhile.
    pub cache: CacheCounts,
}

pub fn get(caller: Caller, target: &'static str) -> Row {
    Row::new(caller, Method::GET, target)
}

pub fn post(caller: Caller, target: &'static str) -> Row {
    Row::new(caller, Method::POST, target)
}

// === impl Row ===

impl Row {
    pub fn new(caller: Caller, method: Method, target: &'static str) -> Self {
        Self {
            caller,
            method,
            target,
            client_address: AT_HOME,
            headers: Vec::new(),
            body: None,
            status: StatusCode::OK,
            checks: Vec::new(),
            why: "",
        }
    }

    pub fn from(mut self, client_address: &'static str) -> Self {
        self.client_address = client_address;
        self
    }

    pub fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    pub fn json(mut self, body: &'static str) -> Self {
        self.body = Some(body);
        self.header("content-type", "application/json")
    }

    pub fn check(mut self, check: Check) -> Self {
        self.checks.push(check);
        self
    }

    pub fn allowed(self, why: &'static str) -> Self {
        self.answered(StatusCode::OK, why)
    }

    /// The policies say no.
    pub fn denied(self, why: &'static str) -> Self {
        self.answered(StatusCode::FORBIDDEN, why)
            .check(Check::Header("content-type", "application/problem+json"))
            .check(Check::Header("x-portcullis-decision-id", "-"))
    }

    /// The token does not say who this is.
    pub fn unauthenticated(self, challenge: &'static str, why: &'static str) -> Self {
        self.answered(StatusCode::UNAUTHORIZED, why)
            .check(Check::Header("www-authenticate", challenge))
            .check(Check::Header("content-type", "application/problem+json"))
    }

    /// Not a request that two programs would read alike: Envoy or portcullis refuses to guess.
    pub fn malformed(self, why: &'static str) -> Self {
        self.answered(StatusCode::BAD_REQUEST, why)
    }

    pub fn answered(mut self, status: StatusCode, why: &'static str) -> Self {
        self.status = status;
        self.why = why;
        self
    }

    /// The request as sent. The tour plays the one load balancer in front of Envoy, which adds the
    /// address of its client to whatever that client wrote into `x-forwarded-for` itself.
    pub async fn request(&self, tokens: &mut Tokens<'_>) -> anyhow::Result<Request<Full<Bytes>>> {
        let mut request = Request::builder()
            .method(self.method.clone())
            .uri(expand(self.target).parse::<Uri>()?)
            .header("host", "api.invoicing.example");
        for authorization in tokens.authorization(self.caller).await? {
            request = request.header("authorization", authorization);
        }
        let mut forwarded = self.client_address.to_owned();
        for (name, value) in &self.headers {
            if *name == "x-forwarded-for" {
                forwarded = format!("{value}, {forwarded}");
            } else {
                request = request.header(name.parse::<HeaderName>()?, *value);
            }
        }
        request = request.header("x-forwarded-for", forwarded);
        Ok(request.body(self.body.unwrap_or_default().into())?)
    }

    /// What is wrong with an answer, in words; nothing if it is as expected.
    pub fn differences(&self, seen: &Seen) -> Vec<String> {
        let Seen { response, cache } = seen;
        let mut differences = Vec::new();
        if response.status != self.status {
            let body = String::from_utf8_lossy(&response.body);
            differences.push(format!("{}: {body}", response.status));
        }
        for check in &self.checks {
            let holds = match check {
                Check::Header(name, part) => header_contains(response, name, part),
                Check::Upstream(name, value) => upstream(response, name) == [*value],
                Check::Cached => cache.hits == 1 && cache.misses == 0,
            };
            if !holds {
                differences.push(check.to_string());
            }
        }
        differences
    }
}

impl fmt::Display for Row {
    /// The request, as the table shows it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.target)?;
        if let Some(body) = self.body {
            write!(f, " {body}")?;
        }
        if self.client_address != AT_HOME {
            write!(f, " from {}", self.client_address)?;
        }
        for (name, value) in self.headers.iter().filter(|(name, _)| *name != "content-type") {
            write!(f, " {name}: {value}")?;
        }
        Ok(())
    }
}

// === impl Check ===

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(name, part) => write!(f, "no `{name}` with `{part}`"),
            Self::Upstream(name, value) => write!(f, "the upstream did not get `{name}: {value}`"),
            Self::Cached => f.write_str("not from the cache"),
        }
    }
}

fn expand(target: &str) -> String {
    target
        .replace("{acme}", &format!("/v1/orgs/{}", ACME.id))
        .replace("{globex}", &format!("/v1/orgs/{}", GLOBEX.id))
        .replace("{globex id}", GLOBEX.id)
}

fn header_contains(response: &Response, name: &str, part: &str) -> bool {
    let mut values = response.headers.get_all(name).iter();
    values.any(|value| String::from_utf8_lossy(value.as_bytes()).contains(part))
}

/// The values of a header, as the upstream's echo tells.
fn upstream(response: &Response, name: &str) -> Vec<String> {
    let echo = serde_json::from_slice::<Value>(&response.body).unwrap_or_default();
    let values =
        echo.get("headers").and_then(|headers| headers.get(name)).and_then(Value::as_array);
    let values = values.map(Vec::as_slice).unwrap_or_default();
    values.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}
