//! The scans of a plan: what each wants of its table, with the limit that stands above it.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::common::Column;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::datasource::source_as_provider;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::logical_expr::{Expr, FetchType, Filter, LogicalPlan, SkipType, TableScan};
use trawl_host::types;
use trawl_lang::Diagnostic;

use super::scope::{self, Scope};
use crate::catalog::Resolved;
use crate::context::Pushdown;
use crate::error::Error;
use crate::explain::words;
use crate::placement::Whose;
use crate::table::{ScanTable, is_virtual};

/// Rows of a scan that are wanted at most.
#[derive(Debug, Clone, PartialEq)]
pub struct Cut {
    /// How many.
    pub rows: u64,
    /// The order that decides which, in the query's words; empty when any rows will do.
    pub order: Vec<String>,
}

/// A scan of the plan with what stands directly above it.
pub(super) struct Site {
    scan: TableScan,
    /// Its table at this place of the query.
    pub(super) table: Arc<ScanTable>,
    cut: Option<Cut>,
}

/// What a scan wants of its table.
pub(super) struct Wish<'a> {
    pub(super) table: &'a ScanTable,
    pub(super) resolved: &'a Resolved,
    /// Which of the source's connections it wants, and what of each.
    pub(super) links: Vec<(usize, Whose)>,
    /// Whether rows are left out here by the cluster that they name themselves.
    placed_here: bool,
    pub(super) scope: Scope,
    /// Names of the plan and what to ask for them, but for the virtual ones.
    pub(super) projection: Vec<(String, types::Column)>,
    /// All names of the plan that it puts out.
    pub(super) columns: Vec<String>,
    /// Conditions, as the plan has them and with bare column names.
    pub(super) offered: Vec<(Expr, Expr)>,
    pub(super) cut: Option<Cut>,
}

/// The scans of a plan, in its order.
pub(super) fn collect(plan: &LogicalPlan) -> Result<Vec<Site>> {
    let mut sites = Vec::new();
    walk(plan, None, &mut sites)?;
    Ok(sites)
}

/// Walks down to the scans, carrying a limit as long as no operator between changes the number of rows.
fn walk(plan: &LogicalPlan, cut: Option<Cut>, sites: &mut Vec<Site>) -> Result<()> {
    let below = match plan {
        LogicalPlan::Limit(node) => match (node.get_skip_type()?, node.get_fetch_type()?) {
            (SkipType::Literal(skip), FetchType::Literal(Some(fetch))) => {
                let rows = u64::try_from(skip.saturating_add(fetch)).unwrap_or(u64::MAX);
                Some(least(cut, rows))
            }
            _ => None,
        },
        LogicalPlan::Sort(sort) => {
            sort.fetch
                .and_then(|fetch| u64::try_from(fetch).ok())
                .map(|rows| Cut {
                    rows,
                    order: words::sort_keys(&sort.expr),
                })
        }
        LogicalPlan::Projection(_) | LogicalPlan::SubqueryAlias(_) => cut,
        // A filter with a condition that the scan was not offered must see all rows.
        LogicalPlan::Filter(filter) if is_offered(filter) => cut,
        LogicalPlan::TableScan(scan) => {
            let fetch = scan.fetch.and_then(|fetch| u64::try_from(fetch).ok());
            sites.push(Site {
                table: scan_table(scan)?,
                scan: scan.clone(),
                cut: match fetch {
                    Some(rows) => Some(least(cut, rows)),
                    None => cut,
                },
            });
            return Ok(());
        }
        _ => None,
    };
    plan.inputs()
        .into_iter()
        .try_for_each(|input| walk(input, below.clone(), sites))
}

/// A limit beneath another one: any rows will do for the inner one, so that only the outer one's order can matter.
fn least(outer: Option<Cut>, rows: u64) -> Cut {
    match outer {
        Some(outer) if outer.order.is_empty() => Cut {
            rows: outer.rows.min(rows),
            ..outer
        },
        _ => Cut {
            rows,
            order: Vec::new(),
        },
    }
}

/// Whether each condition of a filter was offered to the scan beneath it.
fn is_offered(filter: &Filter) -> bool {
    let LogicalPlan::TableScan(scan) = filter.input.as_ref() else {
        return false;
    };
    let offered: HashSet<_> = scan.filters.iter().flat_map(split_conjunction).collect();
    split_conjunction(&filter.predicate)
        .into_iter()
        .all(|condition| offered.contains(condition))
}

