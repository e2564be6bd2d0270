//! The aggregate above a scan as its sources can be offered it: partial results of groups, and what they are of. Refuses keys and
//! calls that are more than a column, and every call whose result a merge could not give exactly as all rows would.

use std::sync::Arc;

use datafusion::common::ScalarValue;
use datafusion::logical_expr::expr::AggregateFunction as Call;
use datafusion::logical_expr::{Aggregate, Expr, LogicalPlan};
use trawl_host::types::AggregateFunction;
use trawl_plan::Type;
use trawl_plan::kernels::equality::Canonical;
use trawl_plan::kernels::match_call;
use trawl_plan::kernels::series::{Axis, BinNumber};
use trawl_plan::kernels::time_bin::Bin;
use trawl_plan::kernels::total::{Of, match_total};

use super::merge;
use super::named::{Named, is_placed_by_row, place_column, source_column};
use super::order::ordered_real;
use super::site::scan_table;
use super::trace;
use crate::explain::words;
use crate::pushdown::{PartialCall, Partials};
use crate::table::ScanTable;

/// An aggregate that can be left to sources.
#[derive(Clone)]
pub(super) struct Grouping {
    /// What they are offered.
    pub(super) partials: Partials,
    /// What takes the aggregate's place when all of them take it: the merge of what they put out.
    pub(super) merged: LogicalPlan,
    /// The table of partial results that it reads.
    pub(super) table: Arc<ScanTable>,
    /// The names of its columns, in the order in which they come.
    pub(super) columns: Vec<String>,
    /// The calls in the query's words.
    pub(super) calls: Vec<String>,
    /// The keys in the query's words.
    pub(super) by: Vec<String>,
}

/// A key over the scan's columns.
pub(super) struct Key {
    /// The key.
    pub(super) expr: Expr,
    /// The source's column in it; none for a column that says where rows come from.
    pub(super) of: Option<Expr>,
}

/// What the result of a call is made of.
pub(super) enum Merge {
    /// The sum of counts.
    Counts,
    /// The sum of sums of this type.
    Sums(Type),
    /// The mean that sums of this type and counts give.
    Mean(Type),
    /// The same call over the column of partial results in place of this column.
    Same(Expr),
}

/// A call, and the positions of its partial results.
pub(super) struct Merged {
    /// As the plan has it, over the scan's columns.
    pub(super) call: Call,
    pub(super) merge: Merge,
    /// One, or for a mean the sums and their counts.
    pub(super) parts: Vec<usize>,
}

/// The grouping of an aggregate whose rows are a scan's; none when it cannot be left to sources.
pub(super) fn of(aggregate: &Aggregate) -> Option<Grouping> {
    let exprs = aggregate.group_expr.iter().chain(&aggregate.aggr_expr);
    let exprs = exprs.map(trace::bare).collect();
    let (scan, mut keys) = trace::to_scan(&aggregate.input, exprs)?;
    let results = keys.split_off(aggregate.group_expr.len());
    let table = scan_table(scan).ok()?;
    if is_placed_by_row(&table) {
        return None;
    }
    let (by, calls) = (words_of(&keys), words_of(&results));

    let mut partials = Partials {
        by: Vec::new(),
        calls: Vec::new(),
    };
    let keys: Vec<Key> = keys
        .into_iter()
        .map(|expr| key(&table, expr, &mut partials))
        .collect::<Option<_>>()?;
    // Without keys a source has one row, of no rows too; where a connection has none there must be no group of its place.
    if partials.by.is_empty() && !keys.is_empty() {
        partials.calls.push(PartialCall::rows());
    }
    let results: Vec<Merged> = results
        .iter()
        .map(|expr| call(&table, expr, &mut partials.calls))
        .collect::<Option<_>>()?;
    if partials.by.is_empty() && partials.calls.is_empty() {
        return None;
    }
    let merge::Plan {
        plan,
        table,
        columns,
    } = merge::plan(aggregate, scan, &table, &partials, &keys, &results)?;
    Some(Grouping {
        partials,
        merged: plan,
        table,
        columns,
        calls,
        by,
    })
}

fn words_of(exprs: &[Expr]) -> Vec<String> {
    exprs.iter().map(words::text).collect()
}

/// A key, which joins those of the partial results unless it says where rows come from.
fn key(table: &ScanTable, expr: Expr, partials: &mut Partials) -> Option<Key> {
    if place_column(table, &expr).is_some() {
        return Some(Key { expr, of: None });
    }
    let (of, bin_ns) = binned(&expr);
    let Named { column, ty } = source_column(table, of)?;
    if bin_ns.is_some() && ty != Type::Datetime {
        return None;
    }
    let of = of.clone();
    partials.by.push((column, bin_ns));
    Some(Key { expr, of: Some(of) })
}

