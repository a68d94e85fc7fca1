//! Requests with something wrong in them.

use fastrand::Rng;
use serde_json::{Value as Json, json};

use crate::conformance::random::Dice;

/// Where something is put, and what.
const WRONG: [(&str, &str); 34] = [
    ("/requestId", "5"),
    ("/includeMeta", "\"true\""),
    ("/principal", "null"),
    ("/principal", "{}"),
    ("/principal", "[]"),
    ("/principal/id", "\"\""),
    ("/principal/roles", "[]"),
    ("/principal/roles", "[\"\"]"),
    ("/principal/roles", "[\"u\", \"v\", \"u\"]"),
    ("/principal/roles", "\"u\""),
    ("/principal/policyVersion", "\"a-b\""),
    ("/principal/scope", "\"a..b\""),
    ("/principal/attr", "{\"\": 1}"),
    ("/resources", "[]"),
    ("/resources", "{}"),
    ("/resources/0", "{}"),
    ("/resources/0/actions", "[]"),
    ("/resources/0/actions", "[\"a\", \"\"]"),
    ("/resources/0/actions", "[\"a\", \"a\"]"),
    ("/resources/0/resource/kind", "\"\""),
    ("/resources/0/resource/id", "\"\""),
    ("/resources/0/resource/policyVersion", "\"1.0\""),
    ("/resources/0/resource/scope", "\".a\""),
    ("/resources/0/resource/attr", "{\"\": {}}"),
    ("/actions", "[]"),
    ("/actions", "[\"a\", \"a\"]"),
    ("/actions", "[\"\"]"),
    ("/resource/kind", "\"\""),
    ("/resource/scope", "\"a b\""),
    ("/resource/policyVersion", "\"é\""),
    ("/auxData", "{\"jwt\": {}}"),
    ("/auxData", "{\"jwt\": {\"token\": \"x.y.z\"}}"),
    ("/auxData", "{\"jwts\": {\"\": {}}}"),
    (
        "/auxData",
        "{\"jwt\": {\"token\": \"x\", \"keySetId\": \"none\"}, \"jwts\": {\"a\": {\"token\": \"x\"}}}",
    ),
];

/// Makes up to three mistakes. Whether there is one: not every place is in every request.
pub(super) fn damage(dice: &mut Rng, body: &mut Json) -> bool {
    let mut is_damaged = false;
    for _ in 0..*dice.pick(&[1, 1, 2, 3]) {
        is_damaged |= match dice.u32(0..10) {
            0 => add(body, dice),
            1 => too_many(body),
            _ => put(body, *dice.pick(&WRONG)),
        };
    }
    is_damaged
}

fn put(body: &mut Json, (path, wrong): (&str, &str)) -> bool {
    let (parent, name) = path.rsplit_once('/').unwrap();
    let Some(parent) = body.pointer_mut(parent) else { return false };
    let wrong: Json = serde_json::from_str(wrong).unwrap();
    match parent {
        // Which of the two kinds of requests it is, `resources` and `actions` say.
        Json::Object(members) if members.contains_key(name) || name == "auxData" => {
            members.insert(name.to_owned(), wrong);
            true
        }
        Json::Array(items) if !items.is_empty() => {
            items[0] = wrong;
            true
        }
        _ => false,
    }
}

/// Something that no request has.
fn add(body: &mut Json, dice: &mut Rng) -> bool {
    let place = *dice.pick(&["", "/principal", "/resource", "/resources/0", "/auxData"]);
    let Some(members) = body.pointer_mut(place).and_then(Json::as_object_mut) else {
        return false;
    };
    members.insert("bogus".to_owned(), json!(1));
    true
}

fn too_many(body: &mut Json) -> bool {
    let many: Json = (0..501).map(|number| json!(format!("a{number}"))).collect();
    for place in ["/actions", "/resources/0/actions"] {
        if let Some(actions) = body.pointer_mut(place) {
            *actions = many;
            return true;
        }
    }
    false
}
