//! From scope to scope, role by role: what must be true for an action to be allowed.

use std::collections::HashMap;

use super::conditions::Conditions;
use super::derived;
use super::output::{Filter, MatchedScope, PlanOutput};
use super::rows::{Opened, Said};
use super::truth::Truth;
use crate::engine::cel::Outcome;
use crate::engine::check::{
    question::{Question, RoleSet},
    rows::{self, Open, Restriction},
};
use crate::engine::policy::{Consent, Name, NameId, ResourcePolicy};

/// One plan.
pub(super) struct Walk<'w, 'a> {
    question: &'a Question<'a>,
    conditions: &'w Conditions<'a>,
    /// By position in the resource's chain.
    runtimes: Vec<Outcome<'a>>,
}

/// What one role is told, or a principal by its own policies.
#[derive(Clone)]
struct Sides {
    allow: Truth,
    deny: Truth,
    /// What role policies do not allow.
    restricted: Truth,
    /// A rule fails, which denies the action whatever other roles are told.
    broken: Truth,
}

/// One action.
struct Asking<'a> {
    action: Name<'a>,
    opened: HashMap<(Kind, NameId, NameId), Opened<'a>>,
    has_match: bool,
    scope: &'a str,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Principal,
    Resource,
    Role,
}

// === impl Walk ===

impl<'w, 'a> Walk<'w, 'a> {
    pub(super) fn new(question: &'a Question<'a>, conditions: &'w Conditions<'a>) -> Self {
        let mut runtimes = Vec::new();
        let mut before = derived::NONE;
        for scope in question.resource_policies.scopes {
            let policy = resource_policy(question, *scope);
            before = derived::runtime(policy, question, conditions, &before);
            runtimes.push(before.clone());
        }
        Self { question, conditions, runtimes }
    }

    pub(super) fn run(self) -> PlanOutput {
        let question = self.question;
        let mut scopes = Vec::new();
        let mut truths = Vec::new();
        let mut has_match = false;
        let exists = question.principal_policies.exists || question.resource_policies.exists;
        // Nobody without a role is asked about.
        let exists = exists && !question.roles.is_empty();
        for action in question.input.actions {
            let mut asking = Asking::new(question.set.names.find(action.as_str()));
            truths.push(if exists { self.decide(&mut asking) } else { Truth::Never });
            has_match |= asking.has_match;
            scopes.push(MatchedScope { action: action.clone(), scope: asking.scope.into() });
        }
        let chains = [&question.principal_policies, &question.resource_policies];
        if chains.iter().all(|chain| chain.scopes.is_empty()) {
            scopes.clear();
        }
        PlanOutput {
            filter: filter(truths),
            has_match,
            matched_scopes: scopes,
            validation_errors: Vec::new(),
            exhausted: false,
        }
    }

    fn decide(&self, asking: &mut Asking<'a>) -> Truth {
        let mut of_roles = Vec::new();
        for role in self.question.roles {
            let sides = self.ask_resource_policies(asking, role);
            let is_final = sides.decided() == Some(true);
            of_roles.push(sides);
            if is_final {
                break;
            }
        }
        let root = any_role(of_roles);
        let Sides { allow, deny, broken, .. } = self.ask_principal_policies(asking);
        deny.or(broken).not().and(allow.or(root))
    }

    fn ask_principal_policies(&self, asking: &mut Asking<'a>) -> Sides {
        let question = self.question;
        let mut sides = Sides::nothing();
        let mut pending = Truth::Never;
        for scope in question.principal_policies.scopes {
            let Some(said) = self.principal_policy(asking, *scope) else { continue };
            if sides.add(Said::nothing(), said, self.consent(*scope), &mut pending) {
                break;
            }
        }
        sides
    }

    fn principal_policy(&self, asking: &mut Asking<'a>, scope: NameId) -> Option<Said> {
        let question = self.question;
        let id = question.set.names.find(&question.input.principal.id);
        let policy = question.set.principal_policy(question.place(id.id, scope)?)?;
        let open = Open::new(&policy.unit, self.conditions.arena);
        let (action, arena) = (asking.action, self.conditions.arena);
        let rows = rows::of_principal_policy(policy, open, question, action, arena);
        let key = (Kind::Principal, id.id?, scope);
        let opened = asking
            .opened
            .entry(key)
            .or_insert_with(|| Opened::new(&policy.unit, None, derived::NONE, self.conditions));
        let said = opened.say(rows, self.conditions);
        self.note(asking, scope, &said);
        Some(said)
    }

