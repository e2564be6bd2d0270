//! A batch of columns as a guest hands it over, to a validated Arrow batch. Each buffer becomes the
//! Arrow buffer as it is: no further copy. Nothing a guest says about lengths is believed: counts are
//! checked first, with checked arithmetic, and then Arrow validates every offset and every text.

use std::sync::Arc;

use arrow::array::{ArrayData, RecordBatch, RecordBatchOptions, make_array};
use arrow::buffer::{BooleanBuffer, Buffer, NullBuffer};
use arrow::datatypes::{DataType, Field, SchemaRef};

use crate::bindings::types::{Batch, Node};
use crate::error::{Failure, defect};
use crate::{limits, schema};

/// A buffer may be longer than its values by the padding Arrow writers add.
const PADDING: usize = 64;

/// Decodes a batch of `schema`.
pub(crate) fn decode(schema: &SchemaRef, batch: Batch) -> Result<RecordBatch, Failure> {
    let rows = usize::try_from(batch.rows).unwrap_or(usize::MAX);
    if rows > limits::BATCH_ROWS {
        return Err(defect(format!(
            "a batch has {} rows; at most {} are allowed in one push",
            batch.rows,
            limits::BATCH_ROWS
        )));
    }
    let mut parts = Parts {
        nodes: batch.nodes.into_iter(),
        buffers: batch.buffers.into_iter(),
    };
    let mut columns = Vec::with_capacity(schema.fields().len());
    for field in schema.fields() {
        let data = parts.column(field, field.name(), rows)?;
        columns.push(make_array(data));
    }
    let (nodes, buffers) = (parts.nodes.len(), parts.buffers.len());
    if nodes > 0 || buffers > 0 {
        return Err(defect(format!(
            "a batch has {nodes} nodes and {buffers} buffers more than its schema needs"
        )));
    }
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)
        .map_err(|error| defect(format!("a batch does not fit its schema: {error}")))
}

/// What is left of the nodes and buffers, taken in pre-order.
struct Parts {
    nodes: std::vec::IntoIter<Node>,
    buffers: std::vec::IntoIter<Vec<u8>>,
}

impl Parts {
    /// One field with its subtree; `len` values are expected.
    fn column(&mut self, field: &Field, path: &str, len: usize) -> Result<ArrayData, Failure> {
        let Some(node) = self.nodes.next() else {
            return Err(column(path, "the batch has no node for it"));
        };
        if u64::try_from(len) != Ok(node.len) {
            return Err(column(
                path,
                format!("expected {len} values, found {}", node.len),
            ));
        }
        let data_type = field.data_type();
        if *data_type == DataType::Null {
            return Ok(ArrayData::new_null(data_type, len));
        }
        let nulls = self.nulls(path, len, node.nulls)?;
        if node.nulls > 0 && !field.is_nullable() {
            return Err(column(
                path,
                format!(
                    "{} values are null, but the column is declared without null",
                    node.nulls
                ),
            ));
        }
        let builder = ArrayData::builder(data_type.clone())
            .len(len)
            .nulls(nulls)
            .align_buffers(true);
        let builder = match data_type {
            DataType::Boolean => {
                builder.add_buffer(self.buffer(path, "values", len.div_ceil(8))?)
            }
            DataType::Utf8 | DataType::Binary => {
                let (offsets, bytes) = self.offsets(path, len)?;
                builder
                    .add_buffer(offsets)
                    .add_buffer(self.buffer(path, "bytes", bytes)?)
            }
            DataType::List(item) => {
                let (offsets, items) = self.offsets(path, len)?;
                let path = schema::join(path, item.name());
                let child = self.column(item, &path, items)?;
                builder.add_buffer(offsets).add_child_data(child)
            }
            DataType::Map(entries, _) => {
                let (offsets, items) = self.offsets(path, len)?;
                let child = self.entries(entries, path, items)?;
                builder.add_buffer(offsets).add_child_data(child)
            }
            DataType::Struct(fields) => {
                let mut children = Vec::with_capacity(fields.len());
                for field in fields {
                    let path = schema::join(path, field.name());
                    children.push(self.column(field, &path, len)?);
                }
                builder.child_data(children)
            }
            fixed => {
                let width = fixed
                    .primitive_width()
                    .ok_or_else(|| column(path, format!("{fixed} cannot be handed over")))?;
                let size = len
                    .checked_mul(width)
                    .ok_or_else(|| column(path, "its length overflows"))?;
                builder.add_buffer(self.buffer(path, "values", size)?)
            }
        };
        builder
            .build()
            .map_err(|error| column(path, error.to_string()))
    }

