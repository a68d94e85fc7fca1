//! [`Operand`]: what a filter is made of.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::operator;
use crate::engine::cel::{Constant, duration};
use crate::engine::model::Value;

/// A tree of operators and operands, as in Cerbos's `PlanResourcesFilter`.
#[derive(Clone, Debug)]
pub enum Operand {
    /// A scalar, or a list of scalars. Other than in JSON, an integer is not a double here: that the
    /// two cannot be added is a part of what a filter means.
    Value(Constant),
    /// What is not known yet, or the variable of a lambda: `request.resource.attr.owner`, `t.id`.
    Variable(Box<str>),
    Expression {
        operator: Box<str>,
        operands: Box<[Self]>,
    },
    /// An expression of a policy as a whole, which is evaluated on its own. Cerbos's form of a filter
    /// has only what is within.
    Whole {
        kind: Whole,
        operand: Box<Self>,
    },
}

/// What an expression of a policy is to the one that it is a part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whole {
    /// A condition: where it fails, or is not a truth value, it does not hold.
    Condition,
    /// A variable: where it fails, whatever uses it fails.
    Variable,
    /// A variable of a derived role, while Cerbos finds out which ones are active: where it fails, it
    /// is null.
    NullableVariable,
}

// === impl Operand ===

impl Operand {
    pub(super) fn variable(name: &str) -> Self {
        Self::Variable(name.into())
    }

    pub(super) fn text(text: &str) -> Self {
        Self::Value(Constant::String(text.into()))
    }

    /// An expression in the form that filters have: `in` with one value is `eq`, with the entries
    /// of a map it goes through the keys.
    pub(in crate::engine) fn expression(operator: &str, operands: Vec<Self>) -> Self {
        let operands = match <[Self; 2]>::try_from(operands) {
            Ok([item, container]) if operator == operator::IN => {
                return membership(item, container);
            }
            Ok(operands) => operands.into(),
            Err(operands) => operands,
        };
        Self::Expression { operator: operator.into(), operands: operands.into() }
    }

    /// `operand.field`
    pub(super) fn field(self, field: &str) -> Self {
        match self {
            // A name with a dot would look like two.
            Self::Variable(name) if !field.contains('.') => {
                Self::Variable(format!("{name}.{field}").into())
            }
            other => Self::expression(operator::GET_FIELD, vec![other, Self::variable(field)]),
        }
    }

    #[must_use]
    pub fn into_whole(self, kind: Whole) -> Self {
        Self::Whole { kind, operand: Box::new(self) }
    }

    /// As a part of another expression: on its own only where that makes a difference.
    pub(super) fn into_variable(self) -> Self {
        match &self {
            Self::Variable(_) | Self::Value(_) => self,
            Self::Expression { operator, .. } if operator::gives_plain_values(operator) => self,
            Self::Expression { .. } | Self::Whole { .. } => self.into_whole(Whole::Variable),
        }
    }

    /// How many parts it has, and how many are within each other.
    pub(super) fn weigh(&self) -> (usize, usize) {
        let below = |operands: &[Self]| {
            operands
                .iter()
                .map(Self::weigh)
                .fold((1, 0), |(size, depth), (more, deep)| (size + more, depth.max(deep)))
        };
        let (size, depth) = match self {
            Self::Value(Constant::List(items)) => (1 + items.len(), 0),
            Self::Value(_) | Self::Variable(_) => (1, 0),
            Self::Expression { operands, .. } => below(operands),
            Self::Whole { operand, .. } => below(std::slice::from_ref(operand)),
        };
        (size, depth + 1)
    }

    /// What Cerbos's form of a filter has in this place.
    #[must_use]
    pub fn within(&self) -> &Self {
        match self {
            Self::Whole { operand, .. } => operand.within(),
            Self::Value(_) | Self::Variable(_) | Self::Expression { .. } => self,
        }
    }

    /// The operator, if it is an expression that is a part of a larger one.
    #[must_use]
    pub fn operator(&self) -> Option<&str> {
        match self {
            Self::Expression { operator, .. } => Some(operator),
            Self::Value(_) | Self::Variable(_) | Self::Whole { .. } => None,
        }
    }
}

