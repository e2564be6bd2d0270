//! Owns the way from records that a plugin has in its hands to rows of a table with fixed columns; refuses the remote's JSON
//! objects as they came, which are [`crate::json`]'s.

use std::collections::BTreeMap;

use crate::Output;
use crate::columns::{BatchBuilder, ColumnBuilder, Scalar};
use crate::json::append_path;
use crate::schema::{self, ColumnSpec, Type};
use crate::table::{Row, Value};
use crate::types::{Column, Error, Flow, PathStep, ProgressReport};
use serde::Serialize;

/// A column of such a table.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    name: &'static str,
    /// A function, since types are trees.
    of: fn() -> Type,
    description: &'static str,
    not_null: bool,
    shape: Option<&'static str>,
}

impl Field {
    /// A column of the type of a struct's field; it may be null when the field is an `Option`.
    pub const fn of<T: Value>(name: &'static str, description: &'static str) -> Self {
        Self {
            name,
            of: T::column_type,
            description,
            not_null: !T::NULLABLE,
            shape: None,
        }
    }

    /// A column that may be null.
    pub const fn new(name: &'static str, of: fn() -> Type, description: &'static str) -> Self {
        Self {
            name,
            of,
            description,
            not_null: false,
            shape: None,
        }
    }

    /// Promises a value in every row.
    #[must_use]
    pub const fn not_null(mut self) -> Self {
        self.not_null = true;
        self
    }

    /// Says what is known of a JSON column's documents; see [`ColumnSpec::shape`].
    #[must_use]
    pub const fn shaped(mut self, shape: &'static str) -> Self {
        self.shape = Some(shape);
        self
    }

    /// Its name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The column for the schema.
    pub fn spec(&self) -> ColumnSpec {
        let spec = schema::column(self.name, (self.of)(), self.description);
        let spec = match self.shape {
            Some(shape) => spec.shape(shape),
            None => spec,
        };
        if self.not_null { spec.not_null() } else { spec }
    }
}

