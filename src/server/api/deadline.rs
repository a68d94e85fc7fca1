//! How long an asker waits: `grpc-timeout`, over HTTP, too.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName};
use tokio::time::{Instant, timeout_at};

const TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");

/// Of gRPC: more digits than eight are no time.
pub(super) const GRPC: usize = 9;

/// Of HTTP.
pub(super) const ANY: usize = usize::MAX;

/// What stands in the place of a time. The words are those of a PDP.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoTime {
    #[error("transport: timeout string is too short: {0:?}")]
    Short(String),
    #[error("transport: timeout string is too long: {0:?}")]
    Long(String),
    #[error("transport: timeout unit is not recognized: {0:?}")]
    Unit(String),
    #[error("strconv.ParseUint: parsing {:?}: invalid syntax", number(.0))]
    Number(String),
}

impl NoTime {
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Short(text) | Self::Long(text) | Self::Unit(text) | Self::Number(text) => text,
        }
    }
}

/// How long the asker waits, if it says so in no more than `most` characters.
pub(super) fn patience(headers: &HeaderMap, most: usize) -> Result<Option<Duration>, NoTime> {
    let Some(value) = headers.get(TIMEOUT) else { return Ok(None) };
    let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
    let number = number(&text);
    if number.is_empty() {
        return Err(NoTime::Short(text));
    }
    if text.len() > most {
        return Err(NoTime::Long(text));
    }
    let unit: fn(u64) -> Duration = match text.chars().next_back().unwrap_or_default() {
        'H' => |hours| Duration::from_secs(hours.saturating_mul(3600)),
        'M' => |minutes| Duration::from_secs(minutes.saturating_mul(60)),
        'S' => Duration::from_secs,
        'm' => Duration::from_millis,
        'u' => Duration::from_micros,
        'n' => Duration::from_nanos,
        _ => return Err(NoTime::Unit(text)),
    };
    // A sign is none of the digits.
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NoTime::Number(text));
    }
    Ok(number.parse().ok().map(unit))
}

/// The same in gRPC's words, for those whom what is no time does not concern.
pub(in crate::server) fn patience_of_grpc(headers: &HeaderMap) -> Option<Duration> {
    patience(headers, GRPC).ok().flatten()
}

/// The answer, unless it comes too late for whoever waits no longer than that.
pub(super) async fn within<A>(
    patience: Option<Duration>,
    answer: impl Future<Output = A>,
) -> Option<A> {
    let until = patience.and_then(|patience| Instant::now().checked_add(patience));
    let Some(until) = until else { return Some(answer.await) };
    let answered = timeout_at(until, answer).await.ok()?;
    // An answer that needs no time is not in time either where there was none.
    (Instant::now() < until).then_some(answered)
}

/// Without the unit.
fn number(text: &str) -> &str {
    let mut characters = text.chars();
    characters.next_back();
    characters.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_number_and_a_unit() {
        for (text, expected) in [
            ("0S", Ok(Some(Duration::ZERO))),
            ("10S", Ok(Some(Duration::from_secs(10)))),
            ("99999999H", Ok(Some(Duration::from_secs(99_999_999 * 3600)))),
            ("1M", Ok(Some(Duration::from_secs(60)))),
            ("7m", Ok(Some(Duration::from_millis(7)))),
            ("7u", Ok(Some(Duration::from_micros(7)))),
            ("7n", Ok(Some(Duration::from_nanos(7)))),
            ("", Err(NoTime::Short(String::new()))),
            ("S", Err(NoTime::Short("S".to_owned()))),
            ("123456789S", Err(NoTime::Long("123456789S".to_owned()))),
            ("5s", Err(NoTime::Unit("5s".to_owned()))),
            ("-1S", Err(NoTime::Number("-1S".to_owned()))),
            ("+1S", Err(NoTime::Number("+1S".to_owned()))),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(TIMEOUT, text.parse().unwrap());
            assert_eq!(patience(&headers, GRPC), expected, "{text}");
        }
        let mut headers = HeaderMap::new();
        headers.insert(TIMEOUT, "123456789S".parse().unwrap());
        assert_eq!(patience(&headers, ANY), Ok(Some(Duration::from_secs(123_456_789))));
        assert_eq!(patience(&HeaderMap::new(), GRPC), Ok(None));
    }
}
