//! Lists: literals, positions, and what the collection functions do with them. Owns the ways in which kernels read and make
//! lists; one kernel a file.
//!
//! A list that is null gives null, whatever else a kernel is given.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, UInt64Array};
use arrow::buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::compute::{concat, take};
use arrow::datatypes::{DataType, Field};
use datafusion_common::Result;

use super::equality::fitted;

mod concat;
mod convert;
mod get;
mod join_text;
mod keys;
mod length;
mod of;
mod or_empty;
mod percentile;
mod pick;
mod set;
mod slice;
mod sort;
mod sum;

pub use concat::Concat;
pub use convert::EachItem;
pub use get::ListGet;
pub use join_text::JoinText;
pub use keys::Keys;
pub use length::Length;
pub use of::ListOf;
pub use or_empty::OrEmpty;
pub use percentile::Percentile;
pub use pick::{Pick, PickFrom};
pub use set::{SetOp, Sets};
pub use slice::Slice;
pub use sort::{SortItems, Sorted};
pub use sum::SumItems;

/// The Arrow type of lists with such items.
pub fn list_of(item: DataType) -> DataType {
    DataType::List(Arc::new(Field::new("item", item, true)))
}

/// The type of the items of the list that is a kernel's first argument.
fn item_type(kernel: &str, arguments: &[DataType]) -> Result<DataType> {
    match arguments.first() {
        Some(DataType::List(item)) => Ok(item.data_type().clone()),
        other => datafusion_common::internal_err!("{kernel} takes a list, got {other:?}"),
    }
}

/// The argument as the list that the binder promised.
fn as_list<'a>(kernel: &str, argument: &'a ArrayRef) -> Result<&'a ListArray> {
    argument.as_list_opt::<i32>().ok_or_else(|| {
        datafusion_common::internal_datafusion_err!(
            "{kernel} takes a list, got {}",
            argument.data_type()
        )
    })
}

/// Where the items of a row stand among a list's values; `None` where the list is null.
fn items_of(list: &ListArray, row: usize) -> Option<Range<usize>> {
    if list.is_null(row) {
        return None;
    }
    let offsets = list.value_offsets();
    let from = usize::try_from(*offsets.get(row)?).ok()?;
    let to = usize::try_from(*offsets.get(row + 1)?).ok()?;
    Some(from..to)
}

/// Lists of one type whose values stand in one array, so that items of several lists can be chosen from.
struct Together {
    lists: Vec<ListArray>,
    /// Where the values of each list begin in `values`.
    bases: Vec<usize>,
    values: ArrayRef,
}

impl Together {
    fn new(kernel: &str, arguments: &[ArrayRef], item: &DataType) -> Result<Self> {
        let lists = arguments
            .iter()
            .map(|argument| as_list(kernel, argument).cloned())
            .collect::<Result<Vec<_>>>()?;
        let values = lists
            .iter()
            .map(|list| fitted(list.values(), item))
            .collect::<Result<Vec<_>>>()?;
        let mut bases = Vec::with_capacity(values.len());
        let mut next = 0;
        for array in &values {
            bases.push(next);
            next += array.len();
        }
        let all: Vec<&dyn Array> = values.iter().map(AsRef::as_ref).collect();
        Ok(Self {
            lists,
            bases,
            values: concat(&all)?,
        })
    }

    fn len(&self) -> usize {
        self.lists.first().map_or(0, Array::len)
    }

    /// The items of each list in a row; `None` where one of the lists is null.
    fn row(&self, row: usize) -> Option<Vec<Range<usize>>> {
        self.lists
            .iter()
            .zip(&self.bases)
            .map(|(list, base)| {
                items_of(list, row).map(|items| items.start + base..items.end + base)
            })
            .collect()
    }
}

/// Lists in the making, of items that stand in one array.
struct Chosen {
    items: Vec<u64>,
    offsets: Vec<i32>,
    valid: Vec<bool>,
}

