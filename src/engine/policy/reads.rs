//! What policies read of a resource.

use super::compiled::{Clause, Condition, Variables};
use super::lower::{clauses, clauses_of_rule};
use super::set::PolicySet;
use super::{key::sanitize, names::Name};
use crate::engine::cel::Read;
use crate::engine::model::ResourceKind;
use crate::yaml::Place;

/// An attribute of a resource that an expression can read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AttributeRead {
    /// The file of the expression.
    pub file: Box<str>,
    /// Where the expression begins.
    pub place: Place,
    /// `R.attr.a.b`; empty: all attributes.
    pub path: Box<[Box<str>]>,
}

// === impl PolicySet ===

impl PolicySet {
    /// The attributes that policies for `kind` can read, of all versions and scopes, sorted.
    #[must_use]
    pub fn resource_attribute_reads(&self, kind: &ResourceKind) -> Vec<AttributeRead> {
        let mut found: Vec<&Clause> = Vec::new();
        self.each_clause(kind, &mut |clause| found.push(clause));
        let mut reads: Vec<AttributeRead> = found
            .into_iter()
            .flat_map(|clause| clause.expression.reads().iter().map(move |read| (clause, read)))
            .filter_map(|(clause, read)| match read {
                Read::ResourceAttribute(path) => Some(AttributeRead {
                    path: path.clone(),
                    file: self.file(clause.site.file).into(),
                    place: clause.site.place,
                }),
                _ => None,
            })
            .collect();
        reads.sort();
        reads.dedup();
        reads
    }

    /// Every expression that a question about `kind` can lead to.
    fn each_clause<'s>(&'s self, kind: &ResourceKind, visit: &mut dyn FnMut(&'s Clause)) {
        let kind = sanitize(kind.as_str());
        let kind: Name<'_> = self.names.find(&kind);
        let resources = self.resources.iter().filter(|(place, _)| Some(place.name) == kind.id);
        for (_, policy) in resources {
            policy.unit.rules.iter().flat_map(clauses_of_rule).for_each(&mut *visit);
            visit_variables(&policy.unit.variables, visit);
            for role in &policy.derived_roles {
                role.condition.iter().flat_map(|c: &Condition| clauses(c)).for_each(&mut *visit);
                visit_variables(&role.variables, visit);
            }
        }
        for policy in self.principals.values().filter(|policy| policy.resources.matches(kind)) {
            policy.unit.rules.iter().flat_map(clauses_of_rule).for_each(&mut *visit);
            visit_variables(&policy.unit.variables, visit);
        }
        for policy in self.roles.values().filter(|policy| policy.resources.matches(kind)) {
            policy.unit.rules.iter().flat_map(clauses_of_rule).for_each(&mut *visit);
            visit_variables(&policy.unit.variables, visit);
        }
    }
}

fn visit_variables<'s>(variables: &'s Variables, visit: &mut dyn FnMut(&'s Clause)) {
    variables.used.iter().for_each(|variable| visit(&variable.clause));
}