/// One value of a record.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'v> {
    /// No value.
    Null,
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A real number.
    Float(f64),
    /// A text.
    Text(&'v str),
    /// Nanoseconds since the epoch.
    TimestampNs(i64),
    /// Nanoseconds.
    DurationNs(i64),
    /// A list of texts.
    Texts(&'v [String]),
    /// Texts by their names.
    Map(&'v BTreeMap<String, String>),
    /// One JSON document.
    Json(&'v str),
}

impl<'v> Cell<'v> {
    /// A text that may be missing.
    pub fn text(text: &'v Option<String>) -> Self {
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
pub struct Records<'o> {
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
pub fn check(fields: &[Field], table: &str, projection: &[Column]) -> Result<(), Error> {
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
    /// Rows of `projection` of the table named `table`, at most `limit` of them.
    ///
    /// # Errors
    /// As [`check`].
    pub fn new(
        fields: &'static [Field],
        table: &str,
        projection: &[Column],
        limit: Option<u64>,
        output: &'o dyn Output,
    ) -> Result<Self, Error> {
        Ok(Self {
            fields,
            origins: projection
                .iter()
                .map(|column| origin(fields, table, column))
                .collect::<Result<_, _>>()?,
            batch: BatchBuilder::new(projection)?,
            output,
            left: limit,
            count: 0,
            stopped: limit == Some(0),
        })
    }

    /// Whether one of these columns goes out.
    pub fn wants(&self, names: &[&str]) -> bool {
        self.origins.iter().any(|origin| {
            let field = self.fields.get(origin.field);
            field.is_some_and(|field| names.contains(&field.name))
        })
    }

    /// Rows still wanted; none: all.
    pub fn left(&self) -> Option<u64> {
        self.left
    }

    /// Whether no more rows are wanted.
    pub fn stopped(&self) -> bool {
        self.stopped
    }

    /// Wants no more rows.
    pub fn stop(&mut self) {
        self.stopped = true;
    }

    /// Rows so far.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Puts out one record: a cell for each field of the table, in their order.
    ///
    /// # Errors
    /// When a cell that says so is no JSON, a buffer is full, or the host does not take the batch.
    pub fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), Error> {
        self.write(|field, column, path| {
            let cell = cells.get(field).copied().unwrap_or(Cell::Null);
            append(column, cell, path)
        })
    }

    /// Puts out one row of a struct with `#[derive(Table)]`, whose fields are the table's.
    ///
    /// # Errors
    /// As [`row`](Self::row).
    pub fn put<R: Row>(&mut self, row: &R) -> Result<(), Error> {
        self.write(|field, column, path| row.append(field, column, path))
    }

    /// Fills each column that is wanted by the index of its field and the path in it, and ends the row.
    fn write(
        &mut self,
        mut append: impl FnMut(usize, &mut ColumnBuilder, &[PathStep]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        for (column, origin) in self.batch.columns_mut().iter_mut().zip(&self.origins) {
            append(origin.field, column, &origin.path)?;
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

    /// Where the rows go.
    pub fn output(&self) -> &'o dyn Output {
        self.output
    }

    /// Says how far it is, and learns whether more rows are wanted: for scans whose batches fill slowly.
    pub fn progress(&mut self) {
        let report = ProgressReport {
            rows_read: self.count,
            bytes_read: 0,
            done: None,
        };
        self.stopped |= self.output.progress(report) == Flow::Stop;
    }

    /// Pushes what there is.
    ///
    /// # Errors
    /// When the host does not take it.
    pub fn flush(&mut self) -> Result<(), Error> {
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
        (Cell::Json(text), path) => append_path(column, text, path),
        (_, [_, ..]) | (Cell::Null, _) => column.append_null(),
        (Cell::Bool(value), []) => column.append(Scalar::Bool(value)),
        (Cell::Int(value), []) => column.append(Scalar::Int(value)),
        (Cell::Float(value), []) => column.append(Scalar::Float(value)),
        (Cell::Text(value), []) => column.append(Scalar::Str(value)),
        (Cell::TimestampNs(value), []) => column.append(Scalar::TimestampNs(value)),
        (Cell::DurationNs(value), []) => column.append(Scalar::DurationNs(value)),
    }
}

fn json<T: Serialize + ?Sized>(value: &T) -> Result<String, Error> {
    serde_json::to_string(value)
        .map_err(|e| Error::internal(format!("a value of a row became no JSON: {e}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{projected, request_column, request_path};
    use crate::testing::Collected;
    use serde_json::json as value;

    const FIELDS: &[Field] = &[
        Field::new("name", || Type::Utf8, "").not_null(),
        Field::new("real", || Type::Float64, ""),
        Field::new("span", || Type::Duration, ""),
        Field::new("labels", || Type::map(Type::Utf8), ""),
        Field::new("items", || Type::list(Type::Utf8), ""),
        Field::new("doc", || Type::Json, ""),
    ];

    #[test]
    fn cells_go_where_the_projection_wants_them() {
        let key = |key: &str| vec![PathStep::Key(key.to_owned())];
        let mut projection = vec![
            request_column("doc", Type::Json),
            request_path("doc", key("a"), Type::Int64),
            request_path("labels", key("x"), Type::Utf8),
            request_column("labels", Type::map(Type::Utf8)),
            request_column("items", Type::list(Type::Utf8)),
            request_column("span", Type::Duration),
            request_column("real", Type::Float64),
            request_column("name", Type::Utf8),
        ];
        projection[1].output[0].name = "doc.a".into();
        projection[2].output[0].name = "labels.x".into();
        let output = Collected::new(projected(&projection));
        let mut records = Records::new(FIELDS, "t", &projection, Some(1), &output).unwrap();
        let labels = BTreeMap::from([("x".to_owned(), "1".to_owned())]);
        let items = ["a".to_owned(), "b".to_owned()];
        let row = [
            Cell::Text("n"),
            Cell::Float(0.5),
            Cell::DurationNs(60_000_000_000),
            Cell::Map(&labels),
            Cell::Texts(&items),
            Cell::Json("{\"a\":7}"),
        ];
        records.row(&row).unwrap();
        assert!(records.stopped());
        records.flush().unwrap();
        assert_eq!(
            output.rows(),
            [value!({
                "doc": {"a": 7}, "doc.a": 7, "labels.x": "1", "labels": {"x": "1"}, "items": ["a", "b"],
                "span": 60_000_000_000_i64, "real": 0.5, "name": "n"
            })]
        );
    }

    #[test]
    fn a_column_that_the_table_lacks_is_refused() {
        let error = check(FIELDS, "t", &[request_column("nope", Type::Utf8)]).unwrap_err();
        assert!(error.message.contains("`t`"), "{}", error.message);
    }
}
