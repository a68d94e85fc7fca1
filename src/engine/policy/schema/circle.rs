//! Schemas that say nothing but that they are themselves, as `{"$ref": "#"}` does.
//!
//! Cerbos refuses them, within one document. Whoever asked one about a value would never be done.

use super::node::{Id, Node};

/// Schemas within each other that look at one value.
const MOST: usize = 256;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    New,
    Open,
    Done,
}

/// A schema that leads back to itself, or that leads too far.
pub(super) fn find(nodes: &[Node]) -> Option<Id> {
    let mut marks = vec![Mark::New; nodes.len()];
    // Schemas on the way to where we are, with those that are left to look at in each.
    let mut open: Vec<(Id, Vec<Id>)> = Vec::new();
    for start in 0..nodes.len() {
        let mut next = Some(start);
        loop {
            if let Some(id) = next.take() {
                match marks.get_mut(id) {
                    Some(Mark::Open) => return Some(id),
                    Some(mark @ Mark::New) => {
                        if open.len() >= MOST {
                            return Some(id);
                        }
                        *mark = Mark::Open;
                        let mut inside = nodes.get(id).map(Node::in_place).unwrap_or_default();
                        inside.reverse();
                        open.push((id, inside));
                    }
                    Some(Mark::Done) | None => {}
                }
            }
            let Some((id, left)) = open.last_mut() else { break };
            next = left.pop();
            if next.is_none() {
                if let Some(mark) = marks.get_mut(*id) {
                    *mark = Mark::Done;
                }
                open.pop();
            }
        }
    }
    None
}
