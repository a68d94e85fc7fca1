//! A reload that was answered is in force for everybody who asks from then on.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use envoy_types::pb::envoy::service::auth::v3::authorization_client::AuthorizationClient;

use crate::support::{Told, World, check_request, claims};

const CLIENTS: usize = 8;
const RELOADS: u64 = 25;
const OUTPUTS: &str = "denial_outputs: { headers: [x-version] }";

/// Denies, and tells which version of the policies does.
fn policy(version: u64) -> String {
    format!(
        "apiVersion: api.cerbos.dev/v1\nresourcePolicy:\n  resource: invoice\n  version: default\n  rules:\n    \
         - name: told\n      actions: [view]\n      roles: ['*']\n      effect: EFFECT_DENY\n      \
         output:\n        when:\n          ruleActivated: |-\n            \
         {{\"denial\": {{\"headers\": {{\"x-version\": \"{version}\"}}}}}}\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_that_begins_after_a_reload_is_answered_by_older_policies() {
    let world = World::builder().file("policies/invoice.yaml", &policy(0)).section(OUTPUTS);
    let world = world.start().await;
    let token = world.issuer.token(&claims("auth0|viewer", &["viewer"]));
    let (answered, is_over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        let client = AuthorizationClient::connect(format!("http://{}", world.ext_authz));
        let mut client = client.await.unwrap();
        let (answered, is_over, token) = (answered.clone(), is_over.clone(), token.clone());
        clients.push(tokio::spawn(async move {
            let mut asked = 0;
            while !is_over.load(Ordering::SeqCst) {
                let least = answered.load(Ordering::SeqCst);
                let request = check_request("GET", "/v1/orgs/acme/invoices/7", Some(&token));
                let response = client.check(request).await.unwrap();
                let told = Told::of(response.get_ref());
                let version: u64 = told.header("x-version").unwrap().parse().unwrap();
                assert!(version >= least, "version {version} after a reload to {least}");
                asked += 1;
            }
            asked
        }));
    }
    for version in 1..=RELOADS {
        // At once, as half a file is read by whoever watches the folder.
        fs::write(world.path("invoice.new"), policy(version)).unwrap();
        fs::rename(world.path("invoice.new"), world.path("policies/invoice.yaml")).unwrap();
        assert_eq!(world.post("/reload").await.0, 200);
        answered.store(version, Ordering::SeqCst);
    }
    is_over.store(true, Ordering::SeqCst);
    for client in clients {
        let asked: u64 = client.await.unwrap();
        assert!(asked > RELOADS, "{asked} requests are too few to see anything");
    }
    world.stop().await.unwrap();
}
