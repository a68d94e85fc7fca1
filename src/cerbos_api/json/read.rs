//! JSON → the bytes of a message, strictly: no unknown members, nothing twice, no coercion.

use std::collections::{HashMap, HashSet};

use prost::Name;
use prost_types::field_descriptor_proto::Type;

use super::{
    lexer::{Kind, Lexer, Token},
    scan::{self, ScanError},
    wire,
};
use crate::cerbos_api::schema::{Entry, Field, Message, Schema};

/// A text that is not the message. The words are those of a PDP.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    #[error(transparent)]
    Scan(ScanError),
    #[error("proto: (line {line}:{column}): {message}")]
    Unfit { line: usize, column: usize, message: String },
    #[error("proto: syntax error (line {line}:{column}): {message}")]
    Syntax { line: usize, column: usize, message: String },
    #[error("proto: unexpected EOF")]
    UnexpectedEnd,
    #[error("proto: exceeded max recursion depth")]
    TooDeep,
    #[error("grpc: received message larger than max ({size} vs. {most})")]
    TooLarge { size: usize, most: usize },
    /// What was read could not be decoded: a fault of ours.
    #[error("grpc: error unmarshalling request: proto: cannot parse invalid wire-format data")]
    Undecodable,
}

/// Messages within each other, as the decoder counts them. A PDP allows 10000, on a stack that grows.
const MOST_NESTING: usize = 100;

/// The message that a text begins with. An empty text is an empty message, and what follows the first
/// JSON value is not looked at.
///
/// # Errors
/// Text that is not the message, or one of more than `most` bytes.
pub fn read<M: Name + Default>(text: &[u8], most: usize) -> Result<M, JsonError> {
    let Some(value) = scan::first_value(text).map_err(JsonError::Scan)? else {
        return Ok(M::default());
    };
    let schema = Schema::get();
    let message = schema.message(&M::full_name()).ok_or(JsonError::Undecodable)?;
    let mut reader = Reader { schema, lexer: Lexer::new(value) };
    let bytes = reader.message(message, MOST_NESTING)?;
    if bytes.len() > most {
        return Err(JsonError::TooLarge { size: bytes.len(), most });
    }
    M::decode(&*bytes).map_err(|_not_ours| JsonError::Undecodable)
}

struct Reader<'t> {
    schema: &'static Schema,
    lexer: Lexer<'t>,
}

// === impl Reader ===

impl<'t> Reader<'t> {
    fn message(&mut self, message: &Message, nesting: usize) -> Result<Vec<u8>, JsonError> {
        if &*message.name == "google.protobuf.Value" {
            return self.value(nesting);
        }
        self.open(Kind::ObjectOpen)?;
        let mut bytes = Vec::new();
        let mut seen = HashSet::new();
        while let Some(token) = self.name()? {
            let name = self.lexer.text_of(token)?;
            let field = message
                .field_named(&name)
                .ok_or_else(|| self.unfit(token, &format!("unknown field {}", token.shown())))?;
            if !seen.insert(field.number) {
                return Err(self.unfit(token, &format!("duplicate field {}", token.shown())));
            }
            let is_value = &*field.type_name == "google.protobuf.Value";
            if self.lexer.peek().kind == Kind::Null && (field.is_repeated || !is_value) {
                self.lexer.next();
                continue;
            }
            match self.schema.entry(field) {
                Some(entry) => self.map(field.number, entry, nesting, &mut bytes)?,
                None if field.is_repeated => {
                    self.open(Kind::ArrayOpen)?;
                    while self.lexer.peek().kind != Kind::ArrayClose {
                        self.field(field, nesting, &mut bytes)?;
                    }
                    self.lexer.next();
                }
                None => self.field(field, nesting, &mut bytes)?,
            }
        }
        Ok(bytes)
    }

    /// One value of a field.
    fn field(
        &mut self,
        field: &Field,
        nesting: usize,
        bytes: &mut Vec<u8>,
    ) -> Result<(), JsonError> {
        if let Some(message) = self.schema.message_of(field) {
            let nesting = nesting.checked_sub(1).ok_or(JsonError::TooDeep)?;
            wire::put_bytes(bytes, field.number, &self.message(message, nesting)?);
            return Ok(());
        }
        let token = self.lexer.next();
        match (field.field_type, token.kind) {
            (Type::String, Kind::String) => {
                wire::put_bytes(bytes, field.number, self.lexer.text_of(token)?.as_bytes());
            }
            (Type::Bool, Kind::Bool) => {
                wire::put_number(bytes, field.number, u64::from(token.raw == b"true"));
            }
            // No request has a field of another type.
            (field_type, kind) => {
                if kind == Kind::String {
                    self.lexer.text_of(token)?;
                }
                let field_type = if field_type == Type::Bool { "bool" } else { "string" };
                let message = format!(
                    "invalid value for {field_type} field {}: {}",
                    field.json_name,
                    token.shown()
                );
                return Err(self.unfit(token, &message));
            }
        }
        Ok(())
    }

