//! The fields of a mapping whose fields are known: what Cerbos's protobuf calls a message.

use super::reader::Reader;
use crate::yaml::{Entry, Node, Place, Tree};

/// The fields that are present, each once.
pub(crate) struct Fields<'n> {
    /// What the mapping is, such as `a rule`.
    what: &'static str,
    pub(crate) place: Place,
    /// It is no mapping, which was reported: what is missing in it is not reported as well.
    is_reported: bool,
    present: Vec<(&'static str, &'n Entry)>,
}

impl Reader<'_> {
    /// The fields of `node`, which is `what` and may have the fields `known`.
    ///
    /// A field may be written in camel case or in snake case, and no other way.
    pub(crate) fn fields<'n>(
        &mut self,
        node: &'n Node,
        what: &'static str,
        known: &[&'static str],
    ) -> Fields<'n> {
        let mut fields =
            Fields { what, place: node.place, is_reported: false, present: Vec::new() };
        let Tree::Mapping(entries) = &node.tree else {
            let message = format!("{what} must be a mapping, not {}", node.describe());
            self.report(node.place, message, &format!("known fields: {}", known.join(", ")));
            fields.is_reported = true;
            return fields;
        };
        for entry in entries {
            let Entry { key, value: _ } = entry;
            let text = key.scalar.text.as_str();
            let Some(&name) = known.iter().find(|name| is_spelling(text, name)) else {
                self.report_unknown(entry, what, known);
                continue;
            };
            if let Some(first) = fields.entry(name) {
                let message = format!("`{text}` is already set at {}", first.key.place);
                self.report(key.place, message, "camel case and snake case are one field");
                continue;
            }
            fields.present.push((name, entry));
        }
        fields
    }

    fn report_unknown(&mut self, entry: &Entry, what: &str, known: &[&str]) {
        let text = entry.key.scalar.text.as_str();
        let help = known.iter().find(|name| is_near(text, name)).map_or_else(
            || format!("known fields: {}", known.join(", ")),
            |name| format!("did you mean `{name}`?"),
        );
        self.report(entry.key.place, format!("unknown field `{text}` of {what}"), &help);
    }

    /// The one field among `names` that is set; it is an error if it is none or more than one.
    pub(crate) fn one_of<'n>(
        &mut self,
        fields: &Fields<'n>,
        names: &[&'static str],
    ) -> Option<(&'static str, &'n Entry)> {
        let mut set = fields.present.iter().filter(|(name, _)| names.contains(name));
        let Some(&(first, entry)) = set.next() else {
            // A value that is no mapping at all was reported as such.
            if !fields.is_reported {
                let message = format!("{} needs one of {}", fields.what, list(names));
                self.report(fields.place, message, "");
            }
            return None;
        };
        for (name, other) in set {
            let message = format!(
                "`{name}` beside `{first}`: {} has only one of {}",
                fields.what,
                list(names)
            );
            self.report(other.key.place, message, &format!("`{first}` is at {}", entry.key.place));
        }
        Some((first, entry))
    }

    /// The value of a field that must be there.
    pub(crate) fn required<'n>(&mut self, fields: &Fields<'n>, name: &str) -> Option<&'n Node> {
        let value = fields.get(name);
        if value.is_none() && !fields.is_reported {
            self.report(fields.place, format!("{} needs `{name}`", fields.what), "");
        }
        value
    }
}

// === impl Fields ===

impl<'n> Fields<'n> {
    pub(crate) fn entry(&self, name: &str) -> Option<&'n Entry> {
        self.present.iter().find(|(known, _)| *known == name).map(|(_, entry)| *entry)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&'n Node> {
        self.entry(name).map(|entry| &entry.value)
    }
}

fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Whether `text` is `name`, or `name` in snake case.
fn is_spelling(text: &str, name: &str) -> bool {
    // The one field whose JSON name is not derived from its protobuf name.
    if name == "$schema" {
        return matches!(text, "$schema" | "json_schema");
    }
    if text == name {
        return true;
    }
    let mut text = text.bytes();
    name.bytes().all(|b| {
        let upper = b.is_ascii_uppercase();
        (!upper || text.next() == Some(b'_')) && text.next() == Some(b.to_ascii_lowercase())
    }) && text.next().is_none()
}

/// Whether somebody who wrote `text` probably meant `name`: another case, or one letter off.
fn is_near(text: &str, name: &str) -> bool {
    let (text, name) = (text.to_ascii_lowercase(), name.to_ascii_lowercase());
    let (text, name) = (text.as_bytes(), name.as_bytes());
    if text.len() < 3 || text.len().abs_diff(name.len()) > 1 {
        return false;
    }
    let prefix = text.iter().zip(name).take_while(|(left, right)| left == right).count();
    let suffix =
        text.iter().rev().zip(name.iter().rev()).take_while(|(left, right)| left == right).count();
    prefix + suffix + 1 >= text.len().max(name.len())
}
