//! The plan that merges partial results: a scan of them and an aggregate over it, with the names and types of the aggregate whose
//! place it takes. Keys are computed again from what sources put out: what they round or spell differently still is one group.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field};
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, TableReference};
use datafusion::datasource::{TableProvider, provider_as_source};
use datafusion::logical_expr::{Aggregate, Expr, LogicalPlan, LogicalPlanBuilder, TableScan};
use trawl_host::types::AggregateFunction;
use trawl_plan::Type;
use trawl_plan::kernels::total;
use trawl_plan::virtuals;

use super::group::{Key, Merge, Merged};
use crate::pushdown::{PartialCall, Partials, SUM_DIGITS, lossless};
use crate::table::ScanTable;

/// A merge.
pub(super) struct Plan {
    pub(super) plan: LogicalPlan,
    /// The table of partial results.
    pub(super) table: Arc<ScanTable>,
    /// Names of the table's columns, in the order of the request's keys and calls.
    pub(super) columns: Vec<String>,
}

/// The merge of an aggregate's partial results; none when it would not be what the aggregate is.
pub(super) fn plan(
    aggregate: &Aggregate,
    scan: &TableScan,
    table: &ScanTable,
    partials: &Partials,
    keys: &[Key],
    results: &[Merged],
) -> Option<Plan> {
    let fields = fields(partials)?;
    let columns: Vec<String> = fields.iter().map(|field| field.name().clone()).collect();
    let distinct: HashSet<&String> = columns.iter().collect();
    if distinct.len() != columns.len() || columns.iter().any(|name| virtuals::is_virtual(name)) {
        return None;
    }
    let partial = Arc::new(table.of_partials(fields));
    let input = input(aggregate, scan, &partial, &columns, keys)?;

    let names = aggregate.schema.columns();
    let (key_names, result_names) = names.split_at_checked(keys.len())?;
    let column = |part: usize| {
        let name = columns.get(partials.by.len().checked_add(part)?)?;
        Some(of_table(&scan.table_name, name))
    };
    let calls = results.iter().zip(result_names).map(|(result, name)| {
        let parts = result.parts.iter().map(|part| column(*part));
        let call = merged(result, parts.collect::<Option<Vec<_>>>()?)?;
        Some(call.alias(name.name.clone()))
    });
    let calls = calls.collect::<Option<Vec<_>>>()?;
    let keys: Vec<Expr> = key_names.iter().cloned().map(Expr::Column).collect();
    let merge = Aggregate::try_new(Arc::new(input), keys, calls).ok()?;
    let plan = LogicalPlan::Aggregate(merge);
    stands_for(plan.schema(), &aggregate.schema).then_some(Plan {
        plan,
        table: partial,
        columns,
    })
}

/// The columns of the partial results: keys, then calls.
fn fields(partials: &Partials) -> Option<Vec<Field>> {
    let keys = partials.by.iter().map(|(column, _)| {
        let field = column.output.first()?;
        Some(Field::new(&field.name, lossless(field)?.arrow(), true))
    });
    let calls = partials.calls.iter().map(|call| {
        let name = call.output()?.name;
        Some(Field::new(name, call_type(call)?, true))
    });
    keys.chain(calls).collect()
}

fn call_type(call: &PartialCall) -> Option<DataType> {
    let ty = match &call.column {
        Some(column) => lossless(column.output.first()?)?,
        None => Type::Long,
    };
    Some(match (call.function, ty) {
        (AggregateFunction::Count, _) => DataType::Int64,
        (AggregateFunction::Sum, Type::Long | Type::Timespan) => {
            DataType::Decimal128(SUM_DIGITS, 0)
        }
        (_, ty) => ty.arrow(),
    })
}

fn of_table(table: &TableReference, name: &str) -> Expr {
    Expr::Column(Column::new(Some(table.clone()), name))
}

/// The partial results with the aggregate's keys under their names.
fn input(
    aggregate: &Aggregate,
    scan: &TableScan,
    partial: &Arc<ScanTable>,
    columns: &[String],
    keys: &[Key],
) -> Option<LogicalPlan> {
    let table = &scan.table_name;
    let places = keys.iter().filter(|key| key.of.is_none());
    let places = places.filter_map(|key| match &key.expr {
        Expr::Column(column) => Some(column.name.as_str()),
        _ => None,
    });
    let schema = partial.schema();
    let positions = places
        .chain(columns.iter().map(String::as_str))
        .map(|name| schema.index_of(name).ok())
        .collect::<Option<Vec<_>>>()?;
    let source = provider_as_source(Arc::clone(partial) as _);
    let rows = LogicalPlanBuilder::scan(table.clone(), source, Some(positions)).ok()?;

    let mut own = columns.iter();
    let mut exprs: Vec<Expr> = Vec::new();
    for (key, (relation, field)) in keys.iter().zip(aggregate.schema.iter()) {
        let expr = match &key.of {
            None => key.expr.clone(),
            Some(of) => in_place(&key.expr, of, &of_table(table, own.next()?))?,
        };
        let is_named = matches!(&expr, Expr::Column(column)
            if column.relation.as_ref() == relation && column.name == *field.name());
        exprs.push(if is_named {
            expr
        } else {
            expr.alias_qualified(relation.cloned(), field.name().clone())
        });
    }
    exprs.extend(own.map(|call| of_table(table, call)));
    rows.project(exprs).ok()?.build().ok()
}

/// An expression with another one in the place of one of its parts.
fn in_place(expr: &Expr, of: &Expr, by: &Expr) -> Option<Expr> {
    let replaced = expr.clone().transform_down(|part| {
        Ok(if part == *of {
            Transformed::new(by.clone(), true, TreeNodeRecursion::Jump)
        } else {
            Transformed::no(part)
        })
    });
    Some(replaced.ok()?.data)
}

/// The call that makes of partial results what the call would have made of rows.
fn merged(result: &Merged, parts: Vec<Expr>) -> Option<Expr> {
    let mut parts = parts.into_iter();
    let first = parts.next()?;
    Some(match &result.merge {
        Merge::Counts => total::partial_count(first),
        Merge::Sums(ty) => total::sum(first, ty.clone()),
        Merge::Mean(ty) => total::partial_mean(first, parts.next()?, ty.clone()),
        Merge::Same(of) => in_place(&Expr::AggregateFunction(result.call.clone()), of, &first)?,
    })
}

/// Whether rows of a schema can come where those of the other were expected.
fn stands_for(own: &DFSchema, other: &DFSchema) -> bool {
    let fields = own.iter().zip(other.iter());
    own.fields().len() == other.fields().len()
        && fields.into_iter().all(|((own_of, own), (of, other))| {
            own_of == of
                && own.name() == other.name()
                && own.data_type() == other.data_type()
                && (other.is_nullable() || !own.is_nullable())
        })
}
