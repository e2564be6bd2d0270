//! What counts as the same value where values are collected: null is null, NaN is NaN, -0.0 is 0.0. Owns the rows of bytes
//! that stand for values of any type; comparisons in conditions follow other rules (expr/compare.rs).

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Float64Array, ListArray, MapArray, StructArray, new_empty_array,
};
use arrow::datatypes::{DataType, Float64Type};
use arrow::row::{RowConverter, Rows, SortField};
use datafusion_common::Result;

use super::Kernel;

/// The value in the one form that stands for all equal ones.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Canonical;

impl Kernel for Canonical {
    fn name(&self) -> &str {
        "canonical"
    }

    fn returns(&self, arguments: &[DataType]) -> Result<DataType> {
        match arguments {
            [value] => Ok(value.clone()),
            _ => datafusion_common::internal_err!("canonical takes one argument"),
        }
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        match arguments {
            [value] => canonical(value),
            _ => datafusion_common::internal_err!("canonical takes one argument"),
        }
    }
}

/// Whether values of a type have more than one form.
fn has_forms(ty: &DataType) -> bool {
    match ty {
        DataType::Float64 => true,
        DataType::List(field) | DataType::Map(field, _) => has_forms(field.data_type()),
        DataType::Struct(fields) => fields.iter().any(|field| has_forms(field.data_type())),
        _ => false,
    }
}

/// The values, each in its one form: any NaN is the positive quiet one, -0.0 is 0.0; inside of nested values too.
///
/// # Errors
/// When the array is not what its type says: our bug.
pub fn canonical(array: &ArrayRef) -> Result<ArrayRef> {
    if !has_forms(array.data_type()) {
        return Ok(Arc::clone(array));
    }
    Ok(match array.data_type() {
        DataType::Float64 => {
            let values = array.as_primitive::<Float64Type>();
            let one_form: Float64Array = values.unary(|value| match value {
                value if value.is_nan() => f64::NAN,
                // -0.0 matches too.
                0.0 => 0.0,
                value => value,
            });
            Arc::new(one_form)
        }
        DataType::List(field) => {
            let list = array.as_list::<i32>();
            Arc::new(ListArray::try_new(
                Arc::clone(field),
                list.offsets().clone(),
                canonical(list.values())?,
                list.nulls().cloned(),
            )?)
        }
        DataType::Struct(fields) => {
            let columns = array.as_struct().columns().iter().map(canonical);
            Arc::new(StructArray::try_new(
                fields.clone(),
                columns.collect::<Result<_>>()?,
                array.nulls().cloned(),
            )?)
        }
        DataType::Map(field, ordered) => {
            let map = array.as_map();
            let entries: ArrayRef = Arc::new(map.entries().clone());
            Arc::new(MapArray::try_new(
                Arc::clone(field),
                map.offsets().clone(),
                canonical(&entries)?.as_struct().clone(),
                map.nulls().cloned(),
                *ordered,
            )?)
        }
        _ => Arc::clone(array),
    })
}

/// Rows of bytes that are equal where the values are the same, and whose order is ascending: strings by their bytes, NaN
/// after all numbers, null last.
///
/// # Errors
/// For a type without rows: our bug, as Arrow has rows for every type of the language.
pub fn rows(array: &ArrayRef) -> Result<Rows> {
    let last = arrow::compute::SortOptions {
        descending: false,
        nulls_first: false,
    };
    let field = SortField::new_with_options(array.data_type().clone(), last);
    let converter = RowConverter::new(vec![field])?;
    Ok(converter.convert_columns(&[canonical(array)?])?)
}

/// Rows of two arrays of one type that compare with each other.
///
/// # Errors
/// As [`rows`].
pub fn rows_of_two(left: &ArrayRef, right: &ArrayRef) -> Result<(Rows, Rows)> {
    let converter = RowConverter::new(vec![SortField::new(left.data_type().clone())])?;
    Ok((
        converter.convert_columns(&[canonical(left)?])?,
        converter.convert_columns(&[canonical(right)?])?,
    ))
}

/// The array as exactly this type: nested values may differ in what their fields say of null.
///
/// # Errors
/// When the types differ in more than that: our bug.
pub fn fitted(array: &ArrayRef, to: &DataType) -> Result<ArrayRef> {
    if array.data_type() == to {
        return Ok(Arc::clone(array));
    }
    if array.is_empty() {
        return Ok(new_empty_array(to));
    }
    Ok(arrow::compute::cast(array, to)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Type;
    use arrow::array::{Int64Array, StringArray};

    fn reals(values: &[f64]) -> ArrayRef {
        Arc::new(Float64Array::from(values.to_vec()))
    }

    #[test]
    fn every_nan_and_every_zero_is_one_value() {
        let values = reals(&[-f64::NAN, f64::NAN, -0.0, 0.0, 1.0]);
        let rows = rows(&values).unwrap();
        assert_eq!(rows.row(0), rows.row(1));
        assert_eq!(rows.row(2), rows.row(3));
        assert!(rows.row(3) < rows.row(4));
        assert!(rows.row(4) < rows.row(0));
    }

    #[test]
    fn fields_of_structs_have_one_form_too() {
        let ty = Type::Struct(vec![("x".into(), Type::Real), ("s".into(), Type::String)]);
        let DataType::Struct(fields) = ty.arrow() else {
            panic!("a struct is a struct in Arrow")
        };
        let texts: ArrayRef = Arc::new(StringArray::from(vec!["a", "a"]));
        let structs: ArrayRef =
            Arc::new(StructArray::try_new(fields, vec![reals(&[0.0, -0.0]), texts], None).unwrap());
        let rows = rows(&structs).unwrap();
        assert_eq!(rows.row(0), rows.row(1));
    }

    #[test]
    fn null_is_a_value_and_the_last() {
        let values: ArrayRef = Arc::new(Int64Array::from(vec![None, Some(i64::MAX), None]));
        let rows = rows(&values).unwrap();
        assert_eq!(rows.row(0), rows.row(2));
        assert!(rows.row(1) < rows.row(0));
    }
}
