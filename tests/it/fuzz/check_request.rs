//! A `CheckRequest`, as bytes or made from a sketch of one, at the door: nothing passes but a request
//! for what may be read, with a token that was signed for it.

use envoy_types::pb::envoy::{
    config::core::v3::{HeaderMap, HeaderValue},
    service::auth::v3::{CheckRequest, attribute_context::HttpRequest},
};
use prost::Message;

use super::house::{House, may_be_read};
use crate::{hostile::house::ALLOWED, support::check_request};

const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "DELETE", "OPTIONS", "get"];
const HEADERS: [&str; 16] = [
    "authorization",
    "cookie",
    "host",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-forwarded-client-cert",
    "x-http-method-override",
    "x-original-url",
    "x-envoy-original-path",
    "x-envoy-auth-partial-body",
    "content-type",
    "content-length",
    "dpop",
    ":path",
    ":method",
    "x-user-roles",
];

/// The first byte says what the rest is: `0` a message, anything else a sketch.
pub(crate) fn run(data: &[u8]) {
    let Some((form, rest)) = data.split_first() else { return };
    if *form == b'0' {
        // Nobody but the house can sign, so nothing may pass.
        let Ok(message) = CheckRequest::decode(rest) else { return };
        assert!(!House::get().lets_pass(&message), "{message:?}");
        return;
    }
    let (message, has_token) = Sketch(rest).message();
    let http = message.attributes.as_ref().unwrap().request.as_ref().unwrap().http.as_ref();
    let may_pass = http.is_some_and(|http| has_token && may_be_read(&http.method, &http.path));
    assert!(!House::get().lets_pass(&message) || may_pass, "{message:?}");
}

/// Bytes that are taken for what is needed next; without any left, everything is empty.
struct Sketch<'d>(&'d [u8]);

// === impl Sketch ===

impl Sketch<'_> {
    fn message(mut self) -> (CheckRequest, bool) {
        let (method, target) = (self.pick(&METHODS), self.target());
        let house = House::get();
        let token = (!self.byte().is_multiple_of(4)).then(|| house.valid_token(self.byte().into()));
        let mut message = check_request(&method, &target, token.as_deref());
        let http = message.attributes.as_mut().unwrap().request.as_mut().unwrap().http.as_mut();
        let http = http.unwrap();
        let changes = self.byte() % 8;
        for _ in 0..changes {
            self.change(http);
        }
        (message, token.is_some())
    }

    fn change(&mut self, http: &mut HttpRequest) {
        match self.byte() % 8 {
            0 => http.host = self.text(),
            1 => http.scheme = self.text(),
            2 => http.body = self.text(),
            3 => http.raw_body = self.text().into_bytes(),
            4 => {
                let lines = http.headers.drain().map(|(key, value)| HeaderValue {
                    key,
                    raw_value: value.into_bytes(),
                    ..HeaderValue::default()
                });
                let headers = lines.collect();
                http.header_map = Some(HeaderMap { headers });
            }
            _ => {
                let (key, value) = (self.pick(&HEADERS), self.text());
                match &mut http.header_map {
                    Some(HeaderMap { headers }) => headers.push(HeaderValue {
                        key,
                        raw_value: value.into_bytes(),
                        ..HeaderValue::default()
                    }),
                    None => drop(http.headers.insert(key, value)),
                }
            }
        }
    }

    /// One of the paths that may be read, with something behind it.
    fn target(&mut self) -> String {
        format!("{}{}", self.pick(&ALLOWED), self.text())
    }

    /// One of the texts, or another one.
    fn pick(&mut self, texts: &[&str]) -> String {
        let picked = texts.get(usize::from(self.byte())).map(|text| (*text).to_owned());
        picked.unwrap_or_else(|| self.text())
    }

    fn text(&mut self) -> String {
        let length = usize::from(self.byte()).min(self.0.len());
        let (text, rest) = self.0.split_at(length);
        self.0 = rest;
        String::from_utf8_lossy(text).into_owned()
    }

    fn byte(&mut self) -> u8 {
        let Some((byte, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *byte
    }
}
