//! `demands:` of a route.

use std::{collections::BTreeMap, time::Duration};

use http::Method;

use super::{routes, section::Section, value::Value};
use crate::identity::{Demands, Word};

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(86_400);

const EXPECTED_WORD: &str = "printable ASCII without blanks, quotes and backslashes";

/// Those of the route, and those of single methods.
pub(super) fn read(value: &Value<'_>) -> Option<(Demands, BTreeMap<Method, Demands>)> {
    let mut section = value.section()?;
    let demands = demands(&mut section);
    let by_method = section.or("methods", BTreeMap::new(), |value| {
        routes::by_method(value, |value| {
            let mut section = value.section()?;
            let demands = self::demands(&mut section);
            section.finish();
            Some(demands)
        })
    });
    section.finish();
    Some((demands, by_method))
}

fn demands(section: &mut Section<'_>) -> Demands {
    let texts = |value: &Value<'_>| {
        value.list("a list of texts", |item| item.text("a text").map(Box::<str>::from))
    };
    let words = |value: &Value<'_>| value.list("a list of words", word);
    Demands {
        audiences: section.or("audiences", Vec::new(), texts).into_iter().collect(),
        scopes: section.or("scopes", Vec::new(), words).into_iter().collect(),
        permissions: section.or("permissions", Vec::new(), texts).into_iter().collect(),
        acr: section.or("acr", Vec::new(), words),
        max_age: section.optional("max_age", |value| value.duration(SECOND..=365 * DAY)),
    }
}

fn word(value: &Value<'_>) -> Option<Word> {
    value.parsed(EXPECTED_WORD, |text| text.parse().ok())
}
