//! [`Syntax`] → [`Node`]: names become what they read, calls become functions, constants fold.

use std::collections::BTreeMap;

use super::{
    Names,
    check::namespaced,
    constant::Constant,
    early::{self, Early},
    fold::{self, Membership},
    functions,
    horizon::Moving,
    message,
    node::{self, Alternative, Call, Key, Kind, Node, Path, Root},
    regex::Pattern,
    signature::Style,
    syntax::{self, Syntax},
    types::Type,
    undefined::Namespace,
};
use crate::engine::model::Value;

pub(super) struct Lowered {
    pub root: Node,
    /// How many variables its macros bind.
    pub locals: usize,
    /// What they are called, by slot.
    pub local_names: Vec<Box<str>>,
    /// The slots of those that are called as the variables or constants of a policy are.
    pub shadows: Vec<(usize, Namespace)>,
}

/// Lowers an expression that was checked.
pub(super) fn lower(syntax: Syntax, names: &Names) -> Lowered {
    // With one instant a request, the clock makes no expression less constant; but Cerbos leaves
    // expressions alone that mention it.
    let membership = if mentions_clock(&syntax) { Membership::Kept } else { Membership::Folded };
    let (scope, shadows) = (Vec::new(), Vec::new());
    let local_names = Vec::new();
    let mut lowering = Lowering { names, scope, local_names, shadows, membership };
    let root = lowering.node(syntax);
    let Lowering { local_names, shadows, .. } = lowering;
    Lowered { root, locals: local_names.len(), local_names, shadows }
}

struct Lowering<'n> {
    names: &'n Names,
    scope: Vec<(String, usize)>,
    local_names: Vec<Box<str>>,
    shadows: Vec<(usize, Namespace)>,
    membership: Membership,
}

fn mentions_clock(syntax: &Syntax) -> bool {
    use syntax::Kind as Written;
    match &syntax.kind {
        Written::Literal(_) | Written::Name(_) => false,
        Written::Select { operand, .. }
        | Written::OptionalSelect { operand, .. }
        | Written::Has { operand, .. } => mentions_clock(operand),
        Written::Call { name, target, args } => {
            matches!(name.as_str(), "now" | "timeSince")
                || target.as_ref().is_some_and(|target| mentions_clock(target))
                || args.iter().any(mentions_clock)
        }
        Written::List(elements) => elements.iter().any(|element| mentions_clock(&element.value)),
        Written::Map(entries) => {
            entries.iter().any(|entry| mentions_clock(&entry.key) || mentions_clock(&entry.value))
        }
        Written::Loop(details) => {
            mentions_clock(&details.range)
                || details.filter.as_ref().is_some_and(mentions_clock)
                || mentions_clock(&details.body)
        }
        Written::Bind { value: first, body: second, .. }
        | Written::OptionalMap { operand: first, body: second, .. }
        | Written::SortBy { list: first, key: second, .. } => {
            mentions_clock(first) || mentions_clock(second)
        }
    }
}

// === impl Lowering ===

