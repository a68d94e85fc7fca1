//! What the names in a suite stand for: its own fixtures, then those that the folder `testdata` beside
//! it shares.

use std::collections::BTreeMap;

use super::decode::{AuxDataFile, PrincipalsFile, ResourcesFile};
use super::files;
use super::model::{Fixtures, Groups, Named};
use crate::engine::{
    PolicyErrors, PolicyFile,
    model::{AuxData, Principal, Resource},
};

/// The fixtures that a suite sees.
#[derive(Clone, Copy)]
pub(super) struct Lookup<'s> {
    pub(super) own: &'s Fixtures,
    pub(super) shared: &'s Fixtures,
}

/// Which of the two kinds that come in groups.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Principal,
    Resource,
}

/// Reads the files of a folder `testdata`, which are all below `folder`.
///
/// # Errors
/// In the words of Cerbos what is wrong with one of them.
pub(super) fn shared(files: &[&PolicyFile], folder: &str) -> Result<Fixtures, String> {
    let mut fixtures = Fixtures::default();
    if let Some(file) = find(files, folder, &["principals"]) {
        (fixtures.principals, fixtures.principal_groups) =
            PrincipalsFile::read(file).map_err(|errors| broken(folder, "principals", &errors))?;
    }
    if let Some(file) = find(files, folder, &["resources"]) {
        (fixtures.resources, fixtures.resource_groups) =
            ResourcesFile::read(file).map_err(|errors| broken(folder, "resources", &errors))?;
    }
    if let Some(file) = find(files, folder, &["auxdata", "auxData", "aux_data"]) {
        fixtures.aux_data =
            AuxDataFile::read(file).map_err(|errors| broken(folder, "aux data", &errors))?;
    }
    let none = Fixtures::default();
    // Groups of a folder name what is in the folder.
    let lookup = Lookup { own: &fixtures, shared: &none };
    for (side, what) in [(Side::Principal, "principals"), (Side::Resource, "resources")] {
        if let Some(missing) = lookup.missing_member(side) {
            return Err(format!(
                "failed to load test fixtures from {folder}: failed to load {what}: {missing}"
            ));
        }
    }
    Ok(fixtures)
}

/// The first of the files with one of these names; the order of the names counts first.
fn find<'f>(files: &[&'f PolicyFile], folder: &str, stems: &[&str]) -> Option<&'f PolicyFile> {
    stems.iter().find_map(|wanted| {
        let mut found: Vec<&PolicyFile> = files
            .iter()
            .filter(|file| files::fixtures_of(folder, &file.path) == Some(*wanted))
            .copied()
            .collect();
        found.sort_by(|left, right| left.path.cmp(&right.path));
        found.first().copied()
    })
}

fn broken(folder: &str, what: &str, errors: &PolicyErrors) -> String {
    format!("failed to load test fixtures from {folder}: failed to load {what}:\n{errors}")
}

// === impl Lookup ===

impl<'s> Lookup<'s> {
    pub(super) fn principal(self, key: &str) -> Option<&'s Principal> {
        self.own.principals.get(key).or_else(|| self.shared.principals.get(key))
    }

    pub(super) fn resource(self, key: &str) -> Option<&'s Resource> {
        self.own.resources.get(key).or_else(|| self.shared.resources.get(key))
    }

    pub(super) fn aux_data(self, key: &str) -> Option<&'s AuxData> {
        self.own.aux_data.get(key).or_else(|| self.shared.aux_data.get(key))
    }

    fn has(self, side: Side, key: &str) -> bool {
        match side {
            Side::Principal => self.principal(key).is_some(),
            Side::Resource => self.resource(key).is_some(),
        }
    }

    fn groups(side: Side, fixtures: &'s Fixtures) -> &'s Groups {
        match side {
            Side::Principal => &fixtures.principal_groups,
            Side::Resource => &fixtures.resource_groups,
        }
    }

    /// What is wrong with the suite's own groups, if one names a fixture that is not there.
    pub(super) fn missing_member(self, side: Side) -> Option<String> {
        Self::groups(side, self.own).iter().find_map(|(group, members)| {
            let missing = members.iter().find(|member| !self.has(side, member))?;
            Some(format!("missing fixture {missing:?} referenced in group {group:?}"))
        })
    }

    /// Keys in the order of the list, then those of the groups, each once.
    ///
    /// # Errors
    /// The group that is not there.
    pub(super) fn keys(self, side: Side, named: &'s Named) -> Result<Vec<&'s str>, &'s str> {
        let mut seen = BTreeMap::new();
        let mut keys: Vec<&str> = Vec::new();
        let mut add = |key: &'s str| {
            if seen.insert(key, ()).is_none() {
                keys.push(key);
            }
        };
        named.keys.iter().for_each(|key| add(key));
        for group in &named.groups {
            let own = Self::groups(side, self.own).get(group);
            let members = own.or_else(|| Self::groups(side, self.shared).get(group));
            members.ok_or(&**group)?.iter().for_each(|key| add(key));
        }
        Ok(keys)
    }
}
