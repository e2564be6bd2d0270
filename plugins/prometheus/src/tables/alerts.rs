//! Owns the table `alerts`: the active alerts of the server's rules. Refuses those that Alertmanager knows.

use serde::Deserialize;
use trawl_sdk::records::{Cell, Field};
use trawl_sdk::table::{self, Table};
use trawl_sdk::types::{ScanPlan, ScanRequest};
use trawl_sdk::{Error, Output};

use super::{CLUSTER, document, moment, placed, real, text, text_map};
use crate::answer::Labels;
use crate::api::Call;
use crate::{Prometheus, api};

/// The table.
pub(super) struct Alerts;

const FIELDS: &[Field] = &[
    Field::new(
        "name",
        text,
        "The rule's name, which is the label alertname",
    ),
    Field::new("state", text, "pending or firing"),
    Field::new("value", real, "What the expression gave for it"),
    Field::new(
        "active_at",
        moment,
        "Since when it has been pending or firing",
    ),
    Field::new("labels", text_map, "Its labels").not_null(),
    Field::new("annotations", text_map, "Its annotations").not_null(),
    CLUSTER,
];

#[derive(Deserialize)]
struct Data {
    #[serde(default)]
    alerts: Option<Vec<Alert>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Alert {
    labels: Labels,
    annotations: Labels,
    state: String,
    active_at: Option<String>,
    value: String,
}

impl Table<Prometheus> for Alerts {
    fn name(&self) -> &'static str {
        "alerts"
    }

    fn description(&self) -> &'static str {
        "Active alerts of the server's own rules"
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn calls(&self) -> Vec<table::Call> {
        api::calls(["alerts"])
    }

    placed!();

    fn plan(&self, request: &ScanRequest, at: &Prometheus) -> Result<ScanPlan, Error> {
        let remote = &at.remote();
        document::plan(self, request, remote, Call::of(["alerts"]), &[])
    }

    fn scan(&self, token: &str, at: &Prometheus, output: &dyn Output) -> Result<(), Error> {
        let remote = &at.remote();
        document::scan(self, token, remote, output, |data: Data, wanted, rows| {
            for alert in data.alerts.unwrap_or_default() {
                if rows.stopped() {
                    break;
                }
                if !wanted.wants(&alert.labels) {
                    continue;
                }
                let cluster = wanted.cluster_of(&alert.labels);
                let name = alert.labels.get("alertname");
                let active = alert.active_at.as_deref().and_then(document::time_ns);
                rows.row(&[
                    name.map_or(Cell::Null, |name| Cell::Text(name)),
                    Cell::Text(&alert.state),
                    alert.value.parse().map_or(Cell::Null, Cell::Float),
                    active.map_or(Cell::Null, Cell::TimestampNs),
                    Cell::Map(&alert.labels),
                    Cell::Map(&alert.annotations),
                    cluster.map_or(Cell::Null, Cell::Text),
                ])?;
            }
            Ok(())
        })
    }
}
