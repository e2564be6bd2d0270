//! `cases`: the project's own queries with their rows and requests.

use std::path::PathBuf;

use futures::FutureExt;
use trawl_exec::Pushdown;
use trawl_lang::ast::OpKind;

use super::{Check, Findings};
use crate::case::{self, Case};
use crate::error::Error;
use crate::report::Finding;
use crate::subject::World;
use crate::suite::Suite;

/// The check.
pub const CHECK: Check = Check {
    name: "cases",
    rule: "Each case of `tests/cases/*.txt` gives the rows, the requests and the error that it expects.",
    tried: "Each query is run against the recordings, the project's remote or the living connection, and what comes is compared with the text of the case; `--update` writes it there.",
    help: "Read what differs; `trawl plugin test --update` takes what came for what is expected.",
    run,
};

fn run(suite: &Suite) -> Findings<'_> {
    cases(suite).boxed_local()
}

async fn cases(suite: &Suite) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    if suite.cases.is_empty() {
        findings.push(Finding::not_applicable(
            CHECK.name,
            "",
            "no case: write `== TITLE` and a query into tests/cases/NAME.txt and run with --update",
        ));
    }
    for file in &suite.cases {
        let name = file.path.file_name().unwrap_or_default().to_string_lossy();
        let mut tally = CHECK.tally(&name, "cases");
        for case in &file.cases {
            let world = suite.subject.world(Vec::new()).await?;
            let got = run_case(suite, &world, case).await;
            tally.tried(wrong(case, &got, &world));
        }
        findings.extend(tally.findings());
    }
    Ok(findings)
}

/// What is wrong with a case.
fn wrong(case: &Case, got: &str, world: &World) -> Option<String> {
    let asked = world.server.log();
    let unrecorded = asked
        .iter()
        .find(|seen| seen.answered == crate::server::Answered::Unrecorded);
    if let Some(seen) = unrecorded {
        return Some(format!(
            "{}: the plugin asked for {}, which is not recorded",
            case.title, seen.asked
        ));
    }
    if got == case.expected {
        return None;
    }
    if case.expected.is_empty() {
        return Some(format!(
            "{}: nothing is expected yet: `trawl plugin test --update` writes what came",
            case.title
        ));
    }
    let mut lines = got.lines().zip(case.expected.lines());
    let (came, expected) = lines.find(|(a, b)| a != b).unwrap_or_else(|| {
        let at = got.lines().count().min(case.expected.lines().count());
        (
            got.lines().nth(at).unwrap_or("nothing more"),
            case.expected.lines().nth(at).unwrap_or("nothing more"),
        )
    });
    Some(format!(
        "{}: expected `{}`, got `{}`",
        case.title,
        crate::told::shortened(expected),
        crate::told::shortened(came)
    ))
}

/// What comes of a case, in its form.
async fn run_case(suite: &Suite, world: &World, case: &Case) -> String {
    let told = suite.ask(world, &case.query, Pushdown::Everything).await;
    if let Some(error) = &told.error {
        return format!("-- error\n{error}");
    }
    let columns = told.columns.iter();
    let columns: Vec<String> = columns
        .map(|it| format!("{}: {}", it.name, it.ty))
        .collect();
    let mut lines = vec!["-- rows".to_owned(), columns.join(" | ")];
    let mut rows: Vec<String> = told
        .cells
        .iter()
        .map(|cells| cells.join(" | ").trim_end().to_owned())
        .collect();
    if !is_sorted(&case.query) {
        rows.sort();
    }
    lines.extend(rows);
    for target in &told.targets {
        if let Some(error) = &target.error {
            lines.push(format!("failed: {}: {}", error.code, error.message));
        }
        lines.extend(target.notes.iter().map(|note| format!("note: {note}")));
    }
    lines.push("-- requests".to_owned());
    let mut requests: Vec<String> = told
        .seen
        .iter()
        .map(|seen| seen.asked.to_string())
        .collect();
    requests.sort();
    lines.extend(requests);
    lines.join("\n")
}

/// Whether a query says the order of its rows.
fn is_sorted(query: &str) -> bool {
    let parsed = trawl_lang::parse(query);
    let ops = parsed.file.and_then(|file| file.query);
    let mut ops = ops.into_iter().flat_map(|query| query.ops);
    ops.any(|op| matches!(op.kind, OpKind::Sort(_) | OpKind::Top { .. }))
}

/// Takes what comes for what is expected, in all files of cases; gives those that changed.
///
/// # Errors
/// When no world can be made, or a file cannot be written.
pub async fn update(suite: &Suite) -> Result<Vec<PathBuf>, Error> {
    let mut changed = Vec::new();
    for file in &suite.cases {
        let mut results = Vec::new();
        for case in &file.cases {
            let world = suite.subject.world(Vec::new()).await?;
            let got = run_case(suite, &world, case).await;
            results.push((case.clone(), got));
        }
        if results.iter().any(|(case, got)| case.expected != *got) {
            case::rewrite(&file.path, &results)?;
            changed.push(file.path.clone());
        }
    }
    Ok(changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_sorted_by_its_operators_and_not_by_its_words() {
        assert!(is_sorted("t | sort by a | take 1") && is_sorted("t | top 3 by a"));
        assert!(!is_sorted("t | where a == \"stop by the top 10\""));
    }
}
