//! `make-series`: which bin a value falls in, and the values of bins as one list with a default where a bin has none.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, Int64Array, ListArray};
use arrow::buffer::OffsetBuffer;
use arrow::compute::{cast, interleave};
use arrow::datatypes::{DataType, Field, Float64Type, Int64Type};
use datafusion_common::{DataFusionError, Result};

use super::Kernel;
use crate::limits::SERIES_VALUES;
use crate::types::Type;

/// Equal bins from a start; 64-bit integers may stand for times.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Bins {
    /// How many there are.
    pub count: usize,
    /// Where they lie.
    pub axis: Axis,
}

/// The start and width of bins.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Axis {
    /// Of whole numbers or nanoseconds.
    Whole {
        /// Start of the first bin.
        from: i64,
        /// Width of each, greater than zero.
        step: i64,
    },
    /// Of reals, by their bits, since reals have no equality that a plan could use.
    Real {
        /// Start of the first bin.
        from: u64,
        /// Width of each, greater than zero.
        step: u64,
    },
}

impl Bins {
    /// Bins over `[from, to)`; `None` when the step is not greater than zero or there are more than `most`.
    pub fn whole(from: i64, to: i64, step: i64, most: usize) -> Option<Self> {
        if step <= 0 {
            return None;
        }
        let (width, step_wide) = (i128::from(to) - i128::from(from), i128::from(step));
        let count = if width <= 0 {
            0
        } else {
            (width + step_wide - 1) / step_wide
        };
        Some(Self {
            count: usize::try_from(count).ok().filter(|count| *count <= most)?,
            axis: Axis::Whole { from, step },
        })
    }

    /// As [`Bins::whole`], of reals; `None` also for what is not finite.
    pub fn real(from: f64, to: f64, step: f64, most: usize) -> Option<Self> {
        if !(from.is_finite() && to.is_finite() && step.is_finite() && step > 0.0) {
            return None;
        }
        // Counting asks the same question as binning does, so that both round alike.
        let count = (0..=most).find(|bin| real_start(from, step, *bin) >= to)?;
        Some(Self {
            count,
            axis: Axis::Real {
                from: from.to_bits(),
                step: step.to_bits(),
            },
        })
    }

    /// The starts of the bins, as a column of 64-bit numbers.
    pub fn starts(&self) -> ArrayRef {
        match self.axis {
            Axis::Whole { from, step } => {
                let start =
                    |bin: usize| from.checked_add(step.checked_mul(i64::try_from(bin).ok()?)?);
                Arc::new((0..self.count).map(start).collect::<Int64Array>())
            }
            Axis::Real { from, step } => {
                let (from, step) = (f64::from_bits(from), f64::from_bits(step));
                let start = |bin| Some(real_start(from, step, bin));
                Arc::new((0..self.count).map(start).collect::<Float64Array>())
            }
        }
    }
}

/// Multiplied and not added up: a sum of steps drifts.
fn real_start(from: f64, step: f64, bin: usize) -> f64 {
    from + step * bin as f64
}

/// The number of the bin that a value falls in, from 0; null outside of all.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BinNumber {
    /// The bins.
    pub bins: Bins,
}

impl Kernel for BinNumber {
    fn name(&self) -> &str {
        "bin_number"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int64)
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let [value] = arguments else {
            return datafusion_common::internal_err!("bin_number takes one argument");
        };
        let count = self.bins.count;
        let numbers: Int64Array = match self.bins.axis {
            Axis::Whole { from, step } => {
                let number = |value: i64| {
                    let number =
                        (i128::from(value) - i128::from(from)).div_euclid(i128::from(step));
                    let inside = usize::try_from(number).is_ok_and(|number| number < count);
                    i64::try_from(number).ok().filter(|_| inside)
                };
                let values = cast(value, &DataType::Int64)?;
                let values = values.as_primitive::<Int64Type>().iter();
                values.map(|value| number(value?)).collect()
            }
            Axis::Real { from, step } => {
                let (from, step) = (f64::from_bits(from), f64::from_bits(step));
                let values = cast(value, &DataType::Float64)?;
                let values = values.as_primitive::<Float64Type>().iter();
                values
                    .map(|value| real_number(value?, from, step, count))
                    .collect()
            }
        };
        Ok(Arc::new(numbers))
    }
}

