//! Owns the default table: the result of a PromQL expression, at one time or at each step of a range. Refuses to change the
//! expression, except for the cluster that it is about.

use serde::{Deserialize, Serialize};
use trawl_sdk::records::Field;
use trawl_sdk::schema::{self, Type, param};
use trawl_sdk::table::{self, Arguments, Table};
use trawl_sdk::types::{Argument, Column, Gap, Param, Pushed, ScanPlan, ScanRequest};
use trawl_sdk::{Error, Output, filter, plan};

use super::samples::HISTOGRAM;
use super::{CLUSTER, moment, placed, real, state, text_map, token};
use crate::api::Call;
use crate::arguments::Promql;
use crate::clusters::{self, Clusters};
use crate::evaluate::{self, Evaluation, Range, When};
use crate::promql::{fix_bounds, restrict};
use crate::rows::{self, Whose, Writer};
use crate::time::{Bounds, Window, ms_of_ns};
use crate::{Prometheus, api};

/// The table.
pub(super) struct Query;

const FIELDS: &[Field] = &[
    Field::new("timestamp", moment, "When the sample counts, UTC").not_null(),
    Field::new(
        "value",
        real,
        "The sample; NaN and infinities are kept, null for a native histogram",
    ),
    HISTOGRAM,
    Field::new("labels", text_map, "The series' labels").not_null(),
    CLUSTER,
];

/// What a partition reads.
#[derive(Serialize, Deserialize)]
struct Wanted {
    projection: Vec<Column>,
    promql: String,
    /// None: the conditions leave no time.
    when: Option<When>,
    /// Whose samples are rows.
    window: Window,
    /// Rows at most, which are also series at most.
    limit: Option<u64>,
    clusters: Option<Clusters>,
}

impl Wanted {
    /// Whether results may have another time than that of the evaluation, and one that is not wanted. Only a range selector has
    /// such results, and those after the evaluation by a negative `offset` or by `@`.
    fn may_leave_the_window(&self) -> bool {
        self.window != Window::ALL && self.promql.contains('[')
    }

    /// The expressions to evaluate, with the cluster that each is about.
    fn evaluations(&self) -> Result<Vec<(Option<&str>, Evaluation)>, Error> {
        let Some(when) = &self.when else {
            return Ok(Vec::new());
        };
        // The server may keep series for the limit that have no sample in the window.
        let limit = self.limit.filter(|_| !self.may_leave_the_window());
        let evaluation = |promql| Evaluation {
            promql,
            when: when.clone(),
            limit,
        };
        let promql = match when {
            When::Each(range) if range.parts() > 1 => {
                fix_bounds(&self.promql, range.first, range.last)
            }
            _ => self.promql.clone(),
        };
        let Some(clusters) = &self.clusters else {
            return Ok(vec![(None, evaluation(promql))]);
        };
        let one = |served: &'_ _| restrict(&promql, &clusters.matcher_of(served)).map(evaluation);
        let all = clusters.served().iter();
        all.map(|served| Ok((Some(served.name.as_str()), one(served)?)))
            .collect()
    }
}

/// The bounds on `timestamp`, and how exactly each of them is kept.
fn bounds(request: &ScanRequest, kept: impl Fn(Bounds) -> Pushed) -> (Bounds, Vec<Pushed>) {
    let mut bounds = Bounds::default();
    let pushed = filter::predicates(request)
        .iter()
        .map(|predicate| {
            let mut alone = Bounds::default();
            match predicate {
                Some(predicate) if alone.take(predicate) => {
                    bounds.take(predicate);
                    kept(alone)
                }
                _ => Pushed::NotPushed,
            }
        })
        .collect();
    (bounds, pushed)
}

/// When to evaluate, whose samples are rows, and which filters that is.
type Times = (Option<When>, Window, Vec<Pushed>);

