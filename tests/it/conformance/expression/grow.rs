//! Expressions of a wanted type, grown from the table.

use fastrand::Rng;

use super::{
    known, leaves,
    table::{PRODUCTIONS, Piece, Production},
    term::{Part, Term},
    types::{Bindings, PLAIN, TEXTS, Type},
};
use crate::conformance::random::Dice;

/// How often something else than the wanted type is put in, in percent of the places.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taste {
    /// Of another type altogether: the checker may refuse it.
    pub ill_typed: u32,
    /// Of another type behind `dyn`: it loads, and mostly fails.
    pub hidden: u32,
    /// Names that only the policy of an expression run declares.
    pub declared: bool,
}

pub(crate) struct Grower<'d> {
    pub dice: &'d mut Rng,
    pub taste: Taste,
    scope: Vec<(String, Type)>,
}

const NAMES: [&str; 6] = ["x", "y", "i", "v", "k", "id"];

// === impl Grower ===

impl<'d> Grower<'d> {
    pub(in crate::conformance) fn new(dice: &'d mut Rng, taste: Taste) -> Self {
        Self { dice, taste, scope: Vec::new() }
    }

    /// A term of this type, with at most `depth` functions inside each other.
    pub(in crate::conformance) fn grow(&mut self, ty: &Type, depth: usize) -> Term {
        if self.dice.percent(self.taste.ill_typed) {
            let other = self.other_type(ty);
            return self.fitting(&other, depth);
        }
        if self.dice.percent(self.taste.hidden) {
            // Constants that are no booleans confuse Cerbos's folding of `&&` and `||`.
            if *ty == Type::Plain("bool") {
                let text = *self.dice.pick(&["P.attr.n1", "R.attr.nul", "R.attr.mix", "P.attr.x"]);
                return Term::leaf(Type::Plain("dyn"), text);
            }
            let other = self.other_type(ty);
            let term = self.fitting(&other, depth.saturating_sub(1));
            return wrapped("dyn(", term, ")");
        }
        self.fitting(ty, depth)
    }

    /// A term made with this function, and mostly one that can be shown.
    pub(in crate::conformance) fn with(
        &mut self,
        production: &'static Production,
        depth: usize,
    ) -> Term {
        let term = self.fill(production, Bindings::default(), depth);
        if self.dice.percent(85) { self.shown(term) } else { term }
    }

    /// A question about a value that has no form in JSON.
    fn shown(&mut self, term: Term) -> Term {
        let after = match &term.ty {
            Type::Optional(_) => ".hasValue()",
            Type::Plain("hierarchy") => ".size()",
            Type::Plain("ip") => ".family()",
            Type::Plain("cidr") => ".prefixLength()",
            Type::Plain("spiffe_id") => ".path()",
            Type::Plain("spiffe_domain") => ".name()",
            Type::Plain("spiffe_matcher") => {
                let mut matches = wrapped("", term, ".matchesID(");
                let id = self.leaf(&Type::Plain("spiffe_text"), 0);
                matches.parts.push(Part::Child { term: id, strict: true });
                matches.parts.push(Part::Text(")".to_owned()));
                return matches;
            }
            Type::Plain("type") => return wrapped("(", term, " == int)"),
            _ => return term,
        };
        wrapped("", term, after)
    }

