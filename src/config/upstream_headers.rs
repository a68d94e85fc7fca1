//! `upstream_headers:`

use super::{issuers::claim_path, section::Section, value::Value};
use crate::answer::{HeaderSource, IdentityHeader, InvalidIdentityHeader, UpstreamHeaders};
use crate::yaml::{Entry, Tree};

pub(super) const EXPECTED_NAME: &str = "a header of your own, such as `x-portcullis-subject`";
const EXPECTED_SOURCE: &str =
    "`id`, `roles`, `{ claim: NAME }` or `{ attr: NAME }` (an attribute of the principal)";

/// The defaults, as if they had been written in the file.
pub(super) fn defaults() -> UpstreamHeaders {
    let named =
        [("x-portcullis-roles", HeaderSource::Roles), ("x-portcullis-subject", HeaderSource::Id)];
    let headers = named.into_iter().filter_map(|(name, source)| Some((name.parse().ok()?, source)));
    UpstreamHeaders(headers.collect())
}

pub(super) fn read(value: &Value<'_>) -> Option<UpstreamHeaders> {
    let mut headers: Vec<(IdentityHeader, HeaderSource)> = Vec::new();
    for entry in value.entries()? {
        let (Some(name), Some(source)) = (name(value, entry), source(&value.entry(entry))) else {
            continue;
        };
        if headers.iter().any(|(other, _)| *other == name) {
            let message = format!("the header `{}` is named twice", name.as_str());
            value.source.report(Some(entry.key.place), message, Some("each header once".into()));
            continue;
        }
        headers.push((name, source));
    }
    Some(UpstreamHeaders(headers))
}

fn name(value: &Value<'_>, entry: &Entry) -> Option<IdentityHeader> {
    match entry.key.scalar.text.parse() {
        Ok(name) => Some(name),
        Err(refused) => {
            let refused: InvalidIdentityHeader = refused;
            value.source.report(
                Some(entry.key.place),
                refused.to_string(),
                Some(EXPECTED_NAME.to_owned()),
            );
            None
        }
    }
}

pub(super) fn source(value: &Value<'_>) -> Option<HeaderSource> {
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
