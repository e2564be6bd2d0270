//! The columns that a kernel was given, by position and type. Refuses others with an error that names the kernel: our bug.

use arrow::array::{ArrayRef, AsArray, Float64Array, Int64Array, StringArray};
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use datafusion_common::Result;

/// The texts at a position.
///
/// # Errors
/// When there is no such column, or it is not text.
pub fn texts(arguments: &[ArrayRef], position: usize) -> Result<&StringArray> {
    match arguments.get(position).and_then(AsArray::as_string_opt) {
        Some(texts) => Ok(texts),
        None => wrong("a kernel of texts", arguments),
    }
}

/// The longs at a position.
///
/// # Errors
/// When there is no such column, or it is not of longs.
pub fn longs(arguments: &[ArrayRef], position: usize) -> Result<&Int64Array> {
    let column = arguments.get(position);
    match column.and_then(AsArray::as_primitive_opt::<Int64Type>) {
        Some(longs) => Ok(longs),
        None => wrong("a kernel of longs", arguments),
    }
}

/// The reals at a position.
///
/// # Errors
/// When there is no such column, or it is not of reals.
pub fn reals(arguments: &[ArrayRef], position: usize) -> Result<&Float64Array> {
    let column = arguments.get(position);
    match column.and_then(AsArray::as_primitive_opt::<Float64Type>) {
        Some(reals) => Ok(reals),
        None => wrong("a kernel of reals", arguments),
    }
}

/// The error for arguments that a kernel does not take.
///
/// # Errors
/// Always.
pub fn wrong<T>(kernel: &str, arguments: &[ArrayRef]) -> Result<T> {
    let types: Vec<&DataType> = arguments.iter().map(|array| array.data_type()).collect();
    datafusion_common::internal_err!("{kernel} does not take {types:?}")
}
