//! What the library refuses by itself, with the codes and the words of a PDP, and what it lets pass and
//! a PDP refuses.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tonic::{Code, Status};

use crate::pdp::MOST_BYTES;
use crate::server::api::{
    deadline::{self, patience, within},
    http::not_found,
    origin::Origin,
};

const ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
const ACCEPTED_ENCODINGS: HeaderName = HeaderName::from_static("grpc-accept-encoding");

/// Where a request came in: nobody but gRPC comes to the port of gRPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::server::api) enum Port {
    Grpc,
    Http,
}

pub(super) async fn in_words_of_a_pdp(
    State(port): State<Port>,
    mut request: Request,
    next: Next,
) -> Response {
    if let Some(refused) = port.refuses(&request) {
        return refused;
    }
    let patience = match patience(request.headers(), deadline::GRPC) {
        Ok(patience) => patience,
        Err(no_time) => {
            let message = format!("malformed grpc-timeout: {no_time}");
            return port.refusal(StatusCode::BAD_REQUEST, Code::Internal, message);
        }
    };
    prepare(&mut request);
    let path = request.uri().path().to_owned();
    let response = within(patience, next.run(request))
        .await
        .unwrap_or_else(|| Status::deadline_exceeded("context deadline exceeded").into_http());
    if let Some(status) = reworded(&path, response.headers()) {
        return status.into_http();
    }
    response
}

// === impl Port ===

impl Port {
    /// What is no gRPC.
    fn refuses(self, request: &Request) -> Option<Response> {
        let content_type = request.headers().get(header::CONTENT_TYPE);
        let content_type = content_type.map(HeaderValue::as_bytes).unwrap_or_default();
        let is_grpc = content_type
            .strip_prefix(b"application/grpc")
            .is_some_and(|rest| matches!(rest.first(), None | Some(b'+' | b';')));
        if self == Self::Http && !content_type.starts_with(b"application/grpc") {
            return Some(not_found(request.uri().path()));
        }
        if !is_grpc {
            let content_type = String::from_utf8_lossy(content_type);
            let message = format!("invalid gRPC request content-type {content_type:?}");
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            return Some(self.refusal(status, Code::InvalidArgument, message));
        }
        let method = request.method();
        if method != Method::POST {
            let message = format!(
                "Received a HEADERS frame with :method {:?} which should be POST",
                method.as_str()
            );
            return Some(self.refusal(StatusCode::METHOD_NOT_ALLOWED, Code::Internal, message));
        }
        None
    }

    /// With a status of HTTP.
    fn refusal(self, status: StatusCode, code: Code, message: String) -> Response {
        match self {
            Self::Grpc => {
                let mut response = Status::new(code, message).into_http();
                *response.status_mut() = status;
                response
            }
            Self::Http => {
                let headers = [
                    (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
                    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
                ];
                (status, headers, format!("{message}\n")).into_response()
            }
        }
    }
}

/// What the service has to know, and the library would do otherwise.
fn prepare(request: &mut Request) {
    if request.uri().path().ends_with("AuthorizationService/Metadata") {
        let origin = Origin::of(request.uri(), request.headers());
        request.extensions_mut().insert(origin);
    }
    // A PDP compresses what it says to those who compressed what they said.
    if request.headers().get(ENCODING).is_some_and(|encoding| encoding == "gzip") {
        request.headers_mut().insert(ACCEPTED_ENCODINGS, HeaderValue::from_static("gzip"));
    } else {
        request.headers_mut().remove(ACCEPTED_ENCODINGS);
    }
}

/// Only of what came before any of our code: those answers are headers and nothing else.
fn reworded(path: &str, headers: &HeaderMap) -> Option<Status> {
    let status = Status::from_header_map(headers)?;
    let message = status.message();
    let (code, text) = match status.code() {
        Code::Unimplemented if message.is_empty() => (Code::Unimplemented, unknown(path)),
        Code::Unimplemented => {
            let encoding = message.split('`').nth(1)?;
            let text =
                format!("grpc: Decompressor is not installed for grpc-encoding {encoding:?}");
            (Code::Unimplemented, text)
        }
        Code::NotFound if message.starts_with("service not") => {
            (Code::NotFound, "unknown service".to_owned())
        }
        // Too large for the library.
        Code::OutOfRange => {
            let found = message.split("found ").nth(1)?;
            let size: String = found.chars().take_while(char::is_ascii_digit).collect();
            let text = format!("grpc: received message larger than max ({size} vs. {MOST_BYTES})");
            (Code::ResourceExhausted, text)
        }
        Code::ResourceExhausted if message.starts_with("Error decompressing") => {
            let text =
                format!("grpc: received message after decompression larger than max {MOST_BYTES}");
            (Code::ResourceExhausted, text)
        }
        Code::Internal => internal(message)?,
        _ => return None,
    };
    Some(Status::new(code, text))
}

/// What nobody answers, and what a PDP would if it were told to.
fn unknown(path: &str) -> String {
    for (prefix, service) in [
        ("/cerbos.svc.v1.CerbosAdminService/", "Admin"),
        ("/cerbos.svc.v1.CerbosPlaygroundService/", "Playground"),
    ] {
        if path.starts_with(prefix) {
            return format!("{service} service is disabled by the configuration");
        }
    }
    if path.trim_start_matches('/').contains('/') {
        return "Unknown service".to_owned();
    }
    format!("malformed method name: {path:?}")
}

/// Frames and messages that are none.
fn internal(message: &str) -> Option<(Code, String)> {
    let same = |text: &str| Some((Code::Internal, text.to_owned()));
    if message.contains("decode") {
        return same(
            "grpc: error unmarshalling request: proto: cannot parse invalid wire-format data",
        );
    }
    if message.contains("no grpc-encoding was specified") {
        return same("grpc: compressed flag set with identity or empty encoding");
    }
    if let Some((_, flag)) = message.split_once("invalid compression flag: ") {
        let flag: String = flag.chars().take_while(char::is_ascii_digit).collect();
        return same(&format!("grpc: received unexpected payload format {flag}"));
    }
    if message.starts_with("Error decompressing") {
        return same("grpc: failed to decompress the message: unexpected EOF");
    }
    match message {
        "Missing request message." => Some((Code::Unknown, "EOF".to_owned())),
        "Unexpected EOF decoding stream." => Some((Code::Unknown, "unexpected EOF".to_owned())),
        _ => None,
    }
}
