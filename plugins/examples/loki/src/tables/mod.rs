//! Owns what a table has to say of itself, and how its plans and partitions find back to it; refuses to read anything.
//!
//! To add one, copy `labels.rs` and name it in [`all`].

mod build;
mod entries;
mod label_values;
mod labels;
mod query;
mod samples;
mod series;
mod stats;

use serde::Serialize;
use serde::de::DeserializeOwned;
use trawl_sdk::records::{self, Field};
use trawl_sdk::schema::{self, Type};
use trawl_sdk::types::{
    Argument, Param, Placement, Pushed, ScanPlan, ScanRequest, TableDetail, TableInfo,
};
use trawl_sdk::{Error, Output, plan};

use crate::api::Remote;
use crate::config::Config;
use crate::shares;

/// A table.
pub(crate) trait Table {
    /// Its name, which is its path; empty for the plugin's default table.
    fn name(&self) -> &'static str;

    /// What is in it, one sentence.
    fn description(&self) -> &'static str;

    /// The arguments it takes.
    fn params(&self) -> Vec<Param>;

    /// Its columns, given its arguments. The last one, `cluster`, exists only where a label says whose a row is.
    ///
    /// # Errors
    /// `invalid-query` when the arguments make no sense.
    fn fields(&self, arguments: &[Argument]) -> Result<&'static [Field], Error>;

    /// Columns of which a query must filter on one, given these arguments.
    fn required_filters(&self, _: &[Argument]) -> &'static [&'static str] {
        &[]
    }

    /// Columns that identify a row.
    fn primary_key(&self) -> &'static [&'static str] {
        &[]
    }

    /// How a request is done; the tokens are made by [`token`].
    ///
    /// # Errors
    /// `invalid-query` when it cannot be done.
    fn plan(&self, request: &ScanRequest, remote: &Remote<'_>) -> Result<ScanPlan, Error>;

    /// Reads one partition.
    ///
    /// # Errors
    /// What the API answers.
    fn scan(&self, token: &str, remote: &Remote<'_>, output: &dyn Output) -> Result<(), Error>;
}

/// Every table; the default one first, then by name.
pub(crate) fn all() -> [&'static dyn Table; 8] {
    [
        &query::Query,
        &build::Build,
        &label_values::LabelValues,
        &labels::LabelNames,
        &entries::Logs,
        &samples::Samples,
        &series::Series,
        &stats::Stats,
    ]
}

/// The table of that path.
///
/// # Errors
/// `not-found` when there is none.
pub(crate) fn find(path: &[String]) -> Result<&'static dyn Table, Error> {
    let name = path.join(".");
    let found = all().into_iter().find(|table| table.name() == name);
    found.ok_or_else(|| {
        let names: Vec<&str> = all().iter().skip(1).map(|table| table.name()).collect();
        Error::not_found(format!(
            "expected loki's default table or one of {}, got `{name}`",
            names.join(", ")
        ))
    })
}

/// Whose token it is.
///
/// # Errors
/// `internal` when it is no token of this plugin.
pub(crate) fn of_token(token: &str) -> Result<&'static dyn Table, Error> {
    let name = plan::table_of(token)?;
    find(&[name]).map_err(|error| Error::internal(error.message).with_hint("run the query again"))
}

/// The entry in the catalogue.
pub(crate) fn info(table: &dyn Table) -> TableInfo {
    let path = match table.name() {
        "" => Vec::new(),
        name => vec![name.to_owned()],
    };
    TableInfo {
        path,
        aliases: Vec::new(),
        params: table.params(),
        description: Some(table.description().to_owned()),
    }
}

/// What a table looks like on a connection.
///
/// # Errors
/// `invalid-query` when the arguments make no sense.
pub(crate) fn detail(
    table: &dyn Table,
    arguments: &[Argument],
    config: &Config,
) -> Result<TableDetail, Error> {
    let fields = table.fields(arguments)?;
    let of_clusters = |field: &&Field| field.name() == shares::COLUMN;
    let per_row = fields.iter().any(|field| of_clusters(&field));
    let placement = match shares::placement(config) {
        // The server's own: it is nobody's where several clusters share it.
        Placement::PerRow if !per_row => Placement::Connection,
        placement => placement,
    };
    let shown = fields
        .iter()
        .filter(|field| !of_clusters(field) || placement == Placement::PerRow);
    let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    let required = table.required_filters(arguments);
    Ok(TableDetail {
        schema: schema::schema(shown.map(Field::spec)),
        placement,
        primary_key: owned(table.primary_key()),
        required_filters: if required.is_empty() {
            Vec::new()
        } else {
            vec![owned(required)]
        },
        identity: None,
        notes: Vec::new(),
        description: Some(table.description().to_owned()),
        metadata: Vec::new(),
    })
}

/// The state in a token of [`planned`].
fn state<T: DeserializeOwned>(token: &str) -> Result<T, Error> {
    plan::table_state(token)
}

/// How a scan is done: its partitions, and what of the request they take over.
struct Plan<T> {
    partitions: Vec<T>,
    filters: Vec<Pushed>,
    /// Whether each partition gives no more rows than are wanted.
    limited: bool,
    sorted: bool,
    explain: String,
}

/// The plan as the host wants it.
///
/// # Errors
/// `invalid-query` when a column is asked for that the table does not have.
fn planned<T: Serialize>(
    table: &dyn Table,
    fields: &[Field],
    request: &ScanRequest,
    plan: Plan<T>,
) -> Result<ScanPlan, Error> {
    records::check(fields, table.name(), &request.projection)?;
    let tokens = plan
        .partitions
        .iter()
        .map(|state| plan::table_token(table.name(), state))
        .collect::<Result<_, _>>()?;
    Ok(ScanPlan {
        filters: plan.filters,
        limit: if plan.limited {
            Pushed::Exact
        } else {
            Pushed::NotPushed
        },
        sorted: plan.sorted,
        partitions: tokens,
        ..plan::unpushed(request, String::new(), plan.explain)
    })
}

/// Rows to put out at most, when the source can count them itself: no other conditions are left, and they are not aggregated.
fn own_limit(request: &ScanRequest, exact: bool) -> Option<u64> {
    request
        .limit
        .filter(|_| exact && request.aggregate.is_none())
}

/// The column that says whose a row is.
const CLUSTER: Field = Field::new(
    shares::COLUMN,
    text,
    "The cluster, by the label of the configuration",
);

fn text() -> Type {
    Type::Utf8
}

fn text_map() -> Type {
    Type::map(Type::Utf8)
}

fn whole() -> Type {
    Type::Int64
}

fn real() -> Type {
    Type::Float64
}

fn moment() -> Type {
    Type::Timestamp
}
