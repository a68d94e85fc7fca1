//! Words that several formats share.

use crate::engine::model::{Effect, OutputValue};

pub(super) fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::Allow => "EFFECT_ALLOW",
        Effect::Deny => "EFFECT_DENY",
    }
}

/// A value as JSON, or why there is none.
pub(super) fn value(value: &OutputValue) -> String {
    match value {
        OutputValue::Value(value) => value.to_json().to_string(),
        OutputValue::Error(message) => format!("ERROR: {message}"),
    }
}

pub(super) fn counted(count: usize, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}
