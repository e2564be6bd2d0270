//! Owns the table `series`: the streams that there are, as their labels. Refuses a query that names none.

use trawl_sdk::records::{Cell, Field, Records};
use trawl_sdk::types::{Argument, Param, ScanPlan, ScanRequest};
use trawl_sdk::{Error, Output};

use super::labels::{self, Wanted};
use super::{CLUSTER, Plan, Table, planned, state, text_map};
use crate::answer::{self, Labels};
use crate::api::{Call, Remote};
use crate::arguments::Arguments;
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

impl Table for Series {
    fn name(&self) -> &'static str {
        "series"
    }

    fn description(&self) -> &'static str {
        "Streams that had entries in a period, by their labels"
    }

    fn params(&self) -> Vec<Param> {
        labels::params()
    }

    fn fields(&self, _: &[Argument]) -> Result<&'static [Field], Error> {
        Ok(FIELDS)
    }

    fn required_filters(&self, arguments: &[Argument]) -> &'static [&'static str] {
        if arguments.iter().any(|argument| argument.name == "match") {
            &[]
        } else {
            &["labels"]
        }
    }

    fn primary_key(&self) -> &'static [&'static str] {
        &["labels"]
    }

    fn plan(&self, request: &ScanRequest, remote: &Remote<'_>) -> Result<ScanPlan, Error> {
        let arguments = Arguments::read(&request.arguments, &self.params())?;
        let given = arguments.logql("match")?.is_some();
        let mut wanted = Wanted::read(request, &arguments, remote)?;
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
            self,
            FIELDS,
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

    fn scan(&self, token: &str, remote: &Remote<'_>, output: &dyn Output) -> Result<(), Error> {
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
