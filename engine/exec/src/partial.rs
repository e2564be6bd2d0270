//! Partial results as sources put them out: a group without rows is none, a negative number of rows is the source's mistake. Where
//! only the number of rows was asked for, it becomes so many rows without columns, which cost nothing. Merging is the plan's.

use arrow::array::{AsArray, BooleanArray, RecordBatch, RecordBatchOptions};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{Int64Type, Schema};
use datafusion::error::Result;
use trawl_host::types::{Aggregate, AggregateFunction};

use crate::limits;

/// What must hold for the partial results of an aggregate.
#[derive(Debug)]
pub struct Check {
    /// Positions of all counts, with their names.
    counts: Vec<(usize, String)>,
    /// Position of the number of rows, where it was asked for.
    rows: Option<usize>,
}

impl Check {
    /// The check of what an aggregate puts out.
    pub fn of(aggregate: &Aggregate) -> Self {
        let calls = aggregate.calls.iter().enumerate();
        let counts = calls.filter(|(_, call)| call.function == AggregateFunction::Count);
        let position = |call: usize| aggregate.group_by.len().saturating_add(call);
        Self {
            rows: counts
                .clone()
                .find(|(_, call)| call.column.is_none())
                .map(|(call, _)| position(call)),
            counts: counts
                .map(|(call, counted)| (position(call), counted.output.name.clone()))
                .collect(),
        }
    }

    /// The groups of a batch that have rows.
    ///
    /// # Errors
    /// What is wrong with the batch, for its plugin's author.
    pub fn groups(&self, batch: RecordBatch) -> std::result::Result<RecordBatch, String> {
        for (position, name) in &self.counts {
            let counts = counts(&batch, *position)
                .into_iter()
                .flat_map(|it| it.values());
            if let Some(negative) = counts.copied().find(|count| *count < 0) {
                return Err(format!(
                    "expected a count of zero or more in the column `{name}` of the partial results, got {negative}"
                ));
            }
        }
        let Some(rows) = self.rows.and_then(|position| counts(&batch, position)) else {
            return Ok(batch);
        };
        if rows.values().iter().all(|count| *count > 0) {
            return Ok(batch);
        }
        let there: BooleanArray = rows.iter().map(|count| Some(count > Some(0))).collect();
        filter_record_batch(&batch, &there).map_err(|error| error.to_string())
    }
}

fn counts(batch: &RecordBatch, position: usize) -> Option<&arrow::array::Int64Array> {
    let column = batch.columns().get(position)?;
    column.as_primitive_opt::<Int64Type>()
}

/// As many rows without columns as partial results of the number of rows say, in batches of the usual size.
pub fn rows(partial: &RecordBatch) -> impl Iterator<Item = Result<RecordBatch>> + use<> {
    let total: i64 = counts(partial, 0)
        .into_iter()
        .flat_map(|counts| counts.iter().flatten())
        .fold(0, i64::saturating_add);
    let mut left = usize::try_from(total).unwrap_or(0);
    std::iter::from_fn(move || {
        let size = left.min(limits::BATCH_ROWS);
        left -= size;
        (size > 0).then(|| {
            let options = RecordBatchOptions::new().with_row_count(Some(size));
            let schema = Schema::empty().into();
            Ok(RecordBatch::try_new_with_options(schema, vec![], &options)?)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pushdown::{PartialCall, Partials};
    use arrow::array::{ArrayRef, Int64Array};
    use std::sync::Arc;

    fn batch(columns: &[(&str, &[i64])]) -> RecordBatch {
        let columns = columns.iter().map(|(name, values)| {
            let array: ArrayRef = Arc::new(Int64Array::from(values.to_vec()));
            (*name, array)
        });
        RecordBatch::try_from_iter(columns).unwrap()
    }

    #[test]
    fn counts_become_rows() {
        for (counts, sizes) in [
            (vec![], vec![]),
            (vec![0], vec![]),
            (vec![3, 4], vec![7]),
            (vec![-5], vec![]),
            (vec![20_000], vec![8_192, 8_192, 3_616]),
        ] {
            let partial = batch(&[("count()", &counts)]);
            let got: Vec<usize> = rows(&partial).map(|it| it.unwrap().num_rows()).collect();
            assert_eq!(got, sizes);
        }
    }

    #[test]
    fn groups_without_rows_are_left_out_and_negative_ones_refused() {
        let aggregate = Partials::count().offer(&mut Vec::new()).unwrap();
        let check = Check::of(&aggregate);
        let groups = check.groups(batch(&[("count()", &[2, 0, 1])])).unwrap();
        assert_eq!(groups, batch(&[("count()", &[2, 1])]));
        let error = check.groups(batch(&[("count()", &[2, -1])])).unwrap_err();
        assert!(
            error.contains("`count()`") && error.contains("-1"),
            "{error}"
        );
    }

    #[test]
    fn only_the_number_of_rows_says_whether_a_group_is_there() {
        let mut call = PartialCall::rows().output().unwrap();
        call.name = "count(x)".to_owned();
        let aggregate = Aggregate {
            group_by: Vec::new(),
            calls: vec![trawl_host::types::AggregateCall {
                function: AggregateFunction::Count,
                column: Some(0),
                output: call,
            }],
        };
        let zero = batch(&[("count(x)", &[0])]);
        let check = Check::of(&aggregate);
        assert_eq!(check.groups(zero.clone()).unwrap(), zero);
    }
}
