//! `array_slice`: the items between two positions.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Int64Type};
use datafusion_common::Result;

use super::{Chosen, as_list, item_type, items_of, list_of};
use crate::kernels::Kernel;

/// The items from one position to another, both included; negative positions count from the end, all are clamped.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Slice;

impl Kernel for Slice {
    fn name(&self) -> &str {
        "array_slice"
    }

    fn returns(&self, arguments: &[DataType]) -> Result<DataType> {
        Ok(list_of(item_type(self.name(), arguments)?))
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let [list, start, end] = arguments else {
            return datafusion_common::internal_err!("array_slice takes three arguments");
        };
        let list = as_list(self.name(), list)?;
        let (start, end) = (
            start.as_primitive::<Int64Type>(),
            end.as_primitive::<Int64Type>(),
        );
        let mut slices = Chosen::with_rows(list.len());
        for row in 0..list.len() {
            let known = !start.is_null(row) && !end.is_null(row);
            let items = items_of(list, row).filter(|_| known).map(|items| {
                let (skipped, kept) = between(items.len(), start.value(row), end.value(row));
                items.skip(skipped).take(kept)
            });
            slices.row(items)?;
        }
        slices.finish(list.values())
    }
}

/// How many items to skip and how many to keep then.
fn between(length: usize, start: i64, end: i64) -> (usize, usize) {
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let from_start = |position: i64| {
        if position < 0 {
            position.saturating_add(length)
        } else {
            position
        }
    };
    let first = from_start(start).max(0);
    let last = from_start(end).min(length.saturating_sub(1));
    let kept = last.saturating_sub(first).saturating_add(1).max(0);
    (
        usize::try_from(first).unwrap_or(usize::MAX),
        usize::try_from(kept).unwrap_or(0),
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::{longs, read};
    use super::*;
    use arrow::array::Int64Array;
    use std::sync::Arc;

    #[test]
    fn positions_clamp() {
        for (start, end, expected) in [
            (0, 0, vec![1]),
            (1, 2, vec![2, 3]),
            (-2, -1, vec![2, 3]),
            (-9, 9, vec![1, 2, 3]),
            (2, 1, vec![]),
            (5, 9, vec![]),
            (-9, -8, vec![]),
            (i64::MIN, i64::MAX, vec![1, 2, 3]),
            (i64::MAX, i64::MIN, vec![]),
        ] {
            let list = longs(vec![Some(vec![Some(1), Some(2), Some(3)])]);
            let position = |position| -> ArrayRef { Arc::new(Int64Array::from(vec![position])) };
            let slices = Slice.call(&[list, position(start), position(end)]).unwrap();
            let expected: Vec<_> = expected.into_iter().map(Some).collect();
            assert_eq!(read(&slices), [Some(expected)], "{start} to {end}");
        }
    }

    #[test]
    fn an_unknown_position_gives_null() {
        let list = longs(vec![Some(vec![Some(1)])]);
        let known: ArrayRef = Arc::new(Int64Array::from(vec![0]));
        let unknown: ArrayRef = Arc::new(Int64Array::from(vec![None]));
        assert_eq!(read(&Slice.call(&[list, known, unknown]).unwrap()), [None]);
    }
}
