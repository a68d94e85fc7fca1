//! `portcullis validate`: everything that is wrong, and what probably is.

use std::{collections::BTreeSet, fmt, path::Path};

use crate::config::{self, ConfigErrors, EmbeddedConfig, EngineConfig};
use crate::engine::{
    cel::Globals,
    policy::{self, AttributeRead, PolicySet},
};
use crate::policy_source;
use crate::route::{Route, RouteTable};
use crate::server::{AdminConfig, ListenAddress, ListenConfig};

/// More places of one attribute tell nothing more.
const MOST_PLACES: usize = 3;

/// What was found. `Display` lists it, one finding after the other, and ends with a summary.
#[derive(Debug, Default)]
pub struct Report {
    pub errors: Vec<String>,
    /// What can be meant, but seldom is.
    pub warnings: Vec<String>,
    routes: usize,
    /// `None` where another PDP has them.
    policies: Option<usize>,
}

/// Reads the configuration, and the routes and policies that it names, as `serve` would.
#[must_use]
pub fn validate(file: &Path) -> Report {
    let (config, ConfigErrors(errors)) = config::examine(file);
    let mut report = Report::default();
    report.errors.extend(errors.iter().map(ToString::to_string));
    let Some(config) = config else { return report };
    report.routes = config.routes.len();
    report.warnings.extend(open_listener(&config.listen));
    report.warnings.extend(open_admin(config.admin));
    report.warnings.extend(config.more_lenient_api().map(str::to_owned));
    let table = RouteTable::build(config.routes.clone())
        .map_err(|errors| report.errors.extend(errors.iter().map(ToString::to_string)));
    let EngineConfig::Embedded(engine) = &config.engine else { return report };
    let Some(policies) = policies(engine, &mut report) else { return report };
    report.policies = Some(policies.policy_count());
    for route in table.iter().flat_map(RouteTable::routes) {
        report.warnings.extend(unsupplied(route, &policies, &engine.policies));
    }
    report
}

fn policies(engine: &EmbeddedConfig, report: &mut Report) -> Option<PolicySet> {
    let EmbeddedConfig { policies, options, globals } = engine;
    let files = match policy_source::read(policies, options.limits.policy_file_bytes) {
        Ok(files) => files,
        Err(errors) => {
            report.errors.extend(errors.0.iter().map(ToString::to_string));
            return None;
        }
    };
    match policy::compile(&files, options, &Globals::from_json(globals)) {
        Ok(compiled) => Some(compiled),
        Err(errors) => {
            // Their files are named relative to the directory of the policies.
            let directory = policies.display();
            report.errors.extend(errors.iter().map(|error| format!("{directory}/{error}")));
            None
        }
    }
}

/// Whoever reaches the listener can claim any client address and certificate.
fn open_listener(listen: &ListenConfig) -> Option<String> {
    let ListenAddress::Tcp(address) = &listen.address else { return None };
    if listen.knows_its_clients() {
        return None;
    }
    Some(format!(
        "the listener on {address} answers anybody who reaches it, and believes what they say about \
         clients: set `listen.tls.client_ca_file`"
    ))
}

/// Whoever reaches the admin listener can revoke everybody's tokens.
fn open_admin(admin: AdminConfig) -> Option<String> {
    let AdminConfig { address } = admin;
    (!address.ip().is_loopback()).then(|| {
        format!(
            "the admin listener on {address} takes orders from anybody who reaches it: let nobody \
             but its operators"
        )
    })
}

/// Attributes that a policy for the route's resource reads, and the route does not supply: the rule
/// is then decided by an absent value, whatever the request says.
fn unsupplied(route: &Route, policies: &PolicySet, directory: &Path) -> Vec<String> {
    // Where the path says what kind it is, any policy may be meant.
    let Some(kind) = route.kind() else { return Vec::new() };
    let supplied: BTreeSet<&str> = route.attributes().map(|(name, _)| name).collect();
    let reads = policies.resource_attribute_reads(kind, route.actions());
    let mut reads: Vec<(&str, &AttributeRead)> = reads
        .iter()
        .filter_map(|read| Some((&**read.path.first()?, read)))
        .filter(|(name, _)| !supplied.contains(name))
        .collect();
    reads.sort_by_key(|(name, _)| *name);
    reads
        .chunk_by(|(left, _), (right, _)| left == right)
        .filter_map(|reads| {
            let (name, _) = reads.first()?;
            let places = places(reads, directory);
            Some(format!(
                "{}: the route `{}` does not supply the attribute `{name}` of `{kind}`, which is \
                 read at {places}",
                route.place(),
                route.template()
            ))
        })
        .collect()
}

fn places(reads: &[(&str, &AttributeRead)], directory: &Path) -> String {
    let mut places: Vec<String> = reads
        .iter()
        .map(|(_, AttributeRead { file, place, .. })| {
            format!("{}/{file}:{place}", directory.display())
        })
        .collect();
    places.dedup();
    let more = places.len().saturating_sub(MOST_PLACES);
    places.truncate(MOST_PLACES);
    let places = places.join(", ");
    if more == 0 { places } else { format!("{places} and {more} more") }
}

// === impl Report ===

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for error in &self.errors {
            writeln!(f, "error: {error}")?;
        }
        for warning in &self.warnings {
            writeln!(f, "warning: {warning}")?;
        }
        let (errors, warnings) = (self.errors.len(), self.warnings.len());
        let warnings = counted(warnings, "warning");
        if errors > 0 {
            return write!(f, "{}, {warnings}", counted(errors, "error"));
        }
        let routes = counted(self.routes, "route");
        let policies = match self.policies {
            None => "policies elsewhere".to_owned(),
            Some(1) => "1 policy".to_owned(),
            Some(count) => format!("{count} policies"),
        };
        write!(f, "no errors, {warnings}: {routes}, {policies}")
    }
}

fn counted(count: usize, what: &str) -> String {
    match count {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    }
}
