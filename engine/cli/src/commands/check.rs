//! `trawl check`: everything that is wrong with files of queries.

use std::sync::Arc;

use serde_json::json;
use trawl_lang::{Diagnostic, Style};

use crate::args::{Check, Global, ListFormat};
use crate::exit::{self, Failure, Outcome};
use crate::input;
use crate::output;
use crate::setup;

/// Checks each file and says how many are wrong.
///
/// # Errors
/// When a file cannot be read.
pub async fn run(global: &Global, args: Check, style: Style) -> Result<Outcome, Failure> {
    let files = input::files(&args.files)?;
    let session = setup::reading(global, args.catalogue.as_deref()).await?;
    let (mut reports, mut wrong, mut errors) = (Vec::new(), 0_usize, 0_usize);
    for path in &files {
        let text = input::file(path)?;
        let check = session.engine.check(&text.text, &Arc::default()).await;
        let check = check.map_err(|error| Failure::Query(error, text.clone()))?;
        wrong += usize::from(!check.ok);
        let found = check.diagnostics.iter();
        errors += found
            .filter(|diagnostic| Diagnostic::is_error(diagnostic))
            .count();
        match args.output {
            ListFormat::Json => reports.push(json!({ "file": text.name, "check": check })),
            ListFormat::Table => exit::warnings(&check.diagnostics, &text, style),
        }
    }
    session.end().await;
    if args.output == ListFormat::Json {
        let report = json!({ "files": reports, "wrong": wrong, "errors": errors });
        output::data(format!("{report:#}\n").as_bytes())?;
    }
    if !global.quiet || wrong > 0 {
        output::words(&match wrong {
            0 => format!("{} checked, none is wrong", counted(files.len(), "file")),
            _ => format!(
                "{} in {wrong} of {}",
                counted(errors, "error"),
                counted(files.len(), "file")
            ),
        });
    }
    Ok(if wrong > 0 {
        Outcome::WrongQuery
    } else {
        Outcome::Complete
    })
}

fn counted(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}
