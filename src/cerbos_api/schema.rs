//! The messages by their description: names, numbers and types, as JSON and paths need them.

use std::{collections::HashMap, sync::LazyLock};

use prost::Message as _;
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
    FileDescriptorSet,
    field_descriptor_proto::{Label, Type},
};

/// Every file that we speak, encoded, for reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

/// What [`DESCRIPTORS`] describe.
#[derive(Debug, Default)]
pub struct Schema {
    messages: HashMap<Box<str>, Message>,
    enums: HashMap<Box<str>, Enum>,
}

/// A message type.
#[derive(Debug)]
pub struct Message {
    /// Such as `cerbos.engine.v1.Principal`.
    pub name: Box<str>,
    /// As they are declared.
    pub fields: Vec<Field>,
    is_map_entry: bool,
}

#[derive(Debug)]
pub struct Field {
    pub number: u32,
    pub name: Box<str>,
    pub json_name: Box<str>,
    pub field_type: Type,
    /// Of a message or an enum.
    pub type_name: Box<str>,
    pub is_repeated: bool,
}

/// The types of a map's entries.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'s> {
    pub key: &'s Field,
    pub value: &'s Field,
}

#[derive(Debug, Default)]
struct Enum(HashMap<i32, Box<str>>);

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    // Bytes of our own build; if they were none, every message would be unknown.
    let set = FileDescriptorSet::decode(DESCRIPTORS).unwrap_or_default();
    let mut schema = Schema::default();
    set.file.iter().for_each(|file| schema.file(file));
    schema
});

// === impl Schema ===

impl Schema {
    #[must_use]
    pub fn get() -> &'static Self {
        &SCHEMA
    }

    #[must_use]
    pub fn message(&self, name: &str) -> Option<&Message> {
        self.messages.get(name)
    }

    /// What a field's message is, if it has one.
    #[must_use]
    pub fn message_of(&self, field: &Field) -> Option<&Message> {
        self.message(&field.type_name)
    }

    /// The entries of a field that is a map.
    #[must_use]
    pub fn entry(&self, field: &Field) -> Option<Entry<'_>> {
        let message = self.message_of(field).filter(|_| field.is_repeated)?;
        match &message.fields[..] {
            [key, value] if message.is_map_entry => Some(Entry { key, value }),
            _ => None,
        }
    }

    #[must_use]
    pub fn enum_name(&self, field: &Field, number: i32) -> Option<&str> {
        self.enums.get(&field.type_name)?.0.get(&number).map(|name| &**name)
    }

    fn file(&mut self, file: &FileDescriptorProto) {
        file.enum_type.iter().for_each(|one| self.enumeration(file.package(), one));
        file.message_type.iter().for_each(|one| self.add(file.package(), one));
    }

    fn add(&mut self, within: &str, message: &DescriptorProto) {
        let name = format!("{within}.{}", message.name());
        message.enum_type.iter().for_each(|one| self.enumeration(&name, one));
        message.nested_type.iter().for_each(|one| self.add(&name, one));
        let fields = message.field.iter().map(Field::of).collect();
        let name: Box<str> = name.into();
        let options = message.options.as_ref();
        let is_map_entry = options.is_some_and(prost_types::MessageOptions::map_entry);
        self.messages.insert(name.clone(), Message { name, fields, is_map_entry });
    }

    fn enumeration(&mut self, within: &str, one: &EnumDescriptorProto) {
        let values = one.value.iter().map(|value| (value.number(), value.name().into())).collect();
        self.enums.insert(format!("{within}.{}", one.name()).into(), Enum(values));
    }
}

// === impl Message ===

impl Message {
    #[must_use]
    pub fn field(&self, number: u32) -> Option<&Field> {
        self.fields.iter().find(|field| field.number == number)
    }

    /// By its JSON name or its own.
    #[must_use]
    pub fn field_named(&self, name: &str) -> Option<&Field> {
        let by_json = self.fields.iter().find(|field| *field.json_name == *name);
        by_json.or_else(|| self.fields.iter().find(|field| *field.name == *name))
    }
}

// === impl Field ===

impl Field {
    fn of(field: &FieldDescriptorProto) -> Self {
        Self {
            number: u32::try_from(field.number()).unwrap_or_default(),
            name: field.name().into(),
            json_name: field.json_name().into(),
            field_type: field.r#type(),
            type_name: field.type_name().trim_start_matches('.').into(),
            is_repeated: field.label() == Label::Repeated,
        }
    }
}
