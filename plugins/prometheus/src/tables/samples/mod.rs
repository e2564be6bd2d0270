//! Owns the table of raw samples: series by their labels, samples by their time. Refuses a query that would read everything.

mod groups;
mod reduce;

use serde::{Deserialize, Serialize};
use trawl_sdk::records::Field;
use trawl_sdk::schema::{self, Type};
use trawl_sdk::table::{self, Table};
use trawl_sdk::types::{Argument, Column, Pushed, ScanPlan, ScanRequest};
use trawl_sdk::{Error, Output, filter, plan};

use super::{CLUSTER, moment, placed, real, state, text, text_map, token};
use crate::answer::is_too_large;
use crate::api::{Call, Remote};
use crate::clusters::{self, Clusters};
use crate::evaluate::{self, Evaluation, Sink, When};
use crate::filters;
use crate::matcher::Selector;
use crate::rows::{self, Whose, Writer};
use crate::server;
use crate::time::{Bounds, Window, ms_of_ns, span};
use crate::{Prometheus, api};
use reduce::Reduction;

/// The table.
pub(super) struct SamplesTable;

/// The column of native histograms, which have no single value.
pub(super) const HISTOGRAM: Field = Field::new(
    "histogram",
    histogram,
    "A native histogram, null for a float: its count, its sum and its buckets",
);

const FIELDS: &[Field] = &[
    Field::new("timestamp", moment, "When it was taken, UTC").not_null(),
    Field::new(
        "value",
        real,
        "The sample; NaN and infinities are kept, null for a native histogram",
    ),
    HISTOGRAM,
    Field::new(
        "metric",
        text,
        "The metric's name, which is also the label __name__",
    ),
    Field::new("labels", text_map, "The series' labels").not_null(),
    CLUSTER,
];

fn histogram() -> Type {
    let bucket = Type::object([
        ("lower", Type::Float64),
        ("upper", Type::Float64),
        ("lower_inclusive", Type::Bool),
        ("upper_inclusive", Type::Bool),
        ("count", Type::Float64),
    ]);
    Type::object([
        ("count", Type::Float64),
        ("sum", Type::Float64),
        ("buckets", Type::list(bucket)),
    ])
}

/// How often a range may be halved that the server finds too large. A thousand requests are as many as a long range takes.
const MAX_SPLITS: usize = 1_000;

/// What a partition reads.
#[derive(Debug, Serialize, Deserialize)]
struct Wanted {
    projection: Vec<Column>,
    /// PromQL of the series.
    selector: String,
    window: Window,
    limit: Option<u64>,
    clusters: Option<Clusters>,
    /// In place of the samples.
    reduction: Option<Reduction>,
}

impl Wanted {
    fn is_nothing(&self) -> bool {
        self.window.is_empty() || self.clusters.as_ref().is_some_and(Clusters::is_empty)
    }

    /// The samples of a window. Prometheus 2 also gives those of the millisecond before it, which are left out when they come.
    fn raw(&self, window: Window) -> Evaluation {
        let width = window.width().saturating_add(1);
        Evaluation {
            promql: format!("{}[{}]", self.selector, span(width)),
            when: When::At(window.to),
            // A limit of groups is none of samples.
            limit: self.limit.filter(|_| self.reduction.is_none()),
        }
    }

    fn explain(&self) -> String {
        if self.is_nothing() {
            return "nothing: the conditions leave no time, or no cluster".to_owned();
        }
        match &self.reduction {
            Some(reduction) => reduction.explain(&self.selector),
            None => self.raw(self.window).explain(),
        }
    }
}

/// The selector and the bounds that a query's filters are, and how exactly.
fn select(request: &ScanRequest) -> (Selector, Bounds, Vec<Pushed>) {
    let mut selector = Selector::default();
    let mut bounds = Bounds::default();
    let pushed = filter::predicates(request)
        .iter()
        .map(|predicate| match predicate {
            None => Pushed::NotPushed,
            Some(predicate) if bounds.take(predicate) => Pushed::Exact,
            Some(predicate) => filters::take(predicate, &mut selector),
        })
        .collect();
    (selector, bounds, pushed)
}

