//! Evaluation: a walk over the lowered tree, with values in an arena and a budget of steps.

use std::{cell::Cell, fmt};

use bumpalo::{Bump, collections::Vec as ArenaVec};

use super::{
    Frame, access,
    budget::Budget,
    early::Early,
    functions::{Call as Arguments, describe},
    message::Message,
    node::{Call, Element, Entry, Kind, Logic, Node, Path, Root},
    time::Moment,
    value::{Object, V},
};

const BUDGET_SPENT: &str = "evaluation took too much";

/// Why there is no value. Two words, so that a result is no larger than a value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fault<'a> {
    /// The types of the arguments fit no function of that name.
    NoOverload,
    Text(&'a str),
}

pub(super) type Evaluated<'a> = Result<V<'a>, Fault<'a>>;

const _: () = assert!(size_of::<Evaluated<'_>>() <= 24);

/// One evaluation of one expression.
pub(super) struct Run<'a> {
    pub arena: &'a Bump,
    budget: &'a Budget,
    /// `None` while constants are folded, which read nothing.
    pub(super) frame: Option<&'a Frame<'a>>,
    /// What Cerbos panics over: no other part of the expression makes up for that.
    panic: Cell<Option<&'a str>>,
    /// The variables of macros. Each macro of an expression has its own slots.
    pub(super) locals: &'a [Cell<Evaluated<'a>>],
}

// === impl Fault ===

impl Fault<'_> {
    pub(super) fn text(&self) -> &str {
        match self {
            Self::NoOverload => "no such overload",
            Self::Text(text) => text,
        }
    }
}

// === impl Run ===

impl<'a> Run<'a> {
    pub(super) fn new(frame: &Frame<'a>, locals: usize) -> Self {
        Self {
            arena: frame.arena,
            budget: frame.budget,
            frame: Some(frame.arena.alloc(*frame)),
            panic: Cell::new(None),
            locals: locals_in(frame.arena, locals),
        }
    }

    /// For constants.
    pub(super) fn without_inputs(arena: &'a Bump, budget: &'a Budget, locals: usize) -> Self {
        // A variable has no value but that of a macro that is evaluated.
        let locals = arena.alloc_slice_fill_with(locals, |_| Cell::new(Err(Fault::NoOverload)));
        Self { arena, budget, frame: None, panic: Cell::new(None), locals }
    }

    /// The value of a whole expression.
    pub(super) fn whole(&self, root: &'a Node) -> Evaluated<'a> {
        let value = self.eval(root);
        self.panic.get().map_or(value, |text| Err(Fault::Text(text)))
    }

    /// Fails the whole expression.
    pub(super) fn panic(&self, text: &'a str) -> Fault<'a> {
        self.panic.set(self.panic.get().or(Some(text)));
        Fault::Text(text)
    }

    /// Takes steps from the budget.
    pub(super) fn charge(&self, steps: usize) -> Result<(), Fault<'a>> {
        self.take(steps, 0)
    }

    /// Takes steps for bytes that are read.
    pub(super) fn charge_bytes(&self, bytes: usize) -> Result<(), Fault<'a>> {
        self.take(bytes / 16, 0)
    }

