//! Envoy's message and our answer, as a test wants to say and see them.

use envoy_types::pb::envoy::{
    config::core::v3::{Address, SocketAddress, address},
    service::auth::v3::{
        AttributeContext, CheckRequest, CheckResponse,
        attribute_context::{HttpRequest, Peer, Request},
        check_response::HttpResponse,
    },
};

use reqwest::RequestBuilder;

/// A request as Envoy describes it, with headers in the joined form.
pub(crate) fn check_request(method: &str, path: &str, token: Option<&str>) -> CheckRequest {
    let mut headers = vec![
        (":method".to_owned(), method.to_owned()),
        (":path".to_owned(), path.to_owned()),
        (":authority".to_owned(), "api.invoices.example".to_owned()),
        ("user-agent".to_owned(), "test".to_owned()),
    ];
    if let Some(token) = token {
        headers.push(("authorization".to_owned(), format!("Bearer {token}")));
    }
    CheckRequest {
        attributes: Some(AttributeContext {
            source: Some(Peer {
                address: Some(Address {
                    address: Some(address::Address::SocketAddress(SocketAddress {
                        address: "192.0.2.7".to_owned(),
                        ..SocketAddress::default()
                    })),
                }),
                ..Peer::default()
            }),
            request: Some(Request {
                http: Some(HttpRequest {
                    id: "1".to_owned(),
                    method: method.to_owned(),
                    path: path.to_owned(),
                    host: "api.invoices.example".to_owned(),
                    scheme: "http".to_owned(),
                    protocol: "HTTP/1.1".to_owned(),
                    headers: headers.into_iter().collect(),
                    ..HttpRequest::default()
                }),
                ..Request::default()
            }),
            ..AttributeContext::default()
        }),
    }
}

/// What Envoy would do with an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    /// 200: the request goes on.
    pub(crate) status: i32,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) removed: Vec<String>,
    /// What the client gets beside the upstream's answer.
    pub(crate) added: Vec<(String, String)>,
    pub(crate) body: String,
}

// === impl Told ===

impl Told {
    /// Reads an answer as Envoy 1.40 does: status 0 allows, whatever else there is.
    pub(crate) fn of(response: &CheckResponse) -> Self {
        let allowed = response.status.as_ref().is_none_or(|status| status.code == 0);
        let pairs = |headers: &[envoy_types::pb::envoy::config::core::v3::HeaderValueOption]| {
            headers
                .iter()
                .filter_map(|option| option.header.clone())
                .map(|header| (header.key, header.value))
                .collect::<Vec<_>>()
        };
        match &response.http_response {
            Some(HttpResponse::OkResponse(ok)) if allowed => Self {
                status: 200,
                headers: pairs(&ok.headers),
                removed: ok.headers_to_remove.clone(),
                added: pairs(&ok.response_headers_to_add),
                body: String::new(),
            },
            Some(HttpResponse::DeniedResponse(denied)) if !allowed => Self {
                status: denied.status.as_ref().map_or(403, |status| status.code),
                headers: pairs(&denied.headers),
                removed: Vec::new(),
                added: Vec::new(),
                body: denied.body.clone(),
            },
            other => panic!("Envoy would misread this answer: {allowed} {other:?}"),
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// The form in which an issuer sends a logout token. Nothing in one needs to be encoded.
pub(crate) fn with_logout_token(request: RequestBuilder, token: &str) -> RequestBuilder {
    let form = "application/x-www-form-urlencoded";
    request.header("content-type", form).body(format!("logout_token={token}"))
}
