//! Evaluation of what binds names: loops over lists and maps, sorting by a key, optionals.

use bumpalo::collections::Vec as ArenaVec;

use super::{
    access::go_type_name,
    compare,
    eval::{Evaluated, Fault, Run, is_same_key},
    functions::{describe, sort_values},
    node::{Alternative, Logic, Loop, Node},
    syntax::{LoopKind, OptionalForm},
    value::{List, V},
};

/// What a loop goes through. With one variable a map gives its keys.
#[derive(Clone, Copy)]
enum Range<'a> {
    List(List<'a>),
    Map(&'a [(V<'a>, V<'a>)]),
}

type Pairs<'a> = ArenaVec<'a, (V<'a>, V<'a>)>;

// === impl Range ===

impl<'a> Range<'a> {
    fn len(self) -> usize {
        match self {
            Self::List(list) => list.len(),
            Self::Map(entries) => entries.len(),
        }
    }

    /// Key or index, and value.
    fn get(self, index: usize) -> Option<(V<'a>, V<'a>)> {
        match self {
            Self::List(list) => Some((V::Int(i64::try_from(index).ok()?), list.get(index)?)),
            Self::Map(entries) => entries.get(index).copied(),
        }
    }
}

// === impl Run ===

impl<'a> Run<'a> {
    pub(super) fn run_loop(&self, details: &'a Loop) -> Evaluated<'a> {
        let range = self.range(details)?;
        match details.kind {
            LoopKind::All => self.quantify(details, range, Logic::And),
            LoopKind::Exists => self.quantify(details, range, Logic::Or),
            LoopKind::ExistsOne => {
                let mut found = 0_usize;
                self.each_where(details, range, &details.body, |_, _| {
                    found += 1;
                    Ok(())
                })?;
                Ok(V::Bool(found == 1))
            }
            LoopKind::Filter => {
                let mut list = ArenaVec::new_in(self.arena);
                self.each_where(details, range, &details.body, |_, element| {
                    list.push(element.1);
                    Ok(())
                })?;
                Ok(V::List(list.into_bump_slice()))
            }
            LoopKind::Map | LoopKind::TransformList => {
                let mut list = ArenaVec::new_in(self.arena);
                self.each_kept(details, range, |run, _| {
                    list.push(run.eval(&details.body)?);
                    Ok(())
                })?;
                Ok(V::List(list.into_bump_slice()))
            }
            LoopKind::TransformMap => {
                let mut map: Pairs<'a> = ArenaVec::new_in(self.arena);
                self.each_kept(details, range, |run, (key, _)| {
                    map.push((key, run.eval(&details.body)?));
                    Ok(())
                })?;
                Ok(V::Map(map.into_bump_slice()))
            }
            LoopKind::TransformMapEntry => {
                let mut map: Pairs<'a> = ArenaVec::new_in(self.arena);
                self.each_kept(details, range, |run, _| run.insert(&mut map, &details.body))?;
                Ok(V::Map(map.into_bump_slice()))
            }
        }
    }

    fn range(&self, details: &'a Loop) -> Result<Range<'a>, Fault<'a>> {
        let value = self.eval(&details.range)?;
        if let Some(list) = value.list() {
            return Ok(Range::List(list));
        }
        if let Some(entries) = value.entries() {
            return Ok(Range::Map(entries.pairs(self.arena)));
        }
        let kind = go_type_name(value);
        Err(if details.second.is_some() {
            self.fail(format_args!("unsupported comprehension range type: {kind}"))
        } else {
            self.fail(format_args!("got '{kind}', expected iterable type"))
        })
    }

    /// Goes through a range with the variables bound. `visit` gets key (or index) and value; with
    /// one variable over a map the value is the key.
    fn each(
        &self,
        details: &'a Loop,
        range: Range<'a>,
        mut visit: impl FnMut(&Self, (V<'a>, V<'a>)) -> Result<(), Fault<'a>>,
    ) -> Result<(), Fault<'a>> {
        for index in 0..range.len() {
            let Some(pair) = self.bind_element(details, range, index) else { break };
            visit(self, pair)?;
        }
        Ok(())
    }

    fn each_kept(
        &self,
        details: &'a Loop,
        range: Range<'a>,
        visit: impl FnMut(&Self, (V<'a>, V<'a>)) -> Result<(), Fault<'a>>,
    ) -> Result<(), Fault<'a>> {
        match &details.filter {
            Some(filter) => self.each_where(details, range, filter, visit),
            None => self.each(details, range, visit),
        }
    }

    /// Visits the elements for which a predicate holds. Where it fails for several elements, the last
    /// one tells: to cel-go a step is `predicate ? next : result`.
    fn each_where(
        &self,
        details: &'a Loop,
        range: Range<'a>,
        predicate: &'a Node,
        mut visit: impl FnMut(&Self, (V<'a>, V<'a>)) -> Result<(), Fault<'a>>,
    ) -> Result<(), Fault<'a>> {
        let mut last = Ok(());
        self.each(details, range, |run, pair| {
            match run.predicate(predicate) {
                Ok(true) if last.is_ok() => last = visit(run, pair),
                Ok(_) => {}
                Err(fault) => last = Err(fault),
            }
            run.charge(1)
        })?;
        last
    }

    fn bind_element(
        &self,
        details: &'a Loop,
        range: Range<'a>,
        index: usize,
    ) -> Option<(V<'a>, V<'a>)> {
        let (key, value) = range.get(index)?;
        if let Some(second) = details.second {
            self.set(details.slot, Ok(key));
            self.set(second, Ok(value));
            return Some((key, value));
        }
        let element = if let Range::Map(_) = range { key } else { value };
        self.set(details.slot, Ok(element));
        Some((key, element))
    }

    fn predicate(&self, node: &'a Node) -> Result<bool, Fault<'a>> {
        match self.eval(node)? {
            V::Bool(value) => Ok(value),
            _ => Err(Fault::NoOverload),
        }
    }

    /// `all` (decided by false) and `exists` (decided by true): as a chain of `&&` or `||`, an
    /// element that decides makes up for those before it that fail.
    fn quantify(&self, details: &'a Loop, range: Range<'a>, logic: Logic) -> Evaluated<'a> {
        let decides = logic.deciding();
        let mut first_fault = None;
        for index in 0..range.len() {
            if self.bind_element(details, range, index).is_none() {
                break;
            }
            match self.eval(&details.body) {
                Ok(V::Bool(value)) if value == decides => return Ok(V::Bool(decides)),
                Ok(V::Bool(_)) => {}
                Ok(_) => first_fault = first_fault.or(Some(Fault::NoOverload)),
                Err(fault) => first_fault = first_fault.or(Some(fault)),
            }
            self.charge(1)?;
        }
        first_fault.map_or(Ok(V::Bool(!decides)), Err)
    }

    /// Adds the entries of the map that `body` makes.
    fn insert(&self, map: &mut Pairs<'a>, body: &'a Node) -> Result<(), Fault<'a>> {
        let value = self.eval(body)?;
        let Some(entries) = value.entries() else {
            let kind = value.type_name();
            return Err(self.fail(format_args!("no such overload: cel.@mapInsert(map, {kind})")));
        };
        for (key, value) in entries.pairs(self.arena) {
            self.charge(map.len())?;
            if map.iter().any(|(other, _)| is_same_key(*other, *key)) {
                let key = describe(*key);
                return Err(self.fail(format_args!("insert failed: key {key} already exists")));
            }
            map.push((*key, *value));
        }
        Ok(())
    }

    pub(super) fn optional_map(
        &self,
        slot: usize,
        parts: &'a [Node; 2],
        form: OptionalForm,
    ) -> Evaluated<'a> {
        let [operand, body] = parts;
        let inner = match self.eval(operand)? {
            V::Optional(inner) => inner,
            // The macro asks `hasValue()` first.
            other => {
                let other = other.type_name();
                return Err(self.fail(format_args!("no such overload: hasValue({other})")));
            }
        };
        let Some(inner) = inner else { return Ok(V::Optional(None)) };
        self.set(slot, Ok(*inner));
        let value = self.eval(body)?;
        Ok(match form {
            OptionalForm::Map => self.optional(Some(value)),
            OptionalForm::FlatMap => value,
        })
    }

    pub(super) fn optional_or(&self, parts: &'a [Node; 2], result: Alternative) -> Evaluated<'a> {
        let [left, right] = parts;
        match self.eval(left)? {
            V::Optional(Some(inner)) if result == Alternative::Value => Ok(*inner),
            V::Optional(None) => self.eval(right),
            value @ V::Optional(Some(_)) => Ok(value),
            _ => Err(Fault::NoOverload),
        }
    }

    pub(super) fn sort_by(&self, slot: usize, parts: &'a [Node; 2]) -> Evaluated<'a> {
        let [list, key] = parts;
        let value = self.eval(list)?;
        let Some(list) = value.list() else {
            // The keys are made first, of the keys of a map too.
            for (name, _) in value.entries().map_or(&[][..], |all| all.pairs(self.arena)) {
                self.set(slot, Ok(*name));
                self.eval(key)?;
            }
            if value.entries().is_some() {
                return Err(Fault::Text("no such overload: @sortByAssociatedKeys"));
            }
            let kind = go_type_name(value);
            return Err(self.fail(format_args!("got '{kind}', expected iterable type")));
        };
        self.hold(list.len() * size_of::<(V<'a>, V<'a>)>())?;
        let mut keyed = Vec::with_capacity(list.len());
        for item in list.iter() {
            self.set(slot, Ok(item));
            keyed.push((self.eval(key)?, item));
        }
        sort_values(self, &mut keyed)?;
        self.list(keyed.into_iter().map(|(_, item)| item))
    }

    /// Whether two values are equal, for functions outside.
    pub(super) fn equal(&self, left: V<'a>, right: V<'a>) -> Result<bool, Fault<'a>> {
        self.charge(1)?;
        compare::equal(self, left, right)
    }
}
