//! Whether two values are the same to a schema.

use serde_json::Value;

use super::validate::Excess;

/// Pays a step for each pair of values that it looks at. Depth is bounded by that of schemas, whose
/// values are not deep.
pub(super) fn are_equal(
    value: &Value,
    of_schema: &Value,
    pay: &mut impl FnMut(usize) -> Result<(), Excess>,
) -> Result<bool, Excess> {
    pay(1)?;
    match (value, of_schema) {
        (Value::Number(left), Value::Number(right)) => Ok(left.as_f64() == right.as_f64()),
        (Value::Array(left), Value::Array(right)) => {
            if left.len() != right.len() {
                return Ok(false);
            }
            for (left, right) in left.iter().zip(right) {
                if !are_equal(left, right, pay)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        (Value::Object(left), Value::Object(right)) => {
            if left.len() != right.len() {
                return Ok(false);
            }
            for ((name, left), (other, right)) in left.iter().zip(right) {
                if name != other || !are_equal(left, right, pay)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        (Value::String(left), Value::String(right)) => {
            pay(left.len().min(right.len()) / 64)?;
            Ok(left == right)
        }
        (left, right) => Ok(left == right),
    }
}
