//! `denial_outputs:`

use std::collections::BTreeSet;

use super::value::Value;
use crate::answer::{DenialHeader, DenialOutputs};
use crate::request::Origin;

pub(super) fn read(value: &Value<'_>) -> Option<DenialOutputs> {
    let mut section = value.section()?;
    let statuses = section.or("statuses", Vec::new(), |value| {
        value.list("a list of statuses", |item| {
            item.integer(400..=499).and_then(|status| u16::try_from(status).ok())
        })
    });
    let headers = section.or("headers", Vec::new(), |value| {
        value.list("a list of headers", |item| {
            item.parsed(
                "the name of a header that an answer does not have anyway",
                DenialHeader::parse,
            )
        })
    });
    let redirects = section.or("redirects", Vec::new(), |value| {
        value.list("a list of origins", |item| {
            item.parsed("an origin such as `https://app.example`", Origin::parse)
        })
    });
    let metadata = section.or("metadata", false, Value::boolean);
    section.finish();
    let statuses: BTreeSet<u16> = statuses.into_iter().collect();
    Some(DenialOutputs { statuses, headers: headers.into_iter().collect(), redirects, metadata })
}
