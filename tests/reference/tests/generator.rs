//! The generator writes valid queries, and uses the whole language.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;

use trawl_reference::{Error, OPERATORS, evaluate, function_names, generate, uses};

const CASES: u64 = 2_000;

#[test]
fn what_it_writes_is_valid_and_uses_everything() {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut invalid = Vec::new();
    let (mut fails, mut open, mut rows) = (0, 0, 0);
    for seed in 0..CASES {
        let case = generate::case(seed);
        let parsed = trawl_lang::parse(&case.query);
        assert!(
            parsed.diagnostics.is_empty(),
            "seed {seed}\n{}\n{:?}",
            case.query,
            parsed.diagnostics
        );
        let file = parsed.file.unwrap();
        match evaluate(&file, &case.tables, case.now) {
            Ok(relation) => rows += relation.rows.len(),
            Err(Error::Invalid(message)) => {
                invalid.push(format!("seed {seed}: {message}\n{}", case.query));
            }
            Err(Error::Fails(_)) => fails += 1,
            Err(Error::Open(_)) => open += 1,
        }
        for (name, count) in uses(&file) {
            *counts.entry(name).or_default() += count;
        }
    }
    let shown: Vec<_> = invalid.iter().take(8).cloned().collect();
    assert!(
        invalid.is_empty(),
        "{} of {CASES}\n{}",
        invalid.len(),
        shown.join("\n\n")
    );
    let rare: Vec<_> = OPERATORS
        .into_iter()
        .chain(function_names())
        .map(|name| (name, counts.get(name).copied().unwrap_or(0)))
        .filter(|(_, count)| *count < 20)
        .collect();
    assert!(rare.is_empty(), "used less than 20 times: {rare:?}");
    assert!(rows > 2_000, "only {rows} rows");
    assert!(fails + open < CASES / 20, "{fails} fail, {open} are open");
}

#[test]
fn a_number_is_a_case_for_ever() {
    let (one, other) = (generate::case(7), generate::case(7));
    assert_eq!(one.query, other.query);
    // NaN is no equal of itself, so the tables are compared as text.
    assert_eq!(format!("{:?}", one.tables), format!("{:?}", other.tables));
    assert_ne!(one.query, generate::case(8).query);
}
