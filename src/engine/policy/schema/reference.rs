//! References from one document to another: RFC 3986, 5.2.

/// What `reference` means in a document that is `base`.
pub(super) fn join(base: &str, reference: &str) -> String {
    if scheme(reference).is_some() {
        return reference.to_owned();
    }
    let base = base.split('#').next().unwrap_or_default();
    if reference.is_empty() || reference.starts_with('#') {
        return format!("{base}{reference}");
    }
    let scheme = scheme(base).unwrap_or_default();
    let rest = base.get(scheme.len()..).unwrap_or_default();
    if reference.starts_with("//") {
        return format!("{scheme}{reference}");
    }
    let authority = rest.strip_prefix("//").map(|rest| rest.find('/').unwrap_or(rest.len()) + 2);
    let (authority, path) = rest.split_at_checked(authority.unwrap_or(0)).unwrap_or((rest, ""));
    let path = path.split('?').next().unwrap_or_default();
    if reference.starts_with('?') {
        return format!("{scheme}{authority}{path}{reference}");
    }
    let end = reference.find(['?', '#']).unwrap_or(reference.len());
    let (steps, tail) = reference.split_at_checked(end).unwrap_or((reference, ""));
    let folder = match path.rsplit_once('/') {
        _ if steps.starts_with('/') => "",
        Some((folder, _)) => folder,
        None => "",
    };
    let steps = steps.strip_prefix('/').unwrap_or(steps);
    format!("{scheme}{authority}{}{tail}", without_dots(&format!("{folder}/{steps}")))
}

/// The scheme of an absolute reference, with its colon.
fn scheme(text: &str) -> Option<&str> {
    let (name, _) = text.split_once(':')?;
    let is_in_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    let is_name =
        name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(is_in_name);
    text.get(..=name.len()).filter(|_| is_name)
}

fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut steps = path.split('/').skip(1).peekable();
    while let Some(step) = steps.next() {
        let is_last = steps.peek().is_none();
        match step {
            "." => {}
            ".." => {
                kept.pop();
            }
            step => kept.push(step),
        }
        if is_last && matches!(step, "." | "..") {
            kept.push("");
        }
    }
    kept.iter().flat_map(|step| ["/", step]).collect()
}

#[cfg(test)]
mod tests {
    use super::join;

    #[test]
    fn references_start_from_their_document() {
        for (base, reference, expected) in [
            ("cerbos:///r.json", "owner.json", "cerbos:///owner.json"),
            ("cerbos:///a/r.json", "../b.json#/x", "cerbos:///b.json#/x"),
            ("cerbos:///a/r.json", "/b.json", "cerbos:///b.json"),
            ("cerbos:///a/r.json#/y", "#x", "cerbos:///a/r.json#x"),
            ("cerbos:///a/r.json", "./c/d.json?q", "cerbos:///a/c/d.json?q"),
            ("http://a/b/c", "//d/e", "http://d/e"),
            ("http://a", "e", "http://a/e"),
            ("http://a/b?c", "?d", "http://a/b?d"),
            ("urn:a:b", "#c", "urn:a:b#c"),
            ("cerbos:///r.json", "http://a/b", "http://a/b"),
        ] {
            assert_eq!(join(base, reference), expected, "{reference} in {base}");
        }
    }
}
