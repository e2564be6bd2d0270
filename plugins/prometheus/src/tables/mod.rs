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
use trawl_sdk::schema::{Type, param};
use trawl_sdk::table::Table;
use trawl_sdk::types::{Param, Placement};
use trawl_sdk::{Error, plan};

use crate::{Prometheus, clusters};

/// Every table; the default one first, then by name.
pub(crate) fn all() -> Vec<&'static dyn Table<Prometheus>> {
    vec![
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

/// Where a table's rows belong, and whether it has the column that says so: the same rule for every table. Written in its
/// implementation as `placed!();`.
macro_rules! placed {
    () => {
        fn has(&self, field: &Field, at: &Prometheus) -> bool {
            super::has(self, field, at)
        }

        fn placement(&self, at: &Prometheus) -> trawl_sdk::types::Placement {
            super::placement(self, at)
        }
    };
}
use placed;

/// The last column, `cluster`, exists only where a label says whose a row is.
fn has(table: &dyn Table<Prometheus>, field: &Field, at: &Prometheus) -> bool {
    field.name() != clusters::COLUMN || placement(table, at) == Placement::PerRow
}

/// Rows of tables with that column say whose they are, where the server holds several clusters.
fn placement(table: &dyn Table<Prometheus>, at: &Prometheus) -> Placement {
    let last = table.fields().last();
    if last.is_some_and(|field| field.name() == clusters::COLUMN) {
        clusters::placement(&at.config)
    } else {
        clusters::placement_of_server(&at.config)
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
fn token<T: Serialize>(table: &dyn Table<Prometheus>, state: &T) -> Result<String, Error> {
    plan::table_token(table.name(), state)
}

/// The state in a token that [`token`] made.
fn state<T: DeserializeOwned>(token: &str) -> Result<T, Error> {
    plan::table_state(token)
}
