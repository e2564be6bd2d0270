//! A guest that serves the rows of its configuration and takes over as much as the configuration says: filters, order and limit,
//! partial aggregates. On request it lies about these, each time in one way. It shares nothing with the engine but the contract.

mod filters;
mod groups;
mod order;
mod value;

use std::collections::BTreeMap;
use std::rc::Rc;

use serde::{Deserialize, Serialize};
use trawl_sdk::columns::BatchBuilder;
use trawl_sdk::schema::{self, Type, column};
use trawl_sdk::types::{
    Argument, Column, DataType, Description, Flow, Placement, Pushed, ScanPlan, ScanRequest,
    Schema, TableDetail, TableInfo, TablePage,
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
pub struct Connection {
    #[serde(default)]
    rows: Vec<BTreeMap<String, serde_json::Value>>,
    /// How many partitions a plan has; the rows are dealt out to them in turn.
    #[serde(default)]
    partitions: Option<usize>,
    #[serde(default)]
    takes: Vec<Takes>,
    #[serde(default)]
    lie: Option<Lie>,
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

/// What is wrong with its partial results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Lie {
    /// Each row is a group of its own: legal, since partial results are merged.
    Duplicates,
    /// Groups that are not there, with no rows: legal too.
    EmptyGroups,
    /// Counts are below zero.
    NegativeCounts,
    /// Counts are as large as they can be.
    HugeCounts,
    /// The plan's schema has a column less.
    Schema,
    /// A sum goes out as another type.
    Type,
    /// The plan says that it aggregates and that it checks no filter.
    Filters,
    /// The plan takes the limit without the order.
    Unsorted,
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
            description: None,
            name: "tabular".to_owned(),
            version: "0.1.0".to_owned(),
            config_schema: "{}".to_owned(),
            cluster_key: None,
            endpoints: Vec::new(),
        }
    }

    fn open(config: &str, _: Rc<dyn Transport>) -> Result<Connection, Error> {
        serde_json::from_str(config).map_err(|error| {
            Error::invalid_config(format!("expected rows and what is taken, got: {error}"))
        })
    }
}

impl Session for Connection {
    fn tables(&self, _: Option<&str>, _: Option<&str>) -> Result<TablePage, Error> {
        let table = TableInfo {
            path: vec!["t".to_owned()],
            aliases: Vec::new(),
            params: Vec::new(),
            description: None,
        };
        Ok(TablePage {
            tables: vec![table],
            next_cursor: None,
        })
    }

    fn table_schema(&self, _: &[String], _: &[Argument]) -> Result<TableDetail, Error> {
        let columns = columns().map(|(name, of)| column(name, of, ""));
        Ok(TableDetail {
            metadata: Vec::new(),
            schema: schema::schema(columns),
            placement: Placement::Cluster,
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
        let of = self.partitions.unwrap_or(1).max(1);
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
        match self.lie {
            Some(Lie::Schema) if aggregated => drop(plan.schema.fields.pop()),
            Some(Lie::Type) if aggregated => {
                for field in plan.schema.fields.iter_mut().rev().take(1) {
                    field.data_type = DataType::Utf8;
                }
            }
            Some(Lie::Filters) if aggregated => plan.filters.fill(Pushed::Inexact),
            Some(Lie::Unsorted) if sorted => plan.sorted = false,
            _ => {}
        }
        Ok(plan)
    }

    fn scan(&self, token: &str, output: &dyn Output) -> Result<(), Error> {
        let partition: Partition = token::state(token)?;
        let request = &partition.request;
        let all = self.rows.iter().map(Row::read);
        let mine = all
            .enumerate()
            .filter(|(at, _)| at % partition.of == partition.number)
            .map(|(_, row)| row);
        let mut rows: Vec<Row> = if self.takes(Takes::Filters) {
            mine.filter(|row| filters::passes(request, row)).collect()
        } else {
            mine.collect()
        };
        if partition.sorted {
            order::sort(&mut rows, request);
        }
        if partition.limited {
            let limit = request.limit.and_then(|limit| usize::try_from(limit).ok());
            rows.truncate(limit.unwrap_or(usize::MAX));
        }
        let out: Vec<Vec<Value>> = match &request.aggregate {
            Some(aggregate) if partition.aggregated => {
                groups::partial(&rows, request, aggregate, self.lie)
            }
            _ => rows
                .iter()
                .map(|row| request.projection.iter().map(|it| row.get(it)).collect())
                .collect(),
        };
        push(&out, &columns_out(request, partition.aggregated), output)
    }
}

impl Connection {
    fn takes(&self, what: Takes) -> bool {
        self.takes.contains(&what)
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

fn push(rows: &[Vec<Value>], columns: &[Column], output: &dyn Output) -> Result<(), Error> {
    let mut batch = BatchBuilder::new(columns)?;
    for row in rows {
        for (column, value) in batch.columns_mut().iter_mut().zip(row) {
            value.append(column)?;
        }
        batch.end_row()?;
        if batch.is_full()
            && let Some(payload) = batch.finish()
            && output.push(payload)? == Flow::Stop
        {
            return Ok(());
        }
    }
    if let Some(payload) = batch.finish() {
        output.push(payload)?;
    }
    Ok(())
}

trawl_sdk::export_source!(Tabular);
