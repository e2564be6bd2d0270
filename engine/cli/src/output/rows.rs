//! An answer in the form that was asked for.

use trawl_exec::{Answer, AnswerColumn, Summary, encode};

use super::{Table, data};
use crate::args::Format;
use crate::exit::Failure;

/// Prints all rows and gives what is known after the last.
///
/// # Errors
/// When the query fails on the way or stdout cannot be written.
pub async fn print(mut answer: Answer, format: Format, query: &str) -> Result<Summary, Failure> {
    let columns = answer.columns().to_vec();
    let failed = |error| Failure::Query(error, query.to_owned());
    match format {
        Format::Table => {
            let mut table = Table::new(
                columns
                    .iter()
                    .map(|column| (column.name.clone(), is_number(column))),
            );
            while let Some(batch) = answer.next().await.map_err(failed)? {
                for row in 0..batch.num_rows() {
                    let cells = columns.iter().zip(batch.columns());
                    table.row(cells.map(|(column, array)| encode::cell(array, &column.ty, row)));
                }
            }
            data(table.text().as_bytes())?;
            Ok(answer.finish())
        }
        Format::Json => {
            let mut out = b"{\"columns\":".to_vec();
            json(&columns, &mut out);
            out.extend_from_slice(b",\n\"rows\":[");
            let mut first = true;
            out.push(b'\n');
            while let Some(batch) = answer.next().await.map_err(failed)? {
                encode::rows_json(&batch, &columns, ",\n", &mut first, &mut out);
                data(&std::mem::take(&mut out))?;
            }
            let summary = answer.finish();
            out.extend_from_slice(b"\n],\n\"completeness\":");
            json(&summary.completeness, &mut out);
            out.extend_from_slice(b",\n\"warnings\":");
            json(&summary.warnings, &mut out);
            out.extend_from_slice(b",\n\"stats\":");
            json(&summary.stats, &mut out);
            out.extend_from_slice(b"}\n");
            data(&out)?;
            Ok(summary)
        }
        Format::Ndjson => {
            while let Some(batch) = answer.next().await.map_err(failed)? {
                let mut out = Vec::new();
                encode::rows_json(&batch, &columns, "\n", &mut true, &mut out);
                if !out.is_empty() {
                    out.push(b'\n');
                }
                data(&out)?;
            }
            let summary = answer.finish();
            let mut out = b"{\"$completeness\":".to_vec();
            json(&summary.completeness, &mut out);
            out.extend_from_slice(b"}\n");
            data(&out)?;
            Ok(summary)
        }
        Format::Csv => {
            let mut out = Vec::new();
            encode::csv_header(&columns, &mut out);
            while let Some(batch) = answer.next().await.map_err(failed)? {
                encode::csv_rows(&batch, &columns, &mut out);
                data(&std::mem::take(&mut out))?;
            }
            data(&out)?;
            Ok(answer.finish())
        }
    }
}

fn is_number(column: &AnswerColumn) -> bool {
    matches!(column.ty.to_string().as_str(), "long" | "real" | "quantity")
}

/// Appends a value as JSON; writing to memory cannot fail.
fn json(value: &impl serde::Serialize, out: &mut Vec<u8>) {
    let _ = serde_json::to_writer(out, value);
}
