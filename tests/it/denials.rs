//! How a denial is told, where the outputs of policies may say so.

use crate::support::{World, check_request, claims, config};

const POLICY: &str = r#"
apiVersion: api.cerbos.dev/v1
resourcePolicy:
  resource: invoice
  version: default
  rules:
    - actions: [view, list]
      roles: [viewer]
      effect: EFFECT_ALLOW
    - name: unpaid
      actions: [view]
      roles: ["*"]
      effect: EFFECT_DENY
      condition: { match: { expr: R.attr.org == "unpaid" } }
      output:
        when:
          ruleActivated: |-
            {"denial": {"status": 402, "headers": {"x-reason": "pay " + R.attr.org}}}
    - name: forged
      actions: [view]
      roles: ["*"]
      effect: EFFECT_DENY
      condition: { match: { expr: R.attr.org == "forged" } }
      output:
        when:
          ruleActivated: |-
            {"denial": {"status": 402, "headers": {"x-reason": "a\r\nx-admin: 1"}}}
    - name: moved
      actions: [view]
      roles: ["*"]
      effect: EFFECT_DENY
      condition: { match: { expr: R.attr.org == "moved" } }
      output:
        when:
          ruleActivated: |-
            {"denial": {"redirect": "https://app.example/plans"}}
"#;

const OUTPUTS: &str =
    "denial_outputs: { statuses: [402], headers: [x-reason], redirects: [https://app.example] }\n";

#[tokio::test]
async fn a_policy_says_how_its_denial_is_told_only_where_it_may() {
    let world = World::builder().file("policies/invoice.yaml", POLICY).start().await;
    let token = world.issuer.token(&claims("auth0|viewer", &["viewer"]));
    let ask = async |org: &str| {
        let path = format!("/v1/orgs/{org}/invoices/7");
        world.ask(check_request("GET", &path, Some(&token))).await
    };
    assert_eq!(ask("acme").await.status, 200);
    for org in ["unpaid", "forged", "moved"] {
        let told = ask(org).await;
        assert_eq!((told.status, told.header("x-reason")), (403, None), "not configured: {told:?}");
    }
    let file = config(&world.issuer.url, "{ address: '127.0.0.1:0' }", "127.0.0.1:0");
    std::fs::write(world.path("portcullis.yaml"), format!("{file}{OUTPUTS}")).unwrap();
    assert_eq!(world.post("/reload").await.0, 200);
    // Twice: a remembered verdict is told as a new one is.
    for _ in 0..2 {
        let told = ask("unpaid").await;
        assert_eq!((told.status, told.header("x-reason")), (402, Some("pay unpaid")), "{told:?}");
        assert!(told.body.contains("Payment Required") && !told.body.contains("unpaid"));
        let told = ask("forged").await;
        assert_eq!((told.status, told.header("x-reason")), (403, None), "{told:?}");
        let told = ask("moved").await;
        let location = told.header("location");
        assert_eq!((told.status, location), (303, Some("https://app.example/plans")), "{told:?}");
        assert!(told.header("x-portcullis-decision-id").is_some());
        assert_eq!(ask("acme").await.status, 200);
    }
    world.stop().await.unwrap();
}
