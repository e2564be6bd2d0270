//! A text file of queries on an engine, each with its rows and what became of each target: `UPDATE_EXPECT=1` rewrites it.
//!
//! A first line `// -c GLOB`, `// --max-cost USD` or `// --scope JSON` is an option of the request. A case that expects `-- explain` is not run. Each
//! query is also run with nothing left to the sources, which must give the same rows.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::fmt::Write as _;
use std::path::Path;

use trawl_exec::{Completeness, Engine, Error, QueryRequest};
use trawl_lang::Style;

use crate::{support, text_case};

/// Runs the cases of a file of this folder.
pub async fn cases(engine: &Engine, file: &str, now_ns: Option<i64>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    let mut report = text_case::Report::new();
    let mut results = Vec::new();
    for case in text_case::parse(&text) {
        let asked = request(&case.query, now_ns);
        let got = if case.expected.starts_with("-- explain") {
            explain(engine, &case.query, asked.clone()).await
        } else {
            run(engine, &case.query, asked.clone()).await
        };
        let difference = difference(engine, asked).await;
        assert_eq!(difference, None, "{}: {}", case.title, case.query);
        results.push((case, got));
    }
    report.file(&path, results);
    report.finish();
}

/// The request that a case describes.
fn request(query: &str, now_ns: Option<i64>) -> QueryRequest {
    let mut request = QueryRequest {
        now_ns,
        ..QueryRequest::new(query)
    };
    let options = query.lines().next().and_then(|it| it.strip_prefix("// "));
    match options.and_then(|line| line.split_once(' ')) {
        Some(("-c", glob)) => request.clusters = vec![glob.to_owned()],
        Some(("--scope", scope)) => request.scope = serde_json::from_str(scope).unwrap(),
        Some(("--max-cost", usd)) => request.max_cost = Some(trawl_exec::micro_usd(usd).unwrap()),
        _ => {}
    }
    request
}

async fn run(engine: &Engine, query: &str, request: QueryRequest) -> String {
    let mut answer = match engine.query(request).await {
        Ok(answer) => answer,
        Err(wrong) => return failed(&wrong, query),
    };
    let rows = support::rows(&mut answer, query).await;
    let summary = answer.finish();
    let mut text = format!("-- rows\n{rows}");
    for warning in &summary.warnings {
        writeln!(text, "warning: {warning}").unwrap();
    }
    write!(text, "-- targets\n{}", targets(&summary.completeness)).unwrap();
    text.trim_end().to_owned()
}

async fn explain(engine: &Engine, query: &str, request: QueryRequest) -> String {
    match engine.explain(request).await {
        Ok(explained) => format!("-- explain\n{}", explained.to_string().trim_end()),
        Err(wrong) => failed(&wrong, query),
    }
}

fn failed(error: &Error, query: &str) -> String {
    let text = match error {
        Error::Query(diagnostics) => {
            trawl_lang::render_all(diagnostics, "query", query, Style::Plain)
        }
        other => other.to_string(),
    };
    format!("-- error\n{}", text.trim_end())
}

/// What became of each target.
fn targets(completeness: &Completeness) -> String {
    let mut lines = Vec::new();
    for target in &completeness.targets {
        let cluster = target.cluster.as_deref().unwrap_or("-");
        let connection = target.connection.as_deref().unwrap_or("its own");
        let status = format!("{:?}", target.status).to_lowercase();
        let mut line = format!(
            "{cluster} by {connection}: {} {status}, {} rows",
            target.table, target.rows
        );
        for note in &target.notes {
            write!(line, "\n  {note}").unwrap();
        }
        if let Some(error) = &target.error {
            write!(line, "\n  {}: {}", error.code, error.message).unwrap();
            if let Some(hint) = &error.hint {
                write!(line, "\n  help: {hint}").unwrap();
            }
        }
        lines.push(line);
    }
    if completeness.pruned > 0 {
        lines.push(format!("{} left out by the query", completeness.pruned));
    }
    lines.join("\n")
}

/// How the rows differ with nothing left to the sources; nothing where they cannot be compared, since a table needs its conditions.
async fn difference(engine: &Engine, request: QueryRequest) -> Option<String> {
    let request = QueryRequest {
        verify_pushdown: true,
        ..request
    };
    match engine.query(request).await {
        Err(Error::Pushdown(difference)) => Some(difference.to_string()),
        _ => None,
    }
}
