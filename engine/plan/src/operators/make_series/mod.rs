//! `make-series`: groups by keys and bin, then each group's bins as lists, with a default where a bin has no rows.

mod range;

use std::sync::Arc;

use arrow::array::{ArrayRef, ListArray};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::Field;
use datafusion_common::{Column as PlanColumn, ScalarValue};
use datafusion_expr::{Expr, LogicalPlan, LogicalPlanBuilder, lit};
use datafusion_functions_aggregate::expr_fn::array_agg;
use trawl_lang::Diagnostic;
use trawl_lang::ast::{self, CompareOp, Item, Serie};
use trawl_lang::span::Span;

use self::range::Range;
use crate::bind::{Binder, distinct_names, implied_name, item_name};
use crate::expr::{Aggregates, Bound, Result, Scope};
use crate::kernels::{self, series::BinNumber, series::Series};
use crate::operators::{Example, Family, Operator};
use crate::relation::{BoundColumn, Relation};
use crate::types::Type;
use crate::value::Value;

/// `make-series`: what its page says.
pub const OPERATOR: Operator = Operator {
    name: "make-series",
    aliases: &[],
    family: Family::Groups,
    syntax: "make-series NAME = AGGREGATE [default = VALUE], … on COLUMN from START to END step STEP [by KEY, …]",
    summary: "Makes lists of values over a range, one for each step, also where there are no rows.",
    notes: r"One row a group: the keys, then the column of `on` as the list of the starts of its bins, then a list for each series. Bin `i` holds the
rows from `START + i * STEP` to before the next; no bin begins at or behind the end, so that the last one can be short.

- Start, end and step are constants: two datetimes with a timespan, or numbers. There are at most 11,000 bins.
- Rows outside of the range, and rows without a value there, do not count; a group that has no others is no group. The range is a
  condition on the source as if it stood in a `where`.
- A bin without rows has the default: 0 if none is written, null for what is no number and no timespan. A bin whose aggregate is null
  stays null.
- Without `by` there is one row also where there are no rows; with `by` there is none.
- The order of rows is lost. Of the lists, `array_sum` and `array_slice` read on, and `render table with (sparkline = n)` draws them.",
    examples: &[
        Example {
            title: "Counts by the hour",
            query: r#"datatable(t: datetime, code: long) [
  "2026-01-31T08:10:00Z", 500, "2026-01-31T08:40:00Z", 502, "2026-01-31T10:05:00Z", 500]
| make-series n = count() on t from datetime(2026-01-31T08:00) to datetime(2026-01-31T12:00) step 1h
| project n"#,
        },
        Example {
            title: "A default, by a key",
            query: r#"datatable(service: string, minute: long, latency: timespan) [
  "web", 0, 20ms, "web", 0, 40ms, "web", 2, 35ms, "db", 1, 5ms]
| make-series worst = max(latency) default = null on minute from 0 to 3 step 1 by service
| sort by service asc"#,
        },
        Example {
            title: "Warnings of an hour, every ten minutes",
            query: r#"events
| where type == "Warning"
| make-series n = count() on timestamp from datetime(2026-09-21T13:10) to datetime(2026-09-21T14:10) step 10m by cluster
| project cluster, n, total = array_sum(n)
| sort by cluster asc"#,
        },
    ],
};

/// The parts of a `make-series`.
pub(crate) struct MakeSeries<'a> {
    pub(crate) series: &'a [Serie],
    pub(crate) on: &'a ast::Expr,
    pub(crate) from: &'a ast::Expr,
    pub(crate) to: &'a ast::Expr,
    pub(crate) step: &'a ast::Expr,
    pub(crate) by: &'a [Item],
    pub(crate) span: Span,
}

/// A series, bound.
struct BoundSeries {
    name: String,
    /// Its value in a bin that has rows, over the groups.
    value: Bound,
    /// Its value in a bin that has none.
    default: Expr,
}

