//! Arrow's IPC stream. Each field's metadata has the language's type (`trawl.type`): a dynamic value and a text are both Utf8. What an
//! answer ends with has no place in it: the door says it elsewhere.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::ipc::writer::StreamWriter;

use super::Encoder;
use crate::answer::{AnswerColumn, Summary};
use crate::error::Error;

/// Where a field's metadata says its type in the language.
const TYPE_KEY: &str = "trawl.type";

/// A stream under way. Its head is written where it is made, and handed out at the first occasion.
pub(super) struct Ipc {
    schema: SchemaRef,
    writer: StreamWriter<Vec<u8>>,
}

impl Ipc {
    pub(super) fn new(columns: &[AnswerColumn]) -> Result<Self, Error> {
        let fields = columns.iter().map(|column| {
            let ty = HashMap::from([(TYPE_KEY.to_owned(), column.ty.to_string())]);
            Field::new(&column.name, column.ty.arrow(), true).with_metadata(ty)
        });
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let writer = StreamWriter::try_new(Vec::new(), &schema).map_err(ours)?;
        Ok(Self { schema, writer })
    }

    /// What was written since the last time.
    fn hand_out(&mut self, out: &mut Vec<u8>) {
        out.append(self.writer.get_mut());
    }
}

impl Encoder for Ipc {
    fn head(&mut self, out: &mut Vec<u8>) -> Result<(), Error> {
        self.hand_out(out);
        Ok(())
    }

    fn rows(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<(), Error> {
        let columns = self.schema.fields().iter().zip(batch.columns());
        let columns = columns.map(|(field, array)| {
            if array.data_type() == field.data_type() {
                return Ok(Arc::clone(array));
            }
            // The names of a map's or a list's parts may differ, never what they hold.
            let exactly = CastOptions {
                safe: false,
                ..CastOptions::default()
            };
            cast_with_options(array, field.data_type(), &exactly)
        });
        let columns = columns.collect::<Result<Vec<_>, _>>().map_err(ours)?;
        let rows = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &rows)
            .map_err(ours)?;
        self.writer.write(&batch).map_err(ours)?;
        self.hand_out(out);
        Ok(())
    }

    fn tail(&mut self, _: &Summary, out: &mut Vec<u8>) -> Result<(), Error> {
        self.writer.finish().map_err(ours)?;
        self.hand_out(out);
        Ok(())
    }
}

fn ours(error: ArrowError) -> Error {
    Error::Internal(format!("rows have no form in Arrow: {error}"))
}
