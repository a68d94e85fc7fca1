//! Validation: what a schema says of a value, in the order in which the Go library jsonschema says it.
//!
//! A schema that refers to itself in several places can take time that doubles with every level of
//! the value. So each schema that looks at a value, and each text, is paid for from the steps of the
//! question. What can no longer be paid for is not answered.

use serde_json::Value;

use super::node::{Condition, Id, Node, Reference, Type};
use super::path::Path;
use super::{equal, message};
use crate::engine::cel::{Budget, Spent};

/// Schemas within each other, those of values within a value too: what fits on the stack of a worker.
const DEPTH: usize = 500;

/// A compiled schema, and those that it refers to.
#[derive(Debug)]
pub(in crate::engine::policy) struct Validator {
    /// The schema itself is the first.
    nodes: Vec<Node>,
}

/// Why a value was not validated to the end.
#[derive(Debug, thiserror::Error)]
pub(super) enum Excess {
    #[error("{0}")]
    Spent(Spent),
    #[error("more than {DEPTH} schemas apply within each other")]
    Depth,
}

/// Path (a JSON pointer) and text of an error that has no cause below it.
pub(super) type Finding = (String, String);

// === impl Validator ===

impl Validator {
    pub(super) fn new(nodes: Vec<Node>) -> Self {
        Self { nodes }
    }

    /// What is wrong with a value.
    ///
    /// # Errors
    /// Where the budget does not suffice.
    pub(super) fn validate(&self, value: &Value, budget: &Budget) -> Result<Vec<Finding>, Excess> {
        let mut run = Run {
            nodes: &self.nodes,
            budget,
            scope: Vec::new(),
            errors: 0,
            findings: Vec::new(),
            held: 0,
            is_quiet: false,
        };
        run.apply(0, value, &Path::Root).inspect_err(|_| budget.exhaust())?;
        budget.keep(run.held);
        Ok(run.findings)
    }
}

/// One validation.
pub(super) struct Run<'r> {
    nodes: &'r [Node],
    budget: &'r Budget,
    /// The schemas that led to this one, of values around this one too: the dynamic scope.
    scope: Vec<Scope>,
    /// What was wrong so far. What is taken back is taken off.
    errors: usize,
    /// The same in words.
    findings: Vec<Finding>,
    /// Bytes of these.
    held: usize,
    /// Whether nobody will read the words.
    is_quiet: bool,
}

#[derive(Clone, Copy)]
struct Scope {
    id: Id,
    /// Inside of its `then` or `else`, from where its inside is not seen.
    is_left: bool,
}

/// How much was wrong at some moment.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    errors: usize,
    findings: usize,
}

/// The properties or items, by their number, that no keyword has looked at.
pub(super) type Unseen = Vec<bool>;

// === impl Run ===

impl<'r> Run<'r> {
    /// Applies a schema to a value. Gives what it has not looked at.
    pub(super) fn apply(
        &mut self,
        id: Id,
        value: &Value,
        path: &Path<'_>,
    ) -> Result<Unseen, Excess> {
        let nodes = self.nodes;
        let Some(node) = nodes.get(id) else { return Ok(Unseen::new()) };
        let parts = match value {
            Value::Array(items) => items.len(),
            Value::Object(members) => members.len(),
            _ => 0,
        };
        self.pay(1 + parts)?;
        if self.scope.len() >= DEPTH {
            return Err(Excess::Depth);
        }
        self.scope.push(Scope { id, is_left: false });
        let mut unseen = vec![true; parts];
        self.keywords(node, value, path, &mut unseen)?;
        self.scope.pop();
        Ok(unseen)
    }

