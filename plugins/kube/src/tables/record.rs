//! Owns the way from a record that the plugin made itself to a row; refuses JSON objects of the API, which are `rows`'.

use std::collections::BTreeMap;

use serde::Serialize;
use trawl_sdk::columns::{BatchBuilder, ColumnBuilder, Scalar};
use trawl_sdk::json::append_path;
use trawl_sdk::schema::{self, ColumnSpec, Type};
use trawl_sdk::types::{Column, Flow, PathStep};
use trawl_sdk::{Error, Output};

/// A column of such a table.
pub(crate) struct Field {
    pub(super) name: &'static str,
    /// Its type; a function, since types are trees.
    pub(super) of: fn() -> Type,
    pub(super) description: &'static str,
    pub(super) not_null: bool,
}

impl Field {
    /// A column that may be null.
    pub(super) const fn new(
        name: &'static str,
        of: fn() -> Type,
        description: &'static str,
    ) -> Self {
        Self {
            name,
            of,
            description,
            not_null: false,
        }
    }

    /// Promises a value in every row.
    pub(super) const fn not_null(mut self) -> Self {
        self.not_null = true;
        self
    }

    /// The column for the schema.
    pub(super) fn spec(&self) -> ColumnSpec {
        let spec = schema::column(self.name, (self.of)(), self.description);
        if self.not_null { spec.not_null() } else { spec }
    }
}

/// One value of a record.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Cell<'v> {
    Null,
    Bool(bool),
    Int(i64),
    Text(&'v str),
    /// Nanoseconds since the epoch.
    TimestampNs(i64),
    Texts(&'v [String]),
    Map(&'v BTreeMap<String, String>),
}

impl<'v> Cell<'v> {
    /// A text that may be missing.
    pub(super) fn text(text: &'v Option<String>) -> Self {
        text.as_deref().map_or(Self::Null, Self::Text)
    }
}

/// Where an output column's values come from.
struct Origin {
    /// Index of the field.
    field: usize,
    path: Vec<PathStep>,
}

/// Fills batches with records and pushes them.
pub(super) struct Records<'o> {
    fields: &'static [Field],
    origins: Vec<Origin>,
    batch: BatchBuilder,
    output: &'o dyn Output,
    /// Rows still wanted; none: all.
    left: Option<u64>,
    count: u64,
    stopped: bool,
}

/// Refuses a projection that no record could fill.
pub(super) fn check(fields: &[Field], table: &str, projection: &[Column]) -> Result<(), Error> {
    BatchBuilder::new(projection)?;
    projection
        .iter()
        .try_for_each(|column| origin(fields, table, column).map(drop))
}

fn origin(fields: &[Field], table: &str, column: &Column) -> Result<Origin, Error> {
    let field = fields.iter().position(|field| field.name == column.name);
    let field = field.ok_or_else(|| {
        let names: Vec<_> = fields.iter().map(|field| field.name).collect();
        Error::invalid_query(format!(
            "expected a column of `{table}` ({}), got `{}`",
            names.join(", "),
            column.name
        ))
    })?;
    Ok(Origin {
        field,
        path: column.path.clone(),
    })
}

impl<'o> Records<'o> {
    /// Rows of `projection`, at most `limit` of them.
    pub(super) fn new(
        table: &dyn super::Table,
        projection: &[Column],
        limit: Option<u64>,
        output: &'o dyn Output,
    ) -> Result<Self, Error> {
        let fields = table.fields();
        Ok(Self {
            fields,
            origins: projection
                .iter()
                .map(|column| origin(fields, table.name(), column))
                .collect::<Result<_, _>>()?,
            batch: BatchBuilder::new(projection)?,
            output,
            left: limit,
            count: 0,
            stopped: limit == Some(0),
        })
    }

    /// Whether one of these columns goes out.
    pub(super) fn wants(&self, names: &[&str]) -> bool {
        self.origins.iter().any(|origin| {
            let field = self.fields.get(origin.field);
            field.is_some_and(|field| names.contains(&field.name))
        })
    }

    /// Rows still wanted; none: all.
    pub(super) fn left(&self) -> Option<u64> {
        self.left
    }

    /// Whether no more rows are wanted.
    pub(super) fn stopped(&self) -> bool {
        self.stopped
    }

    /// Wants no more rows.
    pub(super) fn stop(&mut self) {
        self.stopped = true;
    }

    /// Rows so far.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Puts out one record: a cell for each field of the table, in their order.
    pub(super) fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), Error> {
        for (column, origin) in self.batch.columns_mut().iter_mut().zip(&self.origins) {
            let cell = cells.get(origin.field).copied().unwrap_or(Cell::Null);
            append(column, cell, &origin.path)?;
        }
        self.batch.end_row()?;
        self.count = self.count.saturating_add(1);
        if let Some(left) = &mut self.left {
            *left = left.saturating_sub(1);
            self.stopped |= *left == 0;
        }
        if self.batch.is_full() {
            self.flush()?;
        }
        Ok(())
    }

    /// Pushes what there is.
    pub(super) fn flush(&mut self) -> Result<(), Error> {
        if let Some(batch) = self.batch.finish() {
            self.stopped |= self.output.push(batch)? == Flow::Stop;
        }
        Ok(())
    }
}

fn append(column: &mut ColumnBuilder, cell: Cell<'_>, path: &[PathStep]) -> Result<(), Error> {
    match (cell, path) {
        (Cell::Map(map), []) if column.is_map() => {
            column.append_map(map.iter().map(|(k, v)| (k.as_str(), Scalar::Str(v))))
        }
        (Cell::Map(map), [PathStep::Key(key)]) => {
            column.append(map.get(key).map_or(Scalar::Null, |v| Scalar::Str(v)))
        }
        (Cell::Texts(texts), []) if column.is_list() => column
            .append_list(texts.len(), |item, index| {
                item.append(texts.get(index).map_or(Scalar::Null, |v| Scalar::Str(v)))
            }),
        // Asked for as JSON, or a part of it.
        (Cell::Map(map), path) => append_path(column, &json(map)?, path),
        (Cell::Texts(texts), path) => append_path(column, &json(texts)?, path),
        (_, [_, ..]) | (Cell::Null, _) => column.append_null(),
        (Cell::Bool(value), []) => column.append(Scalar::Bool(value)),
        (Cell::Int(value), []) => column.append(Scalar::Int(value)),
        (Cell::Text(value), []) => column.append(Scalar::Str(value)),
        (Cell::TimestampNs(value), []) => column.append(Scalar::TimestampNs(value)),
    }
}

fn json<T: Serialize + ?Sized>(value: &T) -> Result<String, Error> {
    serde_json::to_string(value)
        .map_err(|e| Error::internal(format!("a value of a row became no JSON: {e}")))
}