/// The last bin that begins at or before the value. A search over the starts, since a division rounds otherwise than they do.
fn real_number(value: f64, from: f64, step: f64, count: usize) -> Option<i64> {
    if value.is_nan() || value < from || value >= real_start(from, step, count) {
        return None;
    }
    let (mut low, mut high) = (0, count);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if real_start(from, step, middle) <= value {
            low = middle;
        } else {
            high = middle;
        }
    }
    i64::try_from(low).ok()
}

/// The values of one series as a list over all bins, from a list of structs (the bin's number, then the series) and a default.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Series {
    /// Type of a value.
    pub ty: Type,
    /// How many bins there are.
    pub bins: usize,
    /// Position of the series among the fields of the structs.
    pub field: usize,
}

impl Kernel for Series {
    fn name(&self) -> &str {
        "series"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(Type::List(Box::new(self.ty.clone())).arrow())
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let [filled, default] = arguments else {
            return datafusion_common::internal_err!("series takes the filled bins and a default");
        };
        let filled = filled.as_list::<i32>();
        let entries = filled.values().as_struct();
        let (Some(numbers), Some(values)) =
            (entries.columns().first(), entries.columns().get(self.field))
        else {
            return datafusion_common::internal_err!("a bin lacks field {}", self.field);
        };
        let size = filled.len().checked_mul(self.bins);
        let Some(size) = size.filter(|size| *size <= SERIES_VALUES) else {
            return Err(DataFusionError::ResourcesExhausted(format!(
                "{} series of {} bins are more than {SERIES_VALUES} values",
                filled.len(),
                self.bins
            )));
        };
        let numbers = numbers.as_primitive::<Int64Type>();
        let (values, default) = (
            cast(values, &self.ty.arrow())?,
            cast(default, &self.ty.arrow())?,
        );
        // For each value of the result, which array it comes from and where it lies there.
        let mut places = Vec::with_capacity(size);
        for row in 0..filled.len() {
            let first = places.len();
            places.resize(first + self.bins, (1, row));
            if filled.is_null(row) {
                continue;
            }
            for entry in span(filled, row) {
                let bin = usize::try_from(numbers.value(entry)).ok();
                let bin = bin.filter(|bin| *bin < self.bins);
                if let Some(place) = bin.and_then(|bin| places.get_mut(first + bin)) {
                    *place = (0, entry);
                }
            }
        }
        let values = interleave(&[values.as_ref(), default.as_ref()], &places)?;
        Ok(Arc::new(ListArray::try_new(
            Arc::new(Field::new("item", self.ty.arrow(), true)),
            OffsetBuffer::from_repeated_length(self.bins, filled.len()),
            values,
            None,
        )?))
    }
}

