//! An operand as text, in the form of Cerbos's `filterDebug`.

use std::fmt;

use super::operand::Operand;
use crate::engine::model::Value;

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => write_value(f, &value.to_value()),
            Self::Variable(name) => f.write_str(name),
            Self::Expression { operator, operands } => {
                write!(f, "({operator} ")?;
                for (at, operand) in operands.iter().enumerate() {
                    let space = if at == 0 { "" } else { " " };
                    write!(f, "{space}{operand}")?;
                }
                f.write_str(")")
            }
            Self::Whole { operand, .. } => write!(f, "{operand}"),
        }
    }
}

fn write_value(f: &mut fmt::Formatter<'_>, value: &Value) -> fmt::Result {
    match value {
        Value::Number(number) => write_number(f, *number),
        Value::List(items) => {
            f.write_str("[")?;
            for (at, item) in items.iter().enumerate() {
                f.write_str(if at == 0 { "" } else { "," })?;
                write_value(f, item)?;
            }
            f.write_str("]")
        }
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Map(_) => {
            write!(f, "{}", value.to_json())
        }
    }
}

/// As Go writes a number in JSON.
fn write_number(f: &mut fmt::Formatter<'_>, number: f64) -> fmt::Result {
    let size = number.abs();
    if number == 0.0 || (1e-6..1e21).contains(&size) || !number.is_finite() {
        return write!(f, "{number}");
    }
    let text = format!("{number:e}");
    match text.split_once('e') {
        Some((digits, power)) if !power.starts_with('-') => write!(f, "{digits}e+{power}"),
        _ => f.write_str(&text),
    }
}
