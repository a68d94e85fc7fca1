//! `token:` of a route: where the token is.

use http::HeaderName;

use super::value::Value;
use crate::identity::{TokenPlace, TokenSource};
use crate::request::Origin;

const EXPECTED_PLACE: &str = "exactly one of `header`, `cookie`, `envoy_metadata`";
const EXPECTED_COOKIE: &str =
    "the name of a cookie: letters, digits and some of the other characters";
const EXPECTED_ORIGIN: &str = "an origin such as `https://app.example`";

pub(super) fn read(value: &Value<'_>) -> Option<TokenSource> {
    let mut section = value.section()?;
    let header = section.optional("header", |value| {
        let name = |text: &str| text.parse::<HeaderName>().ok().filter(is_plain);
        value.parsed("the name of a header, without `_`", name)
    });
    let cookie = section.optional("cookie", |value| {
        // A cookie's name is a token (RFC 6265, 4.1.1), as that of a header is.
        value.parsed(EXPECTED_COOKIE, |text| {
            text.parse::<HeaderName>().ok().map(|_| text.to_owned())
        })
    });
    let envoy_metadata = section
        .optional("envoy_metadata", |value| value.text("the `payload_in_metadata` of `jwt_authn`"));
    let origins = section.or("origins", Vec::new(), |value| {
        value.list("a list of origins", |item| item.parsed(EXPECTED_ORIGIN, Origin::parse))
    });
    let forward = section.or("forward", true, Value::boolean);
    let is_cookie = section.has("cookie");
    if section.has("origins") && !is_cookie {
        section.report(
            format!("`{}` has `origins`, which only a cookie needs", value.name),
            "no `origins`",
        );
    }
    let places = ["header", "cookie", "envoy_metadata"];
    if places.into_iter().filter(|place| section.has(place)).count() != 1 {
        section.report(format!("`{}` does not say where the token is", value.name), EXPECTED_PLACE);
    }
    section.finish();
    let place = match (header, cookie, envoy_metadata) {
        (Some(name), ..) if name == http::header::AUTHORIZATION => TokenPlace::Authorization,
        (Some(name), ..) => TokenPlace::Header(name.as_str().into()),
        (_, Some(name), _) => TokenPlace::Cookie { name: name.into(), origins },
        (_, _, Some(key)) => TokenPlace::EnvoyMetadata(key.into()),
        (None, None, None) => return None,
    };
    Some(TokenSource { place, forward })
}

/// Servers read `x_token` and `x-token` as one name; the `cookie` header has cookies in it.
fn is_plain(name: &HeaderName) -> bool {
    !name.as_str().contains('_') && name != http::header::COOKIE
}
