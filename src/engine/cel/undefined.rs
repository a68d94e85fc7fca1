//! `V.x` and `C.x` that the policy does not define.
//!
//! Cerbos looks for them in what cel-go has left of an expression: what constants decide is gone by
//! then, as `V.x` is in `true || V.x`. It knows them by their names alone, so a macro's variable
//! that is called `V` is taken for the variables of the policy.

use super::{
    Issue, Names,
    node::{Kind, Node, Path, Root},
};

/// What `V` and `C` may stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Namespace {
    Variables,
    Constants,
}

/// All that is undefined, each once.
pub(super) fn undefined(root: &Node, shadows: &[(usize, Namespace)], names: &Names) -> Vec<Issue> {
    let mut search = Search { shadows, names, issues: Vec::new() };
    search.visit(root);
    search.issues
}

struct Search<'s> {
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
}
