//! Owns the table `rules`: alerting and recording rules as the server evaluates them. Refuses rules that are in files only.

use serde::Deserialize;
use trawl_sdk::filter::Parameter;
use trawl_sdk::records::{Cell, Field, Records};
use trawl_sdk::table::{self, Table};
use trawl_sdk::types::{ScanPlan, ScanRequest};
use trawl_sdk::{Error, Output};

use super::{document, moment, placed, span, text, text_map, whole};
use crate::answer::Labels;
use crate::api::Call;
use crate::{Prometheus, api};

/// The table.
pub(super) struct Rules;

const FIELDS: &[Field] = &[
    Field::new("name", text, "The alert, or the metric that is recorded").not_null(),
    Field::new("type", text, "alerting or recording").not_null(),
    Field::new("group", text, "The group that it is evaluated with").not_null(),
    Field::new("file", text, "Where the group is defined").not_null(),
    Field::new("query", text, "Its PromQL").not_null(),
    Field::new(
        "state",
        text,
        "inactive, pending or firing; null when recording",
    ),
    Field::new("alerts", whole, "Active alerts; null when recording"),
    Field::new("for", span, "How long it is pending before it fires"),
    Field::new("keep_firing_for", span, "How long it fires on after that"),
    Field::new("health", text, "ok, err or unknown"),
    Field::new(
        "last_error",
        text,
        "Why the last evaluation failed; null when it did not",
    ),
    Field::new(
        "last_evaluation",
        moment,
        "When it was evaluated last; null when never",
    ),
    Field::new("evaluation_time", span, "How long that took"),
    Field::new("labels", text_map, "What it adds to labels").not_null(),
    Field::new("annotations", text_map, "What it adds to its alerts").not_null(),
];

/// Which rules the server is asked for.
const TYPE: Parameter =
    Parameter::equal("type", "type").values(&[("alerting", "alert"), ("recording", "record")]);

/// Groups with their rules; `rule_groups` reads the same.
#[derive(Deserialize)]
pub(super) struct Data {
    #[serde(default)]
    pub(super) groups: Option<Vec<Group>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) file: String,
    pub(super) interval: Option<f64>,
    pub(super) limit: Option<i64>,
    pub(super) last_evaluation: Option<String>,
    pub(super) evaluation_time: Option<f64>,
    pub(super) rules: Option<Vec<Rule>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
pub(super) struct Rule {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    query: String,
    state: Option<String>,
    alerts: Option<Vec<serde::de::IgnoredAny>>,
    duration: Option<f64>,
    keep_firing_for: Option<f64>,
    health: Option<String>,
    last_error: Option<String>,
    last_evaluation: Option<String>,
    evaluation_time: Option<f64>,
    labels: Option<Labels>,
    annotations: Option<Labels>,
}

/// A time that may be missing.
pub(super) fn moment_cell(text: &Option<String>) -> Cell<'static> {
    let ns = text.as_deref().and_then(document::time_ns);
    ns.map_or(Cell::Null, Cell::TimestampNs)
}

/// A span in seconds that may be missing.
pub(super) fn span_cell(seconds: Option<f64>) -> Cell<'static> {
    let ns = seconds.and_then(document::span_ns);
    ns.map_or(Cell::Null, Cell::DurationNs)
}

impl Table<Prometheus> for Rules {
    fn name(&self) -> &'static str {
        "rules"
    }

    fn description(&self) -> &'static str {
        "Alerting and recording rules, and how their evaluation went last"
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn calls(&self) -> Vec<table::Call> {
        api::calls(["rules"])
    }

    placed!();

    fn plan(&self, request: &ScanRequest, at: &Prometheus) -> Result<ScanPlan, Error> {
        let remote = &at.remote();
        document::plan(self, request, remote, Call::of(["rules"]), &[TYPE])
    }

    fn scan(&self, token: &str, at: &Prometheus, output: &dyn Output) -> Result<(), Error> {
        let remote = &at.remote();
        document::scan(self, token, remote, output, |data: Data, _, rows| {
            for group in data.groups.unwrap_or_default() {
                for rule in group.rules.iter().flatten() {
                    if rows.stopped() {
                        return Ok(());
                    }
                    row(&group, rule, rows)?;
                }
            }
            Ok(())
        })
    }
}

fn row(group: &Group, rule: &Rule, rows: &mut Records<'_>) -> Result<(), Error> {
    let none = Labels::new();
    let alerting = rule.kind == "alerting";
    let alerts = rule.alerts.as_ref().map_or(0, Vec::len);
    let error = rule.last_error.as_deref().filter(|text| !text.is_empty());
    rows.row(&[
        Cell::Text(&rule.name),
        Cell::Text(&rule.kind),
        Cell::Text(&group.name),
        Cell::Text(&group.file),
        Cell::Text(&rule.query),
        Cell::text(&rule.state),
        if alerting {
            i64::try_from(alerts).map_or(Cell::Null, Cell::Int)
        } else {
            Cell::Null
        },
        span_cell(rule.duration),
        span_cell(rule.keep_firing_for),
        Cell::text(&rule.health),
        error.map_or(Cell::Null, Cell::Text),
        moment_cell(&rule.last_evaluation),
        span_cell(rule.evaluation_time),
        Cell::Map(rule.labels.as_ref().unwrap_or(&none)),
        Cell::Map(rule.annotations.as_ref().unwrap_or(&none)),
    ])
}
