//! What folding has found, as cel-go writes it down and reads it again.
//!
//! A value becomes an expression that has it. Some have none, such as addresses; a duration is written
//! in seconds, which are a double; and a list that was joined is a list like any other one.

use super::{
    calls::{self, Callee},
    constant::Constant,
    duration,
    early::Early,
    fold::{self, Folding},
    node::{Element, Entry, Kind, Node},
    signature::Style,
    value::{Object, V},
};

/// Whether all that was folded can be written down: addresses, hierarchies and the like cannot.
pub(super) fn can_be_written(node: &Node, locals: usize) -> bool {
    match fold::of_folded(node, locals, has_text) {
        Some(has_text) => has_text,
        None => node.parts().into_iter().all(|part| can_be_written(part, locals)),
    }
}

fn has_text(value: V<'_>) -> bool {
    match value {
        V::Ip(_)
        | V::Cidr(_)
        | V::Message(_)
        | V::Object(
            Object::Hierarchy(_)
            | Object::SpiffeId { .. }
            | Object::SpiffeTrustDomain(_)
            | Object::SpiffeMatcher(_)
            | Object::Unusable(_),
        ) => false,
        V::Duration(nanoseconds) => duration::parse(&duration::to_text(nanoseconds)).is_some(),
        V::Optional(inner) => inner.is_none_or(|inner| has_text(*inner)),
        V::List(items) | V::Joined(items) | V::Extended(items) => {
            items.iter().all(|item| has_text(*item))
        }
        V::Map(entries) => entries.iter().all(|(key, value)| has_text(*key) && has_text(*value)),
        _ => true,
    }
}

/// Constants as they are once cel-go has written them down and read them again.
pub(super) fn write_down(node: &mut Node, locals: usize) {
    if let Some(shape) = fold::of_folded(node, locals, Shape::without_joints).flatten() {
        *node = shape.into_node();
    }
    node.parts_mut().into_iter().for_each(|part| write_down(part, locals));
    let kind = std::mem::replace(&mut node.kind, Kind::Constant(Constant::Null));
    *node = match kind {
        Kind::Constant(value) | Kind::Settled(value) => {
            Node { kind: Kind::Constant(written(value)) }
        }
        other => fold::fold(Node { kind: other }, Folding::Literals).0,
    };
}

fn written(value: Constant) -> Constant {
    match value {
        Constant::Duration(nanoseconds) => {
            let text = duration::to_text(nanoseconds);
            Constant::Duration(duration::parse(&text).unwrap_or(nanoseconds))
        }
        Constant::List(items) => Constant::List(items.into_iter().map(written).collect()),
        Constant::Map(entries) => Constant::Map(
            entries.into_iter().map(|(key, value)| (written(key), written(value))).collect(),
        ),
        other => other,
    }
}

/// A value that is no constant, as an expression.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    Constant(Constant),
    Optional(Option<Box<Self>>),
    List(Box<[Self]>),
    Map(Box<[(Self, Self)]>),
}

// === impl Shape ===

impl Shape {
    /// The value, if there is a list in it whose elements would change on their way out for having
    /// been joined.
    pub(super) fn without_joints(value: V<'_>) -> Option<Self> {
        if has_joints(value) { Self::of(value) } else { None }
    }

    fn of(value: V<'_>) -> Option<Self> {
        Some(match (value, Constant::from_value(value)) {
            (_, Some(constant)) => Self::Constant(constant),
            (V::Optional(None), None) => Self::Optional(None),
            (V::Optional(Some(inner)), None) => Self::Optional(Some(Box::new(Self::of(*inner)?))),
            (V::Map(entries), None) => {
                let entry =
                    |(key, value): &(V<'_>, V<'_>)| Some((Self::of(*key)?, Self::of(*value)?));
                Self::Map(entries.iter().map(entry).collect::<Option<_>>()?)
            }
            (value, None) => Self::List(value.list()?.iter().map(Self::of).collect::<Option<_>>()?),
        })
    }

    fn into_node(self) -> Node {
        let call = |name: &str, args: Vec<Node>| {
            let callee = Callee { name, style: Style::Global, only: None, early: Early::Never };
            calls::node(&callee, args)
        };
        let kind = match self {
            Self::Constant(constant) => Kind::Constant(constant),
            Self::Optional(None) => call("optional.none", vec![]),
            Self::Optional(Some(inner)) => call("optional.of", vec![inner.into_node()]),
            Self::List(items) => {
                let element = |item: Self| Element { optional: false, value: item.into_node() };
                Kind::List(items.into_iter().map(element).collect())
            }
            Self::Map(entries) => {
                let entry = |(key, value): (Self, Self)| Entry {
                    optional: false,
                    key: key.into_node(),
                    value: value.into_node(),
                };
                Kind::Map(entries.into_iter().map(entry).collect())
            }
        };
        Node { kind }
    }
}

fn has_joints(value: V<'_>) -> bool {
    match value {
        V::Joined(items) | V::Extended(items) => items.iter().any(|item| !item.is_scalar()),
        V::List(items) => items.iter().any(|item| has_joints(*item)),
        V::Map(entries) => entries.iter().any(|(_, value)| has_joints(*value)),
        V::Optional(Some(inner)) => has_joints(*inner),
        _ => false,
    }
}
