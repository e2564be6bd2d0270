//! Owns requests as tests write them: a table, its columns, conditions, a limit. Refuses conditions joined by `or`, which tests of
//! pushdown build from the contract's own records.

use crate::Timestamp;
use crate::plan::request_for;
use crate::schema::{Type, request_column, request_path};
use crate::types::{
    Argument, ArgumentValue, CompareExpr, CompareOp, Expr, Field, InSetExpr, Literal, PathStep,
    ScanRequest, SortKey, TextExpr, TextOp,
};

/// What is asked of a table, for the native [`Harness`](super::Harness) and for tests of plans.
///
/// ```
/// use trawl_sdk::testing::Query;
/// let request = Query::of("tags").equal("repository", "base/os").limit(5).request();
/// assert_eq!(request.filters.roots.len(), 1);
/// ```
#[derive(Debug, Clone)]
pub struct Query {
    request: ScanRequest,
    /// Names of the columns that are wanted; none: all.
    pub(super) columns: Option<Vec<String>>,
}

/// A constant of a condition, with the type that its column is compared as.
#[derive(Debug, Clone, PartialEq)]
pub struct Constant(Literal, Type);

impl From<&str> for Constant {
    fn from(text: &str) -> Self {
        Self(Literal::Utf8(text.to_owned()), Type::Utf8)
    }
}

impl From<i64> for Constant {
    fn from(value: i64) -> Self {
        Self(Literal::Int64(value), Type::Int64)
    }
}

impl From<f64> for Constant {
    fn from(value: f64) -> Self {
        Self(Literal::Float64(value), Type::Float64)
    }
}

impl From<bool> for Constant {
    fn from(value: bool) -> Self {
        Self(Literal::Boolean(value), Type::Bool)
    }
}

impl From<Timestamp> for Constant {
    fn from(at: Timestamp) -> Self {
        Self(Literal::TimestampNs(at.ns()), Type::Timestamp)
    }
}

impl Query {
    /// All rows of a table, by its name; `""` is the default table.
    pub fn of(table: &str) -> Self {
        let path: &[&str] = if table.is_empty() { &[] } else { &[table] };
        Self {
            request: request_for(path),
            columns: None,
        }
    }

    /// These columns of it; all by default.
    #[must_use]
    pub fn columns<const N: usize>(mut self, names: [&str; N]) -> Self {
        self.columns = Some(names.map(str::to_owned).to_vec());
        self
    }

    /// Also a path below a JSON column, as a type: `("spec", ["replicas"], Type::Int64)`. It goes out as `spec.replicas`.
    #[must_use]
    pub fn path<const N: usize>(mut self, column: &str, keys: [&str; N], of: Type) -> Self {
        let steps = keys.map(|key| PathStep::Key(key.to_owned())).to_vec();
        let mut wanted = request_path(column, steps, of);
        if let Some(field) = wanted.output.first_mut() {
            field.name = format!("{column}.{}", keys.join("."));
        }
        self.columns.get_or_insert_default();
        self.request.projection.push(wanted);
        self
    }

    /// With an argument.
    #[must_use]
    pub fn argument(mut self, name: &str, value: impl Into<Constant>) -> Self {
        self.request.arguments.push(Argument {
            name: name.to_owned(),
            value: ArgumentValue::Scalar(value.into().0),
        });
        self
    }

    /// `column == value`.
    #[must_use]
    pub fn equal(self, column: &str, value: impl Into<Constant>) -> Self {
        self.compare(column, CompareOp::Eq, value)
    }

    /// `column > value`.
    #[must_use]
    pub fn greater(self, column: &str, value: impl Into<Constant>) -> Self {
        self.compare(column, CompareOp::Gt, value)
    }

    /// `column >= value`.
    #[must_use]
    pub fn at_least(self, column: &str, value: impl Into<Constant>) -> Self {
        self.compare(column, CompareOp::Ge, value)
    }

    /// `column < value`.
    #[must_use]
    pub fn less(self, column: &str, value: impl Into<Constant>) -> Self {
        self.compare(column, CompareOp::Lt, value)
    }

    /// `column <= value`.
    #[must_use]
    pub fn at_most(self, column: &str, value: impl Into<Constant>) -> Self {
        self.compare(column, CompareOp::Le, value)
    }

