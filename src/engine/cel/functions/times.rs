//! The clock, and the parts of timestamps and durations.

use jiff::{Timestamp, tz::TimeZone};

use super::{Call, Family, Mismatch};
use crate::engine::cel::{
    eval::{Evaluated, Fault},
    time::{Civil, Moment},
    value::V,
};

pub(super) const CLOCK: Family = Family {
    mismatch: Mismatch::Plain,
    functions: &[
        ("now: () -> timestamp", now),
        ("timeSince: (timestamp) -> duration", time_since),
        ("timeSince: timestamp.() -> duration", time_since),
    ],
};

pub(super) const FAMILY: Family = Family {
    mismatch: Mismatch::Named,
    functions: &[
        ("getFullYear: timestamp.() -> int", full_year),
        ("getFullYear: timestamp.(string) -> int", full_year),
        ("getMonth: timestamp.() -> int", month),
        ("getMonth: timestamp.(string) -> int", month),
        ("getDate: timestamp.() -> int", date),
        ("getDate: timestamp.(string) -> int", date),
        ("getDayOfMonth: timestamp.() -> int", day_of_month),
        ("getDayOfMonth: timestamp.(string) -> int", day_of_month),
        ("getDayOfWeek: timestamp.() -> int", day_of_week),
        ("getDayOfWeek: timestamp.(string) -> int", day_of_week),
        ("getDayOfYear: timestamp.() -> int", day_of_year),
        ("getDayOfYear: timestamp.(string) -> int", day_of_year),
        ("getHours: timestamp.() -> int", hours),
        ("getHours: timestamp.(string) -> int", hours),
        ("getHours: duration.() -> int", duration_hours),
        ("getMinutes: timestamp.() -> int", minutes),
        ("getMinutes: timestamp.(string) -> int", minutes),
        ("getMinutes: duration.() -> int", duration_minutes),
        ("getSeconds: timestamp.() -> int", seconds),
        ("getSeconds: timestamp.(string) -> int", seconds),
        ("getSeconds: duration.() -> int", duration_seconds),
        ("getMilliseconds: timestamp.() -> int", milliseconds),
        ("getMilliseconds: timestamp.(string) -> int", milliseconds),
        ("getMilliseconds: duration.() -> int", duration_milliseconds),
    ],
};

fn now<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    call.run.now().map(V::Timestamp)
}

fn time_since<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let since = call.run.now()?.as_nanoseconds() - call.timestamp(0)?.as_nanoseconds();
    // Go's difference of instants stops at the longest duration.
    let limited = since.clamp(i128::from(i64::MIN), i128::from(i64::MAX));
    Ok(V::Duration(i64::try_from(limited).unwrap_or(i64::MAX)))
}

/// Date and time in the zone that is the second argument, else in UTC.
fn civil<'a>(call: &Call<'_, 'a>) -> Result<Civil, Fault<'a>> {
    let moment = call.timestamp(0)?;
    let offset = if call.args.len() > 1 { offset(call, moment, call.string(1)?)? } else { 0 };
    Ok(moment.civil(offset))
}

/// Seconds east of UTC in a zone at an instant.
fn offset<'a>(call: &Call<'_, 'a>, moment: Moment, zone: &'a str) -> Result<i64, Fault<'a>> {
    if let Some((hours, minutes)) = zone.split_once(':') {
        let number = |text: &'a str| {
            let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
            let valid = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            text.parse::<i32>().ok().filter(|_| valid).map(i64::from).ok_or_else(|| {
                call.run.fail(format_args!("strconv.Atoi: parsing \"{text}\": invalid syntax"))
            })
        };
        let (hours, minutes) = (number(hours)?, number(minutes)?);
        let minutes = if zone.starts_with('-') { -minutes } else { minutes };
        return Ok((hours * 60 + minutes) * 60);
    }
    if matches!(zone, "" | "UTC") {
        return Ok(0);
    }
    let unknown = || call.run.fail(format_args!("unknown time zone {zone}"));
    let found = TimeZone::get(zone).ok().ok_or_else(&unknown)?;
    // The data base ignores case; the files that Go reads do not.
    if found.iana_name() != Some(zone) {
        return Err(unknown());
    }
    // The first and the last hours of all years have no `Timestamp`; no zone changes in them.
    let (first, last) = (Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    let timestamp = Timestamp::from_second(moment.seconds.clamp(first, last)).ok();
    let timestamp = timestamp.ok_or_else(unknown)?;
    Ok(i64::from(found.to_offset(timestamp).seconds()))
}

fn part<'a>(call: &Call<'_, 'a>, part: fn(Civil) -> i64) -> Evaluated<'a> {
    civil(call).map(part).map(V::Int)
}

fn full_year<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    part(call, |civil| civil.year)
}

fn month<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    part(call, |civil| civil.month - 1)
}

fn date<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    part(call, |civil| civil.day)
}

fn day_of_month<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    part(call, |civil| civil.day - 1)
}

fn day_of_week<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    part(call, |civil| civil.weekday)
}

fn day_of_year<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    part(call, |civil| civil.day_of_year)
}

fn hours<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    part(call, |civil| civil.second_of_day / 3600)
}

fn minutes<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    part(call, |civil| civil.second_of_day / 60 % 60)
}

fn seconds<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    part(call, |civil| civil.second_of_day % 60)
}

fn milliseconds<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    civil(call)?;
    Ok(V::Int(i64::from(call.timestamp(0)?.nanoseconds / 1_000_000)))
}

fn duration_hours<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    Ok(V::Int(call.duration(0)? / 3_600_000_000_000))
}

fn duration_minutes<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    Ok(V::Int(call.duration(0)? / 60_000_000_000))
}

fn duration_seconds<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    Ok(V::Int(call.duration(0)? / 1_000_000_000))
}

fn duration_milliseconds<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    Ok(V::Int(call.duration(0)? / 1_000_000))
}
