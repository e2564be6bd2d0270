//! `sum` and `avg`: totals whose way does not matter, only their end. DataFusion wraps long and decimal sums, and the mean of
//! large reals becomes infinite there.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray};
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion_common::{Result, ScalarValue};
use datafusion_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion_expr::utils::format_state_name;
use datafusion_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, Expr, GroupsAccumulator, Signature,
    Volatility,
};

use crate::types::Type;

mod result;
mod sum;

pub use result::{means, sums};
pub use sum::{Column, Sum};

/// The sum or mean of long, real, timespan or quantity; null where there is nothing to sum or the sum does not fit.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Total {
    /// Type of the values, and of the sum.
    ty: Type,
    /// The mean instead of the sum.
    mean: bool,
    signature: Signature,
}

/// The sum of the values that are not null, as the same type.
pub fn sum(value: Expr, ty: Type) -> Expr {
    call(value, ty, false)
}

/// The mean of the values that are not null: a timespan of timespans, else a real.
pub fn mean(value: Expr, ty: Type) -> Expr {
    call(value, ty, true)
}

fn call(value: Expr, ty: Type, mean: bool) -> Expr {
    let total = Total {
        ty,
        mean,
        signature: Signature::any(1, Volatility::Immutable),
    };
    AggregateUDF::from(total).call(vec![value])
}

impl Total {
    fn groups(&self) -> Groups {
        Groups {
            ty: self.ty.clone(),
            mean: self.mean,
            sums: Vec::new(),
        }
    }
}

impl AggregateUDFImpl for Total {
    fn name(&self) -> &str {
        if self.mean { "mean" } else { "total" }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(match (self.mean, &self.ty) {
            (true, Type::Long | Type::Quantity) => DataType::Float64,
            (_, ty) => ty.arrow(),
        })
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
    mean: bool,
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

fn only(values: &[ArrayRef]) -> Result<&ArrayRef> {
    match values {
        [values] => Ok(values),
        _ => datafusion_common::internal_err!("a total takes one argument"),
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
        let column = Column::of(only(values)?)?;
        for (row, &group) in groups.iter().enumerate() {
            if passes(filter, row)
                && let Some(sum) = self.sums.get_mut(group)
            {
                sum.add(&column, row);
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
        // Unlike a list of no items, a group without values has no sum.
        let done = done.into_iter().map(|sum| sum.some());
        if self.mean {
            means(&self.ty, done)
        } else {
            sums(&self.ty, done)
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
        let values = only(values)?;
        let column = Column::of(values)?;
        let states: Vec<Sum> = (0..values.len())
            .map(|row| {
                let mut sum = Sum::new(&self.ty);
                if passes(filter, row) {
                    sum.add(&column, row);
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
    use arrow::array::{AsArray, Float64Array, Int64Array};
    use arrow::datatypes::{Float64Type, Int64Type};

    fn groups(ty: Type, mean: bool) -> Groups {
        Groups {
            ty,
            mean,
            sums: Vec::new(),
        }
    }

    #[test]
    fn groups_without_values_are_null() {
        let mut groups = groups(Type::Long, false);
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
        let partial = groups(Type::Real, true)
            .convert_to_state(&[values], Some(&filter))
            .unwrap();
        let mut last = groups(Type::Real, true);
        last.merge_batch(&partial, &[0, 0, 1], 2).unwrap();
        let again = last.state(EmitTo::All).unwrap();
        let mut last = groups(Type::Real, true);
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
}
