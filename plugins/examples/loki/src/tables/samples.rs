//! Owns the table `samples`: the result of a LogQL query that counts or measures, at one time or at each step of a range. Refuses to
//! change the query, except for the cluster that it is about.

use serde::{Deserialize, Serialize};
use trawl_sdk::records::{Cell, Field, Records};
use trawl_sdk::schema::{self, Type, param};
use trawl_sdk::table::{self, Arguments, Table};
use trawl_sdk::types::{Column, Gap, Param, Pushed, ScanPlan, ScanRequest};
use trawl_sdk::{Error, Output};

use super::{CLUSTER, Plan, get, moment, own_limit, placed, planned, real, state, text_map};
use crate::Loki;
use crate::answer;
use crate::api::{Call, Remote};
use crate::arguments::{self, period};
use crate::conditions::{self, Room};
use crate::logql::{self, Kind};
use crate::shares::{self, Whose};
use crate::window::{self, Window};

/// The table.
pub(super) struct Samples;

/// Its name, which is that of the default table's tokens for samples too.
const NAME: &str = "samples";

pub(super) const FIELDS: &[Field] = &[
    Field::new("timestamp", moment, "When the sample counts, UTC").not_null(),
    Field::new("value", real, "The sample; NaN and infinities are kept"),
    Field::new("labels", text_map, "The series' labels").not_null(),
    CLUSTER,
];

/// The most points of a series in one answer: Loki answers 400 to more ("exceeded maximum resolution of 11,000 points").
const MAX_POINTS: i64 = 11_000;

/// The most requests for one range. A million points of each series are more than anybody looks at.
const MAX_CALLS: i64 = 100;

/// What a partition reads.
#[derive(Serialize, Deserialize)]
struct Wanted {
    projection: Vec<Column>,
    /// Each query, and whose its series are.
    asks: Vec<(String, Whose)>,
    when: When,
    limit: Option<u64>,
    defaulted: bool,
}

/// When a query is evaluated, in nanoseconds.
#[derive(Clone, Copy, Serialize, Deserialize)]
enum When {
    At(i64),
    /// At the multiples of `step` from `first` to `last`.
    Each {
        first: i64,
        last: i64,
        step: i64,
    },
    Never,
}

impl When {
    /// The multiples of a step in a window.
    fn each(window: Window, step: i64) -> Result<Self, Error> {
        let floor = |at: i64| at.div_euclid(step).saturating_mul(step);
        let first = match floor(window.from) {
            before if before < window.from => before.saturating_add(step),
            first => first,
        };
        let last = floor(window.to);
        if first > last {
            return Ok(Self::Never);
        }
        let points = last.saturating_sub(first) / step + 1;
        if points > MAX_POINTS * MAX_CALLS {
            return Err(Error::invalid_query(format!(
                "expected a range of at most {} steps, got one of {points}",
                MAX_POINTS * MAX_CALLS
            ))
            .with_hint("narrow the conditions on `timestamp`, or use a longer step"));
        }
        Ok(Self::Each { first, last, step })
    }

    /// The calls that evaluate a query.
    fn calls(self, query: &str) -> Vec<Call> {
        match self {
            Self::Never => Vec::new(),
            Self::At(at) => {
                let call = Call::of(["query"]).with("query", query);
                vec![call.with("time", at.to_string())]
            }
            Self::Each { first, last, step } => {
                let width = step.saturating_mul(MAX_POINTS);
                let count = last.saturating_sub(first) / width + 1;
                let call = |index: i64| {
                    let first = first.saturating_add(width.saturating_mul(index));
                    let end = first.saturating_add(width.saturating_sub(step)).min(last);
                    Call::of(["query_range"])
                        .with("query", query)
                        .with("start", first.to_string())
                        .with("end", end.to_string())
                        .with("step", format!("{}ms", step / 1_000_000))
                };
                (0..count).map(call).collect()
            }
        }
    }
}

/// The arguments of tables that give samples, beside the query and the period.
pub(super) fn own_params() -> [Param; 2] {
    [
        param(
            "time",
            &Type::Timestamp,
            false,
            false,
            "evaluate at that time; the upper bound of timestamp or the query's now() by default",
        ),
        param(
            "step",
            &Type::Duration,
            false,
            false,
            "evaluate at each multiple of it (UTC) within the bounds of timestamp, the last hour by default",
        ),
    ]
}

impl Table<Loki> for Samples {
    fn name(&self) -> &'static str {
        NAME
    }

    fn description(&self) -> &'static str {
        "Result of a LogQL query that gives samples, one row per sample"
    }

    fn params(&self) -> Vec<Param> {
        let query = param(
            "query",
            &Type::Utf8,
            true,
            true,
            "LogQL that gives samples; bound values are escaped",
        );
        std::iter::once(query)
            .chain(own_params())
            .chain(period())
            .collect()
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    placed!();

    fn calls(&self) -> Vec<table::Call> {
        vec![get("query_range"), get("query")]
    }

    fn plan(&self, request: &ScanRequest, at: &Loki) -> Result<ScanPlan, Error> {
        let remote = &at.remote();
        let arguments = Arguments::of(&request.arguments);
        plan(request, arguments, remote)
    }

    fn scan(&self, token: &str, at: &Loki, output: &dyn Output) -> Result<(), Error> {
        let remote = &at.remote();
        scan(token, remote, output)
    }
}

