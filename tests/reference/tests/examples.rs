//! Examples of functions and operators, worked by hand from the specification: the evaluator is right before it judges.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use trawl_reference::{Column, Table, Tables, Ty, Value, evaluate, to_json};

/// 2026-07-31T12:00:00Z.
const NOW: i64 = 1_785_499_200_000_000_000;

fn tables() -> Tables {
    let rows = [(1, "a", 2.0), (2, "b", f64::NAN), (3, "a", 5.0)];
    let mut rows: Vec<Vec<Value>> = rows
        .iter()
        .map(|(id, k, r)| {
            vec![
                Value::Long(*id),
                Value::Text((*k).to_owned()),
                Value::Real(*r),
            ]
        })
        .collect();
    rows.push(vec![Value::Long(4), Value::Null, Value::Null]);
    let columns = vec![
        Column::new("id", Ty::Long),
        Column::new("k", Ty::String),
        Column::new("r", Ty::Real),
    ];
    Tables::from([("t".to_owned(), Table { columns, rows })])
}

/// The rows of a query as JSON, one array a row.
fn rows(query: &str) -> String {
    let parsed = trawl_lang::parse(query);
    assert!(
        parsed.diagnostics.is_empty(),
        "{query}: {:?}",
        parsed.diagnostics
    );
    let tables = tables();
    match evaluate(&parsed.file.unwrap(), &tables, NOW) {
        Ok(relation) => {
            let rows: Vec<String> = relation
                .rows
                .into_iter()
                .map(|row| to_json(&Value::List(row)).to_string())
                .collect();
            rows.join(" ")
        }
        Err(error) => error.to_string(),
    }
}

/// A file of cases: `expression => value as JSON`, one a line.
fn cases(text: &str, run: impl Fn(&str) -> String) {
    let mut wrong = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let (expr, expected) = line.rsplit_once(" => ").unwrap();
        let found = run(expr.trim());
        if found != expected.trim() {
            wrong.push(format!(
                "{}\n  expected {}\n  found    {found}",
                expr.trim(),
                expected.trim()
            ));
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn expressions() {
    cases(include_str!("expressions.txt"), |expr| {
        let found = rows(&format!("print v = {expr}"));
        match found
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            Some(value) => value.to_owned(),
            None => found,
        }
    });
}

#[test]
fn queries() {
    cases(include_str!("queries.txt"), rows);
}

#[test]
fn every_function_has_an_example() {
    let texts = [include_str!("expressions.txt"), include_str!("queries.txt")].concat();
    let missing: Vec<_> = trawl_reference::function_names()
        .filter(|name| !texts.contains(&format!("{name}(")))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert_eq!(trawl_reference::function_names().count(), 79);
}
