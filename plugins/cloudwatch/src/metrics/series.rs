//! Owns which series a request means: named by all their dimensions, or found by ListMetrics. Refuses more than one query may ask.

use std::time::Duration;

use serde_json::Value;
use trawl_sdk::http::cached;
use trawl_sdk::{Error, Transport};

use super::wanted::Wanted;
use crate::pages::{self, Then};
use crate::selection::{Metric, MetricPage};
use crate::service::Action;

/// Series of one query, at most: reading them takes twenty requests or more, and ten cents.
const MAX_SERIES: usize = 10_000;

/// For how long the plan's listing is good for the scan.
const KEPT: Duration = Duration::from_secs(60);

/// Series, and what finding them took.
pub(super) struct Found {
    pub(super) series: Vec<Metric>,
    /// Requests of ListMetrics.
    pub(super) listings: u64,
}

impl Found {
    /// Queries that reading them takes: one for each statistic.
    pub(super) fn queries(&self, wanted: &Wanted) -> usize {
        self.series.len().saturating_mul(wanted.stats.len())
    }
}

/// Finds the series.
///
/// # Errors
/// What ListMetrics answers; `invalid-query` when there are too many.
pub(super) fn find(wanted: &Wanted, http: &dyn Transport) -> Result<Found, Error> {
    let found = match &wanted.exact {
        Some(_) => Found {
            series: named(wanted),
            listings: 0,
        },
        None => listed(wanted, http)?,
    };
    if found.queries(wanted) > MAX_SERIES {
        return Err(too_many(found.queries(wanted)));
    }
    Ok(found)
}

fn too_many(count: usize) -> Error {
    Error::invalid_query(format!(
        "expected at most {MAX_SERIES} metrics in one query, got {count} or more"
    ))
    .with_hint(
        "name dimensions (`where dimensions.InstanceId == \"…\"`), or fewer metrics and statistics",
    )
}

/// The series of the argument `dimensions`: one for each namespace and name.
fn named(wanted: &Wanted) -> Vec<Metric> {
    let (namespaces, metrics) = (
        wanted.selection.namespace.listed(),
        wanted.selection.metric.listed(),
    );
    let metrics = metrics.unwrap_or_default();
    let mut series = Vec::new();
    for namespace in namespaces.unwrap_or_default() {
        for metric in &metrics {
            series.push(Metric {
                namespace: namespace.to_owned(),
                metric: (*metric).to_owned(),
                dimensions: wanted.exact.clone().unwrap_or_default(),
            });
        }
    }
    series.retain(|metric| wanted.selection.matches(metric));
    series
}

/// The series that ListMetrics tells of. The plan has to count them and the scan to read them: the second finds what the first kept.
fn listed(wanted: &Wanted, http: &dyn Transport) -> Result<Found, Error> {
    let bodies = wanted.selection.requests(false);
    let key = format!(
        "series {}",
        serde_json::to_string(&wanted.selection)
            .map_err(|e| Error::internal(format!("a selection became no JSON: {e}")))?
    );
    let (series, listings) = cached(http, &key, KEPT, || list(wanted, &bodies, http))?;
    Ok(Found { series, listings })
}

/// The series, and how many pages they were on.
fn list(
    wanted: &Wanted,
    bodies: &[Value],
    http: &dyn Transport,
) -> Result<(Vec<Metric>, u64), Error> {
    let (mut series, mut listings) = (Vec::new(), 0_u64);
    pages::walk(
        http,
        Action::ListMetrics,
        bodies,
        true,
        |_, page: Result<MetricPage, _>| {
            listings = listings.saturating_add(1);
            series.extend(page?.selected(&wanted.selection));
            if series.len() > MAX_SERIES {
                return Err(too_many(series.len()));
            }
            Ok(Then::Go)
        },
    )?;
    Ok((series, listings))
}