/// How samples are read.
///
/// # Errors
/// `invalid-query` when there is no query for samples, or the time makes no sense.
pub(super) fn plan(
    request: &ScanRequest,
    arguments: Arguments<'_>,
    remote: &Remote<'_>,
) -> Result<ScanPlan, Error> {
    let text = arguments::text(arguments, "query")?;
    let Some(text) = text.filter(|text| logql::kind(text) == Kind::Samples) else {
        return Err(Error::invalid_query(
            "expected LogQL that gives samples, such as `sum by (app) (rate({app=~\".+\"}[5m]))`, got none",
        )
        .with_hint("write `loki.logs(\"{…}\")` for entries"));
    };
    let conditions = conditions::read(request, &remote.config.columns, Room::Nowhere);
    let asked = window::Asked {
        conditions: conditions.time,
        start: arguments.timestamp_ns("start")?,
        end: arguments.timestamp_ns("end")?,
    };
    let (time, step) = (
        arguments.timestamp_ns("time")?,
        arguments::step(arguments, "step")?,
    );
    let mut filters = conditions.pushed;
    let (when, defaulted) = match (time, step) {
        (Some(_), Some(_)) => {
            return Err(Error::invalid_query(
                "expected `time`, for one evaluation, or `step`, for a range, got both",
            ));
        }
        (None, Some(step)) => {
            let (window, defaulted) = asked.window(request.now_ns)?;
            let to = window.to.min(request.now_ns);
            (When::each(Window { to, ..window }, step)?, defaulted)
        }
        (time, None) => {
            // What is evaluated is one time; whether it is wanted is for the host to see.
            filters.fill(Pushed::NotPushed);
            let latest = [asked.conditions.to, asked.end, Some(request.now_ns)];
            let at = latest.into_iter().flatten().min();
            (When::At(time.or(at).unwrap_or(request.now_ns)), false)
        }
    };
    let exact = filters.iter().all(|pushed| *pushed == Pushed::Exact);
    let limit = own_limit(request, exact && request.sort.is_empty());
    let all = shares::each(remote.config, request);
    let ask = |share: shares::Share| {
        let text = match &share.matcher {
            Some(matcher) => logql::restrict(&text, matcher),
            None => text.clone(),
        };
        (text, share.whose)
    };
    let wanted = Wanted {
        projection: schema::undescribed(&request.projection),
        asks: all.into_iter().map(ask).collect(),
        when,
        limit,
        defaulted,
    };
    let explain = explain(&wanted);
    planned(
        NAME,
        request,
        Plan {
            partitions: vec![wanted],
            filters,
            limited: limit.is_some(),
            sorted: false,
            explain,
        },
    )
}

fn explain(wanted: &Wanted) -> String {
    let calls: Vec<Call> = wanted
        .asks
        .iter()
        .flat_map(|(query, _)| wanted.when.calls(query))
        .collect();
    match calls.as_slice() {
        [] => "nothing is asked: the conditions leave no step, or no cluster".to_owned(),
        [only] => only.to_string(),
        [first, ..] => format!("{first} (the first of {} requests)", calls.len()),
    }
}

/// Reads a partition's samples.
///
/// # Errors
/// What Loki answers.
pub(super) fn scan(token: &str, remote: &Remote<'_>, output: &dyn Output) -> Result<(), Error> {
    let wanted: Wanted = state(token)?;
    if wanted.defaulted {
        output.report(Gap::Note, None, window::DEFAULTED);
    }
    let mut records = Records::new(FIELDS, NAME, &wanted.projection, wanted.limit, output)?;
    for (query, whose) in &wanted.asks {
        // One ahead: the next answer is made while this one is read.
        let mut calls = wanted.when.calls(query).into_iter();
        let mut next = calls.next().map(|call| call.start(remote)).transpose()?;
        while let Some(pending) = next {
            if records.stopped() {
                return records.flush();
            }
            next = calls.next().map(|call| call.start(remote)).transpose()?;
            for series in answer::wait(pending)?.series(output)? {
                for sample in series.samples() {
                    if records.stopped() {
                        return records.flush();
                    }
                    records.row(&[
                        Cell::TimestampNs(sample.at),
                        sample.value.map_or(Cell::Null, Cell::Float),
                        Cell::Map(&series.metric),
                        whose.name(&series.metric).map_or(Cell::Null, Cell::Text),
                    ])?;
                }
            }
            records.flush()?;
        }
    }
    records.flush()
}
