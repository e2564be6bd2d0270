//! The abstract syntax tree, exactly what the user wrote: names are not resolved, types are not known, sugar is kept.
//!
//! Used as `ast::Expr` elsewhere. Serialisable: the JSON form is for tools and carries [`VERSION`].

use serde::{Deserialize, Serialize};

use crate::span::Span;

mod expr;

pub use expr::{ArithmeticOp, CompareOp, Expr, ExprKind, InSet, Literal, Side, TextOp};

/// Version of the JSON form of the tree; raised when a reader of the old form would misread the new one.
///
/// A tree may be `limits::MAX_EXPRESSION_DEPTH` deep, and its JSON form a few times that: write and read it on a stack of
/// several MiB, with serde_json's recursion limit lifted.
pub const VERSION: u32 = 1;

/// A whole query text: `["syntax" INT ";"] {(param | let) ";"} [query [";"]]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct File {
    /// Edition that `syntax N;` pins.
    pub syntax: Option<u32>,
    /// Lines of leading `///` documentation, without the slashes.
    pub docs: Vec<String>,
    /// `param` declarations in order.
    pub params: Vec<Param>,
    /// `let` bindings in order.
    pub lets: Vec<Let>,
    /// The query; absent in a file that only declares.
    pub query: Option<Query>,
}

/// An identifier where a new or bare name stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ident {
    /// The name, without backquotes.
    pub name: String,
    /// Where it stands, backquotes included.
    pub span: Span,
}

/// `param name: type = default`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Param {
    /// Name, referred to as `@name`.
    pub name: Ident,
    /// Declared type.
    pub ty: TypeName,
    /// Default value; without one the parameter is required.
    pub default: Option<Expr>,
    /// The whole declaration.
    pub span: Span,
}

/// A type as written: `long`, `list<string>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum TypeName {
    /// A named type.
    Named(Ident),
    /// `list<T>`.
    List(Box<TypeName>, Span),
}

impl std::fmt::Display for TypeName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Named(name) => f.write_str(&name.name),
            Self::List(item, _) => write!(f, "list<{item}>"),
        }
    }
}

/// `let name = query-or-expression`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Let {
    /// The bound name.
    pub name: Ident,
    /// What it is bound to.
    pub value: LetValue,
    /// The whole binding.
    pub span: Span,
}

/// The value of a `let`, decided by rule R1 of the grammar.
///
/// A bare name or call (`let a = b`, `let a = f(x)`) parses as `Query` with a single table source and no operator; the binder
/// decides whether it is a table or a scalar.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum LetValue {
    /// A table.
    Query(Query),
    /// A scalar.
    Expr(Expr),
}

/// `source | op | op …`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Query {
    /// Where rows come from.
    pub source: Source,
    /// What is done to them, in order.
    pub ops: Vec<Op>,
    /// The whole query.
    pub span: Span,
}

/// The first part of a query.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Source {
    /// A table, a `let` or a parenthesised query.
    Branch(Branch),
    /// `union a, b`.
    Union(Vec<Branch>),
    /// `print x = 1`: one row.
    Print(Vec<Item>),
    /// `datatable(a: long)[1, 2]`.
    DataTable {
        /// Column names and types.
        columns: Vec<(Ident, TypeName)>,
        /// Cells, row by row.
        cells: Vec<Expr>,
    },
}

/// A table reference or a query in parentheses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Branch {
    /// `(query)`.
    Query(Box<Query>),
    /// `schema.table(args)`.
    Table(TableRef),
}

impl Branch {
    /// Where it stands.
    pub fn span(&self) -> Span {
        match self {
            Self::Query(query) => query.span,
            Self::Table(table) => table.span,
        }
    }
}

/// `ident {"." word} [args]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TableRef {
    /// `prometheus` or `cloudwatch`, `alarms`.
    pub path: Vec<Ident>,
    /// Arguments; `None` without parentheses.
    pub args: Option<Vec<Arg>>,
    /// The whole reference.
    pub span: Span,
}

