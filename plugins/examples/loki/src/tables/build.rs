//! Owns the table `build`: which Loki it is. Refuses the rest of its configuration.
//! <https://grafana.com/docs/loki/latest/reference/loki-http-api/#show-build-information>

use serde::Deserialize;
use trawl_sdk::records::{Cell, Field, Records};
use trawl_sdk::schema;
use trawl_sdk::table::{self, Table};
use trawl_sdk::types::{Column, Param, Pushed, ScanPlan, ScanRequest};
use trawl_sdk::{Error, Output};

use super::{Plan, get, placed, planned, state, text};
use crate::Loki;
use crate::answer;
use crate::api::Call;

/// The table.
pub(super) struct Build;

const FIELDS: &[Field] = &[
    Field::new("version", text, "Loki's version"),
    Field::new("revision", text, "The commit it was built from"),
    Field::new("branch", text, "The branch of that commit"),
    Field::new("go_version", text, "The Go that built it"),
];

#[derive(Deserialize)]
struct Answer {
    version: String,
    revision: Option<String>,
    branch: Option<String>,
    #[serde(rename = "goVersion")]
    go_version: Option<String>,
}

impl Table<Loki> for Build {
    fn name(&self) -> &'static str {
        "build"
    }

    fn description(&self) -> &'static str {
        "Which version of Loki it is"
    }

    fn params(&self) -> Vec<Param> {
        Vec::new()
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    placed!();

    fn calls(&self) -> Vec<table::Call> {
        vec![get("status/buildinfo")]
    }

    fn plan(&self, request: &ScanRequest, _: &Loki) -> Result<ScanPlan, Error> {
        planned(
            self.name(),
            request,
            Plan {
                partitions: vec![schema::undescribed(&request.projection)],
                filters: vec![Pushed::NotPushed; request.filters.roots.len()],
                limited: false,
                sorted: false,
                explain: Call::of(["status", "buildinfo"]).to_string(),
            },
        )
    }

    fn scan(&self, token: &str, at: &Loki, output: &dyn Output) -> Result<(), Error> {
        let remote = &at.remote();
        let projection: Vec<Column> = state(token)?;
        let mut records = Records::new(FIELDS, self.name(), &projection, None, output)?;
        let pending = Call::of(["status", "buildinfo"]).start(remote)?;
        let build: Answer = answer::wait(pending)?.plain()?;
        records.row(&[
            Cell::Text(&build.version),
            Cell::text(&build.revision),
            Cell::text(&build.branch),
            Cell::text(&build.go_version),
        ])?;
        records.flush()
    }
}
