//! Owns what a request for values wants: of which metrics, which statistics, which periods. Refuses one without a time range, a
//! namespace and a name.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use trawl_sdk::filter::{Predicate, Pushdown, Test, Texts, TimeRange};
use trawl_sdk::schema;
use trawl_sdk::table::Arguments;
use trawl_sdk::types::{Column, CompareOp, Gap, Literal, Pushed, ScanRequest};
use trawl_sdk::{Error, Output};

use super::{period, stat};
use crate::selection::Selection;
use crate::table;
use crate::times::{self, SECOND};

/// Queries that one request can hold.
const MAX_QUERIES: usize = 500;

/// Points that one answer holds. Requests are cut so that their answers have one page, and can be waited for side by side.
const MAX_POINTS: u64 = 100_800;

/// For how long ListMetrics tells of a metric that gets no more data, in seconds.
const LISTED_FOR: i64 = 14 * 86_400;

/// What a scan of values needs to know; it travels in the token.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Wanted {
    pub(super) projection: Vec<Column>,
    pub(super) selection: Selection,
    /// Some: the series with exactly these dimensions.
    pub(super) exact: Option<BTreeMap<String, String>>,
    pub(super) stats: Vec<String>,
    /// Seconds.
    pub(super) period: i64,
    /// Beginning of the first period, in seconds since the epoch.
    pub(super) start: i64,
    /// Beginning of the first period that is not wanted.
    pub(super) end: i64,
    /// When the query was asked, in seconds since the epoch.
    now: i64,
    /// Seconds since the epoch at which the wanted range begins.
    from: i64,
    /// No value can match.
    nothing: bool,
    pub(super) limit: Option<u64>,
}

/// Reads a request: what it wants, and how exactly each filter is taken.
///
/// # Errors
/// `invalid-query` when it names no time range, no namespace or no metric, an unknown statistic or an impossible period.
pub(super) fn read(request: &ScanRequest) -> Result<(Wanted, Pushdown<'_>), Error> {
    let mut selection = Selection::default();
    let mut time = TimeRange::default();
    let mut stats = Texts::default();
    let mut asked_period = Arguments::of(&request.arguments).duration_ns("period")?;
    let mut nothing = false;
    let mut filters = Pushdown::of(request);
    filters.take(|predicate| {
        let column = predicate.column.name.as_str();
        let taken = match column {
            "timestamp" => time.take(predicate),
            "stat" if predicate.column.path.is_empty() => stats.take(predicate),
            "period" => equal_period(predicate).is_some_and(|wanted| {
                nothing |= *asked_period.get_or_insert(wanted) != wanted;
                true
            }),
            _ => selection.take(predicate),
        };
        taken.then_some(Pushed::Exact)
    });
    for (name, texts) in [
        ("namespace", &mut selection.namespace),
        ("metric", &mut selection.metric),
    ] {
        if let Some(text) = Arguments::of(&request.arguments).text(name)? {
            texts.include(&[&text]);
        }
        if texts.listed().is_none() {
            return Err(incomplete(&format!("`{name}`")));
        }
    }
    let from = time
        .from
        .ok_or_else(|| incomplete("the beginning of a time range"))?;
    let to = time.to.unwrap_or(request.now_ns);
    let (now, begins) = (
        times::floor(request.now_ns, SECOND),
        times::floor(from, SECOND),
    );
    let age = now.saturating_sub(begins);
    let span = times::floor(to, SECOND).saturating_sub(begins).max(0);
    let period = match asked_period {
        Some(asked) => period::check(asked, age)?,
        None => period::fitting(age, span),
    };
    let unit = period.saturating_mul(SECOND);
    let begin = |units: i64| units.saturating_mul(period).max(0);
    let mut wanted = Wanted {
        projection: schema::undescribed(&request.projection),
        exact: exact(request)?,
        stats: statistics(request, &stats)?,
        period,
        start: begin(times::ceil(from, unit)),
        end: begin(times::floor(to, unit).saturating_add(1)),
        now,
        from: begins,
        nothing: nothing || time.is_empty() || selection.is_empty(),
        limit: None,
        selection,
    };
    wanted.nothing |= wanted.stats.is_empty() || wanted.start >= wanted.end;
    wanted.limit = table::own_limit(request, &filters);
    Ok((wanted, filters))
}