    /// `column op value`.
    #[must_use]
    pub fn compare(mut self, column: &str, op: CompareOp, value: impl Into<Constant>) -> Self {
        let Constant(literal, of) = value.into();
        let left = self.column(column, of);
        let right = self.node(Expr::Value(literal));
        self.root(Expr::Compare(CompareExpr { op, left, right }))
    }

    /// `column in (…)`.
    #[must_use]
    pub fn any_of<const N: usize>(mut self, column: &str, texts: [&str; N]) -> Self {
        let value = self.column(column, Type::Utf8);
        let items = texts.map(|text| Literal::Utf8(text.to_owned())).to_vec();
        self.root(Expr::InSet(InSetExpr {
            value,
            items,
            negated: false,
        }))
    }

    /// `column op "pattern"`, case respected.
    #[must_use]
    pub fn text(mut self, column: &str, op: TextOp, pattern: &str) -> Self {
        let value = self.column(column, Type::Utf8);
        self.root(Expr::TextMatch(TextExpr {
            value,
            op,
            pattern: pattern.to_owned(),
            ignore_case: false,
            negated: false,
        }))
    }

    /// At most so many rows.
    #[must_use]
    pub fn limit(mut self, rows: u64) -> Self {
        self.request.limit = Some(rows);
        self
    }

    /// In the order of a column of a type.
    #[must_use]
    pub fn sort(mut self, column: &str, of: Type, descending: bool) -> Self {
        let at = self.reference(column, of);
        self.request.sort.push(SortKey {
            column: at,
            descending,
            nulls_first: false,
        });
        self
    }

    /// At this time, nanoseconds since the epoch; the epoch itself by default.
    #[must_use]
    pub fn now(mut self, now: Timestamp) -> Self {
        self.request.now_ns = now.ns();
        self
    }

    /// In at most so many partitions; one by default.
    #[must_use]
    pub fn partitions(mut self, most: u32) -> Self {
        self.request.max_partitions = most;
        self
    }

    /// The request; it wants no column but the [paths](Self::path), which only a schema knows.
    pub fn request(&self) -> ScanRequest {
        self.request.clone()
    }

    /// The request, of a table with these fields in pre-order.
    pub(super) fn request_of(&self, fields: &[Field]) -> ScanRequest {
        let mut request = self.request();
        let mut rest = fields;
        let mut wanted = Vec::new();
        while !rest.is_empty() {
            let (column, tail) = rest.split_at(subtree(rest).min(rest.len()));
            rest = tail;
            let Some(root) = column.first() else { break };
            let asked = self.columns.as_ref();
            if asked.is_none_or(|names| names.contains(&root.name)) {
                wanted.push(crate::types::Column {
                    name: root.name.clone(),
                    path: Vec::new(),
                    output: column.to_vec(),
                });
            }
        }
        // Named columns come in the order in which they were named.
        if let Some(names) = &self.columns {
            wanted.sort_by_key(|column| names.iter().position(|name| *name == column.name));
            let known = |name: &&String| !wanted.iter().any(|column| column.name == **name);
            let missing: Vec<_> = names.iter().filter(known).cloned().collect();
            // A name that the table lacks goes to the plugin, whose error is worth a test.
            wanted.extend(missing.iter().map(|name| request_column(name, Type::Utf8)));
        }
        wanted.append(&mut request.projection);
        request.projection = wanted;
        request
    }

    fn reference(&mut self, column: &str, of: Type) -> u32 {
        self.request.refs.push(request_column(column, of));
        index(self.request.refs.len())
    }

    fn column(&mut self, column: &str, of: Type) -> u32 {
        let at = self.reference(column, of);
        self.node(Expr::ColumnRef(at))
    }

    fn node(&mut self, node: Expr) -> u32 {
        self.request.filters.nodes.push(node);
        index(self.request.filters.nodes.len())
    }

    fn root(mut self, node: Expr) -> Self {
        let at = self.node(node);
        self.request.filters.roots.push(at);
        self
    }
}

/// The index of the last of so many.
fn index(count: usize) -> u32 {
    u32::try_from(count.saturating_sub(1)).unwrap_or(u32::MAX)
}

/// How many fields a column in pre-order has, with itself.
fn subtree(fields: &[Field]) -> usize {
    let Some(root) = fields.first() else { return 0 };
    let mut size = 1;
    for _ in 0..root.children {
        size += subtree(fields.get(size..).unwrap_or_default());
    }
    size
}
