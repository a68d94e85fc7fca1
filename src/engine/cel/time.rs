//! Instants with the offset they were written with: RFC 3339 in and out, and the calendar.

use std::fmt::Write as _;

use jiff::Timestamp;

/// An instant between the years 1 and 9999, and the offset in which it prints. Equality, order and
/// the calendar do not depend on the offset.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Since 1970, rounded down.
    pub seconds: i64,
    pub nanoseconds: u32,
    /// Seconds east of UTC.
    pub offset: i32,
}

/// Why a text is not an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MomentError {
    /// Not in the form of RFC 3339, or a field is out of every range.
    Shape,
    /// In its form, but no such time, or in small letters.
    Value,
    /// Before year 1 or after year 9999.
    Range,
}

/// A date and a time of day, without zone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Civil {
    pub year: i64,
    /// 1 to 12.
    pub month: i64,
    /// 1 to 31.
    pub day: i64,
    /// 0 to 365.
    pub day_of_year: i64,
    /// 0 is Sunday.
    pub weekday: i64,
    pub second_of_day: i64,
}

pub(super) const MIN_SECONDS: i64 = -62_135_596_800;
pub(super) const MAX_SECONDS: i64 = 253_402_300_799;
const DAY: i64 = 86_400;
const NANOSECONDS: i128 = 1_000_000_000;

// === impl Moment ===

impl Moment {
    pub(super) fn from_seconds(seconds: i64) -> Option<Self> {
        let within = (MIN_SECONDS..=MAX_SECONDS).contains(&seconds);
        within.then_some(Self { seconds, nanoseconds: 0, offset: 0 })
    }

    pub(super) fn from_timestamp(timestamp: Timestamp) -> Self {
        Self::from_nanoseconds(timestamp.as_nanosecond(), 0).unwrap_or(Self {
            seconds: MIN_SECONDS,
            nanoseconds: 0,
            offset: 0,
        })
    }

    pub(super) fn as_nanoseconds(self) -> i128 {
        i128::from(self.seconds) * NANOSECONDS + i128::from(self.nanoseconds)
    }

    pub(super) fn from_nanoseconds(nanoseconds: i128, offset: i32) -> Option<Self> {
        let seconds = i64::try_from(nanoseconds.div_euclid(NANOSECONDS)).ok()?;
        let rest = u32::try_from(nanoseconds.rem_euclid(NANOSECONDS)).ok()?;
        Some(Self { nanoseconds: rest, offset, ..Self::from_seconds(seconds)? })
    }

    /// The instant after this many nanoseconds, in the same offset.
    pub(super) fn checked_add(self, nanoseconds: i64) -> Option<Self> {
        Self::from_nanoseconds(self.as_nanoseconds() + i128::from(nanoseconds), self.offset)
    }

    /// Reads RFC 3339 as Go does: capital `T` and `Z`, no leap second, any length of fraction.
    pub(super) fn parse(text: &str) -> Result<Self, MomentError> {
        let mut reader = Reader { rest: text.as_bytes() };
        let (written, letters) = reader.read().ok_or(MomentError::Shape)?;
        let [year, month, day, hour, minute, second] = written.fields;
        let has_shape = (1..=12).contains(&month)
            && (1..=31).contains(&day)
            && hour < 24
            && minute < 60
            && second <= 60
            && written.offset_hour < 24
            && written.offset_minute < 60;
        if !has_shape {
            return Err(MomentError::Shape);
        }
        if !letters || day > days_in_month(year, month) || second == 60 {
            return Err(MomentError::Value);
        }
        let offset = written.sign * (written.offset_hour * 3600 + written.offset_minute * 60);
        let seconds = days_from_civil(year, month, day) * DAY + hour * 3600 + minute * 60 + second;
        let moment = Self::from_seconds(seconds - offset).ok_or(MomentError::Range)?;
        let offset = i32::try_from(offset).unwrap_or(0);
        Ok(Self { nanoseconds: written.nanoseconds, offset, ..moment })
    }

