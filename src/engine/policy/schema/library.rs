//! Schema files → validators, each reference once.

use std::collections::HashMap;
use std::sync::Arc;

use jsonschema::{PatternOptions, Retrieve, Uri, Validator};
use serde_json::Value;

use super::circle;

/// How policies name schema files.
pub(super) const SCHEME: &str = "cerbos:///";

/// The files below `_schemas`, and what was compiled of them.
#[derive(Debug, Default)]
pub(in crate::engine::policy) struct Library {
    files: Arc<Files>,
    compiled: HashMap<String, Result<Arc<Validator>, String>>,
}

/// By path below `_schemas`.
#[derive(Debug, Default)]
pub(super) struct Files(HashMap<String, Vec<u8>>);

/// Gives documents that schemas refer to: from the library, and from nowhere else.
struct Retriever(Arc<Files>);

// === impl Library ===

impl Library {
    pub(in crate::engine::policy) fn new<'f>(
        files: impl Iterator<Item = (&'f str, &'f [u8])>,
    ) -> Self {
        let files = files.map(|(path, bytes)| (path.to_owned(), bytes.to_vec()));
        Self { files: Arc::new(Files(files.collect())), compiled: HashMap::new() }
    }

    /// The schema that a policy names, or why there is none.
    pub(in crate::engine::policy) fn find(
        &mut self,
        reference: &str,
    ) -> Result<Arc<Validator>, String> {
        if let Some(known) = self.compiled.get(reference) {
            return known.clone();
        }
        let compiled = self.compile(reference).map(Arc::new);
        self.compiled.insert(reference.to_owned(), compiled.clone());
        compiled
    }

    fn compile(&self, reference: &str) -> Result<Validator, String> {
        let (document, fragment) = match reference.split_once('#') {
            Some((document, fragment)) => (document, Some(fragment)),
            None => (reference, None),
        };
        let schema = self.files.read(document)?;
        check_dialect(&schema)?;
        if let Some(place) = circle::find(&self.files, document, fragment.unwrap_or_default()) {
            return Err(format!("`{place}` refers to itself and says nothing"));
        }
        let schema = match fragment {
            None | Some("") => schema,
            Some(_) => serde_json::json!({ "$ref": reference }),
        };
        let base =
            if fragment.is_some_and(|fragment| !fragment.is_empty()) { SCHEME } else { document };
        jsonschema::options()
            .with_base_uri(base)
            .with_retriever(Retriever(self.files.clone()))
            .should_validate_formats(true)
            .should_ignore_unknown_formats(true)
            // As in Cerbos, patterns cannot look around, and take linear time.
            .with_pattern_options(PatternOptions::regex())
            .build(&schema)
            .map_err(|error| match error.schema_path().as_str() {
                "" => error.to_string(),
                path => format!("{error} (by `{path}`)"),
            })
    }
}

// === impl Files ===

impl Files {
    pub(super) fn read(&self, uri: &str) -> Result<Value, String> {
        let Some(path) = uri.strip_prefix(SCHEME) else {
            return Err(format!("it must be named `{SCHEME}FILE`, for `_schemas/FILE`"));
        };
        let path = path.split('?').next().unwrap_or(path);
        let path = percent_decoded(path);
        let bytes =
            self.0.get(&path).ok_or_else(|| format!("there is no file `_schemas/{path}`"))?;
        let mut values = serde_json::Deserializer::from_slice(bytes).into_iter::<Value>();
        match values.next() {
            Some(Ok(_)) if begins_value(bytes, values.byte_offset()) => {
                Err(format!("`_schemas/{path}` holds more than one value"))
            }
            Some(Ok(value)) => Ok(value),
            Some(Err(error)) => Err(format!("`_schemas/{path}` is not JSON: {error}")),
            None => Err(format!("`_schemas/{path}` is empty")),
        }
    }
}

/// Whether a second value follows. Cerbos reads the first one, and of what follows it one token; text
/// that is no token it lets pass, and `null` it does not see.
fn begins_value(bytes: &[u8], offset: usize) -> bool {
    let rest = bytes.get(offset..).unwrap_or_default().trim_ascii_start();
    rest.starts_with(b"{")
        || rest.starts_with(b"[")
        || matches!(
            serde_json::Deserializer::from_slice(rest).into_iter::<Value>().next(),
            Some(Ok(value)) if !value.is_null()
        )
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut left = text.bytes();
    while let Some(byte) = left.next() {
        let mut hex = left.clone();
        let digits = (byte == b'%').then(|| [hex.next(), hex.next()]);
        let value = digits.and_then(|digits| match digits {
            [Some(high), Some(low)] => {
                let digits = [high, low];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()
            }
            _ => None,
        });
        if value.is_some() {
            left = hex;
        }
        bytes.push(value.unwrap_or(byte));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Drafts 4, 6, 7, 2019-09 and 2020-12. Any other dialect would have to be fetched.
fn check_dialect(schema: &Value) -> Result<(), String> {
    let Some(dialect) = schema.get("$schema").and_then(Value::as_str) else { return Ok(()) };
    let name = dialect.trim_end_matches('#');
    let known = [
        "http://json-schema.org/schema",
        "http://json-schema.org/draft-04/schema",
        "http://json-schema.org/draft-06/schema",
        "http://json-schema.org/draft-07/schema",
        "https://json-schema.org/draft/2019-09/schema",
        "https://json-schema.org/draft/2020-12/schema",
    ];
    let is_known = known.iter().any(|known| {
        let plain = |text: &str| text.split_once("://").map(|(_, rest)| rest.to_owned());
        plain(known) == plain(name)
    });
    if is_known { Ok(()) } else { Err(format!("`$schema` is `{dialect}`, which is not known")) }
}

// === impl Retriever ===

impl Retrieve for Retriever {
    fn retrieve(
        &self,
        uri: &Uri<String>,
    ) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        self.0.read(uri.as_str().split('#').next().unwrap_or_default()).map_err(Into::into)
    }
}
