//! Owns the table `targets`: what the server scrapes and how that went. Refuses targets of other servers.

use serde::Deserialize;
use trawl_sdk::columns::parse_duration_ns;
use trawl_sdk::filter::Parameter;
use trawl_sdk::records::{Cell, Field, Records};
use trawl_sdk::table::{self, Table};
use trawl_sdk::types::{ScanPlan, ScanRequest};
use trawl_sdk::{Error, Output};

use super::document::Wanted;
use super::{CLUSTER, document, moment, placed, span, text, text_map};
use crate::answer::Labels;
use crate::api::Call;
use crate::{Prometheus, api};

/// The table.
pub(super) struct Targets;

const FIELDS: &[Field] = &[
    Field::new("state", text, "active, or dropped by relabelling").not_null(),
    Field::new("job", text, "Its label job"),
    Field::new("instance", text, "Its label instance"),
    Field::new("health", text, "up, down or unknown; null when dropped"),
    Field::new(
        "last_error",
        text,
        "Why the last scrape failed; null when it did not",
    ),
    Field::new(
        "last_scrape",
        moment,
        "When it was scraped last; null when never",
    ),
    Field::new("last_scrape_duration", span, "How long that took"),
    Field::new("scrape_interval", span, "How often it is scraped"),
    Field::new("scrape_timeout", span, "How long a scrape may take"),
    Field::new(
        "scrape_pool",
        text,
        "The section of the configuration that it is of",
    ),
    Field::new("scrape_url", text, "What is scraped"),
    Field::new("global_url", text, "The same, as others reach it"),
    Field::new("labels", text_map, "Its labels; empty when dropped").not_null(),
    Field::new(
        "discovered_labels",
        text_map,
        "Its labels before relabelling",
    )
    .not_null(),
    CLUSTER,
];

/// Which targets the server is asked for.
const STATE: Parameter =
    Parameter::equal("state", "state").values(&[("active", "active"), ("dropped", "dropped")]);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Data {
    active_targets: Option<Vec<Target>>,
    dropped_targets: Option<Vec<Target>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Target {
    discovered_labels: Labels,
    labels: Labels,
    scrape_pool: Option<String>,
    scrape_url: Option<String>,
    global_url: Option<String>,
    last_error: Option<String>,
    last_scrape: Option<String>,
    last_scrape_duration: Option<f64>,
    health: Option<String>,
    scrape_interval: Option<String>,
    scrape_timeout: Option<String>,
}

impl Table<Prometheus> for Targets {
    fn name(&self) -> &'static str {
        "targets"
    }

    fn description(&self) -> &'static str {
        "What the server scrapes, and how that went last"
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn calls(&self) -> Vec<table::Call> {
        api::calls(["targets"])
    }

    placed!();

    fn plan(&self, request: &ScanRequest, at: &Prometheus) -> Result<ScanPlan, Error> {
        let remote = &at.remote();
        document::plan(self, request, remote, Call::of(["targets"]), &[STATE])
    }

    fn scan(&self, token: &str, at: &Prometheus, output: &dyn Output) -> Result<(), Error> {
        let remote = &at.remote();
        document::scan(self, token, remote, output, |data: Data, wanted, rows| {
            let active = data.active_targets.unwrap_or_default();
            let dropped = data.dropped_targets.unwrap_or_default();
            let active = active.iter().map(|target| ("active", target));
            for (state, target) in active.chain(dropped.iter().map(|target| ("dropped", target))) {
                if rows.stopped() {
                    break;
                }
                if !wanted.wants(&target.labels) {
                    continue;
                }
                row(state, target, wanted, rows)?;
            }
            Ok(())
        })
    }
}

fn row(state: &str, target: &Target, wanted: &Wanted, rows: &mut Records<'_>) -> Result<(), Error> {
    let label = |name: &str| {
        target
            .labels
            .get(name)
            .map_or(Cell::Null, |it| Cell::Text(it))
    };
    let span = |text: &Option<String>| {
        let ns = text.as_deref().and_then(parse_duration_ns);
        ns.map_or(Cell::Null, Cell::DurationNs)
    };
    let error = target.last_error.as_deref().filter(|text| !text.is_empty());
    let scrape = target.last_scrape.as_deref().and_then(document::time_ns);
    let took = target.last_scrape_duration.and_then(document::span_ns);
    rows.row(&[
        Cell::Text(state),
        label("job"),
        label("instance"),
        Cell::text(&target.health),
        error.map_or(Cell::Null, Cell::Text),
        scrape.map_or(Cell::Null, Cell::TimestampNs),
        took.filter(|_| scrape.is_some())
            .map_or(Cell::Null, Cell::DurationNs),
        span(&target.scrape_interval),
        span(&target.scrape_timeout),
        Cell::text(&target.scrape_pool),
        Cell::text(&target.scrape_url),
        Cell::text(&target.global_url),
        Cell::Map(&target.labels),
        Cell::Map(&target.discovered_labels),
        wanted
            .cluster_of(&target.labels)
            .map_or(Cell::Null, Cell::Text),
    ])
}