/// What a key rounds down to bins from the epoch on, and their width.
fn binned(key: &Expr) -> (&Expr, Option<u64>) {
    // Both zeros are one key, and every NaN: the merge sees to it.
    if let Some((_, [of])) = match_call::<Canonical>(key) {
        return (of, None);
    }
    if let Some((
        bin,
        [
            of,
            Expr::Literal(ScalarValue::DurationNanosecond(Some(width)), _),
        ],
    )) = match_call::<Bin>(key)
        && bin.ty == Type::Datetime
        && *width > 0
    {
        return (of, u64::try_from(*width).ok());
    }
    // The bins of a series are those when they begin at a multiple of their width.
    if let Some((number, [of])) = match_call::<BinNumber>(key)
        && let Axis::Whole { from, step } = number.bins.axis
        && step > 0
        && from.rem_euclid(step) == 0
    {
        return (of, u64::try_from(step).ok());
    }
    (key, None)
}

/// A call, whose partial results join the others.
fn call(table: &ScanTable, expr: &Expr, calls: &mut Vec<PartialCall>) -> Option<Merged> {
    let Expr::AggregateFunction(call) = expr else {
        return None;
    };
    let (of, merge) = merge_of(table, call)?;
    let column = match of {
        None => None,
        Some(of) => {
            let named = source_column(table, of)?;
            if !fits(&merge, &named.ty) {
                return None;
            }
            Some(named.column)
        }
    };
    let functions: &[AggregateFunction] = match &merge {
        Merge::Counts => &[AggregateFunction::Count],
        Merge::Sums(_) => &[AggregateFunction::Sum],
        Merge::Mean(_) => &[AggregateFunction::Sum, AggregateFunction::Count],
        Merge::Same(_) if is_min(call) => &[AggregateFunction::Min],
        Merge::Same(_) => &[AggregateFunction::Max],
    };
    let parts = functions.iter().map(|function| {
        let part = PartialCall {
            function: *function,
            column: column.clone(),
        };
        part.output()?;
        let known = calls.iter().position(|known| *known == part);
        Some(known.unwrap_or_else(|| {
            calls.push(part);
            calls.len() - 1
        }))
    });
    Some(Merged {
        call: call.clone(),
        parts: parts.collect::<Option<_>>()?,
        merge,
    })
}

/// Whether the values of a column are what the call takes them for.
fn fits(merge: &Merge, ty: &Type) -> bool {
    match merge {
        Merge::Sums(own) | Merge::Mean(own) => own == ty,
        Merge::Counts | Merge::Same(_) => true,
    }
}

fn is_min(call: &Call) -> bool {
    match call.params.order_by.as_slice() {
        [key] => key.asc,
        _ => call.func.name() == "min",
    }
}

/// What a call is of, none for rows, and how it is merged.
fn merge_of<'a>(table: &ScanTable, call: &'a Call) -> Option<(Option<&'a Expr>, Merge)> {
    let params = &call.params;
    if params.distinct || params.null_treatment.is_some() {
        return None;
    }
    if call.func.name() == "first_value" {
        let of = extreme_of_reals(call)?;
        let real = source_column(table, of)?.ty == Type::Real;
        return real.then(|| (Some(of), Merge::Same(of.clone())));
    }
    if params.filter.is_some() || !params.order_by.is_empty() {
        return None;
    }
    if let Some((total, [of])) = match_total(call) {
        let merge = match total.of() {
            Of::Sum => Merge::Sums(total.ty().clone()),
            Of::Mean => Merge::Mean(total.ty().clone()),
            Of::PartialMean | Of::PartialCount => return None,
        };
        return Some((Some(of), merge));
    }
    match (call.func.name(), params.args.as_slice()) {
        ("count", [of]) => Some((counted(of)?, Merge::Counts)),
        // Of reals DataFusion's own extremes are other ones, and the binder does not use them.
        ("min" | "max", [of]) if source_column(table, of)?.ty != Type::Real => {
            Some((Some(of), Merge::Same(of.clone())))
        }
        _ => None,
    }
}

/// What `count` counts: rows, or the values of a column, `countif(isnotnull(x))`.
fn counted(of: &Expr) -> Option<Option<&Expr>> {
    let is_value = |expr: &Expr| matches!(expr, Expr::Literal(value, _) if !value.is_null());
    match of {
        of if is_value(of) => Some(None),
        Expr::Column(_) => Some(Some(of)),
        Expr::Case(case) if case.expr.is_none() && case.else_expr.is_none() => {
            match case.when_then_expr.as_slice() {
                [(when, then)] if is_value(then) => match when.as_ref() {
                    Expr::IsNotNull(of) => Some(Some(of.as_ref())),
                    _ => None,
                },
                _ => None,
            }
        }
        _ => None,
    }
}

/// The column of reals of which a call is the least or the greatest value: the first of those that are neither null nor NaN.
fn extreme_of_reals(call: &Call) -> Option<&Expr> {
    let params = &call.params;
    let ([value], [key]) = (params.args.as_slice(), params.order_by.as_slice()) else {
        return None;
    };
    let of = ordered_real(value)?;
    // The binder takes NaN out of the value, and out of the key that this is.
    let by_value = key.expr == *value || ordered_real(&key.expr) == Some(value);
    let present = match params.filter.as_deref() {
        Some(Expr::IsNotNull(present)) => **present == key.expr,
        _ => false,
    };
    (by_value && present && !key.nulls_first).then_some(of)
}
