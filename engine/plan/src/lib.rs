//! AST and catalogue to a typed plan for DataFusion. Owns names, types, scope and functions; does no IO and knows no source.
//!
//! [`plan`] binds a file twice: the first walk learns which paths below dynamic columns the query uses, and as what; the second
//! asks each scan for them as typed columns.

use std::collections::BTreeMap;

use datafusion_expr::LogicalPlan;
use trawl_lang::Diagnostic;
use trawl_lang::ast::File;

mod assume;
mod bind;
pub mod catalog;
pub mod codes;
mod embedded;
mod expr;
pub mod functions;
pub mod json_text;
pub mod kernels;
pub mod limits;
pub mod operators;
mod params;
mod paths;
pub mod quantity;
mod reach;
mod reference;
mod references;
mod relation;
mod suggest;
pub mod time_text;
mod type_text;
pub mod types;
pub mod unique;
pub mod value;
pub mod virtuals;

pub use assume::{Assumption, assume};
pub use bind::{Binder, Effect, Joined, Unmatched};
pub use catalog::{
    Argument, Catalog, ClusterSet, Column, Fleet, Reference, ScanColumn, Step, Table, TextPart,
};
pub use expr::{Bound, nan_to_null};
pub use operators::{Render, RenderKind};
pub use params::parameters;
pub use reach::reach;
pub use reference::{Entry, EntryKind, entries, entry};
pub use references::references;
pub use type_text::{TypeTextError, parse_type};
pub use types::Type;
pub use value::Value;

/// Code of the diagnostic that says that we are wrong and not the query.
pub const BUG_CODE: &str = "Q0999";

/// A query, planned.
#[derive(Debug)]
pub struct Planned {
    /// The plan. Its first columns are `columns`; sort keys may follow and are to be dropped from the result.
    pub plan: LogicalPlan,
    /// Names and types of the result's columns.
    pub columns: Vec<(String, Type)>,
    /// Clusters that the answer can come from; `None` when the query reads no table.
    pub scope: Option<ClusterSet>,
    /// How the result wishes to be shown.
    pub render: Option<Render>,
    /// Scans that joins restricted to the clusters of their other sides.
    pub joined: Vec<Joined>,
    /// Sides of joins that are missed in the result where they are incomplete.
    pub unmatched: Vec<Unmatched>,
    /// Things worth saying that do not stop the query.
    pub warnings: Vec<Diagnostic>,
}

/// Plans the query of a file.
///
/// `params` are the values that [`parameters`] gave, `now` is the query's `now()` in nanoseconds since the Unix epoch.
///
/// # Errors
/// Diagnostics, at least one of them an error.
pub fn plan(
    file: &File,
    params: &BTreeMap<String, Value>,
    now: i64,
    catalog: &dyn Catalog,
    fleet: &dyn Fleet,
) -> Result<Planned, Vec<Diagnostic>> {
    let Some(query) = &file.query else {
        return Err(vec![
            Diagnostic::error("Q0225", "there is no query")
                .help("end the text with one, for instance `pods | take 10`"),
        ]);
    };
    let mut known = paths::PathUses::default();
    // The second walk meets the same paths with the same types, since casts only ever leave a path for the type it was read as.
    for last in [false, true] {
        let mut binder = Binder::new(
            file,
            params.clone(),
            std::mem::take(&mut known),
            catalog,
            fleet,
            now,
        );
        binder.scalar_lets();
        let bound = binder.attempt(|binder| binder.main_query(query));
        if !last {
            binder.unused_lets();
        }
        let Some((relation, render)) = bound.filter(|_| !binder.has_errors()) else {
            return Err(binder.take_diagnostics());
        };
        if !last {
            if catalog.offers_paths() {
                known = binder.take_paths();
            }
            continue;
        }
        let scope = relation.scope();
        let Some((plan, columns)) = binder.attempt(|binder| binder.root(relation)) else {
            return Err(binder.take_diagnostics());
        };
        return Ok(Planned {
            plan,
            columns,
            scope,
            render,
            joined: binder.take_joined(),
            unmatched: binder.take_unmatched(),
            warnings: binder.take_diagnostics(),
        });
    }
    Err(Vec::new())
}
