//! What the planner must be told from outside: tables and the fleet. Owns the two traits; `exec` implements them.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion_expr::{Expr, TableSource};
use trawl_lang::Diagnostic;
use trawl_lang::span::Span;

use crate::types::Type;
use crate::value::Value;

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: Type,
    /// Whether a row may lack it.
    pub nullable: bool,
    /// What it holds, for people.
    pub description: Option<String>,
    /// What is known of its documents, for a dynamic one: `dynamic` within it is what nobody knows.
    pub shape: Option<Arc<Type>>,
}

/// A table with a known schema, at one place of the query.
#[derive(Debug, Clone)]
pub struct Table {
    /// The name to show: `pods`, `prometheus`.
    pub name: String,
    /// The source's own columns; the virtual ones are added by the planner.
    pub columns: Vec<Column>,
}

/// One step below a dynamic column.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// A field or map key.
    Key(String),
    /// A position.
    Index(u32),
}

/// A column that a scan must put out: a column of the table, or a path below a dynamic one, as one typed field.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScanColumn {
    /// The name it has in the plan: `status.phase`.
    pub name: String,
    /// Column of the table.
    pub column: String,
    /// Path below it; empty for the column itself.
    pub path: Vec<Step>,
}

/// An argument of a table reference with its constant value, in the order written.
#[derive(Debug, Clone, PartialEq)]
pub struct Argument {
    /// Its name; the first ones may be positional.
    pub name: Option<String>,
    /// Its value.
    pub value: Value,
    /// The parts of a text that values are bound into; empty for every other argument.
    pub parts: Vec<TextPart>,
    /// Where it stands.
    pub span: Span,
}

/// A part of embedded text: of PromQL, say.
#[derive(Debug, Clone, PartialEq)]
pub enum TextPart {
    /// As it stands in the query.
    Text(String),
    /// `@{name}`: a value that the source escapes for its language.
    Bound {
        /// The name.
        name: String,
        /// The value.
        value: Value,
    },
}

/// A table name in the query that is not a `let`.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    /// `kube`, `pods`.
    pub path: Vec<String>,
    /// Arguments; `None` without parentheses.
    pub arguments: Vec<Argument>,
    /// Where it stands; it identifies the reference.
    pub span: Span,
}

impl Reference {
    /// Whether some embedded text of its arguments binds this name.
    pub fn binds(&self, wanted: &str) -> bool {
        let mut parts = self.arguments.iter().flat_map(|it| &it.parts);
        parts.any(|part| matches!(part, TextPart::Bound { name, .. } if name == wanted))
    }
}

/// The tables that a query names, resolved.
pub trait Catalog {
    /// The table at a reference, or what is wrong with it.
    fn table(&self, reference: &Reference) -> Result<Arc<Table>, Box<Diagnostic>>;

    /// The scan of the table at a reference that puts out these columns after the virtual ones.
    fn source(&self, reference: &Reference, columns: &[(ScanColumn, Type)])
    -> Arc<dyn TableSource>;

    /// Whether scans put out paths below columns; else the plan reads whole documents.
    fn offers_paths(&self) -> bool {
        true
    }
}

/// The names of clusters that a relation's rows can come from.
pub type ClusterSet = BTreeSet<String>;

/// The inventory as the planner sees it.
pub trait Fleet {
    /// All clusters that the caller may see.
    fn clusters(&self) -> ClusterSet;

    /// The clusters for which a predicate over the virtual columns is true. Columns are bare: `cluster`, `tags`.
    ///
    /// # Errors
    /// A message when the predicate cannot be evaluated; the planner then leaves the scope as it is.
    fn select(&self, predicate: &Expr) -> Result<ClusterSet, String>;
}
