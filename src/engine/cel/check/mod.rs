//! The static checker: every expression has a type, or there is an issue.
//!
//! This is cel-go's algorithm over the tree as written, so that policies are refused exactly where
//! Cerbos refuses them. `attr`, claims, `V`, `C` and `G` are `dyn`, which fits everywhere.

mod constants;
mod loops;

use std::collections::HashMap;

use super::{
    Issue,
    fold::{Folded, Folds},
    functions::{self, Group, Overload},
    message,
    parse::position,
    signature::Style,
    syntax::{Entry, Kind, Syntax},
    types::{self, Type},
    unify::Mapping,
};

/// What is known of every node, by its id.
#[derive(Debug, Default)]
pub(super) struct Types {
    types: Vec<Option<Type>>,
    /// Of calls that only one overload fits: that one.
    only: HashMap<usize, &'static Overload>,
}

/// What a call means.
struct Resolved {
    result: Type,
    only: Option<&'static Overload>,
}

pub(super) struct Checker<'s> {
    source: &'s str,
    folds: &'s Folds,
    mapping: Mapping,
    scope: Vec<(&'s str, Type)>,
    types: Types,
    /// With the place of each.
    issues: Vec<(usize, Issue)>,
}

/// Checks an expression, as it is once this is folded.
///
/// # Errors
/// All issues, in the order of their places.
pub(super) fn check(syntax: &Syntax, source: &str, folds: &Folds) -> Result<Types, Vec<Issue>> {
    let mut checker = Checker {
        source,
        folds,
        mapping: Mapping::default(),
        scope: Vec::new(),
        types: Types::default(),
        issues: Vec::new(),
    };
    checker.check(syntax);
    let Checker { mapping, mut types, mut issues, .. } = checker;
    issues.sort_by_key(|(at, _)| *at);
    if !issues.is_empty() {
        return Err(issues.into_iter().map(|(_, issue)| issue).collect());
    }
    for found in types.types.iter_mut().flatten() {
        *found = mapping.resolve(found);
    }
    Ok(types)
}

/// What a top-level name is, by its type.
pub(super) fn global(name: &str) -> Option<Type> {
    Some(match name {
        "request" => Type::Message(message::REQUEST),
        "P" => Type::Message(message::PRINCIPAL),
        "R" => Type::Message(message::RESOURCE),
        "runtime" => Type::Message(message::RUNTIME),
        "variables" | "V" | "constants" | "C" | "globals" | "G" => Type::Opaque(types::VARIABLES),
        _ => return None,
    })
}

// === impl Types ===

impl Types {
    pub(super) fn of(&self, node: &Syntax) -> &Type {
        self.types.get(node.id).and_then(Option::as_ref).unwrap_or(&Type::Dyn)
    }

    /// The only overload that a call can mean.
    pub(super) fn only(&self, node: &Syntax) -> Option<&'static Overload> {
        self.only.get(&node.id).copied()
    }

    fn set(&mut self, node: &Syntax, found: Type) {
        if self.types.len() <= node.id {
            self.types.resize(node.id + 1, None);
        }
        if let Some(place) = self.types.get_mut(node.id) {
            *place = Some(found);
        }
    }
}

// === impl Checker ===

impl<'s> Checker<'s> {
    fn check(&mut self, node: &'s Syntax) -> Type {
        let found = match (self.folds.of(node), &node.kind) {
            (Some(Folded::Constant(constant)), _) => self.constant(constant),
            (Some(Folded::Shape(shape)), _) => self.shape(shape),
            (Some(Folded::Argument(index)), Kind::Call { args, .. }) => {
                args.get(*index).map_or(Type::Error, |argument| self.check(argument))
            }
            (Some(Folded::Nothing), Kind::OptionalMap { operand, .. }) => {
                self.check(operand);
                Type::Optional(Box::new(self.mapping.fresh()))
            }
            (_, _) => self.type_of(node),
        };
        let found = self.mapping.resolve(&found);
        self.types.set(node, found.clone());
        found
    }

