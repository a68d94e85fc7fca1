//! `upstream_headers:`, and which headers may not be written.

use http::HeaderName;

use super::{HeaderSource, UpstreamHeaders, issuers::claim_path, section::Section, value::Value};
use crate::yaml::{Entry, Tree};

const EXPECTED_NAME: &str = "a header of your own, such as `x-portcullis-subject`";
const EXPECTED_SOURCE: &str =
    "`id`, `roles`, `{ claim: NAME }` or `{ attr: NAME }` (an attribute of the principal)";

/// Names that frame, route or authenticate a request: whoever writes them decides more than who
/// the caller is.
const REFUSED: [&str; 14] = [
    "authorization",
    "connection",
    "content-length",
    "content-type",
    "cookie",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

pub(super) fn defaults() -> UpstreamHeaders {
    UpstreamHeaders(vec![
        (HeaderName::from_static("x-portcullis-roles"), HeaderSource::Roles),
        (HeaderName::from_static("x-portcullis-subject"), HeaderSource::Id),
    ])
}

pub(super) fn read(value: &Value<'_>) -> Option<UpstreamHeaders> {
    let mut headers: Vec<(HeaderName, HeaderSource)> = Vec::new();
    for entry in value.entries()? {
        let (Some(name), Some(source)) = (name(value, entry), source(&value.entry(entry))) else {
            continue;
        };
        if headers.iter().any(|(other, _)| *other == name) {
            let message = format!("the header `{name}` is named twice");
            value.source.report(Some(entry.key.place), message, Some("each header once".into()));
            continue;
        }
        headers.push((name, source));
    }
    Some(UpstreamHeaders(headers))
}

fn name(value: &Value<'_>, entry: &Entry) -> Option<HeaderName> {
    let text = entry.key.scalar.text.as_str();
    let refuse = |why: &str| {
        let message = format!("the header `{text}` {why}");
        value.source.report(Some(entry.key.place), message, Some(EXPECTED_NAME.to_owned()));
        None
    };
    if text.starts_with(':') {
        return refuse("is a pseudo-header, which routes the request");
    }
    let Ok(name) = text.parse::<HeaderName>() else {
        return refuse("is not a header's name");
    };
    if name.as_str().starts_with("x-envoy-") {
        return refuse("belongs to Envoy");
    }
    if REFUSED.contains(&name.as_str()) {
        return refuse("may not be written by an answer");
    }
    // CGI and WSGI read `x_user` and `x-user` as one name, so a client could send the other one.
    if name.as_str().contains('_') {
        return refuse("has a `_`, which some upstreams read as `-`");
    }
    Some(name)
}

fn source(value: &Value<'_>) -> Option<HeaderSource> {
    let Tree::Mapping(entries) = &value.node.tree else {
        return value.parsed(EXPECTED_SOURCE, |text| match text {
            "id" => Some(HeaderSource::Id),
            "roles" => Some(HeaderSource::Roles),
            _ => None,
        });
    };
    let mut section: Section<'_> = value.section()?;
    let claim = section.optional("claim", claim_path);
    let attr = section.optional("attr", |value| value.text("the name of an attribute"));
    section.finish();
    match (claim, attr) {
        (Some(claim), None) => Some(HeaderSource::Claim(claim)),
        (None, Some(attr)) => Some(HeaderSource::Attribute(attr.into())),
        (None, None) if !entries.is_empty() => None,
        (Some(_), Some(_)) | (None, None) => {
            value.report(format!("`{}` needs exactly one source", value.name), EXPECTED_SOURCE);
            None
        }
    }
}
