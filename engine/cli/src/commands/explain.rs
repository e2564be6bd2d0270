//! `trawl explain`: what a query would ask of whom, without running it.

use trawl_exec::{QueryRequest, Told};
use trawl_lang::Style;

use crate::args::{Explain, Global, ListFormat};
use crate::exit::{self, Failure, Outcome};
use crate::input;
use crate::output;
use crate::setup;

/// Explains.
///
/// # Errors
/// When the query is wrong.
pub async fn run(global: &Global, args: Explain, style: Style) -> Result<Outcome, Failure> {
    let text = input::query(args.text.text.as_deref(), args.text.file.as_deref())?;
    let params = input::params(&args.over.params)?;
    let session = setup::reading(global, args.catalogue.as_deref()).await?;
    let request = QueryRequest {
        params,
        clusters: args.over.clusters,
        timeout: args.timeout,
        ..QueryRequest::new(text.text.clone())
    };
    let explained = session.engine.explain(request).await;
    session.end().await;
    let explained = explained.map_err(|error| Failure::Query(error, text.clone()))?;
    match args.output {
        ListFormat::Json => {
            let json = serde_json::to_string_pretty(&explained)
                .map_err(|error| Failure::Internal(error.into()))?;
            output::data(format!("{json}\n").as_bytes())?;
        }
        ListFormat::Table => {
            exit::warnings(&explained.diagnostics, &text, style);
            output::data(output::shown(&explained.to_string()).as_bytes())?;
        }
    }
    Ok(match explained.told() {
        Told::All => Outcome::Complete,
        Told::Some => Outcome::Partial,
        Told::None => Outcome::Unanswered,
    })
}
