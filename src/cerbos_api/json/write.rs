//! The bytes of a message → JSON: lower camel case, enums by name, nothing that has its default.

use prost::Name;
use prost_types::field_descriptor_proto::Type;

use super::{
    number,
    wire::{self, Malformed, Raw},
};
use crate::cerbos_api::schema::{Entry, Field, Message, Schema};

/// How JSON is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    Compact,
    /// A line for each member.
    Pretty,
}

/// A message that has no JSON form.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum Unwritable {
    /// JSON has no infinity, and no NaN.
    #[error("proto: google.protobuf.Value.number_value: invalid {} value", number::not_finite(*.0))]
    Number(f64),
    #[error("the message is not what its description says")]
    Malformed,
}

/// # Errors
/// A number that JSON does not have.
pub fn write<M: Name>(message: &M, layout: Layout) -> Result<String, Unwritable> {
    let schema = Schema::get();
    let described = schema.message(&M::full_name()).ok_or(Unwritable::Malformed)?;
    let mut writer = Writer { schema, layout, depth: 0, text: String::new() };
    writer.message(described, &message.encode_to_vec())?;
    Ok(writer.text)
}

struct Writer {
    schema: &'static Schema,
    layout: Layout,
    depth: usize,
    text: String,
}

/// What stands between brackets.
#[derive(Clone, Copy)]
enum Brackets {
    Object,
    Array,
}

/// Whether brackets that are open have something in them yet.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Filling {
    Nothing,
    Something,
}

// === impl Writer ===

impl Writer {
    fn message(&mut self, message: &Message, bytes: &[u8]) -> Result<(), Unwritable> {
        match &*message.name {
            "google.protobuf.Value" => return self.value(bytes),
            "google.protobuf.Any" => return self.any(bytes),
            _ => {}
        }
        self.open(Brackets::Object);
        let filling = self.members(message, bytes, Filling::Nothing)?;
        self.close(Brackets::Object, filling);
        Ok(())
    }

    /// The members of an object that is open; whether there is one in it now.
    fn members(
        &mut self,
        message: &Message,
        bytes: &[u8],
        mut filling: Filling,
    ) -> Result<Filling, Unwritable> {
        let given = wire::fields(bytes)?;
        for field in &message.fields {
            let values: Vec<Raw<'_>> = given
                .iter()
                .filter(|(number, _)| *number == field.number)
                .map(|(_, value)| *value)
                .collect();
            let Some(last) = values.last() else { continue };
            self.separate(&mut filling);
            self.name(&field.json_name);
            match self.schema.entry(field) {
                Some(entry) => self.map(entry, &values)?,
                None if field.is_repeated => self.list(field, &values)?,
                None => self.field(field, *last)?,
            }
        }
        Ok(filling)
    }

    fn list(&mut self, field: &Field, values: &[Raw<'_>]) -> Result<(), Unwritable> {
        self.open(Brackets::Array);
        let mut filling = Filling::Nothing;
        for value in values {
            self.separate(&mut filling);
            self.field(field, *value)?;
        }
        self.close(Brackets::Array, filling);
        Ok(())
    }

    fn map(&mut self, entry: Entry<'_>, pairs: &[Raw<'_>]) -> Result<(), Unwritable> {
        self.open(Brackets::Object);
        let mut filling = Filling::Nothing;
        for pair in pairs {
            let (mut key, mut value) = (&[][..], None);
            for (number, raw) in wire::fields(bytes_of(*pair)?)? {
                match raw {
                    Raw::Bytes(bytes) if number == entry.key.number => key = bytes,
                    raw => value = Some(raw),
                }
            }
            self.separate(&mut filling);
            self.name(&String::from_utf8_lossy(key));
            // What is left out has its default.
            let default = match entry.value.field_type {
                Type::String | Type::Message => Raw::Bytes(&[]),
                _ => Raw::Varint(0),
            };
            self.field(entry.value, value.unwrap_or(default))?;
        }
        self.close(Brackets::Object, filling);
        Ok(())
    }

    fn field(&mut self, field: &Field, value: Raw<'_>) -> Result<(), Unwritable> {
        match (field.field_type, value) {
            (Type::Message, Raw::Bytes(bytes)) => {
                let message = self.schema.message_of(field).ok_or(Unwritable::Malformed)?;
                self.message(message, bytes)?;
            }
            (Type::String, Raw::Bytes(bytes)) => self.string(&String::from_utf8_lossy(bytes)),
            (Type::Bool, Raw::Varint(value)) => {
                self.word(if value == 0 { "false" } else { "true" });
            }
            (Type::Enum, Raw::Varint(value)) => {
                let number = i32::try_from(value).map_err(|_too_large| Unwritable::Malformed)?;
                match self.schema.enum_name(field, number) {
                    Some(name) => self.string(name),
                    None => self.word(&number.to_string()),
                }
            }
            (Type::Int32 | Type::Uint32, Raw::Varint(value)) => self.word(&value.to_string()),
            (Type::Int64 | Type::Uint64, Raw::Varint(value)) => self.string(&value.to_string()),
            // No message of ours has another type.
            _ => return Err(Unwritable::Malformed),
        }
        Ok(())
    }

