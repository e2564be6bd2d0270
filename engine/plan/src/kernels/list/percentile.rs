//! The end of `percentile`: the item of a list at a rank, without sorting all of it.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ArrowNativeTypeOp, ArrowPrimitiveType, AsArray};
use arrow::array::{ListArray, PrimitiveArray};
use arrow::datatypes::{
    DataType, Decimal128Type, DurationNanosecondType, Float64Type, Int64Type,
    TimestampNanosecondType,
};
use datafusion_common::Result;

use super::{as_list, item_type, items_of};
use crate::kernels::Kernel;

/// The item of nearest rank: of n items in ascending order number `max(1, ceil(percent / 100 * n))`; of none it is null.
///
/// The items are neither null nor NaN; the aggregate that collects them leaves those out.
#[derive(Debug, Clone, Copy)]
pub struct Percentile {
    /// From 0 to 100.
    pub percent: f64,
}

impl PartialEq for Percentile {
    fn eq(&self, other: &Self) -> bool {
        self.percent.to_bits() == other.percent.to_bits()
    }
}

impl Eq for Percentile {}

impl std::hash::Hash for Percentile {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.percent.to_bits().hash(state);
    }
}

/// How near to a whole number a rank counts as that number: far above what two roundings of a real can add, far below the
/// step between the ranks of neighbouring percentages that anybody writes.
const RANK_TOLERANCE: f64 = 1e-9;

impl Percentile {
    /// The position, from 0, of the item among so many in ascending order; `None` when there are none.
    fn position(&self, count: usize) -> Option<usize> {
        // First times, then by 100: 7 percent of 100 is 7, while 0.07 * 100 is a little more.
        let exact = self.percent * count as f64 / 100.0;
        let nearest = exact.round();
        let rank = if (exact - nearest).abs() <= RANK_TOLERANCE * nearest.max(1.0) {
            nearest
        } else {
            exact.ceil()
        };
        // A float becomes an integer by saturating, and the rank is at most the count.
        let position = (rank as usize).max(1) - 1;
        (count > 0).then(|| position.min(count - 1))
    }

    fn of<T: ArrowPrimitiveType>(&self, list: &ListArray) -> ArrayRef {
        let values = list.values().as_primitive::<T>();
        let chosen: PrimitiveArray<T> = (0..list.len())
            .map(|row| {
                let items = items_of(list, row)?;
                let mut items: Vec<T::Native> = items
                    .filter(|&item| !values.is_null(item))
                    .map(|item| values.value(item))
                    .collect();
                let position = self.position(items.len())?;
                let (_, item, _) = items.select_nth_unstable_by(position, |a, b| a.compare(*b));
                Some(*item)
            })
            .collect();
        Arc::new(chosen.with_data_type(values.data_type().clone()))
    }
}

impl Kernel for Percentile {
    fn name(&self) -> &str {
        "percentile"
    }

    fn returns(&self, arguments: &[DataType]) -> Result<DataType> {
        item_type(self.name(), arguments)
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let [list] = arguments else {
            return datafusion_common::internal_err!("percentile takes one argument");
        };
        let list = as_list(self.name(), list)?;
        match list.value_type() {
            DataType::Int64 => Ok(self.of::<Int64Type>(list)),
            DataType::Float64 => Ok(self.of::<Float64Type>(list)),
            DataType::Timestamp(..) => Ok(self.of::<TimestampNanosecondType>(list)),
            DataType::Duration(_) => Ok(self.of::<DurationNanosecondType>(list)),
            DataType::Decimal128(..) => Ok(self.of::<Decimal128Type>(list)),
            other => datafusion_common::internal_err!("no percentile of {other}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::longs;
    use super::*;

    #[test]
    fn ranks_are_exact() {
        for (percent, count, position) in [
            (0.0, 10, 0),
            (50.0, 4, 1),
            (50.0, 5, 2),
            (7.0, 100, 6),
            (29.0, 100, 28),
            (99.9, 1000, 998),
            (99.9, 10_000, 9989),
            (99.91, 1000, 999),
            (100.0, 10, 9),
            (100.0, 1, 0),
        ] {
            assert_eq!(
                Percentile { percent }.position(count),
                Some(position),
                "{percent} of {count}"
            );
        }
        assert_eq!(Percentile { percent: 50.0 }.position(0), None);
    }

    #[test]
    fn the_item_comes_out_of_any_order() {
        let lists = longs(vec![
            Some(vec![Some(9), Some(1), Some(5)]),
            Some(vec![]),
            None,
        ]);
        let chosen = Percentile { percent: 50.0 }.call(&[lists]).unwrap();
        assert_eq!(
            chosen
                .as_primitive::<Int64Type>()
                .iter()
                .collect::<Vec<_>>(),
            [Some(5), None, None]
        );
    }
}
