//! Numbers as the decimals that they are written as: exact where doubles are not.

/// Digits times a power of ten.
#[derive(Clone, Copy, Debug)]
pub(super) struct Decimal {
    digits: u64,
    exponent: i32,
}

// === impl Decimal ===

impl Decimal {
    /// The shortest decimal that is this double, its sign apart. Infinite doubles have none.
    pub(super) fn new(number: f64) -> Option<Self> {
        let text = format!("{:e}", number.abs());
        let (mantissa, exponent) = text.split_once('e')?;
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}").parse().ok()?;
        let places = i32::try_from(fraction.len()).ok()?;
        Some(Self { digits, exponent: exponent.parse::<i32>().ok()? - places })
    }

    pub(super) fn is_multiple_of(self, unit: Self) -> bool {
        let (digits, unit_digits) = (u128::from(self.digits), u128::from(unit.digits));
        if digits == 0 || unit_digits == 0 {
            return digits == 0;
        }
        let shift = self.exponent - unit.exponent;
        if shift >= 0 {
            let power = (0..shift).fold(1, |power, _| power * 10 % unit_digits);
            digits % unit_digits * power % unit_digits == 0
        } else {
            // Twenty digits more than the number has make a unit larger than it.
            let unit = 10_u128
                .checked_pow(shift.unsigned_abs())
                .filter(|_| shift > -20)
                .and_then(|power| unit_digits.checked_mul(power));
            unit.is_some_and(|unit| digits % unit == 0)
        }
    }
}

/// A number as Go's `%v` has it: with an exponent from 10^`large` on, and below 10^-4.
pub(super) fn general(number: f64, large: i32) -> String {
    let scientific = format!("{number:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    let Ok(exponent) = exponent.parse::<i32>() else { return scientific };
    if number == 0.0 || (-4..large).contains(&exponent) {
        return number.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::{Decimal, general};

    #[test]
    fn numbers_are_printed_as_go_prints_them() {
        for (number, large, text) in [
            (0.0, 6, "0"),
            (-0.0, 6, "-0"),
            (1.0, 6, "1"),
            (123_456.789, 6, "123456.789"),
            (1_234_567.0, 6, "1.234567e+06"),
            (0.0001, 6, "0.0001"),
            (0.00001, 6, "1e-05"),
            (-2.5, 6, "-2.5"),
            (1_000_000.0, 21, "1000000"),
            (1e21, 21, "1e+21"),
        ] {
            assert_eq!(general(number, large), text);
        }
    }

    #[test]
    fn multiples_are_those_of_decimals() {
        for (number, unit, expected) in [
            (0.3, 0.1, true),
            (0.30000000000000004, 0.1, false),
            (4.35, 0.01, true),
            (-7.0, 3.5, true),
            (0.0, 5.0, true),
            (1e300, 7.0, false),
            (1e300, 0.0001, true),
            (1e-300, 1e300, false),
            (7.0, 1e21, false),
            (1.7e308, 1.7e308, true),
        ] {
            let decimals = Decimal::new(number).zip(Decimal::new(unit)).unwrap();
            assert_eq!(decimals.0.is_multiple_of(decimals.1), expected, "{number} of {unit}");
        }
    }
}