    fn ask_resource_policies(&self, asking: &mut Asking<'a>, role: &'a RoleSet<'a>) -> Sides {
        let question = self.question;
        let mut sides = Sides::nothing();
        let mut pending = Truth::Never;
        for (at, scope) in question.resource_policies.scopes.iter().enumerate() {
            let runtime = self.runtimes.get(at).cloned().unwrap_or(derived::NONE);
            let policy = resource_policy(question, *scope);
            let restriction = self.role_policies(asking, role, (*scope, policy, &runtime));
            self.note_restriction(asking, *scope, &restriction);
            let said = match policy {
                Some(policy) => self.resource_policy(asking, role, (*scope, policy, runtime)),
                None => Said::nothing(),
            };
            if sides.add(restriction, said, self.consent(*scope), &mut pending) {
                break;
            }
        }
        sides
    }

    fn resource_policy(
        &self,
        asking: &mut Asking<'a>,
        role: &'a RoleSet<'a>,
        (scope, policy, runtime): (NameId, &'a ResourcePolicy, Outcome<'a>),
    ) -> Said {
        let (question, arena) = (self.question, self.conditions.arena);
        let open = Open::new(&policy.unit, arena);
        let asked = (asking.action, role);
        let rows = rows::of_resource_policy(policy, open, question, asked, arena);
        let Some(kind) = question.kind.id else { return Said::nothing() };
        let opened = asking
            .opened
            .entry((Kind::Resource, kind, scope))
            .or_insert_with(|| Opened::new(&policy.unit, Some(policy), runtime, self.conditions));
        let said = opened.say(rows, self.conditions);
        self.note(asking, scope, &said);
        said
    }

    /// What role policies of the role and of those that it inherits do not allow.
    fn role_policies(
        &self,
        asking: &mut Asking<'a>,
        role: &'a RoleSet<'a>,
        (scope, policy, runtime): (NameId, Option<&'a ResourcePolicy>, &Outcome<'a>),
    ) -> Said {
        let (question, arena) = (self.question, self.conditions.arena);
        let set = question.set;
        let mut all = Said::nothing();
        let has_role_policies =
            question.version.id.is_some_and(|version| set.has_role_policies(version, scope));
        if !has_role_policies || !rows::concerns(question, policy, role, scope) {
            return all;
        }
        for role in role.iter(set) {
            let place = question.place(role.id, scope);
            let Some(policy) = place.and_then(|place| set.role_policy(place)) else { continue };
            let said = match rows::of_role_policy(policy, question, asking.action, arena) {
                Restriction::Denied => Said { deny: Truth::Always, ..Said::nothing() },
                Restriction::Listed(listed) => {
                    let rows = rows::restricting(Open::new(&policy.unit, arena), listed);
                    let Some(name) = role.id else { continue };
                    let key = (Kind::Role, name, scope);
                    let opened = asking.opened.entry(key).or_insert_with(|| {
                        Opened::new(&policy.unit, None, runtime.clone(), self.conditions)
                    });
                    opened.say(rows, self.conditions)
                }
            };
            let decided = all.deny.clone().or(all.broken.clone());
            all.broken = all.broken.or(decided.not().and(said.broken));
            all.deny = all.deny.or(said.deny);
        }
        all
    }

    /// What denies whatever the resource is, is a match as a rule would be.
    fn note_restriction(&self, asking: &mut Asking<'a>, scope: NameId, restriction: &Said) {
        asking.has_match |= restriction.deny == Truth::Always;
        if restriction.deny != Truth::Never && self.consent(scope) == Consent::NotNeeded {
            asking.scope = self.question.set.names.get(scope).text;
        }
    }

    fn consent(&self, scope: NameId) -> Consent {
        self.question.set.scope(scope).consent
    }

