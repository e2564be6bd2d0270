//! Owns the list of the tables and what their plans have in common; refuses to read anything.
//!
//! To add one, copy `tables/log_groups.rs` and name it in [`all`].

use serde::Serialize;
use trawl_sdk::filter::Pushdown;
use trawl_sdk::table::Table;
use trawl_sdk::types::{Pushed, ScanPlan, ScanRequest};
use trawl_sdk::{Error, plan};

use crate::{CloudWatch, insights, logs, metrics, tables};

/// Every table, by name.
pub(crate) fn all() -> Vec<&'static dyn Table<CloudWatch>> {
    vec![
        &tables::alarm_history::AlarmHistory,
        &tables::alarms::Alarms,
        &tables::log_groups::LogGroups,
        &tables::log_streams::LogStreams,
        &logs::Logs,
        &insights::LogsInsights,
        &tables::metric_list::MetricList,
        &metrics::Metrics,
    ]
}

/// Rows to put out at most, when the table can count them itself: no other conditions are left and the order is free.
pub(crate) fn own_limit(request: &ScanRequest, filters: &Pushdown<'_>) -> Option<u64> {
    plan::own_limit(request, &filters.pushed())
}

/// A plan of one partition. The limit is taken when `limit` says so.
///
/// # Errors
/// `internal` when the state has no JSON form.
pub(crate) fn planned<T: Serialize>(
    table: &dyn Table<CloudWatch>,
    request: &ScanRequest,
    filters: &Pushdown<'_>,
    limit: Option<u64>,
    state: &T,
    explain: String,
) -> Result<ScanPlan, Error> {
    let token = plan::table_token(table.name(), state)?;
    Ok(ScanPlan {
        filters: filters.pushed(),
        limit: limit.map_or(Pushed::NotPushed, |_| Pushed::Exact),
        ..plan::unpushed(request, token, explain)
    })
}
