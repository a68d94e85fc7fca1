//! Texts without their case: for finding names that another program could take for one another.

use std::borrow::Cow;

/// The text in a form that is the same for all spellings that differ in case only.
#[must_use]
pub fn caseless(text: &str) -> Cow<'_, str> {
    if !text.is_ascii() {
        // By way of upper case, as `ſ` and `K` (Kelvin) have a lower case of their own or are one.
        let upper = text.chars().flat_map(char::to_uppercase);
        return Cow::Owned(upper.flat_map(char::to_lowercase).collect());
    }
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Cow::Owned(text.to_ascii_lowercase());
    }
    Cow::Borrowed(text)
}