impl Lowering<'_> {
    fn node(&mut self, syntax: Syntax) -> Node {
        let kind = self.kind(syntax);
        fold::fold(Node { kind }, self.membership)
    }

    fn boxed(&mut self, syntax: Syntax) -> Box<Node> {
        Box::new(self.node(syntax))
    }

    fn kind(&mut self, syntax: Syntax) -> Kind {
        use syntax::Kind as Written;
        if let Some(path) = self.path(&syntax) {
            return path;
        }
        match syntax.kind {
            Written::Literal(literal) => Kind::Constant(literal),
            Written::Name(name) => self.name(&name),
            Written::Select { operand, field } => {
                Kind::Select { operand: self.boxed(*operand), field: field.into() }
            }
            Written::OptionalSelect { operand, field } => {
                Kind::OptionalSelect { operand: self.boxed(*operand), field: field.into() }
            }
            Written::Has { operand, field } => self.has(*operand, &field),
            Written::Call { name, target, args } => self.call(&name, target, args),
            Written::List(elements) => Kind::List(
                elements
                    .into_iter()
                    .map(|syntax::Element { optional, value }| node::Element {
                        optional,
                        value: self.node(value),
                    })
                    .collect(),
            ),
            Written::Map(entries) => Kind::Map(
                entries
                    .into_iter()
                    .map(|syntax::Entry { optional, key, value }| node::Entry {
                        optional,
                        key: self.node(key),
                        value: self.node(value),
                    })
                    .collect(),
            ),
            Written::Loop(details) => self.loop_node(*details),
            Written::Bind { name, value, body } => {
                let value = self.node(*value);
                let (slot, body) = self.within(name, *body);
                Kind::Bind { slot, parts: Box::new([value, body]) }
            }
            Written::OptionalMap { operand, name, body, form } => {
                let operand = self.node(*operand);
                let (slot, body) = self.within(name, *body);
                Kind::OptionalMap { slot, parts: Box::new([operand, body]), form }
            }
            Written::SortBy { list, name, key } => {
                let list = self.node(*list);
                let (slot, key) = self.within(name, *key);
                Kind::SortBy { slot, parts: Box::new([list, key]) }
            }
        }
    }

    fn slot(&mut self, name: String) -> usize {
        let slot = self.local_names.len();
        self.local_names.push(name.as_str().into());
        self.shadows.extend(Namespace::named(&name).map(|shadowed| (slot, shadowed)));
        self.scope.push((name, slot));
        slot
    }

    fn within(&mut self, name: String, body: Syntax) -> (usize, Node) {
        let slot = self.slot(name);
        let body = self.node(body);
        self.scope.pop();
        (slot, body)
    }

    fn loop_node(&mut self, details: syntax::Loop) -> Kind {
        let syntax::Loop { kind, range, variable, second, filter, body } = details;
        let range = self.node(range);
        let outer = self.scope.len();
        let slot = self.slot(variable);
        let second = second.map(|name| self.slot(name));
        let filter = filter.map(|filter| self.node(filter));
        let body = self.node(body);
        self.scope.truncate(outer);
        Kind::Loop(Box::new(node::Loop { kind, range, slot, second, filter, body }))
    }

    fn local(&self, name: &str) -> Option<usize> {
        self.scope.iter().rev().find(|(local, _)| local == name).map(|(_, slot)| *slot)
    }

    fn name(&self, name: &str) -> Kind {
        match self.local(name) {
            Some(slot) => Kind::Local(slot),
            None => type_constant(name.strip_prefix('.').unwrap_or(name)),
        }
    }

    /// `V.x` is there where its evaluation succeeded, `C.x` always, a field of a message where it
    /// differs from its default.
    fn has(&mut self, operand: Syntax, field: &str) -> Kind {
        if let syntax::Kind::Name(name) = &operand.kind
            && self.local(name).is_none()
            && matches!(name.trim_start_matches('.'), "C" | "constants")
        {
            return constant(&self.names.constants, &[field], Some(Constant::Bool(true)));
        }
        if let syntax::Kind::Name(name) = &operand.kind
            && self.local(name).is_none()
            && matches!(name.trim_start_matches('.'), "V" | "variables")
        {
            let variables = self.names.variables.get_key_value(field);
            let only = variables.map(|(name, slot)| (name.clone(), *slot)).into_iter().collect();
            let operand = Box::new(Node { kind: Kind::AllVariables(only) });
            return Kind::Has { operand, field: field.into() };
        }
        Kind::Has { operand: self.boxed(operand), field: field.into() }
    }

    fn call(&mut self, name: &str, target: Option<Box<Syntax>>, args: Vec<Syntax>) -> Kind {
        let qualified = target.as_ref().and_then(|target| namespaced(target, name));
        if let Some(group) = qualified.and_then(|groups| groups.first()) {
            return self.function(group.name, Style::Global, args);
        }
        match target {
            Some(target) => {
                let args = std::iter::once(*target).chain(args).collect();
                self.function(name, Style::Member, args)
            }
            None => self.function(name.strip_prefix('.').unwrap_or(name), Style::Global, args),
        }
    }

    fn function(&mut self, name: &str, style: Style, args: Vec<Syntax>) -> Kind {
        let early = if style == Style::Global { early::early(name, &args) } else { Early::Never };
        let args: Vec<Node> = args.into_iter().map(|arg| self.node(arg)).collect();
        let args = match (name, style, <[Node; 2]>::try_from(args)) {
            ("_&&_", _, Ok(parts)) => return Kind::And(Box::new(parts)),
            ("_||_", _, Ok(parts)) => return Kind::Or(Box::new(parts)),
            ("or", Style::Member, Ok(parts)) => {
                return Kind::OptionalOr { parts: Box::new(parts), result: Alternative::Optional };
            }
            ("orValue", Style::Member, Ok(parts)) => {
                return Kind::OptionalOr { parts: Box::new(parts), result: Alternative::Value };
            }
            (_, _, Ok(parts)) => parts.into(),
            (_, _, Err(args)) => args,
        };
        let args = match (name, <[Node; 3]>::try_from(args)) {
            ("_?_:_", Ok(parts)) => return Kind::Conditional(Box::new(parts)),
            (_, Ok(parts)) => parts.into(),
            (_, Err(args)) => args,
        };
        let Some(group) = functions::find_group(name, style, args.len()) else {
            // The checker has found one, so this is not reached.
            return Kind::Constant(Constant::Null);
        };
        let pattern = literal_pattern(name, &args).map(Box::new);
        let moving = Moving::of(name, &args);
        Kind::Call(Call { group, args: args.into(), pattern, early, moving })
    }

    /// A name, or a chain of fields, that begins with a global name: `P.attr.dept`.
    fn path(&self, syntax: &Syntax) -> Option<Kind> {
        let (mut keys, mut brackets) = (Vec::new(), Vec::new());
        let mut current = syntax;
        let name = loop {
            match &current.kind {
                syntax::Kind::Select { operand, field } => {
                    keys.push(field.as_str());
                    current = operand;
                }
                // A constant key is as good as a field.
                syntax::Kind::Call { name, target: None, args } if name == "_[_]" => {
                    let [operand, key] = args.as_slice() else { return None };
                    let syntax::Kind::Literal(Constant::String(key)) = &key.kind else {
                        return None;
                    };
                    brackets.push(keys.len());
                    keys.push(key);
                    current = operand;
                }
                syntax::Kind::Name(name) => break name.as_str(),
                _ => return None,
            }
        };
        if self.local(name).is_some() {
            return None;
        }
        keys.reverse();
        let name = name.strip_prefix('.').unwrap_or(name);
        let kind = self.named(name, &keys)?;
        Some(with_brackets(kind, &brackets))
    }

    fn named(&self, name: &str, keys: &[&str]) -> Option<Kind> {
        match name {
            "V" | "variables" => Some(self.variable(keys)),
            "C" | "constants" => Some(constant(&self.names.constants, keys, None)),
            "G" | "globals" => Some(global(keys)),
            "request" | "P" | "R" | "runtime" => Some(message_path(name, keys)),
            _ => {
                let keys = keys.iter().copied();
                let name = std::iter::once(name).chain(keys).collect::<Vec<_>>().join(".");
                Type::named(&name).map(|_| type_constant(&name))
            }
        }
    }

    fn variable(&self, keys: &[&str]) -> Kind {
        let all = &self.names.variables;
        let Some((name, rest)) = keys.split_first() else {
            let all = all.iter().map(|(name, slot)| (name.clone(), *slot));
            return Kind::AllVariables(all.collect());
        };
        let slot = all.get(*name).copied().unwrap_or(usize::MAX);
        path(Root::Variable { slot, name: (*name).into() }, rest)
    }
}

