//! Keys: the text that names a policy in answers, outputs and errors.

use std::borrow::Cow;

/// The name of a policy as Cerbos writes it in keys, and looks kinds up by.
///
/// A name of letters, digits and `_@.-/`, perhaps in segments joined by `:` that each begin with a
/// letter, has every run of other characters than letters, digits, `_` and `.` replaced by one `_`:
/// `leave-req:x` becomes `leave_req_x`. Every other name stays as it is.
pub(in crate::engine) fn sanitize(name: &str) -> Cow<'_, str> {
    let keeps = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'.';
    if name.bytes().all(keeps) {
        return Cow::Borrowed(name);
    }
    let is_segment = |segment: &str| {
        segment.bytes().next().is_some_and(|b| b.is_ascii_alphabetic())
            && segment.bytes().all(|b| keeps(b) || matches!(b, b'@' | b'-' | b'/'))
    };
    if !name.split(':').all(is_segment) {
        return Cow::Borrowed(name);
    }
    let mut clean = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_ascii_alphanumeric() || c == '_' || c == '.' {
            clean.push(c);
        } else if !clean.ends_with(REPLACED) {
            clean.push(REPLACED);
        }
    }
    Cow::Owned(clean.replace(REPLACED, "_"))
}

/// Stands for a replaced run while the name is written: `a_-b` becomes `a__b`.
const REPLACED: char = '\0';

/// `resource.leave_request.vdefault/acme`
pub(in crate::engine) fn policy_key(kind: &str, name: &str, version: &str, scope: &str) -> String {
    let name = sanitize(name);
    let version = sanitize(version);
    match scope {
        "" => format!("{kind}.{name}.v{version}"),
        scope => format!("{kind}.{name}.v{version}/{scope}"),
    }
}

/// The scopes above `scope`, nearest first, the root last.
pub(in crate::engine) fn parents(scope: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(parent(scope), |scope| parent(scope))
}

fn parent(scope: &str) -> Option<&str> {
    match scope.rsplit_once('.') {
        Some((parent, _)) => Some(parent),
        None if scope.is_empty() => None,
        None => Some(""),
    }
}

#[cfg(test)]
mod tests {
    use super::{parents, policy_key, sanitize};

    #[test]
    fn names_are_sanitized_only_where_they_have_the_form() {
        for (name, clean) in [
            ("leave_request", "leave_request"),
            ("leave-req:x@y/z", "leave_req_x_y_z"),
            ("a.b--c", "a.b_c"),
            ("a_-b", "a__b"),
            ("bob@x-y.com", "bob_x_y.com"),
            ("1leave-req", "1leave-req"),
            ("a b", "a b"),
            ("leave:1", "leave:1"),
            ("a::b", "a::b"),
            ("leave*", "leave*"),
            ("hello:/é#", "hello:/é#"),
        ] {
            assert_eq!(sanitize(name), clean, "{name}");
        }
    }

    #[test]
    fn a_key_names_kind_version_and_scope() {
        assert_eq!(policy_key("resource", "a:b", "1", ""), "resource.a_b.v1");
        assert_eq!(policy_key("role", "a b", "default", "x.y"), "role.a b.vdefault/x.y");
    }

    #[test]
    fn parents_of_a_scope_end_at_the_root() {
        assert_eq!(parents("a.b.c").collect::<Vec<_>>(), ["a.b", "a", ""]);
        assert_eq!(parents("a").collect::<Vec<_>>(), [""]);
        assert_eq!(parents(".").collect::<Vec<_>>(), [""]);
        assert!(parents("").next().is_none());
    }
}
