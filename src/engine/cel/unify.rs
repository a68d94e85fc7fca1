//! Which types fit where: cel-go's assignability, with type variables that are found out on the way.

use std::collections::HashMap;

use super::types::Type;

/// What type variables stand for, as far as it is known.
#[derive(Debug, Default)]
pub(super) struct Mapping {
    bindings: HashMap<usize, Type>,
    next: usize,
    /// What a binding was before the trial that is going on changed it.
    journal: Vec<(usize, Option<Type>)>,
}

// === impl Mapping ===

impl Mapping {
    pub(super) fn fresh(&mut self) -> Type {
        self.next += 1;
        Type::Variable(self.next)
    }

    /// The type with the variables of a declaration replaced by fresh ones.
    pub(super) fn instantiate(&self, template: &Type, base: usize) -> Type {
        template.map_variables(&mut |variable| Type::Variable(base + variable))
    }

    /// Reserves this many fresh variables; the first of them.
    pub(super) fn reserve(&mut self, count: usize) -> usize {
        let base = self.next + 1;
        self.next += count;
        base
    }

    /// The type with everything put in that is known about it.
    pub(super) fn resolve(&self, found: &Type) -> Type {
        found.map_variables(&mut |variable| match self.bindings.get(&variable) {
            Some(binding) => self.resolve(binding),
            None => Type::Variable(variable),
        })
    }

    /// Whether each of `found` fits the parameter at its place. Learns from it only if all do.
    pub(super) fn assign_all(&mut self, found: &[Type], parameters: &[Type]) -> bool {
        let fits = found.len() == parameters.len()
            && found.iter().zip(parameters).all(|(found, parameter)| self.fits(found, parameter));
        while let Some((variable, before)) = self.journal.pop() {
            match before {
                _ if fits => {}
                Some(before) => drop(self.bindings.insert(variable, before)),
                None => drop(self.bindings.remove(&variable)),
            }
        }
        fits
    }

    pub(super) fn assign(&mut self, found: &Type, parameter: &Type) -> bool {
        self.assign_all(std::slice::from_ref(found), std::slice::from_ref(parameter))
    }

    /// The type of an aggregate's elements after one more of them.
    pub(super) fn join(&mut self, previous: Option<Type>, current: Type) -> Type {
        let Some(previous) = previous else { return current };
        if !self.assign(&previous, &current) {
            return Type::Dyn;
        }
        most_general(previous, current)
    }

    fn fits(&mut self, left: &Type, right: &Type) -> bool {
        if let Type::Variable(variable) = right {
            match self.substitute(left, *variable) {
                Substitution::Valid => return true,
                Substitution::Contradiction => return false,
                Substitution::Circular => {}
            }
        }
        if let Type::Variable(variable) = left {
            return matches!(self.substitute(right, *variable), Substitution::Valid);
        }
        if left.is_dyn_or_error() || right.is_dyn_or_error() {
            return true;
        }
        match (left, right) {
            (Type::Null, other) | (other, Type::Null) => is_nullable(other),
            (Type::Meta(_), Type::Meta(_)) => true,
            (Type::List(left), Type::List(right))
            | (Type::Optional(left), Type::Optional(right)) => self.fits(left, right),
            (Type::Map(left), Type::Map(right)) => {
                self.fits(&left.0, &right.0) && self.fits(&left.1, &right.1)
            }
            _ => left == right,
        }
    }

    /// Lets `variable` stand for `candidate`, if nothing that is known speaks against it.
    fn substitute(&mut self, candidate: &Type, variable: usize) -> Substitution {
        if *candidate == Type::Variable(variable) {
            return Substitution::Valid;
        }
        if let Some(known) = self.bindings.get(&variable).cloned() {
            if *candidate == known {
                return Substitution::Valid;
            }
            if !self.fits(candidate, &known) {
                return Substitution::Contradiction;
            }
            let general = most_general(candidate.clone(), known);
            if !self.mentions(&general, variable) {
                self.bind(variable, general);
            }
            return Substitution::Valid;
        }
        if self.mentions(candidate, variable) {
            return Substitution::Circular;
        }
        self.bind(variable, candidate.clone());
        Substitution::Valid
    }

    fn bind(&mut self, variable: usize, meaning: Type) {
        let before = self.bindings.insert(variable, meaning);
        self.journal.push((variable, before));
    }

    /// Whether the variable occurs in the type, directly or in what is known about it.
    fn mentions(&self, within: &Type, variable: usize) -> bool {
        match within {
            Type::Variable(other) if *other == variable => true,
            Type::Variable(other) => {
                self.bindings.get(other).is_some_and(|known| self.mentions(known, variable))
            }
            Type::List(inner) | Type::Optional(inner) | Type::Meta(inner) => {
                self.mentions(inner, variable)
            }
            Type::Map(entry) => {
                self.mentions(&entry.0, variable) || self.mentions(&entry.1, variable)
            }
            _ => false,
        }
    }
}

enum Substitution {
    Valid,
    /// The variable is known to be something else.
    Contradiction,
    /// Nothing is known, but the candidate contains the variable.
    Circular,
}

fn is_nullable(other: &Type) -> bool {
    matches!(
        other,
        Type::Null
            | Type::Optional(_)
            | Type::Opaque(_)
            | Type::Message(_)
            | Type::Timestamp
            | Type::Duration
    )
}

fn most_general(left: Type, right: Type) -> Type {
    if is_equal_or_less_specific(&left, &right) { left } else { right }
}

fn is_equal_or_less_specific(left: &Type, right: &Type) -> bool {
    match (left, right) {
        (Type::Dyn | Type::Error | Type::Variable(_), _) => true,
        (_, Type::Dyn | Type::Error | Type::Variable(_)) => false,
        (Type::Meta(_), Type::Meta(_)) => true,
        (Type::List(left), Type::List(right)) | (Type::Optional(left), Type::Optional(right)) => {
            is_equal_or_less_specific(left, right)
        }
        (Type::Map(left), Type::Map(right)) => {
            is_equal_or_less_specific(&left.0, &right.0)
                && is_equal_or_less_specific(&left.1, &right.1)
        }
        _ => left == right,
    }
}
