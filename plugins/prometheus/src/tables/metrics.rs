//! Owns the table `metrics`: what targets say of their metrics. Refuses metrics that no target describes.

use std::collections::BTreeMap;

use serde::Deserialize;
use trawl_sdk::filter::Parameter;
use trawl_sdk::records::{Cell, Field};
use trawl_sdk::table::{self, Table};
use trawl_sdk::types::{ScanPlan, ScanRequest};
use trawl_sdk::{Error, Output};

use super::{document, placed, text};
use crate::api::Call;
use crate::{Prometheus, api};

/// The table.
pub(super) struct Metrics;

const FIELDS: &[Field] = &[
    Field::new("name", text, "The metric's name").not_null(),
    Field::new(
        "type",
        text,
        "counter, gauge, histogram, summary, info, stateset or unknown",
    ),
    Field::new("unit", text, "Its unit; null where none is said"),
    Field::new("help", text, "What it is; null where nothing is said"),
];

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Metadata {
    #[serde(rename = "type")]
    kind: String,
    unit: String,
    help: String,
}

/// The parameter that selects one metric.
const METRIC: Parameter = Parameter::equal("name", "metric");

fn said(text: &str) -> Cell<'_> {
    if text.is_empty() {
        Cell::Null
    } else {
        Cell::Text(text)
    }
}

impl Table<Prometheus> for Metrics {
    fn name(&self) -> &'static str {
        "metrics"
    }

    fn description(&self) -> &'static str {
        "What targets say of their metrics: several rows for one where they differ"
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn primary_key(&self) -> &'static [&'static str] {
        &["name", "type", "unit", "help"]
    }

    fn calls(&self) -> Vec<table::Call> {
        api::calls(["metadata"])
    }

    placed!();

    fn plan(&self, request: &ScanRequest, at: &Prometheus) -> Result<ScanPlan, Error> {
        let remote = &at.remote();
        document::plan(self, request, remote, Call::of(["metadata"]), &[METRIC])
    }

    fn scan(&self, token: &str, at: &Prometheus, output: &dyn Output) -> Result<(), Error> {
        let remote = &at.remote();
        type Data = BTreeMap<String, Vec<Metadata>>;
        document::scan(self, token, remote, output, |data: Data, _, rows| {
            for (name, all) in &data {
                for metadata in all {
                    if rows.stopped() {
                        return Ok(());
                    }
                    rows.row(&[
                        Cell::Text(name),
                        said(&metadata.kind),
                        said(&metadata.unit),
                        said(&metadata.help),
                    ])?;
                }
            }
            Ok(())
        })
    }
}
