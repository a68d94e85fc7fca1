//! Two answers, field by field.

use std::fmt;

use portcullis::engine::model::{CheckOutput, OutputEntry, OutputValue, Value};

/// Where two engines part, in the order in which it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// One loads the policies and the other one does not.
    Loading,
    Effect,
    MatchedPolicy,
    MatchedScope,
    DerivedRoles,
    ValidationErrors,
    /// Other outputs, or in another order.
    Outputs,
    OutputValue,
    /// Both fail, and say it in other words.
    OutputError,
}

#[derive(Clone, Debug)]
pub(super) struct Difference {
    pub kind: Kind,
    pub ours: String,
    pub theirs: String,
}

impl Difference {
    pub(in crate::conformance) fn new(
        kind: Kind,
        ours: impl fmt::Debug,
        theirs: impl fmt::Debug,
    ) -> Self {
        Self { kind, ours: format!("{ours:?}"), theirs: format!("{theirs:?}") }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, ours, theirs } = self;
        write!(f, "{kind:?}\n  ours:   {ours}\n  theirs: {theirs}")
    }
}

/// The first difference of two answers to one question.
pub(super) fn answers(ours: &CheckOutput, theirs: &CheckOutput) -> Option<Difference> {
    for (our, their) in ours.actions.iter().zip(&theirs.actions) {
        let kind = if our.effect != their.effect {
            Kind::Effect
        } else if our.policy != their.policy {
            Kind::MatchedPolicy
        } else if our.scope != their.scope {
            Kind::MatchedScope
        } else {
            continue;
        };
        return Some(Difference::new(kind, our, their));
    }
    let (our, their) = (&ours.effective_derived_roles, &theirs.effective_derived_roles);
    if our != their {
        return Some(Difference::new(Kind::DerivedRoles, our, their));
    }
    // Cerbos visits the members of an object in any order.
    let sorted = |output: &CheckOutput| -> Vec<String> {
        let errors = output.validation_errors.iter();
        let mut errors: Vec<String> = errors
            .map(|error| format!("{:?} {} {}", error.source, error.path, in_order(&error.message)))
            .collect();
        errors.sort();
        errors
    };
    let (our, their) = (sorted(ours), sorted(theirs));
    if our != their {
        return Some(Difference::new(Kind::ValidationErrors, our, their));
    }
    outputs(&ours.outputs, &theirs.outputs)
}

/// A message with the properties that it forbids in order: Cerbos lists them in any.
fn in_order(message: &str) -> String {
    let names = message.strip_prefix("additionalProperties ");
    let Some(names) = names.and_then(|text| text.strip_suffix(" not allowed")) else {
        return message.to_owned();
    };
    let mut names: Vec<&str> = names.split(", ").collect();
    names.sort_unstable();
    format!("additionalProperties {} not allowed", names.join(", "))
}

fn outputs(ours: &[OutputEntry], theirs: &[OutputEntry]) -> Option<Difference> {
    let names = |outputs: &[OutputEntry]| -> Vec<String> {
        outputs.iter().map(|entry| format!("{} {}", entry.action, entry.src)).collect()
    };
    if names(ours) != names(theirs) {
        return Some(Difference::new(Kind::Outputs, names(ours), names(theirs)));
    }
    let is_one_rule =
        |one: &OutputEntry, next: &OutputEntry| one.action == next.action && one.src == next.src;
    let chunks = ours.chunk_by(is_one_rule).zip(theirs.chunk_by(is_one_rule));
    chunks.into_iter().find_map(|(ours, theirs)| of_one_rule(ours, theirs))
}

/// In which order the rows of one rule speak is not defined in Cerbos.
fn of_one_rule(ours: &[OutputEntry], theirs: &[OutputEntry]) -> Option<Difference> {
    let mut left: Vec<&OutputEntry> = theirs.iter().collect();
    for our in ours {
        let found = left.iter().position(|their| values(&our.value, &their.value).is_none());
        let Some(found) = found else {
            return left.first().and_then(|their| values(&our.value, &their.value));
        };
        left.swap_remove(found);
    }
    None
}

pub(super) fn values(ours: &OutputValue, theirs: &OutputValue) -> Option<Difference> {
    match (ours, theirs) {
        (OutputValue::Value(our), OutputValue::Value(their)) => {
            (!same(our, their)).then(|| Difference::new(Kind::OutputValue, our, their))
        }
        (OutputValue::Error(our), OutputValue::Error(their)) => {
            (!agree(our, their)).then(|| Difference::new(Kind::OutputError, our, their))
        }
        _ => Some(Difference::new(Kind::OutputValue, ours, theirs)),
    }
}

/// Whether two errors say the same. What Go calls the type of a key that can be none, and how it
/// prints a value that is no scalar, depend on where the value came from, or on chance: docs/compatibility.md.
fn agree(ours: &str, theirs: &str) -> bool {
    const KEY: &str = "invalid qualifier type: ";
    const VALUE: &str = "of type ";
    let both = |beginning: &str| ours.starts_with(beginning) && theirs.starts_with(beginning);
    ours == theirs
        || both(KEY)
        || ours.split_once(VALUE).is_some_and(|(beginning, _)| theirs.starts_with(beginning))
}

/// Equal, where NaN is itself and zero has a sign.
fn same(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Number(our), Value::Number(their)) => {
            our.to_bits() == their.to_bits() || (our.is_nan() && their.is_nan())
        }
        (Value::List(our), Value::List(their)) => {
            our.len() == their.len() && our.iter().zip(their).all(|(our, their)| same(our, their))
        }
        (Value::Map(our), Value::Map(their)) => {
            our.len() == their.len()
                && our
                    .iter()
                    .zip(their.iter())
                    .all(|(our, their)| our.0 == their.0 && same(our.1, their.1))
        }
        _ => ours == theirs,
    }
}
