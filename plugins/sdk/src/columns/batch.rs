//! Owns the bounds of a batch and its hand-over; refuses to push it.

use super::builder::ColumnBuilder;
use crate::types::{Batch, Column, Error, Payload};

/// Rows a batch at most: what DataFusion calls its batch size.
pub const MAX_BATCH_ROWS: usize = 8192;

/// Bytes a batch, about: crossing the sandbox costs 20 µs for 1 MiB, and the host's buffers are counted in few of these.
pub const MAX_BATCH_BYTES: usize = 1 << 20;

/// Rows between two looks at the size; a row of a Kubernetes table is some 10 KB at most when its JSON is asked for.
const ROWS_BETWEEN_SIZES: usize = 16;

/// The columns of a scan's batches, filled row by row.
#[derive(Debug)]
pub struct BatchBuilder {
    columns: Vec<ColumnBuilder>,
    rows: usize,
    full: bool,
}

impl BatchBuilder {
    /// Builders for the columns that a request wants out.
    ///
    /// # Errors
    /// As [`ColumnBuilder::new`].
    pub fn new(projection: &[Column]) -> Result<Self, Error> {
        let columns = projection
            .iter()
            .map(|column| ColumnBuilder::new(&column.output))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            columns,
            rows: 0,
            full: false,
        })
    }

    /// The columns, to append one value each.
    pub fn columns_mut(&mut self) -> &mut [ColumnBuilder] {
        &mut self.columns
    }

    /// Complete rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Ends a row: columns that got no value get a null.
    ///
    /// # Errors
    /// `internal` when a column got more than one value.
    pub fn end_row(&mut self) -> Result<(), Error> {
        self.rows += 1;
        for column in &mut self.columns {
            if column.len() < self.rows {
                column.append_null()?;
            }
            if column.len() != self.rows {
                return Err(Error::internal(format!(
                    "expected {} values in each column, one has {}",
                    self.rows,
                    column.len()
                )));
            }
        }
        self.full = self.rows >= MAX_BATCH_ROWS
            || (self.rows.is_multiple_of(ROWS_BETWEEN_SIZES)
                && self
                    .columns
                    .iter()
                    .map(ColumnBuilder::byte_len)
                    .sum::<usize>()
                    >= MAX_BATCH_BYTES);
        Ok(())
    }

    /// Whether the batch should be pushed before the next row.
    pub fn is_full(&self) -> bool {
        self.full
    }

    /// The rows so far, none when there are none; the builder is empty afterwards.
    pub fn finish(&mut self) -> Option<Payload> {
        if self.rows == 0 {
            return None;
        }
        let mut nodes = Vec::new();
        let mut buffers = Vec::new();
        for column in &mut self.columns {
            column.finish_into(&mut nodes, &mut buffers);
        }
        let rows = std::mem::take(&mut self.rows) as u64;
        self.full = false;
        Some(Payload::Columns(Batch {
            rows,
            nodes,
            buffers,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::Scalar;
    use crate::schema::{Type, request_column};

    #[test]
    fn missing_values_become_null_and_surplus_is_refused() {
        let columns = [
            request_column("a", Type::Int64),
            request_column("b", Type::Utf8),
        ];
        let mut batch = BatchBuilder::new(&columns).unwrap();
        assert!(batch.finish().is_none());
        batch.columns_mut()[0].append(Scalar::Int(1)).unwrap();
        batch.end_row().unwrap();
        let Some(Payload::Columns(out)) = batch.finish() else {
            panic!("expected a batch")
        };
        assert_eq!(out.rows, 1);
        assert_eq!((out.nodes[0].nulls, out.nodes[1].nulls), (0, 1));
        assert_eq!(out.buffers.len(), 2 + 3);
        for _ in 0..2 {
            batch.columns_mut()[0].append(Scalar::Int(1)).unwrap();
        }
        assert!(batch.end_row().is_err());
    }

    #[test]
    fn size_is_bounded() {
        let mut batch = BatchBuilder::new(&[request_column("a", Type::Utf8)]).unwrap();
        let text = "x".repeat(100_000);
        while !batch.is_full() {
            batch.columns_mut()[0].append(Scalar::Str(&text)).unwrap();
            batch.end_row().unwrap();
        }
        assert_eq!(batch.rows(), ROWS_BETWEEN_SIZES);
    }

    #[test]
    fn rows_without_columns_are_counted() {
        let mut batch = BatchBuilder::new(&[]).unwrap();
        batch.end_row().unwrap();
        assert!(matches!(batch.finish(), Some(Payload::Columns(b)) if b.rows == 1));
    }
}
