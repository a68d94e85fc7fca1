//! Nodes as operands, in the shapes that Cerbos gives them.

use super::{
    literal::list_of,
    operand::Operand,
    operator,
    partial::{Asked, Binding, Outcome, Partial},
};
use crate::engine::cel::{
    Constant, access,
    node::{Alternative, Call, Entry, Key, Kind, Loop, Node, Path, Root},
    syntax::OptionalForm,
    value::V,
};

/// What becomes of the parts of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// They are evaluated as far as they are known.
    Partial,
    /// They stay as they are.
    Raw,
}

pub(super) struct Built {
    pub operand: Operand,
    /// A part fails without which there is no value.
    pub fails: bool,
}

/// Parts of an expression that is being built.
struct Parts {
    operands: Vec<Operand>,
    fails: bool,
}

// === impl Built ===

impl Built {
    fn sound(operand: Operand) -> Self {
        Self { operand, fails: false }
    }
}

// === impl Parts ===

impl Parts {
    fn new() -> Self {
        Self { operands: Vec::new(), fails: false }
    }

    fn push(&mut self, built: Built) {
        self.fails |= built.fails;
        self.operands.push(built.operand);
    }

    fn with(mut self, operand: Operand) -> Self {
        self.operands.push(operand);
        self
    }

    fn expression(self, operator: &str) -> Built {
        Built { operand: Operand::expression(operator, self.operands), fails: self.fails }
    }
}

// === impl Partial ===

impl<'a> Partial<'_, '_, 'a> {
    pub(super) fn form(&self, node: &'a Node, mode: Mode) -> Built {
        match &node.kind {
            Kind::Constant(constant) | Kind::Settled(constant) => {
                let literal = super::literal::literal(constant.view());
                Built::sound(literal.unwrap_or(Operand::Value(constant.clone())))
            }
            Kind::Given(value) => {
                // All of JSON can be written.
                let literal = super::literal::literal(V::json(value));
                Built::sound(literal.unwrap_or(Operand::Value(Constant::Null)))
            }
            Kind::Path(path) => Built::sound(self.path(path, mode)),
            Kind::Local(slot) => Built::sound(self.local(*slot)),
            Kind::Select { operand, field } => {
                let Built { operand, fails } = self.part(operand, mode);
                Built { operand: operand.field(field), fails }
            }
            Kind::OptionalSelect { operand, field } => {
                let parts = self.parts([&**operand], mode).with(Operand::variable(field));
                parts.expression(operator::GET_OPTIONAL_FIELD)
            }
            Kind::Has { operand, field } => {
                let Built { operand, fails } = self.part(operand, mode);
                let operand = Operand::expression(operator::HAS, vec![operand.field(field)]);
                Built { operand, fails }
            }
            Kind::And(parts) => self.lenient(operator::AND, &**parts, mode),
            Kind::Or(parts) => self.lenient(operator::OR, &**parts, mode),
            Kind::Conditional(parts) => {
                let [condition, then, otherwise] = &**parts;
                let mut built = self.parts([condition], mode);
                built.operands.extend([self.raw(then), self.raw(otherwise)]);
                built.expression(operator::IF)
            }
            Kind::Call(call) => self.call(call, mode),
            Kind::Loop(details) => self.loop_form(details, mode),
            _ => self.rare(node, mode),
        }
    }

    fn rare(&self, node: &'a Node, mode: Mode) -> Built {
        match &node.kind {
            Kind::List(elements) => {
                let mut parts = Parts::new();
                for element in elements {
                    let Built { operand, fails } = self.part(&element.value, mode);
                    let operand = if element.optional {
                        Operand::expression(operator::OPTIONAL, vec![operand])
                    } else {
                        operand
                    };
                    parts.push(Built { operand, fails });
                }
                Built { operand: list_of(parts.operands), fails: parts.fails }
            }
            Kind::Map(entries) => {
                let mut parts = Parts::new();
                for Entry { optional, key, value } in entries {
                    let name =
                        if *optional { operator::SET_OPTIONAL_FIELD } else { operator::SET_FIELD };
                    parts.push(self.parts([key, value], mode).expression(name));
                }
                parts.expression(operator::STRUCT)
            }
            Kind::Bind { slot, parts } => {
                let [value, body] = &**parts;
                match mode {
                    Mode::Partial => self.bind_to(*slot, value),
                    Mode::Raw => self.bind(*slot, Binding::Operand(self.raw(value))),
                }
                let built = self.part(body, mode);
                self.unbind(*slot);
                built
            }
            Kind::OptionalMap { slot, parts, form } => {
                let operator = match form {
                    OptionalForm::Map => operator::OPTIONAL_MAP,
                    OptionalForm::FlatMap => operator::OPTIONAL_FLAT_MAP,
                };
                self.binder(operator, *slot, parts, mode)
            }
            Kind::SortBy { slot, parts } => self.binder(operator::SORT_BY, *slot, parts, mode),
            Kind::OptionalOr { parts, result } => {
                let operator = match result {
                    Alternative::Optional => operator::OPTIONAL_OR,
                    Alternative::Value => operator::OR_VALUE,
                };
                let [left, right] = &**parts;
                let left = self.part(left, mode);
                let right = self.part(right, mode).operand;
                let operand = Operand::expression(operator, vec![left.operand, right]);
                Built { operand, fails: left.fails }
            }
            Kind::AllVariables(variables) => Built::sound(self.all_variables(variables)),
            _ => Built::sound(Operand::variable("")),
        }
    }

