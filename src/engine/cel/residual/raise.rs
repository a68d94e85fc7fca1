//! The way back: an operand as what can be evaluated.

use super::{
    operand::{Operand, Whole},
    operator,
};
use crate::engine::cel::{
    Constant,
    early::Early,
    functions,
    node::{Alternative, Call, Element, Entry, Kind, Loop, Node, Path, Root},
    roots,
    signature::Style,
    syntax::{LoopKind, OptionalForm},
};

/// What is to be evaluated: first the parts that are wholes, each after those within it.
pub(super) struct Raised {
    pub parts: Vec<(Whole, Node)>,
    pub root: Node,
    /// How many variables lambdas bind.
    pub locals: usize,
}

#[derive(Default)]
struct Raising {
    parts: Vec<(Whole, Node)>,
    locals: usize,
    scope: Vec<(Box<str>, usize)>,
}

pub(super) fn raise(operand: &Operand) -> Raised {
    let mut raising = Raising::default();
    let root = raising.node(operand);
    Raised { parts: raising.parts, root, locals: raising.locals }
}

// === impl Raising ===

impl Raising {
    fn node(&mut self, operand: &Operand) -> Node {
        let kind = match operand {
            Operand::Value(constant) => Kind::Constant(constant.clone()),
            Operand::Variable(name) => self.variable(name),
            Operand::Expression { operator, operands } => self.expression(operator, operands),
            Operand::Whole { kind, operand } => {
                let slot = self.whole(*kind, operand);
                let name = Box::from("variable");
                let root = Root::Variable { slot, name };
                Kind::Path(Path { root, keys: Box::default() })
            }
        };
        Node { kind }
    }

    /// The slot in which the value of a whole will be.
    fn whole(&mut self, kind: Whole, operand: &Operand) -> usize {
        let scope = std::mem::take(&mut self.scope);
        let node = self.node(operand);
        self.scope = scope;
        self.parts.push((kind, node));
        self.parts.len() - 1
    }

    fn boxed(&mut self, operand: Option<&Operand>) -> Box<Node> {
        Box::new(match operand {
            Some(operand) => self.node(operand),
            None => failing(),
        })
    }

    fn variable(&self, name: &str) -> Kind {
        let mut names = name.split('.');
        let first = names.next().unwrap_or_default();
        let keys: Vec<&str> = names.collect();
        let local = self.scope.iter().rev().find(|(local, _)| **local == *first);
        if let Some((_, slot)) = local {
            return keys.iter().fold(Kind::Local(*slot), |kind, key| Kind::Select {
                operand: Box::new(Node { kind }),
                field: (*key).into(),
            });
        }
        match first {
            "request" | "runtime" => roots::message_path(first, &keys),
            "globals" => roots::global(&keys),
            "constants" | "variables" => Kind::Path(Path {
                root: Root::UndefinedConstant(keys.first().map_or("", |key| key).into()),
                keys: Box::default(),
            }),
            _ => Kind::Constant(Constant::Type(name.into())),
        }
    }

    fn expression(&mut self, operator: &str, operands: &[Operand]) -> Kind {
        match (operator, operands) {
            (operator::AND, [first, rest @ ..]) => self.chain(first, rest, Kind::And),
            (operator::OR, [first, rest @ ..]) => self.chain(first, rest, Kind::Or),
            (operator::IF, [condition, then, otherwise]) => Kind::Conditional(Box::new([
                self.node(condition),
                self.node(then),
                self.node(otherwise),
            ])),
            (operator::GET_FIELD, [operand, Operand::Variable(field)]) => {
                Kind::Select { operand: self.boxed(Some(operand)), field: field.clone() }
            }
            (operator::GET_OPTIONAL_FIELD, [operand, Operand::Variable(field)]) => {
                Kind::OptionalSelect { operand: self.boxed(Some(operand)), field: field.clone() }
            }
            (operator::HAS, [operand]) => self.has(operand),
            (operator::LIST, elements) => {
                Kind::List(elements.iter().map(|element| self.element(element)).collect())
            }
            (operator::STRUCT, entries) => self.map(entries),
            (operator::OPTIONAL_OR | operator::OR_VALUE, [left, right]) => {
                let parts = Box::new([self.node(left), self.node(right)]);
                let is_value = operator == operator::OR_VALUE;
                let result = if is_value { Alternative::Value } else { Alternative::Optional };
                Kind::OptionalOr { parts, result }
            }
            (_, [range, Operand::Expression { operator: lambda, operands: parts }])
                if **lambda == *operator::LAMBDA =>
            {
                let range = self.node(range);
                self.lambda(operator, range, parts)
            }
            (_, operands) => self.call(operator, operands),
        }
    }

    /// Operands of `and` and `or` from left to right.
    fn chain(
        &mut self,
        first: &Operand,
        rest: &[Operand],
        both: fn(Box<[Node; 2]>) -> Kind,
    ) -> Kind {
        let first = self.node(first);
        let whole = rest.iter().fold(first, |left, right| {
            let right = self.node(right);
            Node { kind: both(Box::new([left, right])) }
        });
        whole.kind
    }

    fn has(&mut self, operand: &Operand) -> Kind {
        match operand {
            Operand::Variable(name) => match name.rsplit_once('.') {
                Some((path, field)) => {
                    let operand = Box::new(Node { kind: self.variable(path) });
                    Kind::Has { operand, field: field.into() }
                }
                None => failing().kind,
            },
            Operand::Expression { operands, .. } => match &**operands {
                [operand, Operand::Variable(field)] => {
                    Kind::Has { operand: self.boxed(Some(operand)), field: field.clone() }
                }
                _ => failing().kind,
            },
            Operand::Value(_) | Operand::Whole { .. } => failing().kind,
        }
    }