fn times(request: &ScanRequest, arguments: &Arguments<'_>) -> Result<Times, Error> {
    let now = (request.now_ns > 0).then_some(ms_of_ns(request.now_ns));
    let until = |to: Option<i64>| match (to, now) {
        (Some(to), Some(now)) => Some(to.min(now)),
        (to, now) => to.or(now),
    };
    let time = arguments.time_ms("time")?;
    let Some(step) = arguments.span_ms("step")? else {
        if let Some(time) = time {
            let pushed = vec![Pushed::NotPushed; request.filters.roots.len()];
            return Ok((Some(When::At(time)), Window::ALL, pushed));
        }
        // A range selector gives samples of before, which a lower bound leaves out, and those after an upper bound are no rows.
        let (bounds, pushed) = bounds(request, |bounds| match bounds.first_ms() {
            None => Pushed::Exact,
            Some(_) => Pushed::NotPushed,
        });
        let window = Window {
            to: bounds.last_ms().unwrap_or(i64::MAX),
            ..Window::ALL
        };
        let when = match (bounds.last_ms(), until(bounds.last_ms())) {
            (Some(_), Some(at)) => When::At(at),
            (_, now) => When::Now(now),
        };
        return Ok((Some(when), window, pushed));
    };
    if time.is_some() {
        return Err(Error::invalid_query(
            "expected `time`, for one evaluation, or `step`, for a range, got both",
        )
        .with_hint("with `step`, conditions on `timestamp` say when the range begins and ends"));
    }
    let (bounds, pushed) = bounds(request, |_| Pushed::Exact);
    let (Some(from), Some(to)) = (bounds.first_ms(), until(bounds.last_ms())) else {
        return Err(Error::invalid_query(
            "expected a condition on `timestamp` that says when the range begins, got none",
        )
        .with_hint("add `| where timestamp > ago(1h)`, or leave `step` out for one evaluation"));
    };
    let range = Range::within(Window { from, to }, step)?;
    Ok((range.map(When::Each), Window::ALL, pushed))
}

impl Table<Prometheus> for Query {
    fn name(&self) -> &'static str {
        ""
    }

    fn description(&self) -> &'static str {
        "Result of a PromQL expression, one row per sample"
    }

    fn params(&self) -> Vec<Param> {
        vec![
            param(
                "query",
                &Type::Utf8,
                true,
                true,
                "PromQL; bound values are escaped",
            ),
            param(
                "time",
                &Type::Timestamp,
                false,
                false,
                "evaluation time; the upper bound of timestamp or the query's now() by default",
            ),
            param(
                "step",
                &Type::Duration,
                false,
                false,
                "evaluate at each multiple of it (UTC) within the bounds of timestamp, of which a query then needs the lower one",
            ),
        ]
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn required_filters(&self, arguments: &[Argument]) -> Vec<Vec<&'static str>> {
        if Arguments::of(arguments).has("step") {
            vec![vec!["timestamp"]]
        } else {
            Vec::new()
        }
    }

    fn calls(&self) -> Vec<table::Call> {
        api::calls(["query", "query_range"])
    }

    placed!();

    fn plan(&self, request: &ScanRequest, at: &Prometheus) -> Result<ScanPlan, Error> {
        let remote = &at.remote();
        rows::check(&request.projection)?;
        let arguments = Arguments::of(&request.arguments);
        let promql = arguments.required_promql("query", "prometheus(\"up\")")?;
        let (when, window, pushed) = times(request, &arguments)?;
        let whole = pushed.iter().all(|pushed| *pushed == Pushed::Exact);
        let wanted = Wanted {
            projection: schema::undescribed(&request.projection),
            promql,
            when,
            window,
            limit: plan::limit(request).filter(|_| whole),
            clusters: clusters::wanted(remote.config, request),
        };
        let explain = match wanted.evaluations()?.as_slice() {
            [] => "nothing: the conditions leave no time, or no cluster".to_owned(),
            [(_, only)] => only.explain(),
            [(_, first), rest @ ..] => {
                format!("{} (and {} more clusters)", first.explain(), rest.len())
            }
        };
        Ok(ScanPlan {
            limit: wanted.limit.map_or(Pushed::NotPushed, |_| Pushed::Exact),
            filters: pushed,
            ..plan::unpushed(request, token(self, &wanted)?, explain)
        })
    }

    fn scan(&self, token: &str, at: &Prometheus, output: &dyn Output) -> Result<(), Error> {
        let remote = &at.remote();
        let wanted: Wanted = state(token)?;
        if wanted.when.is_none() {
            let text = "the expression was not evaluated: no multiple of `step` lies within the bounds of `timestamp`";
            output.report(Gap::Note, None, text);
        }
        let evaluations = wanted.evaluations()?;
        let mut writer = Writer::new(&wanted.projection, wanted.window, wanted.limit, output)?;
        let calls = evaluations.iter().flat_map(|(cluster, evaluation)| {
            let calls = evaluation.calls();
            calls.map(move |call: Call| (*cluster, call))
        });
        evaluate::run(calls, remote, &mut writer, output, |writer, cluster| {
            writer.of(cluster.map_or(Whose::Connection, Whose::One));
        })
    }
}
