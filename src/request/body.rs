//! The body, if Envoy sends it. It is read as JSON or not at all, and only when a route asks.

use super::{
    BodyError, Headers, RawBody,
    json::{self, JsonError, JsonLimits},
    multipart, query,
};

/// Beyond them a body is refused, if it is read. Its bytes are bounded by Envoy as well
/// (`max_request_bytes`).
const LIMITS: JsonLimits = JsonLimits { bytes: 1024 * 1024, depth: 32, values: 20_000 };

/// A body that was not looked at yet.
#[derive(Clone, Debug)]
pub struct Body<'m>(RawBody<'m>);

// === impl Body ===

impl<'m> Body<'m> {
    pub(super) fn new(raw: RawBody<'m>) -> Self {
        Self(raw)
    }

    /// Looks for the field `_method` of a form, which frameworks obey over the request line. Only what
    /// Envoy sends can be looked at. A byte that Envoy does not show makes another name of it anyway.
    ///
    /// # Errors
    /// Also a form of which a part cannot be looked at: the field may be there.
    pub(super) fn check_form(&self, headers: &Headers<'_>) -> Result<(), BodyError> {
        let mut types: Vec<_> =
            headers.lines("content-type").map(<[u8]>::to_ascii_lowercase).collect();
        if types.is_empty() && !self.0.bytes.is_empty() {
            // Rack takes a body without a type for a form.
            types.push(Vec::new());
        }
        for line in types {
            let changes_meaning = if line.starts_with(b"multipart/") {
                multipart::names_method(&self.0.bytes)
            } else if line.trim_ascii().is_empty()
                || line.starts_with(b"application/x-www-form-urlencoded")
            {
                query::names_method(&String::from_utf8_lossy(&self.0.bytes))
            } else {
                continue;
            };
            if changes_meaning {
                return Err(BodyError::ChangesMeaning);
            }
            if self.0.partial {
                return Err(BodyError::Partial);
            }
            // A form that Envoy does not send at all is none of ours.
            let is_encoded = headers.lines("content-encoding").next().is_some();
            if is_encoded && !self.0.bytes.is_empty() {
                return Err(BodyError::Encoded);
            }
        }
        Ok(())
    }

    /// Nothing, if the request has no body. A body that cannot be read in full is never nothing.
    pub(super) fn json(
        &self,
        headers: &Headers<'_>,
    ) -> Result<Option<serde_json::Value>, BodyError> {
        if self.0.partial {
            return Err(BodyError::Partial);
        }
        let length = content_length(headers)?;
        if self.0.bytes.is_empty() {
            return if announces_body(headers, length) {
                Err(BodyError::NotSent)
            } else {
                Ok(None)
            };
        }
        if length.is_some_and(|length| length != self.0.bytes.len()) {
            return Err(BodyError::Partial);
        }
        if headers.lines("content-encoding").next().is_some() {
            return Err(BodyError::Encoded);
        }
        match headers.single("content-type") {
            Ok(Some(content_type)) if is_json(content_type) => {}
            Ok(_) | Err(_) => return Err(BodyError::NotJson),
        }
        if self.0.is_text && self.0.bytes.contains(&b'!') {
            return Err(BodyError::Doubtful);
        }
        json::parse(&self.0.bytes, LIMITS).map(Some).map_err(|error| match error {
            JsonError::TooLarge => BodyError::TooLarge,
            JsonError::TooDeep => BodyError::TooDeep,
            JsonError::TooManyValues => BodyError::TooManyValues,
            JsonError::RepeatedKey => BodyError::RepeatedKey,
            JsonError::Malformed => BodyError::Malformed,
        })
    }
}

fn content_length(headers: &Headers<'_>) -> Result<Option<usize>, BodyError> {
    match headers.single("content-length") {
        Ok(None) => Ok(None),
        Ok(Some(length)) => length.parse().map(Some).map_err(|_not_a_number| BodyError::Partial),
        Err(_unreadable) => Err(BodyError::Partial),
    }
}

/// Whether a request of whose body we have no byte has one all the same.
fn announces_body(headers: &Headers<'_>, length: Option<usize>) -> bool {
    match length {
        Some(length) => length > 0,
        None => {
            let mut named = ["transfer-encoding", "content-type", "content-encoding"].into_iter();
            named.any(|name| headers.lines(name).next().is_some())
        }
    }
}

/// `application/json` or a type whose syntax is JSON (`+json`), in UTF-8.
fn is_json(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default().to_ascii_lowercase();
    let is_json = essence == "application/json"
        || essence.strip_prefix("application/").is_some_and(|name| name.ends_with("+json"));
    is_json
        && parts.all(|parameter| {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let is_utf8 = value.trim_matches('"').eq_ignore_ascii_case("utf-8");
            !name.trim_end().eq_ignore_ascii_case("charset") || is_utf8
        })
}
