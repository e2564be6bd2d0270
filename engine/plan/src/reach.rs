//! Which clusters each table of a query can want, told before any table is known: what a table looks like may have to be asked of
//! the clusters themselves, and those that the query leaves out are not contacted for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion_common::arrow::datatypes::{Field, Schema};
use datafusion_expr::TableSource;
use datafusion_expr::logical_plan::builder::LogicalTableSource;
use trawl_lang::Diagnostic;
use trawl_lang::ast::File;
use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::catalog::{Catalog, ClusterSet, Fleet, Reference, ScanColumn, Table};
use crate::paths::PathUses;
use crate::references::{self, Site};
use crate::types::Type;
use crate::value::Value;
use crate::virtuals;

/// For each table reference, by its place, the clusters that the conditions directly behind it leave. Other conditions may leave
/// fewer; a condition that needs the table's own columns leaves all.
pub fn reach(
    file: &File,
    params: &BTreeMap<String, Value>,
    now: i64,
    fleet: &dyn Fleet,
) -> BTreeMap<Span, ClusterSet> {
    references::sites(file)
        .into_iter()
        .map(|site| {
            let known = PathUses::default();
            let mut binder = Binder::new(file, params.clone(), known, &Bare, fleet, now);
            binder.scalar_lets();
            let left = left(&mut binder, &site).unwrap_or_else(|| fleet.clusters());
            (site.table.span, left)
        })
        .collect()
}

/// The clusters that are left of a site; none when the table's arguments are wrong, which is told elsewhere.
fn left(binder: &mut Binder<'_>, site: &Site<'_>) -> Option<ClusterSet> {
    // Not by its name: a later `let` may have the same one.
    let mut relation = binder.attempt(|binder| binder.scan(site.table))?;
    for condition in &site.conditions {
        let input = relation.clone();
        if let Some(filtered) = binder.attempt(|binder| binder.filter(input, condition)) {
            relation = filtered;
        }
    }
    relation.scopes.into_values().next()
}

/// Every table, with nothing but the virtual columns.
struct Bare;

impl Catalog for Bare {
    fn table(&self, reference: &Reference) -> Result<Arc<Table>, Box<Diagnostic>> {
        Ok(Arc::new(Table {
            name: reference.path.join("."),
            columns: Vec::new(),
        }))
    }

    fn source(&self, _: &Reference, _: &[(ScanColumn, Type)]) -> Arc<dyn TableSource> {
        let fields = virtuals::columns()
            .into_iter()
            .map(|(name, ty)| Field::new(name, ty.arrow(), true));
        let schema = Schema::new(fields.collect::<Vec<_>>());
        Arc::new(LogicalTableSource::new(Arc::new(schema)))
    }
}
