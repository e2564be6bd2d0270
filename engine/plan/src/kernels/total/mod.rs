//! `sum` and `avg`: totals whose way does not matter, only their end. DataFusion wraps long and decimal sums, and the mean of
//! large reals becomes infinite there. Also what merges partial results that a source has computed: its counts, and its sums
//! beside their counts.

use std::any::Any;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array};
use arrow::datatypes::{DataType, Field, FieldRef, Int64Type};
use datafusion_common::{Result, ScalarValue};
use datafusion_expr::expr::AggregateFunction;
use datafusion_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion_expr::utils::format_state_name;
use datafusion_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, Expr, GroupsAccumulator, Signature,
    Volatility,
};

use crate::types::Type;

mod result;
mod sum;

pub use result::{counts, means, sums};
pub use sum::{Column, Sum};

/// What is made of the values of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Of {
    /// Their sum.
    Sum,
    /// Their mean.
    Mean,
    /// The mean of all values of which the first argument has sums and the second the numbers.
    PartialMean,
    /// The sum of partial counts: 0 of none, never null.
    PartialCount,
}

/// The sum or mean of long, real, timespan or quantity; null where there is nothing to sum or the sum does not fit.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Total {
    /// Type of the values, and of the sum.
    ty: Type,
    of: Of,
    signature: Signature,
}

/// The sum of the values that are not null, as the same type.
pub fn sum(value: Expr, ty: Type) -> Expr {
    call(vec![value], ty, Of::Sum)
}

/// The mean of the values that are not null: a timespan of timespans, else a real.
pub fn mean(value: Expr, ty: Type) -> Expr {
    call(vec![value], ty, Of::Mean)
}

/// The mean of values of a type that were summed and counted in parts. Sums of longs and timespans may be decimals of scale 0.
pub fn partial_mean(sums: Expr, counts: Expr, ty: Type) -> Expr {
    call(vec![sums, counts], ty, Of::PartialMean)
}

/// How many were counted in parts.
pub fn partial_count(counts: Expr) -> Expr {
    call(vec![counts], Type::Long, Of::PartialCount)
}

fn call(arguments: Vec<Expr>, ty: Type, of: Of) -> Expr {
    let total = Total {
        ty,
        of,
        signature: Signature::any(arguments.len(), Volatility::Immutable),
    };
    AggregateUDF::from(total).call(arguments)
}

/// The total of a call and its arguments, when the call is one of these.
pub fn match_total(call: &AggregateFunction) -> Option<(&Total, &[Expr])> {
    let inner: &dyn AggregateUDFImpl = call.func.inner().as_ref();
    let inner: &dyn Any = inner;
    let total = inner.downcast_ref::<Total>()?;
    Some((total, call.params.args.as_slice()))
}

impl Total {
    /// Type of the values.
    pub fn ty(&self) -> &Type {
        &self.ty
    }

    /// What is made of them.
    pub fn of(&self) -> Of {
        self.of
    }

    fn groups(&self) -> Groups {
        Groups {
            ty: self.ty.clone(),
            of: self.of,
            sums: Vec::new(),
        }
    }
}

impl AggregateUDFImpl for Total {
    fn name(&self) -> &str {
        match self.of {
            Of::Sum => "total",
            Of::Mean => "mean",
            Of::PartialMean => "partial_mean",
            Of::PartialCount => "partial_count",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(match (self.of, &self.ty) {
            (Of::Mean | Of::PartialMean, Type::Long | Type::Quantity) => DataType::Float64,
            (_, ty) => ty.arrow(),
        })
    }

    fn is_nullable(&self) -> bool {
        self.of != Of::PartialCount
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let parts = Sum::parts(&self.ty).into_iter();
        Ok(parts
            .map(|(name, ty)| Arc::new(Field::new(format_state_name(args.name, name), ty, true)))
            .collect())
    }

    fn accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(One(self.groups())))
    }

    fn groups_accumulator_supported(&self, _: AccumulatorArgs) -> bool {
        true
    }

    fn create_groups_accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(self.groups()))
    }
}

/// One sum for each group.
#[derive(Debug)]
struct Groups {
    ty: Type,
    of: Of,
    sums: Vec<Sum>,
}

impl Groups {
    fn grow(&mut self, groups: usize) {
        if self.sums.len() < groups {
            self.sums.resize(groups, Sum::new(&self.ty));
        }
    }
}

/// Whether a row passes the `FILTER` of the call.
fn passes(filter: Option<&BooleanArray>, row: usize) -> bool {
    filter.is_none_or(|filter| !filter.is_null(row) && filter.value(row))
}

/// The arguments of a call: values, and of how many values each is the sum.
struct Values {
    column: Column,
    counts: Option<Int64Array>,
}

impl Values {
    fn of(arguments: &[ArrayRef]) -> Result<Self> {
        let (values, counts) = match arguments {
            [values] => (values, None),
            [values, counts] => (values, counts.as_primitive_opt::<Int64Type>().cloned()),
            _ => return datafusion_common::internal_err!("a total takes one or two arguments"),
        };
        Ok(Self {
            column: Column::of(values)?,
            counts,
        })
    }

    /// Adds the value of a row.
    fn add(&self, sum: &mut Sum, row: usize) {
        match &self.counts {
            None => sum.add(&self.column, row),
            // A sum of nobody knows how many values is none.
            Some(counts) if counts.is_valid(row) => {
                sum.add_part(&self.column, row, counts.value(row));
            }
            Some(_) => {}
        }
    }
}

