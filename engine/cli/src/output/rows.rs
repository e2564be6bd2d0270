//! An answer in the form that was asked for.

use trawl_exec::{Answer, Summary, encode};

use super::{Table, data, words};
use crate::args::Format;
use crate::exit::{Failure, QueryText};

/// Prints all rows and gives what is known after the last.
///
/// # Errors
/// When the query fails on the way or stdout cannot be written.
pub async fn print(
    mut answer: Answer,
    format: Format,
    query: &QueryText,
) -> Result<Summary, Failure> {
    let columns = answer.columns().to_vec();
    let failed = |error| Failure::Query(error, query.clone());
    match format {
        Format::Table => {
            let heads = columns
                .iter()
                .map(|column| (column.name.clone(), column.is_number()));
            let mut table = Table::new(heads);
            let mut cut = false;
            while let Some(batch) = answer.next().await.map_err(failed)? {
                for row in 0..batch.num_rows() {
                    let cells = columns.iter().zip(batch.columns());
                    table.row(cells.map(|(column, array)| {
                        let cell = encode::cell(array, &column.ty, row);
                        if column.is_nested() {
                            shortened(cell, &mut cut)
                        } else {
                            cell
                        }
                    }));
                }
            }
            data(table.text().as_bytes())?;
            if cut {
                words(
                    "long nested values are cut; `-o json` gives them whole, `project` chooses columns",
                );
            }
            Ok(answer.finish())
        }
        Format::Json => {
            let (mut out, mut first) = (Vec::new(), true);
            encode::json_head(&columns, &mut out);
            while let Some(batch) = answer.next().await.map_err(failed)? {
                encode::rows_json(&batch, &columns, ",\n", &mut first, &mut out);
                data(&std::mem::take(&mut out))?;
            }
            let summary = answer.finish();
            encode::json_tail(&summary, &mut out);
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
            let mut out = Vec::new();
            encode::ndjson_tail(&summary, &mut out);
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

/// Characters of a nested value that a table shows.
const NESTED_CHARS: usize = 40;

fn shortened(cell: String, cut: &mut bool) -> String {
    match cell.char_indices().nth(NESTED_CHARS) {
        Some((at, _)) => {
            *cut = true;
            format!("{}…", cell.get(..at).unwrap_or_default())
        }
        None => cell,
    }
}