impl Binder<'_> {
    pub(crate) fn make_series(
        &mut self,
        mut input: Relation,
        parts: &MakeSeries<'_>,
    ) -> Result<Relation> {
        let span = parts.span;
        let axis = axis_name(parts.on)?;
        let (on, range) = self.series_range(&input, parts)?;

        let mut computed = Vec::new();
        let (mut keys, mut aggregates) = self.keys(&input, parts.by, &mut computed)?;
        let mut series = Vec::new();
        for serie in parts.series {
            series.push(self.serie(serie, &input, &mut aggregates)?);
        }

        let bin_number = BinNumber {
            bins: range.bins.clone(),
        };
        let number = self.unique("bin");
        computed.push((
            kernels::call(bin_number, vec![on.expr.clone()]),
            number.clone(),
        ));
        let plan = self.within(input.plan, on, &range, span)?;
        let plan = self.with_columns(plan, computed, span)?;
        let mut groups = keys.clone();
        groups.push(BoundColumn::computed(
            String::new(),
            number,
            Type::Long,
            false,
        ));
        let plan = self.grouped(plan, &groups, aggregates.calls, span)?;
        let (plan, bins, series) = self.filled_bins(plan, &keys, &groups, series, span)?;

        let plan = self.read_back(plan, &mut keys, span)?;
        let mut columns = keys;
        let starts = self.unique(&axis);
        let mut computed = vec![(starts_of(&range), starts.clone())];
        columns.push(BoundColumn::computed(
            axis,
            starts,
            list_of(&range.ty),
            false,
        ));
        for (position, serie) in series.into_iter().enumerate() {
            let kernel = Series {
                ty: serie.value.ty.clone(),
                bins: range.bins.count,
                // The number of the bin is the first field.
                field: position + 1,
            };
            let unique = self.unique(&serie.name);
            let lists = kernels::call(kernel, vec![bins.clone(), serie.default]);
            computed.push((lists, unique.clone()));
            columns.push(BoundColumn::computed(
                serie.name,
                unique,
                list_of(&serie.value.ty),
                false,
            ));
        }
        distinct_names(&columns, span)?;
        input.plan = self.with_columns(plan, computed, span)?;
        input.cut_lineage();
        input.columns = columns;
        Ok(input)
    }

    fn serie(
        &mut self,
        serie: &Serie,
        input: &Relation,
        aggregates: &mut Aggregates,
    ) -> Result<BoundSeries> {
        let name = item_name(&serie.item)?;
        let mut scope = Scope {
            relation: input,
            right: None,
            aggregates: Some(aggregates),
        };
        let value = self.expr(&serie.item.expr, &mut scope)?;
        let default = match &serie.default {
            Some(default) => {
                let empty = self.empty();
                let default = self.expr(default, &mut Scope::row(&empty))?;
                self.coerce(default, &value.ty, "the default of this series")?
            }
            None => {
                let zero = Bound::constant(zero(&value.ty), value.span);
                self.coerce(zero, &value.ty, "the default of this series")?
            }
        };
        Ok(BoundSeries {
            name,
            value,
            default: default.expr,
        })
    }

    /// The rows of the range, by a filter that the source can take.
    fn within(
        &mut self,
        plan: LogicalPlan,
        on: Bound,
        range: &Range,
        span: Span,
    ) -> Result<LogicalPlan> {
        let after = self.comparison(CompareOp::Ge, on.clone(), range.from.clone(), span)?;
        let before = self.comparison(CompareOp::Lt, on, range.to.clone(), span)?;
        let filter = after.expr.and(before.expr);
        self.built(LogicalPlanBuilder::from(plan).filter(filter), span)
    }

    /// Groups by key and bin to groups by key, each with the list of its bins that have rows. The series are read from there.
    fn filled_bins(
        &mut self,
        plan: LogicalPlan,
        keys: &[BoundColumn],
        groups: &[BoundColumn],
        series: Vec<BoundSeries>,
        span: Span,
    ) -> Result<(LogicalPlan, Expr, Vec<BoundSeries>)> {
        let mut computed = Vec::new();
        let number = groups.last().map(BoundColumn::expr);
        let mut fields = vec![lit("bin"), number.unwrap_or(lit(ScalarValue::Null))];
        for (position, serie) in series.iter().enumerate() {
            let unique = self.unique(&serie.name);
            computed.push((serie.value.expr.clone(), unique.clone()));
            fields.push(lit(format!("s{position}")));
            fields.push(Expr::Column(PlanColumn::from_name(unique)));
        }
        let plan = self.with_columns(plan, computed, span)?;
        let bin = datafusion_functions::core::expr_fn::named_struct(fields);
        let bins = self.unique("bins");
        let plan = self.grouped(plan, keys, vec![(array_agg(bin), bins.clone())], span)?;
        Ok((plan, Expr::Column(PlanColumn::from_name(bins)), series))
    }
}

fn list_of(item: &Type) -> Type {
    Type::List(Box::new(item.clone()))
}

/// What an empty bin has where nothing else is said: nothing counted is zero, and no time is no time.
fn zero(ty: &Type) -> Value {
    match ty {
        Type::Long | Type::Quantity => Value::Long(0),
        Type::Real => Value::Real(0.0),
        Type::Timespan => Value::Timespan(0),
        _ => Value::Null,
    }
}

/// The starts of the bins as one list, the same for every row.
fn starts_of(range: &Range) -> Expr {
    let item = range.ty.arrow();
    let list = arrow::compute::cast(&range.bins.starts(), &item).and_then(|starts: ArrayRef| {
        ListArray::try_new(
            Arc::new(Field::new("item", item, true)),
            OffsetBuffer::from_lengths([starts.len()]),
            starts,
            None,
        )
    });
    // 64-bit numbers are what times are made of, so that the cast does not fail.
    lit(list.map_or(ScalarValue::Null, |list| ScalarValue::List(Arc::new(list))))
}

/// The name of the column of bin starts: that of the column they are bins of.
fn axis_name(on: &ast::Expr) -> Result<String> {
    implied_name(&on.kind).ok_or_else(|| {
        Diagnostic::error("Q0205", "this column has no name")
            .label(on.span, "computed")
            .help("compute it before: `extend t = …`, then `on t`")
            .into()
    })
}
