//! Rows of which only the number matters: a scan without columns of its own offers its sources to count, and what they count becomes
//! so many rows without columns, which cost nothing.

use arrow::array::{AsArray, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Int64Type, Schema};
use datafusion::error::Result;
use trawl_host::types::{Aggregate, AggregateCall, AggregateFunction, DataType, Field};

use crate::limits;

/// The aggregate that such a scan offers: the number of all rows.
pub fn aggregate() -> Aggregate {
    Aggregate {
        group_by: Vec::new(),
        calls: vec![AggregateCall {
            function: AggregateFunction::Count,
            column: None,
            output: Field {
                name: "count".to_owned(),
                data_type: DataType::Int64,
                nullable: false,
                children: 0,
                description: None,
                metadata: Vec::new(),
            },
        }],
    }
}

/// As many rows without columns as the partial results of [`aggregate`] say, in batches of the usual size.
pub fn rows(partial: &RecordBatch) -> impl Iterator<Item = Result<RecordBatch>> + use<> {
    let counts = partial
        .columns()
        .first()
        .and_then(|column| column.as_primitive_opt::<Int64Type>());
    let total: i64 = counts
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
    use arrow::array::Int64Array;
    use std::sync::Arc;

    #[test]
    fn counts_become_rows() {
        for (counts, sizes) in [
            (vec![], vec![]),
            (vec![0], vec![]),
            (vec![3, 4], vec![7]),
            (vec![-5], vec![]),
            (vec![20_000], vec![8_192, 8_192, 3_616]),
        ] {
            let column = Arc::new(Int64Array::from(counts)) as _;
            let partial = RecordBatch::try_from_iter([("count", column)]).unwrap();
            let got: Vec<usize> = rows(&partial).map(|it| it.unwrap().num_rows()).collect();
            assert_eq!(got, sizes);
        }
    }
}
