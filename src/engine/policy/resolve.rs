//! The names that expressions of a policy may use, and expressions compiled with them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::compiled::{self, Clause, Variables};
use super::error::{Problem, Problems, Site};
use super::index::Index;
use super::issue;
use super::syntax::{Constant, Definitions, Text, Variable};
use crate::engine::cel::{self, ClockReading, Expression, Issue, Read};
use crate::engine::model::Limits;

/// What is read while policies are compiled, and where mistakes go.
pub(super) struct Context<'c> {
    pub(super) index: &'c Index,
    /// The texts of all files, by [`FileId`](super::error::FileId).
    pub(super) texts: &'c [&'c str],
    pub(super) paths: &'c [&'c str],
    pub(super) limits: &'c Limits,
    /// Bytes that patterns take so far.
    pub(super) pattern_bytes: usize,
    pub(super) problems: &'c mut Problems,
}

/// The variables and constants of one policy: its own and those that it imports.
#[derive(Default)]
pub(super) struct Namespace {
    names: cel::Names,
    /// By slot, which is the order of the names; `None` where one does not compile.
    variables: Vec<Option<Arc<Clause>>>,
    /// Slots, each behind those that it depends on.
    order: Vec<usize>,
}

// === impl Namespace ===

impl Namespace {
    /// `legacy` are the variables at the top level of the file. `None`: something that is imported
    /// is not there or broken, which was reported.
    pub(super) fn new(
        context: &mut Context<'_>,
        legacy: &[Variable],
        definitions: &Definitions,
    ) -> Option<Self> {
        let variables = context.variables(legacy, definitions)?;
        let constants = context.constants(definitions)?;
        let mut namespace = Self::default();
        for constant in constants.values() {
            namespace.names.constants.insert(constant.name.text.clone(), constant.value.clone());
        }
        for (slot, name) in variables.keys().enumerate() {
            namespace.names.variables.insert((*name).into(), slot);
        }
        for variable in variables.values() {
            let clause = context.clause(&variable.expression, &namespace);
            // What a variable reads of others is added when their order is known.
            namespace.variables.push(clause.map(Arc::new));
        }
        let sites: Vec<&Text> = variables.values().map(|variable| &variable.name).collect();
        namespace.sort(&sites, context.problems);
        namespace.spread_reads();
        Some(namespace)
    }

    /// What names mean in expressions.
    pub(super) fn names(&self) -> Arc<cel::Names> {
        Arc::new(self.names.clone())
    }

    /// Puts variables behind those that they depend on, ties by name, and reports cycles.
    fn sort(&mut self, names: &[&Text], problems: &mut Problems) {
        let needs: Vec<BTreeSet<usize>> =
            self.variables.iter().map(|variable| dependencies(variable.as_deref())).collect();
        let mut users: HashMap<usize, Vec<usize>> = HashMap::new();
        let mut open: Vec<usize> = needs.iter().map(BTreeSet::len).collect();
        for (slot, needs) in needs.iter().enumerate() {
            needs.iter().for_each(|need| users.entry(*need).or_default().push(slot));
        }
        let mut left: BTreeSet<usize> = (0..needs.len()).collect();
        let mut ready: BTreeSet<usize> =
            left.iter().copied().filter(|slot| open.get(*slot) == Some(&0)).collect();
        loop {
            while let Some(slot) = ready.pop_first() {
                if !left.remove(&slot) {
                    continue;
                }
                self.order.push(slot);
                for user in users.get(&slot).into_iter().flatten() {
                    if let Some(open) = open.get_mut(*user) {
                        *open = open.saturating_sub(1);
                        if *open == 0 {
                            ready.insert(*user);
                        }
                    }
                }
            }
            let Some(cycle) = find_cycle(&left, &needs) else { return };
            report_cycle(&cycle, names, problems);
            // The cycle is taken out, to find others.
            ready.extend(cycle);
        }
    }