impl Chosen {
    fn with_rows(rows: usize) -> Self {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        Self {
            items: Vec::new(),
            offsets,
            valid: Vec::with_capacity(rows),
        }
    }

    /// Ends the row with these items; `None` makes it null.
    fn row(&mut self, items: Option<impl IntoIterator<Item = usize>>) -> Result<()> {
        self.valid.push(items.is_some());
        for item in items.into_iter().flatten() {
            self.items.push(item as u64);
        }
        self.offsets.push(offset(self.items.len())?);
        Ok(())
    }

    fn finish(self, values: &ArrayRef) -> Result<ArrayRef> {
        let items = take(values, &UInt64Array::from(self.items), None)?;
        made(items, self.offsets, self.valid)
    }
}

/// A list array from its parts.
fn made(items: ArrayRef, offsets: Vec<i32>, valid: Vec<bool>) -> Result<ArrayRef> {
    Ok(Arc::new(ListArray::try_new(
        Arc::new(Field::new("item", items.data_type().clone(), true)),
        OffsetBuffer::new(ScalarBuffer::from(offsets)),
        items,
        Some(NullBuffer::from(valid)),
    )?))
}

/// A number of items as Arrow counts them; a batch with more than two thousand million items is refused.
fn offset(items: usize) -> Result<i32> {
    i32::try_from(items).map_err(|_| {
        datafusion_common::exec_datafusion_err!("a batch of lists has more than {} items", i32::MAX)
    })
}

#[cfg(test)]
mod tests {
    //! Lists for the tests of the kernels.

    use super::*;
    use arrow::array::{Int64Array, ListBuilder, StringBuilder};
    use arrow::datatypes::Int64Type;

    /// Lists of longs.
    pub(super) fn longs(rows: Vec<Option<Vec<Option<i64>>>>) -> ArrayRef {
        Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>(rows))
    }

    /// Lists of texts.
    pub(super) fn texts(rows: &[Option<&[Option<&str>]>]) -> ArrayRef {
        let mut builder = ListBuilder::new(StringBuilder::new());
        for row in rows {
            match row {
                Some(items) => builder.append_value(items.iter().copied()),
                None => builder.append_null(),
            }
        }
        Arc::new(builder.finish())
    }

    /// What lists of longs hold.
    pub(super) fn read(array: &ArrayRef) -> Vec<Option<Vec<Option<i64>>>> {
        array
            .as_list::<i32>()
            .iter()
            .map(|items| items.map(|items| items.as_primitive::<Int64Type>().iter().collect()))
            .collect()
    }

    #[test]
    fn slices_and_null_rows_with_items_are_read_as_they_are() {
        let values: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3, 4]));
        let array = made(values, vec![0, 1, 3, 4], vec![true, false, true]).unwrap();
        let sliced = array.slice(1, 2);
        let list = sliced.as_list::<i32>();
        assert_eq!(items_of(list, 0), None);
        assert_eq!(items_of(list, 1), Some(3..4));
    }

    #[test]
    fn items_of_several_lists_stand_together() {
        let left = longs(vec![Some(vec![Some(9)]), Some(vec![Some(1)]), None]).slice(1, 2);
        let right = longs(vec![Some(vec![Some(2), None]), Some(vec![])]);
        let both = Together::new("test", &[left, right], &DataType::Int64).unwrap();
        assert_eq!(both.len(), 2);
        assert_eq!(both.row(0), Some(vec![1..2, 2..4]));
        assert_eq!(both.row(1), None);
        let mut chosen = Chosen::with_rows(2);
        chosen
            .row(both.row(0).map(|rows| rows.into_iter().flatten()))
            .unwrap();
        chosen.row(None::<Vec<usize>>).unwrap();
        assert_eq!(
            read(&chosen.finish(&both.values).unwrap()),
            [Some(vec![Some(1), Some(2), None]), None]
        );
    }
}