    fn keywords(
        &mut self,
        node: &'r Node,
        value: &Value,
        path: &Path<'_>,
        unseen: &mut Unseen,
    ) -> Result<(), Excess> {
        if let Some(always) = node.always {
            return if always { Ok(()) } else { self.fail(path, || "not allowed".to_owned()) };
        }
        if !node.types.is_empty() && !node.types.iter().any(|one| one.fits(value)) {
            return self.fail(path, || message::types(&node.types, Type::of(value)));
        }
        self.values(node, value, path)?;
        match value {
            Value::Object(members) => {
                if let Some(rules) = &node.object {
                    self.object(rules, (value, members), path, unseen)?;
                }
            }
            Value::Array(items) => {
                if let Some(rules) = &node.list {
                    self.list(rules, items, path, unseen)?;
                }
            }
            Value::String(text) => self.text(node, text, path)?,
            Value::Number(number) => {
                self.number(node, number.as_f64().unwrap_or(f64::NAN), path)?;
            }
            Value::Null | Value::Bool(_) => {}
        }
        self.references(node, value, path, unseen)?;
        self.combinations(node, value, path, unseen)?;
        self.unevaluated(node, value, path, unseen)
    }

    /// `const`, `enum` and `format`.
    fn values(&mut self, node: &Node, value: &Value, path: &Path<'_>) -> Result<(), Excess> {
        if let Some(constant) = &node.constant
            && !equal::are_equal(value, constant, &mut |steps| self.pay(steps))?
        {
            self.fail(path, || message::constant(constant))?;
        }
        if let Some(options) = &node.options {
            let mut is_one = false;
            for option in options {
                is_one = is_one || equal::are_equal(value, option, &mut |steps| self.pay(steps))?;
            }
            if !is_one {
                self.fail(path, || message::options(options))?;
            }
        }
        if let (Some((name, has_format)), Value::String(text)) = (&node.format, value) {
            self.pay(1 + text.len() / 4)?;
            if !has_format(text) {
                self.fail(path, || message::format(text, name))?;
            }
        }
        Ok(())
    }

    fn references(
        &mut self,
        node: &Node,
        value: &Value,
        path: &Path<'_>,
        unseen: &mut Unseen,
    ) -> Result<(), Excess> {
        for reference in &node.references {
            let id = match *reference {
                Reference::To(id) => id,
                Reference::Recursive(id) => self.outermost_recursive(id),
                Reference::Dynamic(id) => self.outermost_dynamic(id),
            };
            self.in_place(id, value, path, unseen)?;
        }
        Ok(())
    }

    fn outermost_recursive(&self, id: Id) -> Id {
        let is_anchor = |id: Id| self.nodes.get(id).is_some_and(|node| node.is_recursive_anchor);
        let mut scope = self.scope.iter().map(|scope| scope.id);
        if is_anchor(id) { scope.find(|id| is_anchor(*id)).unwrap_or(id) } else { id }
    }

    fn outermost_dynamic(&self, id: Id) -> Id {
        let anchor = |id: Id| self.nodes.get(id).and_then(|node| node.dynamic_anchor.as_deref());
        let Some(name) = anchor(id) else { return id };
        let visible = self.scope.iter().rev().take_while(|scope| !scope.is_left);
        let named = visible.filter_map(|scope| {
            let mut anchors = self.nodes.get(scope.id)?.dynamic_anchors.iter().copied();
            anchors.find(|other| *other != id && anchor(*other) == Some(name))
        });
        named.last().unwrap_or(id)
    }

    fn combinations(
        &mut self,
        node: &Node,
        value: &Value,
        path: &Path<'_>,
        unseen: &mut Unseen,
    ) -> Result<(), Excess> {
        if let Some(not) = node.not
            && self.is_valid(not, value, path, unseen)?
        {
            self.fail(path, || "not failed".to_owned())?;
        }
        for id in &node.all_of {
            self.in_place(*id, value, path, unseen)?;
        }
        if !node.any_of.is_empty() {
            let mark = self.mark();
            let mut fits = false;
            for id in &node.any_of {
                fits |= self.in_place(*id, value, path, unseen)?;
            }
            if fits {
                self.take_back(mark);
            }
        }
        self.one_of(node, value, path, unseen)?;
        if let Some(condition) = &node.condition {
            self.condition(condition, value, path, unseen)?;
        }
        Ok(())
    }

