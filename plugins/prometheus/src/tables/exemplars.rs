//! Owns the table `exemplars`: samples of a histogram or counter that name a trace. Refuses the traces.

use serde::Deserialize;
use trawl_sdk::records::{Cell, Field};
use trawl_sdk::schema::{self, Type, param};
use trawl_sdk::table::{self, Arguments, Table};
use trawl_sdk::types::{Argument, Param, Pushed, ScanPlan, ScanRequest};
use trawl_sdk::{Error, Output, filter, plan};

use super::document::Wanted;
use super::{CLUSTER, document, moment, placed, real, text, text_map, token};
use crate::answer::Labels;
use crate::api::Call;
use crate::arguments::Promql;
use crate::clusters::{self, Clusters};
use crate::promql::restrict;
use crate::time::{Bounds, NAME_LABEL, ms_of_ns, ns_of_ms, seconds};
use crate::{Prometheus, api};

/// The table.
pub(super) struct Exemplars;

const FIELDS: &[Field] = &[
    Field::new("timestamp", moment, "When it was observed, UTC").not_null(),
    Field::new("value", real, "What was observed"),
    Field::new("labels", text_map, "Its own labels, such as trace_id").not_null(),
    Field::new("metric", text, "The name of the series' metric"),
    Field::new("series", text_map, "The series' labels").not_null(),
    CLUSTER,
];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct OfSeries {
    series_labels: Labels,
    exemplars: Option<Vec<Exemplar>>,
}

#[derive(Deserialize)]
struct Exemplar {
    #[serde(default)]
    labels: Labels,
    value: String,
    /// Seconds.
    timestamp: f64,
}

impl Table<Prometheus> for Exemplars {
    fn name(&self) -> &'static str {
        "exemplars"
    }

    fn description(&self) -> &'static str {
        "Exemplars of the series in a PromQL expression"
    }

    fn params(&self) -> Vec<Param> {
        vec![param(
            "query",
            &Type::Utf8,
            true,
            true,
            "PromQL; the exemplars of all series in it are read",
        )]
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn required_filters(&self, _: &[Argument]) -> Vec<Vec<&'static str>> {
        vec![vec!["timestamp"]]
    }

    fn calls(&self) -> Vec<table::Call> {
        api::calls(["query_exemplars"])
    }

    placed!();

    fn plan(&self, request: &ScanRequest, at: &Prometheus) -> Result<ScanPlan, Error> {
        let remote = &at.remote();
        let arguments = Arguments::of(&request.arguments);
        let mut promql =
            arguments.required_promql("query", "prometheus.exemplars(\"m_bucket\")")?;
        let mut bounds = Bounds::default();
        let pushed: Vec<Pushed> = filter::predicates(request)
            .iter()
            .map(|predicate| match predicate {
                // The ends are whole milliseconds; exemplars may have finer times.
                Some(predicate) if bounds.take(predicate) => Pushed::Inexact,
                _ => Pushed::NotPushed,
            })
            .collect();
        let Some(from) = bounds.first_ms() else {
            return Err(Error::invalid_query(
                "expected a condition on `timestamp` that says from when on, got none",
            )
            .with_hint("add `| where timestamp > ago(1h)`"));
        };
        let now = ms_of_ns(request.now_ns);
        let to = bounds.last_ms().map_or(now, |to| to.min(now));
        let clusters = clusters::wanted(remote.config, request);
        if let Some(matcher) = clusters.as_ref().and_then(Clusters::matcher) {
            promql = restrict(&promql, &matcher)?;
        }
        let call = Call::of(["query_exemplars"])
            .with("query", promql)
            // A millisecond more on both sides: the host looks again.
            .with("start", seconds(from.saturating_sub(1)))
            .with("end", seconds(to.saturating_add(1)));
        let wanted = Wanted {
            projection: schema::undescribed(&request.projection),
            call,
            limit: None,
            clusters,
        };
        let explain = wanted.call.to_string();
        Ok(ScanPlan {
            filters: pushed,
            ..plan::unpushed(request, token(self, &wanted)?, explain)
        })
    }

    fn scan(&self, token: &str, at: &Prometheus, output: &dyn Output) -> Result<(), Error> {
        let remote = &at.remote();
        if super::state::<Wanted>(token)?
            .clusters
            .as_ref()
            .is_some_and(Clusters::is_empty)
        {
            return Ok(());
        }
        type Data = Option<Vec<OfSeries>>;
        document::scan(self, token, remote, output, |data: Data, wanted, rows| {
            for of in data.unwrap_or_default() {
                let name = of.series_labels.get(NAME_LABEL);
                let cluster = wanted.cluster_of(&of.series_labels);
                for exemplar in of.exemplars.iter().flatten() {
                    if rows.stopped() {
                        return Ok(());
                    }
                    rows.row(&[
                        Cell::TimestampNs(ns_of_seconds(exemplar.timestamp)),
                        exemplar.value.parse().map_or(Cell::Null, Cell::Float),
                        Cell::Map(&exemplar.labels),
                        name.map_or(Cell::Null, |name| Cell::Text(name)),
                        Cell::Map(&of.series_labels),
                        cluster.map_or(Cell::Null, Cell::Text),
                    ])?;
                }
            }
            Ok(())
        })
    }
}

/// An exemplar's time has milliseconds, as samples have.
fn ns_of_seconds(seconds: f64) -> i64 {
    // The cast saturates.
    ns_of_ms((seconds * 1000.0).round() as i64)
}
