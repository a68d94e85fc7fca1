//! Schema files → validators, each reference once.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::compile::compile;
use super::validate::Validator;

/// How policies name schema files.
const SCHEME: &str = "cerbos:///";

/// The files below `_schemas`, and what was compiled of them.
#[derive(Debug, Default)]
pub(in crate::engine::policy) struct Library {
    files: Files,
    compiled: HashMap<String, Result<Arc<Validator>, String>>,
}

/// By path below `_schemas`.
#[derive(Debug, Default)]
pub(super) struct Files(HashMap<String, Vec<u8>>);

// === impl Library ===

impl Library {
    pub(in crate::engine::policy) fn new<'f>(
        files: impl Iterator<Item = (&'f str, &'f [u8])>,
    ) -> Self {
        let files = files.map(|(path, bytes)| (path.to_owned(), bytes.to_vec()));
        Self { files: Files(files.collect()), compiled: HashMap::new() }
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
        compile(&self.files, reference)
    }
}

// === impl Files ===

impl Files {
    pub(super) fn read(&self, uri: &str) -> Result<Value, String> {
        let Some(path) = path_of(uri) else {
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

/// The path in `cerbos:///PATH`, in which a host has no meaning.
fn path_of(uri: &str) -> Option<&str> {
    let (scheme, rest) = uri.split_once(':')?;
    let rest = match rest.strip_prefix("//") {
        Some(rest) => rest.get(rest.find('/')?..)?,
        None => rest,
    };
    rest.strip_prefix('/').filter(|_| scheme.eq_ignore_ascii_case("cerbos"))
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

pub(super) fn percent_decoded(text: &str) -> String {
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
