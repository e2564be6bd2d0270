//! Calendars in time zones: `startof*`, `datetime_part`, `format_datetime`.

use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveTime, Offset, TimeZone, Timelike};
use chrono_tz::Tz;

use super::Call;
use crate::convert::moment;
use crate::convert::regexes::compiled;
use crate::error::{Result, invalid};
use crate::eval::Node;
use crate::ty::Ty;
use crate::value::Value;

/// The zone of an argument, UTC without one.
fn zone(call: &Call, at: usize) -> Result<Tz> {
    if at >= call.len() {
        return Ok(Tz::UTC);
    }
    let name = call.constant_text(at)?;
    match name.parse() {
        Ok(zone) => Ok(zone),
        Err(_) => invalid(format!("no zone {name}")),
    }
}

/// A function of the local time of a moment.
fn local(
    call: &Call,
    at: usize,
    zone: Tz,
    ty: Ty,
    compute: impl Fn(DateTime<Tz>) -> Option<Value> + 'static,
) -> Result<Node> {
    let node = call.arg(at, &Ty::Datetime)?;
    Ok(Node::strict(ty, vec![node], move |values| match values {
        [Value::Datetime(value)] => {
            let local = moment::utc(*value).with_timezone(&zone);
            compute(local).unwrap_or(Value::Null)
        }
        _ => Value::Null,
    }))
}

fn start(call: Call, first_day: fn(NaiveDate) -> Option<NaiveDate>) -> Result<Node> {
    let zone = zone(&call, 1)?;
    local(&call, 0, zone, Ty::Datetime, move |local| {
        let began = began(first_day(local.date_naive())?, zone)?;
        began.timestamp_nanos_opt().map(Value::Datetime)
    })
}

/// The instant at which a local day began: its first minute that exists, the earlier one when it exists twice.
fn began(day: NaiveDate, zone: Tz) -> Option<DateTime<Tz>> {
    // Seconds are tried one by one: gaps begin and end at any of them.
    let midnight = day.and_time(NaiveTime::MIN);
    (0..86_400 * 2).find_map(|seconds| {
        zone.from_local_datetime(&(midnight + Duration::seconds(seconds)))
            .earliest()
    })
}

pub fn startofday(call: Call) -> Result<Node> {
    start(call, Some)
}

pub fn startofweek(call: Call) -> Result<Node> {
    start(call, |day| {
        day.checked_sub_signed(Duration::days(i64::from(
            day.weekday().num_days_from_monday(),
        )))
    })
}

pub fn startofmonth(call: Call) -> Result<Node> {
    start(call, |day| day.with_day(1))
}

pub fn datetime_part(call: Call) -> Result<Node> {
    let part = call.constant_text(0)?;
    let zone = zone(&call, 2)?;
    let known = [
        "year",
        "quarter",
        "month",
        "week",
        "day",
        "dayofyear",
        "dayofweek",
        "hour",
        "minute",
        "second",
        "millisecond",
        "microsecond",
        "nanosecond",
    ];
    if !known.contains(&part.as_str()) {
        return invalid(format!("no part {part}"));
    }
    local(&call, 1, zone, Ty::Long, move |local| {
        let number = match part.as_str() {
            "year" => i64::from(local.year()),
            "quarter" => i64::from(local.month().div_ceil(3)),
            "month" => i64::from(local.month()),
            "week" => i64::from(local.iso_week().week()),
            "day" => i64::from(local.day()),
            "dayofyear" => i64::from(local.ordinal()),
            "dayofweek" => i64::from(local.weekday().number_from_monday()),
            "hour" => i64::from(local.hour()),
            "minute" => i64::from(local.minute()),
            "second" => i64::from(local.second()),
            "millisecond" => i64::from(local.nanosecond() / 1_000_000),
            "microsecond" => i64::from(local.nanosecond() / 1_000),
            _ => i64::from(local.nanosecond()),
        };
        Some(Value::Long(number))
    })
}

pub fn format_datetime(call: Call) -> Result<Node> {
    let format = call.constant_text(1)?;
    let zone = zone(&call, 2)?;
    let pieces = pieces(&format)?;
    local(&call, 0, zone, Ty::String, move |local| {
        let text: Option<String> = pieces
            .iter()
            .map(|piece| match piece {
                Piece::Literal(text) => Some(text.clone()),
                Piece::Token(token) => written(token, &local),
            })
            .collect();
        text.map(Value::Text)
    })
}

enum Piece {
    Literal(String),
    Token(String),
}

/// A format as tokens (runs of one letter) and what stands between them.
fn pieces(format: &str) -> Result<Vec<Piece>> {
    let known = compiled(
        r"'[^']*'|yyyy|yy|MM|M|dd|d|HH|H|hh|h|mm|m|ss|s|f{1,9}|tt|zzz|[a-zA-Z]+|[^a-zA-Z']",
    );
    let Some(known) = known else {
        return invalid("the tokens do not compile");
    };
    let mut pieces = Vec::new();
    for found in known.find_iter(format) {
        let text = found.as_str();
        let first = text.chars().next().unwrap_or(' ');
        pieces.push(if first == '\'' {
            Piece::Literal(text.trim_matches('\'').to_owned())
        } else if first.is_ascii_alphabetic() {
            Piece::Token(text.to_owned())
        } else {
            Piece::Literal(text.to_owned())
        });
    }
    Ok(pieces)
}

fn written(token: &str, local: &DateTime<Tz>) -> Option<String> {
    let (half, hour) = local.hour12();
    let year = local.year();
    Some(match token {
        "yyyy" => format!("{year:04}"),
        "yy" => format!("{:02}", year.rem_euclid(100)),
        "MM" => format!("{:02}", local.month()),
        "M" => local.month().to_string(),
        "dd" => format!("{:02}", local.day()),
        "d" => local.day().to_string(),
        "HH" => format!("{:02}", local.hour()),
        "H" => local.hour().to_string(),
        "hh" => format!("{hour:02}"),
        "h" => hour.to_string(),
        "mm" => format!("{:02}", local.minute()),
        "m" => local.minute().to_string(),
        "ss" => format!("{:02}", local.second()),
        "s" => local.second().to_string(),
        "tt" => if half { "PM" } else { "AM" }.to_owned(),
        "zzz" => {
            let seconds = local.offset().fix().local_minus_utc();
            let (sign, minutes) = (if seconds < 0 { '-' } else { '+' }, seconds.abs() / 60);
            format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
        }
        f if f.chars().all(|c| c == 'f') => {
            let digits = format!("{:09}", local.nanosecond());
            digits.get(..f.len())?.to_owned()
        }
        _ => return None,
    })
}
