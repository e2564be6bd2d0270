//! `trawl query`: one query, its rows on stdout, its completeness on stderr.

use trawl_exec::{Engine, QueryRequest, Summary};
use trawl_lang::Style;

use crate::args::{Format, Global, Query};
use crate::exit::{self, Failure, Outcome, QueryText};
use crate::input;
use crate::output;
use crate::setup;

/// Runs it.
///
/// # Errors
/// When the query is wrong or nothing can be given.
pub async fn run(global: &Global, args: Query, style: Style) -> Result<Outcome, Failure> {
    let QueryText { name, text } = input::query(args.text.as_deref(), args.file.as_deref())?;
    let params = input::params(&args.params)?;
    let session = setup::session(global).await?;
    let request = QueryRequest {
        params,
        clusters: args.clusters,
        require: args.require,
        timeout: args.timeout,
        max_rows: args.max_rows,
        max_cost: args.max_cost,
        verify_pushdown: args.verify_pushdown,
        ..QueryRequest::new(text)
    };
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
    if let Some(verified) = &summary.verified {
        output::words(&format!("pushdown: {verified}"));
    }
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
