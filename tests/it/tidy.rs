//! The plan of the house, kept true: `ARCHITECTURE.md` in the form of a test.
//!
//! Change it together with the plan, in the same commit.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Which rooms a room may name. What is not here may not exist.
const PLAN: [(&str, &[&str]); 22] = [
    ("yaml", &[]),
    ("engine", &["yaml"]),
    ("suite", &["engine", "yaml"]),
    ("request", &["engine"]),
    ("identity", &["request", "engine"]),
    ("revocation", &["identity"]),
    ("route", &["request", "identity", "engine"]),
    ("answer", &["request", "identity", "route", "engine"]),
    ("telemetry", &[]),
    ("issuer", &["identity", "telemetry"]),
    ("shared_memory", &[]),
    ("logout", &["identity", "revocation", "issuer", "shared_memory", "telemetry"]),
    ("policy_source", &["engine", "telemetry"]),
    ("cerbos_api", &["engine"]),
    ("remote_pdp", &["engine", "identity", "cerbos_api", "telemetry"]),
    (
        "decision",
        &[
            "request",
            "identity",
            "revocation",
            "route",
            "engine",
            "answer",
            "issuer",
            "shared_memory",
            "logout",
            "remote_pdp",
            "telemetry",
        ],
    ),
    ("pdp", &["identity", "engine", "issuer", "decision", "cerbos_api", "telemetry"]),
    (
        "server",
        &[
            "cerbos_api",
            "pdp",
            "request",
            "engine",
            "identity",
            "revocation",
            "answer",
            "decision",
            "logout",
            "telemetry",
        ],
    ),
    ("config", ALL_BUT_CLI),
    ("reload", ALL_BUT_CLI),
    ("app", ALL_BUT_CLI),
    ("cli", ALL),
];

const ALL_BUT_CLI: &[&str] = &[
    "yaml",
    "request",
    "identity",
    "revocation",
    "route",
    "engine",
    "answer",
    "decision",
    "issuer",
    "shared_memory",
    "logout",
    "policy_source",
    "telemetry",
    "cerbos_api",
    "pdp",
    "remote_pdp",
    "server",
    "config",
    "reload",
];
const ALL: &[&str] = &[
    "yaml",
    "request",
    "identity",
    "revocation",
    "route",
    "engine",
    "suite",
    "answer",
    "decision",
    "issuer",
    "shared_memory",
    "logout",
    "policy_source",
    "telemetry",
    "cerbos_api",
    "pdp",
    "remote_pdp",
    "server",
    "config",
    "reload",
    "app",
];

/// Rooms that only compute.
const QUIET: [&str; 8] =
    ["yaml", "engine", "suite", "request", "identity", "revocation", "route", "answer"];

/// What a quiet room cannot do: wait, read files or sockets, look at the clock, log.
const LOUD: [&str; 10] = [
    "std::fs",
    "std::net::Tcp",
    "std::net::Udp",
    "std::io::",
    "tokio",
    "async fn",
    "tracing",
    "SystemTime",
    "Instant::now",
    "Timestamp::now",
];

const MOST_LINES: usize = 400;

struct Source {
    /// Relative to `src`.
    path: PathBuf,
    text: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                sources.push(Source { path: path.strip_prefix(&root).unwrap().into(), text });
            }
        }
    }
    assert!(sources.len() > 30, "only {} sources were found", sources.len());
    sources.sort_by(|left, right| left.path.cmp(&right.path));
    sources
}

impl Source {
    fn room(&self) -> &str {
        let first = self.path.components().next().unwrap().as_os_str().to_str().unwrap();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    fn is_test(&self) -> bool {
        self.path.components().any(|part| part.as_os_str() == "tests")
            || self.path.file_name().is_some_and(|name| name == "tests.rs")
    }

    /// The lines of code before any `#[cfg(test)] mod tests`, comments left out.
    fn code(&self) -> impl Iterator<Item = &str> {
        let end = self.text.find("#[cfg(test)]\nmod tests {").unwrap_or(self.text.len());
        self.text.get(..end).unwrap().lines().filter(|line| !line.trim_start().starts_with("//"))
    }
}

#[test]
fn every_room_is_on_the_plan_and_names_only_what_it_may() {
    let plan: BTreeMap<&str, &[&str]> = PLAN.into_iter().collect();
    let mut faults = Vec::new();
    for source in sources().iter().filter(|source| !source.is_test()) {
        let room = source.room();
        if ["lib", "main"].contains(&room) {
            continue;
        }
        let Some(may) = plan.get(room) else {
            faults.push(format!("{}: no such room on the plan", source.path.display()));
            continue;
        };
        for line in source.code() {
            for named in line.split("crate::").skip(1) {
                let named: String =
                    named.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
                if named.is_empty() {
                    faults.push(format!("{}: one line a room: {line}", source.path.display()));
                } else if named != room && !may.contains(&named.as_str()) {
                    faults.push(format!("{}: may not name {named}", source.path.display()));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn quiet_rooms_only_compute() {
    let mut faults = Vec::new();
    for source in sources().iter().filter(|source| !source.is_test()) {
        if !QUIET.contains(&source.room()) {
            continue;
        }
        for line in source.code() {
            for loud in LOUD {
                if line.contains(loud) {
                    faults.push(format!("{}: {loud}: {line}", source.path.display()));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_file_says_what_it_is_and_stays_small() {
    let mut faults = Vec::new();
    for source in sources() {
        if !source.text.starts_with("//!") && !source.is_test() {
            faults.push(format!("{}: no module docs", source.path.display()));
        }
        let lines = source.code().filter(|line| !line.trim().is_empty()).count();
        if lines > MOST_LINES && !source.is_test() {
            faults.push(format!("{}: {lines} lines of code", source.path.display()));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_file_is_left_out_of_the_build() {
    let sources = sources();
    let mut named = BTreeSet::from([PathBuf::from("lib.rs"), PathBuf::from("main.rs")]);
    for source in &sources {
        let name = source.path.file_stem().unwrap();
        let is_door = name == "mod" || name == "lib" || name == "main";
        let folder = source.path.parent().unwrap();
        let folder = if is_door { folder.to_path_buf() } else { folder.join(name) };
        for line in source.text.lines() {
            let line = line.trim();
            let line = line.strip_prefix("pub ").unwrap_or(line);
            let line = line.strip_prefix("pub(super) ").unwrap_or(line);
            let line = line.strip_prefix("pub(crate) ").unwrap_or(line);
            if let Some(module) = line.strip_prefix("mod ").and_then(|rest| rest.strip_suffix(';'))
            {
                named.insert(folder.join(format!("{module}.rs")));
                named.insert(folder.join(module).join("mod.rs"));
            }
        }
    }
    let orphans: Vec<String> = sources
        .iter()
        .filter(|source| !named.contains(&source.path))
        .map(|source| source.path.display().to_string())
        .collect();
    assert!(orphans.is_empty(), "no `mod` names {}", orphans.join(", "));
}