/// The entries of a list in the array of all entries.
fn span(list: &ListArray, row: usize) -> std::ops::Range<usize> {
    let offset = |position: usize| {
        let offset = list.value_offsets().get(position).copied();
        offset
            .and_then(|offset| usize::try_from(offset).ok())
            .unwrap_or(0)
    };
    offset(row)..offset(row + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::StructArray;

    fn numbers(bins: Bins, values: ArrayRef) -> Vec<Option<i64>> {
        let numbers = BinNumber { bins }.call(&[values]).unwrap();
        numbers.as_primitive::<Int64Type>().iter().collect()
    }

    #[test]
    fn the_end_is_outside_and_the_last_bin_may_be_short() {
        let bins = Bins::whole(-5, 6, 5, 10).unwrap();
        assert_eq!(bins.count, 3);
        let values: ArrayRef = Arc::new(Int64Array::from(vec![-6, -5, -1, 0, 5, 9, 10]));
        assert_eq!(
            numbers(bins, values),
            [None, Some(0), Some(0), Some(1), Some(2), Some(2), None]
        );
    }

    #[test]
    fn bins_that_there_cannot_be() {
        assert_eq!(Bins::whole(0, 10, 0, 10), None);
        assert_eq!(Bins::whole(0, 11, 1, 10), None);
        assert_eq!(Bins::whole(i64::MIN, i64::MAX, 1, 10), None);
        assert_eq!(Bins::whole(10, 0, 1, 10).unwrap().count, 0);
        assert_eq!(Bins::real(0.0, 1.0, f64::NAN, 10), None);
        assert_eq!(Bins::real(0.0, f64::INFINITY, 1.0, 10), None);
        assert_eq!(Bins::real(1e300, 2e300, 1.0, 10), None);
    }

    #[test]
    fn reals_fall_into_the_bins_whose_starts_are_shown() {
        let bins = Bins::real(0.0, 1.0, 0.1, 100).unwrap();
        assert_eq!(bins.count, 10);
        let starts = bins.starts();
        let expected: Vec<_> = (0..10).map(Some).collect();
        assert_eq!(numbers(bins.clone(), starts), expected);
        let odd: ArrayRef = Arc::new(Float64Array::from(vec![f64::NAN, -0.1, 1.0, 0.999]));
        assert_eq!(numbers(bins, odd), [None, None, None, Some(9)]);
    }

    /// Lists of bins, each a number and a value; `None` is a group without rows.
    fn filled(rows: &[Option<&[(i64, i64)]>]) -> ArrayRef {
        let entries: Vec<(i64, i64)> = rows.iter().copied().flatten().flatten().copied().collect();
        let numbers: ArrayRef = Arc::new(entries.iter().map(|e| Some(e.0)).collect::<Int64Array>());
        let values: ArrayRef = Arc::new(entries.iter().map(|e| Some(e.1)).collect::<Int64Array>());
        let field = |name: &str| Arc::new(Field::new(name, DataType::Int64, true));
        let structs = StructArray::from(vec![(field("bin"), numbers), (field("s0"), values)]);
        Arc::new(ListArray::new(
            Arc::new(Field::new("item", structs.data_type().clone(), true)),
            OffsetBuffer::from_lengths(rows.iter().map(|row| row.map_or(0, <[_]>::len))),
            Arc::new(structs),
            Some(rows.iter().map(Option::is_some).collect::<Vec<_>>().into()),
        ))
    }

    fn series(bins: usize, filled: &ArrayRef, default: i64) -> Result<ArrayRef> {
        let kernel = Series {
            ty: Type::Long,
            bins,
            field: 1,
        };
        let default: ArrayRef = Arc::new(Int64Array::from(vec![default; filled.len()]));
        kernel.call(&[Arc::clone(filled), default])
    }

    #[test]
    fn bins_lie_in_order_also_in_a_part_of_an_array() {
        let all = filled(&[Some(&[(0, 9)]), Some(&[(2, 7), (0, 5)]), None]);
        let lists = series(3, &all.slice(1, 2), -1).unwrap();
        let lists = lists.as_list::<i32>();
        let values = |row| {
            lists
                .value(row)
                .as_primitive::<Int64Type>()
                .values()
                .to_vec()
        };
        assert_eq!((values(0), values(1)), (vec![5, -1, 7], vec![-1, -1, -1]));
    }

    #[test]
    fn more_values_than_a_query_may_have_are_refused_before_they_are_made() {
        let rows = vec![None; SERIES_VALUES / 10_000 + 1];
        let error = series(10_000, &filled(&rows), 0).unwrap_err();
        assert!(matches!(error, DataFusionError::ResourcesExhausted(_)));
    }
}