/// Our table behind a scan.
///
/// # Errors
/// For a table of somebody else: our bug.
pub(super) fn scan_table(scan: &TableScan) -> Result<Arc<ScanTable>> {
    let provider: Arc<dyn std::any::Any + Send + Sync> = source_as_provider(&scan.source)?;
    provider
        .downcast::<ScanTable>()
        .map_err(|_| DataFusionError::Internal("a scan of a foreign table".to_owned()))
}

impl Site {
    /// Whether a condition is about one of the table's columns, or a path below it.
    fn names_one(&self, condition: &Expr, columns: &[String]) -> bool {
        let refs = condition.column_refs();
        let mut named = refs
            .iter()
            .filter_map(|column| self.table.column(&column.name));
        named.any(|name| columns.iter().any(|column| column == name))
    }

    /// Refuses a scan without the filters that its table cannot do without: nobody is asked for all logs of a fleet.
    fn check_required(
        &self,
        resolved: &Resolved,
        conditions: &[Expr],
    ) -> std::result::Result<(), Error> {
        let filtered = |columns: &&Vec<String>| {
            let mut conditions = conditions.iter();
            conditions.any(|condition| self.names_one(condition, columns))
        };
        let missing = resolved.required.iter().find(|columns| !filtered(columns));
        let Some(missing) = missing else {
            return Ok(());
        };
        let name = &resolved.table.name;
        let wanted: Vec<String> = missing.iter().map(|it| format!("`{it}`")).collect();
        let diagnostic = Diagnostic::error(
            "Q0238",
            format!("`{name}` must be filtered by {}", wanted.join(" or ")),
        )
        .label(self.table.site, "all of it would be too much to ask for")
        .help(format!(
            "write a condition on {} directly behind it: `{name} | where …`",
            wanted.join(" or ")
        ));
        Err(Box::new(diagnostic).into())
    }

    /// What it wants.
    ///
    /// # Errors
    /// When its table must be filtered and is not, when its table is not resolved, or it has more targets than one query may have.
    pub(super) fn wish(&self) -> std::result::Result<Wish<'_>, Error> {
        let Some(resolved) = self.table.resolved.as_deref() else {
            return Err(Error::Internal("a scan of an unresolved table".to_owned()));
        };
        let conditions: Vec<Expr> = self
            .scan
            .filters
            .iter()
            .flat_map(split_conjunction)
            .cloned()
            .collect();
        let (placed, conditions): (Vec<_>, Vec<_>) = conditions.into_iter().partition(is_virtual);
        self.check_required(resolved, &conditions)?;
        let offered = match self.table.context.pushdown {
            Pushdown::Everything => conditions,
            // What a table cannot do without is offered all the same.
            Pushdown::Nothing => conditions
                .into_iter()
                .filter(|condition| {
                    let mut required = resolved.required.iter();
                    required.any(|columns| self.names_one(condition, columns))
                })
                .collect(),
        };
        let placed: Vec<Expr> = placed.iter().map(bare).collect();
        let (scope, links) = scope::resolve(&self.table, resolved, &placed)?;
        let placed_here = !placed.is_empty() && resolved.placements.some_per_row();
        let columns: Vec<String> = self
            .scan
            .projected_schema
            .fields()
            .iter()
            .map(|field| field.name().clone())
            .collect();
        let projection = columns
            .iter()
            .filter_map(|name| Some((name.clone(), self.table.request_column(name)?)))
            .collect();
        Ok(Wish {
            table: &self.table,
            resolved,
            links,
            placed_here,
            scope,
            projection,
            columns,
            offered: offered
                .into_iter()
                .map(|condition| {
                    let bare = bare(&condition);
                    (condition, bare)
                })
                .collect(),
            cut: self.cut.clone(),
        })
    }
}

impl Wish<'_> {
    /// The limit that a source can be offered: one over any rows.
    pub(super) fn limit(&self) -> Option<u64> {
        let offered = self.table.context.pushdown == Pushdown::Everything && !self.placed_here;
        let cut = self.cut.as_ref().filter(|cut| cut.order.is_empty());
        cut.filter(|_| offered).map(|cut| cut.rows)
    }
}

/// The expression with bare column names: those of a scan do not depend on what the scan is called.
fn bare(expr: &Expr) -> Expr {
    let bare = expr.clone().transform(|expr| {
        Ok(match expr {
            Expr::Column(column) if column.relation.is_some() => {
                Transformed::yes(Expr::Column(Column::from_name(column.name)))
            }
            other => Transformed::no(other),
        })
    });
    bare.map_or_else(|_| expr.clone(), |transformed| transformed.data)
}