    /// Takes steps for bytes that are about to be made, and makes sure that there is room for them.
    pub(super) fn charge_room(&self, bytes: usize) -> Result<(), Fault<'a>> {
        self.take(bytes / 16, bytes)
    }

    /// Makes sure that there is room for what was made outside the arena.
    pub(super) fn hold(&self, bytes: usize) -> Result<(), Fault<'a>> {
        self.take(0, bytes)
    }

    /// Makes sure that there is room for what outlives this evaluation, and takes it for good.
    pub(super) fn keep(&self, bytes: usize) -> Result<(), Fault<'a>> {
        self.budget.keep(bytes);
        self.charge_bytes(bytes)
    }

    /// What a compiled pattern may take that is no literal.
    pub(super) fn pattern_bytes(&self) -> usize {
        self.budget.pattern_bytes()
    }

    fn take(&self, steps: usize, more: usize) -> Result<(), Fault<'a>> {
        let held = self.arena.allocated_bytes().saturating_add(more);
        // The text of this fault is not seen: whoever evaluates asks the budget.
        self.budget.take(steps, held).map_err(|_spent| Fault::Text(BUDGET_SPENT))
    }

    pub(super) fn fail(&self, text: fmt::Arguments<'_>) -> Fault<'a> {
        Fault::Text(self.arena.alloc_str(&text.to_string()))
    }

    pub(super) fn string(&self, text: &str) -> Evaluated<'a> {
        self.charge_room(text.len())?;
        Ok(V::String(self.arena.alloc_str(text)))
    }

    pub(super) fn list(&self, items: impl Iterator<Item = V<'a>>) -> Evaluated<'a> {
        let mut list = ArenaVec::new_in(self.arena);
        for item in items {
            self.charge(1)?;
            list.push(item);
        }
        Ok(V::List(list.into_bump_slice()))
    }

    pub(super) fn optional(&self, value: Option<V<'a>>) -> V<'a> {
        V::Optional(value.map(|value| &*self.arena.alloc(value)))
    }

    pub(super) fn now(&self) -> Result<Moment, Fault<'a>> {
        let frame = self.frame.ok_or(Fault::NoOverload)?;
        frame.horizon.note_reading();
        Ok(Moment::from_timestamp(frame.input.now))
    }

    pub(super) fn eval(&self, node: &'a Node) -> Evaluated<'a> {
        self.charge(1)?;
        match &node.kind {
            Kind::Constant(constant) => Ok(constant.view()),
            Kind::Given(value) => self.frame.map(|_| V::json(value)).ok_or(Fault::NoOverload),
            Kind::Path(path) => self.path(path),
            Kind::Local(slot) => self.local(*slot),
            Kind::And(parts) => self.logic(parts, Logic::And),
            Kind::Or(parts) => self.logic(parts, Logic::Or),
            Kind::Call(call) => self.call(call),
            Kind::Select { operand, field } => access::select(self, self.eval(operand)?, field),
            Kind::Conditional(parts) => self.conditional(parts),
            _ => self.eval_rest(node),
        }
    }

    /// The kinds of nodes that are rare, so that the stack of the others stays small.
    #[inline(never)]
    fn eval_rest(&self, node: &'a Node) -> Evaluated<'a> {
        match &node.kind {
            Kind::Has { operand, field } => {
                access::has(self, self.eval(operand)?, field).map(V::Bool)
            }
            Kind::OptionalSelect { operand, field } => {
                access::optional_select(self, self.eval(operand)?, field)
            }
            Kind::List(elements) => self.list_literal(elements),
            Kind::Map(entries) => self.map_literal(entries),
            Kind::Loop(details) => self.run_loop(details),
            Kind::Bind { slot, parts } => {
                let [value, body] = &**parts;
                // A value that fails matters only where it is used.
                self.set(*slot, self.eval(value));
                self.eval(body)
            }
            Kind::OptionalMap { slot, parts, form } => self.optional_map(*slot, parts, *form),
            Kind::OptionalOr { parts, result } => self.optional_or(parts, *result),
            Kind::SortBy { slot, parts } => self.sort_by(*slot, parts),
            Kind::AllVariables(variables) => self.all_variables(variables),
            Kind::Settled(constant) => Ok(constant.view()),
            Kind::TypeVariable(name) => Err(self.undefined_type(name)),
            Kind::Constant(_)
            | Kind::Given(_)
            | Kind::Path(_)
            | Kind::Local(_)
            | Kind::And(_)
            | Kind::Or(_)
            | Kind::Call(_)
            | Kind::Select { .. }
            | Kind::Conditional(_) => Err(Fault::NoOverload),
        }
    }

    pub(super) fn set(&self, slot: usize, value: Evaluated<'a>) {
        if let Some(cell) = self.locals.get(slot) {
            cell.set(value);
        }
    }

    fn local(&self, slot: usize) -> Evaluated<'a> {
        self.locals.get(slot).map_or(Err(Fault::NoOverload), Cell::get)
    }

    fn path(&self, path: &'a Path) -> Evaluated<'a> {
        let mut value = self.root(&path.root)?;
        for key in &path.keys {
            value = access::select(self, value, &key.name)?;
        }
        Ok(value)
    }

    pub(super) fn root(&self, root: &'a Root) -> Evaluated<'a> {
        let frame = self.frame.ok_or(Fault::NoOverload)?;
        let input = frame.input;
        Ok(match root {
            Root::PrincipalAttributes => V::JsonMap(&input.principal.attr),
            Root::ResourceAttributes => V::JsonMap(&input.resource.attr),
            Root::PrincipalId => V::String(&input.principal.id),
            Root::PrincipalRoles => V::Roles(&input.principal.roles),
            Root::PrincipalPolicyVersion => V::String(input.principal.policy_version.as_str()),
            Root::PrincipalScope => V::String(input.principal.scope.path()),
            Root::ResourceKind => V::String(input.resource.kind.as_str()),
            Root::ResourceId => V::String(&input.resource.id),
            Root::ResourcePolicyVersion => V::String(input.resource.policy_version.as_str()),
            Root::ResourceScope => V::String(input.resource.scope.path()),
            Root::Request => V::Message(Message::Request(input)),
            Root::Principal => V::Message(Message::Principal(input.principal)),
            Root::Resource => V::Message(Message::Resource(input.resource)),
            Root::AuxData => V::Message(Message::AuxData(input.aux_data)),
            Root::Claims => V::JsonMap(&input.aux_data.jwt),
            Root::NamedTokens => V::Tokens(&input.aux_data.jwts),
            Root::Runtime => V::Message(Message::Runtime(frame.effective_derived_roles)),
            Root::EffectiveDerivedRoles => V::Names(frame.effective_derived_roles),
            Root::Variable { slot, name } => {
                return match frame.variables.get(*slot).copied().flatten() {
                    Some(V::Object(Object::Unusable(text))) => Err(Fault::Text(text)),
                    Some(value) => Ok(value),
                    None => Err(self.undefined_field(name)),
                };
            }
            Root::UndefinedConstant(name) => return Err(self.undefined_field(name)),
            Root::Globals => frame.globals.view(),
            Root::Global(name) => {
                let found = frame.globals.view().entries().and_then(|all| all.field(name));
                return found.ok_or_else(|| self.undefined_field(name));
            }
        })
    }

    fn undefined_field(&self, name: &str) -> Fault<'a> {
        self.fail(format_args!("undefined field '{name}'"))
    }

    pub(super) fn undefined_type(&self, name: &str) -> Fault<'a> {
        self.fail(format_args!("reference to undefined type: {name}"))
    }

    fn all_variables(&self, variables: &'a [(Box<str>, usize)]) -> Evaluated<'a> {
        let frame = self.frame.ok_or(Fault::NoOverload)?;
        let set = variables.iter().filter_map(|(name, slot)| {
            let value = frame.variables.get(*slot).copied().flatten()?;
            Some((V::String(name), value))
        });
        Ok(V::Map(ArenaVec::from_iter_in(set, self.arena).into_bump_slice()))
    }

    /// `&&` (decided by false) and `||` (decided by true): a side that decides makes up for
    /// whatever the other one is.
    fn logic(&self, parts: &'a [Node; 2], logic: Logic) -> Evaluated<'a> {
        let ([left, right], decides) = (parts, logic.deciding());
        let left = self.eval(left);
        if matches!(left, Ok(V::Bool(value)) if value == decides) {
            return left;
        }
        let right = self.eval(right);
        if matches!(right, Ok(V::Bool(value)) if value == decides) {
            return right;
        }
        // Of two sides that are wrong, the left one tells.
        match (left, right) {
            (Err(fault), _) => Err(fault),
            (Ok(V::Bool(_)), Err(fault)) => Err(fault),
            (Ok(V::Bool(_)), Ok(V::Bool(_))) => Ok(V::Bool(!decides)),
            _ => Err(Fault::NoOverload),
        }
    }

    fn conditional(&self, parts: &'a [Node; 3]) -> Evaluated<'a> {
        let [condition, then, otherwise] = parts;
        match self.eval(condition)? {
            V::Bool(true) => self.eval(then),
            V::Bool(false) => self.eval(otherwise),
            _ => Err(Fault::NoOverload),
        }
    }

    fn call(&self, call: &'a Call) -> Evaluated<'a> {
        if let Some(moving) = &call.moving {
            return self.compare_with_clock(call, moving);
        }
        let (pattern, only) = (call.pattern.as_deref(), call.only);
        if call.group.hides_failures() {
            return self.call_hiding(call);
        }
        match &*call.args {
            [] => call.group.call(&Arguments { run: self, only, args: &[], pattern }),
            [arg] => {
                let args = [self.eval(arg)?];
                call.group.call(&Arguments { run: self, only, args: &args, pattern })
            }
            [first, second] => {
                let first = self.eval(first)?;
                // What is not there has no parts: the key does not matter, if it can be one.
                if let (V::Optional(None), "_[_]" | "_[?_]") = (first, call.group.name)
                    && call.early != Early::Impossible
                {
                    return Ok(first);
                }
                let args = [first, self.eval(second)?];
                call.group.call(&Arguments { run: self, only, args: &args, pattern })
            }
            many => {
                let mut args = ArenaVec::with_capacity_in(many.len(), self.arena);
                for arg in many {
                    args.push(self.eval(arg)?);
                }
                call.group.call(&Arguments { run: self, only, args: &args, pattern })
            }
        }
    }

    /// A call whose function is asked although an argument failed, and answers that it has no
    /// such overload; unless the type of another argument does not fit.
    fn call_hiding(&self, call: &'a Call) -> Evaluated<'a> {
        let results: Vec<_> = call.args.iter().map(|arg| self.eval(arg)).collect();
        let fits = |result: &Evaluated<'a>| result.is_ok_and(|value| value.list().is_some());
        if let Some(failed) = results.iter().find(|result| result.is_err()) {
            let others_fit = results.iter().all(|result| result.is_err() || fits(result));
            return if others_fit { Err(Fault::NoOverload) } else { *failed };
        }
        let args: Result<Vec<V<'a>>, _> = results.into_iter().collect();
        call.group.call(&Arguments { run: self, only: call.only, args: &args?, pattern: None })
    }

    fn list_literal(&self, elements: &'a [Element]) -> Evaluated<'a> {
        let mut list = ArenaVec::with_capacity_in(elements.len(), self.arena);
        for element in elements {
            let value = self.eval(&element.value)?;
            match value {
                V::Optional(inner) if element.optional => list.extend(inner.copied()),
                _ if element.optional => {
                    return Err(self.not_optional(format_args!("list element"), value));
                }
                _ => list.push(value),
            }
        }
        Ok(V::List(list.into_bump_slice()))
    }

    fn map_literal(&self, entries: &'a [Entry]) -> Evaluated<'a> {
        let mut map: ArenaVec<'a, (V<'a>, V<'a>)> =
            ArenaVec::with_capacity_in(entries.len(), self.arena);
        for entry in entries {
            let key = self.eval(&entry.key)?;
            let value = match self.eval(&entry.value)? {
                V::Optional(None) if entry.optional => continue,
                V::Optional(Some(inner)) if entry.optional => *inner,
                value if entry.optional => {
                    let key = describe(key);
                    return Err(self.not_optional(format_args!("entry '{key}'"), value));
                }
                value => value,
            };
            if let Some(text) = access::unhashable(key) {
                return Err(self.panic(text));
            }
            self.charge(map.len())?;
            // Of entries with the same key the last one stays.
            match map.iter_mut().find(|(other, _)| is_same_key(*other, key)) {
                Some((_, old)) => *old = value,
                None => map.push((key, value)),
            }
        }
        Ok(V::Map(map.into_bump_slice()))
    }

    fn not_optional(&self, place: fmt::Arguments<'_>, value: V<'a>) -> Fault<'a> {
        let value = describe(value);
        self.fail(format_args!(
            "cannot initialize optional {place} from non-optional value {value}"
        ))
    }
}

/// Keys of a literal are the same only in the same type.
pub(super) fn is_same_key(left: V<'_>, right: V<'_>) -> bool {
    match (left, right) {
        (V::String(left), V::String(right)) => left == right,
        (V::Int(left), V::Int(right)) => left == right,
        (V::Uint(left), V::Uint(right)) => left == right,
        (V::Bool(left), V::Bool(right)) => left == right,
        (V::Double(left), V::Double(right)) => left.to_bits() == right.to_bits(),
        (V::Null, V::Null) => true,
        _ => false,
    }
}

fn locals_in<'a>(arena: &'a Bump, count: usize) -> &'a [Cell<Evaluated<'a>>] {
    if count == 0 {
        return &[];
    }
    arena.alloc_slice_fill_with(count, |_| Cell::new(Ok(V::Null)))
}
