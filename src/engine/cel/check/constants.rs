//! The types of literals, and of what folding has put in the place of an expression.

use super::Checker;
use crate::engine::cel::{constant::Constant, types::Type, write::Shape};

// === impl Checker ===

impl Checker<'_> {
    pub(super) fn constant(&mut self, constant: &Constant) -> Type {
        match constant {
            Constant::List(items) => Type::list(self.joined(items.iter(), Self::constant)),
            Constant::Map(entries) => {
                let keys = self.joined(entries.iter().map(|(key, _)| key), Self::constant);
                let values = entries.iter().map(|(_, value)| value);
                Type::map(keys, self.joined(values, Self::constant))
            }
            scalar => scalar.scalar_type(),
        }
    }

    pub(super) fn shape(&mut self, shape: &Shape) -> Type {
        match shape {
            Shape::Constant(constant) => self.constant(constant),
            Shape::Optional(None) => Type::optional(self.mapping.fresh()),
            Shape::Optional(Some(inner)) => Type::Optional(Box::new(self.shape(inner))),
            Shape::List(items) => Type::list(self.joined(items.iter(), Self::shape)),
            Shape::Map(entries) => {
                let keys = self.joined(entries.iter().map(|(key, _)| key), Self::shape);
                let values = entries.iter().map(|(_, value)| value);
                Type::map(keys, self.joined(values, Self::shape))
            }
        }
    }

    fn joined<'p, P: 'p>(
        &mut self,
        parts: impl Iterator<Item = &'p P>,
        type_of: fn(&mut Self, &P) -> Type,
    ) -> Type {
        let mut joined = None;
        for part in parts {
            let found = type_of(self, part);
            joined = Some(self.mapping.join(joined, found));
        }
        joined.unwrap_or_else(|| self.mapping.fresh())
    }
}