    /// A part of a node, whose value is asked for.
    fn part(&self, node: &'a Node, mode: Mode) -> Built {
        match mode {
            Mode::Raw => self.form(node, mode),
            Mode::Partial => match self.outcome(node, Asked::Value) {
                Outcome::Known(value) => Built::sound(self.written(node, value)),
                Outcome::Failed(operand) => Built { operand, fails: true },
                Outcome::Residual(operand) => Built::sound(operand),
            },
        }
    }

    fn parts(&self, nodes: impl IntoIterator<Item = &'a Node>, mode: Mode) -> Parts {
        let mut parts = Parts::new();
        nodes.into_iter().for_each(|node| parts.push(self.part(node, mode)));
        parts
    }

    /// An expression for which a part that fails is not yet a failure.
    fn lenient(&self, operator: &str, nodes: &'a [Node], mode: Mode) -> Built {
        Built { fails: false, ..self.parts(nodes, mode).expression(operator) }
    }

    /// Beside an unknown container nothing in brackets is evaluated, and neither is a list or a map of
    /// the resource that is known while its index is not.
    fn call(&self, call: &'a Call, mode: Mode) -> Built {
        let operator = operator::of_function(call.group.name);
        let (container, key) = match &*call.args {
            [container, key] if operator == operator::INDEX && mode == Mode::Partial => {
                (container, key)
            }
            args => return self.parts(args, mode).expression(operator),
        };
        let is_of_resource =
            matches!(&container.kind, Kind::Path(Path { root: Root::ResourceAttributes, .. }));
        let mut parts = Parts::new();
        if is_of_resource && !self.is_known(key) {
            parts.push(Built::sound(self.raw(container)));
        } else {
            parts.push(self.part(container, mode));
        }
        if self.is_known(container) {
            parts.push(self.part(key, mode));
        } else {
            parts.push(Built::sound(self.raw(key)));
        }
        parts.expression(operator)
    }

    fn loop_form(&self, details: &'a Loop, mode: Mode) -> Built {
        let Loop { kind, range, slot, second, filter, body } = details;
        let mut range = self.part(range, mode);
        self.iterate(*slot);
        second.iter().for_each(|slot| self.iterate(*slot));
        let slots = || std::iter::once(slot).chain(second);
        let names: Vec<Operand> = slots().map(|slot| self.local(*slot)).collect();
        let filter = filter.as_ref().map(|filter| self.within(filter, mode));
        let body_operand = self.within(body, mode);
        slots().for_each(|slot| self.unbind(*slot));
        let (operator, bodies) = match filter {
            None => (operator::of_loop(*kind), vec![body_operand]),
            // What passes the filter stays as it is.
            Some(filter)
                if second.is_none() && matches!(body.kind, Kind::Local(of) if of == *slot) =>
            {
                ("filter", vec![filter])
            }
            // A name in the place of the body would look like a second variable.
            Some(filter) if second.is_none() && operator::is_name(&body_operand) => {
                let lambda = vec![filter, self.local(*slot)];
                let lambda = Operand::expression(operator::LAMBDA, lambda);
                range.operand = Operand::expression("filter", vec![range.operand, lambda]);
                (operator::of_loop(*kind), vec![body_operand])
            }
            Some(filter) if second.is_none() => ("transformList", vec![filter, body_operand]),
            Some(filter) => (operator::of_loop(*kind), vec![filter, body_operand]),
        };
        let lambda = bodies.into_iter().chain(names).collect();
        let lambda = Operand::expression(operator::LAMBDA, lambda);
        let operand = Operand::expression(operator, vec![range.operand, lambda]);
        Built { operand, fails: range.fails }
    }

