//! `V.x` and `C.x` that the policy does not define.
//!
//! Cerbos looks for them in what cel-go has left of an expression: what constants decide is gone by
//! then, as `V.x` is in `true || V.x`. It knows them by their names alone, so a macro's variable
//! that is called `V` is taken for the variables of the policy.

use bumpalo::Bump;

use super::{
    Issue, Names,
    budget::Budget,
    eval::Run,
    node::{Kind, Logic, Node, Path, Root},
    value::V,
};

/// Steps for one macro over constants, as in `fold`.
const BUDGET: u64 = 10_000;

/// What `V` and `C` may stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Namespace {
    Variables,
    Constants,
}

/// All that is undefined, each once.
pub(super) fn undefined(
    root: &Node,
    locals: usize,
    shadows: &[(usize, Namespace)],
    names: &Names,
) -> Vec<Issue> {
    let mut search = Search { locals, shadows, names, issues: Vec::new() };
    search.visit(root);
    search.issues
}

struct Search<'s> {
    locals: usize,
    /// The slots of macros' variables that are called as a namespace is.
    shadows: &'s [(usize, Namespace)],
    names: &'s Names,
    issues: Vec<Issue>,
}

// === impl Namespace ===

impl Namespace {
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "V" | "variables" => Some(Self::Variables),
            "C" | "constants" => Some(Self::Constants),
            _ => None,
        }
    }
}

// === impl Search ===

impl Search<'_> {
    /// Expressions are not deep, which bounds the recursion.
    fn visit(&mut self, node: &Node) {
        match &node.kind {
            Kind::And(parts) if self.decides(parts, Logic::And) => return,
            Kind::Or(parts) if self.decides(parts, Logic::Or) => return,
            Kind::Conditional(parts) => {
                let [condition, then, otherwise] = &**parts;
                match self.truth(condition) {
                    Some(true) => return self.visit(then),
                    Some(false) => return self.visit(otherwise),
                    None => {}
                }
            }
            Kind::Path(Path { root: Root::Variable { name, .. }, .. }) => {
                self.note(Namespace::Variables, name);
            }
            Kind::Path(Path { root: Root::UndefinedConstant(name), .. }) => {
                self.note(Namespace::Constants, name);
            }
            Kind::Has { operand, field } if matches!(operand.kind, Kind::AllVariables(_)) => {
                self.note(Namespace::Variables, field);
            }
            Kind::Has { operand, field } | Kind::Select { operand, field } => {
                if let Kind::Local(slot) = operand.kind
                    && let Some((_, shadowed)) = self.shadows.iter().find(|(at, _)| *at == slot)
                {
                    self.note(*shadowed, field);
                }
            }
            _ if over_constants(node) && self.value(node, |_| ()).is_some() => return,
            _ => {}
        }
        node.parts().into_iter().for_each(|part| self.visit(part));
    }

    fn note(&mut self, namespace: Namespace, name: &str) {
        let issue = match namespace {
            Namespace::Variables if !self.names.variables.contains_key(name) => {
                Issue::UndefinedVariable(name.to_owned())
            }
            Namespace::Constants if !self.names.constants.contains_key(name) => {
                Issue::UndefinedConstant(name.to_owned())
            }
            Namespace::Variables | Namespace::Constants => return,
        };
        if !self.issues.contains(&issue) {
            self.issues.push(issue);
        }
    }

    fn decides(&self, parts: &[Node; 2], logic: Logic) -> bool {
        parts.iter().any(|part| self.truth(part) == Some(logic.deciding()))
    }

    /// `true` or `false`, if constants decide it.
    fn truth(&self, node: &Node) -> Option<bool> {
        let is_constant = node.literal().is_some() || over_constants(node);
        let truth = |value: V<'_>| match value {
            V::Bool(value) => Some(value),
            _ => None,
        };
        is_constant.then(|| self.value(node, truth)).flatten().flatten()
    }

    /// What becomes of the value that a node has whatever is asked, if it has one.
    fn value<T>(&self, node: &Node, then: impl FnOnce(V<'_>) -> T) -> Option<T> {
        let arena = Bump::new();
        let budget = Budget::of_steps(BUDGET);
        let run = Run::without_inputs(&arena, &budget, self.locals);
        run.eval(node).ok().map(then)
    }
}

/// Whether it is a macro over a constant. To cel-go, `cel.bind` is one over the empty list.
fn over_constants(node: &Node) -> bool {
    match &node.kind {
        Kind::Loop(details) => details.range.literal().is_some(),
        Kind::SortBy { parts, .. } => {
            let [list, _] = &**parts;
            list.literal().is_some()
        }
        Kind::Bind { .. } => true,
        _ => false,
    }
}
