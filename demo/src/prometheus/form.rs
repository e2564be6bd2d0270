//! Owns the parameters of a request: the form in a POST body before the query, as in Go's `Request.FormValue`; instants,
//! steps, limits and selectors among them.

use http::Method;

use super::answer::invalid;
use super::eval::Failure;
use super::matcher::Selector;
use super::parse::{duration_ms, parse_selector};
use super::series::Series;
use crate::clock::{self, Clock};
use crate::serve::Call;

/// The parameters of one request.
pub(super) struct Form<'a> {
    body: Vec<(String, String)>,
    query: &'a [(String, String)],
    /// The instant that is now, in milliseconds since 1970.
    pub(super) now_ms: i64,
}

impl<'a> Form<'a> {
    /// Reads the parameters of a request. Now is by the system's clock, but never before the instant that the fleet stands
    /// at.
    pub(super) fn new(call: &'a Call, clock: Clock) -> Form<'a> {
        let body = match call.method {
            Method::POST => url::form_urlencoded::parse(&call.body)
                .into_owned()
                .collect(),
            _ => Vec::new(),
        };
        Form {
            body,
            query: &call.query,
            now_ms: now_ms().max(clock.ago_s(0).saturating_mul(1000)),
        }
    }

    fn all<'b>(&'b self, name: &'b str) -> impl Iterator<Item = &'b str> {
        let pairs = self.body.iter().chain(self.query);
        pairs
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The first value of a parameter; an empty one counts as absent.
    pub(super) fn get<'b>(&'b self, name: &'b str) -> Option<&'b str> {
        self.all(name).next().filter(|value| !value.is_empty())
    }

    /// An instant in milliseconds since 1970, if it is given.
    pub(super) fn instant_ms(&self, name: &str) -> Result<Option<i64>, Failure> {
        self.get(name)
            .map(|text| {
                instant_ms(text).ok_or_else(|| {
                    invalid(name, &format!("cannot parse {text:?} to a valid timestamp"))
                })
            })
            .transpose()
    }

    /// An instant that must be given.
    pub(super) fn required_ms(&self, name: &str) -> Result<i64, Failure> {
        self.instant_ms(name)?
            .ok_or_else(|| invalid(name, "cannot parse \"\" to a valid timestamp"))
    }

    /// A duration in milliseconds: seconds as a number, or `5m`.
    pub(super) fn step_ms(&self, name: &str) -> Result<i64, Failure> {
        let text = self.get(name).unwrap_or_default();
        let step_ms = text
            .parse::<f64>()
            .ok()
            .and_then(milliseconds)
            .or_else(|| duration_ms(text));
        step_ms.ok_or_else(|| invalid(name, &format!("cannot parse {text:?} to a valid duration")))
    }

    /// How many results at most; 0 is no limit.
    pub(super) fn limit(&self) -> Result<usize, Failure> {
        self.get("limit").map_or(Ok(0), |text| {
            text.parse()
                .map_err(|_| invalid("limit", "limit must be non-negative"))
        })
    }

    /// The selectors of `match[]`.
    pub(super) fn selectors(&self) -> Result<Vec<Selector>, Failure> {
        self.all("match[]")
            .map(|text| parse_selector(text).map_err(|why| invalid("match[]", &why)))
            .collect()
    }

    /// The series that `match[]` selects and that have a sample between `start` and `end`; all of those without it.
    pub(super) fn series<'b>(&self, series: &'b [Series]) -> Result<Vec<&'b Series>, Failure> {
        let selectors = self.selectors()?;
        let start_ms = self.instant_ms("start")?;
        let end_ms = self.instant_ms("end")?.unwrap_or(self.now_ms);
        Ok(series
            .iter()
            .filter(|series| {
                selectors.is_empty()
                    || selectors
                        .iter()
                        .any(|selector| selector.selects(&series.labels))
            })
            .filter(|series| {
                // Whoever asks for no beginning asks for whatever there was.
                start_ms.is_none_or(|start_ms| {
                    let before_ms = start_ms.saturating_sub(1);
                    series.samples(before_ms, end_ms).next().is_some()
                })
            })
            .collect())
    }
}

/// The system's clock.
fn now_ms() -> i64 {
    let now = time::OffsetDateTime::now_utc();
    clock::system_now_s()
        .saturating_mul(1000)
        .saturating_add(i64::from(now.millisecond()))
}

/// Seconds since 1970 as a number, or RFC 3339.
fn instant_ms(text: &str) -> Option<i64> {
    match text.parse::<f64>() {
        Ok(seconds) => milliseconds(seconds),
        Err(_) => clock::parse_s(text).map(|seconds| seconds.saturating_mul(1000)),
    }
}

/// Seconds as whole milliseconds; none for what no clock shows.
fn milliseconds(seconds: f64) -> Option<i64> {
    const LAST_S: f64 = 253_402_300_799.0;
    if !(seconds.is_finite() && seconds.abs() <= LAST_S) {
        return None;
    }
    #[allow(
        clippy::cast_possible_truncation,
        reason = "bounded above: a whole number far within i64"
    )]
    let milliseconds = (seconds * 1000.0).round() as i64;
    Some(milliseconds)
}