    fn fitting(&mut self, ty: &Type, depth: usize) -> Term {
        let ty = &if ty.is_any() { self.any_type() } else { ty.clone() };
        let visible: Vec<&String> =
            self.scope.iter().filter(|(_, of)| *of == ty.checked()).map(|(name, _)| name).collect();
        if !visible.is_empty() && self.dice.percent(50) {
            let name = visible[self.dice.usize(0..visible.len())].clone();
            return Term::leaf(ty.clone(), name);
        }
        if depth == 0 || self.dice.percent(15) || self.is_text(ty) {
            return self.leaf(ty, depth);
        }
        let fitting: Vec<(&'static Production, Bindings)> = PRODUCTIONS
            .iter()
            .filter(|production| self.taste.declared || !production.name.starts_with("declared"))
            .filter_map(|production| {
                let mut bound = Bindings::default();
                production.result.gives(ty, &mut bound).then_some((production, bound))
            })
            .collect();
        // Templates that give any type would crowd out the others.
        let own: Vec<&(_, _)> = fitting.iter().filter(|(made, _)| !made.result.is_any()).collect();
        if !own.is_empty() && self.dice.percent(80) {
            let (production, bound) = own[self.dice.usize(0..own.len())].clone();
            return self.fill(production, bound, depth);
        }
        if fitting.is_empty() {
            return self.leaf(ty, depth);
        }
        let (production, bound) = self.dice.pick(&fitting).clone();
        self.fill(production, bound, depth)
    }

    fn is_text(&mut self, ty: &Type) -> bool {
        match ty {
            Type::Plain(name) if TEXTS.contains(name) => !self.dice.percent(5),
            Type::Plain("dyn_list" | "dyn_map" | "dyn_number" | "dyn_numbers") => true,
            Type::Plain(
                "small" | "index" | "key" | "past_text" | "replacement" | "bool_text" | "null",
            ) => true,
            _ => false,
        }
    }

    fn fill(&mut self, production: &'static Production, mut bound: Bindings, depth: usize) -> Term {
        for name in ['A', 'B'] {
            if bound.get(name).is_none() {
                bound.bind(name, &self.any_type());
            }
        }
        // Another one in the place of one that is left out.
        loop {
            let term = self.filled(production, &bound, depth);
            if known::excluded(&term).is_none() {
                return term;
            }
        }
    }

    fn filled(&mut self, production: &'static Production, bound: &Bindings, depth: usize) -> Term {
        let outer = self.scope.len();
        let mut waiting = None;
        let mut parts = Vec::new();
        for piece in &production.pieces {
            parts.push(match piece {
                Piece::Text(text) => Part::Text(text.clone()),
                Piece::Part { ty, strict } => {
                    let below = depth - usize::from(depth > 0);
                    let term = self.grow(&ty.with(bound), below);
                    self.scope.extend(waiting.take());
                    Part::Child { term, strict: *strict }
                }
                Piece::Variable { ty, later } => {
                    let name = self.fresh();
                    let variable = (name.clone(), ty.with(bound).checked());
                    if *later {
                        waiting = Some(variable);
                    } else {
                        self.scope.push(variable);
                    }
                    Part::Text(name)
                }
            });
        }
        self.scope.truncate(outer);
        Term { ty: production.result.with(bound), name: Some(production.name), parts }
    }

    fn fresh(&mut self) -> String {
        let name = *self.dice.pick(&NAMES);
        if self.scope.iter().any(|(taken, _)| taken == name) {
            return format!("{name}{}", self.scope.len());
        }
        name.to_owned()
    }

    fn leaf(&mut self, ty: &Type, depth: usize) -> Term {
        let mut inputs = leaves::attributes(ty).to_vec();
        if self.taste.declared {
            inputs.extend(leaves::declared(ty));
        } else {
            inputs.retain(|name| !name.starts_with("G."));
        }
        let often = if *ty == Type::Plain("dyn") { 70 } else { 30 };
        if !inputs.is_empty() && self.dice.percent(often) {
            let text = *self.dice.pick(&inputs);
            return Term::leaf(ty.clone(), text);
        }
        let below = depth.saturating_sub(1);
        match ty {
            Type::Plain("dyn_list" | "dyn_map" | "dyn_number" | "dyn_numbers") => {
                let text = *self.dice.pick(&inputs);
                Term::leaf(ty.clone(), text)
            }
            Type::Plain("dyn") => {
                let inner = Type::Plain(PLAIN[self.dice.usize(0..8)]);
                wrapped("dyn(", self.leaf(&inner, below), ")")
            }
            Type::Plain(name) => Term::leaf(ty.clone(), leaves::literal(self.dice, name)),
            Type::List(inner) => self.list(ty, inner, below),
            Type::Map(inner) => {
                let key = *self.dice.pick(&["a", "a", "b"]);
                let value = self.grow(inner, below);
                Term { ty: ty.clone(), ..wrapped(&format!("{{\"{key}\": "), value, "}") }
            }
            Type::Optional(inner) => {
                let inner = self.grow(inner, below);
                Term { ty: ty.clone(), ..wrapped("optional.of(", inner, ")") }
            }
            Type::Any(_) => self.leaf(&Type::Plain("int"), depth),
        }
    }

    fn list(&mut self, ty: &Type, inner: &Type, depth: usize) -> Term {
        let mut parts = vec![Part::Text("[".to_owned())];
        for at in 0..*self.dice.pick(&[0, 1, 2, 2, 3, 4]) {
            if at > 0 {
                parts.push(Part::Text(", ".to_owned()));
            }
            parts.push(Part::Child { term: self.grow(inner, depth), strict: true });
        }
        parts.push(Part::Text("]".to_owned()));
        Term { ty: ty.clone(), name: None, parts }
    }

    fn any_type(&mut self) -> Type {
        let plain = Type::Plain(PLAIN[self.dice.usize(0..PLAIN.len())]);
        match self.dice.u32(0..20) {
            0 | 1 => Type::List(Box::new(plain)),
            2 => Type::Map(Box::new(plain)),
            3 => Type::Optional(Box::new(plain)),
            _ => plain,
        }
    }

    fn other_type(&mut self, than: &Type) -> Type {
        loop {
            let other = match self.dice.u32(0..12) {
                0 => Type::Plain("null"),
                1 => Type::Plain("hierarchy"),
                2 => Type::Plain("ip"),
                3 => Type::Plain("type"),
                _ => self.any_type(),
            };
            if other != than.checked() {
                return other;
            }
        }
    }
}

fn wrapped(before: &str, term: Term, after: &str) -> Term {
    let parts = vec![
        Part::Text(before.to_owned()),
        Part::Child { term, strict: true },
        Part::Text(after.to_owned()),
    ];
    Term { ty: Type::Plain("dyn"), name: None, parts }
}
