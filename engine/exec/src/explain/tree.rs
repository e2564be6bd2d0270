//! What runs here, as a pipe: the optimised plan in the language's own form, without the steps that only choose columns.

use std::collections::HashMap;

use datafusion::common::Column;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::expr::Sort;
use datafusion::logical_expr::{
    Aggregate, Expr, FetchType, Join, JoinType, Limit, LogicalPlan, Projection, SkipType,
};

use super::words;

/// One line for each step, sources first; `scan` says how the n-th scan is called.
pub fn lines(plan: &LogicalPlan, scan: &dyn Fn(usize, &str) -> String) -> Vec<String> {
    let mut names = HashMap::new();
    collect_names(plan, &mut names);
    let mut tree = Tree {
        scan,
        names,
        scans: 0,
        lines: Vec::new(),
        made: HashMap::new(),
        order: None,
    };
    tree.node(plan, 0);
    tree.lines
}

struct Tree<'a> {
    scan: &'a dyn Fn(usize, &str) -> String,
    scans: usize,
    lines: Vec<String>,
    /// What the query calls a column of the plan, where that is another name.
    names: HashMap<String, String>,
    /// What stands behind names that the planner made, which nobody wants to read.
    made: HashMap<String, Expr>,
    /// The order that the last `sort` or `top` gave and nothing undid.
    order: Option<String>,
}

impl Tree<'_> {
    fn line(&mut self, depth: usize, text: &str) {
        self.lines.push(format!("{}{text}", "    ".repeat(depth)));
    }

    fn node(&mut self, plan: &LogicalPlan, depth: usize) {
        match plan {
            LogicalPlan::TableScan(scan) => {
                self.scans += 1;
                let table = words::cleaned(scan.table_name.table());
                let line = (self.scan)(self.scans, &table);
                self.line(depth, &line);
            }
            LogicalPlan::Join(join) => self.join(join, depth),
            LogicalPlan::Union(union) => {
                self.line(depth, "union");
                for input in &union.inputs {
                    self.nested(input, depth, "(", ")");
                }
                self.order = None;
            }
            LogicalPlan::Values(values) => {
                let rows = values.values.len();
                self.line(depth, &format!("datatable of {rows} rows"));
            }
            LogicalPlan::EmptyRelation(_) => self.line(depth, "print"),
            LogicalPlan::Projection(projection) => {
                self.node(&projection.input, depth);
                if let Some(step) = self.extend(projection) {
                    self.line(depth, &format!("| {step}"));
                }
            }
            LogicalPlan::Sort(sort) => {
                self.node(&sort.input, depth);
                let keys: Vec<Sort> = sort.expr.iter().map(|key| self.key(key)).collect();
                let keys = words::sort_keys(&keys).join(", ");
                let known = self.order.as_ref() == Some(&keys);
                match sort.fetch {
                    Some(rows) => self.line(depth, &format!("| top {rows} by {keys}")),
                    None if known => {}
                    None => self.line(depth, &format!("| sort by {keys}")),
                }
                self.order = Some(keys);
            }
            LogicalPlan::SubqueryAlias(alias) => self.node(&alias.input, depth),
            LogicalPlan::Filter(filter) => {
                self.node(&filter.input, depth);
                let condition = self.text(&filter.predicate);
                self.line(depth, &format!("| where {condition}"));
            }
            LogicalPlan::Limit(limit) => {
                self.node(&limit.input, depth);
                // One row of one: the binder keeps filters above from being moved below.
                let of_one = matches!(limit.input.as_ref(), LogicalPlan::Aggregate(all) if all.group_expr.is_empty());
                if !of_one {
                    self.line(depth, &format!("| {}", take(limit)));
                }
            }
            LogicalPlan::Aggregate(aggregate) => {
                self.node(&aggregate.input, depth);
                let step = self.summarize(aggregate);
                self.step(depth, &step);
            }
            other => {
                for input in other.inputs() {
                    self.node(input, depth);
                }
                let step = step(other);
                self.step(depth, &step);
            }
        }
    }

    /// A step that makes new rows.
    fn step(&mut self, depth: usize, step: &str) {
        self.line(depth, &format!("| {step}"));
        self.order = None;
    }

    /// An expression without the names that the planner made.
    fn plain(&self, expr: &Expr) -> Expr {
        let plain = expr.clone().transform_down(|expr| match &expr {
            Expr::Column(column) => Ok(match self.known(column) {
                // What is known is plain already, and must not be looked into again.
                Some(known) => Transformed::new(known, true, TreeNodeRecursion::Jump),
                None => Transformed::no(expr),
            }),
            _ => Ok(Transformed::no(expr)),
        });
        plain.map_or_else(|_| expr.clone(), |plain| plain.data)
    }

    /// What stands behind a column that the planner named, or the query's name for it.
    fn known(&self, column: &Column) -> Option<Expr> {
        let named = || {
            let made = column.relation.is_none() && column.name.contains('#');
            let name = self.names.get(&column.name).filter(|_| made)?;
            Some(Expr::Column(Column::from_name(name)))
        };
        self.made.get(&column.name).cloned().or_else(named)
    }

    fn text(&self, expr: &Expr) -> String {
        words::text(&self.plain(expr))
    }

    fn key(&self, key: &Sort) -> Sort {
        Sort {
            expr: self.plain(&key.expr),
            ..key.clone()
        }
    }

    /// The computed and renamed columns of a projection.
    fn extend(&mut self, projection: &Projection) -> Option<String> {
        let mut shown = Vec::new();
        for expr in &projection.expr {
            let (_, name) = expr.qualified_name();
            let plain = self.plain(&expr.clone().unalias_nested().data);
            let (short, text) = (words::column(&name), words::text(&plain));
            if is_made(&name) {
                self.made.insert(name, plain);
            } else if short != text && !matches!(plain, Expr::Column(_)) {
                shown.push(format!("{short} = {text}"));
            }
        }
        (!shown.is_empty()).then(|| format!("extend {}", shown.join(", ")))
    }

    fn summarize(&self, aggregate: &Aggregate) -> String {
        let named = |expr: &Expr| {
            let (relation, name) = expr.qualified_name();
            let column = Column::new(relation, name).flat_name();
            let (text, name) = (self.text(expr), self.names.get(&column));
            match name.filter(|name| **name != text) {
                Some(name) => format!("{name} = {text}"),
                None => text,
            }
        };
        let calls: Vec<String> = aggregate.aggr_expr.iter().map(named).collect();
        let keys: Vec<String> = aggregate.group_expr.iter().map(named).collect();
        let keys = keys.join(", ");
        match (calls.is_empty(), keys.is_empty()) {
            (true, _) => format!("distinct {keys}"),
            (false, true) => format!("summarize {}", calls.join(", ")),
            (false, false) => format!("summarize {} by {keys}", calls.join(", ")),
        }
    }

    fn join(&mut self, join: &Join, depth: usize) {
        self.node(&join.left, depth);
        let kind = match join.join_type {
            JoinType::Inner => "inner",
            JoinType::Left => "leftouter",
            JoinType::Right => "rightouter",
            JoinType::Full => "fullouter",
            JoinType::LeftSemi => "leftsemi",
            JoinType::RightSemi => "rightsemi",
            JoinType::LeftAnti => "leftanti",
            JoinType::RightAnti => "rightanti",
            JoinType::LeftMark | JoinType::RightMark => "mark",
        };
        self.line(depth, &format!("| join kind={kind} ("));
        self.node(&join.right, depth + 1);
        // What the keys stand for is known once both sides are.
        let keys: Vec<String> = join
            .on
            .iter()
            .map(|(left, right)| {
                let (left, right) = (self.text(left), self.text(right));
                if left == right {
                    left
                } else {
                    format!("$left.{left} == $right.{right}")
                }
            })
            .collect();
        let mut end = format!(") on {}", keys.join(", "));
        if let Some(filter) = &join.filter {
            end.push_str(&format!(" where {}", self.text(filter)));
        }
        self.line(depth, &end);
        self.order = None;
    }

    fn nested(&mut self, plan: &LogicalPlan, depth: usize, open: &str, close: &str) {
        self.line(depth, open);
        self.node(plan, depth + 1);
        self.line(depth, close);
    }
}