    /// `google.protobuf.Value` as the JSON that it is.
    fn value(&mut self, bytes: &[u8]) -> Result<(), Unwritable> {
        let (number, value) = wire::fields(bytes)?.pop().unwrap_or((1, Raw::Varint(0)));
        match (number, value) {
            (2, Raw::Fixed64(bytes)) => {
                let number = f64::from_le_bytes(bytes);
                if !number.is_finite() {
                    return Err(Unwritable::Number(number));
                }
                self.word(&number::shown(number));
            }
            (3, Raw::Bytes(text)) => self.string(&String::from_utf8_lossy(text)),
            (4, Raw::Varint(value)) => self.word(if value == 0 { "false" } else { "true" }),
            (5, Raw::Bytes(fields)) => {
                let fields_of = self.schema.message("google.protobuf.Struct");
                let field =
                    fields_of.and_then(|message| message.field(1)).ok_or(Unwritable::Malformed)?;
                let entry = self.schema.entry(field).ok_or(Unwritable::Malformed)?;
                let pairs: Vec<_> = wire::fields(fields)?.into_iter().map(|(_, raw)| raw).collect();
                self.map(entry, &pairs)?;
            }
            (6, Raw::Bytes(values)) => {
                let values_of = self.schema.message("google.protobuf.ListValue");
                let field =
                    values_of.and_then(|message| message.field(1)).ok_or(Unwritable::Malformed)?;
                let values: Vec<_> =
                    wire::fields(values)?.into_iter().map(|(_, raw)| raw).collect();
                self.list(field, &values)?;
            }
            _ => self.word("null"),
        }
        Ok(())
    }

    /// `google.protobuf.Any`: the message with its type.
    fn any(&mut self, bytes: &[u8]) -> Result<(), Unwritable> {
        let (mut url, mut value) = (String::new(), &[][..]);
        for (number, raw) in wire::fields(bytes)? {
            match number {
                1 => url = String::from_utf8_lossy(bytes_of(raw)?).into_owned(),
                _ => value = bytes_of(raw)?,
            }
        }
        let name = url.rsplit('/').next().unwrap_or_default();
        let message = self.schema.message(name).ok_or(Unwritable::Malformed)?;
        self.open(Brackets::Object);
        let mut filling = Filling::Nothing;
        self.separate(&mut filling);
        self.name("@type");
        self.string(&url);
        let filling = self.members(message, value, filling)?;
        self.close(Brackets::Object, filling);
        Ok(())
    }

    fn name(&mut self, name: &str) {
        self.string(name);
        self.text.push(':');
        if self.layout == Layout::Pretty {
            self.text.push(' ');
        }
    }

    fn string(&mut self, text: &str) {
        // The escapes are those of Go's writer, and of every other.
        self.text.push_str(&serde_json::Value::from(text).to_string());
    }

    fn word(&mut self, word: &str) {
        self.text.push_str(word);
    }

    fn open(&mut self, brackets: Brackets) {
        self.depth += 1;
        self.text.push(match brackets {
            Brackets::Object => '{',
            Brackets::Array => '[',
        });
    }

    fn close(&mut self, brackets: Brackets, filling: Filling) {
        self.depth -= 1;
        if filling == Filling::Something {
            self.line();
        }
        self.text.push(match brackets {
            Brackets::Object => '}',
            Brackets::Array => ']',
        });
    }

    fn separate(&mut self, filling: &mut Filling) {
        if *filling == Filling::Something {
            self.text.push(',');
        }
        *filling = Filling::Something;
        self.line();
    }

    fn line(&mut self) {
        if self.layout == Layout::Pretty {
            self.text.push('\n');
            self.text.extend(std::iter::repeat_n("  ", self.depth));
        }
    }
}

fn bytes_of(raw: Raw<'_>) -> Result<&[u8], Malformed> {
    match raw {
        Raw::Bytes(bytes) => Ok(bytes),
        Raw::Varint(_) | Raw::Fixed64(_) => Err(Malformed),
    }
}

impl From<Malformed> for Unwritable {
    fn from(Malformed: Malformed) -> Self {
        Self::Malformed
    }
}
