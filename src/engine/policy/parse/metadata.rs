//! `metadata`: without effect, but Cerbos refuses policies in which it is malformed.

use super::reader::Reader;
use crate::yaml::{Node, ScalarKind, Tree};

// === impl Reader ===

impl Reader<'_> {
    pub(super) fn metadata(&mut self, node: &Node) {
        let known = [
            "sourceFile",
            "annotations",
            "hash",
            "storeIdentifer",
            "storeIdentifier",
            "sourceAttributes",
        ];
        let fields = self.fields(node, "`metadata`", &known);
        for name in ["sourceFile", "storeIdentifer", "storeIdentifier"] {
            if let Some(node) = fields.get(name) {
                self.text(node, name);
            }
        }
        if let Some(node) = fields.get("annotations") {
            for entry in self.map(node, "annotations") {
                self.text(&entry.value, &entry.key.scalar.text);
            }
        }
        if let Some(node) = fields.get("hash") {
            self.hash(node);
        }
        if let Some(node) = fields.get("sourceAttributes") {
            let fields = self.fields(node, "`sourceAttributes`", &["attributes"]);
            if let Some(node) = fields.get("attributes") {
                for entry in self.map(node, "attributes") {
                    self.value(&entry.value);
                }
            }
        }
    }

    fn hash(&mut self, node: &Node) {
        if let Tree::Scalar(scalar) = &node.tree {
            match scalar.kind {
                ScalarKind::Integer(value) if u64::try_from(value).is_ok() => return,
                ScalarKind::String if is_decimal(&scalar.text) => return,
                _ => {}
            }
        }
        self.report(node.place, "`hash` must be a number of 64 bits without a sign", "remove it");
    }
}

fn is_decimal(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<u64>().is_ok()
}
