//! Durations as written: a whole number and one unit, such as `30s`.

use std::{fmt, time::Duration};

/// From the greatest to the smallest, in milliseconds.
const UNITS: [(&str, u64); 5] =
    [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

pub(super) fn parse(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let (_, milliseconds) = UNITS.iter().find(|(name, _)| *name == unit)?;
    Some(Duration::from_millis(number.parse::<u64>().ok()?.checked_mul(*milliseconds)?))
}

/// Shows a duration as it would be written, in the greatest unit that is exact.
pub(super) struct Written(pub(super) Duration);

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = self.0.as_millis();
        let exact = UNITS.iter().find(|(_, unit)| milliseconds.is_multiple_of(u128::from(*unit)));
        match exact {
            Some((name, unit)) if milliseconds > 0 => {
                write!(f, "{}{name}", milliseconds / u128::from(*unit))
            }
            Some(_) | None => f.write_str("0s"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::{any, proptest};

    use super::{Written, parse};

    #[test]
    fn a_duration_is_a_whole_number_and_one_unit() {
        for (text, milliseconds) in [
            ("250ms", Some(250)),
            ("30s", Some(30_000)),
            ("5m", Some(300_000)),
            ("1h", Some(3_600_000)),
            ("2d", Some(172_800_000)),
            ("0s", Some(0)),
            ("007s", Some(7000)),
            ("", None),
            ("5", None),
            ("s", None),
            ("-5s", None),
            ("+5s", None),
            ("1.5s", None),
            ("5 s", None),
            ("5S", None),
            ("1h30m", None),
            ("5s ", None),
            ("٣s", None),
            ("18446744073709551616ms", None),
            ("18446744073709551615s", None),
        ] {
            assert_eq!(parse(text), milliseconds.map(Duration::from_millis), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(milliseconds in any::<u64>()) {
            let duration = Duration::from_millis(milliseconds);
            assert_eq!(parse(&Written(duration).to_string()), Some(duration));
        }

        #[test]
        fn no_text_is_too_strange(text in any::<String>()) {
            parse(&text);
        }
    }
}
