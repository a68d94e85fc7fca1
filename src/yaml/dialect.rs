//! Where Cerbos's parser is narrower than YAML, and what the events do not show: byte order marks,
//! directives, explicit keys, keys behind a tab, anchors that are defined twice.

use super::{Place, SyntaxError};

/// The text of a document by lines, to look at what stands before a node.
pub(super) struct Source<'t> {
    lines: Vec<&'t str>,
}

impl<'t> Source<'t> {
    /// # Errors
    /// A byte order mark, a NUL, a directive.
    pub(super) fn new(text: &'t str) -> Result<Self, SyntaxError> {
        if text.starts_with('\u{feff}') {
            return Err(refusal(0, "the file begins with a byte order mark: remove it"));
        }
        let mut lines = Vec::new();
        for (index, line) in lines_of(text).enumerate() {
            if line.contains('\0') {
                return Err(refusal(index, "this line contains a NUL character"));
            }
            if line.starts_with('%') {
                return Err(refusal(index, "directives such as `%YAML` are not accepted"));
            }
            lines.push(line);
        }
        Ok(Self { lines })
    }

    /// Whether the key at `place` is written `? key`.
    pub(super) fn is_explicit_key(&self, place: Place) -> bool {
        let before = self.before(place).trim_end();
        before.strip_suffix('?').is_some_and(|rest| {
            rest.is_empty() || rest.ends_with(|c: char| c.is_whitespace() || "{[,".contains(c))
        })
    }

    /// Whether a tab stands between the dash of a list and the first key of a mapping at `place`.
    pub(super) fn is_key_behind_tab(&self, place: Place) -> bool {
        let before = self.before(place);
        let line = self.lines.get(place.line.saturating_sub(1)).copied().unwrap_or_default();
        let is_block = line.get(before.len()..).is_some_and(|node| !node.starts_with('{'));
        let dash = before.trim_end_matches([' ', '\t']);
        let gap = before.get(dash.len()..).unwrap_or_default();
        is_block && dash.ends_with('-') && gap.contains('\t')
    }

    /// The name in the `&name` with which the node at `place` begins.
    pub(super) fn anchor_at(&self, place: Place) -> Option<&'t str> {
        let line = self.lines.get(place.line.saturating_sub(1))?;
        let node = line.get(self.before(place).len()..)?;
        // A tag may stand before the anchor.
        let node = match node.split_once(' ') {
            Some((tag, rest)) if tag.starts_with('!') => rest.trim_start(),
            _ => node,
        };
        node.strip_prefix('&')?.split(|c: char| c.is_whitespace() || ",[]{}".contains(c)).next()
    }

    fn before(&self, place: Place) -> &'t str {
        let line = self.lines.get(place.line.saturating_sub(1)).copied().unwrap_or_default();
        let end = line.char_indices().nth(place.column.saturating_sub(1)).map(|(index, _)| index);
        end.and_then(|end| line.get(..end)).unwrap_or(line)
    }
}

/// Lines end with LF, CRLF or a lone CR.
fn lines_of(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'))
}

fn refusal(line: usize, message: &str) -> SyntaxError {
    SyntaxError { place: Some(Place { line: line + 1, column: 1 }), message: message.to_owned() }
}