    fn type_of(&mut self, node: &'s Syntax) -> Type {
        match &node.kind {
            Kind::Literal(literal) => self.constant(literal),
            Kind::Name(name) => self.name(node, name),
            Kind::Select { operand, field } => self.select(node, operand, field),
            Kind::Has { operand, field } => {
                self.member(node, operand, field);
                Type::Bool
            }
            Kind::OptionalSelect { operand, field } => {
                let (inner, _) = self.member(node, operand, field).unwrap_optional();
                Type::optional(inner)
            }
            Kind::Call { name, target, args } => self.call(node, name, target.as_deref(), args),
            Kind::List(elements) => {
                let mut joined = None;
                for element in elements {
                    let found = if element.optional {
                        self.optional_entry(&element.value)
                    } else {
                        self.check(&element.value)
                    };
                    joined = Some(self.mapping.join(joined, found));
                }
                Type::list(joined.unwrap_or_else(|| self.mapping.fresh()))
            }
            Kind::Map(entries) => self.map(entries),
            Kind::Loop(details) => self.loop_type(details),
            Kind::Bind { name, value, body } => {
                let value = self.check(value);
                self.within(&[(name, value)], body)
            }
            Kind::OptionalMap { operand, name, body, form } => {
                self.optional_map(node, operand, (name, body), *form)
            }
            Kind::SortBy { list, name, key } => self.sort_by(node, list, (name, key)),
        }
    }

    fn report(&mut self, at: usize, message: String) -> Type {
        let position = Some(position(self.source, at));
        self.issues.push((at, Issue::Invalid { position, message }));
        Type::Error
    }

