//! Owns the table `logs`: entries of streams, by conditions or by a LogQL text. Refuses a query that names no streams.

use serde::{Deserialize, Serialize};
use trawl_sdk::records::{Cell, Field, Records};
use trawl_sdk::schema::{self, Type, param};
use trawl_sdk::table::{self, Arguments, Table};
use trawl_sdk::types::{Argument, Column, Gap, Param, ScanPlan, ScanRequest};
use trawl_sdk::{Error, Output};

use super::{CLUSTER, Plan, get, moment, own_limit, placed, planned, state, text, text_map};
use crate::Loki;
use crate::api::Remote;
use crate::arguments::{self, period};
use crate::conditions::{self, Conditions, LEVEL, Room};
use crate::config::Columns;
use crate::logql::{self, Kind};
use crate::pages::{self, Asked, Seen, Sink};
use crate::shares::{self, Whose};
use crate::window::{self, SECOND, Window};

/// The table.
pub(super) struct Logs;

/// Its name, which is that of the default table's tokens for entries too.
const NAME: &str = "logs";

pub(super) const FIELDS: &[Field] = &[
    Field::new(
        "timestamp",
        moment,
        "When it was logged, UTC; the last hour by default",
    )
    .not_null(),
    Field::new(
        "line",
        text,
        "What was logged, or what the query made of it",
    )
    .not_null(),
    Field::new(
        "level",
        text,
        "The level that Loki found (3.0 and later): debug, info, warn, error, fatal, unknown …; the metadata detected_level",
    ),
    Field::new(
        "service",
        text,
        "The stream label service_name, or that of the configuration",
    ),
    Field::new(
        "namespace",
        text,
        "The stream label namespace, or that of the configuration",
    ),
    Field::new(
        "pod",
        text,
        "The stream label pod, or that of the configuration",
    ),
    Field::new(
        "container",
        text,
        "The stream label container, or that of the configuration",
    ),
    Field::new("labels", text_map, "The stream's labels").not_null(),
    Field::new("metadata", text_map, "The entry's structured metadata").not_null(),
    Field::new(
        "parsed",
        text_map,
        "What the query's parsers found in the line",
    )
    .not_null(),
    CLUSTER,
];

/// Columns that are stream labels: Loki wants a condition on one of them, which is said where the conditions are read. The time is
/// among them for the host alone: what is required is offered always, also by `--verify-pushdown`, and without its conditions on
/// `timestamp` this would be a table of the last hour.
const STREAM_COLUMNS: &[&str] = &[
    "labels",
    "service",
    "namespace",
    "pod",
    "container",
    "timestamp",
];

/// Parts of a range that are read at once. Loki works at 32 parts of a tenant's queries at once (max_query_parallelism), splits each
/// range itself, and others want some of it.
const MAX_PARTS: u32 = 4;

/// The least width of a part: below it a part costs more than it saves.
const LEAST_PART: i64 = 5 * 60 * SECOND;

/// What a partition reads.
#[derive(Serialize, Deserialize)]
struct Wanted {
    projection: Vec<Column>,
    columns: Columns,
    asks: Vec<Ask>,
    window: Window,
    backward: bool,
    page: u64,
    limit: Option<u64>,
    /// Whether it is told that nobody said from when on.
    defaulted: bool,
}

/// One query, and whose its entries are.
#[derive(Clone, Serialize, Deserialize)]
struct Ask {
    query: String,
    whose: Whose,
}

/// The arguments of tables that read entries.
pub(super) fn params() -> Vec<Param> {
    let query = param(
        "query",
        &Type::Utf8,
        false,
        true,
        "LogQL that gives entries; bound values are escaped. Without it, conditions select the streams",
    );
    std::iter::once(query).chain(period()).collect()
}