fn type_constant(name: &str) -> Kind {
    Kind::Constant(Constant::Type(Type::named(name).map_or(name, |(name, _)| name).into()))
}

fn path(root: Root, keys: &[&str]) -> Kind {
    let key = |key: &&str| Key { name: (*key).into(), in_brackets: false };
    Kind::Path(Path { root, keys: keys.iter().map(key).collect() })
}

/// Takes down which keys of a path were written in brackets, counted from the last.
fn with_brackets(mut kind: Kind, brackets: &[usize]) -> Kind {
    // The first ones may have become a part of the root.
    if let Kind::Path(path) = &mut kind {
        for (at, key) in path.keys.iter_mut().rev().enumerate() {
            key.in_brackets = brackets.contains(&at);
        }
    }
    kind
}

/// The value of a constant, or `instead` if there is one.
fn constant(
    constants: &BTreeMap<Box<str>, Value>,
    keys: &[&str],
    instead: Option<Constant>,
) -> Kind {
    let Some((name, rest)) = keys.split_first() else {
        let all = constants.iter().map(|(name, value)| (name.clone(), value.clone()));
        return Kind::Constant(Constant::Json(Value::Map(all.collect())));
    };
    let Some(value) = constants.get(*name) else {
        return path(Root::UndefinedConstant((*name).into()), rest);
    };
    let root = Kind::Constant(instead.unwrap_or_else(|| Constant::Json(value.clone())));
    rest.iter().fold(root, |kind, key| Kind::Select {
        operand: Box::new(Node { kind }),
        field: (*key).into(),
    })
}

