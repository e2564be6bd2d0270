//! `set_union`, `set_intersect`, `set_difference`: lists as sets, in the order in which values first appear.

use std::collections::HashSet;

use arrow::array::ArrayRef;
use arrow::datatypes::DataType;
use datafusion_common::Result;

use super::{Chosen, Together, list_of};
use crate::kernels::Kernel;
use crate::kernels::equality::rows;

/// Which items stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SetOp {
    /// Those of any list.
    Union,
    /// Those of the first list that are in all others.
    Intersect,
    /// Those of the first list that are in no other.
    Difference,
}

/// Lists without duplicates; null is a value like another, a list that is null gives null.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Sets {
    /// Which.
    pub op: SetOp,
    /// Type of the items.
    pub item: DataType,
}

impl Kernel for Sets {
    fn name(&self) -> &str {
        match self.op {
            SetOp::Union => "set_union",
            SetOp::Intersect => "set_intersect",
            SetOp::Difference => "set_difference",
        }
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(list_of(self.item.clone()))
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let lists = Together::new(self.name(), arguments, &self.item)?;
        let identity = rows(&lists.values)?;
        let mut sets = Chosen::with_rows(lists.len());
        for row in 0..lists.len() {
            let items = lists.row(row).map(|parts| {
                let mut parts = parts.into_iter();
                let first = parts.next().unwrap_or_default();
                let candidates: Vec<usize> = match self.op {
                    SetOp::Union => first.chain(parts.by_ref().flatten()).collect(),
                    SetOp::Intersect | SetOp::Difference => first.collect(),
                };
                let others: Vec<HashSet<_>> = parts
                    .map(|part| part.map(|item| identity.row(item)).collect())
                    .collect();
                let mut seen = HashSet::with_capacity(candidates.len());
                candidates
                    .into_iter()
                    .filter(|&item| {
                        let value = identity.row(item);
                        let stays = match self.op {
                            SetOp::Union => true,
                            SetOp::Intersect => others.iter().all(|set| set.contains(&value)),
                            SetOp::Difference => !others.iter().any(|set| set.contains(&value)),
                        };
                        stays && seen.insert(value)
                    })
                    .collect::<Vec<_>>()
            });
            sets.row(items)?;
        }
        sets.finish(&lists.values)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{longs, read};
    use super::*;

    fn run(op: SetOp, lists: &[Vec<Option<i64>>]) -> Option<Vec<Option<i64>>> {
        let kernel = Sets {
            op,
            item: DataType::Int64,
        };
        let lists: Vec<ArrayRef> = lists
            .iter()
            .map(|list| longs(vec![Some(list.clone())]))
            .collect();
        read(&kernel.call(&lists).unwrap()).remove(0)
    }

    #[test]
    fn values_stand_where_they_first_appear() {
        let (a, b) = (
            vec![Some(3), Some(1), None, Some(3)],
            vec![Some(2), None, Some(1)],
        );
        let lists = [a, b];
        assert_eq!(
            run(SetOp::Union, &lists),
            Some(vec![Some(3), Some(1), None, Some(2)])
        );
        assert_eq!(run(SetOp::Intersect, &lists), Some(vec![Some(1), None]));
        assert_eq!(run(SetOp::Difference, &lists), Some(vec![Some(3)]));
    }

    #[test]
    fn more_than_two_lists() {
        let lists = [
            vec![Some(1), Some(2), Some(3)],
            vec![Some(2), Some(3)],
            vec![Some(3)],
        ];
        assert_eq!(run(SetOp::Intersect, &lists), Some(vec![Some(3)]));
        assert_eq!(run(SetOp::Difference, &lists), Some(vec![Some(1)]));
    }

    #[test]
    fn null_lists_give_null() {
        let kernel = Sets {
            op: SetOp::Union,
            item: DataType::Int64,
        };
        let sets = kernel
            .call(&[longs(vec![None]), longs(vec![Some(vec![Some(1)])])])
            .unwrap();
        assert_eq!(read(&sets), [None]);
    }
}
