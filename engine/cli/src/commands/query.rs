//! `trawl query`: one query, its rows on stdout, its completeness on stderr.

use std::io::IsTerminal;
use std::sync::Arc;

use trawl_exec::{Engine, Error, QueryRequest, Summary};
use trawl_lang::Style;

use crate::args::{Answering, Format, Global, Over, Query};
use crate::exit::{self, Failure, Outcome, QueryText};
use crate::input;
use crate::output::{self, progress};
use crate::setup;

/// Runs it.
///
/// # Errors
/// When the query is wrong or nothing can be given.
pub async fn run(global: &Global, args: Query, style: Style) -> Result<Outcome, Failure> {
    let text = input::query(args.text.text.as_deref(), args.text.file.as_deref())?;
    ask(global, text, args.over, args.answering, style).await
}

/// Runs a text that is known.
///
/// # Errors
/// As [`run`].
pub async fn ask(
    global: &Global,
    text: QueryText,
    over: Over,
    how: Answering,
    style: Style,
) -> Result<Outcome, Failure> {
    let params = input::params(&over.params)?;
    // Nothing was asked yet: there is nothing to give.
    let session = tokio::select! {
        session = setup::session(global) => session?,
        () = setup::interrupted() => return Ok(Outcome::Interrupted),
    };
    let request = QueryRequest {
        params,
        clusters: over.clusters,
        require: how.require,
        timeout: how.timeout,
        max_rows: how.max_rows,
        max_cost: how.max_cost,
        verify_pushdown: how.verify_pushdown,
        ..QueryRequest::new(text.text)
    };
    let monitor = Arc::clone(&request.monitor);
    // Once ends the query, whose rows so far are its answer; twice ends all.
    let interrupted = async {
        setup::interrupted().await;
        monitor.cancel();
        setup::interrupted().await;
    };
    let outcome = tokio::select! {
        outcome = answer(&session.engine, request, text.name, how.output, global, style) => outcome,
        () = interrupted => Ok(Outcome::Interrupted),
    };
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
    let monitor = Arc::clone(&request.monitor);
    let given = async {
        let answer = engine
            .query(request)
            .await
            .map_err(|error| Failure::Query(error, text.clone()))?;
        if !global.quiet {
            exit::warnings(answer.diagnostics(), &text, style);
        }
        let told = answer.diagnostics().len();
        Ok((output::print(answer, format, &text).await?, told))
    };
    // Rows that come one by one would stand in between.
    let streams = format != Format::Table && std::io::stdout().is_terminal();
    let given = match progress::is_watched(global.quiet) && !streams {
        true => progress::during(&monitor, given).await,
        false => given.await,
    };
    let (summary, told) = match given {
        Err(Failure::Query(Error::Cancelled, _)) => {
            output::words("interrupted before there were rows");
            return Ok(Outcome::Interrupted);
        }
        given => given?,
    };
    say(&summary, told, global);
    if summary.completeness.cancelled {
        output::words("interrupted: these are the rows that had come");
        return Ok(Outcome::Interrupted);
    }
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
