//! All policies by their keys, and what must hold between them: no key twice, no import without
//! what it names, no scope without the scopes above it, one setting of permissions a scope.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::error::{Problem, Problems};
use super::key::{parents, policy_key, sanitize};
use super::pattern::Glob;
use super::syntax::{
    Body, Constant, Definitions, Policy, ScopePermissions, Subject, Text, Variable,
};
use crate::engine::model::Scope;

/// The enabled policies, each key once, in the order of the files.
#[derive(Debug, Default)]
pub(super) struct Index {
    policies: Vec<Policy>,
    by_key: HashMap<String, usize>,
    /// Policies that Cerbos accepts and never loads.
    unreachable: HashSet<usize>,
}

// === impl Index ===

impl Index {
    pub(super) fn new(policies: Vec<Policy>, paths: &[&str], problems: &mut Problems) -> Self {
        let mut index = Self::default();
        for policy in policies {
            // A policy whose name could not be read was reported.
            if policy.disabled || (policy.broken && name_of(&policy.body).text.is_empty()) {
                continue;
            }
            let key = key_of(&policy.body);
            let first = index.by_key.get(&key).and_then(|first| index.policies.get(*first));
            if let Some(first) = first {
                let path = paths.get(first.site.file.0).copied().unwrap_or_default();
                let message = format!("`{key}` is already defined in {path}");
                problems.push(Problem::at(name_of(&policy.body).site, message).help(
                    "merge the two policies, or give one of them another name, version or scope",
                ));
                continue;
            }
            index.by_key.insert(key, index.policies.len());
            index.policies.push(policy);
        }
        index.report_missing_imports(problems);
        index.find_missing_scopes(problems);
        index.report_conflicts(problems);
        index
    }

    /// The policies that decide something: not the ones that others import.
    pub(super) fn live(&self) -> impl Iterator<Item = &Policy> {
        let live = self.policies.iter().enumerate();
        live.filter(|(at, policy)| !policy.broken && !self.unreachable.contains(at))
            .map(|(_, policy)| policy)
    }

    pub(super) fn len(&self) -> usize {
        self.policies.len()
    }

    /// The policy that an import of derived roles names, if there is one.
    pub(super) fn derived_roles(&self, import: &Text) -> Option<&Policy> {
        self.find("derived_roles", import)
    }

    pub(super) fn exported_variables(&self, import: &Text) -> Option<&[Variable]> {
        match &self.find("export_variables", import)?.body {
            Body::ExportVariables { definitions, .. } => Some(definitions),
            _ => None,
        }
    }

    pub(super) fn exported_constants(&self, import: &Text) -> Option<&[Constant]> {
        match &self.find("export_constants", import)?.body {
            Body::ExportConstants { definitions, .. } => Some(definitions),
            _ => None,
        }
    }

    fn find(&self, kind: &str, import: &Text) -> Option<&Policy> {
        let policy = self.lookup(kind, import)?;
        (!policy.broken).then_some(policy)
    }

    fn lookup(&self, kind: &str, import: &Text) -> Option<&Policy> {
        let key = export_key(kind, &import.text);
        self.by_key.get(&key).and_then(|at| self.policies.get(*at))
    }

    fn report_missing_imports(&self, problems: &mut Problems) {
        let mut require = |kind: &str, what: &str, imports: &[Text]| {
            for import in imports.iter().filter(|import| self.lookup(kind, import).is_none()) {
                let message = format!("there are no {what} named `{}` to import", import.text);
                let help = "define them in a policy that is not disabled, or correct the name";
                problems.push(Problem::at(import.site, message).help(help));
            }
        };
        for policy in &self.policies {
            if let Body::Resource(body) = &policy.body {
                require("derived_roles", "derived roles", &body.import_derived_roles);
            }
            if let Some(definitions) = definitions_of(&policy.body) {
                let Definitions { import_variables, import_constants, .. } = definitions;
                require("export_variables", "exported variables", import_variables);
                require("export_constants", "exported constants", import_constants);
            }
        }
    }

    /// A policy of a scope needs the policies of the same name and version in all scopes above.
    fn find_missing_scopes(&mut self, problems: &mut Problems) {
        let mut missing: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let mut unreachable = HashSet::new();
        let fillers = RolePolicies::new(&self.policies);
        for (at, policy) in self.policies.iter().enumerate() {
            let (kind, subject) = match &policy.body {
                Body::Resource(body) => ("resource", &body.subject),
                Body::Principal(body) => ("principal", &body.subject),
                _ => continue,
            };
            // A scope that is malformed was reported, and has no parents.
            if policy.broken && subject.scope.text.parse::<Scope>().is_err() {
                continue;
            }
            for scope in parents(&subject.scope.text) {
                let key = policy_key(kind, &subject.name.text, &subject.version.text, scope);
                if self.by_key.contains_key(&key) {
                    continue;
                }
                // A role policy for the kind passes for the missing one; Cerbos then accepts the
                // policies below it, and leaves them out without a word.
                if kind == "resource" && fillers.fill(subject, scope) {
                    unreachable.insert(at);
                } else {
                    missing.entry(key).or_default().push(at);
                }
            }
        }
        for (key, descendants) in missing {
            self.report_missing_scope(&key, &descendants, problems);
        }
        self.unreachable = unreachable;
    }

