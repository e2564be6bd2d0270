//! Equality of nested values, and whether a list has a value: two-valued, as comparisons are.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use arrow::datatypes::{DataType, Float64Type};
use datafusion_common::{Result, internal_err};

use super::Kernel;
use super::equality::{fitted, rows_of_two};

/// `left == right` of lists, maps and structs: equal are those with equal parts, and null equals null.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Same;

impl Kernel for Same {
    fn name(&self) -> &str {
        "same"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let [left, right] = arguments else {
            return internal_err!("same takes two arguments");
        };
        let right = fitted(right, left.data_type())?;
        let (left, right) = rows_of_two(left, &right)?;
        let same = left.iter().zip(right.iter()).map(|(l, r)| Some(l == r));
        Ok(Arc::new(same.collect::<BooleanArray>()))
    }
}

/// `value in (list)`: whether an item equals the value. A null list has none; null is found where an item is null.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Contains;

impl Kernel for Contains {
    fn name(&self) -> &str {
        "contains_item"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let [list, value] = arguments else {
            return internal_err!("contains_item takes a list and a value");
        };
        let Some(list) = list.as_list_opt::<i32>() else {
            return internal_err!("contains_item takes a list, got {}", list.data_type());
        };
        let value = fitted(value, list.values().data_type())?;
        let (items, values) = rows_of_two(list.values(), &value)?;
        let offsets = list.value_offsets();
        let found = (0..list.len()).map(|row| {
            let (Some(from), Some(to)) = (offsets.get(row), offsets.get(row + 1)) else {
                return Some(false);
            };
            let range = usize::try_from(*from).unwrap_or(0)..usize::try_from(*to).unwrap_or(0);
            let has = |wanted: usize| {
                range
                    .clone()
                    .any(|item| items.row(item) == values.row(wanted))
            };
            Some(!list.is_null(row) && !is_nan(&value, row) && has(row))
        });
        Ok(Arc::new(found.collect::<BooleanArray>()))
    }
}

/// NaN equals nothing, whatever its bytes are.
fn is_nan(values: &ArrayRef, row: usize) -> bool {
    values
        .as_primitive_opt::<Float64Type>()
        .is_some_and(|reals| !reals.is_null(row) && reals.value(row).is_nan())
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Int64Array, ListArray};
    use arrow::compute::take;
    use arrow::datatypes::Int64Type;

    fn lists() -> ArrayRef {
        let list = ListArray::from_iter_primitive::<Int64Type, _, _>([
            Some(vec![Some(1), Some(2)]),
            Some(vec![]),
            None,
            Some(vec![None]),
        ]);
        Arc::new(list)
    }

    #[test]
    fn null_is_an_item_like_another() {
        let values: ArrayRef = Arc::new(Int64Array::from(vec![Some(2), Some(1), Some(1), None]));
        let found = Contains.call(&[lists(), values]).unwrap();
        let found: Vec<_> = found.as_boolean().iter().flatten().collect();
        assert_eq!(found, [true, false, false, true]);
    }

    #[test]
    fn lists_are_equal_by_their_items() {
        let order = arrow::array::UInt32Array::from(vec![0, 2, 2, 3]);
        let other = take(&lists(), &order, None).unwrap();
        let same = Same.call(&[lists(), other]).unwrap();
        let same: Vec<_> = same.as_boolean().iter().flatten().collect();
        assert_eq!(same, [true, false, true, true]);
    }
}
