//! Owns the table `rule_groups`: the groups that rules are evaluated in. Refuses the rules themselves, which are `rules`'.

use trawl_sdk::records::{Cell, Field};
use trawl_sdk::table::{self, Table};
use trawl_sdk::types::{ScanPlan, ScanRequest};
use trawl_sdk::{Error, Output};

use super::rules::{Data, moment_cell, span_cell};
use super::{document, moment, placed, span, text, whole};
use crate::api::Call;
use crate::{Prometheus, api};

/// The table.
pub(super) struct RuleGroups;

const FIELDS: &[Field] = &[
    Field::new("name", text, "The group's name").not_null(),
    Field::new("file", text, "Where it is defined").not_null(),
    Field::new("interval", span, "How often it is evaluated"),
    Field::new(
        "limit",
        whole,
        "Alerts or series that a rule may give, at most; 0 for any number",
    ),
    Field::new("rules", whole, "How many rules it has").not_null(),
    Field::new(
        "last_evaluation",
        moment,
        "When it was evaluated last; null when never",
    ),
    Field::new("evaluation_time", span, "How long that took"),
];

impl Table<Prometheus> for RuleGroups {
    fn name(&self) -> &'static str {
        "rule_groups"
    }

    fn description(&self) -> &'static str {
        "Groups of rules that are evaluated together"
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn primary_key(&self) -> &'static [&'static str] {
        &["file", "name"]
    }

    fn calls(&self) -> Vec<table::Call> {
        api::calls(["rules"])
    }

    placed!();

    fn plan(&self, request: &ScanRequest, at: &Prometheus) -> Result<ScanPlan, Error> {
        let remote = &at.remote();
        document::plan(self, request, remote, Call::of(["rules"]), &[])
    }

    fn scan(&self, token: &str, at: &Prometheus, output: &dyn Output) -> Result<(), Error> {
        let remote = &at.remote();
        document::scan(self, token, remote, output, |data: Data, _, rows| {
            for group in data.groups.unwrap_or_default() {
                if rows.stopped() {
                    break;
                }
                let rules = group.rules.as_ref().map_or(0, Vec::len);
                rows.row(&[
                    Cell::Text(&group.name),
                    Cell::Text(&group.file),
                    span_cell(group.interval),
                    group.limit.map_or(Cell::Null, Cell::Int),
                    i64::try_from(rules).map_or(Cell::Null, Cell::Int),
                    moment_cell(&group.last_evaluation),
                    span_cell(group.evaluation_time),
                ])?;
            }
            Ok(())
        })
    }
}
