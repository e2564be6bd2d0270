//! `trawl describe`: what a table looks like, and where the clusters differ about it.

use std::sync::Arc;
use std::time::Duration;

use trawl_exec::{DescribedArgument, Description};

use crate::args::{self, Global, ListFormat};
use crate::exit::{Failure, Outcome, QueryText};
use crate::output::{self, Table};
use crate::setup;

/// Time of the whole command; a fifth of it is the clusters', to say what they know of the table.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Connections that are named in one line; the others are counted.
const NAMED: usize = 5;

/// Describes a table, or a part of it.
///
/// # Errors
/// When nobody has the table, or it has no such part.
pub async fn run(global: &Global, describe: args::Describe) -> Result<Outcome, Failure> {
    let session = setup::session(global).await?;
    let described = session
        .engine
        .describe(
            &describe.table,
            describe.path.as_deref(),
            &describe.clusters,
            TIMEOUT,
            &Arc::default(),
        )
        .await;
    let described = described.map_err(|error| Failure::Query(error, QueryText::default()))?;
    if describe.output == ListFormat::Json {
        let json =
            serde_json::to_value(&described).map_err(|error| Failure::Internal(error.into()))?;
        output::data(format!("{json:#}\n").as_bytes())?;
        return Ok(Outcome::Complete);
    }
    output::data(text(&described).as_bytes())?;
    Ok(Outcome::Complete)
}

fn text(described: &Description) -> String {
    let mut text = described.name.clone();
    for (meaning, _) in &described.meanings {
        if *meaning != described.name {
            text.push_str(&format!(" ({meaning})"));
        }
    }
    if let Some(description) = &described.description {
        text.push_str(&format!(": {description}"));
    }
    text.push_str("\n\n");
    if !described.arguments.is_empty() {
        let mut arguments =
            Table::new(["argument", "type", "description"].map(|head| (head.to_owned(), false)));
        for argument in &described.arguments {
            arguments.row([
                written(argument),
                argument.ty.clone(),
                argument.description.clone().unwrap_or_default(),
            ]);
        }
        text.push_str(&arguments.text());
        text.push('\n');
    }
    let mut columns =
        Table::new(["column", "type", "description"].map(|head| (head.to_owned(), false)));
    for column in &described.columns {
        columns.row([
            column.name.clone(),
            column.ty.clone(),
            column.description.clone().unwrap_or_default(),
        ]);
    }
    text.push_str(&columns.text());
    for columns in &described.required {
        text.push_str(&format!(
            "\na query needs a condition on {}\n",
            columns.join(" or ")
        ));
    }
    if !described.key.is_empty() {
        text.push_str(&format!(
            "\none row for each {}\n",
            described.key.join(", ")
        ));
    }
    if !described.drift.is_empty() {
        text.push_str("\nnot the same everywhere:\n");
        let mut drift =
            Table::new(["path", "missing on", "types"].map(|head| (head.to_owned(), false)));
        for path in &described.drift {
            let types = path
                .types
                .iter()
                .map(|(ty, by)| format!("{ty} on {}", named(by)));
            drift.row([
                path.path.clone(),
                named(&path.lacking),
                types.collect::<Vec<_>>().join(", "),
            ]);
        }
        text.push_str(&drift.text());
    }
    if !described.absent.is_empty() {
        text.push_str(&format!("\nnot on {}\n", named(&described.absent)));
    }
    for silent in &described.silent {
        text.push_str(&format!(
            "\nno answer from {}: {}\n",
            silent.connection, silent.error.message
        ));
    }
    for note in &described.notes {
        text.push_str(&format!("\n{note}\n"));
    }
    text
}

/// How an argument is given: `text`, `step =`, in brackets where it can be left out.
fn written(argument: &DescribedArgument) -> String {
    let name = if argument.positional {
        argument.name.clone()
    } else {
        format!("{} =", argument.name)
    };
    if argument.required {
        name
    } else {
        format!("[{name}]")
    }
}

fn named(connections: &[String]) -> String {
    let first: Vec<&str> = connections.iter().take(NAMED).map(String::as_str).collect();
    match connections.len().saturating_sub(NAMED) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}
