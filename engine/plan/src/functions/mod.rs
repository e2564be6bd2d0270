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

/// A function of one row.
#[derive(Debug)]
pub struct Scalar {
    /// Its name.
    pub name: &'static str,
    /// Arguments and result as documentation shows them.
    pub signature: &'static str,
    /// One sentence.
    pub summary: &'static str,
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
    /// How many arguments it takes.
    pub arity: RangeInclusive<usize>,
    /// Expressions over `datatable`-like rows `x = 1, 2, 2, null` and the JSON of their value.
    pub examples: &'static [(&'static str, &'static str)],
    /// Makes the aggregate.
    pub bind: fn(&mut Binder<'_>, Vec<Bound>) -> Result<Aggregated>,
}

/// An aggregate call of a plan.
#[derive(Debug)]
pub struct Aggregated {
    /// The call.
    pub expr: Expr,
    /// Type of its result. A call that gives another Arrow type is read as this one, null where a value does not fit.
    pub ty: Type,
    /// Whether the result can be null.
    pub nullable: bool,
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