    fn map(
        &mut self,
        number: u32,
        entry: Entry<'_>,
        nesting: usize,
        bytes: &mut Vec<u8>,
    ) -> Result<(), JsonError> {
        self.open(Kind::ObjectOpen)?;
        let nesting = nesting.checked_sub(1).ok_or(JsonError::TooDeep)?;
        let mut seen = HashMap::new();
        while let Some(token) = self.name()? {
            let key = self.lexer.text_of(token)?;
            if seen.insert(key.clone(), ()).is_some() {
                return Err(self.unfit(token, &format!("duplicate map key {}", token.shown())));
            }
            let mut pair = Vec::new();
            wire::put_bytes(&mut pair, entry.key.number, key.as_bytes());
            self.field(entry.value, nesting, &mut pair)?;
            wire::put_bytes(bytes, number, &pair);
        }
        Ok(())
    }

    /// `google.protobuf.Value`: any JSON.
    fn value(&mut self, nesting: usize) -> Result<Vec<u8>, JsonError> {
        let nested = || nesting.checked_sub(1).ok_or(JsonError::TooDeep);
        let message = self.schema.message("google.protobuf.Value").ok_or(JsonError::Undecodable)?;
        let mut bytes = Vec::new();
        let token = self.lexer.peek();
        match token.kind {
            Kind::ObjectOpen => {
                let fields = self.part(message, "struct_value", "fields")?;
                let entry = self.schema.entry(fields.1).ok_or(JsonError::Undecodable)?;
                let mut inner = Vec::new();
                self.map(fields.1.number, entry, nested()?, &mut inner)?;
                wire::put_bytes(&mut bytes, fields.0, &inner);
                return Ok(bytes);
            }
            Kind::ArrayOpen => {
                let values = self.part(message, "list_value", "values")?;
                let mut inner = Vec::new();
                self.lexer.next();
                while self.lexer.peek().kind != Kind::ArrayClose {
                    self.field(values.1, nested()?, &mut inner)?;
                }
                self.lexer.next();
                wire::put_bytes(&mut bytes, values.0, &inner);
                return Ok(bytes);
            }
            Kind::Null => wire::put_number(&mut bytes, 1, 0),
            Kind::Number => wire::put_double(&mut bytes, 2, self.number(token)?),
            Kind::String => {
                wire::put_bytes(&mut bytes, 3, self.lexer.text_of(token)?.as_bytes());
            }
            Kind::Bool => wire::put_number(&mut bytes, 4, u64::from(token.raw == b"true")),
            Kind::ObjectClose | Kind::ArrayClose | Kind::End => {
                return Err(self.unexpected(token));
            }
        }
        self.lexer.next();
        Ok(bytes)
    }

    /// The number of a member of `Value`, and the one field of its message.
    fn part(
        &self,
        value: &Message,
        member: &str,
        inner: &str,
    ) -> Result<(u32, &'static Field), JsonError> {
        let member = value.field_named(member).ok_or(JsonError::Undecodable)?;
        let message = self.schema.message_of(member).ok_or(JsonError::Undecodable)?;
        let inner = message.field_named(inner).ok_or(JsonError::Undecodable)?;
        Ok((member.number, inner))
    }

    /// A double; one that is too large is none.
    fn number(&self, token: Token<'_>) -> Result<f64, JsonError> {
        let number: Option<f64> = str::from_utf8(token.raw).ok().and_then(|raw| raw.parse().ok());
        number.filter(|number| number.is_finite()).ok_or_else(|| {
            self.unfit(token, &format!("invalid google.protobuf.Value: {}", token.shown()))
        })
    }

    /// The next member's name, or the end of the object.
    fn name(&mut self) -> Result<Option<Token<'t>>, JsonError> {
        let token = self.lexer.next();
        match token.kind {
            Kind::String => Ok(Some(token)),
            Kind::ObjectClose => Ok(None),
            _ => Err(self.unexpected(token)),
        }
    }

    fn open(&mut self, kind: Kind) -> Result<(), JsonError> {
        let token = self.lexer.next();
        if token.kind == Kind::String {
            self.lexer.text_of(token)?;
        }
        if token.kind == kind { Ok(()) } else { Err(self.unexpected(token)) }
    }

    fn unexpected(&self, token: Token<'_>) -> JsonError {
        self.lexer.syntax(token, &format!("unexpected token {}", token.shown()))
    }

    fn unfit(&self, token: Token<'_>, message: &str) -> JsonError {
        let (line, column) = self.lexer.place(token);
        JsonError::Unfit { line, column, message: message.to_owned() }
    }
}