    fn report_missing_scope(&self, key: &str, descendants: &[usize], problems: &mut Problems) {
        let below = descendants.iter().filter_map(|at| self.policies.get(*at));
        let Some(first) = below.clone().next() else { return };
        let below: Vec<String> =
            below.map(|policy| format!("`{}`", key_of(&policy.body))).collect();
        let message = format!("`{key}` is missing, which {} must have above", below.join(", "));
        let site = subject_of(&first.body).map_or(first.site, |subject| subject.scope.site);
        problems.push(Problem::at(site, message).help("add that policy; it may be without rules"));
    }

    /// Cerbos compares the raw settings of all policies of a scope but the first. What was not
    /// written is not the same as what it stands for.
    fn report_conflicts(&self, problems: &mut Problems) {
        let mut scopes: HashMap<&str, Vec<&Policy>> = HashMap::new();
        for policy in &self.policies {
            scopes.entry(scope_of(&policy.body)).or_default().push(policy);
        }
        let mut conflicts: Vec<(&Policy, &Policy, &str)> = Vec::new();
        for (scope, policies) in scopes {
            let mut rest = policies.into_iter().skip(1);
            let Some(first) = rest.next() else { continue };
            let setting = permissions_of(&first.body);
            let other = rest.find(|policy| permissions_of(&policy.body) != setting);
            conflicts.extend(other.map(|other| (other, first, scope)));
        }
        for (policy, other, scope) in conflicts {
            let scope = if scope.is_empty() {
                "the root scope".to_owned()
            } else {
                format!("scope `{scope}`")
            };
            let message = format!("policies of {scope} have different `scopePermissions`");
            problems.push(
                Problem::at(policy.site, message).help(format!(
                    "write the same in all of them, as in `{}`",
                    key_of(&other.body)
                )),
            );
        }
    }
}

/// Role policies by version and scope, with the kinds that their rules name.
struct RolePolicies<'p>(HashMap<(&'p str, &'p str), Vec<Glob>>);

// === impl RolePolicies ===

impl<'p> RolePolicies<'p> {
    fn new(policies: &'p [Policy]) -> Self {
        let mut fillers: HashMap<_, Vec<Glob>> = HashMap::new();
        for policy in policies {
            if let Body::Role(body) = &policy.body {
                let key = (version_of(&body.subject), &*body.subject.scope.text);
                let globs = body.rules.iter().map(|rule| Glob::new(&rule.resource.text));
                fillers.entry(key).or_default().extend(globs);
            }
        }
        Self(fillers)
    }

    fn fill(&self, subject: &Subject, scope: &str) -> bool {
        // Here, unlike anywhere else, the name counts as it is written.
        let globs = self.0.get(&(version_of(subject), scope));
        globs.is_some_and(|globs| globs.iter().any(|glob| glob.matches(&subject.name.text)))
    }
}

/// The key of a policy in messages; it is unique.
pub(super) fn key_of(body: &Body) -> String {
    let subject = |kind, subject: &Subject| {
        policy_key(kind, &subject.name.text, version_of(subject), &subject.scope.text)
    };
    match body {
        Body::Resource(body) => subject("resource", &body.subject),
        Body::Principal(body) => subject("principal", &body.subject),
        Body::Role(body) => subject("role", &body.subject),
        Body::DerivedRoles(body) => export_key("derived_roles", &body.name.text),
        Body::ExportVariables { name, .. } => export_key("export_variables", &name.text),
        Body::ExportConstants { name, .. } => export_key("export_constants", &name.text),
    }
}

fn export_key(kind: &str, name: &str) -> String {
    format!("{kind}.{}", sanitize(name))
}

/// The version of a role policy may be left out.
pub(super) fn version_of(subject: &Subject) -> &str {
    if subject.version.text.is_empty() { "default" } else { &subject.version.text }
}

fn subject_of(body: &Body) -> Option<&Subject> {
    match body {
        Body::Resource(body) => Some(&body.subject),
        Body::Principal(body) => Some(&body.subject),
        Body::Role(body) => Some(&body.subject),
        Body::DerivedRoles(_) | Body::ExportVariables { .. } | Body::ExportConstants { .. } => None,
    }
}

fn name_of(body: &Body) -> &Text {
    match body {
        Body::Resource(body) => &body.subject.name,
        Body::Principal(body) => &body.subject.name,
        Body::Role(body) => &body.subject.name,
        Body::DerivedRoles(body) => &body.name,
        Body::ExportVariables { name, .. } | Body::ExportConstants { name, .. } => name,
    }
}

fn definitions_of(body: &Body) -> Option<&Definitions> {
    match body {
        Body::Resource(body) => Some(&body.definitions),
        Body::Principal(body) => Some(&body.definitions),
        Body::Role(body) => Some(&body.definitions),
        Body::DerivedRoles(body) => Some(&body.definitions),
        Body::ExportVariables { .. } | Body::ExportConstants { .. } => None,
    }
}

fn scope_of(body: &Body) -> &str {
    subject_of(body).map(|subject| &*subject.scope.text).unwrap_or_default()
}

fn permissions_of(body: &Body) -> ScopePermissions {
    match body {
        // What a role policy says is not looked at.
        Body::Role(_) => ScopePermissions::Unspecified,
        body => {
            subject_of(body).map_or(ScopePermissions::Unspecified, |subject| subject.permissions)
        }
    }
}
