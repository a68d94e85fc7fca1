//! The JSON Schema of the configuration, for editors.

/// JSON Schema 2020-12. A file of routes has its own under `#/$defs/routes_file`.
pub const SCHEMA: &str = include_str!("../../schema/portcullis.schema.json");
