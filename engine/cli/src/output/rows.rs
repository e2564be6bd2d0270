//! An answer in the form that was asked for.

use std::io::IsTerminal;

use trawl_exec::{Answer, Encoding, Summary, encode};

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
            let columns = terminal_columns();
            let narrowed = columns.filter(|columns| table.fit(*columns));
            data(table.text().as_bytes())?;
            if let Some(columns) = narrowed {
                words(&format!(
                    "values are cut to the terminal's {columns} columns; a pipe and `-o json` give them whole, `project` chooses"
                ));
            }
            if cut {
                words(
                    "long nested values are cut; `-o json` gives them whole, `project` chooses columns",
                );
            }
            Ok(answer.finish())
        }
        Format::Json => encoded(answer, Encoding::Json, query).await,
        Format::Ndjson => encoded(answer, Encoding::Ndjson, query).await,
        Format::Csv => encoded(answer, Encoding::Csv, query).await,
        Format::Arrow if std::io::stdout().is_terminal() => Err(Failure::Usage(
            "-o arrow: bytes that no terminal shows; send them to a file or a program".to_owned(),
        )),
        Format::Arrow => encoded(answer, Encoding::Arrow, query).await,
    }
}

/// Prints all rows as they come.
async fn encoded(
    mut answer: Answer,
    encoding: Encoding,
    query: &QueryText,
) -> Result<Summary, Failure> {
    let failed = |error| Failure::Query(error, query.clone());
    let mut encoder = encoding.encoder(answer.columns()).map_err(failed)?;
    let mut out = Vec::new();
    encoder.head(&mut out).map_err(failed)?;
    while let Some(batch) = answer.next().await.map_err(failed)? {
        encoder.rows(&batch, &mut out).map_err(failed)?;
        data(&std::mem::take(&mut out))?;
    }
    let summary = answer.finish();
    encoder.tail(&summary, &mut out).map_err(failed)?;
    data(&out)?;
    Ok(summary)
}

/// The width of the terminal that rows go to; none where they go elsewhere.
fn terminal_columns() -> Option<usize> {
    let width = std::io::stdout()
        .is_terminal()
        .then(|| comfy_table::Table::new().width());
    width.flatten().map(usize::from)
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