    fn within(&mut self, variables: &[(&'s str, Type)], body: &'s Syntax) -> Type {
        self.scope.extend_from_slice(variables);
        let found = self.check(body);
        self.scope.truncate(self.scope.len() - variables.len());
        found
    }

    fn is_local(&self, name: &str) -> bool {
        self.scope.iter().any(|(local, _)| *local == name)
    }

    fn name(&mut self, node: &Syntax, name: &str) -> Type {
        if let Some((_, found)) = self.scope.iter().rev().find(|(local, _)| *local == name) {
            return found.clone();
        }
        let outer = name.strip_prefix('.').unwrap_or(name);
        let named = || Type::named(outer).map(|(_, named)| Type::Meta(Box::new(named)));
        match global(outer).or_else(named) {
            Some(found) => found,
            None => self.undeclared(node.at, name),
        }
    }

    fn undeclared(&mut self, at: usize, name: &str) -> Type {
        self.report(at, format!("undeclared reference to '{name}' (in container '')"))
    }

    fn select(&mut self, node: &'s Syntax, operand: &'s Syntax, field: &str) -> Type {
        if let Some(name) = node.qualified_name() {
            let name = name.strip_prefix('.').unwrap_or(&name);
            let first = name.split('.').next().unwrap_or_default();
            if !self.is_local(first)
                && let Some((_, named)) = Type::named(name)
            {
                return Type::Meta(Box::new(named));
            }
        }
        self.member(node, operand, field)
    }

    /// The type of `operand.field`; optional if the operand is.
    fn member(&mut self, node: &Syntax, operand: &'s Syntax, field: &str) -> Type {
        let (found, optional) = self.check(operand).unwrap_optional();
        let member = match found {
            Type::Map(entry) => entry.1,
            Type::Message(name) => match message::field_type(name, field) {
                Some(found) => found,
                None => self.report(node.at, format!("undefined field '{field}'")),
            },
            Type::Opaque(types::VARIABLES) | Type::Error | Type::Dyn => Type::Dyn,
            Type::Variable(_) => {
                self.mapping.assign(&Type::Dyn, &found);
                Type::Dyn
            }
            other => {
                self.report(node.at, format!("type '{other}' does not support field selection"))
            }
        };
        if optional { Type::optional(member) } else { member }
    }

    /// The type of what `?value` adds to a list or a map.
    fn optional_entry(&mut self, value: &'s Syntax) -> Type {
        let (inner, was_optional) = self.check(value).unwrap_optional();
        if !was_optional && !inner.is_dyn_or_error() {
            let wanted = Type::optional(inner.clone());
            self.mismatch(value.at, &wanted, &inner);
        }
        inner
    }

    fn mismatch(&mut self, at: usize, wanted: &Type, found: &Type) -> Type {
        let found = self.mapping.resolve(found);
        self.report(at, format!("expected type '{wanted}' but found '{found}'"))
    }

    fn map(&mut self, entries: &'s [Entry]) -> Type {
        let (mut keys, mut values) = (None, None);
        for entry in entries {
            let key = self.check(&entry.key);
            keys = Some(self.mapping.join(keys, key));
            let value = if entry.optional {
                self.optional_entry(&entry.value)
            } else {
                self.check(&entry.value)
            };
            values = Some(self.mapping.join(values, value));
        }
        let key = keys.unwrap_or_else(|| self.mapping.fresh());
        let value = values.unwrap_or_else(|| self.mapping.fresh());
        Type::map(key, value)
    }

    fn call(
        &mut self,
        node: &Syntax,
        name: &str,
        target: Option<&'s Syntax>,
        args: &'s [Syntax],
    ) -> Type {
        let found: Vec<Type> = args.iter().map(|arg| self.check(arg)).collect();
        let Some(target) = target else {
            let name = name.strip_prefix('.').unwrap_or(name);
            if matches!(name, "_&&_" | "_||_") {
                return self.logic(args, &found);
            }
            return match functions::find(name) {
                Some(groups) => self.resolve_call(node, groups, Style::Global, &found),
                None => self.undeclared(node.at, name),
            };
        };
        if let Some(groups) = namespaced(target, name) {
            return self.resolve_call(node, groups, Style::Global, &found);
        }
        let receiver = self.check(target);
        match functions::find(name) {
            Some(groups) => {
                let found: Vec<Type> = std::iter::once(receiver).chain(found).collect();
                self.resolve_call(node, groups, Style::Member, &found)
            }
            None => self.undeclared(node.at, name),
        }
    }

    fn resolve_call(
        &mut self,
        node: &Syntax,
        groups: &'static [Group],
        style: Style,
        found: &[Type],
    ) -> Type {
        let Resolved { result, only } = self.resolve(node.at, groups, style, found);
        self.types.only.extend(only.map(|overload| (node.id, overload)));
        result
    }

    fn logic(&mut self, args: &[Syntax], found: &[Type]) -> Type {
        let mut result = Type::Bool;
        for (arg, found) in args.iter().zip(found) {
            if !self.mapping.assign(found, &Type::Bool) {
                result = self.mismatch(arg.at, &Type::Bool, found);
            }
        }
        result
    }

    /// The result of a call: that of the overloads that fit, `dyn` if they do not agree.
    fn resolve(
        &mut self,
        at: usize,
        groups: &'static [Group],
        style: Style,
        found: &[Type],
    ) -> Resolved {
        let mut result: Option<Type> = None;
        let mut fitting: Vec<&'static Overload> = Vec::new();
        let overloads = groups.iter().filter(|group| group.style == style);
        for overload in overloads.flat_map(|group| &group.overloads) {
            let signature = &overload.signature;
            let base = self.mapping.reserve(signature.variables);
            let parameters: Vec<Type> = signature
                .parameters
                .iter()
                .map(|parameter| self.mapping.instantiate(parameter, base))
                .collect();
            if !self.mapping.assign_all(found, &parameters) {
                continue;
            }
            let declared = self.mapping.instantiate(&signature.result, base);
            let declared = self.mapping.resolve(&declared);
            fitting.push(overload);
            result = Some(match result {
                None => declared,
                Some(previous) if previous == declared || previous == Type::Dyn => previous,
                Some(_) => Type::Dyn,
            });
        }
        let name = groups.first().map_or("", |group| group.name);
        let result = result.unwrap_or_else(|| self.no_overload(at, name, style, found));
        let only = if let [only] = *fitting { Some(only) } else { None };
        Resolved { result, only }
    }

    fn no_overload(&mut self, at: usize, name: &str, style: Style, found: &[Type]) -> Type {
        let mut texts = found.iter().map(|found| self.mapping.resolve(found).to_string());
        let receiver = match style {
            Style::Member => format!("{}.", texts.next().unwrap_or_default()),
            Style::Global => String::new(),
        };
        let arguments = texts.collect::<Vec<_>>().join(", ");
        let applied = format!("{receiver}({arguments})");
        self.report(at, format!("found no matching overload for '{name}' applied to '{applied}'"))
    }

    /// Checks a call that a macro stands for.
    fn implied(&mut self, at: usize, name: &str, style: Style, found: &[Type]) -> Type {
        match functions::find(name) {
            Some(groups) => self.resolve(at, groups, style, found).result,
            None => self.undeclared(at, name),
        }
    }
}

/// The functions `a.b.name`, if that is the name of one.
pub(super) fn namespaced(target: &Syntax, name: &str) -> Option<&'static [Group]> {
    let prefix = target.qualified_name()?;
    functions::find(&format!("{}.{name}", prefix.strip_prefix('.').unwrap_or(&prefix)))
}
