//! The types of macros that go over a list or a map, or look into an optional.

use super::Checker;
use crate::engine::cel::{
    signature::Style,
    syntax::{Loop, LoopKind, OptionalForm, Syntax},
    types::Type,
};

// === impl Checker ===

impl<'s> Checker<'s> {
    pub(super) fn loop_type(&mut self, details: &'s Loop) -> Type {
        let found = self.check(&details.range);
        let (key, value) = match found {
            Type::List(element) => (Type::Int, *element),
            Type::Map(entry) => *entry,
            Type::Dyn | Type::Error => (Type::Dyn, Type::Dyn),
            Type::Variable(_) => {
                self.mapping.assign(&Type::Dyn, &found);
                (Type::Dyn, Type::Dyn)
            }
            other => {
                let message = format!(
                    "expression of type '{other}' cannot be range of a comprehension (must be \
                     list, map, or dynamic)"
                );
                self.report(details.range.at, message);
                (Type::Error, Type::Error)
            }
        };
        let variables = self.variables(details, key.clone(), value);
        let filter =
            details.filter.as_ref().map(|filter| (filter, self.within(&variables, filter)));
        // A loop without elements has no body once it is folded.
        let body = if self.folds.excludes_all(details) {
            self.mapping.fresh()
        } else {
            self.within(&variables, &details.body)
        };
        let (at, element) = (details.body.at, variables.last().map(|(_, element)| element));
        let element = element.cloned().unwrap_or(Type::Dyn);
        let result = match details.kind {
            LoopKind::All | LoopKind::Exists => {
                if self.mapping.assign(&body, &Type::Bool) {
                    return Type::Bool;
                }
                return self.mismatch(at, &Type::Bool, &body);
            }
            LoopKind::ExistsOne => {
                self.implied(at, "_?_:_", Style::Global, &[body, Type::Int, Type::Int]);
                return Type::Bool;
            }
            LoopKind::Filter => {
                let list = Type::list(element);
                return self.implied(at, "_?_:_", Style::Global, &[body, list.clone(), list]);
            }
            LoopKind::Map | LoopKind::TransformList => Type::list(body),
            LoopKind::TransformMap => Type::map(key, body),
            LoopKind::TransformMapEntry => {
                let empty = Type::map(self.mapping.fresh(), self.mapping.fresh());
                self.implied(at, "cel.@mapInsert", Style::Global, &[empty, body])
            }
        };
        match filter {
            Some((filter, found)) => {
                let branches = [found, result.clone(), result];
                self.implied(filter.at, "_?_:_", Style::Global, &branches)
            }
            None => result,
        }
    }

    /// The variables of a loop with their types: with one variable a map gives its keys.
    fn variables(&self, details: &'s Loop, key: Type, value: Type) -> Vec<(&'s str, Type)> {
        let is_list = matches!(self.types.of(&details.range), Type::List(_));
        match &details.second {
            Some(second) => vec![(&*details.variable, key), (&**second, value)],
            None if is_list => vec![(&*details.variable, value)],
            None => vec![(&*details.variable, key)],
        }
    }

    pub(super) fn optional_map(
        &mut self,
        node: &Syntax,
        operand: &'s Syntax,
        (name, body): (&'s str, &'s Syntax),
        form: OptionalForm,
    ) -> Type {
        let operand = self.check(operand);
        self.implied(node.at, "hasValue", Style::Member, std::slice::from_ref(&operand));
        let value = self.implied(node.at, "value", Style::Member, &[operand]);
        let body = self.within(&[(name, value)], body);
        let (then, none) = if form == OptionalForm::FlatMap {
            (body, Type::optional(self.mapping.fresh()))
        } else {
            (Type::optional(body), Type::optional(self.mapping.fresh()))
        };
        self.implied(node.at, "_?_:_", Style::Global, &[Type::Bool, then, none])
    }

    pub(super) fn sort_by(
        &mut self,
        node: &Syntax,
        list: &'s Syntax,
        (name, key): (&'s str, &'s Syntax),
    ) -> Type {
        let found = self.check(list);
        let element = match &found {
            Type::List(element) => (**element).clone(),
            Type::Map(entry) => entry.0.clone(),
            Type::Dyn | Type::Error => Type::Dyn,
            Type::Variable(_) => {
                self.mapping.assign(&Type::Dyn, &found);
                Type::Dyn
            }
            other => {
                let message = format!(
                    "expression of type '{other}' cannot be range of a comprehension (must be \
                     list, map, or dynamic)"
                );
                self.report(list.at, message)
            }
        };
        let keys = Type::list(self.within(&[(name, element)], key));
        self.implied(node.at, "@sortByAssociatedKeys", Style::Member, &[found, keys])
    }
}
