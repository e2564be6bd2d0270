//! Rows under columns: the tables that a query reads and the relations between its operators.

use std::collections::BTreeMap;

use crate::ty::Ty;
use crate::value::Value;

/// A column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: Ty,
}

impl Column {
    /// A column.
    pub fn new(name: impl Into<String>, ty: Ty) -> Self {
        Self {
            name: name.into(),
            ty,
        }
    }
}

/// A row.
pub type Row = Vec<Value>;

/// A table of a source.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Its columns, without the virtual ones.
    pub columns: Vec<Column>,
    /// Its rows.
    pub rows: Vec<Row>,
}

/// Tables by name.
pub type Tables = BTreeMap<String, Table>;

/// The columns that every table has before its own, as the language names them. They are null here.
pub fn virtual_columns() -> Vec<Column> {
    ["cluster", "region", "environment", "account"]
        .into_iter()
        .map(|name| Column::new(name, Ty::String))
        .chain([Column::new("tags", Ty::Map(Box::new(Ty::String)))])
        .collect()
}

/// Rows between two operators, or a result.
#[derive(Debug, Clone, PartialEq)]
pub struct Relation {
    /// Columns, in order.
    pub columns: Vec<Column>,
    /// Rows; their order means something only where `ranks` is there.
    pub rows: Vec<Row>,
    /// After a `sort`: for each row the number of its group of ties, ascending.
    pub ranks: Option<Vec<usize>>,
    /// After a `take` that may choose: how many rows of these there are. The rows of lower ranks are certain, those of the last
    /// rank (all, without ranks) are what may be chosen from.
    pub taken: Option<usize>,
}

impl Relation {
    /// Rows without an order.
    pub fn new(columns: Vec<Column>, rows: Vec<Row>) -> Self {
        Self {
            columns,
            rows,
            ranks: None,
            taken: None,
        }
    }

    /// The position and type of a column.
    pub fn find(&self, name: &str) -> Option<(usize, &Ty)> {
        self.columns
            .iter()
            .position(|column| column.name == name)
            .and_then(|position| Some((position, &self.columns.get(position)?.ty)))
    }

    /// How many rows a result has.
    pub fn len(&self) -> usize {
        self.taken.unwrap_or(self.rows.len())
    }

    /// Whether a result has no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
