//! Partial results that all connections of a scan give are merged in the place of its aggregate; where one of them gives rows, the
//! others are asked for rows too.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::common::tree_node::Transformed;
use datafusion::logical_expr::LogicalPlan;

use super::group::Grouping;
use super::share::Reading;
use super::site::{Wish, scan_table};
use super::trace;
use crate::fetch::Fetch;
use crate::table::ScanTable;

/// Asks for rows where partial results would meet them.
pub(super) async fn settle(
    wishes: &[Wish<'_>],
    readings: &[Vec<Reading>],
    mut fetches: Vec<Fetch>,
) -> Vec<Fetch> {
    loop {
        // A fetch that several scans share is asked again for all of them, which can mix another scan.
        let mixed = wishes.iter().zip(readings).filter(|(wish, reading)| {
            let is_taken = is_taken(wish, reading, &fetches);
            !is_taken && !reads_counts(wish)
        });
        let again: Vec<usize> = mixed
            .flat_map(|(_, reading)| reading.iter().map(|reading| reading.fetch))
            .filter(|at| fetches.get(*at).is_some_and(Fetch::is_aggregated))
            .collect();
        if again.is_empty() {
            return fetches;
        }
        let asked = fetches.into_iter().enumerate().map(|(at, fetch)| {
            let rows = again.contains(&at);
            async move {
                if rows {
                    fetch.without_aggregate().await
                } else {
                    fetch
                }
            }
        });
        fetches = futures::future::join_all(asked).await;
    }
}

/// Whether all connections of a scan that answer at all give the partial results of its aggregate.
pub(super) fn is_taken(wish: &Wish<'_>, readings: &[Reading], fetches: &[Fetch]) -> bool {
    let fetches = readings.iter().filter_map(|it| fetches.get(it.fetch));
    let mut planned = fetches.filter(|fetch| fetch.plan.is_ok()).peekable();
    wish.grouping.is_some() && planned.peek().is_some() && planned.all(Fetch::is_aggregated)
}

/// Whether any connection of a scan was offered its aggregate and would answer.
pub(super) fn is_offered(wish: &Wish<'_>, readings: &[Reading], fetches: &[Fetch]) -> bool {
    let mut fetches = readings.iter().filter_map(|it| fetches.get(it.fetch));
    let offered = |fetch: &Fetch| fetch.plan.is_ok() && fetch.request.aggregate.is_some();
    wish.grouping.is_some() && fetches.any(offered)
}

/// Whether the scan can read numbers of rows as rows, beside others that are rows.
fn reads_counts(wish: &Wish<'_>) -> bool {
    let is_count = wish.partials.as_ref().is_some_and(|it| it.is_count());
    wish.projection.is_empty() && is_count
}

/// The node, or where it is an aggregate whose partial results are given, their merge.
pub(super) fn merged(
    node: LogicalPlan,
    taken: &[(Arc<ScanTable>, Grouping)],
) -> Transformed<LogicalPlan> {
    let grouping = match &node {
        LogicalPlan::Aggregate(aggregate) => trace::to_scan(&aggregate.input, Vec::new())
            .and_then(|(scan, _)| scan_table(scan).ok())
            .and_then(|table| taken.iter().find(|(own, _)| Arc::ptr_eq(own, &table))),
        _ => None,
    };
    match grouping {
        Some((_, grouping)) => Transformed::yes(grouping.merged.clone()),
        None => Transformed::no(node),
    }
}

/// Where the columns of partial results stand.
pub(super) fn positions(grouping: &Grouping) -> HashMap<String, usize> {
    let columns = grouping.columns.iter().cloned();
    columns.zip(0..).collect()
}
