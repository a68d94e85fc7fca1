mod body;
mod forwarded;
mod headers;
mod host;
mod json;
mod laws;
mod origin;
mod path;
mod peer;
mod query;
mod relax;
mod target;

use std::borrow::Cow;

use super::{HttpRequest, RawHeaders, RawRequest, RequestError, RequestRules};

/// The two forms in which Envoy describes the same header lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Joined,
    Separate,
}

const FORMS: [Form; 2] = [Form::Joined, Form::Separate];

/// As Envoy does it: repeated lines with a comma, and `!` for what is not UTF-8.
fn headers<'a>(form: Form, lines: &[(&'a str, &'a [u8])]) -> RawHeaders<'a> {
    if form == Form::Separate {
        let line = |(name, value): &(&'a str, &'a [u8])| ((*name).into(), (*value).into());
        return RawHeaders::Separate(lines.iter().map(line).collect());
    }
    let mut joined: Vec<(Cow<'a, str>, Cow<'a, str>)> = Vec::new();
    for (name, value) in lines {
        let value = told(value);
        match joined.iter_mut().find(|(other, _)| other == name) {
            Some((_, values)) => *values = format!("{values},{value}").into(),
            None => joined.push(((*name).into(), value.into())),
        }
    }
    RawHeaders::Joined(joined)
}

/// What Envoy tells of bytes.
fn told(bytes: &[u8]) -> String {
    let chunks = bytes.utf8_chunks();
    chunks.map(|chunk| format!("{}{}", chunk.valid(), "!".repeat(chunk.invalid().len()))).collect()
}

/// A request for this target in one of the forms.
fn sent<'t>(form: Form, target: &'t [u8]) -> RawRequest<'t> {
    let headers = headers(form, &[(":path", target)]);
    RawRequest { headers, ..raw(&told(target)) }
}

/// A request of which Envoy tells no header, and so no line `:path`.
fn raw(target: &str) -> RawRequest<'static> {
    RawRequest {
        method: "GET".into(),
        host: "api.example".into(),
        target: target.to_owned().into(),
        ..RawRequest::default()
    }
}

fn read(raw: RawRequest<'_>) -> Result<HttpRequest<'_>, RequestError> {
    HttpRequest::read(raw, &RequestRules::default())
}

#[test]
fn methods_are_tokens_in_upper_case() {
    let longest = "A".repeat(32);
    for method in ["GET", "QUERY", "M-SEARCH", "OPTIONS", longest.as_str()] {
        let request = read(RawRequest { method: method.into(), ..raw("/") });
        assert_eq!(request.unwrap().method.as_str(), method);
    }
    let long = "A".repeat(33);
    for method in ["", "get", "Get", "GET ", "G ET", "GET\n", "GÉT", "GET/1", "GET!", long.as_str()]
    {
        let request = read(RawRequest { method: method.into(), ..raw("/") });
        assert_eq!(request.unwrap_err().reason(), "method.malformed", "{method}");
    }
}

#[test]
fn threat_6_a_request_of_which_nothing_was_sent_is_refused() {
    assert!(read(RawRequest::default()).is_err());
    assert_eq!(read(raw("")).unwrap_err().reason(), "path.empty");
}
