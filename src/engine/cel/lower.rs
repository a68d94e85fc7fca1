//! [`Syntax`] → [`Node`]: names become what they read, calls become functions, constants fold.

use super::{
    Names,
    calls::{self, Callee},
    check::{Types, namespaced},
    early::{self, Early},
    fold::{self, Folded, Folding, Folds, Place},
    hopeless,
    node::{self, Kind, Logic, Node},
    roots,
    signature::Style,
    syntax::{self, LoopKind, Syntax},
    types::Type,
    undefined::Namespace,
};

pub(super) struct Lowered {
    pub root: Node,
    /// How many variables its macros bind.
    pub locals: usize,
    /// What they are called, by slot.
    pub local_names: Vec<Box<str>>,
    /// The slots of those that are called as the variables or constants of a policy are.
    pub shadows: Vec<(usize, Namespace)>,
    /// What was folded.
    pub folds: Folds,
    /// Cerbos gives up folding altogether over what it can make no program of.
    pub gives_up: bool,
}

/// The types of an expression as it was written, and of what folding leaves of it.
#[derive(Clone, Copy)]
pub(super) struct Typed<'t> {
    pub written: &'t Types,
    pub left: &'t Types,
}

/// Lowers an expression that was checked.
pub(super) fn lower(syntax: &Syntax, types: Typed<'_>, names: &Names, folding: Folding) -> Lowered {
    let mut lowering = Lowering {
        types,
        names,
        folding,
        folds: Folds::default(),
        scope: Vec::new(),
        shadows: Vec::new(),
        local_names: Vec::new(),
        macros: 0,
        gives_up: false,
    };
    let root = lowering.node(syntax);
    let gives_up = lowering.gives_up || hopeless::is_impossible_still(&root);
    let Lowering { local_names, shadows, folds, .. } = lowering;
    Lowered { root, locals: local_names.len(), local_names, shadows, folds, gives_up }
}

struct Lowering<'n> {
    types: Typed<'n>,
    names: &'n Names,
    folding: Folding,
    folds: Folds,
    scope: Vec<(&'n str, usize)>,
    shadows: Vec<(usize, Namespace)>,
    local_names: Vec<Box<str>>,
    /// How many macros are around.
    macros: usize,
    gives_up: bool,
}