impl PartialEq for Operand {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Value(left), Self::Value(right)) => is_same(left, right),
            (Self::Variable(left), Self::Variable(right)) => left == right,
            (
                Self::Expression { operator: left, operands: of_left },
                Self::Expression { operator: right, operands: of_right },
            ) => left == right && of_left == of_right,
            (
                Self::Whole { kind: left, operand: of_left },
                Self::Whole { kind: right, operand: of_right },
            ) => left == right && of_left == of_right,
            _ => false,
        }
    }
}

/// The same value of the same type.
fn is_same(left: &Constant, right: &Constant) -> bool {
    match (left, right) {
        (Constant::List(left), Constant::List(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(l, r)| is_same(l, r))
        }
        (Constant::Double(left), Constant::Double(right)) => left.to_bits() == right.to_bits(),
        (Constant::Bytes(left), Constant::Bytes(right)) => left == right,
        (Constant::Int(left), Constant::Int(right)) => left == right,
        (Constant::Uint(left), Constant::Uint(right)) => left == right,
        (Constant::String(left), Constant::String(right)) => left == right,
        (Constant::Bool(left), Constant::Bool(right)) => left == right,
        (Constant::Null, Constant::Null) => true,
        _ => false,
    }
}

fn membership(item: Operand, container: Operand) -> Operand {
    let container = match keys(&container) {
        Some(keys) => Operand::Value(Constant::List(keys.into())),
        None => container,
    };
    let (operator, container) = match container {
        Operand::Value(Constant::List(items)) => {
            match <[Constant; 1]>::try_from(items.into_vec()) {
                Ok([only]) => (operator::EQ, Operand::Value(only)),
                Err(items) => (operator::IN, Operand::Value(Constant::List(items.into()))),
            }
        }
        other => (operator::IN, other),
    };
    Operand::Expression { operator: operator.into(), operands: Box::new([item, container]) }
}

/// The keys of a map that is known, sorted.
fn keys(container: &Operand) -> Option<Vec<Constant>> {
    let Operand::Expression { operator, operands } = container else { return None };
    if **operator != *operator::STRUCT {
        return None;
    }
    let key = |entry: &Operand| match entry {
        Operand::Expression { operator, operands } if **operator == *operator::SET_FIELD => {
            match &**operands {
                [Operand::Value(key), value] if is_literal(value) => Some(key.clone()),
                _ => None,
            }
        }
        _ => None,
    };
    let mut keys = operands.iter().map(key).collect::<Option<Vec<Constant>>>()?;
    keys.sort_by_key(|key| match key {
        Constant::String(text) => text.to_string(),
        other => other.to_value().to_json().to_string(),
    });
    Some(keys)
}

fn is_literal(operand: &Operand) -> bool {
    match operand {
        Operand::Value(_) => true,
        Operand::Expression { operator, operands } => {
            operator::is_literal(operator) && operands.iter().all(is_literal)
        }
        Operand::Variable(_) | Operand::Whole { .. } => false,
    }
}

// === impl Constant ===

impl Constant {
    /// The value as JSON has it: every number a double, bytes in base 64.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            #[expect(clippy::cast_precision_loss, reason = "in JSON every number is a double")]
            Self::Int(value) => Value::Number(*value as f64),
            #[expect(clippy::cast_precision_loss, reason = "in JSON every number is a double")]
            Self::Uint(value) => Value::Number(*value as f64),
            Self::Double(value) => Value::Number(*value),
            Self::String(text) | Self::Type(text) => Value::String(text.clone()),
            Self::Bytes(bytes) => Value::from(STANDARD.encode(bytes)),
            Self::Duration(nanoseconds) => Value::from(duration::to_text(*nanoseconds)),
            Self::Timestamp(moment) => Value::from(moment.to_rfc3339()),
            Self::List(items) => items.iter().map(Self::to_value).collect(),
            Self::Map(entries) => Value::Map(
                entries
                    .iter()
                    .filter_map(|(key, value)| match key {
                        Self::String(key) => Some((key.clone(), value.to_value())),
                        _ => None,
                    })
                    .collect(),
            ),
        }
    }
}
