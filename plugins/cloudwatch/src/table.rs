//! Owns what a table has to say of itself, and how its plans and partitions find back to it; refuses to read anything.
//!
//! To add one, copy `tables/log_groups.rs` and name it in [`all`].

use serde::Serialize;
use serde::de::DeserializeOwned;
use trawl_sdk::filter::Predicate;
use trawl_sdk::records::{self, Field};
use trawl_sdk::types::{
    Argument, Param, Placement, Pushed, ScanPlan, ScanRequest, TableDetail, TableInfo,
};
use trawl_sdk::{Error, Output, Transport, filter, plan, schema};

use crate::{insights, logs, metrics, tables};

/// A table.
pub(crate) trait Table {
    /// Its name, which is its path.
    fn name(&self) -> &'static str;

    /// What is in it, one sentence.
    fn description(&self) -> &'static str;

    /// The arguments it takes.
    fn params(&self) -> Vec<Param> {
        Vec::new()
    }

    /// Its columns.
    fn fields(&self) -> &'static [Field];

    /// The columns that identify a row.
    fn primary_key(&self) -> &'static [&'static str] {
        &[]
    }

    /// Where its rows belong.
    fn placement(&self) -> Placement {
        Placement::Connection
    }

    /// Columns of each inner list of which a query must filter on one, given these arguments.
    fn required_filters(&self, _: &[Argument]) -> Vec<&'static str> {
        Vec::new()
    }

    /// How a request is done; the tokens are made by [`token`].
    ///
    /// # Errors
    /// `invalid-query` when it cannot be done.
    fn plan(&self, request: &ScanRequest, http: &dyn Transport) -> Result<ScanPlan, Error>;

    /// Reads one partition.
    ///
    /// # Errors
    /// What the API answers.
    fn scan(&self, token: &str, http: &dyn Transport, output: &dyn Output) -> Result<(), Error>;
}

/// Every table, by name.
pub(crate) fn all() -> [&'static dyn Table; 8] {
    [
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

/// The table of that path.
///
/// # Errors
/// `not-found` when there is none.
pub(crate) fn find(path: &[String]) -> Result<&'static dyn Table, Error> {
    let found = match path {
        [name] => all().into_iter().find(|table| table.name() == name),
        _ => None,
    };
    found.ok_or_else(|| {
        let names: Vec<_> = all().iter().map(|table| table.name()).collect();
        Error::not_found(format!(
            "expected a table of cloudwatch ({}), got `{}`",
            names.join(", "),
            path.join(".")
        ))
    })
}

/// The entry in the catalogue.
pub(crate) fn info(table: &dyn Table) -> TableInfo {
    TableInfo {
        path: vec![table.name().to_owned()],
        aliases: Vec::new(),
        params: table.params(),
        description: Some(table.description().to_owned()),
    }
}

/// What a table looks like.
pub(crate) fn detail(table: &dyn Table, arguments: &[Argument]) -> TableDetail {
    let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    let required = table.required_filters(arguments);
    TableDetail {
        metadata: Vec::new(),
        schema: schema::schema(table.fields().iter().map(Field::spec)),
        placement: table.placement(),
        primary_key: owned(table.primary_key()),
        required_filters: required.iter().map(|name| owned(&[name])).collect(),
        identity: None,
        notes: Vec::new(),
        description: Some(table.description().to_owned()),
    }
}

/// The state in a token.
///
/// # Errors
/// `internal` when another version made it.
pub(crate) fn state<T: DeserializeOwned>(token: &str) -> Result<T, Error> {
    plan::table_state(token)
}

/// Whose token it is.
///
/// # Errors
/// `internal` when another plugin or version made it.
pub(crate) fn of_token(token: &str) -> Result<&'static dyn Table, Error> {
    let name = plan::table_of(token)?;
    find(std::slice::from_ref(&name))
        .map_err(|error| Error::internal(error.message).with_hint("run the query again"))
}

/// How exactly each condition of a request is taken: `take` says it of those on one of the table's own columns.
pub(crate) fn pushdown(
    request: &ScanRequest,
    mut take: impl FnMut(&str, &Predicate<'_>) -> Option<Pushed>,
) -> Vec<Pushed> {
    filter::predicates(request)
        .iter()
        .map(|predicate| {
            let taken = predicate
                .as_ref()
                .and_then(|predicate| take(&predicate.column.name, predicate));
            taken.unwrap_or(Pushed::NotPushed)
        })
        .collect()
}

/// Rows to put out at most, when the table can count them itself: no other conditions are left and the order is free.
pub(crate) fn own_limit(request: &ScanRequest, filters: &[Pushed]) -> Option<u64> {
    let exact = filters.iter().all(|pushed| *pushed == Pushed::Exact);
    plan::limit(request).filter(|_| exact && request.aggregate.is_none())
}

/// A plan of one partition. The limit is taken when `limit` says so.
///
/// # Errors
/// `invalid-query` when a column is asked for that the table does not have.
pub(crate) fn planned<T: Serialize>(
    table: &dyn Table,
    request: &ScanRequest,
    filters: Vec<Pushed>,
    limit: Option<u64>,
    state: &T,
    explain: String,
) -> Result<ScanPlan, Error> {
    records::check(table.fields(), table.name(), &request.projection)?;
    let token = plan::table_token(table.name(), state)?;
    Ok(ScanPlan {
        filters,
        limit: limit.map_or(Pushed::NotPushed, |_| Pushed::Exact),
        ..plan::unpushed(request, token, explain)
    })
}
