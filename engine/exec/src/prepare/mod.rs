//! The second step of pushdown, between optimisation and execution: scans that want the same are asked as one, each connection's
//! plugin says what it takes, and what all of them take exactly is not checked again. An aggregate of which all of them give partial
//! results becomes the merge of these.

mod exact;
mod group;
mod merge;
mod named;
mod order;
mod scope;
mod settle;
mod share;
mod site;
mod trace;

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::common::tree_node::TreeNode;
use datafusion::logical_expr::{Expr, LogicalPlan};

use crate::budget;
use crate::error::Error;
use crate::fetch::{Asked, Fetch};
use crate::table::ScanTable;

pub use scope::Scope;
pub use site::{Cut, scan_table};

/// A scan, ready to run on every target.
#[derive(Debug)]
pub struct Prepared {
    /// Its targets; those whose plugin would not plan have no partitions.
    pub targets: Vec<TargetScan>,
    /// Which clusters they are, and why no others.
    pub scope: Scope,
    /// The conditions that were offered to the sources, each as the plan has it and with bare column names.
    pub offered: Vec<(Expr, Expr)>,
    /// Rows that are wanted at most, when that is known.
    pub cut: Option<Cut>,
    /// The plan's names of the columns that it puts out.
    pub columns: Vec<String>,
    /// The aggregate that its sources were offered.
    pub grouped: Option<Grouped>,
}

/// An aggregate that sources were offered, in the query's words.
#[derive(Debug, Clone, PartialEq)]
pub struct Grouped {
    /// Its calls.
    pub calls: Vec<String>,
    /// Its keys.
    pub by: Vec<String>,
    /// Whether all of them give partial results, which the plan merges; else they give rows.
    pub taken: bool,
}

/// A fetch as one scan reads it.
#[derive(Debug)]
pub struct TargetScan {
    /// What is asked.
    pub fetch: Arc<Fetch>,
    /// Which of the fetch's readers this is.
    pub reader: usize,
    /// The position in the fetch's rows of each column of the plan that is no virtual one.
    pub columns: HashMap<String, usize>,
}

impl Prepared {
    /// Whether no target needs a condition (with bare column names) checked again.
    pub fn is_exact(&self, condition: &Expr) -> bool {
        use trawl_host::types::Pushed;
        let mut planned = self
            .targets
            .iter()
            .filter(|target| target.fetch.plan.is_ok());
        planned.all(|target| target.fetch.pushed(condition) == Pushed::Exact)
    }
}

/// Prepares every scan of an optimised plan and drops the filters that need no second check. Gives the scans in the plan's order.
///
/// # Errors
/// When the query has more targets than one query may have, or would cost more than it may.
pub async fn prepare(plan: LogicalPlan) -> Result<(LogicalPlan, Vec<Arc<ScanTable>>), Error> {
    let sites = site::collect(&plan)?;
    let wishes = sites
        .iter()
        .map(site::Site::wish)
        .collect::<Result<Vec<_>, Error>>()?;
    let share::Shares { asked, readings } = share::group(&wishes);
    let fetches = asked.into_iter().map(Asked::plan);
    let fetches: Vec<Fetch> = futures::future::join_all(fetches).await;
    let offered: Vec<bool> = wishes
        .iter()
        .zip(&readings)
        .map(|(wish, reading)| settle::is_offered(wish, reading, &fetches))
        .collect();
    let mut fetches = settle::settle(&wishes, &readings, fetches).await;
    budget::keep(&mut fetches)?;
    let taken: Vec<bool> = wishes
        .iter()
        .zip(&readings)
        .map(|(wish, reading)| settle::is_taken(wish, reading, &fetches))
        .collect();
    let fetches: Vec<Arc<Fetch>> = fetches.into_iter().map(Arc::new).collect();
    let mut merges = Vec::new();
    for (at, (wish, reading)) in wishes.into_iter().zip(readings).enumerate() {
        let is = |of: &[bool]| of.get(at).copied().unwrap_or(false);
        let grouping = wish.grouping.as_ref().filter(|_| is(&taken));
        let targets = reading
            .into_iter()
            .filter_map(|reading| {
                Some(TargetScan {
                    fetch: Arc::clone(fetches.get(reading.fetch)?),
                    reader: reading.reader,
                    columns: grouping.map_or(reading.columns, settle::positions),
                })
            })
            .collect();
        let grouped = wish.grouping.as_ref().filter(|_| is(&offered));
        let prepared = Arc::new(Prepared {
            targets,
            columns: wish.columns,
            scope: wish.scope,
            offered: wish.offered,
            cut: wish.cut,
            grouped: grouped.map(|grouping| Grouped {
                calls: grouping.calls.clone(),
                by: grouping.by.clone(),
                taken: is(&taken),
            }),
        });
        wish.table.set_prepared(Arc::clone(&prepared));
        if let Some(grouping) = wish.grouping.filter(|_| is(&taken)) {
            grouping.table.set_prepared(prepared);
            merges.push((Arc::clone(wish.table), grouping));
        }
    }
    let plan = plan
        .transform_up(|node| Ok(settle::merged(node, &merges)))
        .map_err(Error::from)?
        .data;
    let plan = plan
        .transform_up(|node| Ok(exact::drop_exact(node)))
        .map_err(Error::from)?
        .data;
    Ok((plan, sites.into_iter().map(|site| site.table).collect()))
}
