//! Owns the table `stats`: what the index knows of the streams of a selector. Refuses to promise more than Loki does: it is a guess,
//! without what the ingesters still hold. <https://grafana.com/docs/loki/latest/reference/loki-http-api/#query-log-statistics>

use serde::Deserialize;
use trawl_sdk::records::{Cell, Field, Records};
use trawl_sdk::schema::{Type, param};
use trawl_sdk::table::{self, Arguments, Table};
use trawl_sdk::types::{Param, Pushed, ScanPlan, ScanRequest};
use trawl_sdk::{Error, Output};

use super::labels::Wanted;
use super::{CLUSTER, Plan, get, placed, planned, state, whole};
use crate::Loki;
use crate::answer::{self, Labels};
use crate::api::Call;
use crate::arguments::{self, period};

/// The table.
pub(super) struct Stats;

const FIELDS: &[Field] = &[
    Field::new("streams", whole, "How many streams"),
    Field::new("chunks", whole, "How many chunks they are stored in"),
    Field::new("entries", whole, "How many entries, about"),
    Field::new("bytes", whole, "How many bytes of lines, about"),
    CLUSTER,
];

#[derive(Deserialize)]
struct Answer {
    streams: i64,
    chunks: i64,
    entries: i64,
    bytes: i64,
}

fn call(wanted: &Wanted, selector: &str) -> Call {
    wanted
        .of(Call::of(["index", "stats"]))
        .with("query", selector)
}

impl Table<Loki> for Stats {
    fn name(&self) -> &'static str {
        "stats"
    }

    fn description(&self) -> &'static str {
        "How many streams, chunks, entries and bytes a selector means in a period, as the index knows it"
    }

    fn params(&self) -> Vec<Param> {
        let selector = param(
            "match",
            &Type::Utf8,
            true,
            true,
            "a selector of the streams that are meant",
        );
        std::iter::once(selector).chain(period()).collect()
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    placed!();

    fn calls(&self) -> Vec<table::Call> {
        vec![get("index/stats")]
    }

    fn plan(&self, request: &ScanRequest, at: &Loki) -> Result<ScanPlan, Error> {
        let remote = &at.remote();
        let arguments = Arguments::of(&request.arguments);
        if arguments::text(arguments, "match")?.is_none() {
            return Err(Error::invalid_query(
                "expected a selector of streams as `match`, got none",
            )
            .with_hint("write `loki.stats(\"{app=\\\"web\\\"}\")`"));
        }
        let wanted = Wanted::read(request, arguments, remote)?;
        let explain = match wanted.asks.first() {
            Some((Some(selector), _)) => call(&wanted, selector).to_string(),
            _ => "nothing is asked: no cluster is left".to_owned(),
        };
        planned(
            self.name(),
            request,
            Plan {
                partitions: vec![wanted],
                filters: vec![Pushed::NotPushed; request.filters.roots.len()],
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
            let stats: Answer = answer::wait(pending)?.plain()?;
            let cluster = whose.name(&Labels::new());
            records.row(&[
                Cell::Int(stats.streams),
                Cell::Int(stats.chunks),
                Cell::Int(stats.entries),
                Cell::Int(stats.bytes),
                cluster.map_or(Cell::Null, Cell::Text),
            ])?;
        }
        records.flush()
    }
}
