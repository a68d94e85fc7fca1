//! Which rules and conditions the cases have reached.

use std::collections::BTreeMap;

use crate::engine::{
    Looked, PolicySet,
    policy::{OutlineKind, Site},
};
use crate::yaml::Place;

/// Every rule, and every derived role that a rule asks for, in the order of the files.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    pub rules: Vec<CoveredRule>,
    /// Where in `rules` something is.
    rules_by_site: BTreeMap<Site, Vec<usize>>,
    /// The same, and where among its expressions.
    expressions_by_site: BTreeMap<Site, Vec<(usize, usize)>>,
}

/// A rule or a derived role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoveredRule {
    pub file: Box<str>,
    pub place: Place,
    pub name: Box<str>,
    pub is_derived_role: bool,
    /// How often it was asked.
    pub asked: usize,
    /// How often its condition was met.
    pub met: usize,
    pub expressions: Vec<CoveredExpression>,
}

/// An expression of a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoveredExpression {
    pub place: Place,
    pub source: Box<str>,
    /// How often it held.
    pub held: usize,
    /// How often it did not, or failed.
    pub failed: usize,
}

// === impl Coverage ===

impl Coverage {
    pub(super) fn of(policies: &PolicySet) -> Self {
        let mut coverage = Self::default();
        for outline in policies.outline() {
            let at = coverage.rules.len();
            coverage.rules_by_site.entry(outline.site).or_default().push(at);
            let mut expressions = Vec::new();
            for (site, source) in outline.expressions {
                let place = (at, expressions.len());
                coverage.expressions_by_site.entry(site).or_default().push(place);
                expressions.push(CoveredExpression {
                    place: site.place,
                    source: source.into(),
                    held: 0,
                    failed: 0,
                });
            }
            coverage.rules.push(CoveredRule {
                file: outline.file.into(),
                place: outline.site.place,
                name: outline.name.into(),
                is_derived_role: outline.kind == OutlineKind::DerivedRole,
                asked: 0,
                met: 0,
                expressions,
            });
        }
        coverage
    }

    /// Counts what a check has looked at.
    pub(super) fn add(&mut self, looked: &[Looked]) {
        for looked in looked {
            match *looked {
                Looked::Rule(site, Some(is_met)) | Looked::DerivedRole(site, is_met) => {
                    self.at_rules(site, |rule| {
                        rule.asked += 1;
                        rule.met += usize::from(is_met);
                    });
                }
                // Its condition was not come to.
                Looked::Rule(_, None) => {}
                Looked::Expression(site, Some(true)) => self.at_expressions(site, |e| e.held += 1),
                Looked::Expression(site, Some(false) | None) => {
                    self.at_expressions(site, |expression| expression.failed += 1);
                }
            }
        }
    }

    fn at_rules(&mut self, site: Site, count: impl Fn(&mut CoveredRule)) {
        for at in self.rules_by_site.get(&site).into_iter().flatten() {
            self.rules.get_mut(*at).into_iter().for_each(&count);
        }
    }

    fn at_expressions(&mut self, site: Site, count: impl Fn(&mut CoveredExpression)) {
        for (rule, at) in self.expressions_by_site.get(&site).into_iter().flatten() {
            let rule = self.rules.get_mut(*rule);
            rule.and_then(|rule| rule.expressions.get_mut(*at)).into_iter().for_each(&count);
        }
    }

    /// How many rules were reached.
    #[must_use]
    pub fn reached(&self) -> usize {
        self.rules.iter().filter(|rule| rule.asked > 0).count()
    }

    /// How many values expressions had, and could have had.
    #[must_use]
    pub fn values(&self) -> (usize, usize) {
        let expressions = self.rules.iter().flat_map(|rule| &rule.expressions);
        let mut values = (0, 0);
        for expression in expressions {
            values.0 += usize::from(expression.held > 0) + usize::from(expression.failed > 0);
            values.1 += 2;
        }
        values
    }

    /// Every rule was reached, and every expression was true once and false once.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let (had, could) = self.values();
        self.reached() == self.rules.len() && had == could
    }
}
