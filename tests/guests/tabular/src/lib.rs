//! A guest that serves the rows of its configuration and takes over as much as the configuration says: filters, order and limit,
//! partial aggregates. With `remote` the rows come from an HTTP API instead, page by page. On request it breaks one rule, each time in
//! one way (`Lie`). It shares nothing with the engine but the contract.

mod filters;
mod groups;
mod lie;
mod order;
mod remote;
mod value;

use std::collections::BTreeMap;
use std::rc::Rc;

use lie::Lie;
use serde::{Deserialize, Serialize};
use trawl_sdk::columns::BatchBuilder;
use trawl_sdk::schema::{self, Type, column};
use trawl_sdk::types::{
    Argument, Column, DataType, Description, EndpointDeclaration, Flow, Method, Operation,
    Placement, Pushed, ScanPlan, ScanRequest, Schema, TableDetail, TableInfo, TablePage,
};
use trawl_sdk::{Error, Output, Session, Source, Transport, plan as token};

use value::{Row, Value};

/// The columns of the only table, `t`.
fn columns() -> [(&'static str, Type); 8] {
    [
        ("k", Type::Utf8),
        ("b", Type::Bool),
        ("n", Type::Int64),
        ("x", Type::Float64),
        ("d", Type::Duration),
        ("ts", Type::Timestamp),
        ("q", Type::Quantity),
        ("labels", Type::map(Type::Utf8)),
    ]
}

/// The plugin.
#[derive(Debug)]
pub struct Tabular;

/// What a connection serves, and what it takes over.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    #[serde(default)]
    rows: Vec<BTreeMap<String, serde_json::Value>>,
    /// Whether the rows are those of the API.
    #[serde(default)]
    remote: bool,
    /// The columns that the table has; none: all.
    #[serde(default)]
    columns: Option<Vec<String>>,
    /// How many partitions a plan has; the rows are dealt out to them in turn.
    #[serde(default)]
    partitions: Option<usize>,
    #[serde(default)]
    takes: Vec<Takes>,
    #[serde(default)]
    lie: Option<Lie>,
}

/// A connection.
pub struct Connection {
    settings: Settings,
    transport: Rc<dyn Transport>,
}

/// Something that it takes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Takes {
    Filters,
    Sort,
    Limit,
    Aggregate,
}

/// One partition of a plan.
#[derive(Debug, Serialize, Deserialize)]
struct Partition {
    number: usize,
    of: usize,
    aggregated: bool,
    sorted: bool,
    limited: bool,
    request: ScanRequest,
}

impl Source for Tabular {
    type Session = Connection;

    fn describe() -> Description {
        Description {
            metadata: Vec::new(),
            description: Some("Rows of a test.".to_owned()),
            name: "tabular".to_owned(),
            version: "0.1.0".to_owned(),
            config_schema: r#"{"type": "object"}"#.to_owned(),
            cluster_key: None,
            endpoints: vec![EndpointDeclaration {
                name: "api".to_owned(),
                kind: "http".to_owned(),
                description: Some(
                    "Where rows come from that the configuration does not have.".to_owned(),
                ),
                operations: vec![Operation {
                    method: Method::Get,
                    path: "/rows".to_owned(),
                    action: None,
                }],
                request_headers: Vec::new(),
                response_headers: Vec::new(),
            }],
        }
    }

    fn open(config: &str, transport: Rc<dyn Transport>) -> Result<Connection, Error> {
        let settings = serde_json::from_str(config).map_err(|error| {
            Error::invalid_config(format!("expected rows and what is taken, got: {error}"))
        })?;
        Ok(Connection {
            settings,
            transport,
        })
    }
}

impl Session for Connection {
    fn tables(&self, _: Option<&str>, _: Option<&str>) -> Result<TablePage, Error> {
        if self.lies(Lie::AsksForTables) {
            // The catalogue has no endpoints; a liar does not care.
            drop(remote::page(&*self.transport, None));
        }
        let table = TableInfo {
            path: vec!["t".to_owned()],
            aliases: Vec::new(),
            params: Vec::new(),
            description: Some("A row of the test.".to_owned()),
        };
        Ok(TablePage {
            tables: vec![table],
            next_cursor: None,
        })
    }

