//! How much a call may ask.

use super::Pair;

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
        for path in ["/api/check/resources", "/api/check_resource_batch"] {
            pair.check("POST", path, &body.to_string()).await;
        }
    }
    pair.ours.stop().await.unwrap();
}