    /// A variable that uses one that can read `runtime` or the clock can read it too.
    fn spread_reads(&mut self) {
        for slot in self.order.clone() {
            let Some(Some(clause)) = self.variables.get(slot) else { continue };
            let reads_runtime = self.reads_runtime(&clause.expression);
            let clock_of_variables = self.clock_of_variables(&clause.expression);
            if let Some(Some(clause)) = self.variables.get_mut(slot)
                && let Some(clause) = Arc::get_mut(clause)
            {
                clause.reads_runtime = reads_runtime;
                clause.clock_of_variables = clock_of_variables;
            }
        }
    }

    /// Whether an expression can read `runtime`, itself or through a variable.
    fn reads_runtime(&self, expression: &Expression) -> bool {
        expression.reads().contains(&Read::EffectiveDerivedRoles)
            || self.variables_of(expression).any(|variable| variable.reads_runtime)
    }

    fn clock_of_variables(&self, expression: &Expression) -> ClockReading {
        let variables = self.variables_of(expression);
        let readings =
            variables.map(|variable| variable.expression.clock().max(variable.clock_of_variables));
        readings.max().unwrap_or_default()
    }

    fn variables_of<'n>(&'n self, expression: &'n Expression) -> impl Iterator<Item = &'n Clause> {
        expression.reads().iter().filter_map(|read| match read {
            Read::Variable(slot) => self.variables.get(*slot)?.as_deref(),
            _ => None,
        })
    }

    /// The variables that `clauses` use, directly or through others.
    pub(super) fn used_by<'c>(&self, clauses: impl Iterator<Item = &'c Clause>) -> Variables {
        let mut used: BTreeSet<usize> = BTreeSet::new();
        let mut open: Vec<usize> =
            clauses.flat_map(|clause| clause.expression.named_variables()).collect();
        while let Some(slot) = open.pop() {
            if used.insert(slot) {
                open.extend(dependencies(self.variables.get(slot).and_then(Option::as_deref)));
            }
        }
        let used =
            self.order.iter().copied().filter(|slot| used.contains(slot)).filter_map(|slot| {
                let clause = self.variables.get(slot)?.clone()?;
                let uses_others =
                    clause.expression.reads().iter().any(|read| matches!(read, Read::Variable(_)));
                Some(compiled::Variable { slot, clause, uses_others })
            });
        Variables { slots: self.variables.len(), used: used.collect() }
    }
}

fn dependencies(variable: Option<&Clause>) -> BTreeSet<usize> {
    variable.map(|clause| clause.expression.named_variables()).unwrap_or_default()
}

/// Some cycle among the variables `left`, each of which needs another one of them.
fn find_cycle(left: &BTreeSet<usize>, needs: &[BTreeSet<usize>]) -> Option<Vec<usize>> {
    let mut path = vec![*left.first()?];
    loop {
        let last = path.last()?;
        let next = *needs.get(*last)?.iter().find(|need| left.contains(need))?;
        if let Some(start) = path.iter().position(|slot| *slot == next) {
            return Some(path.split_off(start));
        }
        path.push(next);
    }
}

fn report_cycle(cycle: &[usize], names: &[&Text], problems: &mut Problems) {
    let mut names: Vec<&Text> = cycle.iter().filter_map(|slot| names.get(*slot).copied()).collect();
    names.sort_by(|left, right| left.text.cmp(&right.text));
    let Some(first) = names.first() else { return };
    let message = match names.as_slice() {
        [only] => format!("variable `{}` refers to itself", only.text),
        all => {
            let all: Vec<String> = all.iter().map(|name| format!("`{}`", name.text)).collect();
            format!("variables {} refer to each other in a cycle", all.join(", "))
        }
    };
    let problem = Problem::at(first.site, message);
    problems.push(problem.help("take one of these references out"));
}

// === impl Context ===

impl<'c> Context<'c> {
    /// Compiles an expression and reports what is wrong with it.
    pub(super) fn clause(&mut self, text: &Text, namespace: &Namespace) -> Option<Clause> {
        let (characters, most) = (text.text.chars().count(), self.limits.expression_characters);
        if characters > most && most < Limits::MOST_CHARACTERS {
            let message =
                format!("the expression has {characters} characters, which is more than {most}");
            let problem = Problem::at(text.site, message);
            self.problems.push(problem.help("split it into variables"));
            return None;
        }
        match cel::compile(&text.text, &namespace.names) {
            Ok(expression) => {
                self.count_patterns(expression.pattern_bytes(), text.site)?;
                Some(Clause {
                    site: text.site,
                    clock_of_variables: namespace.clock_of_variables(&expression),
                    reads_runtime: namespace.reads_runtime(&expression),
                    expression,
                })
            }
            Err(issues) => {
                issues.iter().for_each(|issue| self.report_issue(text, issue, namespace));
                None
            }
        }
    }

