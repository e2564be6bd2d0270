//! The JSON form of diagnostics, which tools read: its fields, both measures of places, and fixes that can be applied.

// Clippy knows `#[test]` functions as tests, but not their helpers.
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::json;
use trawl_lang::{located, parse};

#[test]
fn lines_and_columns_stand_beside_the_bytes() {
    let text = "pods\n| where \"漢\" = name";
    let diagnostics = parse(text).diagnostics;
    assert_eq!(
        serde_json::to_value(located(&diagnostics, text)).unwrap(),
        json!([{
            "code": "Q0106",
            "severity": "error",
            "message": "`=` does not compare",
            "spans": [{
                "start": 19, "end": 20,
                "start_line": 2, "start_column": 13, "end_line": 2, "end_column": 14,
                "text": "write `==`", "primary": true,
            }],
            "help": [],
            "fixes": [{
                "span": {
                    "start": 19, "end": 20,
                    "start_line": 2, "start_column": 13, "end_line": 2, "end_column": 14,
                },
                "text": "==",
            }],
        }])
    );
}

#[test]
fn secondary_places_and_help() {
    let text = "print a == b\n  == c";
    let diagnostics = parse(text).diagnostics;
    let json = serde_json::to_value(located(&diagnostics, text)).unwrap();
    let spans = json[0]["spans"].as_array().unwrap();
    assert_eq!(spans.len(), 2);
    assert_eq!(
        (&spans[0]["primary"], &spans[0]["start_line"]),
        (&json!(true), &json!(2))
    );
    assert_eq!(
        (&spans[1]["primary"], &spans[1]["start_line"]),
        (&json!(false), &json!(1))
    );
    assert_eq!(json[0]["help"].as_array().unwrap().len(), 1);
}

#[test]
fn with_and_without_lines_it_is_the_same_form() {
    let mut compared = 0;
    for name in ["mistakes.txt", "foreign.txt", "recovery.txt"] {
        for case in support::read(name) {
            let diagnostics = parse(&case.query).diagnostics;
            let plain = serde_json::to_value(&diagnostics).unwrap();
            let mut with_lines = serde_json::to_value(located(&diagnostics, &case.query)).unwrap();
            for diagnostic in with_lines.as_array_mut().unwrap() {
                let spans = diagnostic["spans"].as_array_mut().unwrap().iter_mut();
                spans.for_each(forget_lines);
                let fixes = diagnostic["fixes"].as_array_mut().unwrap().iter_mut();
                fixes.for_each(|fix| forget_lines(&mut fix["span"]));
            }
            assert_eq!(with_lines, plain, "{}", case.title);
            compared += diagnostics.len();
        }
    }
    assert!(compared > 100, "only {compared}");
}

fn forget_lines(place: &mut serde_json::Value) {
    for key in ["start_line", "start_column", "end_line", "end_column"] {
        assert!(
            place
                .as_object_mut()
                .unwrap()
                .remove(key)
                .unwrap()
                .as_u64()
                .unwrap()
                >= 1
        );
    }
}

#[test]
fn ten_mistakes_are_ten_diagnostics() {
    let cases = support::read("recovery.txt");
    let case = cases
        .iter()
        .find(|it| it.title == "ten mistakes in one text")
        .unwrap();
    let diagnostics = parse(&case.query).diagnostics;
    assert!(diagnostics.len() >= 9, "{diagnostics:#?}");
    // Each is told at a place of its own.
    let mut places: Vec<_> = diagnostics.iter().map(|it| it.primary_span()).collect();
    places.dedup();
    assert_eq!(places.len(), diagnostics.len());
}
