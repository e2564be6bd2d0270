//! A bound relation: a plan, the columns that the query sees, and what the plan itself would forget (order, lineage, scope).

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion_common::Column as PlanColumn;
use datafusion_expr::expr::Sort;
use datafusion_expr::{Expr, LogicalPlan};

use crate::catalog::{ClusterSet, Step};
use crate::types::Type;

/// Number of a scan: each time that a table is read it is another, also when a `let` is used twice.
pub type ScanId = u32;

/// Where a column's values come from, untouched: a column of a scan or a path below it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin {
    /// The scan.
    pub scan: ScanId,
    /// Column of the table.
    pub column: String,
    /// Path below it.
    pub path: Vec<Step>,
}

/// A column of a relation.
#[derive(Debug, Clone)]
pub struct BoundColumn {
    /// The name that the query uses.
    pub name: String,
    /// The column of the plan; its name is unique in the whole plan, since DataFusion would confuse equal ones.
    pub column: PlanColumn,
    /// The language's type, which the plan's does not always tell (`dynamic` is text there).
    pub ty: Type,
    /// Whether it can be null; comparisons are cheaper where it cannot.
    pub nullable: bool,
    /// Lineage, for paths and scope.
    pub origin: Option<Origin>,
    /// What is known of the documents that it holds, where its type is dynamic or has dynamic parts.
    pub shape: Option<Arc<Type>>,
    /// The name is a struct made by `join … as`: its fields, each a column of the plan; `column` then means nothing.
    pub parts: Option<Arc<Vec<BoundColumn>>>,
}

impl BoundColumn {
    /// The column of the plan that is called `unique`, computed: it stands for nothing that a source has.
    pub fn computed(name: String, unique: String, ty: Type, nullable: bool) -> Self {
        Self {
            name,
            column: PlanColumn::from_name(unique),
            ty,
            nullable,
            origin: None,
            shape: None,
            parts: None,
        }
    }

    /// The same column where a row can lack it, with all that it is made of.
    #[must_use]
    pub fn can_miss(self) -> Self {
        let parts = self
            .parts
            .map(|parts| Arc::new(parts.iter().cloned().map(Self::can_miss).collect()));
        Self {
            nullable: true,
            parts,
            ..self
        }
    }

    /// Reads it.
    pub fn expr(&self) -> Expr {
        Expr::Column(self.column.clone())
    }

    /// Whether it is a virtual column of a scan.
    pub fn is_virtual(&self) -> bool {
        self.origin.as_ref().is_some_and(|origin| {
            origin.path.is_empty() && crate::virtuals::is_virtual(&origin.column)
        })
    }
}

/// A relation.
#[derive(Debug, Clone)]
pub struct Relation {
    /// How its rows are made.
    pub plan: LogicalPlan,
    /// The columns that the query sees, in order.
    pub columns: Vec<BoundColumn>,
    /// Columns that the plan carries but the query does not see: paths and sort keys.
    pub hidden: Vec<BoundColumn>,
    /// The order that `sort` or `top` promised. DataFusion loses it above a projection, so the root sorts again.
    pub order: Vec<Sort>,
    /// For each scan that it reads, the clusters that the scan's rows here can come from.
    pub scopes: BTreeMap<ScanId, ClusterSet>,
}

impl Relation {
    /// The column that the query calls by this name.
    pub fn column(&self, name: &str) -> Option<&BoundColumn> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Adds a column at the end, or in the place of the one that has its name.
    pub fn put(&mut self, column: BoundColumn) {
        match self.columns.iter_mut().find(|old| old.name == column.name) {
            Some(old) => *old = column,
            None => self.columns.push(column),
        }
    }

    /// Puts columns in the place of those of the same name, else behind the others.
    pub fn set_columns(&mut self, columns: Vec<BoundColumn>) {
        for column in columns {
            self.put(column);
        }
    }

    /// The columns that hold a path, by their types, as far as the plan still carries them.
    pub fn path_columns<'a>(&'a self, origin: &'a Origin) -> impl Iterator<Item = &'a BoundColumn> {
        self.hidden
            .iter()
            .filter(move |column| column.origin.as_ref() == Some(origin))
    }

    /// The clusters that its rows can come from; `None` when it reads no table.
    pub fn scope(&self) -> Option<ClusterSet> {
        self.scopes
            .values()
            .cloned()
            .reduce(|all, scan| all.union(&scan).cloned().collect())
    }

    /// Forgets what does not survive an operator that makes new rows.
    pub fn cut_lineage(&mut self) {
        self.hidden.clear();
        self.order.clear();
    }

    /// The names of its columns, for suggestions.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }
}
