//! Every ` ```trawl ` example of the documentation runs on the demo fleet as it stands.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::path::Path;

use trawl_demo::{Fleet, FleetOptions};
use trawl_exec::QueryRequest;

/// The examples of a page with the line that each begins on.
fn examples(text: &str) -> Vec<(usize, String)> {
    let mut examples = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (number, line) in text.lines().enumerate() {
        match &mut open {
            None if line.trim() == "```trawl" => open = Some((number + 2, String::new())),
            None => {}
            Some(_) if line.trim() == "```" => examples.extend(open.take()),
            Some((_, example)) => {
                example.push_str(line);
                example.push('\n');
            }
        }
    }
    assert!(open.is_none(), "an example does not end");
    examples
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_example_runs() {
    let fleet = Fleet::start(FleetOptions {
        pods: 20,
        ..FleetOptions::default()
    })
    .await
    .unwrap();
    let engine = support::engine(&fleet);

    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut run = 0;
    for page in ["README.md", "docs/language.md"] {
        for (line, example) in examples(&std::fs::read_to_string(root.join(page)).unwrap()) {
            let mut answer = match engine.query(QueryRequest::new(example)).await {
                Ok(answer) => answer,
                Err(error) => panic!("{page}:{line}: {error}"),
            };
            while answer.next().await.unwrap().is_some() {}
            let completeness = answer.finish().completeness;
            assert!(
                completeness.complete,
                "{page}:{line}: {}",
                completeness.line()
            );
            run += 1;
        }
    }
    assert!(run >= 6, "only {run} examples were found");
}