impl Table<Loki> for Logs {
    fn name(&self) -> &'static str {
        NAME
    }

    fn description(&self) -> &'static str {
        "Log entries, selected by conditions on labels or by a LogQL text"
    }

    fn params(&self) -> Vec<Param> {
        params()
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    placed!();

    fn required_filters(&self, arguments: &[Argument]) -> Vec<Vec<&'static str>> {
        required(arguments)
    }

    fn calls(&self) -> Vec<table::Call> {
        vec![get("query_range")]
    }

    fn plan(&self, request: &ScanRequest, at: &Loki) -> Result<ScanPlan, Error> {
        let remote = &at.remote();
        let arguments = Arguments::of(&request.arguments);
        plan(request, arguments, remote)
    }

    fn scan(&self, token: &str, at: &Loki, output: &dyn Output) -> Result<(), Error> {
        let remote = &at.remote();
        scan(token, remote, output)
    }
}

/// The conditions that are required, given these arguments.
pub(super) fn required(arguments: &[Argument]) -> Vec<Vec<&'static str>> {
    if Arguments::of(arguments).has("query") {
        Vec::new()
    } else {
        vec![STREAM_COLUMNS.to_vec()]
    }
}

/// The queries for a request: one, or one for each cluster where the text does not let the label through.
fn asks(
    text: Option<&str>,
    conditions: &Conditions,
    request: &ScanRequest,
    remote: &Remote<'_>,
) -> Result<Vec<Ask>, Error> {
    let Some(text) = text else {
        if !conditions.selection.is_bounded() {
            return Err(Error::invalid_query(
                "expected a condition that names the streams, such as `labels.app == \"web\"`, got none that Loki can take",
            )
            .with_hint(
                "compare a label, or `service`, `namespace`, `pod` or `container`, with a text that is not empty, or write `loki(\"{app=~\\\".+\\\"}\")`",
            ));
        }
        let Some(share) = shares::together(remote.config, request) else {
            return Ok(Vec::new());
        };
        let mut selection = conditions.selection.clone();
        share.matcher.into_iter().for_each(|it| selection.add(it));
        return Ok(vec![Ask {
            query: selection.logql(),
            whose: share.whose,
        }]);
    };
    if logql::kind(text) == Kind::Samples {
        return Err(Error::invalid_query(
            "expected LogQL that gives entries, which begins with a selector, got one that gives samples",
        )
        .with_hint("write `loki.samples(\"…\")` for samples"));
    }
    let stages = conditions.selection.stages();
    let text = stages.fold(text.to_owned(), |text, stage| {
        logql::with_stage(&text, stage)
    });
    let ask = |share: shares::Share| Ask {
        query: match &share.matcher {
            Some(matcher) => logql::restrict(&text, matcher),
            None => text.clone(),
        },
        whose: share.whose,
    };
    let all = shares::each(remote.config, request);
    Ok(all.into_iter().map(ask).collect())
}

/// Whether the order that is asked for is one of Loki's, and then whether it is backward.
fn order(request: &ScanRequest) -> (bool, bool) {
    let [key] = request.sort.as_slice() else {
        return (false, true);
    };
    let column = usize::try_from(key.column)
        .ok()
        .and_then(|index| request.refs.get(index));
    let by_time = column.is_some_and(|column| {
        column.name == "timestamp" && trawl_sdk::filter::is_timestamp(column)
    });
    (by_time, !by_time || key.descending)
}

