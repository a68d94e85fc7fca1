//! Mutated policy directories: does Cerbos load what we load, and refuse what we refuse?
//!
//! Each directory comes of a seed of its own, so that one can be repeated alone: `SEED=its
//! CONFORMANCE_DIRECTORIES=1`. What differs is saved, made small, below `build/conformance/`.

mod base;
mod doc;
mod files;
mod known;
mod shrink;
mod text;
mod tree;
mod values;

use std::{
    collections::BTreeMap,
    fmt, fs,
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use fastrand::Rng;
use portcullis::{
    engine::{self, cel::Globals, model::Options},
    policy_source,
};
use serde_json::Value as Json;
use tempfile::TempDir;

use self::doc::Style;
use super::{
    pdp::{self, Compiled},
    random::Dice,
};
use crate::tools;

/// Files by path.
pub(super) type Directory = BTreeMap<String, String>;

/// Cerbos is a process for each directory, and has the machine's other core.
const AT_ONCE: usize = 2;

#[derive(Debug, Default)]
pub(super) struct Tally {
    accepted: usize,
    refused: usize,
    /// Cerbos neither accepts nor refuses, but falls over.
    crashed: usize,
    /// Known to differ.
    known: usize,
    /// How often each kind of difference came up.
    different: BTreeMap<String, usize>,
}

/// What both say of a directory; `None` is a yes.
#[derive(Debug)]
pub(super) struct Verdicts {
    ours: Option<String>,
    theirs: Option<String>,
}

pub(super) fn run(seed: u64, count: u64) -> Tally {
    let next = AtomicU64::new(0);
    let tally = Mutex::new(Tally::default());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        return;
                    }
                    one(seed.wrapping_add(number), &tally);
                    if number.is_multiple_of(500) {
                        println!("{number}: {}", tally.lock().unwrap());
                    }
                }
            });
        }
    });
    tally.into_inner().unwrap()
}

fn one(seed: u64, tally: &Mutex<Tally>) {
    let directory = directory(&mut Rng::with_seed(seed));
    let Some(verdicts) = compare(&directory) else {
        tally.lock().unwrap().crashed += 1;
        return;
    };
    let first = {
        let mut tally = tally.lock().unwrap();
        if known::is_known(&directory, &verdicts) {
            tally.known += 1;
            return;
        }
        match (&verdicts.ours, &verdicts.theirs) {
            (None, None) => tally.accepted += 1,
            (Some(_), Some(_)) => tally.refused += 1,
            _ => {}
        }
        let Some(kind) = verdicts.kind() else { return };
        let times = tally.different.entry(kind).or_default();
        *times += 1;
        *times <= 3
    };
    if first {
        let (directory, verdicts) = shrink::directory(directory, verdicts);
        let folder = save(seed, &directory, &verdicts);
        println!("SEED={seed}: {verdicts}\n  in {}", folder.display());
    }
}

/// A valid directory with one to three changes.
fn directory(dice: &mut Rng) -> Directory {
    let mut documents = base::documents(dice);
    let paths: Vec<String> = documents.keys().cloned().collect();
    let changes = *dice.pick(&[1, 1, 1, 2, 2, 3]);
    let of_trees = (0..changes).filter(|_| dice.percent(70)).count();
    for _ in 0..of_trees {
        tree::change(documents.get_mut(dice.pick(&paths)).unwrap(), dice);
    }
    let mut files: Directory = documents
        .iter()
        .map(|(path, document)| {
            let style = if path.ends_with(".json") {
                Style::Json
            } else {
                *dice.pick(&[Style::Block, Style::Block, Style::Block, Style::Flow, Style::Json])
            };
            (path.clone(), document.write(style, dice))
        })
        .collect();
    for _ in of_trees..changes {
        if dice.percent(50) {
            files::change(&mut files, dice);
        } else if let Some(path) = files.keys().nth(dice.usize(0..files.len().max(1))).cloned() {
            let text = text::change(&files[&path], dice);
            files.insert(path, text);
        }
    }
    files
}

/// `None` if Cerbos falls over.
pub(super) fn compare(directory: &Directory) -> Option<Verdicts> {
    let folder = TempDir::new().unwrap();
    write(directory, folder.path());
    let theirs = match pdp::compile(folder.path()) {
        Compiled::Accepted => None,
        Compiled::Refused(said) => Some(first_error(&said)),
        Compiled::Crashed(_) => return None,
    };
    Some(Verdicts { ours: ours(folder.path()), theirs })
}

fn ours(folder: &Path) -> Option<String> {
    let options = Options::default();
    let files = match policy_source::read(folder, options.limits.policy_file_bytes) {
        Ok(files) => files,
        Err(errors) => return Some(errors.to_string()),
    };
    let compiled = engine::compile(&files, &options, &Globals::default());
    compiled.err().map(|errors| errors.to_string())
}

fn write(directory: &Directory, to: &Path) {
    for (path, text) in directory {
        let path = to.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// The first text that says what is wrong, wherever it stands in Cerbos's answer.
fn first_error(said: &Json) -> String {
    fn find(json: &Json) -> Option<String> {
        match json {
            Json::Object(members) => ["description", "error", "desc"]
                .iter()
                .find_map(|name| members.get(*name)?.as_str())
                .map(|text| format!("{} {text}", members.get("file").unwrap_or(&Json::Null)))
                .or_else(|| members.values().find_map(find)),
            Json::Array(items) => items.iter().find_map(find),
            _ => None,
        }
    }
    find(said).unwrap_or_else(|| said.to_string())
}

fn save(seed: u64, directory: &Directory, verdicts: &Verdicts) -> PathBuf {
    let folder = tools::root().join(format!("build/conformance/directory-{seed}"));
    let _absent = fs::remove_dir_all(&folder);
    write(directory, &folder.join("policies"));
    fs::write(folder.join("difference.txt"), format!("{verdicts}\n")).unwrap();
    folder
}

// === impl Tally ===

impl Tally {
    pub(super) fn different(&self) -> usize {
        self.different.values().sum()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { accepted, refused, crashed, known, .. } = self;
        let different = self.different();
        writeln!(
            f,
            "{accepted} accepted, {refused} refused, {crashed} crash Cerbos, {known} known, {different} different"
        )?;
        self.different.iter().try_for_each(|(kind, times)| writeln!(f, "{times:6} {kind}"))
    }
}

// === impl Verdicts ===

impl Verdicts {
    /// What differs, without what is particular to one directory; `None` if they agree.
    pub(super) fn kind(&self) -> Option<String> {
        match (&self.ours, &self.theirs) {
            (None, Some(theirs)) => Some(format!("only Cerbos refuses: {}", general(theirs))),
            (Some(ours), None) => Some(format!("only we refuse: {}", general(ours))),
            (None, None) | (Some(_), Some(_)) => None,
        }
    }
}

/// A message without its file, place and names.
fn general(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    let line = line.split_once(' ').map_or(line, |(_, text)| text);
    let mut out = String::new();
    let mut quoted = None;
    for c in line.chars().take(120) {
        match quoted {
            Some(quote) if c == quote => quoted = None,
            Some(_) => {}
            None if matches!(c, '`' | '"') => {
                quoted = Some(c);
                out.push('_');
            }
            None if c.is_ascii_digit() => {}
            None => out.push(c),
        }
    }
    out
}

impl fmt::Display for Verdicts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = |verdict: &Option<String>| verdict.clone().unwrap_or("yes".to_owned());
        write!(f, "ours: {}\ntheirs: {}", said(&self.ours), said(&self.theirs))
    }
}
