//! The functions of the language: one file each under `scalar/` and `aggregate/`, listed here.
//!
//! A function is data (signature, summary, examples) and one `bind` that turns typed arguments into a plan expression. The
//! examples run as tests (engine/exec/tests/functions.rs) and are what the reference is made from.

use std::ops::RangeInclusive;

use datafusion_expr::Expr;
use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::types::Type;

pub mod aggregate;
pub mod scalar;
mod support;

/// What a function of one row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Nulls and choices.
    Null,
    /// From one type to another.
    Convert,
    /// Times and calendars.
    Time,
    /// Texts.
    String,
    /// Lists, maps and structs.
    Collection,
    /// Numbers.
    Math,
    /// What platforms write: images, selectors, addresses, versions.
    Platform,
}

/// A function of one row.
#[derive(Debug)]
pub struct Scalar {
    /// Its name.
    pub name: &'static str,
    /// What it is about; the reference is grouped by it.
    pub group: Group,
    /// Arguments and result as documentation shows them.
    pub signature: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// What else there is to know: nulls, limits, what happens at the edges. Markdown, may be empty.
    pub notes: &'static str,
    /// Whether it takes items, `name = value`: `bind` then gets the names as constants, each before its value.
    pub named: bool,
    /// How many arguments it takes.
    pub arity: RangeInclusive<usize>,
    /// Expressions and the JSON of their value.
    pub examples: &'static [(&'static str, &'static str)],
    /// Makes the expression.
    pub bind: fn(&mut Binder<'_>, Vec<Bound>, Span) -> Result<Bound>,
}

/// A function of many rows.
#[derive(Debug)]
pub struct Aggregate {
    /// Its name.
    pub name: &'static str,
    /// Arguments and result as documentation shows them.
    pub signature: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// What else there is to know: nulls, limits, what happens at the edges. Markdown, may be empty.
    pub notes: &'static str,
    /// How many arguments it takes.
    pub arity: RangeInclusive<usize>,
    /// Expressions over `datatable`-like rows `x = 1, 2, 2, null` and the JSON of their value.
    pub examples: &'static [(&'static str, &'static str)],
    /// Makes the aggregate.
    pub bind: fn(&mut Binder<'_>, Vec<Bound>) -> Result<Aggregated>,
}

/// An aggregate call of a plan.
pub struct Aggregated {
    /// The call.
    pub expr: Expr,
    /// Type of the finished result.
    pub ty: Type,
    /// Whether the result can be null.
    pub nullable: bool,
    /// What becomes of the call's value once the groups are made; none: it is the result.
    pub finish: Option<Finish>,
}

/// An expression over the value of an aggregate call.
pub type Finish = Box<dyn FnOnce(Expr) -> Expr>;

impl Aggregated {
    /// A call whose value is the result.
    pub fn new(expr: Expr, ty: Type, nullable: bool) -> Self {
        Self {
            expr,
            ty,
            nullable,
            finish: None,
        }
    }

    /// The same call, its value finished by an expression, after what finishes it already.
    #[must_use]
    pub fn finished(self, finish: impl FnOnce(Expr) -> Expr + 'static) -> Self {
        let finish: Finish = match self.finish {
            Some(first) => Box::new(|value| finish(first(value))),
            None => Box::new(finish),
        };
        Self {
            finish: Some(finish),
            ..self
        }
    }
}

/// The scalar function of this name.
pub fn scalar_named(name: &str) -> Option<&'static Scalar> {
    scalar::ALL
        .iter()
        .copied()
        .find(|function| function.name == name)
}

/// The aggregate of this name.
pub fn aggregate_named(name: &str) -> Option<&'static Aggregate> {
    aggregate::ALL
        .iter()
        .copied()
        .find(|function| function.name == name)
}

/// The names of all functions.
pub fn names() -> impl Iterator<Item = &'static str> {
    scalar::ALL
        .iter()
        .map(|f| f.name)
        .chain(aggregate::ALL.iter().map(|f| f.name))
}
