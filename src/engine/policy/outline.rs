//! All rules and derived roles of a set, with the expressions of their conditions: what can be
//! covered by tests.

use std::collections::BTreeMap;

use super::compiled::{Condition, DerivedRole, Rule, Unit};
use super::error::Site;
use super::lower::clauses;
use super::set::PolicySet;

/// A rule or a derived role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline<'s> {
    pub file: &'s str,
    pub site: Site,
    /// Policy key, `#`, rule name; of a derived role its name.
    pub name: &'s str,
    pub kind: OutlineKind,
    /// The expressions of its condition, with their places.
    pub expressions: Vec<(Site, &'s str)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutlineKind {
    Rule,
    /// Only those that a rule asks for are evaluated, and told.
    DerivedRole,
}

// === impl PolicySet ===

impl PolicySet {
    /// Everything that decides, in the order of the files.
    #[must_use]
    pub fn outline(&self) -> Vec<Outline<'_>> {
        let mut found: BTreeMap<(Site, &str), Outline<'_>> = BTreeMap::new();
        for policy in self.resources.values() {
            self.outline_unit(&policy.unit, &mut found);
            for role in &policy.derived_roles {
                let outline = self.outline_role(role);
                found.insert((outline.site, outline.name), outline);
            }
        }
        for policy in self.principals.values() {
            self.outline_unit(&policy.unit, &mut found);
        }
        for policy in self.roles.values() {
            self.outline_unit(&policy.unit, &mut found);
        }
        found.into_values().collect()
    }

    /// The file of something that is told by its site.
    #[must_use]
    pub fn file_of(&self, site: Site) -> &str {
        self.file(site.file)
    }

    fn outline_unit<'s>(
        &'s self,
        unit: &'s Unit,
        found: &mut BTreeMap<(Site, &'s str), Outline<'s>>,
    ) {
        for rule in &unit.rules {
            let Rule { site, source, condition, .. } = rule;
            let outline = Outline {
                file: self.file(site.file),
                site: *site,
                name: source,
                kind: OutlineKind::Rule,
                expressions: expressions(condition.as_ref()),
            };
            found.insert((*site, source), outline);
        }
    }

    fn outline_role<'s>(&'s self, role: &'s DerivedRole) -> Outline<'s> {
        Outline {
            file: self.file(role.site.file),
            site: role.site,
            name: &role.name,
            kind: OutlineKind::DerivedRole,
            expressions: expressions(role.condition.as_ref()),
        }
    }
}

fn expressions(condition: Option<&Condition>) -> Vec<(Site, &str)> {
    let clauses = condition.into_iter().flat_map(clauses);
    clauses.map(|clause| (clause.site, clause.expression.source())).collect()
}