    /// The struct that Arrow puts between a map and its keys and values; the guest sends none.
    fn entries(&mut self, entries: &Field, path: &str, len: usize) -> Result<ArrayData, Failure> {
        let DataType::Struct(fields) = entries.data_type() else {
            return Err(column(path, "its type is a map without entries"));
        };
        let mut children = Vec::with_capacity(fields.len());
        for field in fields {
            children.push(self.column(field, &schema::join(path, field.name()), len)?);
        }
        ArrayData::builder(entries.data_type().clone())
            .len(len)
            .child_data(children)
            .build()
            .map_err(|error| column(path, error.to_string()))
    }

    fn nulls(
        &mut self,
        path: &str,
        len: usize,
        declared: u64,
    ) -> Result<Option<NullBuffer>, Failure> {
        let Some(bits) = self.buffers.next() else {
            return Err(column(path, "the batch has no validity buffer for it"));
        };
        if bits.is_empty() {
            return if declared == 0 {
                Ok(None)
            } else {
                Err(column(
                    path,
                    format!("{declared} values are null, but the validity buffer is empty"),
                ))
            };
        }
        let bits = sized(path, "validity", bits, len.div_ceil(8))?;
        let nulls = NullBuffer::new(BooleanBuffer::new(bits, 0, len));
        let found = nulls.null_count();
        if u64::try_from(found) != Ok(declared) {
            return Err(column(
                path,
                format!("{declared} values are said to be null, the validity buffer has {found}"),
            ));
        }
        Ok((found > 0).then_some(nulls))
    }

    /// Offsets and their end. That they ascend is for Arrow to validate.
    fn offsets(&mut self, path: &str, len: usize) -> Result<(Buffer, usize), Failure> {
        const WIDTH: usize = size_of::<i32>();
        let size = len
            .checked_add(1)
            .and_then(|count| count.checked_mul(WIDTH))
            .ok_or_else(|| column(path, "its length overflows"))?;
        let offsets = self.buffer(path, "offsets", size)?;
        let at = |position: usize| {
            let bytes = offsets
                .as_slice()
                .get(position..position.checked_add(WIDTH)?)?;
            Some(i32::from_le_bytes(bytes.try_into().ok()?))
        };
        let first = at(0);
        let last = size.checked_sub(WIDTH).and_then(at);
        match (first, last.map(usize::try_from)) {
            (Some(0), Some(Ok(last))) => Ok((offsets, last)),
            _ => Err(column(
                path,
                format!(
                    "its offsets go from {} to {}; expected 0 to the number of bytes or items",
                    first.unwrap_or_default(),
                    last.unwrap_or_default()
                ),
            )),
        }
    }

    fn buffer(&mut self, path: &str, what: &str, size: usize) -> Result<Buffer, Failure> {
        match self.buffers.next() {
            Some(bytes) => sized(path, what, bytes, size),
            None => Err(column(
                path,
                format!("the batch has no {what} buffer for it"),
            )),
        }
    }
}

/// Takes a buffer of `size` bytes, padding allowed.
fn sized(path: &str, what: &str, bytes: Vec<u8>, size: usize) -> Result<Buffer, Failure> {
    if bytes.len() < size || bytes.len() > size.saturating_add(PADDING) {
        return Err(column(
            path,
            format!(
                "its {what} buffer has {} bytes; expected {size}",
                bytes.len()
            ),
        ));
    }
    let length = bytes.len();
    let buffer = Buffer::from_vec(bytes);
    Ok(if length > size {
        buffer.slice_with_length(0, size)
    } else {
        buffer
    })
}

fn column(path: &str, what: impl std::fmt::Display) -> Failure {
    defect(format!("a batch is broken in column `{path}`: {what}"))
}

#[cfg(test)]
mod tests;
