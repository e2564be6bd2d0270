//! Owns the table `labels`: the names of stream labels. Refuses their values, which are a table of their own.

use serde::{Deserialize, Serialize};
use trawl_sdk::records::{Cell, Field, Records};
use trawl_sdk::schema::{self, Type, param};
use trawl_sdk::table::{self, Arguments, Table};
use trawl_sdk::types::{Column, Gap, Param, Pushed, ScanPlan, ScanRequest};
use trawl_sdk::{Error, Output};

use super::{CLUSTER, Plan, get, placed, planned, state, text};
use crate::Loki;
use crate::answer;
use crate::api::{Call, Remote};
use crate::arguments::{self, period};
use crate::logql;
use crate::shares::{self, Share, Whose};
use crate::window::{self, Window};

/// The table.
pub(super) struct LabelNames;

const FIELDS: &[Field] = &[
    Field::new("name", text, "The label's name").not_null(),
    CLUSTER,
];

/// What a partition of a table about streams reads.
#[derive(Serialize, Deserialize)]
pub(super) struct Wanted {
    pub(super) projection: Vec<Column>,
    pub(super) window: Window,
    /// Selectors, and whose the streams are; without a selector all streams.
    pub(super) asks: Vec<(Option<String>, Whose)>,
    /// Whether the streams of no cluster were wanted and cannot be asked for.
    untold: bool,
}

impl Wanted {
    /// From the arguments `match`, `start` and `end`.
    pub(super) fn read(
        request: &ScanRequest,
        arguments: Arguments<'_>,
        remote: &Remote<'_>,
    ) -> Result<Self, Error> {
        let selector = arguments::text(arguments, "match")?;
        let all = shares::each(remote.config, request);
        let count = all.len();
        // Loki takes no selector that only leaves values out, so that streams of no cluster cannot be asked for by themselves.
        let told = |share: &Share| selector.is_some() || share.whose != Whose::One(None);
        let asks: Vec<_> = all
            .into_iter()
            .filter(told)
            .map(|share| {
                let query = match (&selector, &share.matcher) {
                    (Some(selector), Some(matcher)) => Some(logql::restrict(selector, matcher)),
                    (None, Some(matcher)) => Some(format!("{{{matcher}}}")),
                    (selector, None) => selector.clone(),
                };
                (query, share.whose)
            })
            .collect();
        let asked = window::Asked {
            start: arguments.timestamp_ns("start")?,
            end: arguments.timestamp_ns("end")?,
            ..window::Asked::default()
        };
        Ok(Self {
            projection: schema::undescribed(&request.projection),
            window: asked.window(request.now_ns)?.0,
            untold: asks.len() < count,
            asks,
        })
    }

    /// Says what is not asked for.
    pub(super) fn report(&self, output: &dyn Output) {
        if self.untold {
            output.report(
                Gap::Note,
                None,
                "streams of no cluster are left out: Loki tells them apart only with `match`",
            );
        }
    }

    /// A call about the period.
    pub(super) fn of(&self, call: Call) -> Call {
        let (start, end) = self.window.parameters();
        call.with("start", start).with("end", end)
    }
}

/// The arguments of such a table.
pub(super) fn params() -> Vec<Param> {
    let selector = param(
        "match",
        &Type::Utf8,
        false,
        false,
        "a selector of the streams that are meant; all by default",
    );
    std::iter::once(selector).chain(period()).collect()
}

fn call(wanted: &Wanted, selector: Option<&str>) -> Call {
    wanted.of(Call::of(["labels"])).with_some("query", selector)
}

impl Table<Loki> for LabelNames {
    fn name(&self) -> &'static str {
        "labels"
    }

    fn description(&self) -> &'static str {
        "Names of the labels that streams had in a period"
    }

    fn params(&self) -> Vec<Param> {
        params()
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    placed!();

    fn primary_key(&self) -> &'static [&'static str] {
        &["name"]
    }

    fn calls(&self) -> Vec<table::Call> {
        vec![get("labels")]
    }

    fn plan(&self, request: &ScanRequest, at: &Loki) -> Result<ScanPlan, Error> {
        let remote = &at.remote();
        let arguments = Arguments::of(&request.arguments);
        let wanted = Wanted::read(request, arguments, remote)?;
        let first = wanted.asks.first().map(|(query, _)| query.as_deref());
        let explain = call(&wanted, first.flatten()).to_string();
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
        wanted.report(output);
        let mut records = Records::new(FIELDS, self.name(), &wanted.projection, None, output)?;
        for (selector, whose) in &wanted.asks {
            let pending = call(&wanted, selector.as_deref()).start(remote)?;
            for name in answer::wait(pending)?.list::<String>(output)? {
                let cluster = whose.name(&answer::Labels::new());
                records.row(&[Cell::Text(&name), cluster.map_or(Cell::Null, Cell::Text)])?;
            }
        }
        records.flush()
    }
}
