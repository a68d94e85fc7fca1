//! Cerbos's adapter for `SQLAlchemy`, which makes queries of plans.

use serde_json::json;

use super::{PLAIN, Side, Sides, ask};
use crate::tools;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queries_of_our_plans_find_the_rows_that_checks_allow() {
    let sides = Sides::start(&PLAIN).await;
    let folder = tools::cerbos_client("python");
    let mut answers = Vec::new();
    for side in sides.sides() {
        let Side { http, grpc, .. } = &side;
        let asked = json!({ "address": { "http": http, "grpc": grpc } });
        answers.push(ask(&["python3", "adapter.py", folder.to_str().unwrap()], &side, asked).await);
    }
    let [ours, theirs] = &answers[..] else { panic!("two sides") };
    let mut some = 0;
    for (name, our) in ours.as_object().unwrap() {
        let their = &theirs[name];
        assert_eq!(our["found"], our["allowed"], "{name}: {}", our["sql"]);
        assert_eq!(our["allowed"], their["allowed"], "{name}");
        assert_eq!(our["sql"], their["sql"], "{name}");
        let count = our["found"][0].as_array().map(Vec::len).unwrap_or_default();
        some += usize::from(count > 0 && count < 1_000);
    }
    assert_eq!(
        ours.as_object().map(serde_json::Map::len),
        theirs.as_object().map(serde_json::Map::len)
    );
    assert!(some > 20, "{some} queries find some rows and not all");
    sides.ours.stop().await.unwrap();
}