    fn one_of(
        &mut self,
        node: &Node,
        value: &Value,
        path: &Path<'_>,
        unseen: &mut Unseen,
    ) -> Result<(), Excess> {
        let mark = self.mark();
        let mut found = None;
        for (at, id) in node.one_of.iter().enumerate() {
            if !self.in_place(*id, value, path, unseen)? {
                continue;
            }
            if let Some(first) = found {
                self.take_back(mark);
                return self
                    .fail(path, || format!("valid against schemas at indexes {first} and {at}"));
            }
            found = Some(at);
        }
        if found.is_some() {
            self.take_back(mark);
        }
        Ok(())
    }

    fn condition(
        &mut self,
        condition: &Condition,
        value: &Value,
        path: &Path<'_>,
        unseen: &mut Unseen,
    ) -> Result<(), Excess> {
        let holds = self.is_valid(condition.test, value, path, unseen)?;
        let Some(id) = (if holds { condition.then } else { condition.otherwise }) else {
            return Ok(());
        };
        // Around it nothing is visible meanwhile, which is Go's.
        let place = self.scope.len().saturating_sub(1);
        self.scope.iter_mut().skip(place).for_each(|scope| scope.is_left = true);
        self.in_place(id, value, path, unseen)?;
        self.scope.iter_mut().skip(place).for_each(|scope| scope.is_left = false);
        Ok(())
    }

    /// Applies a schema to the same value. What it has looked at is seen, unless it does not fit.
    pub(super) fn in_place(
        &mut self,
        id: Id,
        value: &Value,
        path: &Path<'_>,
        unseen: &mut Unseen,
    ) -> Result<bool, Excess> {
        let before = self.errors;
        let below = self.apply(id, value, path)?;
        let fits = self.errors == before;
        if fits {
            for (unseen, below) in unseen.iter_mut().zip(below) {
                *unseen &= below;
            }
        }
        Ok(fits)
    }

    /// The same, where nobody asks why it does not fit.
    fn is_valid(
        &mut self,
        id: Id,
        value: &Value,
        path: &Path<'_>,
        unseen: &mut Unseen,
    ) -> Result<bool, Excess> {
        let (mark, was_quiet) = (self.mark(), self.is_quiet);
        self.is_quiet = true;
        let fits = self.in_place(id, value, path, unseen)?;
        self.is_quiet = was_quiet;
        self.take_back(mark);
        Ok(fits)
    }

    fn unevaluated(
        &mut self,
        node: &Node,
        value: &Value,
        path: &Path<'_>,
        unseen: &mut Unseen,
    ) -> Result<(), Excess> {
        match (value, node.unevaluated_properties, node.unevaluated_items) {
            (Value::Object(members), Some(id), _) => {
                for ((name, value), _) in members.iter().zip(&*unseen).filter(|(_, is)| **is) {
                    self.apply(id, value, &path.member(name))?;
                }
                unseen.fill(false);
            }
            (Value::Array(items), _, Some(id)) => {
                let items = items.iter().enumerate();
                for ((at, value), _) in items.zip(&*unseen).filter(|(_, is)| **is) {
                    self.apply(id, value, &path.item(at))?;
                }
                unseen.fill(false);
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn fail(
        &mut self,
        path: &Path<'_>,
        message: impl FnOnce() -> String,
    ) -> Result<(), Excess> {
        self.errors += 1;
        if self.is_quiet {
            return Ok(());
        }
        let finding = (path.to_string(), message());
        let bytes = size_of::<Finding>() + finding.0.len() + finding.1.len();
        self.held += bytes;
        self.findings.push(finding);
        self.pay(1 + bytes / 16)
    }

    pub(super) fn pay(&self, steps: usize) -> Result<(), Excess> {
        self.budget.take(steps, self.held).map_err(Excess::Spent)
    }

    pub(super) fn mark(&self) -> Mark {
        Mark { errors: self.errors, findings: self.findings.len() }
    }

    pub(super) fn has_failed_since(&self, mark: Mark) -> bool {
        self.errors > mark.errors
    }

    /// Forgets what was wrong since.
    pub(super) fn take_back(&mut self, mark: Mark) {
        self.errors = mark.errors;
        for (path, message) in self.findings.drain(mark.findings..) {
            self.held -= size_of::<Finding>() + path.len() + message.len();
        }
    }
}
