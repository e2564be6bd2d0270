//! Owns the table `series`: the streams that there are, as their labels. Refuses a query that names none.

use trawl_sdk::records::{Cell, Field, Records};
use trawl_sdk::table::{self, Arguments, Table};
use trawl_sdk::types::{Argument, Param, ScanPlan, ScanRequest};
use trawl_sdk::{Error, Output};

use super::labels::{self, Wanted};
use super::{CLUSTER, Plan, get, placed, planned, state, text_map};
use crate::Loki;
use crate::answer::{self, Labels};
use crate::api::Call;
use crate::arguments;
use crate::conditions::{self, Room};
use crate::shares;

/// The table.
pub(super) struct Series;

const FIELDS: &[Field] = &[
    Field::new("labels", text_map, "The stream's labels").not_null(),
    CLUSTER,
];

fn call(wanted: &Wanted, selector: &str) -> Call {
    wanted.of(Call::of(["series"])).with("match[]", selector)
}

impl Table<Loki> for Series {
    fn name(&self) -> &'static str {
        "series"
    }

    fn description(&self) -> &'static str {
        "Streams that had entries in a period, by their labels"
    }

    fn params(&self) -> Vec<Param> {
        labels::params()
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    placed!();

    fn required_filters(&self, arguments: &[Argument]) -> Vec<Vec<&'static str>> {
        if Arguments::of(arguments).has("match") {
            Vec::new()
        } else {
            vec![vec!["labels"]]
        }
    }

    fn primary_key(&self) -> &'static [&'static str] {
        &["labels"]
    }

    fn calls(&self) -> Vec<table::Call> {
        vec![get("series")]
    }

    fn plan(&self, request: &ScanRequest, at: &Loki) -> Result<ScanPlan, Error> {
        let remote = &at.remote();
        let arguments = Arguments::of(&request.arguments);
        let given = arguments::text(arguments, "match")?.is_some();
        let mut wanted = Wanted::read(request, arguments, remote)?;
        let room = if given {
            Room::Nowhere
        } else {
            Room::Everywhere
        };
        let mut conditions = conditions::read(request, &remote.config.columns, room);
        if !given {
            if !conditions.selection.is_bounded() {
                return Err(Error::invalid_query(
                    "expected a condition that names the streams, such as `labels.app == \"web\"`, got none that Loki can take",
                )
                .with_hint("compare a label with a text that is not empty, or give `match = \"{app=~\\\".+\\\"}\"`"));
            }
            let share = shares::together(remote.config, request);
            wanted.asks = share
                .into_iter()
                .map(|share| {
                    share
                        .matcher
                        .into_iter()
                        .for_each(|it| conditions.selection.add(it));
                    (Some(conditions.selection.selector()), share.whose)
                })
                .collect();
        }
        let explain = match wanted.asks.first() {
            Some((Some(selector), _)) => call(&wanted, selector).to_string(),
            _ => "nothing is asked: no cluster is left".to_owned(),
        };
        planned(
            self.name(),
            request,
            Plan {
                partitions: vec![wanted],
                filters: conditions.pushed,
                limited: false,
                sorted: false,
                explain,
            },
        )
    }

    fn scan(&self, token: &str, at: &Loki, output: &dyn Output) -> Result<(), Error> {
        let remote = &at.remote();
        let wanted: Wanted = state(token)?;
        let mut records = Records::new(FIELDS, self.name(), &wanted.projection, None, output)?;
        for (selector, whose) in &wanted.asks {
            let selector = selector.as_deref().unwrap_or_default();
            let pending = call(&wanted, selector).start(remote)?;
            for labels in answer::wait(pending)?.list::<Labels>(output)? {
                let cluster = whose.name(&labels).map_or(Cell::Null, Cell::Text);
                records.row(&[Cell::Map(&labels), cluster])?;
            }
        }
        records.flush()
    }
}
