//! What the outputs of policies may say on a denial, and what they did say.
//!
//! A rule speaks by an output with the one key `denial`. What of it is not allowed by the configuration,
//! or could not be sent as it is, makes all of it count for nothing: the denial is then a plain one.

use std::collections::BTreeSet;

use http::{HeaderName, StatusCode};

use crate::engine::model::{Map, OutputEntry, OutputValue, Value};
use crate::request::Origin;

/// What the configuration lets outputs set. Nothing, by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DenialOutputs {
    /// From 400 to 499.
    pub statuses: BTreeSet<u16>,
    pub headers: BTreeSet<DenialHeader>,
    /// Where a redirect may lead.
    pub redirects: Vec<Origin>,
    pub metadata: bool,
}

/// The name of a header that an output may set.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
// Invariant: neither frames the answer nor means something to a client by itself.
pub struct DenialHeader(Box<str>);

/// A denial as a policy wants it told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Denial {
    /// In place of 403.
    pub status: Option<u16>,
    /// `location`, for a redirect.
    pub location: Option<String>,
    pub headers: Vec<(Box<str>, String)>,
    /// For Envoy's access log and its other filters.
    pub metadata: Vec<(Box<str>, String)>,
}

/// An output says what the configuration does not allow, or what cannot be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDenial {
    #[error(
        "an output's `denial` has a key that is none of `status`, `headers`, `redirect`, `metadata`"
    )]
    UnknownKey,
    #[error("an output's `denial.status` is not one that `denial_outputs.statuses` names")]
    Status,
    #[error(
        "an output's `denial.headers` has a name that `denial_outputs.headers` does not, or a value that no header can have"
    )]
    Header,
    #[error("an output's `denial.redirect` is not below an origin of `denial_outputs.redirects`")]
    Redirect,
    #[error("an output's `denial.metadata` is not allowed, or has a value that is no text")]
    Metadata,
}

/// Longer texts are a mistake, and would make an answer that Envoy does not pass on.
const LONGEST: usize = 2048;
const MOST_ENTRIES: usize = 16;

const TAKEN: [&str; 14] = [
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "keep-alive",
    "location",
    "proxy-connection",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "www-authenticate",
];

// === impl DenialHeader ===

impl DenialHeader {
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let name: HeaderName = text.parse().ok()?;
        let name = name.as_str();
        let is_ours = name.starts_with("x-portcullis-") || name.starts_with("x-envoy-");
        (!is_ours && !TAKEN.contains(&name)).then(|| Self(name.into()))
    }
}

// === impl DenialOutputs ===

impl DenialOutputs {
    /// What the policy that decided, or one above its scope, says about its denial: the first output
    /// that says something.
    ///
    /// # Errors
    /// [`InvalidDenial`]
    pub fn read(
        &self,
        policy: &str,
        outputs: &[OutputEntry],
    ) -> Result<Option<Denial>, InvalidDenial> {
        if *self == Self::default() {
            return Ok(None);
        }
        let decided = |output: &&OutputEntry| decides(&output.src, policy);
        let denial = outputs.iter().filter(decided).find_map(|output| match &output.value {
            OutputValue::Value(Value::Map(map)) => match map.get("denial") {
                Some(Value::Map(denial)) => Some(denial),
                Some(_) | None => None,
            },
            OutputValue::Value(_) | OutputValue::Error(_) => None,
        });
        denial.map(|denial| self.denial(denial)).transpose()
    }

    fn denial(&self, map: &Map) -> Result<Denial, InvalidDenial> {
        let mut denial = Denial::default();
        for (key, value) in map.iter() {
            match key {
                "status" => denial.status = Some(self.status(value)?),
                "redirect" => denial.location = Some(self.redirect(value)?),
                "headers" => {
                    denial.headers = texts(value).ok_or(InvalidDenial::Header)?;
                    let is_allowed = |(name, _): &(Box<str>, String)| {
                        DenialHeader::parse(name).is_some_and(|name| self.headers.contains(&name))
                    };
                    if !denial.headers.iter().all(is_allowed) {
                        return Err(InvalidDenial::Header);
                    }
                }
                "metadata" if self.metadata => {
                    denial.metadata = texts(value).ok_or(InvalidDenial::Metadata)?;
                }
                "metadata" => return Err(InvalidDenial::Metadata),
                _ => return Err(InvalidDenial::UnknownKey),
            }
        }
        Ok(denial)
    }

    fn status(&self, value: &Value) -> Result<u16, InvalidDenial> {
        let Value::Number(number) = value else { return Err(InvalidDenial::Status) };
        let is_it = |status: &&u16| f64::from(**status) == *number;
        self.statuses.iter().find(is_it).copied().ok_or(InvalidDenial::Status)
    }

    /// A whole URL below one of the origins: a relative one would be the client's to complete.
    fn redirect(&self, value: &Value) -> Result<String, InvalidDenial> {
        let url = value.as_str().filter(|url| can_be_sent(url)).ok_or(InvalidDenial::Redirect)?;
        let scheme = url.find("://").map(|at| at + 3).ok_or(InvalidDenial::Redirect)?;
        let rest = url.get(scheme..).unwrap_or_default();
        let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
        let origin = url.get(..scheme + end).and_then(Origin::parse);
        match origin {
            Some(origin) if self.redirects.contains(&origin) => Ok(url.to_owned()),
            Some(_) | None => Err(InvalidDenial::Redirect),
        }
    }
}

// === impl Denial ===

impl Denial {
    #[must_use]
    pub fn status(&self) -> StatusCode {
        let wanted = self.status.and_then(|status| StatusCode::from_u16(status).ok());
        match (&self.location, wanted) {
            // Another status would not make a browser go there.
            (Some(_), _) => StatusCode::SEE_OTHER,
            (None, Some(status)) if status.is_client_error() => status,
            (None, _) => StatusCode::FORBIDDEN,
        }
    }
}

/// Whether an output is of the policy that decided, or of one that its scope inherits from: a policy key
/// ends in its scope, and a scope begins with those above it.
fn decides(src: &str, policy: &str) -> bool {
    let source = src.split('#').next().unwrap_or_default();
    policy.strip_prefix(source).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '.']))
}

fn texts(value: &Value) -> Option<Vec<(Box<str>, String)>> {
    let Value::Map(map) = value else { return None };
    let texts: Option<Vec<_>> = map
        .iter()
        .map(|(name, value)| {
            let text = value.as_str().filter(|text| can_be_sent(text) && can_be_sent(name))?;
            Some((name.to_lowercase().into(), text.to_owned()))
        })
        .collect();
    texts.filter(|texts| texts.len() <= MOST_ENTRIES)
}

/// Printable ASCII: no CR, LF or NUL, and nothing that a program would have to guess about.
fn can_be_sent(text: &str) -> bool {
    text.len() <= LONGEST && text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic())
}
