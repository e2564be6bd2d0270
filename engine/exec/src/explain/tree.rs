//! What runs here, as a pipe: the optimised plan in the language's own form, without the steps that only choose columns.

use datafusion::logical_expr::{
    Aggregate, Distinct, Expr, FetchType, Join, JoinType, Limit, LogicalPlan, Projection, SkipType,
};

use super::words;

/// One line for each step, sources first; `scan` says how the n-th scan is called.
pub fn lines(plan: &LogicalPlan, scan: &dyn Fn(usize, &str) -> String) -> Vec<String> {
    let mut tree = Tree {
        scan,
        scans: 0,
        lines: Vec::new(),
    };
    tree.node(plan, 0);
    tree.lines
}

struct Tree<'a> {
    scan: &'a dyn Fn(usize, &str) -> String,
    scans: usize,
    lines: Vec<String>,
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
            }
            LogicalPlan::Values(values) => {
                let rows = values.values.len();
                self.line(depth, &format!("datatable of {rows} rows"));
            }
            LogicalPlan::EmptyRelation(_) => self.line(depth, "print"),
            _ => {
                for input in plan.inputs() {
                    self.node(input, depth);
                }
                if let Some(step) = step(plan) {
                    self.line(depth, &format!("| {step}"));
                }
            }
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
        let keys: Vec<String> = join
            .on
            .iter()
            .map(|(left, right)| {
                let (left, right) = (words::text(left), words::text(right));
                if left == right {
                    left
                } else {
                    format!("$left.{left} == $right.{right}")
                }
            })
            .collect();
        let mut end = format!(") on {}", keys.join(", "));
        if let Some(filter) = &join.filter {
            end.push_str(&format!(" where {}", words::condition(filter)));
        }
        self.nested(&join.right, depth, &format!("| join kind={kind} ("), &end);
    }

    fn nested(&mut self, plan: &LogicalPlan, depth: usize, open: &str, close: &str) {
        self.line(depth, open);
        self.node(plan, depth + 1);
        self.line(depth, close);
    }
}

/// What a node with one input does; none when it only chooses or renames columns.
fn step(plan: &LogicalPlan) -> Option<String> {
    Some(match plan {
        LogicalPlan::Projection(projection) => extend(projection)?,
        LogicalPlan::SubqueryAlias(_) => return None,
        LogicalPlan::Filter(filter) => {
            format!("where {}", words::condition(&filter.predicate))
        }
        LogicalPlan::Sort(sort) => {
            let keys: Vec<String> = sort.expr.iter().map(words::sort_key).collect();
            match sort.fetch {
                Some(rows) => format!("top {rows} by {}", keys.join(", ")),
                None => format!("sort by {}", keys.join(", ")),
            }
        }
        LogicalPlan::Limit(limit) => take(limit),
        LogicalPlan::Aggregate(aggregate) => summarize(aggregate),
        LogicalPlan::Distinct(Distinct::All(_)) => "distinct *".to_owned(),
        LogicalPlan::Distinct(Distinct::On(on)) => format!("distinct {}", list(&on.on_expr)),
        LogicalPlan::Unnest(unnest) => {
            let names = unnest.exec_columns.iter().map(|c| words::column(&c.name));
            format!("mv-expand {}", names.collect::<Vec<_>>().join(", "))
        }
        other => words::cleaned(&other.display().to_string()),
    })
}

/// The computed columns of a projection.
fn extend(projection: &Projection) -> Option<String> {
    let computed: Vec<String> = projection
        .expr
        .iter()
        .filter_map(|expr| {
            let (_, name) = expr.qualified_name();
            let (name, text) = (words::column(&name), words::text(expr));
            let bare = expr.clone().unalias_nested().data;
            // Renaming is no work; keys of joins and orders have names of ours.
            let renames = matches!(bare, Expr::Column(_));
            (!renames && name != text).then(|| format!("{name} = {text}"))
        })
        .collect();
    (!computed.is_empty()).then(|| format!("extend {}", computed.join(", ")))
}

fn take(limit: &Limit) -> String {
    let (skip, fetch) = (limit.get_skip_type(), limit.get_fetch_type());
    match (skip, fetch) {
        (Ok(SkipType::Literal(0)), Ok(FetchType::Literal(Some(rows)))) => format!("take {rows}"),
        _ => "take".to_owned(),
    }
}

fn summarize(aggregate: &Aggregate) -> String {
    let calls = aggregate.aggr_expr.iter().map(|expr| {
        let (_, name) = expr.qualified_name();
        let (name, text) = (words::column(&name), words::text(expr));
        if matches!(expr, Expr::Alias(_)) && name != text {
            format!("{name} = {text}")
        } else {
            text
        }
    });
    let calls: Vec<String> = calls.collect();
    match (calls.as_slice(), aggregate.group_expr.as_slice()) {
        ([], keys) => format!("distinct {}", list(keys)),
        (calls, []) => format!("summarize {}", calls.join(", ")),
        (calls, keys) => format!("summarize {} by {}", calls.join(", "), list(keys)),
    }
}

fn list(exprs: &[Expr]) -> String {
    exprs.iter().map(words::text).collect::<Vec<_>>().join(", ")
}
