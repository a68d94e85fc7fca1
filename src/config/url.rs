//! Which addresses of an issuer we accept: https, or http on this machine.

use std::net::IpAddr;

use http::{Uri, uri::Scheme};

pub(super) const EXPECTED_ISSUER: &str =
    "an https URL without query and fragment (http on loopback only)";
pub(super) const EXPECTED_URL: &str = "an https URL (http on loopback only)";

/// An issuer identifier (OpenID Connect Core 1.0, section 2): no query, no fragment.
pub(super) fn is_issuer(text: &str) -> bool {
    is_fetchable(text) && !text.contains('?')
}

/// A URL that keys may be fetched from.
pub(super) fn is_fetchable(text: &str) -> bool {
    // `Uri` drops a fragment without a word, and takes user information.
    if text.contains('#') {
        return false;
    }
    let Ok(uri) = text.parse::<Uri>() else { return false };
    let Some(authority) = uri.authority() else { return false };
    if authority.as_str().contains('@') || authority.host().is_empty() {
        return false;
    }
    match uri.scheme() {
        Some(scheme) if *scheme == Scheme::HTTPS => true,
        Some(scheme) if *scheme == Scheme::HTTP => is_loopback(authority.host()),
        Some(_) | None => false,
    }
}

/// A host name with an optional port, and nothing else.
pub(super) fn is_domain(text: &str) -> bool {
    let (host, port) = match text.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (text, None),
    };
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    host.split('.').all(label) && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|p| p > 0))
}

fn is_loopback(host: &str) -> bool {
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::{is_domain, is_fetchable, is_issuer};

    #[test]
    fn an_issuer_is_https_or_on_this_machine() {
        for (text, issuer, fetchable) in [
            ("https://brightpay.eu.auth0.com/", true, true),
            ("https://issuer.example", true, true),
            ("https://issuer.example:8443/realms/one", true, true),
            ("http://localhost:8080/", true, true),
            ("http://127.0.0.1:8080", true, true),
            ("http://127.9.9.9/", true, true),
            ("http://[::1]:8080/", true, true),
            ("https://issuer.example/keys?tenant=7", false, true),
            ("http://issuer.example/", false, false),
            ("http://10.0.0.1/", false, false),
            ("http://localhost.evil.example/", false, false),
            ("http://127.0.0.1.evil.example/", false, false),
            ("http://127.0.0.1@evil.example/", false, false),
            ("https://user@issuer.example/", false, false),
            ("https://issuer.example/#x", false, false),
            ("ftp://issuer.example/", false, false),
            ("issuer.example", false, false),
            ("/keys", false, false),
            ("https://", false, false),
            ("https://issuer .example/", false, false),
            ("", false, false),
        ] {
            assert_eq!((is_issuer(text), is_fetchable(text)), (issuer, fetchable), "{text}");
        }
    }

    #[test]
    fn a_domain_is_a_host_name_and_nothing_else() {
        for (text, expected) in [
            ("brightpay.eu.auth0.com", true),
            ("auth.example.com:8443", true),
            ("localhost", true),
            ("https://brightpay.eu.auth0.com", false),
            ("brightpay.eu.auth0.com/", false),
            // An issuer is compared byte for byte, and Auth0 writes its own in lower case.
            ("Brightpay.eu.auth0.com", false),
            ("brightpay..com", false),
            ("-brightpay.com", false),
            ("user@brightpay.com", false),
            ("brightpay.com:0", false),
            ("brightpay.com:x", false),
            ("", false),
        ] {
            assert_eq!(is_domain(text), expected, "{text}");
        }
    }
}
