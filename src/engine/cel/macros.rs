//! Calls that are macros: they bind names, or look at the form of their arguments.
//!
//! A call with another number of arguments is left alone: it is a call of an unknown function.

use super::{
    parse::Converter,
    syntax::{Kind, Loop, LoopKind, OptionalForm, Syntax},
};

/// A call as written.
pub(super) struct Written {
    pub name: String,
    pub target: Option<Syntax>,
    pub args: Vec<Syntax>,
}

/// The node for a call: that of a macro, or the call.
pub(super) fn expand(converter: &mut Converter<'_>, at: usize, call: Written) -> Kind {
    let Written { name, target, args } = call;
    let namespace = match target.as_ref().map(|target| &target.kind) {
        Some(Kind::Name(name)) => name.as_str(),
        _ => "",
    };
    match (name.as_str(), target.is_some(), args.len()) {
        ("has", false, 1) => has(converter, args),
        ("bind", true, 3) if namespace == "cel" => bind(converter, args),
        ("greatest" | "least", true, _) if namespace == "math" => {
            let at = target.map_or(at, |target| target.at);
            extremum(converter, at, &name, args)
        }
        ("optMap" | "optFlatMap", true, 2) => optional_map(converter, target, &name, args),
        ("sortBy", true, 2) => sort_by(converter, target, args),
        (_, true, count) => match loop_kind(&name, count) {
            Some(form) => expand_loop(converter, target, form, args),
            None => Kind::Call { name, target: target.map(Box::new), args },
        },
        _ => Kind::Call { name, target: target.map(Box::new), args },
    }
}

/// Which loop a call is, and how many variables it has.
fn loop_kind(name: &str, arguments: usize) -> Option<(LoopKind, usize)> {
    Some(match (name, arguments) {
        ("all", 2) => (LoopKind::All, 1),
        ("all", 3) => (LoopKind::All, 2),
        ("exists", 2) => (LoopKind::Exists, 1),
        ("exists", 3) => (LoopKind::Exists, 2),
        ("exists_one", 2) => (LoopKind::ExistsOne, 1),
        ("exists_one" | "existsOne", 3) => (LoopKind::ExistsOne, 2),
        ("filter", 2) => (LoopKind::Filter, 1),
        ("map", 2 | 3) => (LoopKind::Map, 1),
        ("transformList", 3 | 4) => (LoopKind::TransformList, 2),
        ("transformMap", 3 | 4) => (LoopKind::TransformMap, 2),
        ("transformMapEntry", 3 | 4) => (LoopKind::TransformMapEntry, 2),
        _ => return None,
    })
}

fn expand_loop(
    converter: &mut Converter<'_>,
    range: Option<Syntax>,
    (kind, variables): (LoopKind, usize),
    args: Vec<Syntax>,
) -> Kind {
    let mut args = args.into_iter();
    let mut names = Vec::with_capacity(variables);
    for variable in args.by_ref().take(variables) {
        let Kind::Name(name) = variable.kind else {
            let message = match kind {
                LoopKind::Map | LoopKind::Filter => "argument is not an identifier",
                _ => "argument must be a simple name",
            };
            return converter.refuse(variable.at, message);
        };
        // A name that nothing can refer to, but `filter` does.
        if name.starts_with('.') && kind == LoopKind::Filter {
            return converter.refuse(variable.at, unknown(&name));
        }
        let name = name.replace('.', "@");
        if names.contains(&name) {
            return converter.refuse(variable.at, format!("duplicate variable name: {name}"));
        }
        if name == "__result__" {
            let message = "iteration variable overwrites accumulator variable";
            return converter.refuse(variable.at, message);
        }
        names.push(name);
    }
    let second = if variables == 2 { names.pop() } else { None };
    let mut rest: Vec<Syntax> = args.collect();
    let body = rest.pop();
    let (Some(variable), Some(range), Some(body)) = (names.pop(), range, body) else {
        return converter.refuse(0, "incomplete macro");
    };
    Kind::Loop(Box::new(Loop { kind, range, variable, second, filter: rest.pop(), body }))
}

fn unknown(name: &str) -> String {
    format!("undeclared reference to '{name}' (in container '')")
}