    fn element(&mut self, element: &Operand) -> Element {
        match element {
            Operand::Expression { operator, operands } if **operator == *operator::OPTIONAL => {
                Element { optional: true, value: *self.boxed(operands.first()) }
            }
            other => Element { optional: false, value: self.node(other) },
        }
    }

    /// A map; or the variables of a policy, of which those are left out that fail.
    fn map(&mut self, entries: &[Operand]) -> Kind {
        let variable = |entry: &Operand| match entry {
            Operand::Expression { operator, operands }
                if **operator == *operator::SET_OPTIONAL_FIELD =>
            {
                match &**operands {
                    [Operand::Value(Constant::String(name)), Operand::Whole { kind, operand }] => {
                        Some((name.clone(), *kind, operand.clone()))
                    }
                    _ => None,
                }
            }
            _ => None,
        };
        let variables = entries.iter().map(variable).collect::<Option<Vec<_>>>();
        if let Some(variables) = variables.filter(|variables| !variables.is_empty()) {
            let slots = variables.iter().map(|(name, kind, operand)| {
                let slot = self.whole(*kind, operand);
                (name.clone(), slot)
            });
            return Kind::AllVariables(slots.collect());
        }
        let entries = entries.iter().filter_map(|entry| {
            let Operand::Expression { operator, operands } = entry else { return None };
            let optional = **operator == *operator::SET_OPTIONAL_FIELD;
            let (key, value) = (operands.first(), operands.get(1));
            Some(Entry { optional, key: *self.boxed(key), value: *self.boxed(value) })
        });
        Kind::Map(entries.collect())
    }

    /// A macro: bodies first, then the names of variables.
    fn lambda(&mut self, operator: &str, range: Node, parts: &[Operand]) -> Kind {
        let names = |parts: &[Operand]| -> Vec<Box<str>> {
            let name = |part: &Operand| match part {
                Operand::Variable(name) => Some(name.clone()),
                _ => None,
            };
            parts.iter().filter_map(name).collect()
        };
        let kind = operator::loop_kind(operator);
        // All have one body, and those that make something may have a filter before it. With one
        // variable that is `map`, which has another name then.
        let (bodies, variables) = match (operator, parts) {
            ("transformList", [first, second, name]) if !operator::is_name(second) => {
                (vec![first, second], names(std::slice::from_ref(name)))
            }
            (
                "transformList" | "transformMap" | "transformMapEntry",
                [first, second, rest @ ..],
            ) if rest.len() == 2 => (vec![first, second], names(rest)),
            (_, [body, rest @ ..]) => (vec![body], names(rest)),
            (_, []) => return failing().kind,
        };
        let outer = self.scope.len();
        let slots: Vec<usize> = variables.into_iter().map(|name| self.bind(name)).collect();
        let mut bodies: Vec<Node> = bodies.into_iter().map(|body| self.node(body)).collect();
        self.scope.truncate(outer);
        let (Some(body), Some(slot)) = (bodies.pop(), slots.first().copied()) else {
            return failing().kind;
        };
        let second = slots.get(1).copied();
        match (operator, kind) {
            (_, Some(kind)) => {
                let filter = bodies.pop();
                let kind = match (kind, second) {
                    (LoopKind::TransformList, None) => LoopKind::Map,
                    (kind, _) => kind,
                };
                Kind::Loop(Box::new(Loop { kind, range, slot, second, filter, body }))
            }
            (operator::SORT_BY, None) => Kind::SortBy { slot, parts: Box::new([range, body]) },
            (_, None) => {
                let is_flat = operator == operator::OPTIONAL_FLAT_MAP;
                let form = if is_flat { OptionalForm::FlatMap } else { OptionalForm::Map };
                Kind::OptionalMap { slot, parts: Box::new([range, body]), form }
            }
        }
    }

    fn bind(&mut self, name: Box<str>) -> usize {
        let slot = self.locals;
        self.locals += 1;
        self.scope.push((name, slot));
        slot
    }

    /// A function that there is with and without a receiver means the same in both forms, but for
    /// one: `ip` makes an address of a text, and takes that of a network.
    fn call(&mut self, operator: &str, operands: &[Operand]) -> Kind {
        match operands {
            [of] if operator == "ip" => {
                let is_network = [
                    Node { kind: self.function("type", &[Style::Global], operands) },
                    Node { kind: Kind::Constant(Constant::Type("net.CIDR".into())) },
                ];
                let of = std::slice::from_ref(of);
                let parts = [
                    Node { kind: called("_==_", &[Style::Global], is_network.into()) },
                    Node { kind: self.function(operator, &[Style::Member], of) },
                    Node { kind: self.function(operator, &[Style::Global], of) },
                ];
                Kind::Conditional(Box::new(parts))
            }
            operands => {
                let name = operator::function(operator);
                self.function(name, &[Style::Member, Style::Global], operands)
            }
        }
    }

    fn function(&mut self, name: &str, styles: &[Style], operands: &[Operand]) -> Kind {
        called(name, styles, operands.iter().map(|operand| self.node(operand)).collect())
    }
}

fn called(name: &str, styles: &[Style], args: Box<[Node]>) -> Kind {
    let mut groups =
        styles.iter().filter_map(|style| functions::find_group(name, *style, args.len()));
    match groups.next() {
        Some(group) => {
            let (pattern, early, moving) = (None, Early::Never, None);
            Kind::Call(Call { group, only: None, args, pattern, early, moving })
        }
        None => failing().kind,
    }
}

/// What no operator means.
fn failing() -> Node {
    let root = Root::UndefinedConstant(Box::default());
    Node { kind: Kind::Path(Path { root, keys: Box::default() }) }
}
