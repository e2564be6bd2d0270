//! The message for two values that do not compare. Owns the trap of `500m`, which is 500 minutes and never half a core.

use trawl_lang::Diagnostic;
use trawl_lang::span::Span;

use super::Bound;
use super::coerce::conversion;
use crate::types::Type;
use crate::value::Value;
use crate::{quantity, time_text};

/// A unit of timespans.
struct Unit {
    name: &'static str,
    word: &'static str,
    nanoseconds: i64,
}

const fn unit(name: &'static str, word: &'static str, nanoseconds: i64) -> Unit {
    Unit {
        name,
        word,
        nanoseconds,
    }
}

/// The unit that is also Kubernetes' suffix for thousandths.
const MINUTES: &str = "m";

/// The units, the largest first; weeks are told in days.
const UNITS: [Unit; 7] = [
    unit("d", "day", 86_400_000_000_000),
    unit("h", "hour", 3_600_000_000_000),
    unit(MINUTES, "minute", 60_000_000_000),
    unit("s", "second", 1_000_000_000),
    unit("ms", "millisecond", 1_000_000),
    unit("us", "microsecond", 1_000),
    unit("ns", "nanosecond", 1),
];

/// What a message needs to know of a side.
pub(crate) struct Side {
    ty: Type,
    span: Span,
    value: Option<Value>,
}

impl Side {
    pub(crate) fn of(bound: &Bound) -> Self {
        Self {
            ty: bound.ty.clone(),
            span: bound.span,
            value: bound.value.clone(),
        }
    }

    /// A known timespan as a count of a unit, and whether that is how it was written.
    fn timespan(&self) -> Option<(i64, &'static Unit, bool)> {
        let Some(Value::Timespan(length)) = self.value else {
            return None;
        };
        let whole = || UNITS.iter().filter(|unit| length % unit.nanoseconds == 0);
        let text = |unit: &Unit| format!("{}{}", length / unit.nanoseconds, unit.name);
        // The value forgets its unit: `120m` is `2h`. The length of the text tells, unless that is as long as `1h30m` or a name;
        // then it is the largest that divides.
        let written = self.span.end.saturating_sub(self.span.start);
        let as_long = |text: &str| usize::try_from(written) == Ok(text.len());
        let minutes = whole().find(|unit| unit.name == MINUTES && as_long(&text(unit)));
        let several = as_long(&time_text::format_timespan(length));
        let single = |unit: &&Unit| as_long(&text(unit)) && !several;
        let as_written = minutes.or_else(|| whole().find(single));
        let unit = as_written.or_else(|| whole().next())?;
        Some((length / unit.nanoseconds, unit, as_written.is_some()))
    }
}

/// `Q0305`, with what the sides are, or what a timespan beside a quantity says.
pub(crate) fn incomparable(left: &Side, right: &Side) -> Box<Diagnostic> {
    let message = format!("cannot compare {} with {}", left.ty, right.ty);
    let diagnostic = Diagnostic::error("Q0305", message);
    let trap = match (&left.ty, &right.ty) {
        (Type::Quantity, Type::Timespan) => Some((right, left)),
        (Type::Timespan, Type::Quantity) => Some((left, right)),
        _ => None,
    };
    if let Some((timespan, other)) = trap
        && let Some((count, unit, as_written)) = timespan.timespan()
    {
        let plural = if count == 1 { "" } else { "s" };
        let help = (as_written && unit.name == MINUTES).then(|| cores(count));
        return diagnostic
            .label(timespan.span, format!("{count} {}{plural}", unit.word))
            .secondary(other.span, "")
            .maybe_help(help)
            .into();
    }
    if let Some((help, span, text)) = meant(left, right).or_else(|| meant(right, left)) {
        return diagnostic
            .label(right.span, right.ty.to_string())
            .secondary(left.span, left.ty.to_string())
            .help(help)
            .fix(span, text)
            .into();
    }
    let help = if left.ty == right.ty {
        Some(format!("{} has no order", left.ty))
    } else {
        conversion(&left.ty, &right.ty)
    };
    diagnostic
        .label(right.span, right.ty.to_string())
        .secondary(left.span, left.ty.to_string())
        .maybe_help(help)
        .into()
}

/// What a constant was meant as beside the other side: the help, and what to write in the place of what.
fn meant(constant: &Side, other: &Side) -> Option<(String, Span, String)> {
    match (&constant.value, &other.ty) {
        (Some(Value::String(text)), Type::Long | Type::Real) => {
            let is_number = text.parse::<f64>().is_ok_and(f64::is_finite);
            let help = format!("write `{text}` without quotes");
            is_number.then(|| (help, constant.span, text.clone()))
        }
        (Some(Value::String(text)), Type::Bool) if matches!(text.as_str(), "true" | "false") => {
            let help = format!("write `{text}` without quotes");
            Some((help, constant.span, text.clone()))
        }
        (Some(Value::Timespan(length)), Type::Datetime) => {
            let text = format!("ago({})", time_text::format_timespan(*length));
            let help = format!("for the time that long before now write `{text}`");
            Some((help, constant.span, text))
        }
        _ => None,
    }
}

/// What to write for that many thousandths of a core.
fn cores(thousandths: i64) -> String {
    let number = quantity::format(i128::from(thousandths) * quantity::ONE / 1000);
    let amount = match thousandths {
        250 => "a quarter of a core".to_owned(),
        500 => "half a core".to_owned(),
        1000 => "one core".to_owned(),
        _ => format!("{number} cores"),
    };
    format!("for {amount} write `{number}` or `\"{thousandths}m\"`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(length: i64, text: &str) -> (String, Option<String>) {
        let end = u32::try_from(text.len()).unwrap();
        let timespan = Side {
            ty: Type::Timespan,
            span: Span::new(0, end),
            value: Some(Value::Timespan(length)),
        };
        let quantity = Side {
            ty: Type::Quantity,
            span: Span::new(10, 20),
            value: None,
        };
        let mut diagnostic = incomparable(&quantity, &timespan);
        (diagnostic.labels.remove(0).text, diagnostic.help.pop())
    }

    #[test]
    fn a_timespan_says_what_it_is_in_the_unit_that_was_written() {
        const MINUTE: i64 = 60_000_000_000;
        for (length, text, label, help) in [
            (
                500 * MINUTE,
                "500m",
                "500 minutes",
                Some("for half a core write `0.5` or `\"500m\"`"),
            ),
            (
                120 * MINUTE,
                "120m",
                "120 minutes",
                Some("for 0.12 cores write `0.12` or `\"120m\"`"),
            ),
            (120 * MINUTE, "2h", "2 hours", None),
            (MINUTE / 12, "5s", "5 seconds", None),
            (2 * MINUTE, "120s", "120 seconds", None),
            (7 * 24 * 60 * MINUTE, "7d", "7 days", None),
            (MINUTE, "@limit", "1 minute", None),
            (90 * MINUTE, "1h30m", "90 minutes", None),
            (
                0,
                "0m",
                "0 minutes",
                Some("for 0 cores write `0` or `\"0m\"`"),
            ),
        ] {
            assert_eq!(
                told(length, text),
                (label.to_owned(), help.map(str::to_owned)),
                "{text}"
            );
        }
    }
}