    fn table_schema(&self, _: &[String], _: &[Argument]) -> Result<TableDetail, Error> {
        let wanted = |name: &str| match &self.settings.columns {
            Some(columns) => columns.iter().any(|it| it == name),
            None => true,
        };
        let columns = columns().into_iter().filter(|(name, _)| wanted(name));
        let columns = columns.map(|(name, of)| {
            let column = column(name, of, "");
            match self.lies(Lie::NeverNull) && name == "n" {
                true => column.not_null(),
                false => column,
            }
        });
        Ok(TableDetail {
            metadata: Vec::new(),
            schema: schema::schema(columns),
            placement: match self.settings.lie {
                Some(Lie::Nameless) => Placement::PerRow,
                _ => Placement::Cluster,
            },
            primary_key: Vec::new(),
            required_filters: Vec::new(),
            identity: None,
            notes: Vec::new(),
            description: None,
        })
    }

    fn plan(&self, request: &ScanRequest) -> Result<ScanPlan, Error> {
        let filters: Vec<Pushed> = filters::known(request)
            .into_iter()
            .map(|known| match known && self.takes(Takes::Filters) {
                true => Pushed::Exact,
                false => Pushed::NotPushed,
            })
            .collect();
        let exact = filters.iter().all(|pushed| *pushed == Pushed::Exact);
        let aggregated = request.aggregate.is_some() && exact && self.takes(Takes::Aggregate);
        let sorted = !request.sort.is_empty() && exact && self.takes(Takes::Sort);
        let ordered = sorted || request.sort.is_empty();
        let limited = request.limit.is_some() && exact && ordered && self.takes(Takes::Limit);
        let of = self.settings.partitions.unwrap_or(1).max(1);
        let partitions = (0..of).map(|number| {
            token::token(&Partition {
                number,
                of,
                aggregated,
                sorted,
                limited,
                request: request.clone(),
            })
        });
        let mut plan = ScanPlan {
            schema: Schema {
                fields: columns_out(request, aggregated)
                    .into_iter()
                    .flat_map(|column| column.output)
                    .collect(),
            },
            filters,
            limit: if limited {
                Pushed::Exact
            } else {
                Pushed::NotPushed
            },
            sorted,
            aggregated,
            partitions: partitions.collect::<Result<_, _>>()?,
            estimated_rows: None,
            cost: None,
            explain: explanation(request, aggregated, sorted, limited),
        };
        match self.settings.lie {
            Some(Lie::Schema) if aggregated => drop(plan.schema.fields.pop()),
            Some(Lie::Type) if aggregated => {
                for field in plan.schema.fields.iter_mut().rev().take(1) {
                    field.data_type = DataType::Utf8;
                }
            }
            Some(Lie::Filters) if aggregated => plan.filters.fill(Pushed::Inexact),
            Some(Lie::Unsorted) if sorted => plan.sorted = false,
            Some(Lie::HastyLimit) if limited => plan.filters.fill(Pushed::Inexact),
            _ => {}
        }
        Ok(plan)
    }

