//! Literals that can only fail: refused when the expression is compiled, as cel-go's validators do.

use super::{
    Issue,
    check::{Types, namespaced},
    constant::Constant,
    duration,
    fold::{Folded, Folds},
    functions::{check_format, parse_cidr, parse_ip},
    parse::issue,
    regex::Pattern,
    syntax::{Kind, Syntax},
    time::Moment,
    types::Type,
};

/// An expression that was checked, as it is once it is folded.
#[derive(Clone, Copy)]
pub(super) struct Checked<'c> {
    pub types: &'c Types,
    pub folds: &'c Folds,
}

/// A node, as far as it was not folded.
enum Left<'c> {
    Constant(&'c Constant),
    Syntax(&'c Syntax),
}

/// All issues with the literal arguments of an expression.
pub(super) fn validate(syntax: &Syntax, source: &str, checked: Checked<'_>) -> Vec<Issue> {
    let mut found = Vec::new();
    let mut left = vec![syntax];
    while let Some(node) = left.pop() {
        let Left::Syntax(node) = checked.left(node) else { continue };
        if let Kind::Call { name, target, args } = &node.kind
            && let Some((at, message)) = checked.problem(name, target.as_deref(), args)
        {
            found.push((at, message));
        }
        left.extend(checked.parts(node));
    }
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(at, message)| issue(source, Some(at), message)).collect()
}

// === impl Checked ===

impl<'c> Checked<'c> {
    fn left(self, node: &'c Syntax) -> Left<'c> {
        match (self.folds.of(node), &node.kind) {
            (Some(Folded::Constant(constant)), _) | (_, Kind::Literal(constant)) => {
                Left::Constant(constant)
            }
            (Some(Folded::Argument(index)), Kind::Call { args, .. }) => {
                args.get(*index).map_or(Left::Syntax(node), |argument| self.left(argument))
            }
            (Some(Folded::Nothing), Kind::OptionalMap { operand, .. }) => self.left(operand),
            _ => Left::Syntax(node),
        }
    }

    fn problem(
        self,
        name: &str,
        target: Option<&'c Syntax>,
        args: &'c [Syntax],
    ) -> Option<(usize, String)> {
        let first = args.first()?;
        if target.is_some_and(|target| namespaced(target, name).is_some()) {
            return None;
        }
        if name == "format" {
            return self.format_problem(target?, first);
        }
        let Left::Constant(literal) = self.left(first) else { return None };
        let invalid = match (name, target, literal) {
            ("duration" | "timestamp", None, Constant::Null) => true,
            ("duration", None, Constant::String(text)) => duration::parse(text).is_none(),
            ("timestamp", None, Constant::String(text)) => Moment::parse(text).is_err(),
            ("timestamp", None, Constant::Int(seconds)) => Moment::from_seconds(*seconds).is_none(),
            ("matches", _, Constant::String(text)) => Pattern::new(text).is_err(),
            ("ip", None, Constant::String(text)) => {
                return parse_ip(text)
                    .err()
                    .map(|why| (first.at, format!("invalid ip argument: {why}")));
            }
            ("cidr", None, Constant::String(text)) => {
                return parse_cidr(text)
                    .err()
                    .map(|why| (first.at, format!("invalid cidr argument: {why}")));
            }
            _ => false,
        };
        invalid.then(|| (first.at, format!("invalid {name} argument")))
    }

    fn format_problem(self, target: &'c Syntax, list: &'c Syntax) -> Option<(usize, String)> {
        let Left::Constant(Constant::String(format)) = self.left(target) else { return None };
        let types: Vec<_> = match self.left(list) {
            Left::Constant(Constant::List(items)) => items.iter().map(shown_constant).collect(),
            Left::Syntax(Syntax { kind: Kind::List(elements), .. }) => {
                elements.iter().map(|element| self.shown(&element.value)).collect()
            }
            _ => return None,
        };
        check_format(format, &types).err().map(|why| (target.at, why))
    }

    /// The type of an argument, and those of what it shows if it is a literal: `%s` looks into lists
    /// and maps.
    fn shown(self, argument: &'c Syntax) -> Vec<Type> {
        let node = match self.left(argument) {
            Left::Constant(constant) => return shown_constant(constant),
            Left::Syntax(node) => node,
        };
        let mut found = vec![self.types.of(argument).clone()];
        if matches!(node.kind, Kind::List(_) | Kind::Map(_)) {
            found.extend(self.parts(node).into_iter().flat_map(|part| self.shown(part)));
        }
        found
    }

    fn parts(self, node: &'c Syntax) -> Vec<&'c Syntax> {
        match &node.kind {
            Kind::Literal(_) | Kind::Name(_) => vec![],
            Kind::Select { operand, .. }
            | Kind::OptionalSelect { operand, .. }
            | Kind::Has { operand, .. } => vec![operand],
            Kind::Call { target, args, .. } => target.as_deref().into_iter().chain(args).collect(),
            Kind::List(elements) => elements.iter().map(|element| &element.value).collect(),
            Kind::Map(entries) => {
                entries.iter().flat_map(|entry| [&entry.key, &entry.value]).collect()
            }
            Kind::Loop(details) if self.folds.excludes_all(details) => vec![&details.range],
            Kind::Loop(details) => {
                let all = [Some(&details.range), details.filter.as_ref(), Some(&details.body)];
                all.into_iter().flatten().collect()
            }
            Kind::Bind { value: first, body: second, .. }
            | Kind::OptionalMap { operand: first, body: second, .. }
            | Kind::SortBy { list: first, key: second, .. } => vec![first, second],
        }
    }
}

fn shown_constant(constant: &Constant) -> Vec<Type> {
    let any = || Type::Dyn;
    let (own, parts): (Type, Vec<&Constant>) = match constant {
        Constant::List(items) => (Type::list(any()), items.iter().collect()),
        Constant::Map(entries) => {
            let parts = entries.iter().flat_map(|(key, value)| [key, value]);
            (Type::map(any(), any()), parts.collect())
        }
        scalar => (scalar.scalar_type(), Vec::new()),
    };
    std::iter::once(own).chain(parts.into_iter().flat_map(shown_constant)).collect()
}
