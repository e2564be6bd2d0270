//! Owns the table `metrics`: what targets say of their metrics. Refuses metrics that no target describes.

use std::collections::BTreeMap;

use serde::Deserialize;
use trawl_sdk::records::{Cell, Field};
use trawl_sdk::types::{ScanPlan, ScanRequest};
use trawl_sdk::{Error, Output};

use super::{Table, document, text};
use crate::api::{Call, Remote};
use crate::arguments::Arguments;
use document::Parameter;

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
const METRIC: Parameter = Parameter {
    column: "name",
    name: "metric",
    values: &[],
};

fn said(text: &str) -> Cell<'_> {
    if text.is_empty() {
        Cell::Null
    } else {
        Cell::Text(text)
    }
}

impl Table for Metrics {
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

    fn operations(&self) -> &'static [&'static str] {
        &["metadata"]
    }

    fn plan(&self, request: &ScanRequest, remote: &Remote<'_>) -> Result<ScanPlan, Error> {
        Arguments::read(&request.arguments, &[])?;
        document::plan(self, request, remote, Call::of(["metadata"]), Some(&METRIC))
    }

    fn scan(&self, token: &str, remote: &Remote<'_>, output: &dyn Output) -> Result<(), Error> {
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
