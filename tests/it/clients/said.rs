//! What two sides said, without what differs from call to call.

use serde_json::{Map, Value as Json};

use super::Side;

/// The length of an answer in the message of a failed test.
const SHOWN: usize = 1_000;
/// Differences that are shown.
const MOST: usize = 10;

/// The ids of calls, the ids that clients make up for requests, and addresses become words.
pub(super) fn masked(said: &Json, side: &Side) -> Json {
    match said {
        Json::String(text) if is_uuid(text) => "a request id".into(),
        Json::String(text) => {
            let text = text.replace(&side.http, "HTTP").replace(&side.grpc, "GRPC");
            // One blank of it varies from build to build of the PDP.
            text.replace('\u{a0}', " ").into()
        }
        Json::Array(list) => {
            in_order(list.iter().map(|value| masked(value, side)).collect()).into()
        }
        Json::Object(members) => {
            let is_conditional = members.contains_key("condition");
            let masked = |(name, value): (&String, &Json)| match value {
                Json::String(id) if name == "cerbosCallId" && is_ulid(id) => {
                    (name.clone(), "the id of a call".into())
                }
                value => (name.clone(), masked(value, side)),
            };
            let members = members.iter().map(masked).collect();
            if is_conditional { without_text(members) } else { combined(members) }
        }
        other => other.clone(),
    }
}

fn is_ulid(text: &str) -> bool {
    text.len() == 26 && text.bytes().all(|byte| b"0123456789ABCDEFGHJKMNPQRSTVWXYZ".contains(&byte))
}

fn is_uuid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

/// The answers that differ, by name.
pub(super) fn difference(ours: &Json, theirs: &Json) -> Vec<String> {
    let mut found = Vec::new();
    collect("", ours, theirs, &mut found);
    let count = found.len();
    found.truncate(MOST);
    if count > MOST {
        found.push(format!("and {} more", count - MOST));
    }
    found
}

fn collect(name: &str, ours: &Json, theirs: &Json, found: &mut Vec<String>) {
    match (ours, theirs) {
        (Json::Object(our), Json::Object(their)) if our.keys().eq(their.keys()) => {
            for (key, value) in our {
                collect(&format!("{name}/{key}"), value, &their[key], found);
            }
        }
        (Json::Array(our), Json::Array(their)) if our.len() == their.len() => {
            for (at, (our, their)) in our.iter().zip(their).enumerate() {
                collect(&format!("{name}/{at}"), our, their, found);
            }
        }
        _ if ours == theirs => {}
        _ => {
            let shown = |json: &Json| json.to_string().chars().take(SHOWN).collect::<String>();
            found.push(format!("{name}\n  ours:   {}\n  theirs: {}", shown(ours), shown(theirs)));
        }
    }
}

/// Cerbos visits the members of an object in any order, so that its validation errors are in any, those of
/// the principal first; and derived roles are in any order.
fn in_order(mut list: Vec<Json>) -> Vec<Json> {
    if list.iter().all(|item| item.get("source").is_some() && item.get("message").is_some()) {
        let same = |one: &Json, next: &Json| one["source"] == next["source"];
        for errors in list.chunk_by_mut(same) {
            errors.sort_by_key(ToString::to_string);
        }
    }
    list
}

/// What is alternative to each other, or holds together, is in any order where derived roles or several
/// actions are asked for, and there more than once.
fn combined(mut members: Map<String, Json>) -> Json {
    if let Some(Json::Array(roles)) = members.get_mut("effectiveDerivedRoles") {
        roles.sort_by_key(ToString::to_string);
    }
    let Some(operator @ ("and" | "or")) = members.get("operator").and_then(Json::as_str) else {
        return members.into();
    };
    let mut parts = Vec::new();
    for operand in members["operands"].as_array().unwrap() {
        // Over HTTP and gRPC an expression is wrapped, in the words of JavaScript it is not.
        let inner = operand.get("expression").unwrap_or(operand);
        match inner["operands"].as_array() {
            Some(operands) if inner["operator"] == operator => parts.extend(operands.clone()),
            _ => parts.push(operand.clone()),
        }
    }
    parts.sort_by_key(ToString::to_string);
    parts.dedup();
    members.insert("operands".to_owned(), parts.into());
    members.into()
}

/// The condition as text depends on the order of its parts. `tests/data/plan` has such texts.
fn without_text(mut response: Map<String, Json>) -> Json {
    if let Some(metadata) = response.get_mut("metadata").and_then(Json::as_object_mut)
        && let Some(text) = metadata.get_mut("conditionString")
    {
        *text = text.is_string().into();
    }
    response.into()
}
