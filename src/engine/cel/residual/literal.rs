//! Known values as operands.

use super::{operand::Operand, operator};
use crate::engine::cel::{
    Constant, duration,
    value::{Entries, List, V},
};

/// The value as a filter writes it, if it is of a type that can be written.
pub(super) fn literal(value: V<'_>) -> Option<Operand> {
    Some(match value {
        V::Null => Operand::Value(Constant::Null),
        V::Bool(value) => Operand::Value(Constant::Bool(value)),
        V::Int(value) => Operand::Value(Constant::Int(value)),
        V::Uint(value) => Operand::Value(Constant::Uint(value)),
        V::Double(value) => Operand::Value(Constant::Double(value)),
        V::String(text) => Operand::text(text),
        V::Bytes(bytes) => Operand::Value(Constant::Bytes(bytes.into())),
        V::Timestamp(moment) => {
            Operand::expression("timestamp", vec![Operand::text(&moment.to_rfc3339())])
        }
        V::Duration(nanoseconds) => {
            let text = duration::to_text(nanoseconds);
            // What is printed through a double is not exact where it is long.
            if duration::parse(&text) != Some(nanoseconds) {
                return None;
            }
            Operand::expression("duration", vec![Operand::text(&text)])
        }
        V::Type(name) => Operand::variable(name),
        V::Optional(_) | V::Message(_) | V::Ip(_) | V::Cidr(_) | V::Object(_) => return None,
        V::List(_)
        | V::Joined(_)
        | V::Extended(_)
        | V::JsonList(_)
        | V::ConstantList(_)
        | V::Roles(_)
        | V::Names(_) => of_list(value.list()?)?,
        V::Map(_) | V::JsonMap(_) | V::ConstantMap(_) | V::Tokens(_) => of_map(value.entries()?)?,
    })
}

fn of_list(list: List<'_>) -> Option<Operand> {
    Some(list_of(list.iter().map(literal).collect::<Option<_>>()?))
}

/// A list of these elements: a value where all are scalars.
pub(super) fn list_of(elements: Vec<Operand>) -> Operand {
    let scalar = |element: &Operand| match element {
        Operand::Value(Constant::List(_)) => None,
        Operand::Value(value) => Some(value.clone()),
        Operand::Variable(_) | Operand::Expression { .. } | Operand::Whole { .. } => None,
    };
    match elements.iter().map(scalar).collect::<Option<Vec<_>>>() {
        Some(values) => Operand::Value(Constant::List(values.into())),
        None => Operand::expression(operator::LIST, elements),
    }
}

fn of_map(entries: Entries<'_>) -> Option<Operand> {
    let entry = |key: V<'_>, value: V<'_>| {
        let parts = vec![literal(key)?, literal(value)?];
        Some(Operand::expression(operator::SET_FIELD, parts))
    };
    let entries: Option<Vec<Operand>> = match entries {
        Entries::Values(entries) => {
            entries.iter().map(|(key, value)| entry(*key, *value)).collect()
        }
        Entries::Json(map) => {
            map.iter().map(|(key, value)| entry(V::String(key), V::json(value))).collect()
        }
        Entries::Constants(entries) => {
            entries.iter().map(|(key, value)| entry(key.view(), value.view())).collect()
        }
        // What is below them is a message.
        Entries::Tokens(_) => return None,
    };
    Some(Operand::expression(operator::STRUCT, entries?))
}