    /// Takes the bytes of what is kept. Once there are too many, nothing more is kept.
    pub(super) fn count_patterns(&mut self, bytes: usize, site: Site) -> Option<()> {
        let most = self.limits.policy_pattern_bytes;
        let before = self.pattern_bytes;
        self.pattern_bytes = before.saturating_add(bytes);
        if self.pattern_bytes <= most {
            return Some(());
        }
        if before <= most {
            let message = format!("the patterns up to here take more than {most} bytes, compiled");
            let help = "use fewer or smaller ones, or raise `engine.limits.policy_pattern_bytes`";
            self.problems.push(Problem::at(site, message).help(help));
        }
        None
    }

    fn report_issue(&mut self, text: &Text, issue: &Issue, namespace: &Namespace) {
        let file = self.texts.get(text.site.file.0).copied().unwrap_or_default();
        self.problems.push(match issue {
            Issue::Invalid { position, message } => issue::invalid(text, file, *position, message),
            Issue::UndefinedVariable(name) => {
                let known = namespace.names.variables.keys().map(|name| &**name);
                issue::undefined("variable", name, text, known)
            }
            Issue::UndefinedConstant(name) => {
                let known = namespace.names.constants.keys().map(|name| &**name);
                issue::undefined("constant", name, text, known)
            }
        });
    }

    /// Variables by name: the policy's own, and the imported ones.
    fn variables<'d>(
        &mut self,
        legacy: &'d [Variable],
        definitions: &'d Definitions,
    ) -> Option<BTreeMap<&'d str, &'d Variable>>
    where
        'c: 'd,
    {
        let index = self.index;
        let mut all: Vec<&'d Variable> = legacy.iter().chain(&definitions.variables).collect();
        for import in &definitions.import_variables {
            all.extend(index.exported_variables(import)?);
        }
        let named = all.into_iter().map(|variable| (&variable.name, variable));
        Some(self.by_name("variable", named))
    }

    fn constants<'d>(
        &mut self,
        definitions: &'d Definitions,
    ) -> Option<BTreeMap<&'d str, &'d Constant>>
    where
        'c: 'd,
    {
        let index = self.index;
        let mut all: Vec<&'d Constant> = definitions.constants.iter().collect();
        for import in &definitions.import_constants {
            all.extend(index.exported_constants(import)?);
        }
        let named = all.into_iter().map(|constant| (&constant.name, constant));
        Some(self.by_name("constant", named))
    }

    /// Reports what is defined twice, or has a name that expressions cannot use.
    fn by_name<'d, T>(
        &mut self,
        what: &str,
        named: impl Iterator<Item = (&'d Text, T)>,
    ) -> BTreeMap<&'d str, T> {
        let mut by_name = BTreeMap::new();
        let mut sites: HashMap<&str, Site> = HashMap::new();
        for (name, definition) in named {
            if !is_identifier(&name.text) {
                let message = format!("`{}` cannot be the name of a {what}", name.text);
                let help = "use letters, digits and `_`, not a digit first, and no word of CEL";
                self.problems.push(Problem::at(name.site, message).help(help));
                continue;
            }
            if let Some(first) = sites.insert(&name.text, name.site) {
                let file = self.paths.get(name.site.file.0).copied().unwrap_or_default();
                let message =
                    format!("{what} `{}` is also defined at {file}:{}", name.text, name.site.place);
                let help = "a name is defined once among imported and local ones: rename one";
                self.problems.push(Problem::at(first, message).help(help));
            }
            by_name.insert(&*name.text, definition);
        }
        by_name
    }
}

fn is_identifier(name: &str) -> bool {
    name.bytes().next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !matches!(name, "true" | "false" | "null" | "in")
}