    /// The instant that a text in RFC 3339 names.
    #[must_use]
    pub fn instant(text: &str) -> Option<Timestamp> {
        let moment = Self::parse(text).ok()?;
        Timestamp::new(moment.seconds, i32::try_from(moment.nanoseconds).ok()?).ok()
    }

    /// RFC 3339 with the shortest fraction.
    pub(super) fn to_rfc3339(self) -> String {
        let civil = self.civil(i64::from(self.offset));
        let Civil { year, month, day, second_of_day: time, .. } = civil;
        let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
        let mut text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
        if self.nanoseconds != 0 {
            let fraction = format!("{:09}", self.nanoseconds);
            text.push('.');
            text.push_str(fraction.trim_end_matches('0'));
        }
        if self.offset == 0 {
            text.push('Z');
        } else {
            let sign = if self.offset < 0 { '-' } else { '+' };
            let minutes = self.offset.unsigned_abs() / 60;
            // Writing to a string does not fail.
            let _ = write!(text, "{sign}{:02}:{:02}", minutes / 60, minutes % 60);
        }
        text
    }

    /// Date and time as seen this many seconds east of UTC.
    pub(super) fn civil(self, offset: i64) -> Civil {
        let local = self.seconds.saturating_add(offset);
        let days = local.div_euclid(DAY);
        let (year, month, day) = civil_from_days(days);
        Civil {
            year,
            month,
            day,
            day_of_year: days - days_from_civil(year, 1, 1),
            weekday: (days + 4).rem_euclid(7),
            second_of_day: local.rem_euclid(DAY),
        }
    }
}

/// What an RFC 3339 text says, before it is known to make sense.
struct Written {
    /// Year, month, day, hour, minute, second.
    fields: [i64; 6],
    nanoseconds: u32,
    sign: i64,
    offset_hour: i64,
    offset_minute: i64,
}

struct Reader<'t> {
    rest: &'t [u8],
}

// === impl Reader ===

impl Reader<'_> {
    /// The fields, and whether the letters are capitals. `None`: another form.
    fn read(&mut self) -> Option<(Written, bool)> {
        let year = self.number(4)?;
        self.one_of(b"-")?;
        let month = self.number(2)?;
        self.one_of(b"-")?;
        let day = self.number(2)?;
        let t = self.one_of(b"Tt")?;
        let hour = self.number(2)?;
        self.one_of(b":")?;
        let minute = self.number(2)?;
        self.one_of(b":")?;
        let second = self.number(2)?;
        let nanoseconds = if self.one_of(b".").is_some() { self.fraction()? } else { 0 };
        let zone = self.one_of(b"Zz+-")?;
        let mut written = Written {
            fields: [year, month, day, hour, minute, second],
            nanoseconds,
            sign: if zone == b'-' { -1 } else { 1 },
            offset_hour: 0,
            offset_minute: 0,
        };
        if matches!(zone, b'+' | b'-') {
            written.offset_hour = self.number(2)?;
            self.one_of(b":")?;
            written.offset_minute = self.number(2)?;
        }
        self.rest.is_empty().then_some((written, t == b'T' && zone != b'z'))
    }

    fn one_of(&mut self, allowed: &[u8]) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        if !allowed.contains(first) {
            return None;
        }
        self.rest = rest;
        Some(*first)
    }

    fn number(&mut self, digits: usize) -> Option<i64> {
        (0..digits).try_fold(0, |number, _| Some(number * 10 + self.digit()?))
    }

    fn digit(&mut self) -> Option<i64> {
        self.one_of(b"0123456789").map(|digit| i64::from(digit - b'0'))
    }

    /// One digit or more; those after the ninth are cut off.
    fn fraction(&mut self) -> Option<u32> {
        let mut nanoseconds = self.digit()?;
        let mut read = 1;
        while let Some(digit) = self.digit() {
            if read < 9 {
                nanoseconds = nanoseconds * 10 + digit;
                read += 1;
            }
        }
        u32::try_from((read..9).fold(nanoseconds, |value, _| value * 10)).ok()
    }
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a date in the proleptic Gregorian calendar. The year is counted from
/// March, so that the leap day is its last.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The inverse of [`days_from_civil`].
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400;
    (if month <= 2 { year + 1 } else { year }, month, day)
}
