//! Random queries: the engine's rows against those of the reference evaluator.
//!
//! `TRAWL_SEED` begins at another number, `TRAWL_CASES` says how many there are, `TRAWL_LONG=1` asks for the long test.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking and tells how far it is"
)]

mod columns;
mod engine;
mod shrink;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use engine::Outcome;
use trawl_reference::generate::{Case, case};
use trawl_reference::{Error, OPERATORS, Row, difference, evaluate, function_names, uses};

/// Cases of `make test`, and how often each operator and function stands in them.
const CASES: (u64, usize) = (2_000, 20);
/// Cases of the long test, and the same.
const LONG_CASES: (u64, usize) = (20_000, 200);
/// Differences that are shown; the first ones nearly always tell.
const SHOWN: usize = 5;

/// What a case showed.
enum Verdict {
    Agrees,
    /// The language leaves it open.
    Open,
    /// The planner does not plan it yet.
    Unplanned(String),
    Differs(String),
}

fn verdict(case: &Case) -> Verdict {
    let parsed = trawl_lang::parse(&case.query);
    let Some(file) = parsed.file.filter(|_| parsed.diagnostics.is_empty()) else {
        return Verdict::Differs(format!("it does not parse: {:?}", parsed.diagnostics));
    };
    let expected = evaluate(&file, &case.tables, case.now);
    match &expected {
        Err(Error::Open(_)) => return Verdict::Open,
        Err(Error::Invalid(why)) => return Verdict::Differs(format!("the reference: {why}")),
        _ => {}
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let outcome = catch_unwind(AssertUnwindSafe(|| runtime.block_on(engine::run(case))));
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(panic) => {
            let message = panic.downcast_ref::<String>().cloned();
            return Verdict::Differs(format!("the engine panicked: {message:?}"));
        }
    };
    match (expected, outcome) {
        (_, Outcome::Refused(diagnostics)) => {
            let unplanned = diagnostics
                .iter()
                .find(|it| matches!(it.code, "Q0190" | "Q0204"));
            match unplanned {
                Some(diagnostic) => Verdict::Unplanned(diagnostic.message.clone()),
                None => {
                    let told = diagnostics
                        .iter()
                        .map(|it| format!("{}: {}", it.code, it.message));
                    let told: Vec<String> = told.collect();
                    Verdict::Differs(format!("refused {}", told.join("; ")))
                }
            }
        }
        (Err(Error::Fails(_)), Outcome::Failed(_)) => Verdict::Agrees,
        // `getschema` runs nothing below it, where the reference runs everything.
        (Err(Error::Fails(_)), Outcome::Rows(..)) if case.query.contains("| getschema") => {
            Verdict::Open
        }
        (Err(error), _) => Verdict::Differs(format!("the reference: {error}")),
        (Ok(_), Outcome::Failed(error)) => Verdict::Differs(format!("it failed: {error}")),
        (Ok(expected), Outcome::Rows(columns, rows)) => {
            let wanted = expected
                .columns
                .iter()
                .map(|c| (c.name.clone(), c.ty.to_string()));
            let wanted: Vec<_> = wanted.collect();
            let given = columns
                .iter()
                .map(|(name, ty)| (name.clone(), ty.to_string()));
            let given: Vec<_> = given.collect();
            if wanted != given {
                return Verdict::Differs(format!("columns {wanted:?} expected, {given:?} found"));
            }
            match difference(&expected, &rows) {
                None => Verdict::Agrees,
                Some(difference) => Verdict::Differs(format!(
                    "{difference}\nexpected\n  {}\nfound\n  {}",
                    lines(&expected.rows),
                    lines(&rows)
                )),
            }
        }
    }
}

fn lines(rows: &[Row]) -> String {
    let rows: Vec<String> = rows.iter().map(|row| format!("{row:?}")).collect();
    rows.join("\n  ")
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// The smallest case that differs in the same way, told.
fn told(case: &Case, why: &str) -> String {
    let kind = |why: &str| why.chars().take(14).collect::<String>();
    let small = shrink::shrink(case, |candidate| match verdict(candidate) {
        Verdict::Differs(other) => {
            kind(&other) == kind(why)
                && !other.starts_with("the reference")
                && !other.starts_with("it does not parse")
        }
        _ => false,
    });
    let why = match verdict(&small) {
        Verdict::Differs(why) => why,
        _ => why.to_owned(),
    };
    let tables = small
        .tables
        .iter()
        .filter(|(name, _)| small.query.contains(name.as_str()));
    let tables: Vec<String> = tables
        .map(|(name, table)| {
            let used = |name: &str| small.query.contains(name);
            let rows = table.rows.iter().map(|row| {
                let cells = table.columns.iter().zip(row);
                let cells = cells.filter(|(column, _)| used(&column.name));
                let cells = cells.map(|(column, cell)| format!("{}={cell:?}", column.name));
                cells.collect::<Vec<_>>().join(" ")
            });
            format!("{name}:\n  {}", rows.collect::<Vec<_>>().join("\n  "))
        })
        .collect();
    format!(
        "TRAWL_SEED={} TRAWL_CASES=1\n{}\n{}\n{why}",
        case.seed,
        small.query,
        tables.join("\n")
    )
}

#[test]
fn the_engine_agrees_with_the_reference() {
    let long = std::env::var("TRAWL_LONG").is_ok_and(|value| value == "1");
    let (cases, least) = if long { LONG_CASES } else { CASES };
    let cases = number("TRAWL_CASES").unwrap_or(cases);
    let first = number("TRAWL_SEED").unwrap_or(1);
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut unplanned: BTreeMap<String, usize> = BTreeMap::new();
    let mut different = Vec::new();
    let mut open = 0_usize;
    for seed in first..first + cases {
        let case = case(seed);
        match verdict(&case) {
            Verdict::Agrees => {
                for (name, count) in trawl_lang::parse(&case.query).file.iter().flat_map(uses) {
                    *counts.entry(name).or_default() += count;
                }
            }
            Verdict::Open => open += 1,
            Verdict::Unplanned(what) => *unplanned.entry(what).or_default() += 1,
            Verdict::Differs(why) => different.push((case, why)),
        }
    }
    eprintln!(
        "{cases} cases: {} differ, {open} are open, {} are not planned: {unplanned:#?}",
        different.len(),
        unplanned.values().sum::<usize>()
    );
    let shown = number("TRAWL_SHOWN").map_or(SHOWN, |shown| shown as usize);
    let told: Vec<String> = different
        .iter()
        .take(shown)
        .map(|(case, why)| told(case, why))
        .collect();
    assert!(
        different.is_empty(),
        "{} of {cases} cases differ\n\n{}\n\nall: {:?}",
        different.len(),
        told.join("\n\n"),
        different
            .iter()
            .map(|(case, _)| case.seed)
            .collect::<Vec<_>>()
    );
    assert!(unplanned.is_empty(), "not planned: {unplanned:#?}");
    // How often everything is used is said of the usual numbers of cases.
    if number("TRAWL_CASES").is_some() {
        return;
    }
    let rare = OPERATORS
        .into_iter()
        .chain(function_names())
        .filter(|name| counts.get(*name).copied().unwrap_or(0) < least);
    let rare: Vec<&str> = rare.collect();
    assert!(rare.is_empty(), "used less than {least} times: {rare:?}");
}
