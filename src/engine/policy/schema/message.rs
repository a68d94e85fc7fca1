//! What is wrong with attributes, in Cerbos's words, which are those of the Go library jsonschema.

use std::borrow::Borrow;

use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use jsonschema::{JsonType, ValidationError};
use serde_json::Value;

/// Path (a JSON pointer) and message of each error of `whole` that has no cause below it.
pub(super) fn flatten<'e, E: Borrow<ValidationError<'e>>>(
    whole: &Value,
    errors: impl IntoIterator<Item = E>,
) -> Vec<(String, String)> {
    let mut flat = Vec::new();
    let mut missing: Option<Missing> = None;
    for error in errors {
        let error = error.borrow();
        if is_present(whole, error) {
            continue;
        }
        // Missing properties of one object are one error there.
        let next = Missing::new(error);
        match (&mut missing, next) {
            (Some(known), Some(next)) if known.is_beside(&next) => {
                known.names.extend(next.names);
                continue;
            }
            (known, next) => flat.extend(std::mem::replace(known, next).map(Missing::finish)),
        }
        if missing.is_none() {
            add(whole, error, &mut flat);
        }
    }
    flat.extend(missing.map(Missing::finish));
    flat
}

/// Whether a property is said to be missing that is there: where no other properties than those that
/// are named are allowed, the library takes a required one that is not named for missing. That it is
/// not allowed is said beside it.
fn is_present(whole: &Value, error: &ValidationError<'_>) -> bool {
    let Kind::Required { property } = error.kind() else { return false };
    let object = whole.pointer(error.instance_path().as_str());
    property.as_str().and_then(|name| object?.get(name)).is_some()
}

const MISSING: &str = "missing properties: ";

/// Whether a message is about `required`.
pub(super) fn is_missing(message: &str) -> bool {
    message.starts_with(MISSING)
}

/// Properties that one `required` misses.
struct Missing {
    path: String,
    keyword: String,
    names: Vec<String>,
}

// === impl Missing ===

impl Missing {
    fn new(error: &ValidationError<'_>) -> Option<Self> {
        let Kind::Required { property } = error.kind() else { return None };
        let keyword = error.schema_path().as_str().to_owned();
        let name = property.as_str().unwrap_or_default().to_owned();
        is_required(&keyword).then(|| Self { path: path(error), keyword, names: vec![name] })
    }

    fn is_beside(&self, other: &Self) -> bool {
        self.path == other.path && self.keyword == other.keyword
    }

    fn finish(self) -> (String, String) {
        let names: Vec<String> = self.names.iter().map(|name| format!("'{name}'")).collect();
        (self.path, format!("{MISSING}{}", names.join(", ")))
    }
}

/// What `dependentRequired` and `dependencies` miss is of the same kind, and said in other words.
fn is_required(keyword: &str) -> bool {
    keyword.ends_with("/required") || keyword == "required"
}

fn path(error: &ValidationError<'_>) -> String {
    match error.instance_path().as_str() {
        "" => "/".to_owned(),
        path => path.to_owned(),
    }
}

/// Adds the leaves below `error`. Schemas nest as deep as JSON may, which bounds the recursion.
fn add(whole: &Value, error: &ValidationError<'_>, flat: &mut Vec<(String, String)>) {
    let at = |name: &str| {
        let name = name.replace('~', "~0").replace('/', "~1");
        format!("{}/{name}", error.instance_path().as_str())
    };
    match error.kind() {
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
            for branch in context {
                flat.extend(flatten(whole, branch));
            }
        }
        Kind::PropertyNames { error: inner } => {
            let name = inner.instance().as_str().unwrap_or_default();
            for (_, message) in flatten(whole, [&**inner]) {
                flat.push((at(name), message));
            }
        }
        Kind::UnevaluatedProperties { unexpected } => {
            flat.extend(unexpected.iter().map(|name| (at(name), "not allowed".to_owned())));
        }
        Kind::FalseSchema => {
            let at = whole.pointer(error.instance_path().as_str());
            flat.push((path(error), forbidden(error, at)));
        }
        kind => flat.push((path(error), message(error, kind))),
    }
}

fn message(error: &ValidationError<'_>, kind: &Kind) -> String {
    let instance = error.instance();
    let text = instance.as_str().unwrap_or_default();
    match kind {
        Kind::Type { kind } => format!("expected {}, but got {}", types(kind), type_of(instance)),
        Kind::AdditionalProperties { unexpected } => additional(unexpected),
        Kind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            format!("property '{name}' is required, if another property exists")
        }
        Kind::Enum { options } => enumerated(options),
        Kind::Constant { expected_value } => match plain(expected_value) {
            Some(value) => format!("value must be {value}"),
            None => "const failed".to_owned(),
        },
        Kind::UniqueItems => equal_items(instance),
        Kind::Pattern { pattern } => {
            format!("does not match pattern '{}'", pattern.replace('\'', "\\'"))
        }
        Kind::Format { format } => {
            format!("'{}' is not valid '{format}'", text.replace('\'', "\\'"))
        }
        Kind::ContentEncoding { content_encoding } => {
            format!("value is not {content_encoding} encoded")
        }
        Kind::ContentMediaType { content_media_type } => {
            format!("value is not of mediatype '{content_media_type}'")
        }
        Kind::Contains => "contains failed".to_owned(),
        Kind::Not { .. } => "not failed".to_owned(),
        Kind::OneOfMultipleValid { context } => {
            let valid = context.iter().enumerate().filter(|(_, errors)| errors.is_empty());
            let valid: Vec<String> = valid.take(2).map(|(at, _)| at.to_string()).collect();
            format!("valid against schemas at indexes {}", valid.join(" and "))
        }
        Kind::UnevaluatedItems { .. } => "not allowed".to_owned(),
        // What is left besides limits cannot happen to attributes, and speaks for itself.
        kind => limit(instance, kind).unwrap_or_else(|| error.to_string()),
    }
}

