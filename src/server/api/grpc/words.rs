//! What the library refuses by itself, with the codes and the words of a PDP.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::Response,
};

use crate::pdp::MOST_BYTES;
use crate::server::api::{http::not_found, origin::Origin};

pub(super) async fn in_words_of_a_pdp(mut request: Request, next: Next) -> Response {
    let content_type = request.headers().get(header::CONTENT_TYPE);
    if !content_type.is_some_and(|value| value.as_bytes().starts_with(b"application/grpc")) {
        return not_found(request.uri().path());
    }
    if request.uri().path().ends_with("AuthorizationService/Metadata") {
        let origin = Origin::of(request.uri(), request.headers());
        request.extensions_mut().insert(origin);
    }
    let mut response = next.run(request).await;
    if let Some((code, message)) = reworded(response.headers()) {
        response.headers_mut().insert("grpc-status", HeaderValue::from_static(code));
        response.headers_mut().insert("grpc-message", message);
    }
    response
}

/// Only of what came before any of our code: those answers are headers and nothing else.
fn reworded(headers: &HeaderMap) -> Option<(&'static str, HeaderValue)> {
    let status = headers.get("grpc-status")?.to_str().ok()?;
    let message = headers.get("grpc-message").and_then(|value| value.to_str().ok());
    let message = message.unwrap_or_default();
    match status {
        "12" if message.is_empty() => Some(("12", HeaderValue::from_static("Unknown service"))),
        "5" if message.starts_with("service%20not") => {
            Some(("5", HeaderValue::from_static("unknown%20service")))
        }
        // Too large for the library.
        "11" => {
            let found: String = message
                .chars()
                .skip_while(|character| *character != ':' && *character != 'd')
                .collect();
            let size = found.split("found").nth(1)?.trim_start_matches("%20");
            let size: String = size.chars().take_while(char::is_ascii_digit).collect();
            let text = format!(
                "grpc:%20received%20message%20larger%20than%20max%20({size}%20vs.%20{MOST_BYTES})"
            );
            HeaderValue::from_str(&text).ok().map(|message| ("8", message))
        }
        "13" if message.contains("decode") => Some((
            "13",
            HeaderValue::from_static(
                "grpc:%20error%20unmarshalling%20request:%20proto:%20cannot%20parse%20invalid%20wire-format%20data",
            ),
        )),
        _ => None,
    }
}