/// `[name "="] expr` in a projection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// The given name.
    pub name: Option<Ident>,
    /// The value.
    pub expr: Expr,
}

/// One argument of a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Arg {
    /// `*`, as in `arg_max(t, *)`.
    Star(Span),
    /// `expr` or `name = expr`.
    Item(Item),
}

/// A sort key as written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Key {
    /// What is sorted by.
    pub expr: Expr,
    /// The direction when it was written; the default is descending, as in KQL.
    pub direction: Option<Direction>,
}

/// `asc` or `desc`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Direction {
    /// Smallest first.
    Asc,
    /// Largest first.
    Desc,
}

/// One operator of the pipe.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Op {
    /// Which, with its parts.
    pub kind: OpKind,
    /// The operator's name.
    pub name: Span,
    /// From the name to the end of its last part.
    pub span: Span,
}

/// The right side of `join` and `lookup`: `branch ["as" ident] "on" exprs`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tail {
    /// The right side.
    pub right: Branch,
    /// `as d`: the right columns become a struct `d`.
    pub alias: Option<Ident>,
    /// Names, or `$left.x == $right.y`.
    pub on: Vec<Expr>,
}

/// One series of `make-series`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Serie {
    /// The aggregate.
    pub item: Item,
    /// The value of an empty bin.
    pub default: Option<Expr>,
}

/// One part of a `parse` pattern.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Pattern {
    /// `*`.
    Any(Span),
    /// Literal text.
    Text(String, Span),
    /// A column, with its type where it was given.
    Column(Ident, Option<TypeName>),
}

/// The operators of the language.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum OpKind {
    /// `where predicate`.
    Where(Expr),
    /// `extend name = expr, …`.
    Extend(Vec<Item>),
    /// `project name = expr, …`.
    Project(Vec<Item>),
    /// `project-away name, …`.
    ProjectAway(Vec<Ident>),
    /// `project-rename new = old, …`.
    ProjectRename(Vec<(Ident, Ident)>),
    /// `summarize aggregates by keys`.
    Summarize {
        /// Aggregates.
        items: Vec<Item>,
        /// Keys.
        by: Vec<Item>,
    },
    /// `make-series … on … from … to … step … by …`.
    MakeSeries {
        /// The series.
        series: Vec<Serie>,
        /// The time column.
        on: Expr,
        /// Start, inclusive.
        from: Expr,
        /// End, exclusive.
        to: Expr,
        /// Width of a bin.
        step: Expr,
        /// Keys.
        by: Vec<Item>,
    },
    /// `sort by …` or `order by …`.
    Sort(Vec<Key>),
    /// `take n` or `limit n`.
    Take(Expr),
    /// `top n by …`.
    Top {
        /// How many.
        count: Expr,
        /// Keys.
        by: Vec<Key>,
    },
    /// `distinct *` (empty) or `distinct a, b`.
    Distinct(Vec<Item>),
    /// `count`.
    Count,
    /// `getschema`.
    GetSchema,
    /// `join kind=… right on …`.
    Join {
        /// The kind as written; the default is `inner`.
        kind: Option<Ident>,
        /// The right side and its keys.
        tail: Tail,
    },
    /// `lookup right on …`.
    Lookup(Tail),
    /// `union a, b` in the pipe.
    Union(Vec<Branch>),
    /// `mv-expand c = list`.
    MvExpand {
        /// `kind=outer`.
        kind: Option<Ident>,
        /// What is expanded.
        item: Item,
    },
    /// `parse expr with pattern`.
    Parse {
        /// The text.
        expr: Expr,
        /// The pattern.
        pattern: Vec<Pattern>,
    },
    /// `render table with (…)`.
    Render {
        /// How.
        how: Ident,
        /// Options.
        with: Vec<Item>,
    },
}
