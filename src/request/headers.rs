//! Headers from either of Envoy's two forms, with one reading of both.
//!
//! Nobody reads a header by taking the first of several: [`Headers::single`] refuses a second value,
//! and [`Headers::list`] takes all. Where the joined form has lost a difference, the reading that
//! refuses more is taken.

use std::str;

use super::{HeaderError, Host, RawHeaders};

/// Reading a header looks at all of them, so there is a bound.
const MOST: usize = 256;

/// Obeyed by some frameworks over the request line, which is what was decided about.
const CHANGE_MEANING: [&str; 10] = [
    "x-envoy-original-path",
    "x-http-method",
    "x-http-method-override",
    "x-http-path-override",
    "x-method-override",
    "x-original-method",
    "x-original-uri",
    "x-original-url",
    "x-override-url",
    "x-rewrite-url",
];

/// Written by Envoy itself with each request (`use_remote_address`), and needed by most servers: without
/// the second one they would redirect to https for ever.
const WRITTEN_BY_ENVOY: [&str; 2] = ["x-forwarded-for", "x-forwarded-proto"];

/// Where servers look for the host, the scheme, the path, the address or the certificate of a client,
/// beside `x-forwarded-*`, or for what only a proxy or they themselves should say.
const FORWARDED: [&str; 19] = [
    "cf-connecting-ip",
    "client-cert",
    "client-cert-chain",
    "client-ip",
    "fastly-client-ip",
    "forwarded",
    "front-end-https",
    "true-client-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-forwarded",
    "x-host",
    "x-middleware-subrequest",
    "x-original-forwarded-for",
    "x-original-host",
    "x-original-proto",
    "x-real-ip",
    "x-scheme",
    "x-url-scheme",
];

/// The headers of a request.
#[derive(Clone, Debug)]
pub struct Headers<'m>(RawHeaders<'m>);

// === impl Headers ===

impl<'m> Headers<'m> {
    pub(super) fn read(raw: RawHeaders<'m>, host: &Host) -> Result<Self, HeaderError> {
        let headers = Self(raw);
        if headers.len() > MOST {
            return Err(HeaderError::TooMany);
        }
        if headers.names().any(|name| CHANGE_MEANING.iter().any(|other| is_alike(name, other))) {
            return Err(HeaderError::ChangesMeaning);
        }
        for line in headers.lines("host") {
            if text(line).and_then(|line| Host::parse(line).ok()).as_ref() != Some(host) {
                return Err(HeaderError::HostDiffers);
            }
        }
        Ok(headers)
    }

    /// The lines of a header in their order, as bytes. In the joined form it is one line at most,
    /// with commas between the values.
    pub fn lines<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The value of a header that may have only one.
    ///
    /// # Errors
    /// A second line, a comma, a second spelling of the name, or bytes that are not text.
    pub fn single<'a>(&'a self, name: &'a str) -> Result<Option<&'a str>, HeaderError> {
        self.check_spelling(name)?;
        let mut lines = self.lines(name);
        let Some(line) = lines.next() else { return Ok(None) };
        if lines.next().is_some() || line.contains(&b',') {
            return Err(HeaderError::Repeated);
        }
        self.text(line).map(Some)
    }

    /// The values of a header that is a list: all lines, split at commas (RFC 9110, section 5.6.1).
    ///
    /// # Errors
    /// A second spelling of the name, or bytes that are not text.
    pub fn list<'a>(&'a self, name: &'a str) -> Result<Option<Vec<&'a str>>, HeaderError> {
        self.check_spelling(name)?;
        let mut values = None;
        for line in self.lines(name) {
            let elements = self.text(line)?.split(',').map(|element| element.trim_matches(BLANKS));
            values
                .get_or_insert_with(Vec::new)
                .extend(elements.filter(|element| !element.is_empty()));
        }
        Ok(values)
    }

    /// The names of headers that say something about the request that was not decided about, and of
    /// those with anything but letters, digits and `-`, which servers take for `-`. What is `kept` is
    /// left out.
    pub fn misleading<'a>(&'a self, kept: &'a [String]) -> impl Iterator<Item = &'a str> {
        self.names().filter(move |name| {
            let is_forwarded = name.starts_with("x-forwarded-") || FORWARDED.contains(name);
            let has_folded = name.bytes().any(|byte| folded(byte) != byte.to_ascii_lowercase());
            let misleads = has_folded || (is_forwarded && !WRITTEN_BY_ENVOY.contains(name));
            misleads && !name.starts_with(':') && !kept.iter().any(|other| other == name)
        })
    }

    fn check_spelling(&self, name: &str) -> Result<(), HeaderError> {
        let other = |other: &str| is_alike(other, name) && !other.eq_ignore_ascii_case(name);
        if self.names().any(other) { Err(HeaderError::OtherSpelling) } else { Ok(()) }
    }

    fn text<'a>(&self, line: &'a [u8]) -> Result<&'a str, HeaderError> {
        let text = text(line).ok_or(HeaderError::NotText)?;
        match self.0 {
            // Envoy writes `!` for a byte that is not UTF-8, and it cannot be told from a real one.
            RawHeaders::Joined(_) if text.contains('!') => Err(HeaderError::NotText),
            RawHeaders::Joined(_) | RawHeaders::Separate(_) => Ok(text),
        }
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.iter().map(|(name, _)| name)
    }

    fn len(&self) -> usize {
        match &self.0 {
            RawHeaders::Joined(headers) => headers.len(),
            RawHeaders::Separate(headers) => headers.len(),
        }
    }

    fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let (joined, separate) = match &self.0 {
            RawHeaders::Joined(headers) => (headers.as_slice(), &[][..]),
            RawHeaders::Separate(headers) => (&[][..], headers.as_slice()),
        };
        let joined = joined.iter().map(|(name, value)| (&**name, value.as_bytes()));
        joined.chain(separate.iter().map(|(name, value)| (&**name, &**value)))
    }
}

/// Optional white space of RFC 9110, section 5.6.3.
const BLANKS: [char; 2] = [' ', '\t'];

/// A value beyond ASCII is no text: what we would read as UTF-8, Node and WSGI read as ISO 8859-1.
fn text(line: &[u8]) -> Option<&str> {
    let text = str::from_utf8(line).ok()?.trim_matches(BLANKS);
    text.bytes().all(|byte| matches!(byte, b' '..=b'~')).then_some(text)
}

/// Whether a server that knows headers as `HTTP_X_TENANT` takes the two names for one.
fn is_alike(left: &str, right: &str) -> bool {
    left.len() == right.len() && left.bytes().map(folded).eq(right.bytes().map(folded))
}

/// CGI folds `_` and `-`, and some servers every byte that a variable's name cannot have.
fn folded(byte: u8) -> u8 {
    if byte.is_ascii_alphanumeric() { byte.to_ascii_lowercase() } else { b'-' }
}
