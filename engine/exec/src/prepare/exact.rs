//! Drops from the filter above a scan what every target takes exactly.

use std::sync::Arc;

use datafusion::common::tree_node::Transformed;
use datafusion::logical_expr::utils::{conjunction, split_conjunction};
use datafusion::logical_expr::{Filter, LogicalPlan};

use super::site::scan_table;

/// The node without the conditions that need no second check.
pub(super) fn drop_exact(node: LogicalPlan) -> Transformed<LogicalPlan> {
    let LogicalPlan::Filter(Filter {
        predicate, input, ..
    }) = &node
    else {
        return Transformed::no(node);
    };
    let LogicalPlan::TableScan(scan) = input.as_ref() else {
        return Transformed::no(node);
    };
    let Ok(table) = scan_table(scan) else {
        return Transformed::no(node);
    };
    let Some(prepared) = table.prepared() else {
        return Transformed::no(node);
    };
    let is_exact = |condition: &datafusion::logical_expr::Expr| {
        let offered = prepared.offered.iter().find(|(own, _)| own == condition);
        offered.is_some_and(|(_, bare)| prepared.is_exact(bare))
    };
    let all = split_conjunction(predicate);
    let kept: Vec<_> = all
        .iter()
        .filter(|condition| !is_exact(condition))
        .map(|condition| (*condition).clone())
        .collect();
    if kept.len() == all.len() {
        return Transformed::no(node);
    }
    match conjunction(kept) {
        None => Transformed::yes(input.as_ref().clone()),
        Some(predicate) => match Filter::try_new(predicate, Arc::clone(input)) {
            Ok(filter) => Transformed::yes(LogicalPlan::Filter(filter)),
            Err(_) => Transformed::no(node),
        },
    }
}
