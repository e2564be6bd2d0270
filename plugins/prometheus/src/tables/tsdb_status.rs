//! Owns the table `tsdb_status`: how large the server's index is, and by what. Refuses statistics of blocks on disk, which the API does
//! not give.

use std::collections::BTreeMap;

use serde::Deserialize;
use trawl_sdk::records::{Cell, Field};
use trawl_sdk::schema::{Type, param};
use trawl_sdk::table::{self, Arguments, Table};
use trawl_sdk::types::{Param, ScanPlan, ScanRequest};
use trawl_sdk::{Error, Output};

use super::{document, placed, text, whole};
use crate::api::Call;
use crate::arguments::Promql;
use crate::{Prometheus, api};

/// The table.
pub(super) struct TsdbStatus;

const FIELDS: &[Field] = &[
    Field::new(
        "statistic",
        text,
        "What is counted, such as head or series_count_by_metric_name",
    )
    .not_null(),
    Field::new(
        "name",
        text,
        "Of what: a metric, a label, a pair, or a number of the head",
    )
    .not_null(),
    Field::new(
        "value",
        whole,
        "How many; milliseconds since the epoch for times",
    ),
];

/// Statistics by their names: an object of numbers for the head, lists of names and values for the rest.
type Data = BTreeMap<String, Statistic>;

#[derive(Deserialize)]
#[serde(untagged)]
enum Statistic {
    Numbers(BTreeMap<String, i64>),
    Most(Vec<Entry>),
    /// What a later version adds.
    Other(serde::de::IgnoredAny),
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    value: u64,
}

/// `headStats` is `head`, `seriesCountByMetricName` is `series_count_by_metric_name`.
fn snake(name: &str) -> String {
    let name = name.strip_suffix("Stats").unwrap_or(name);
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

impl Table<Prometheus> for TsdbStatus {
    fn name(&self) -> &'static str {
        "tsdb_status"
    }

    fn description(&self) -> &'static str {
        "How large the server's index is, and which metrics and labels make it so"
    }

    fn params(&self) -> Vec<Param> {
        vec![param(
            "top",
            &Type::Int64,
            false,
            false,
            "how many names of each statistic; 10 by default, older servers know no other number",
        )]
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn primary_key(&self) -> &'static [&'static str] {
        &["statistic", "name"]
    }

    fn calls(&self) -> Vec<table::Call> {
        api::calls(["status/tsdb"])
    }

    placed!();

    fn plan(&self, request: &ScanRequest, at: &Prometheus) -> Result<ScanPlan, Error> {
        let remote = &at.remote();
        let top = Arguments::of(&request.arguments).positive("top")?;
        let call = Call::of(["status", "tsdb"]).with_some("limit", top.map(|top| top.to_string()));
        document::plan(self, request, remote, call, &[])
    }

    fn scan(&self, token: &str, at: &Prometheus, output: &dyn Output) -> Result<(), Error> {
        let remote = &at.remote();
        document::scan(self, token, remote, output, |data: Data, _, rows| {
            for (statistic, of) in &data {
                let statistic = snake(statistic);
                let pairs: Vec<(String, Option<i64>)> = match of {
                    Statistic::Numbers(numbers) => {
                        let pairs = numbers.iter();
                        pairs
                            .map(|(name, value)| (snake(name), Some(*value)))
                            .collect()
                    }
                    Statistic::Most(entries) => {
                        let value = |entry: &Entry| i64::try_from(entry.value).ok();
                        let pairs = entries.iter();
                        pairs.map(|it| (it.name.clone(), value(it))).collect()
                    }
                    Statistic::Other(_) => Vec::new(),
                };
                for (name, value) in pairs {
                    if rows.stopped() {
                        return Ok(());
                    }
                    rows.row(&[
                        Cell::Text(&statistic),
                        Cell::Text(&name),
                        value.map_or(Cell::Null, Cell::Int),
                    ])?;
                }
            }
            Ok(())
        })
    }
}
