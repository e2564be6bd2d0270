//! The scans of a plan: what each wants of its table, with the limit and the aggregate that stand above it.

use std::sync::Arc;

use datafusion::common::Column;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::datasource::source_as_provider;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::logical_expr::{Expr, FetchType, LogicalPlan, SkipType, TableScan};
use trawl_host::types;
use trawl_lang::Diagnostic;

use super::group::{self, Grouping};
use super::named::is_placed_by_row;
use super::order::{self, Order};
use super::scope::{self, Scope};
use super::trace::is_offered;
use crate::catalog::Resolved;
use crate::context::Pushdown;
use crate::error::Error;
use crate::explain::words;
use crate::namespaces::Namespaces;
use crate::placement::Whose;
use crate::pushdown::{Partials, SortBy};
use crate::table::{ScanTable, is_virtual};

/// Rows of a scan that are wanted at most.
#[derive(Debug, Clone, PartialEq)]
pub struct Cut {
    /// How many.
    pub rows: u64,
    /// The order that decides which, in the query's words; empty when any rows will do.
    pub order: Vec<String>,
}

/// What stands above a scan with nothing between them that changes rows.
#[derive(Clone, Default)]
struct Above {
    /// A limit.
    rows: Option<u64>,
    /// The order that decides which rows are within it; none when any will do.
    order: Option<Order>,
    /// An aggregate.
    grouping: Option<Grouping>,
}

/// A scan of the plan with what stands directly above it.
pub(super) struct Site {
    scan: TableScan,
    /// Its table at this place of the query.
    pub(super) table: Arc<ScanTable>,
    above: Above,
}

/// What a scan wants of its table.
pub(super) struct Wish<'a> {
    pub(super) table: &'a Arc<ScanTable>,
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
    /// What the limit's order is offered as; empty when there is none, or none that can be.
    pub(super) sort: Vec<SortBy>,
    /// What is offered in the place of rows.
    pub(super) partials: Option<Partials>,
    /// The aggregate that partial results are for; without it they are the number of rows that have no columns.
    pub(super) grouping: Option<Grouping>,
}

/// The scans of a plan, in its order.
pub(super) fn collect(plan: &LogicalPlan) -> Result<Vec<Site>> {
    let mut sites = Vec::new();
    walk(plan, &Above::default(), &mut sites)?;
    Ok(sites)
}

/// Walks down to the scans, carrying a limit as long as no operator between changes the number of rows.
fn walk(plan: &LogicalPlan, above: &Above, sites: &mut Vec<Site>) -> Result<()> {
    let below = match plan {
        LogicalPlan::Limit(node) => match (node.get_skip_type()?, node.get_fetch_type()?) {
            (SkipType::Literal(skip), FetchType::Literal(Some(fetch))) => {
                let rows = u64::try_from(skip.saturating_add(fetch)).unwrap_or(u64::MAX);
                above.at_most(rows)
            }
            _ => Above::default(),
        },
        LogicalPlan::Sort(sort) => {
            let rows = sort.fetch.and_then(|fetch| u64::try_from(fetch).ok());
            Above {
                rows,
                order: rows.map(|_| order::of(sort)),
                grouping: None,
            }
        }
        LogicalPlan::Projection(_) | LogicalPlan::SubqueryAlias(_) => above.clone(),
        // A filter with a condition that the scan was not offered must see all rows.
        LogicalPlan::Filter(filter) if is_offered(filter) => above.clone(),
        LogicalPlan::Aggregate(aggregate) => Above {
            grouping: group::of(aggregate),
            ..Above::default()
        },
        LogicalPlan::TableScan(scan) => {
            let fetch = scan.fetch.and_then(|fetch| u64::try_from(fetch).ok());
            sites.push(Site {
                table: scan_table(scan)?,
                scan: scan.clone(),
                above: match fetch {
                    Some(rows) => above.at_most(rows),
                    None => above.clone(),
                },
            });
            return Ok(());
        }
        _ => Above::default(),
    };
    plan.inputs()
        .into_iter()
        .try_for_each(|input| walk(input, &below, sites))
}

impl Above {
    /// With a limit beneath: any rows will do for the inner one, so that only the outer one's order can matter.
    fn at_most(&self, rows: u64) -> Self {
        let outer = self.rows.filter(|_| self.order.is_none());
        Self {
            rows: Some(outer.map_or(rows, |outer| outer.min(rows))),
            ..Self::default()
        }
    }

    fn cut(&self) -> Option<Cut> {
        let keys = self.order.iter().flat_map(|order| &order.keys);
        let keys: Vec<_> = keys.cloned().collect();
        Some(Cut {
            rows: self.rows?,
            order: if keys.is_empty() {
                Vec::new()
            } else {
                words::sort_keys(&keys)
            },
        })
    }
}

/// Our table behind a scan.
///
/// # Errors
/// For a table of somebody else: our bug.
pub fn scan_table(scan: &TableScan) -> Result<Arc<ScanTable>> {
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
        let namespaces = resolved.namespaces.as_ref();
        let offered: Vec<Expr> = offered
            .into_iter()
            .chain(namespaces.map(Namespaces::condition))
            .collect();
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
        let projection: Vec<(String, types::Column)> = columns
            .iter()
            .filter_map(|name| Some((name.clone(), self.table.request_column(name)?)))
            .collect();
        let everything = self.table.context.pushdown == Pushdown::Everything;
        let above = if everything {
            self.above.clone()
        } else {
            Above::default()
        };
        // Rows without a column differ in nothing: their number is all there is to know.
        // Partial results cannot be looked at again for rows of other namespaces.
        let above = match namespaces {
            Some(_) => Above {
                grouping: None,
                ..above
            },
            None => above,
        };
        let is_count = everything
            && namespaces.is_none()
            && projection.is_empty()
            && !is_placed_by_row(&self.table);
        let partials = match &above.grouping {
            Some(grouping) => Some(grouping.partials.clone()),
            None => is_count.then(Partials::count),
        };
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
            cut: self.above.cut(),
            sort: above.order.map(|order| order.offered).unwrap_or_default(),
            partials,
            grouping: above.grouping,
        })
    }
}

impl Wish<'_> {
    /// The limit that a source can be offered: one over any rows, or one with the order that decides which.
    pub(super) fn limit(&self) -> Option<u64> {
        let offered = self.table.context.pushdown == Pushdown::Everything && !self.placed_here;
        let any = |cut: &&Cut| cut.order.is_empty() || !self.sort.is_empty();
        let cut = self.cut.as_ref().filter(|_| offered).filter(any);
        cut.map(|cut| cut.rows)
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
