mod laws;
mod list;
mod text;

use jiff::Timestamp;

use super::{Revocation, RevocationList, TenantSpec, Whom};
use crate::identity::Issued;

const TENANT: &str = "acme.eu.auth0.com";

/// Seconds for which a token is accepted at most.
const HORIZON: i64 = 100;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// A list of one tenant.
fn list(capacity: usize) -> RevocationList {
    let tenant = TenantSpec { name: TENANT.into(), horizon: HORIZON };
    RevocationList::new(vec![tenant], capacity)
}

fn revocation(whom: Whom<'_>, until: i64) -> Revocation {
    Revocation::new(TENANT, whom, at(until))
}

fn issued<'t>(subject: &'t str, session: Option<&'t str>, second: i64) -> Issued<'t> {
    Issued { tenant: TENANT, subject, session, at: at(second) }
}
