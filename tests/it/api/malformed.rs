//! Requests that are refused, with the same words.

use super::Pair;

const BODIES: [&str; 34] = [
    "",
    "  ",
    "{}",
    "[]",
    "5",
    "nul",
    "{",
    r#"{"a"}"#,
    r#"{"requestId":"x",}"#,
    r#"{"requestId":01}"#,
    r#"{"requestId":"\x"}"#,
    r#"{"requestId":"\ud800"}"#,
    r#"{"requestId":"a	b"}"#,
    r#"{"requestId":5}"#,
    r#"{"includeMeta":"true"}"#,
    r#"{"bogus":1}"#,
    r#"{"requestId":"a","request_id":"b"}"#,
    r#"{"principal":[]}"#,
    r#"{"principal":{"attr":{"a":1,"a":2}}}"#,
    r#"{"principal":{"attr":{"a":1e999}}}"#,
    r#"{"principal":{"roles":"a"}}"#,
    r#"{"principal":{"roles":[null]}}"#,
    r#"{"resources":[null]}"#,
    r#"{"principal":{}}"#,
    r#"{"principal":{"id":"p","roles":["u","u",""],"policyVersion":"a-b","scope":"a..b","attr":{"":1}},"resources":[{}]}"#,
    r#"{"principal":{"id":"p","roles":["u"]},"resources":[{"actions":["a","a",""],"resource":{}}]}"#,
    r#"{"principal":{"id":"p","roles":["u"]},"resources":[{"actions":["a"],"resource":{"kind":"k","id":"1","policyVersion":"1.0","scope":".a","attr":{"":1}}}]}"#,
    r#"{"principal":{"id":"p","roles":["u"]},"resources":[{"actions":["a"],"resource":{"kind":"k","id":"1"}}],"auxData":{"jwt":{}}}"#,
    r#"{"principal":{"id":"p","roles":["u"]},"resources":[{"actions":["a"],"resource":{"kind":"k","id":"1"}}],"auxData":{"jwt":{"token":"x"},"jwts":{"a\"b":{}}}}"#,
    r#"{"principal":{"id":"p","roles":["u"]},"resources":[{"actions":["a"],"resource":{"kind":"k","id":"1"}}],"auxData":{"jwt":{"token":"x"}}}"#,
    r#"{"principal":{"id":"p","roles":["u"]},"resources":[{"actions":["a"],"resource":{"kind":"k","id":"1"}}],"requestContext":{"annotations":{"":1}}}"#,
    r#"{"action":"a","actions":["b"]}"#,
    r#"{"actions":["a"],"principal":{"id":"p","roles":["u"]},"resource":{"kind":"k","instances":{}}}"#,
    r#"{"actions":["a","a"],"resource":{"policyVersion":"-","scope":"-"}}"#,
];

#[tokio::test]
async fn what_the_real_pdp_refuses_is_refused_with_its_words() {
    let pair = Pair::start().await;
    let paths =
        ["/api/check/resources", "/api/plan/resources", "/api/check", "/api/check_resource_batch"];
    for path in paths {
        for body in BODIES {
            pair.check("POST", path, body).await;
        }
    }
    pair.ours.stop().await.unwrap();
}

#[tokio::test]
async fn limits_are_kept_in_the_order_of_the_real_pdp() {
    let pair = Pair::start().await;
    let actions: Vec<String> = (0..51).map(|number| format!("a{number}")).collect();
    let few = serde_json::json!({ "actions": ["a"], "resource": { "kind": "k", "id": "1" } });
    let many = serde_json::json!({ "actions": actions, "resource": { "kind": "k", "id": "1" } });
    let principal = serde_json::json!({ "id": "p", "roles": ["u"] });
    for (resources, token) in
        [(vec![few.clone(); 51], ""), (vec![many.clone()], ""), (vec![few, many], "x")]
    {
        let mut body = serde_json::json!({ "principal": principal, "resources": resources });
        if !token.is_empty() {
            body["auxData"] = serde_json::json!({ "jwt": { "token": token } });
        }
        pair.check("POST", "/api/check/resources", &body.to_string()).await;
    }
    pair.ours.stop().await.unwrap();
}