impl GroupsAccumulator for Groups {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        count: usize,
    ) -> Result<()> {
        self.grow(count);
        let values = Values::of(values)?;
        for (row, &group) in groups.iter().enumerate() {
            if passes(filter, row)
                && let Some(sum) = self.sums.get_mut(group)
            {
                values.add(sum, row);
            }
        }
        Ok(())
    }

    fn merge_batch(&mut self, values: &[ArrayRef], groups: &[usize], count: usize) -> Result<()> {
        self.grow(count);
        let parts = Sum::read(&self.ty, values)?;
        for (part, &group) in parts.iter().zip(groups) {
            if let Some(sum) = self.sums.get_mut(group) {
                sum.merge(part);
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit: EmitTo) -> Result<ArrayRef> {
        let done = emit.take_needed(&mut self.sums);
        if self.of == Of::PartialCount {
            return Ok(counts(done.iter()));
        }
        // Unlike a list of no items, a group without values has no sum.
        let done = done.into_iter().map(|sum| sum.some());
        match self.of {
            Of::Mean | Of::PartialMean => means(&self.ty, done),
            Of::Sum | Of::PartialCount => sums(&self.ty, done),
        }
    }

    fn state(&mut self, emit: EmitTo) -> Result<Vec<ArrayRef>> {
        let done = emit.take_needed(&mut self.sums);
        Sum::write(&self.ty, &done)
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        let rows = values.first().map_or(0, Array::len);
        let values = Values::of(values)?;
        let states: Vec<Sum> = (0..rows)
            .map(|row| {
                let mut sum = Sum::new(&self.ty);
                if passes(filter, row) {
                    values.add(&mut sum, row);
                }
                sum
            })
            .collect();
        Sum::write(&self.ty, &states)
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.sums.capacity() * size_of::<Sum>()
    }
}

/// The sum of all rows: one group that always exists.
#[derive(Debug)]
struct One(Groups);

impl Accumulator for One {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let groups = vec![0; values.first().map_or(0, Array::len)];
        self.0.update_batch(values, &groups, None, 1)
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let groups = vec![0; states.first().map_or(0, Array::len)];
        self.0.merge_batch(states, &groups, 1)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        self.0.grow(1);
        ScalarValue::try_from_array(&self.0.evaluate(EmitTo::All)?, 0)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        self.0.grow(1);
        let parts = self.0.state(EmitTo::All)?;
        parts
            .iter()
            .map(|part| ScalarValue::try_from_array(part, 0))
            .collect()
    }

    fn size(&self) -> usize {
        self.0.size()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Decimal128Array, Float64Array};
    use arrow::datatypes::Float64Type;

    fn groups(ty: Type, of: Of) -> Groups {
        Groups {
            ty,
            of,
            sums: Vec::new(),
        }
    }

    #[test]
    fn groups_without_values_are_null() {
        let mut groups = groups(Type::Long, Of::Sum);
        let values: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None, Some(2)]));
        groups.update_batch(&[values], &[0, 1, 0], None, 3).unwrap();
        let sums = groups.evaluate(EmitTo::First(2)).unwrap();
        assert_eq!(
            sums.as_primitive::<Int64Type>().iter().collect::<Vec<_>>(),
            [Some(3), None]
        );
        assert_eq!(groups.evaluate(EmitTo::All).unwrap().len(), 1);
    }

    #[test]
    fn parts_of_groups_merge_whatever_way_they_came() {
        let values: ArrayRef = Arc::new(Float64Array::from(vec![1e308, 1e308, 4.0]));
        let filter = BooleanArray::from(vec![Some(true), Some(true), None]);
        let partial = groups(Type::Real, Of::Mean)
            .convert_to_state(&[values], Some(&filter))
            .unwrap();
        let mut last = groups(Type::Real, Of::Mean);
        last.merge_batch(&partial, &[0, 0, 1], 2).unwrap();
        let again = last.state(EmitTo::All).unwrap();
        let mut last = groups(Type::Real, Of::Mean);
        last.merge_batch(&again, &[0, 1], 2).unwrap();
        let means = last.evaluate(EmitTo::All).unwrap();
        assert_eq!(
            means
                .as_primitive::<Float64Type>()
                .iter()
                .collect::<Vec<_>>(),
            [Some(1e308), None]
        );
    }

    #[test]
    fn counts_of_parts_are_never_null() {
        let mut counted = groups(Type::Long, Of::PartialCount);
        let parts: ArrayRef = Arc::new(Int64Array::from(vec![2, 0, 3, i64::MAX, i64::MAX]));
        counted
            .update_batch(&[parts], &[0, 1, 0, 3, 3], None, 4)
            .unwrap();
        let counts = counted.evaluate(EmitTo::All).unwrap();
        assert_eq!(
            counts.as_primitive::<Int64Type>().values(),
            &[5, 0, 0, i64::MAX]
        );
    }

    #[test]
    fn means_of_parts_are_those_of_the_values() {
        let sums = Decimal128Array::from(vec![Some(2 * i128::from(i64::MAX)), Some(7), None, None])
            .with_precision_and_scale(38, 0)
            .unwrap();
        let counts = Int64Array::from(vec![Some(2), Some(2), Some(0), None]);
        let parts: [ArrayRef; 2] = [Arc::new(sums), Arc::new(counts)];
        let mut means = groups(Type::Long, Of::PartialMean);
        means.update_batch(&parts, &[0, 1, 2, 1], None, 3).unwrap();
        let means = means.evaluate(EmitTo::All).unwrap();
        assert_eq!(
            means
                .as_primitive::<Float64Type>()
                .iter()
                .collect::<Vec<_>>(),
            [Some(i64::MAX as f64), Some(3.5), None]
        );
    }
}
