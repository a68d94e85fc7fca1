//! Differences that stay, each with its line in `docs/compatibility.md`.

use super::{Directory, Verdicts};

pub(super) fn is_known(directory: &Directory, verdicts: &Verdicts) -> bool {
    let lines =
        |matches: fn(&str) -> bool| directory.values().any(|text| text.lines().any(matches));
    match (&verdicts.ours, &verdicts.theirs) {
        (Some(ours), None) => {
            // A mapping without braces within braces.
            ours.contains("while parsing a flow mapping, did not find expected")
                || (ours.contains("did not find expected node content")
                    && lines(|line| line.contains("::")))
                // A tab after a key's colon, and `"a"#`.
                || ours.contains("':' must be followed by a valid YAML whitespace")
                || ours.contains("comments must be separated from other tokens by whitespace")
        }
        (None, Some(theirs)) => {
            // White space and comments that mean nothing.
            let blank_tab = |line: &str| line.trim().is_empty() && line.contains('\t');
            (theirs.contains("found character '\t'") && lines(blank_tab))
                || (theirs.contains("value is not allowed in this context")
                    && directory.values().any(|text| ends_in_comment(text)))
                // In a document within braces, Cerbos takes `a:b` for a mapping.
                || theirs.contains("got Mapping") && lines(|line| line.starts_with('{'))
        }
        (None, None) | (Some(_), Some(_)) => false,
    }
}

/// Whether comments follow braces that hold the whole document.
fn ends_in_comment(text: &str) -> bool {
    let last = text.lines().rfind(|line| !line.trim().is_empty());
    text.trim_start().starts_with('{')
        && last.is_some_and(|line| line.trim_start().starts_with('#'))
}
