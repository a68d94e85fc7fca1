//! An expression that knows its parts.

use std::collections::BTreeSet;

use super::types::Type;

#[derive(Clone, Debug)]
pub(crate) struct Term {
    pub ty: Type,
    /// The template, if it is not a leaf.
    pub name: Option<&'static str>,
    pub parts: Vec<Part>,
}

#[derive(Clone, Debug)]
pub(crate) enum Part {
    Text(String),
    /// `strict`: without a value of this one there is none of the whole.
    Child {
        term: Term,
        strict: bool,
    },
}

// === impl Term ===

impl Term {
    pub(in crate::conformance) fn leaf(ty: Type, text: impl Into<String>) -> Self {
        Self { ty, name: None, parts: vec![Part::Text(text.into())] }
    }

    pub(in crate::conformance) fn text(&self) -> String {
        let mut text = String::new();
        self.write(&mut text);
        text
    }

    fn write(&self, to: &mut String) {
        for part in &self.parts {
            match part {
                Part::Text(text) => to.push_str(text),
                Part::Child { term, .. } => term.write(to),
            }
        }
    }

    pub(super) fn children(&self) -> impl Iterator<Item = (usize, &Self, bool)> {
        self.parts.iter().enumerate().filter_map(|(at, part)| match part {
            Part::Text(_) => None,
            Part::Child { term, strict } => Some((at, term, *strict)),
        })
    }

    /// The functions that have a value if the whole has one.
    pub(in crate::conformance) fn certain(&self, found: &mut BTreeSet<&'static str>) {
        found.extend(self.name);
        self.children()
            .filter(|(_, _, strict)| *strict)
            .for_each(|(_, child, _)| child.certain(found));
    }

    /// All functions.
    pub(in crate::conformance) fn mentioned(&self, found: &mut BTreeSet<&'static str>) {
        found.extend(self.name);
        self.children().for_each(|(_, child, _)| child.mentioned(found));
    }

    /// The term in somewhat smaller forms: one of its parts alone, or a part replaced by a part of
    /// that part or by a literal.
    pub(in crate::conformance) fn smaller(&self) -> Vec<Self> {
        let mut found: Vec<Self> = self.children().map(|(_, child, _)| child.clone()).collect();
        if self.name.is_some() {
            found.extend(literal(&self.ty).map(|text| Self::leaf(self.ty.clone(), text)));
        }
        for (at, child, strict) in self.children() {
            for smaller in child.smaller() {
                let mut whole = self.clone();
                whole.parts[at] = Part::Child { term: smaller, strict };
                found.push(whole);
            }
        }
        found
    }
}

fn literal(ty: &Type) -> Option<&'static str> {
    Some(match ty.checked() {
        Type::Plain("bool") => "true",
        Type::Plain("int") => "1",
        Type::Plain("uint") => "1u",
        Type::Plain("double") => "1.5",
        Type::Plain("string") => "\"a\"",
        Type::Plain("bytes") => "b\"a\"",
        Type::Plain("dyn") => "dyn(1)",
        Type::List(_) => "[]",
        Type::Map(_) => "{}",
        Type::Optional(_) => "optional.none()",
        _ => return None,
    })
}