    /// Takes down that rules were found in a scope.
    fn note(&self, asking: &mut Asking<'a>, scope: NameId, said: &Said) {
        let consent = self.consent(scope);
        let counts = said.counts.denying || (said.counts.allowing && consent != Consent::Needed);
        asking.has_match |= counts;
        if counts && consent == Consent::NotNeeded {
            asking.scope = self.question.set.names.get(scope).text;
        }
    }
}

fn resource_policy<'a>(question: &Question<'a>, scope: NameId) -> Option<&'a ResourcePolicy> {
    question.place(question.kind.id, scope).and_then(|place| question.set.resource_policy(place))
}

/// Several actions must all be allowed; which one asks for what does not matter.
fn filter(mut truths: Vec<Truth>) -> Filter {
    truths.sort_by_cached_key(|truth| match truth {
        Truth::When(operand) => operand.to_string(),
        Truth::Always | Truth::Never => String::new(),
    });
    match Truth::all(truths) {
        Truth::Always => Filter::AlwaysAllowed,
        Truth::Never => Filter::AlwaysDenied,
        Truth::When(operand) => Filter::Conditional(operand),
    }
}

/// Any role may allow, and is not bound by what denies to another one. Where all are denied the same,
/// that is said once.
fn any_role(roles: Vec<Sides>) -> Truth {
    let shared = roles.iter().find(|sides| sides.allow != Truth::Never).cloned();
    let Some(shared) = shared else { return Truth::Never };
    let is_shared = |sides: &Sides| {
        sides.broken == Truth::Never && (sides.allow == Truth::Never || sides.deny == shared.deny)
    };
    if roles.iter().all(is_shared) {
        let allow = roles.into_iter().map(|sides| sides.allow.and(sides.restricted.not()));
        return shared.deny.not().and(Truth::any_nested(allow.collect()));
    }
    let mut rest = Truth::Never;
    for sides in roles.into_iter().rev() {
        let otherwise = sides.broken.clone().not().and(rest);
        rest = sides.allowed().or(otherwise);
    }
    rest
}

// === impl Asking ===

impl<'a> Asking<'a> {
    fn new(action: Name<'a>) -> Self {
        Self { action, opened: HashMap::new(), has_match: false, scope: "" }
    }
}

// === impl Sides ===

impl Sides {
    fn nothing() -> Self {
        let never = || Truth::Never;
        Self { allow: never(), deny: never(), restricted: never(), broken: never() }
    }

    /// Adds what a scope says, for where the scopes before it do not decide. Whether its rules decide, so
    /// that those of the scopes after it are not looked at.
    fn add(
        &mut self,
        restriction: Said,
        said: Said,
        consent: Consent,
        pending: &mut Truth,
    ) -> bool {
        let open = self.allow.clone().not();
        let denied = self.deny.clone().or(self.restricted.clone());
        let unbroken = restriction.deny.clone().or(restriction.broken.clone()).not();
        let broken = restriction.broken.or(unbroken.and(said.broken));
        if broken != Truth::Never {
            let reached = open.clone().and(denied.or(self.broken.clone()).not());
            self.broken = self.broken.clone().or(reached.and(broken));
        }
        self.restricted = self.restricted.clone().or(open.clone().and(restriction.deny));
        self.deny = self.deny.clone().or(open.and(said.deny));
        let allow = std::mem::replace(pending, Truth::Never).or(said.allow);
        match consent {
            Consent::NotNeeded => self.allow = self.allow.clone().or(allow),
            Consent::Undefined => *pending = allow,
            Consent::Needed => {}
        }
        self.allow == Truth::Always || self.deny == Truth::Always
    }

    /// Whether it is known what they say.
    fn decided(&self) -> Option<bool> {
        let never = |truth: &Truth| *truth == Truth::Never;
        match () {
            () if self.deny == Truth::Always || self.restricted == Truth::Always => Some(false),
            () if never(&self.deny) && never(&self.restricted) && never(&self.broken) => {
                (self.allow == Truth::Always).then_some(true)
            }
            () => None,
        }
    }

    fn allowed(self) -> Truth {
        let denied = self.deny.or(self.broken);
        denied.not().and(self.allow.and(self.restricted.not()))
    }
}
