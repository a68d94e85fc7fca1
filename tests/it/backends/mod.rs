//! What we let pass as a route is that route, with the same values, to servers that people run behind
//! us. HTTP clients tidy a request up before they send it, so the requests go out over bare sockets.

mod cases;
mod server;

use std::{collections::BTreeMap, env, iter, process, sync::Arc};

use jiff::Timestamp;
use portcullis::{
    decision::Rules,
    request::{HttpRequest, RawHeaders, RawRequest},
    route::Found,
};
use serde::Deserialize;
use tokio::task::JoinSet;

use crate::hostile::{
    dice::Dice,
    house::{House, told},
};
use cases::{Case, HOST};
use server::Servers;

/// What somebody reads in a request: nothing of it is escaped any more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
struct Reading {
    route: Option<String>,
    values: Vec<String>,
    /// All values of the query parameter `q`; nothing is known of them if it is not looked at.
    q: Option<Vec<String>>,
    /// All values of the header `x-tenant`, likewise.
    tenant: Option<Vec<String>>,
}

const CASES: usize = 6000;

/// What a server calls a route, its template, and its parameters in their order.
const ROUTES: [(&str, &str, &[&str]); 6] = [
    ("list", "/v1/orgs/{org}/invoices", &["org"]),
    ("invoice", "/v1/orgs/{org}/invoices/{invoice}", &["org", "invoice"]),
    ("settings", "/v1/orgs/{org}/settings/", &["org"]),
    ("file", "/v1/files/{*rest}", &["rest"]),
    ("open", "/v1/open/{*rest}", &["rest"]),
    ("admin", "/v1/admin/{user}", &["user"]),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn threat_27_servers_behind_us_read_what_passes_as_we_do() {
    let now = Timestamp::now().as_millisecond().unsigned_abs() ^ u64::from(process::id());
    let seed = env::var("BACKENDS_SEED").map_or(now, |seed| seed.parse().unwrap());
    println!("seed {seed}");
    let rules = House::build().await.rules;
    let cases: Arc<Vec<Case>> = Arc::new(cases::some(&mut Dice::new(seed), CASES));
    let servers = Servers::start();
    let mut asked = JoinSet::new();
    for server in servers.all() {
        let cases = cases.clone();
        asked.spawn_blocking(move || {
            (server.name.clone(), cases.iter().map(|case| server.ask(case)).collect::<Vec<_>>())
        });
    }
    let theirs: BTreeMap<String, Vec<Option<Reading>>> =
        asked.join_all().await.into_iter().collect();
    assert_eq!(theirs.len(), 6, "{:?}", theirs.keys());

    let (mut passed, mut disputed, mut wrong) = (0, 0, Vec::new());
    for (index, case) in cases.iter().enumerate() {
        let readings = theirs.iter().map(|(name, readings)| (name, &readings[index]));
        let Some(ours) = ours(&rules, case) else {
            let mut routes =
                readings.map(|(_, reading)| reading.as_ref().map(|r| (&r.route, &r.values)));
            let first = routes.next().unwrap();
            disputed += usize::from(routes.any(|other| other != first));
            continue;
        };
        passed += 1;
        for (name, reading) in readings {
            if !reading.as_ref().is_some_and(|reading| agree(&ours, reading)) {
                wrong.push(format!("{name}: {case:?}\n    reads {reading:?}\n    we    {ours:?}"));
            }
        }
    }
    println!(
        "{CASES} requests: {passed} pass, {disputed} of the refused are read differently by the servers"
    );
    let shown = wrong.iter().take(20).cloned().collect::<Vec<_>>().join("\n");
    assert!(wrong.is_empty(), "seed {seed}: {} of {passed}:\n{shown}", wrong.len());
    assert!(passed > CASES / 4, "only {passed} pass");
    assert!(disputed > CASES / 20, "only {disputed} would have been worth refusing");
}

/// What a decision would be about, if the request gets so far.
fn ours(rules: &Rules, case: &Case) -> Option<Reading> {
    let tenants = case.tenants.iter().map(|value| ("x-tenant", value));
    let headers = iter::once((":path", &case.target)).chain(tenants);
    let headers = headers.map(|(name, value)| (name.into(), value.into()));
    let raw = RawRequest {
        method: "GET".into(),
        scheme: "https".into(),
        host: HOST.into(),
        target: told(&case.target).into(),
        headers: RawHeaders::Separate(headers.collect()),
        ..RawRequest::default()
    };
    let request = HttpRequest::read(raw, &rules.request).ok()?;
    let Found::Protected(matched) = rules.routes.find(&request) else { return None };
    let template = matched.template();
    let (route, _, names) = ROUTES.iter().find(|(_, other, _)| **other == *template).unwrap();
    let values = names.iter().map(|name| matched.parameter(name).unwrap().to_owned()).collect();
    let q = request.query.single("q").ok();
    let tenant = request.headers.single("x-tenant").ok();
    Some(Reading {
        route: Some((*route).to_owned()),
        values,
        q: q.map(|q| q.into_iter().map(Into::into).collect()),
        tenant: tenant.map(|tenant| tenant.into_iter().map(Into::into).collect()),
    })
}

fn agree(ours: &Reading, theirs: &Reading) -> bool {
    // What we would refuse if it mattered may be read in any way.
    let same = |ours: &Option<Vec<String>>, theirs: &Option<Vec<String>>| {
        ours.is_none() || theirs.is_none() || ours == theirs
    };
    ours.route == theirs.route
        && ours.values == theirs.values
        && same(&ours.q, &theirs.q)
        && same(&ours.tenant, &theirs.tenant)
}