impl Table<Prometheus> for SamplesTable {
    fn name(&self) -> &'static str {
        "samples"
    }

    fn description(&self) -> &'static str {
        "Raw samples of series, as they were scraped or pushed"
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn primary_key(&self) -> &'static [&'static str] {
        &["labels", "timestamp"]
    }

    fn required_filters(&self, _: &[Argument]) -> Vec<Vec<&'static str>> {
        vec![vec!["timestamp"], vec!["metric", "labels"]]
    }

    fn calls(&self) -> Vec<table::Call> {
        api::calls(["query", "query_range", "status/buildinfo", "status/flags"])
    }

    placed!();

    fn plan(&self, request: &ScanRequest, at: &Prometheus) -> Result<ScanPlan, Error> {
        let remote = &at.remote();
        rows::check(&request.projection)?;
        let (mut selector, bounds, pushed) = select(request);
        if !selector.is_bounded() {
            return Err(Error::invalid_query(
                "expected a condition that names the series, such as `metric == \"up\"`, got none that Prometheus can take",
            )
            .with_hint("compare `metric` or a label with a text that is not empty"));
        }
        let Some(from) = bounds.first_ms() else {
            return Err(Error::invalid_query(
                "expected a condition on `timestamp` that says from when on, got none",
            )
            .with_hint("add `| where timestamp > ago(1h)`"));
        };
        let now = ms_of_ns(request.now_ns);
        let to = bounds.last_ms().map_or(now, |to| to.min(now));
        let clusters = clusters::wanted(remote.config, request);
        // It bounds too little to stand for a condition of the query.
        if let Some(matcher) = clusters.as_ref().and_then(Clusters::matcher) {
            selector.add(matcher);
        }
        let whole = pushed.iter().all(|pushed| *pushed == Pushed::Exact);
        let mut wanted = Wanted {
            projection: schema::undescribed(&request.projection),
            selector: selector.to_string(),
            window: Window { from, to },
            limit: plan::limit(request).filter(|_| whole),
            clusters,
            reduction: None,
        };
        if whole && !wanted.is_nothing() {
            wanted.reduction = reduction(request, &wanted, selector.metric(), remote)?;
        }
        let token = token(self, &wanted)?;
        let mut plan = plan::unpushed(request, token, wanted.explain());
        plan.filters = pushed;
        if let Some(reduction) = &wanted.reduction {
            plan.schema = reduction.schema();
            plan.aggregated = true;
        } else if wanted.limit.is_some() {
            plan.limit = Pushed::Exact;
        }
        Ok(plan)
    }

    fn scan(&self, token: &str, at: &Prometheus, output: &dyn Output) -> Result<(), Error> {
        let remote = &at.remote();
        let wanted: Wanted = state(token)?;
        if let Some(reduction) = &wanted.reduction {
            return groups::scan(reduction, &wanted, remote, output);
        }
        if wanted.is_nothing() {
            return Ok(());
        }
        let mut writer = Writer::new(&wanted.projection, wanted.window, wanted.limit, output)?;
        if let Some(clusters) = &wanted.clusters {
            writer.of(Whose::Label(clusters));
        }
        read(&wanted, wanted.window, remote, &mut writer, output)
    }
}

/// The aggregate in place of the samples, where the server's result is the same.
fn reduction(
    request: &ScanRequest,
    wanted: &Wanted,
    metric: Option<&str>,
    remote: &Remote<'_>,
) -> Result<Option<Reduction>, Error> {
    let Some(aggregate) = &request.aggregate else {
        return Ok(None);
    };
    let Some(shape) = reduce::shape(aggregate, request, metric, wanted.clusters.as_ref()) else {
        return Ok(None);
    };
    // Only now is it worth a request.
    let server = server::known(remote)?.filter(|it| it.floats_only || !shape.is_of_values());
    Ok(server.and_then(|server| shape.over(wanted.window, server.ranges)))
}

/// Reads the samples of a window, the range in halves where the server finds it too large.
fn read<S: Sink>(
    wanted: &Wanted,
    window: Window,
    remote: &Remote<'_>,
    into: &mut S,
    output: &dyn Output,
) -> Result<(), Error> {
    let mut windows = vec![window];
    let mut splits = 0;
    while let Some(window) = windows.pop() {
        if into.stopped() {
            break;
        }
        let calls: Vec<Call> = wanted.raw(window).calls().collect();
        for call in calls {
            match evaluate::read(call.start(remote)?, into, output) {
                // Such an answer has no rows, so that none comes twice.
                Err(error) if is_too_large(&error) && window.width() > 0 && splits < MAX_SPLITS => {
                    splits += 1;
                    let middle = window.from.saturating_add(window.width() / 2);
                    windows.push(Window {
                        from: middle.saturating_add(1),
                        ..window
                    });
                    windows.push(Window {
                        to: middle,
                        ..window
                    });
                }
                other => other?,
            }
        }
    }
    Ok(())
}
