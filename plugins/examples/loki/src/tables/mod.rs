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
use trawl_sdk::records::Field;
use trawl_sdk::schema::Type;
use trawl_sdk::table::{self, Table};
use trawl_sdk::types::{Placement, Pushed, ScanPlan, ScanRequest};
use trawl_sdk::{Error, plan};

use crate::{Loki, shares};

/// Every table; the default one first, then by name.
pub(crate) fn all() -> Vec<&'static dyn Table<Loki>> {
    vec![
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

/// Where a table's rows belong, and whether it has the column that says so: the same rule for every table. Written in its
/// implementation as `placed!();`.
macro_rules! placed {
    () => {
        fn has(&self, field: &Field, at: &Loki) -> bool {
            super::has(self, field, at)
        }

        fn placement(&self, at: &Loki) -> trawl_sdk::types::Placement {
            super::placement(self, at)
        }
    };
}
use placed;

/// The column `cluster` exists only where a label says whose a row is.
fn has(table: &dyn Table<Loki>, field: &Field, at: &Loki) -> bool {
    field.name() != shares::COLUMN || placement(table, at) == Placement::PerRow
}

/// Rows of tables with that column say whose they are, where the server holds several clusters.
fn placement(table: &dyn Table<Loki>, at: &Loki) -> Placement {
    let mut fields = table.fields().iter();
    match shares::placement(&at.config) {
        // The server's own: it is nobody's where several clusters share it.
        Placement::PerRow if !fields.any(|field| field.name() == shares::COLUMN) => {
            Placement::Connection
        }
        placement => placement,
    }
}

/// What tables call, for the operator to approve.
fn get(function: &str) -> table::Call {
    table::Call::get(format!("/loki/api/v1/{function}"))
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

/// The plan of the table named `table` as the host wants it.
///
/// # Errors
/// `internal` when a partition's state has no JSON form.
fn planned<T: Serialize>(
    table: &str,
    request: &ScanRequest,
    plan: Plan<T>,
) -> Result<ScanPlan, Error> {
    let tokens = plan
        .partitions
        .iter()
        .map(|state| plan::table_token(table, state))
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
