//! What an incomplete side of a join does to an answer, as text: `absence.txt` has queries on a fleet of which one cluster refuses all
//! connections, each run without a word about what is required and with `any`. Rows that nobody can know to be right must not come unasked.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;
mod text_case;

use std::fmt::Write as _;
use std::path::Path;

use text_case::Report;
use trawl_demo::{Fleet, FleetOptions};
use trawl_exec::{Engine, Error, QueryRequest, Require};

/// The fixed clock of the fleet.
const NOW_S: i64 = 1_790_000_000;

async fn told(engine: &Engine, query: &str, require: Option<Require>) -> String {
    let request = QueryRequest {
        require,
        ..QueryRequest::new(query)
    };
    let mut answer = match engine.query(request).await {
        Ok(answer) => answer,
        Err(Error::Absence(completeness, message)) => {
            let (answered, asked) = (completeness.answered, completeness.asked);
            return format!("{answered} of {asked} targets answered, no rows: {message}\n");
        }
        Err(error) => panic!("{query}: {error}"),
    };
    let mut text = support::rows(&mut answer, query).await;
    let summary = answer.finish();
    writeln!(text, "complete: {}", summary.completeness.complete).unwrap();
    for warning in summary.warnings {
        writeln!(text, "warning: {warning}").unwrap();
    }
    text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn absence_is_not_invented() {
    let fleet = Fleet::start(FleetOptions {
        pods: 20,
        now_s: Some(NOW_S),
        faults: vec![("prod-us".to_owned(), "refused".parse().unwrap())],
        ..FleetOptions::default()
    })
    .await
    .unwrap();
    let engine = support::engine(&fleet);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("absence.txt");
    let mut report = Report::new();
    let mut results = Vec::new();
    for case in text_case::parse(&std::fs::read_to_string(&path).unwrap()) {
        let mut got = String::new();
        for (name, require) in [("unsaid", None), ("any", Some(Require::Any))] {
            let told = told(&engine, &case.query, require).await;
            write!(got, "-- {name}\n{told}").unwrap();
        }
        results.push((case, got.trim_end().to_owned()));
    }
    report.file(&path, results);
    report.finish();
}