    /// The body of a lambda, which matters only where there is something to go through.
    fn within(&self, node: &'a Node, mode: Mode) -> Operand {
        self.part(node, mode).operand
    }

    fn binder(&self, operator: &str, slot: usize, parts: &'a [Node; 2], mode: Mode) -> Built {
        let [operand, body] = parts;
        let operand = self.part(operand, mode);
        self.iterate(slot);
        let lambda = vec![self.within(body, mode), self.local(slot)];
        self.unbind(slot);
        let lambda = Operand::expression(operator::LAMBDA, lambda);
        let operands = vec![operand.operand, lambda];
        Built { operand: Operand::expression(operator, operands), fails: operand.fails }
    }

    /// `V`: the variables that are used and do not fail.
    fn all_variables(&self, variables: &'a [(Box<str>, usize)]) -> Operand {
        let entries = variables.iter().filter_map(|(name, slot)| {
            let value = self.variable(*slot)?.into_whole(super::Whole::Variable);
            let parts = vec![Operand::text(name), value];
            Some(Operand::expression(operator::SET_OPTIONAL_FIELD, parts))
        });
        Operand::expression(operator::STRUCT, entries.collect())
    }

    fn path(&self, path: &'a Path, mode: Mode) -> Operand {
        if mode == Mode::Partial
            && !matches!(path.root, Root::ResourceAttributes)
            && let Some(operand) = self.failing_path(path)
        {
            return operand;
        }
        let base = self.root(&path.root);
        with_keys(base, path, 0)
    }

    /// A path that leads nowhere: the value that it comes to, and what is not there.
    fn failing_path(&self, path: &'a Path) -> Option<Operand> {
        let run = self.run();
        if let Root::Variable { .. } | Root::Runtime | Root::EffectiveDerivedRoles = path.root {
            return None;
        }
        let mut value = run.root(&path.root).ok()?;
        for (at, key) in path.keys.iter().enumerate() {
            match access::select(&run, value, &key.name) {
                Ok(below) => value = below,
                Err(_fault) if matches!(value, V::Message(_)) => return None,
                Err(_fault) => {
                    return Some(with_keys(super::literal::literal(value)?, path, at));
                }
            }
        }
        None
    }

    fn root(&self, root: &'a Root) -> Operand {
        Operand::Variable(match root {
            Root::Variable { slot, name } => {
                let operand = self.variable(*slot);
                return operand.unwrap_or_else(|| Operand::variable("variables").field(name));
            }
            Root::EffectiveDerivedRoles => {
                return match self.known.runtime {
                    Outcome::Known(value) => super::literal::literal(*value)
                        .unwrap_or_else(|| Operand::variable("runtime.effectiveDerivedRoles")),
                    Outcome::Failed(operand) | Outcome::Residual(operand) => operand.clone(),
                };
            }
            Root::UndefinedConstant(name) => return Operand::variable("constants").field(name),
            Root::Global(name) => return Operand::variable("globals").field(name),
            Root::Request => "request".into(),
            Root::Principal => "request.principal".into(),
            Root::PrincipalId => "request.principal.id".into(),
            Root::PrincipalRoles => "request.principal.roles".into(),
            Root::PrincipalPolicyVersion => "request.principal.policyVersion".into(),
            Root::PrincipalScope => "request.principal.scope".into(),
            Root::PrincipalAttributes => "request.principal.attr".into(),
            Root::Resource => "request.resource".into(),
            Root::ResourceKind => "request.resource.kind".into(),
            Root::ResourceId => "request.resource.id".into(),
            Root::ResourcePolicyVersion => "request.resource.policyVersion".into(),
            Root::ResourceScope => "request.resource.scope".into(),
            Root::ResourceAttributes => "request.resource.attr".into(),
            Root::AuxData => "request.auxData".into(),
            Root::Claims => "request.auxData.jwt".into(),
            Root::NamedTokens => "request.auxData.jwts".into(),
            Root::Runtime => "runtime".into(),
            Root::Globals => "globals".into(),
        })
    }
}

/// The keys of a path from one on, below an operand.
fn with_keys(base: Operand, path: &Path, from: usize) -> Operand {
    path.keys.iter().skip(from).fold(base, |below, Key { name, in_brackets }| {
        if *in_brackets {
            Operand::expression(operator::INDEX, vec![below, Operand::text(name)])
        } else {
            below.field(name)
        }
    })
}