/// The names that projections give to bare columns. Columns that the planner makes have different names in the whole plan.
fn collect_names(plan: &LogicalPlan, names: &mut HashMap<String, String>) {
    if let LogicalPlan::Projection(projection) = plan {
        for expr in &projection.expr {
            if let Expr::Alias(alias) = expr
                && let Expr::Column(column) = alias.expr.as_ref()
                && !is_made(&alias.name)
            {
                let own = names.get(&alias.name).cloned();
                let name = own.unwrap_or_else(|| words::column(&alias.name));
                names.insert(column.flat_name(), name);
            }
        }
    }
    for input in plan.inputs() {
        collect_names(input, names);
    }
}

/// What a node of no kind above does.
fn step(plan: &LogicalPlan) -> String {
    match plan {
        LogicalPlan::Distinct(_) => "distinct *".to_owned(),
        LogicalPlan::Unnest(unnest) => {
            let names = unnest.exec_columns.iter().map(|c| words::column(&c.name));
            format!("mv-expand {}", names.collect::<Vec<_>>().join(", "))
        }
        other => words::cleaned(&other.display().to_string()),
    }
}

/// Whether the planner or DataFusion made a name for a key, an order or a part of an expression.
fn is_made(name: &str) -> bool {
    let (base, numbered) = match name.rsplit_once('#') {
        Some((base, _)) => (base, true),
        None => (name, false),
    };
    let order = base
        .strip_prefix("order")
        .is_some_and(|number| number.chars().all(|c| c.is_ascii_digit()));
    name.starts_with("__") || numbered && (order || matches!(base, "key" | "partner"))
}

fn take(limit: &Limit) -> String {
    let (skip, fetch) = (limit.get_skip_type(), limit.get_fetch_type());
    match (skip, fetch) {
        (Ok(SkipType::Literal(0)), Ok(FetchType::Literal(Some(rows)))) => format!("take {rows}"),
        _ => "take".to_owned(),
    }
}
