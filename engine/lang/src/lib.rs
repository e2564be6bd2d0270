//! The trawl query language: text to tokens to AST, diagnostics.
//!
//! Owns the grammar (GRAMMAR.md) and how mistakes in it are told. Refuses to know tables, types or functions: names are
//! resolved by the planner, which reports with the same [`Diagnostic`].

pub mod ast;
pub mod diagnostic;
mod lexer;
pub mod limits;
mod nearest;
pub mod span;
mod token;
pub mod words;

pub use diagnostic::{Diagnostic, Fix, Label, Severity, Style, line_column, render, render_all};
pub use nearest::nearest;