fn incomplete(missing: &str) -> Error {
    Error::invalid_query(format!(
        "expected a namespace, a metric and the beginning of a time range before values are read, got no condition that says {missing}"
    ))
    .with_hint(
        "write `cloudwatch.metrics(namespace = \"AWS/EC2\", metric = \"CPUUtilization\") | where timestamp > ago(1h)`; `cloudwatch.metric_list` lists what there is",
    )
}

/// The timespan that the column `period` must equal.
fn equal_period(predicate: &Predicate<'_>) -> Option<i64> {
    match predicate.test {
        Test::Compare(CompareOp::Eq, Literal::DurationNs(ns))
            if predicate.column.path.is_empty() =>
        {
            Some(*ns)
        }
        _ => None,
    }
}

/// The statistics that are asked for.
fn statistics(request: &ScanRequest, left: &Texts) -> Result<Vec<String>, Error> {
    let mut stats: Vec<String> = match (
        Arguments::of(&request.arguments).text("stat")?,
        left.listed(),
    ) {
        (Some(stat), _) => vec![stat],
        (None, Some(listed)) => listed.into_iter().map(str::to_owned).collect(),
        (None, None) => vec!["Average".to_owned()],
    };
    stats.iter().try_for_each(|text| stat::check(text))?;
    stats.retain(|text| left.matches(Some(text)));
    Ok(stats)
}

/// The argument `dimensions`: `Name=value` with commas between them.
fn exact(request: &ScanRequest) -> Result<Option<BTreeMap<String, String>>, Error> {
    let Some(text) = Arguments::of(&request.arguments).text("dimensions")? else {
        return Ok(None);
    };
    let parts = text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty());
    let pairs = parts.map(|part| match part.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() && !value.trim().is_empty() => {
            Ok((name.trim().to_owned(), value.trim().to_owned()))
        }
        _ => Err(Error::invalid_query(format!(
            "expected `Name=value` pairs with commas between them for `dimensions`, got `{part}`"
        ))
        .with_hint("a value with a comma in it goes into a condition: `where dimensions[\"Name\"] == \"a,b\"`")),
    });
    pairs.collect::<Result<_, _>>().map(Some)
}

impl Wanted {
    /// Whether no value can match.
    pub(super) fn is_empty(&self) -> bool {
        self.nothing
    }

    /// Points of one series, at most.
    pub(super) fn points(&self) -> u64 {
        let span = u64::try_from(self.end.saturating_sub(self.start)).unwrap_or(0);
        span / u64::try_from(self.period).unwrap_or(1).max(1)
    }

    /// Queries of one request.
    pub(super) fn batch(&self) -> usize {
        let fit = usize::try_from(MAX_POINTS / self.points().max(1)).unwrap_or(MAX_QUERIES);
        fit.clamp(1, MAX_QUERIES)
    }

    /// Says what cannot be found any more.
    pub(super) fn report(&self, output: &dyn Output) {
        let age = |at: i64| self.now.saturating_sub(at);
        if !period::is_kept(age(self.from)) {
            output.report(
                Gap::Truncated,
                None,
                "CloudWatch keeps values for 455 days; what is older than that is gone",
            );
        }
        if self.exact.is_none() && age(self.end) > LISTED_FOR {
            output.report(
                Gap::Partial,
                None,
                "ListMetrics only knows metrics that had data in the last two weeks, and the range ends before that: a series that ended is not found unless the argument `dimensions` names it",
            );
        }
    }
}
