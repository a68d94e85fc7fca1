//! Amounts of memory as written: a whole number and one unit, such as `16MiB`.

use std::fmt;

/// From the greatest to the smallest.
const UNITS: [(&str, u64); 4] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

pub(super) fn parse(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let (_, bytes) = UNITS.iter().find(|(name, _)| *name == unit)?;
    number.parse::<u64>().ok()?.checked_mul(*bytes)
}

/// Shows an amount as it would be written, in the greatest unit that is exact.
pub(super) struct Written(pub(super) u64);

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exact = UNITS.iter().find(|(_, bytes)| self.0.is_multiple_of(*bytes));
        match exact {
            Some((name, bytes)) if self.0 > 0 => write!(f, "{}{name}", self.0 / bytes),
            Some(_) | None => f.write_str("0B"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::{Written, parse};

    #[test]
    fn an_amount_is_a_whole_number_and_one_unit() {
        for (text, bytes) in [
            ("0B", Some(0)),
            ("512B", Some(512)),
            ("4KiB", Some(4096)),
            ("16MiB", Some(16_777_216)),
            ("2GiB", Some(2_147_483_648)),
            ("", None),
            ("16", None),
            ("16M", None),
            ("16MB", None),
            ("16mib", None),
            ("1.5GiB", None),
            ("-1B", None),
            ("16 MiB", None),
            ("99999999999GiB", None),
        ] {
            assert_eq!(parse(text), bytes, "`{text}`");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_as_the_same(bytes in any::<u64>()) {
            assert_eq!(parse(&Written(bytes).to_string()), Some(bytes));
        }
    }
}
