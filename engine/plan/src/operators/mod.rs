//! The operators of the language, one file each, as GRAMMAR.md orders them.

mod count;
mod datatable;
mod distinct;
mod extend;
mod getschema;
mod join;
mod lookup;
mod make_series;
mod mv_expand;
mod parse;
mod print;
mod project;
mod project_away;
mod project_rename;
mod render;
mod sort;
mod summarize;
mod take;
mod top;
mod union;
mod where_;

pub(crate) use make_series::MakeSeries;
pub(crate) use render::misplaced_render;
pub use render::{Render, RenderKind};
