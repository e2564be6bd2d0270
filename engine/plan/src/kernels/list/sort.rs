//! `array_sort` and the end of `make_set`: items in order.

use std::cmp::Ordering;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Float64Type};
use arrow::row::Rows;
use datafusion_common::Result;

use super::{Chosen, as_list, item_type, items_of, list_of};
use crate::kernels::Kernel;
use crate::kernels::dynamic::JsonOrder;
use crate::kernels::equality::{canonical, rows};

/// The items of each list in order; nulls stand last and NaN before them in both directions.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SortItems {
    /// From the greatest to the least.
    pub descending: bool,
    /// The items are documents, which have an order of their own.
    pub dynamic: bool,
}

impl Kernel for SortItems {
    fn name(&self) -> &str {
        "array_sort"
    }

    fn returns(&self, arguments: &[DataType]) -> Result<DataType> {
        Ok(list_of(item_type(self.name(), arguments)?))
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let [list] = arguments else {
            return datafusion_common::internal_err!("array_sort takes one argument");
        };
        let list = as_list(self.name(), list)?;
        let values = list.values();
        let keys = order_keys(values, self.dynamic)?;
        let class: Vec<Class> = (0..values.len())
            .map(|item| Class::of(values, item))
            .collect();
        let mut sorted = Chosen::with_rows(list.len());
        for row in 0..list.len() {
            let items = items_of(list, row).map(|items| {
                let mut items: Vec<usize> = items.collect();
                items.sort_by(|&a, &b| {
                    let by_value = keys.row(a).cmp(&keys.row(b));
                    let by_value = if self.descending {
                        by_value.reverse()
                    } else {
                        by_value
                    };
                    class.get(a).cmp(&class.get(b)).then(by_value)
                });
                items
            });
            sorted.row(items)?;
        }
        sorted.finish(values)
    }
}

/// The items of each list that are not null, ascending; as a set, each different one once and in its one form.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Sorted {
    /// Each different item once.
    pub set: bool,
    /// The items are documents, which have an order of their own; equal are those with equal texts.
    pub dynamic: bool,
}

impl Kernel for Sorted {
    fn name(&self) -> &str {
        if self.set { "sorted_set" } else { "sorted" }
    }

    fn returns(&self, arguments: &[DataType]) -> Result<DataType> {
        Ok(list_of(item_type(self.name(), arguments)?))
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let [list] = arguments else {
            return datafusion_common::internal_err!("sorted takes one argument");
        };
        let list = as_list(self.name(), list)?;
        let values = canonical(list.values())?;
        let order = order_keys(&values, self.dynamic)?;
        let identity = rows(&values)?;
        let compare = |a: usize, b: usize| -> Ordering {
            let by_order = order.row(a).cmp(&order.row(b));
            by_order.then_with(|| identity.row(a).cmp(&identity.row(b)))
        };
        let mut sets = Chosen::with_rows(list.len());
        for row in 0..list.len() {
            let items = items_of(list, row).map(|items| {
                let mut items: Vec<usize> = items.filter(|&item| !values.is_null(item)).collect();
                items.sort_by(|&a, &b| compare(a, b));
                if self.set {
                    items.dedup_by(|a, b| identity.row(*a) == identity.row(*b));
                }
                items
            });
            sets.row(items)?;
        }
        sets.finish(&values)
    }
}

/// Bytes in the order of the values.
fn order_keys(values: &ArrayRef, dynamic: bool) -> Result<Rows> {
    if dynamic {
        rows(&JsonOrder.call(&[ArrayRef::clone(values)])?)
    } else {
        rows(values)
    }
}

/// What stands after what, whatever the direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Ordered,
    NotANumber,
    Null,
}

impl Class {
    fn of(values: &ArrayRef, item: usize) -> Self {
        if values.data_type() == &DataType::Null || values.is_null(item) {
            return Self::Null;
        }
        match values.as_primitive_opt::<Float64Type>() {
            Some(reals) if reals.value(item).is_nan() => Self::NotANumber,
            _ => Self::Ordered,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{longs, read, texts};
    use super::*;
    use arrow::array::ListArray;
    use std::sync::Arc;

    #[test]
    fn nan_and_null_stay_at_the_end() {
        let items = vec![None, Some(f64::NAN), Some(1.0), Some(f64::INFINITY)];
        let list: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Float64Type, _, _>([Some(
            items,
        )]));
        for (descending, expected) in [
            (false, ["1.0", "inf", "NaN", "null"]),
            (true, ["inf", "1.0", "NaN", "null"]),
        ] {
            let kernel = SortItems {
                descending,
                dynamic: false,
            };
            let sorted = kernel.call(&[Arc::clone(&list)]).unwrap();
            let items = sorted.as_list::<i32>().value(0);
            let items: Vec<String> = items
                .as_primitive::<Float64Type>()
                .iter()
                .map(|item| item.map_or("null".into(), |item| format!("{item:?}")))
                .collect();
            assert_eq!(items, expected);
        }
    }

    #[test]
    fn documents_sort_by_kind() {
        let items: &[Option<&str>] = &[Some("\"a\""), None, Some("10"), Some("9"), Some("true")];
        let expected: &[Option<&str>] = &[Some("true"), Some("9"), Some("10"), Some("\"a\""), None];
        let kernel = SortItems {
            descending: false,
            dynamic: true,
        };
        assert_eq!(
            kernel.call(&[texts(&[Some(items)])]).unwrap().as_ref(),
            texts(&[Some(expected)]).as_ref()
        );
    }

    #[test]
    fn sets_are_sorted_and_hold_each_value_once() {
        let lists = longs(vec![
            Some(vec![Some(2), Some(1), Some(2), None]),
            Some(vec![]),
            None,
        ]);
        let sets = Sorted {
            set: true,
            dynamic: false,
        }
        .call(&[lists])
        .unwrap();
        assert_eq!(
            read(&sets),
            [Some(vec![Some(1), Some(2)]), Some(vec![]), None]
        );
    }

    #[test]
    fn sets_of_lists_work() {
        let inner = longs(vec![Some(vec![Some(1)]), Some(vec![Some(1)]), Some(vec![])]);
        let outer = super::super::made(inner, vec![0, 3], vec![true]).unwrap();
        let sets = Sorted {
            set: true,
            dynamic: false,
        }
        .call(&[outer])
        .unwrap();
        assert_eq!(sets.as_list::<i32>().value(0).len(), 2);
    }
}
