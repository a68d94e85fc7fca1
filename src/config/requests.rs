//! `relaxed_paths:` and `kept_headers:`, where a request need not be as strict as it must by default.

use std::collections::{BTreeMap, BTreeSet};

use http::HeaderName;

use super::value::Value;
use crate::request::{Host, PathForm};

const FORMS: [(&str, PathForm); 8] = [
    ("backslash", PathForm::Backslash),
    ("encoded_unreserved", PathForm::EncodedUnreserved),
    ("lower_case_escape", PathForm::LowerCaseEscape),
    ("parameters", PathForm::Parameters),
    ("trailing_dot_or_space", PathForm::TrailingDotOrSpace),
    ("double_slash", PathForm::DoubleSlash),
    ("dot_segment", PathForm::DotSegment),
    ("exclamation_mark", PathForm::ExclamationMark),
];

const EXPECTED_HOST: &str = "the name of a host, without its port";

pub(super) fn relaxed_paths(value: &Value<'_>) -> Option<BTreeMap<Host, BTreeSet<PathForm>>> {
    let mut relaxed = BTreeMap::new();
    for entry in value.entries()? {
        let text = &entry.key.scalar.text;
        let host = host(text);
        let forms = value.entry(entry).list("a list of forms", |item| item.choice(&FORMS));
        match (host, forms) {
            (Some(host), Some(forms)) => {
                relaxed.insert(host, forms.into_iter().collect());
            }
            (None, _) => {
                let message = format!("`{text}` is no host");
                let expected = Some(EXPECTED_HOST.to_owned());
                value.source.report(Some(entry.key.place), message, expected);
            }
            (Some(_), None) => {}
        }
    }
    Some(relaxed)
}

pub(super) fn hosts(value: &Value<'_>) -> Option<BTreeSet<Host>> {
    let hosts = value.list("a list of host names", |item| item.parsed(EXPECTED_HOST, host));
    Some(hosts?.into_iter().collect())
}

fn host(text: &str) -> Option<Host> {
    Host::parse(text).ok().filter(|host| host.as_str().eq_ignore_ascii_case(text))
}

pub(super) fn kept_headers(value: &Value<'_>) -> Option<Vec<String>> {
    value.list("a list of headers", |item| {
        item.parsed("the name of a header", |text| {
            text.parse::<HeaderName>().ok().map(|name| name.as_str().to_owned())
        })
    })
}