/// What the schema `false` says of the value `at` the path of its error. Where no property is named
/// and none allowed, the error has the path of the object, and the value of one of its properties.
fn forbidden(error: &ValidationError<'_>, at: Option<&Value>) -> String {
    match at {
        Some(Value::Object(object)) if at != Some(error.instance()) => additional(object.keys()),
        _ => "not allowed".to_owned(),
    }
}

fn additional<'n>(names: impl IntoIterator<Item = &'n String>) -> String {
    let mut names: Vec<String> = names.into_iter().map(|name| format!("'{name}'")).collect();
    names.sort();
    format!("additionalProperties {} not allowed", names.join(", "))
}

/// What is too small, too large, too few or too many.
fn limit(instance: &Value, kind: &Kind) -> Option<String> {
    let number = instance.as_f64().map(|number| general(number, 6)).unwrap_or_default();
    let items = instance.as_array().map(Vec::len).unwrap_or_default();
    let properties = instance.as_object().map(serde_json::Map::len).unwrap_or_default();
    let characters = instance.as_str().map(|text| text.chars().count()).unwrap_or_default();
    Some(match kind {
        Kind::Minimum { limit } => format!("must be >= {} but found {number}", bound(limit)),
        Kind::Maximum { limit } => format!("must be <= {} but found {number}", bound(limit)),
        Kind::ExclusiveMinimum { limit } => {
            format!("must be > {} but found {number}", bound(limit))
        }
        Kind::ExclusiveMaximum { limit } => {
            format!("must be < {} but found {number}", bound(limit))
        }
        Kind::MultipleOf { multiple_of } => {
            format!("{number} not multipleOf {}", general(*multiple_of, 6))
        }
        Kind::MinLength { limit } => format!("length must be >= {limit}, but got {characters}"),
        Kind::MaxLength { limit } => format!("length must be <= {limit}, but got {characters}"),
        Kind::MinItems { limit } => {
            format!("minimum {limit} items required, but found {items} items")
        }
        Kind::MaxItems { limit } => {
            format!("maximum {limit} items required, but found {items} items")
        }
        Kind::MinProperties { limit } => {
            format!("minimum {limit} properties allowed, but found {properties} properties")
        }
        Kind::MaxProperties { limit } => {
            format!("maximum {limit} properties allowed, but found {properties} properties")
        }
        Kind::AdditionalItems { limit } => {
            format!("only {limit} items are allowed, but found {items} items")
        }
        _ => return None,
    })
}

fn types(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(one) => one.to_string(),
        TypeKind::Multiple(all) => {
            let names: Vec<String> = all.iter().map(|one: JsonType| one.to_string()).collect();
            names.join(" or ")
        }
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn enumerated(options: &Value) -> String {
    let options = options.as_array().map(Vec::as_slice).unwrap_or_default();
    let values: Option<Vec<String>> = options.iter().map(plain).collect();
    match values.as_deref() {
        None => "enum failed".to_owned(),
        Some([only]) => format!("value must be {only}"),
        Some(values) => format!("value must be one of {}", values.join(", ")),
    }
}

/// A value that is neither a list nor a mapping, as Go prints it.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some("<nil>".to_owned()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(number) => Some(format!("\"{}\"", general(number.as_f64()?, 21))),
        Value::String(text) => Some(format!("\"{text}\"")),
        Value::Array(_) | Value::Object(_) => None,
    }
}

fn bound(limit: &Value) -> String {
    limit.as_f64().map(|number| general(number, 6)).unwrap_or_default()
}

/// A number as Go's `%g` has it: with an exponent from 10^`large` on, and below 10^-4.
fn general(number: f64, large: i32) -> String {
    let scientific = format!("{number:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    let Ok(exponent) = exponent.parse::<i32>() else { return scientific };
    if number == 0.0 || (-4..large).contains(&exponent) {
        return number.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

fn equal_items(instance: &Value) -> String {
    let items = instance.as_array().map(Vec::as_slice).unwrap_or_default();
    for (at, item) in items.iter().enumerate() {
        if let Some(before) = items.iter().take(at).position(|before| before == item) {
            return format!("items at index {before} and {at} are equal");
        }
    }
    "items are equal".to_owned()
}

#[cfg(test)]
mod tests {
    use super::general;

    #[test]
    fn numbers_are_printed_as_go_prints_them() {
        for (number, large, text) in [
            (0.0, 6, "0"),
            (1.0, 6, "1"),
            (123_456.789, 6, "123456.789"),
            (1_234_567.0, 6, "1.234567e+06"),
            (0.0001, 6, "0.0001"),
            (0.00001, 6, "1e-05"),
            (-2.5, 6, "-2.5"),
            (1_000_000.0, 21, "1000000"),
            (1e21, 21, "1e+21"),
        ] {
            assert_eq!(general(number, large), text);
        }
    }
}