/// How entries are read.
///
/// # Errors
/// `invalid-query` when no streams are named, or the time makes no sense.
pub(super) fn plan(
    request: &ScanRequest,
    arguments: Arguments<'_>,
    remote: &Remote<'_>,
) -> Result<ScanPlan, Error> {
    let text = arguments::text(arguments, "query")?;
    let room = match &text {
        None => Room::Everywhere,
        Some(text) if logql::takes_stages(text) => Room::AtItsEnd,
        Some(_) => Room::Nowhere,
    };
    let conditions = conditions::read(request, &remote.config.columns, room);
    let (window, defaulted) = window::Asked {
        conditions: conditions.time,
        start: arguments.timestamp_ns("start")?,
        end: arguments.timestamp_ns("end")?,
    }
    .window(request.now_ns)?;
    let asks = asks(text.as_deref(), &conditions, request, remote)?;

    let (ordered, backward) = order(request);
    let at_most = usize::try_from(request.max_partitions.max(1)).unwrap_or(usize::MAX);
    // Where there are more queries than partitions, some share one, and are one behind the other.
    let groups: Vec<&[Ask]> = asks.chunks(asks.len().div_ceil(at_most).max(1)).collect();
    let sorted = ordered && groups.iter().all(|group| group.len() == 1);
    let limit = own_limit(
        request,
        conditions.are_exact() && (request.sort.is_empty() || sorted),
    );
    let room = u32::try_from(at_most / groups.len().max(1)).unwrap_or(1);
    let parts = match limit {
        // The first rows are in the first part: the others would be read for nothing.
        Some(_) => vec![window],
        None => window.parts(room.clamp(1, MAX_PARTS), LEAST_PART),
    };
    let mut partitions = Vec::new();
    for group in &groups {
        for part in &parts {
            partitions.push(Wanted {
                projection: schema::undescribed(&request.projection),
                columns: remote.config.columns.clone(),
                asks: group.to_vec(),
                window: *part,
                backward,
                page: remote.config.page_size,
                limit,
                defaulted: defaulted && partitions.is_empty(),
            });
        }
    }
    if window.is_empty() {
        partitions.clear();
    }
    let explain = explain(&partitions);
    planned(
        NAME,
        request,
        Plan {
            partitions,
            filters: conditions.pushed,
            limited: limit.is_some(),
            sorted,
            explain,
        },
    )
}

fn explain(partitions: &[Wanted]) -> String {
    let first = partitions.first();
    let Some((wanted, ask)) = first.and_then(|it| Some((it, it.asks.first()?))) else {
        return "nothing is asked: the conditions leave no time, or no cluster".to_owned();
    };
    let asked = Asked {
        query: &ask.query,
        window: wanted.window,
        backward: wanted.backward,
        page: wanted.page,
    };
    let limit = wanted
        .limit
        .map_or(wanted.page, |limit| limit.min(wanted.page));
    let call = pages::call(&asked, wanted.window, limit.max(1));
    let queries: usize = partitions.iter().map(|wanted| wanted.asks.len()).sum();
    match queries {
        1 => call.to_string(),
        count => format!("{call} (the first of {count} parts)"),
    }
}

/// Reads a partition's entries.
///
/// # Errors
/// What Loki answers.
pub(super) fn scan(token: &str, remote: &Remote<'_>, output: &dyn Output) -> Result<(), Error> {
    let wanted: Wanted = state(token)?;
    if wanted.defaulted {
        output.report(Gap::Note, None, window::DEFAULTED);
    }
    let mut rows = Rows {
        records: Records::new(FIELDS, NAME, &wanted.projection, wanted.limit, output)?,
        columns: &wanted.columns,
        whose: &Whose::Connection,
    };
    for ask in &wanted.asks {
        rows.whose = &ask.whose;
        let asked = Asked {
            query: &ask.query,
            window: wanted.window,
            backward: wanted.backward,
            page: wanted.page,
        };
        pages::read(&asked, remote, &mut rows, output)?;
    }
    rows.flush()
}

/// Entries as rows.
struct Rows<'r, 'o> {
    records: Records<'o>,
    columns: &'r Columns,
    whose: &'r Whose,
}

impl Sink for Rows<'_, '_> {
    fn left(&self) -> Option<u64> {
        self.records.left()
    }

    fn stopped(&self) -> bool {
        self.records.stopped()
    }

    fn entry(&mut self, entry: &Seen<'_>) -> Result<(), Error> {
        let label = |name: &str| match entry.labels.get(name) {
            Some(value) => Cell::Text(value),
            None => Cell::Null,
        };
        let level = entry.metadata.get(LEVEL);
        self.records.row(&[
            Cell::TimestampNs(entry.at),
            Cell::Text(entry.line),
            level.map_or(Cell::Null, |level| Cell::Text(level)),
            label(&self.columns.service),
            label(&self.columns.namespace),
            label(&self.columns.pod),
            label(&self.columns.container),
            Cell::Map(entry.labels),
            Cell::Map(entry.metadata),
            Cell::Map(entry.parsed),
            self.whose.name(entry.labels).map_or(Cell::Null, Cell::Text),
        ])
    }

    fn flush(&mut self) -> Result<(), Error> {
        self.records.flush()
    }
}
