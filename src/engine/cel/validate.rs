//! Literals that can only fail: refused when the expression is compiled, as cel-go's validators do.

use super::{
    Issue,
    check::{Types, namespaced},
    constant::Constant,
    duration,
    functions::{check_format, parse_cidr, parse_ip},
    parse::issue,
    regex::Pattern,
    syntax::{Kind, Syntax},
    time::Moment,
    types::Type,
};

/// All issues with the literal arguments of an expression that was checked.
pub(super) fn validate(syntax: &Syntax, source: &str, types: &Types) -> Vec<Issue> {
    let mut found = Vec::new();
    let mut left = vec![syntax];
    while let Some(node) = left.pop() {
        if let Kind::Call { name, target, args } = &node.kind
            && let Some((at, message)) = problem(name, target.as_deref(), args, types)
        {
            found.push((at, message));
        }
        left.extend(parts(node));
    }
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(at, message)| issue(source, Some(at), message)).collect()
}

fn problem(
    name: &str,
    target: Option<&Syntax>,
    args: &[Syntax],
    types: &Types,
) -> Option<(usize, String)> {
    let first = args.first()?;
    if target.is_some_and(|target| namespaced(target, name).is_some()) {
        return None;
    }
    if name == "format" {
        return format_problem(target?, first, types);
    }
    let Kind::Literal(literal) = &first.kind else { return None };
    let invalid = match (name, target, literal) {
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

fn format_problem(target: &Syntax, list: &Syntax, types: &Types) -> Option<(usize, String)> {
    let (Kind::Literal(Constant::String(format)), Kind::List(elements)) =
        (&target.kind, &list.kind)
    else {
        return None;
    };
    let types: Vec<_> = elements.iter().map(|element| shown(&element.value, types)).collect();
    check_format(format, &types).err().map(|why| (target.at, why))
}

/// The type of an argument, and those of what it shows if it is a literal: `%s` looks into lists
/// and maps.
fn shown<'t>(argument: &Syntax, types: &'t Types) -> Vec<&'t Type> {
    let mut found = vec![types.of(argument)];
    if matches!(argument.kind, Kind::List(_) | Kind::Map(_)) {
        found.extend(parts(argument).into_iter().flat_map(|part| shown(part, types)));
    }
    found
}

fn parts(node: &Syntax) -> Vec<&Syntax> {
    match &node.kind {
        Kind::Literal(_) | Kind::Name(_) => vec![],
        Kind::Select { operand, .. }
        | Kind::OptionalSelect { operand, .. }
        | Kind::Has { operand, .. } => vec![operand],
        Kind::Call { target, args, .. } => target.as_deref().into_iter().chain(args).collect(),
        Kind::List(elements) => elements.iter().map(|element| &element.value).collect(),
        Kind::Map(entries) => entries.iter().flat_map(|entry| [&entry.key, &entry.value]).collect(),
        Kind::Loop(details) => {
            let all = [Some(&details.range), details.filter.as_ref(), Some(&details.body)];
            all.into_iter().flatten().collect()
        }
        Kind::Bind { value: first, body: second, .. }
        | Kind::OptionalMap { operand: first, body: second, .. }
        | Kind::SortBy { list: first, key: second, .. } => vec![first, second],
    }
}
