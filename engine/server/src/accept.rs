//! Which encoding an answer has: what the request names, else what `Accept` likes best (RFC 9110, 12.5.1).

use axum::http::{HeaderMap, StatusCode, header};
use trawl_exec::Encoding;

use crate::error::ApiError;

/// A range of media types with its weight.
struct Range<'a> {
    /// `*` for all.
    main: &'a str,
    /// `*` for all.
    sub: &'a str,
    /// In thousandths; zero refuses.
    weight: u16,
    /// Its place in the header.
    at: usize,
}

/// The encoding that a request wants.
///
/// # Errors
/// When it names one that does not exist, or `Accept` leaves none.
pub(crate) fn encoding(format: Option<&str>, headers: &HeaderMap) -> Result<Encoding, ApiError> {
    if let Some(name) = format {
        return named(name);
    }
    let accept = headers.get_all(header::ACCEPT).iter();
    let accept: Vec<&str> = accept.filter_map(|value| value.to_str().ok()).collect();
    let accept = accept.join(",");
    preferred(&accept).ok_or_else(|| {
        let types: Vec<&str> = Encoding::ALL.map(Encoding::media_type).into();
        let message = format!("answers are {}, not `{accept}`", types.join(", "));
        ApiError::new(StatusCode::NOT_ACCEPTABLE, "not-acceptable", message)
    })
}

/// The encoding of this name.
///
/// # Errors
/// When there is none.
pub(crate) fn named(name: &str) -> Result<Encoding, ApiError> {
    Encoding::named(name).ok_or_else(|| {
        let names: Vec<String> = Encoding::ALL.map(|it| format!("`{}`", it.name())).into();
        let message = format!("`format` is one of {}, not `{name}`", names.join(", "));
        ApiError::invalid(message)
    })
}

/// The one with the greatest weight; of equal ones the one that is named first, then the one that is ours first.
fn preferred(accept: &str) -> Option<Encoding> {
    let ranges: Vec<Range<'_>> = accept
        .split(',')
        .enumerate()
        .filter_map(|(at, text)| Range::read(text, at))
        .collect();
    if ranges.is_empty() {
        return Some(Encoding::Json);
    }
    let liked = Encoding::ALL.into_iter().filter_map(|encoding| {
        let (main, sub) = encoding.media_type().split_once('/')?;
        let matching = ranges.iter().filter(|range| range.has(main, sub));
        // The most specific range says what the type weighs.
        let range = matching.max_by_key(|range| (range.specificity(), range.weight))?;
        (range.weight > 0).then_some((encoding, range))
    });
    let best = liked.reduce(|best, other| {
        let key = |range: &Range<'_>| (range.weight, std::cmp::Reverse(range.at));
        if key(other.1) > key(best.1) {
            other
        } else {
            best
        }
    });
    best.map(|(encoding, _)| encoding)
}

impl<'a> Range<'a> {
    /// `text/csv;charset=utf-8;q=0.5`; what is no range is none.
    fn read(text: &'a str, at: usize) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let (main, sub) = parts.next()?.split_once('/')?;
        let weight = parts
            .filter_map(|part| part.split_once('='))
            .find(|(name, _)| name.trim().eq_ignore_ascii_case("q"))
            .map_or(Some(1_000), |(_, value)| thousandths(value.trim()))?;
        Some(Self {
            main,
            sub,
            weight,
            at,
        })
    }

    fn has(&self, main: &str, sub: &str) -> bool {
        (self.main == "*" || self.main.eq_ignore_ascii_case(main))
            && (self.sub == "*" || self.sub.eq_ignore_ascii_case(sub))
    }

    fn specificity(&self) -> u8 {
        u8::from(self.main != "*") + u8::from(self.sub != "*")
    }
}

/// `0.5`: between 0 and 1 with at most three digits behind the point.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = part.len() <= 3 && part.bytes().all(|byte| byte.is_ascii_digit());
    let part: u16 = if digits {
        format!("{part:0<3}").parse().ok()?
    } else {
        return None;
    };
    match (whole, part) {
        ("0", part) => Some(part),
        ("1", 0) => Some(1_000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_with_the_greatest_weight_is_given() {
        for (accept, expected) in [
            ("", Some(Encoding::Json)),
            ("*/*", Some(Encoding::Json)),
            ("application/*", Some(Encoding::Json)),
            ("text/*", Some(Encoding::Csv)),
            ("text/event-stream", Some(Encoding::Events)),
            ("TEXT/CSV; charset=utf-8", Some(Encoding::Csv)),
            ("application/vnd.apache.arrow.stream", Some(Encoding::Arrow)),
            (
                "text/csv;q=0.4, application/x-ndjson;q=0.5",
                Some(Encoding::Ndjson),
            ),
            ("text/csv, application/json", Some(Encoding::Csv)),
            ("text/html, */*;q=0.1", Some(Encoding::Json)),
            ("*/*, application/json;q=0", Some(Encoding::Ndjson)),
            ("application/json;q=0.5, */*;q=0.8", Some(Encoding::Ndjson)),
            ("text/csv;q=0", None),
            ("image/png", None),
            ("text/csv;q=2", Some(Encoding::Json)),
            ("nonsense", Some(Encoding::Json)),
        ] {
            assert_eq!(preferred(accept), expected, "{accept}");
        }
    }

    #[test]
    fn weights_have_three_digits() {
        for (text, weight) in [
            ("1", Some(1_000)),
            ("0.25", Some(250)),
            ("1.000", Some(1_000)),
            ("0", Some(0)),
            ("1.5", None),
            ("0.1234", None),
            ("-1", None),
            ("0.x", None),
        ] {
            assert_eq!(thousandths(text), weight, "{text}");
        }
    }
}
