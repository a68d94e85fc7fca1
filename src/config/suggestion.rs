//! Which known key someone probably meant.

/// The nearest of `known`, if it is near enough to be what was meant.
pub(super) fn nearest<'a>(written: &str, known: &[&'a str]) -> Option<&'a str> {
    let written = plain(written);
    // A third of the letters may be wrong: `tlt` is `ttl`, but `foo` is nothing we know.
    let allowed = (written.len() / 3).clamp(1, 3);
    known
        .iter()
        .map(|key| (distance(&written, &plain(key)), *key))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, key)| key)
}

/// Without case and separators: `strictEvaluation` and `strict-evaluation` mean one key.
fn plain(key: &str) -> Vec<char> {
    key.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// Insertions, deletions, replacements and swaps of neighbours from one word to the other.
fn distance(left: &[char], right: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=right.len()).collect();
    let mut previous_left = None;
    for (row, left) in left.iter().enumerate() {
        let mut current = vec![row + 1];
        let mut previous_right = None;
        for (column, right) in right.iter().enumerate() {
            let at = |cells: &[usize], index: usize| cells.get(index).copied().unwrap_or(0);
            let replaced = at(&above, column) + usize::from(left != right);
            let mut cost = replaced.min(at(&above, column + 1) + 1).min(at(&current, column) + 1);
            if previous_left == Some(right) && previous_right == Some(left) {
                cost = cost.min(at(&before, column.saturating_sub(1)) + 1);
            }
            current.push(cost);
            previous_right = Some(right);
        }
        before = std::mem::replace(&mut above, current);
        previous_left = Some(left);
    }
    above.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn slips_find_the_key_that_was_meant() {
        let known = ["audience", "domain", "custom_domains", "ttl", "strict_evaluation", "roles"];
        for (written, expected) in [
            ("audiense", Some("audience")),
            ("Audience", Some("audience")),
            ("audeince", Some("audience")),
            ("domains", Some("domain")),
            ("customDomains", Some("custom_domains")),
            ("custom-domain", Some("custom_domains")),
            ("strictEvaluation", Some("strict_evaluation")),
            ("tlt", Some("ttl")),
            ("role", Some("roles")),
            ("rolse", Some("roles")),
            ("foo", None),
            ("timeout", None),
            ("", None),
        ] {
            assert_eq!(nearest(written, &known), expected, "{written}");
        }
    }
}