    fn scan(&self, token: &str, output: &dyn Output) -> Result<(), Error> {
        let partition: Partition = token::state(token)?;
        let request = &partition.request;
        let all = if self.settings.remote {
            remote::rows(&*self.transport, self.settings.lie)?
        } else {
            self.settings.rows.clone()
        };
        let all = all.iter().map(Row::read);
        let mine = all
            .enumerate()
            .filter(|(at, _)| at % partition.of == partition.number)
            .map(|(_, row)| row);
        let mut rows: Vec<Row> = if self.takes(Takes::Filters) {
            mine.filter(|row| filters::passes(request, row, self.settings.lie))
                .collect()
        } else {
            mine.collect()
        };
        if partition.sorted {
            order::sort(&mut rows, request);
        }
        if self.lies(Lie::Backwards) && partition.sorted {
            rows.reverse();
        }
        if partition.limited {
            let limit = request.limit.and_then(|limit| usize::try_from(limit).ok());
            let limit = limit.unwrap_or(usize::MAX);
            let short = self.lies(Lie::ShortLimit) && request.sort.is_empty();
            rows.truncate(limit.saturating_sub(usize::from(short)));
        }
        let out: Vec<Vec<Value>> = match &request.aggregate {
            Some(aggregate) if partition.aggregated => {
                groups::partial(&rows, request, aggregate, self.settings.lie)
            }
            _ => rows
                .iter()
                .map(|row| request.projection.iter().map(|it| row.get(it)).collect())
                .collect(),
        };
        let out = match self.settings.lie {
            Some(Lie::AloneIsOther) => lie::others(out, request),
            _ => out,
        };
        let columns = columns_out(request, partition.aggregated);
        if self.settings.remote {
            // A page at a time, as who reads pages gives them.
            for rows in out.chunks(remote::PAGE_ROWS) {
                if push(rows, &columns, output)? == Flow::Stop && !self.lies(Lie::GoesOn) {
                    return Ok(());
                }
            }
            return Ok(());
        }
        push(&out, &columns, output).map(drop)
    }
}

impl Connection {
    fn takes(&self, what: Takes) -> bool {
        self.settings.takes.contains(&what)
    }

    fn lies(&self, how: Lie) -> bool {
        self.settings.lie == Some(how)
    }
}

/// The columns that go out.
fn columns_out(request: &ScanRequest, aggregated: bool) -> Vec<Column> {
    match &request.aggregate {
        Some(aggregate) if aggregated => {
            let keys = aggregate.group_by.iter();
            let keys = keys
                .filter_map(|key| referred(request, key.column))
                .cloned();
            let calls = aggregate.calls.iter().map(|call| Column {
                name: call.output.name.clone(),
                path: Vec::new(),
                output: vec![call.output.clone()],
            });
            keys.chain(calls).collect()
        }
        _ => request.projection.clone(),
    }
}

/// A column that the request refers to.
fn referred(request: &ScanRequest, at: u32) -> Option<&Column> {
    request.refs.get(usize::try_from(at).ok()?)
}

fn explanation(request: &ScanRequest, aggregated: bool, sorted: bool, limited: bool) -> String {
    let name = |at: u32| {
        let column = referred(request, at).and_then(|column| column.output.first());
        column.map_or("?", |field| field.name.as_str()).to_owned()
    };
    let mut said = vec!["rows".to_owned()];
    if let Some(aggregate) = request.aggregate.as_ref().filter(|_| aggregated) {
        let calls: Vec<&str> = aggregate
            .calls
            .iter()
            .map(|call| call.output.name.as_str())
            .collect();
        let keys = aggregate.group_by.iter().map(|key| match key.bin_ns {
            Some(width) => format!("{} by {width} ns", name(key.column)),
            None => name(key.column),
        });
        let keys: Vec<String> = keys.collect();
        said = vec![format!(
            "groups of [{}]: [{}]",
            keys.join(", "),
            calls.join(", ")
        )];
    }
    if sorted {
        let keys = request.sort.iter().map(|key| {
            let direction = if key.descending { "desc" } else { "asc" };
            format!("{} {direction}", name(key.column))
        });
        said.push(format!(
            "in order of {}",
            keys.collect::<Vec<_>>().join(", ")
        ));
    }
    if limited {
        said.push(format!("at most {}", request.limit.unwrap_or_default()));
    }
    said.join(", ")
}

fn push(rows: &[Vec<Value>], columns: &[Column], output: &dyn Output) -> Result<Flow, Error> {
    let mut batch = BatchBuilder::new(columns)?;
    let mut flow = Flow::More;
    for row in rows {
        for (column, value) in batch.columns_mut().iter_mut().zip(row) {
            value.append(column)?;
        }
        batch.end_row()?;
        if batch.is_full()
            && let Some(payload) = batch.finish()
        {
            flow = output.push(payload)?;
            if flow == Flow::Stop {
                return Ok(flow);
            }
        }
    }
    if let Some(payload) = batch.finish() {
        flow = output.push(payload)?;
    }
    Ok(flow)
}

trawl_sdk::export_source!(Tabular);