/// How far Cerbos folds an expression. With one instant a request, the clock makes none less
/// constant; but Cerbos leaves expressions alone that mention it.
pub(super) fn folding(syntax: &Syntax) -> Folding {
    if mentions_clock(syntax) { Folding::Literals } else { Folding::Whole }
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

/// What stands for a variable of this type, if it holds a type.
fn type_variable(held: &Type, name: &str) -> Option<Node> {
    matches!(held, Type::Meta(_)).then(|| Node { kind: Kind::TypeVariable(name.into()) })
}

// === impl Lowering ===

impl<'n> Lowering<'n> {
    fn node(&mut self, syntax: &'n Syntax) -> Node {
        use syntax::Kind as Written;
        let is_macro = matches!(
            syntax.kind,
            Written::Loop(_)
                | Written::Bind { .. }
                | Written::OptionalMap { .. }
                | Written::SortBy { .. }
        );
        self.macros += usize::from(is_macro);
        let kind = self.kind(syntax);
        self.macros -= usize::from(is_macro);
        let node = Node { kind };
        let (node, folded) = match self.folding {
            Folding::Whole if is_macro => {
                self.gives_up |= self.place() == Place::Outside && hopeless::has_no_program(&node);
                fold::fold_macro(node, self.local_names.len(), self.place())
            }
            Folding::Literals if is_macro => (node, None),
            folding => fold::fold(node, folding),
        };
        self.folds.add(syntax, folded);
        node
    }

    fn place(&self) -> Place {
        if self.macros > 0 { Place::InAnother } else { Place::Outside }
    }

    fn boxed(&mut self, syntax: &'n Syntax) -> Box<Node> {
        Box::new(self.node(syntax))
    }

    /// Only what recurses is here: expressions nest deep, and a stack is not large.
    fn kind(&mut self, syntax: &'n Syntax) -> Kind {
        use syntax::Kind as Written;
        if let Some(path) = roots::chain(self.names, |name| self.local(name).is_some(), syntax) {
            return path;
        }
        match &syntax.kind {
            Written::Literal(literal) => Kind::Constant(literal.clone()),
            Written::Name(name) => self.name(name, syntax),
            Written::Select { operand, field } => {
                Kind::Select { operand: self.boxed(operand), field: field.as_str().into() }
            }
            Written::OptionalSelect { operand, field } => {
                Kind::OptionalSelect { operand: self.boxed(operand), field: field.as_str().into() }
            }
            Written::Has { operand, field } => self.has(operand, field),
            Written::Call { name, target, args } => {
                self.call(syntax, name, target.as_deref(), args)
            }
            Written::List(elements) => self.list(elements),
            Written::Map(entries) => self.map(entries),
            Written::Loop(details) => self.loop_node(details),
            Written::Bind { name, value, body } => {
                let named = type_variable(self.types.left.of(value), name);
                let (slot, parts) = self.two(value, name, (body, named));
                Kind::Bind { slot, parts }
            }
            Written::OptionalMap { operand, name, body, form } => {
                let named = match self.types.left.of(operand) {
                    Type::Optional(inner) => type_variable(inner, name),
                    _ => None,
                };
                let (slot, parts) = self.two(operand, name, (body, named));
                Kind::OptionalMap { slot, parts, form: *form }
            }
            Written::SortBy { list, name, key } => {
                let (slot, parts) = self.two(list, name, (key, None));
                Kind::SortBy { slot, parts }
            }
        }
    }

    fn list(&mut self, elements: &'n [syntax::Element]) -> Kind {
        let mut lowered = Vec::with_capacity(elements.len());
        for syntax::Element { optional, value } in elements {
            lowered.push(node::Element { optional: *optional, value: self.node(value) });
        }
        Kind::List(lowered.into())
    }

    fn map(&mut self, entries: &'n [syntax::Entry]) -> Kind {
        let mut lowered = Vec::with_capacity(entries.len());
        for syntax::Entry { optional, key, value } in entries {
            let (key, value) = (self.node(key), self.node(value));
            lowered.push(node::Entry { optional: *optional, key, value });
        }
        Kind::Map(lowered.into())
    }

    fn slot(&mut self, name: &'n str) -> usize {
        let slot = self.local_names.len();
        self.local_names.push(name.into());
        self.shadows.extend(Namespace::named(name).map(|shadowed| (slot, shadowed)));
        self.scope.push((name, slot));
        slot
    }

    /// A part, and one that has a name for it, or what stands in its place.
    fn two(
        &mut self,
        first: &'n Syntax,
        name: &'n str,
        (body, instead): (&'n Syntax, Option<Node>),
    ) -> (usize, Box<[Node; 2]>) {
        let first = self.node(first);
        let slot = self.slot(name);
        let body = instead.unwrap_or_else(|| self.node(body));
        self.scope.pop();
        (slot, Box::new([first, body]))
    }

    fn loop_node(&mut self, details: &'n syntax::Loop) -> Kind {
        let syntax::Loop { kind, range, variable, second, filter, body } = details;
        // `filter` names its variable, whatever its predicate is.
        let named = match (kind, self.types.left.of(range)) {
            (LoopKind::Filter, Type::List(element)) => type_variable(element, variable),
            _ => None,
        };
        let range = self.node(range);
        let outer = self.scope.len();
        let slot = self.slot(variable);
        let second = second.as_ref().map(|name| self.slot(name));
        let filter = filter.as_ref().map(|filter| self.node(filter));
        let body = named.unwrap_or_else(|| self.node(body));
        self.scope.truncate(outer);
        let mut details = node::Loop { kind: *kind, range, slot, second, filter, body };
        if self.folding == Folding::Whole {
            fold::never_reached(&mut details);
        }
        Kind::Loop(Box::new(details))
    }

    fn local(&self, name: &str) -> Option<usize> {
        self.scope.iter().rev().find(|(local, _)| *local == name).map(|(_, slot)| *slot)
    }

    fn name(&self, name: &str, syntax: &Syntax) -> Kind {
        match (self.local(name), type_variable(self.types.left.of(syntax), name)) {
            (Some(_), Some(named)) => named.kind,
            (Some(slot), None) => Kind::Local(slot),
            (None, _) => roots::type_name(name.strip_prefix('.').unwrap_or(name)),
        }
    }

    /// `V.x` is there where its evaluation succeeded, `C.x` always, a field of a message where it
    /// differs from its default.
    fn has(&mut self, operand: &'n Syntax, field: &str) -> Kind {
        if let syntax::Kind::Name(name) = &operand.kind
            && self.local(name).is_none()
        {
            match name.trim_start_matches('.') {
                "C" | "constants" => return roots::has_constant(self.names, field),
                "V" | "variables" => return roots::has_variable(self.names, field),
                _ => {}
            }
        }
        Kind::Has { operand: self.boxed(operand), field: field.into() }
    }

    fn call(
        &mut self,
        syntax: &'n Syntax,
        name: &'n str,
        target: Option<&'n Syntax>,
        args: &'n [Syntax],
    ) -> Kind {
        let qualified = target.and_then(|target| namespaced(target, name));
        if let Some(group) = qualified.and_then(|groups| groups.first()) {
            let args: Vec<&Syntax> = args.iter().collect();
            return self.function(syntax, (group.name, Style::Global), &args);
        }
        let style = if target.is_some() { Style::Member } else { Style::Global };
        let name = if style == Style::Global { name.trim_start_matches('.') } else { name };
        let args: Vec<&Syntax> = target.into_iter().chain(args).collect();
        self.function(syntax, (name, style), &args)
    }

    fn function(
        &mut self,
        syntax: &Syntax,
        (name, style): (&str, Style),
        args: &[&'n Syntax],
    ) -> Kind {
        let mut early = early::early(name, args);
        let mut lowered = Vec::with_capacity(args.len());
        for arg in args {
            lowered.push(self.node(arg));
        }
        if let Some(index) = self.neutral(name, args, &lowered) {
            self.folds.add(syntax, Some(Folded::Argument(index)));
            return lowered.swap_remove(index).kind;
        }
        if self.folding == Folding::Whole && hopeless::is_impossible((name, args), &lowered) {
            early = Early::Impossible;
        }
        let only = self.types.left.only(syntax);
        calls::node(&Callee { name, style, only, early }, lowered)
    }

    /// What is left of `true && x`, where the checker knows `x` as a boolean.
    fn neutral(&self, name: &str, args: &[&Syntax], lowered: &[Node]) -> Option<usize> {
        let logic = match name {
            "_&&_" => Logic::And,
            "_||_" => Logic::Or,
            _ => return None,
        };
        let index = fold::neutral(lowered, logic).filter(|_| self.folding == Folding::Whole)?;
        args.get(index).filter(|arg| *self.types.written.of(arg) == Type::Bool).map(|_| index)
    }
}
