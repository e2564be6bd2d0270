//! Owns what a table has to say of itself, and the list of them; refuses to read anything.
//!
//! To add one, copy `alerts.rs` and name it in [`all`].

mod alerts;
mod document;
mod exemplars;
mod labels;
mod metrics;
mod query;
mod rule_groups;
mod rules;
mod samples;
mod series;
mod targets;
mod tsdb_status;

use serde::Serialize;
use serde::de::DeserializeOwned;
use trawl_sdk::records::Field;
use trawl_sdk::schema::{self, Type, param};
use trawl_sdk::types::{Argument, Param, Placement, ScanPlan, ScanRequest, TableDetail, TableInfo};
use trawl_sdk::{Error, Output, plan};

use crate::api::Remote;
use crate::clusters;
use crate::config::Config;

/// A table.
pub(crate) trait Table {
    /// Its name, which is its path; empty for the plugin's default table.
    fn name(&self) -> &'static str;

    /// What is in it, one sentence.
    fn description(&self) -> &'static str;

    /// The arguments it takes.
    fn params(&self) -> Vec<Param> {
        Vec::new()
    }

    /// Its columns. The last one, `cluster`, exists only where a label says whose a row is.
    fn fields(&self) -> &'static [Field];

    /// The columns that identify a row.
    fn primary_key(&self) -> &'static [&'static str] {
        &[]
    }

    /// Columns of each inner list of which a query must filter on one, given these arguments.
    fn required_filters(&self, _: &[Argument]) -> &'static [&'static [&'static str]] {
        &[]
    }

    /// The functions below /api/v1 that it calls, for the operator to approve.
    fn operations(&self) -> &'static [&'static str];

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
pub(crate) fn all() -> [&'static dyn Table; 11] {
    [
        &query::Query,
        &alerts::Alerts,
        &exemplars::Exemplars,
        &labels::Labels,
        &metrics::Metrics,
        &rule_groups::RuleGroups,
        &rules::Rules,
        &samples::SamplesTable,
        &series::Series,
        &targets::Targets,
        &tsdb_status::TsdbStatus,
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
            "expected prometheus' default table or one of {}, got `{name}`",
            names.join(", ")
        ))
        .with_hint("write `prometheus(\"up\")` for a PromQL expression")
    })
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

/// Whether a table's rows say whose they are, where the server holds several clusters.
fn is_per_cluster(table: &dyn Table) -> bool {
    let last = table.fields().last();
    last.is_some_and(|field| field.name() == clusters::COLUMN)
}

/// What a table looks like on a connection.
pub(crate) fn detail(table: &dyn Table, arguments: &[Argument], config: &Config) -> TableDetail {
    let placement = if is_per_cluster(table) {
        clusters::placement(config)
    } else {
        clusters::placement_of_server(config)
    };
    let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    let fields = table.fields().iter();
    let shown =
        fields.filter(|field| field.name() != clusters::COLUMN || placement == Placement::PerRow);
    TableDetail {
        metadata: Vec::new(),
        schema: schema::schema(shown.map(Field::spec)),
        placement,
        primary_key: owned(table.primary_key()),
        required_filters: table
            .required_filters(arguments)
            .iter()
            .map(|names| owned(names))
            .collect(),
        identity: None,
        notes: Vec::new(),
        description: Some(table.description().to_owned()),
    }
}

/// The column that says whose a row is.
const CLUSTER: Field = Field::new(
    clusters::COLUMN,
    text,
    "The cluster, by the label of the configuration",
);

fn text() -> Type {
    Type::Utf8
}

fn text_map() -> Type {
    Type::map(Type::Utf8)
}

fn real() -> Type {
    Type::Float64
}

fn whole() -> Type {
    Type::Int64
}

fn moment() -> Type {
    Type::Timestamp
}

fn span() -> Type {
    Type::Duration
}

/// The arguments of tables without a time of their own: which part of the past they are about.
fn period() -> Vec<Param> {
    vec![
        param(
            "start",
            &Type::Timestamp,
            false,
            false,
            "only what had samples from then on; an hour before the end by default",
        ),
        param(
            "end",
            &Type::Timestamp,
            false,
            false,
            "only what had samples until then; the query's now() by default",
        ),
    ]
}

/// The token of a partition.
fn token<T: Serialize>(table: &dyn Table, state: &T) -> Result<String, Error> {
    plan::table_token(table.name(), state)
}

/// The state in a token that [`token`] made.
fn state<T: DeserializeOwned>(token: &str) -> Result<T, Error> {
    plan::table_state(token)
}

/// Whose token it is.
///
/// # Errors
/// `internal` when it is no token of this plugin.
pub(crate) fn of_token(token: &str) -> Result<&'static dyn Table, Error> {
    let name = plan::table_of(token)?;
    let found = all().into_iter().find(|table| table.name() == name);
    found.ok_or_else(|| {
        Error::internal(format!(
            "expected the token of a plan of this plugin, got one of the table `{name}`"
        ))
        .with_hint("run the query again")
    })
}
