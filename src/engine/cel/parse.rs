//! Text → [`Syntax`]. The only file that knows the crate `cel`: it parses, and what it returns is
//! turned into our tree here.

use std::thread;

use cel::{
    ParseErrors,
    common::ast::{EntryExpr, Expr, IdedExpr, LiteralValue, SourceInfo},
};

use super::{
    Issue,
    bounds::{self, Weight},
    constant::Constant,
    macros,
    syntax::{Element, Entry, Kind, Syntax},
};

/// For expressions that nest so deep that a worker's stack may be too small for the parser. It is
/// far more than the deepest expression takes that [`bounds::weigh`] lets through.
const HEAVY_STACK: usize = 64 << 20;

/// Parses an expression.
///
/// # Errors
/// Text that is no expression, macros that are used in the wrong way, and all beyond the bounds.
pub(super) fn parse(source: &str) -> Result<Syntax, Vec<Issue>> {
    let weight = bounds::weigh(source).map_err(|message| vec![issue(source, None, message)])?;
    let (tree, info) = match weight {
        Weight::Light => read(source)?,
        Weight::Heavy => read_on_a_large_stack(source)?,
    };
    let mut converter = Converter { source, info: &info, next: 0, issues: Vec::new() };
    let syntax = converter.convert(tree, 1);
    if converter.issues.is_empty() { Ok(syntax) } else { Err(converter.issues) }
}

/// The line and column, in characters and from 1, of a byte of the source.
pub(super) fn position(source: &str, at: usize) -> (usize, usize) {
    let before = source.get(..at).unwrap_or(source);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

pub(super) fn issue(source: &str, at: Option<usize>, message: String) -> Issue {
    Issue::Invalid { position: at.map(|at| position(source, at)), message }
}

fn read(source: &str) -> Result<(IdedExpr, SourceInfo), Vec<Issue>> {
    let parser = cel::Env::default().parser();
    parser
        .enable_optional_syntax(true)
        .enable_ident_escape_syntax(true)
        .max_recursion_depth(u16::MAX)
        .parse_with_source_info(source)
        .map_err(|errors| issues(&errors))
}

fn read_on_a_large_stack(source: &str) -> Result<(IdedExpr, SourceInfo), Vec<Issue>> {
    let failed = |what: &str| {
        let message = format!("the expression nests deep, and its parser {what}");
        vec![Issue::Invalid { position: None, message }]
    };
    thread::scope(|scope| {
        thread::Builder::new()
            .stack_size(HEAVY_STACK)
            .spawn_scoped(scope, || read(source))
            .map_err(|error| failed(&format!("has no thread: {error}")))?
            .join()
            .ok()
            .ok_or_else(|| failed("failed"))?
    })
}

fn issues(errors: &ParseErrors) -> Vec<Issue> {
    errors
        .errors
        .iter()
        .map(|error| Issue::Invalid {
            position: usize::try_from(error.pos.0).ok().zip(usize::try_from(error.pos.1).ok()),
            message: message(&error.msg).to_owned(),
        })
        .collect()
}

/// The parser's texts about literals show its own types; these are cel-go's.
fn message(text: &str) -> &str {
    if text.contains("InvalidUnicode") {
        "invalid unicode code point"
    } else if text.starts_with("invalid string literal")
        || text.starts_with("invalid bytes literal")
    {
        "unable to unescape string"
    } else {
        text
    }
}

pub(super) struct Converter<'s> {
    source: &'s str,
    info: &'s SourceInfo,
    next: usize,
    issues: Vec<Issue>,
}

// === impl Converter ===

impl Converter<'_> {
    pub(super) fn refuse(&mut self, at: usize, message: impl Into<String>) -> Kind {
        self.issues.push(issue(self.source, Some(at), message.into()));
        Kind::Literal(Constant::Null)
    }

    pub(super) fn node(&mut self, at: usize, kind: Kind) -> Syntax {
        self.next += 1;
        Syntax { id: self.next - 1, at, kind }
    }

    fn at(&self, id: u64) -> usize {
        self.info.offset_for(id).map_or(0, |(start, _)| start as usize)
    }

    fn convert(&mut self, tree: IdedExpr, depth: usize) -> Syntax {
        let at = self.at(tree.id);
        if depth > bounds::DEPTH {
            if self.issues.is_empty() {
                self.issues.push(issue(self.source, None, "max recursion depth exceeded".into()));
            }
            return self.node(at, Kind::Literal(Constant::Null));
        }
        let depth = depth + 1;
        let kind = match tree.expr {
            Expr::Literal(literal) => Kind::Literal(constant(literal)),
            Expr::Ident(name) => Kind::Name(name),
            Expr::Select(select) => {
                let operand = Box::new(self.convert(*select.operand, depth));
                Kind::Select { operand, field: select.field }
            }
            Expr::Call(call) => {
                let target = call.target.map(|target| self.convert(*target, depth));
                let args = call.args.into_iter().map(|arg| self.convert(arg, depth)).collect();
                self.call(at, call.func_name, target, args)
            }
            Expr::List(list) => {
                let optional = list.optional_indices;
                let elements = list.elements.into_iter().enumerate();
                Kind::List(
                    elements
                        .map(|(index, element)| Element {
                            optional: optional.contains(&index),
                            value: self.convert(element, depth),
                        })
                        .collect(),
                )
            }
            Expr::Map(map) => {
                let entries = map.entries.into_iter();
                Kind::Map(entries.filter_map(|entry| self.entry(entry.expr, depth)).collect())
            }
            Expr::Struct(message) => {
                let name = message.type_name;
                let known = ["google.", "cerbos."].iter().any(|package| name.starts_with(package));
                if known {
                    self.refuse(at, format!("message literals are not supported: {name}"))
                } else {
                    self.refuse(at, format!("undeclared reference to '{name}' (in container '')"))
                }
            }
            Expr::Comprehension(_) | Expr::Unspecified => self.refuse(at, "unsupported expression"),
        };
        self.node(at, kind)
    }

    fn entry(&mut self, entry: EntryExpr, depth: usize) -> Option<Entry> {
        let EntryExpr::MapEntry(entry) = entry else { return None };
        Some(Entry {
            optional: entry.optional,
            key: self.convert(entry.key, depth),
            value: self.convert(entry.value, depth),
        })
    }

    fn call(
        &mut self,
        at: usize,
        name: String,
        target: Option<Syntax>,
        mut args: Vec<Syntax>,
    ) -> Kind {
        if name == "_?._" && args.len() == 2 {
            let field = args.pop().map(|field| field.kind);
            if let (Some(operand), Some(Kind::Literal(Constant::String(field)))) =
                (args.pop(), field)
            {
                return Kind::OptionalSelect { operand: Box::new(operand), field: field.into() };
            }
        }
        macros::expand(self, at, macros::Written { name, target, args })
    }
}

fn constant(literal: LiteralValue) -> Constant {
    match literal {
        LiteralValue::Boolean(value) => Constant::Bool(*value.inner()),
        LiteralValue::Bytes(bytes) => Constant::Bytes(bytes.inner().into()),
        LiteralValue::Double(value) => Constant::Double(*value.inner()),
        LiteralValue::Int(value) => Constant::Int(*value.inner()),
        LiteralValue::Null => Constant::Null,
        LiteralValue::String(text) => Constant::String(text.inner().into()),
        LiteralValue::UInt(value) => Constant::Uint(*value.inner()),
    }
}
