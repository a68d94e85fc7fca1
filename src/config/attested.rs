//! What only Envoy may say is believed only where nobody else can speak: on loopback, on a Unix socket
//! or with mTLS.

use super::section::Section;
use crate::identity::{TokenBinding, TokenPlace};
use crate::route::{AttributeSource, Input, RouteSpec};
use crate::server::ListenConfig;

pub(super) const EXPECTED: &str =
    "`listen` on loopback, on a Unix socket, or with `tls.client_ca_file`";

/// One line for each thing that a route believes although anybody can say it to this listener.
#[must_use]
pub fn unattested(routes: &[RouteSpec], listen: &ListenConfig) -> Vec<String> {
    if listen.knows_its_clients() {
        return Vec::new();
    }
    let line = |(place, what): (&str, &str)| {
        format!(
            "the route at {place} believes what Envoy says ({what}), and anybody can reach the listener"
        )
    };
    routes
        .iter()
        .flat_map(|route| believed(route).map(|what| (&*route.place, what)))
        .map(line)
        .collect()
}

pub(super) fn check(root: &Section<'_>, routes: &[RouteSpec], listen: &ListenConfig) {
    for line in unattested(routes, listen) {
        root.report(line, EXPECTED);
    }
}

fn believed(route: &RouteSpec) -> impl Iterator<Item = &'static str> {
    let token = matches!(route.token.place, TokenPlace::EnvoyMetadata(_));
    let certificate = match route.demands.binding {
        Some(TokenBinding::Mtls | TokenBinding::Any) => true,
        Some(TokenBinding::Dpop) | None => false,
    };
    let attributes = route.resource.iter().flat_map(|resource| resource.attr.values());
    let own = [
        token.then_some("`envoy_metadata`"),
        certificate.then_some("`token_binding` to a certificate"),
    ];
    own.into_iter().flatten().chain(attributes.filter_map(attribute))
}

fn attribute(source: &AttributeSource) -> Option<&'static str> {
    let input = match source {
        AttributeSource::Input { input, .. } => input,
        AttributeSource::Constant(_) | AttributeSource::Template(_) => return None,
    };
    match input {
        Input::PeerAddress | Input::PeerCertificate(_) => Some("`peer`"),
        Input::ContextExtension(_) => Some("`context_extension`"),
        Input::RouteMetadata(_) => Some("`route_metadata`"),
        Input::Claim(_)
        | Input::PathParameter(_)
        | Input::Header(_)
        | Input::Query(_)
        | Input::BodyField(_)
        | Input::Time => None,
    }
}
