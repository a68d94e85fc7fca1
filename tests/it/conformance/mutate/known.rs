//! Differences that stay, each with its line in `docs/compatibility.md`.

use super::{Directory, Verdicts};

/// What we say of texts that Cerbos takes.
const REFUSED: [&str; 9] = [
    // A mapping without braces within braces, a list without brackets, a bracket that is left open.
    "while parsing a flow mapping, did not find expected",
    "\"-\" is only valid inside a block",
    "misplaced bracket",
    "':' may not precede any of",
    // A tab after a key's colon, `"a"#`, and `%a`.
    "':' must be followed by a valid YAML whitespace",
    "comments must be separated from other tokens by whitespace",
    "unexpected character: `%'",
    // In a schema.
    "number out of range",
    // Only the server makes programs of variables; it refuses those that always fail, as we do.
    " always fails: ",
];

pub(super) fn is_known(directory: &Directory, verdicts: &Verdicts) -> bool {
    let lines =
        |matches: fn(&str) -> bool| directory.values().any(|text| text.lines().any(matches));
    match (&verdicts.ours, &verdicts.theirs) {
        (Some(ours), None) => {
            // A second colon, and a key and a text that nothing separates, within braces.
            let colons = ours.contains("did not find expected node content")
                || ours.contains(":` cannot be");
            // A colon in a plain key within braces.
            let inner_colon = ours.contains("` cannot be the name of")
                && ours.split('`').skip(1).step_by(2).any(|name| name.contains(':'));
            REFUSED.iter().any(|text| ours.contains(text))
                || inner_colon
                || (colons && lines(|line| line.contains("::")))
                || (ours.contains("unknown field `") && lines(|line| line.contains(":\"")))
        }
        (None, Some(theirs)) => {
            // White space and comments that mean nothing.
            let blank_tab = |line: &str| line.trim().is_empty() && line.contains('\t');
            (theirs.contains("found character '\t'") && lines(blank_tab))
                || (theirs.contains("value is not allowed in this context")
                    && directory.values().any(|text| ends_in_comment(text)))
                // In a document within braces, Cerbos takes `a:b` for a mapping.
                || ((theirs.contains("got Mapping") || theirs.contains("unexpected key type"))
                    && lines(|line| line.starts_with('{')))
                || (theirs.contains("found invalid tag character '{'")
                    && lines(|line| line.contains("!{")))
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
