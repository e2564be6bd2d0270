//! `trawl query`: one query, its rows on stdout, its completeness on stderr.

use std::collections::BTreeMap;
use std::io::Read;

use serde_json::Value as Json;
use trawl_exec::{Engine, QueryRequest, Summary};
use trawl_lang::Style;

use crate::args::{Format, Global, Query};
use crate::exit::{self, Failure, Outcome, QueryText};
use crate::output;
use crate::setup;

/// Bytes of a query text that are read from a file or stdin; the language's own limit is far below.
const MAX_TEXT_BYTES: u64 = 16 << 20;

/// Runs it.
///
/// # Errors
/// When the query is wrong or nothing can be given.
pub async fn run(global: &Global, args: Query, style: Style) -> Result<Outcome, Failure> {
    let text = text(&args)?;
    let params = params(&args.params)?;
    let session = setup::session(global).await?;
    let request = QueryRequest {
        query: text,
        params,
        clusters: args.clusters,
        require: args.require,
        timeout: args.timeout,
        max_rows: args.max_rows,
    };
    let name = args
        .file
        .as_ref()
        .map_or_else(|| "query".to_owned(), |path| path.display().to_string());
    let outcome = answer(&session.engine, request, name, args.output, global, style).await;
    if let Some(fleet) = session.fleet {
        fleet.shutdown().await;
    }
    outcome
}

/// Asks, prints, and says how complete the answer is.
///
/// # Errors
/// As [`run`].
pub async fn answer(
    engine: &Engine,
    request: QueryRequest,
    name: String,
    format: Format,
    global: &Global,
    style: Style,
) -> Result<Outcome, Failure> {
    let text = QueryText {
        name,
        text: request.query.clone(),
    };
    let answer = engine
        .query(request)
        .await
        .map_err(|error| Failure::Query(error, text.clone()))?;
    if !global.quiet {
        exit::warnings(answer.diagnostics(), &text, style);
    }
    let told = answer.diagnostics().len();
    let summary = output::print(answer, format, &text).await?;
    say(&summary, told, global);
    Ok(Outcome::of(&summary.completeness))
}

fn say(summary: &Summary, told: usize, global: &Global) {
    let completeness = &summary.completeness;
    if global.quiet && completeness.complete {
        return;
    }
    for warning in summary.warnings.iter().skip(told) {
        output::words(&format!("warning: {warning}"));
    }
    if completeness.asked > 0 || completeness.pruned > 0 {
        let stats = &summary.stats;
        output::words(&format!(
            "{} rows in {} ms, {} requests, {} KiB; {}",
            stats.rows,
            stats.elapsed_ms,
            stats.requests,
            stats.bytes_decoded.div_ceil(1024),
            completeness.line()
        ));
    }
}

fn text(args: &Query) -> Result<String, Failure> {
    let mut text = String::new();
    match (&args.text, &args.file) {
        (_, Some(path)) => {
            let file = std::fs::File::open(path).map_err(|error| {
                Failure::Usage(format!("{} cannot be read: {error}", path.display()))
            })?;
            file.take(MAX_TEXT_BYTES)
                .read_to_string(&mut text)
                .map_err(|error| {
                    Failure::Usage(format!("{} cannot be read: {error}", path.display()))
                })?;
        }
        (Some(given), None) if given == "-" => {
            std::io::stdin()
                .take(MAX_TEXT_BYTES)
                .read_to_string(&mut text)
                .map_err(|error| Failure::Usage(format!("stdin cannot be read: {error}")))?;
        }
        (Some(given), None) => text.clone_from(given),
        (None, None) => {}
    }
    Ok(text)
}

fn params(given: &[String]) -> Result<BTreeMap<String, Json>, Failure> {
    given
        .iter()
        .map(|param| match param.split_once('=') {
            Some((name, value)) => Ok((name.to_owned(), Json::String(value.to_owned()))),
            None => Err(Failure::Usage(format!(
                "-p expects NAME=VALUE, got `{param}`"
            ))),
        })
        .collect()
}