pub(super) fn global(keys: &[&str]) -> Kind {
    match keys.split_first() {
        Some((name, rest)) => path(Root::Global((*name).into()), rest),
        None => path(Root::Globals, &[]),
    }
}

/// Goes down the fields of the messages as far as they are known.
pub(super) fn message_path(name: &str, keys: &[&str]) -> Kind {
    let mut root = match name {
        "request" => Root::Request,
        "P" => Root::Principal,
        "R" => Root::Resource,
        _ => Root::Runtime,
    };
    let mut rest = keys;
    while let Some((key, below)) = rest.split_first() {
        let Some(field) = message_field(&root, message::canonical(key)) else { break };
        (root, rest) = (field, below);
    }
    path(root, rest)
}

fn message_field(root: &Root, field: &str) -> Option<Root> {
    Some(match (root, field) {
        (Root::Request, "principal") => Root::Principal,
        (Root::Request, "resource") => Root::Resource,
        (Root::Request, "auxData") => Root::AuxData,
        (Root::Principal, "id") => Root::PrincipalId,
        (Root::Principal, "roles") => Root::PrincipalRoles,
        (Root::Principal, "attr") => Root::PrincipalAttributes,
        (Root::Principal, "policyVersion") => Root::PrincipalPolicyVersion,
        (Root::Principal, "scope") => Root::PrincipalScope,
        (Root::Resource, "kind") => Root::ResourceKind,
        (Root::Resource, "id") => Root::ResourceId,
        (Root::Resource, "attr") => Root::ResourceAttributes,
        (Root::Resource, "policyVersion") => Root::ResourcePolicyVersion,
        (Root::Resource, "scope") => Root::ResourceScope,
        (Root::AuxData, "jwt") => Root::Claims,
        (Root::AuxData, "jwts") => Root::NamedTokens,
        (Root::Runtime, "effectiveDerivedRoles") => Root::EffectiveDerivedRoles,
        _ => return None,
    })
}

/// The pattern of a call that takes one, if it is a literal and valid.
fn literal_pattern(name: &str, args: &[Node]) -> Option<Pattern> {
    let takes_pattern =
        matches!(name, "matches" | "regex.extract" | "regex.extractAll" | "regex.replace");
    let Some(Kind::Constant(Constant::String(pattern))) = args.get(1).map(|arg| &arg.kind) else {
        return None;
    };
    if takes_pattern { Pattern::new(pattern).ok() } else { None }
}