fn has(converter: &mut Converter<'_>, mut args: Vec<Syntax>) -> Kind {
    match args.pop() {
        Some(Syntax { kind: Kind::Select { operand, field }, .. }) => Kind::Has { operand, field },
        other => {
            let at = other.map_or(0, |argument| argument.at);
            converter.refuse(at, "invalid argument to has() macro")
        }
    }
}

fn bind(converter: &mut Converter<'_>, args: Vec<Syntax>) -> Kind {
    let Ok([name, value, body]) = <[Syntax; 3]>::try_from(args) else {
        return converter.refuse(0, "incomplete macro");
    };
    match name.kind {
        Kind::Name(written) if written.starts_with('.') => {
            converter.refuse(name.at, unknown(&written))
        }
        Kind::Name(name) => Kind::Bind { name, value: Box::new(value), body: Box::new(body) },
        _ => converter.refuse(name.at, "cel.bind() variable names must be simple identifiers"),
    }
}

fn optional_map(
    converter: &mut Converter<'_>,
    operand: Option<Syntax>,
    macro_name: &str,
    args: Vec<Syntax>,
) -> Kind {
    let (Some(operand), Ok([name, body])) = (operand, <[Syntax; 2]>::try_from(args)) else {
        return converter.refuse(0, "incomplete macro");
    };
    let Kind::Name(variable) = name.kind else {
        let message = format!("{macro_name}() variable name must be a simple identifier");
        return converter.refuse(name.at, message);
    };
    if variable.starts_with('.') {
        return converter.refuse(name.at, unknown(&variable));
    }
    Kind::OptionalMap {
        operand: Box::new(operand),
        name: variable,
        body: Box::new(body),
        form: if macro_name == "optMap" { OptionalForm::Map } else { OptionalForm::FlatMap },
    }
}

fn sort_by(converter: &mut Converter<'_>, list: Option<Syntax>, args: Vec<Syntax>) -> Kind {
    let (Some(list), Ok([name, key])) = (list, <[Syntax; 2]>::try_from(args)) else {
        return converter.refuse(0, "incomplete macro");
    };
    if matches!(list.kind, Kind::Literal(_) | Kind::Map(_)) {
        let message = "sortBy can only be applied to a list, identifier, comprehension, call or \
                       select expression";
        return converter.refuse(list.at, message);
    }
    let Kind::Name(name) = name.kind else {
        return converter.refuse(name.at, "argument is not an identifier");
    };
    Kind::SortBy { list: Box::new(list), name, key: Box::new(key) }
}

/// `math.greatest` and `math.least` take any number of arguments, or one list.
fn extremum(converter: &mut Converter<'_>, at: usize, name: &str, args: Vec<Syntax>) -> Kind {
    let internal = if name == "greatest" { "math.@max" } else { "math.@min" };
    let listed = matches!(args.as_slice(), [Syntax { kind: Kind::List(elements), .. }]
        if !elements.is_empty() && elements.iter().all(|element| may_be_number(&element.value)));
    if args.is_empty() {
        let message = format!("math.{name}() requires at least one argument");
        return converter.refuse(at, message);
    }
    let wrong = args.iter().find(|arg| !may_be_number(arg));
    if let (false, Some(wrong)) = (listed, wrong) {
        let message = if args.len() == 1 {
            format!("math.{name}() invalid single argument value")
        } else {
            format!("math.{name}() simple literal arguments must be numeric")
        };
        return converter.refuse(wrong.at, message);
    }
    let args = if args.len() > 2 {
        let elements =
            args.into_iter().map(|value| super::syntax::Element { optional: false, value });
        vec![Syntax { ..converter.node(at, Kind::List(elements.collect())) }]
    } else {
        args
    };
    Kind::Call { name: internal.to_owned(), target: None, args }
}

fn may_be_number(arg: &Syntax) -> bool {
    use super::constant::Constant;
    match &arg.kind {
        Kind::Literal(literal) => {
            matches!(literal, Constant::Int(_) | Constant::Uint(_) | Constant::Double(_))
        }
        Kind::List(_) | Kind::Map(_) => false,
        _ => true,
    }
}
