//! JSON into columns: leaves of every type, nested ones, and what does not fit.

use super::*;
use crate::schema::Type;
use crate::testing::column_values;
use serde_json::json;

fn check(of: Type, documents: &[&str], expected: serde_json::Value) {
    let values: Vec<_> = documents.iter().map(|d| Scalar::Json(d)).collect();
    assert_eq!(json!(column_values(of, &values)), expected);
}

#[test]
fn nested_types_are_filled() {
    check(
        Type::list(Type::object([
            ("name", Type::Utf8),
            (
                "state",
                Type::object([("waiting", Type::object([("reason", Type::Utf8)]))]),
            ),
            ("n", Type::Int64),
        ])),
        &[
            r#"[{"name":"a","x":[1,{"y":2}],"state":{"waiting":{"reason":"CrashLoopBackOff"}},"n":3},{"n":"4"}]"#,
            "[]",
            "null",
            r#"{"not":"a list"}"#,
        ],
        json!([
            [
                {"name": "a", "state": {"waiting": {"reason": "CrashLoopBackOff"}}, "n": 3},
                {"name": null, "state": null, "n": 4}
            ],
            [], null, null
        ]),
    );
}

#[test]
fn maps_and_text_of_composites() {
    check(
        Type::map(Type::Utf8),
        &[r#"{"a":"1","b":null,"c":2}"#, "5"],
        json!([{"a": "1", "b": null, "c": "2"}, null]),
    );
    check(
        Type::Utf8,
        &[r#"{"a":[1,2.5,"x"]}"#, r#"[true]"#],
        json!([r#"{"a":[1,2.5,"x"]}"#, "[true]"]),
    );
    check(Type::Int64, &[r#"{"a":1}"#, "[1]"], json!([null, null]));
}

#[test]
fn equal_keys_do_not_break_the_count() {
    check(
        Type::object([("a", Type::Int64)]),
        &[r#"{"a":1,"a":2}"#],
        json!([{"a": 1}]),
    );
}

#[test]
fn leaves_of_every_type() {
    let documents = [
        "true",
        "7",
        "-2.5",
        "1e3",
        "18446744073709551615",
        r#""7""#,
        r#""500m""#,
        r#""2026-11-21T08:26:15.5+01:00""#,
        r#""1h30m""#,
        "null",
        "[1]",
        r#"{"a": "\u003c" }"#,
        r#""\ud800""#,
    ];
    let n = json!(null);
    for (of, expected) in [
        (
            Type::Bool,
            json!([true, n, n, n, n, n, n, n, n, n, n, n, n]),
        ),
        (
            Type::Int64,
            json!([n, 7, n, 1000, n, 7, n, n, n, n, n, n, n]),
        ),
        (
            Type::Float64,
            json!([
                n,
                7.0,
                -2.5,
                1000.0,
                18446744073709551615.0,
                7.0,
                n,
                n,
                n,
                n,
                n,
                n,
                n
            ]),
        ),
        (
            Type::Utf8,
            json!([
                "true",
                "7",
                "-2.5",
                "1000.0",
                "18446744073709551615",
                "7",
                "500m",
                "2026-11-21T08:26:15.5+01:00",
                "1h30m",
                n,
                "[1]",
                r#"{"a":"<"}"#,
                n
            ]),
        ),
        (
            Type::Timestamp,
            json!([
                n,
                n,
                n,
                n,
                n,
                n,
                n,
                1_795_245_975_500_000_000_i64,
                n,
                n,
                n,
                n,
                n
            ]),
        ),
        (
            Type::Duration,
            json!([
                n,
                n,
                n,
                n,
                n,
                n,
                30_000_000_000_000_i64,
                n,
                5_400_000_000_000_i64,
                n,
                n,
                n,
                n
            ]),
        ),
        (
            Type::Quantity,
            json!([
                n,
                7_000_000_000_i64,
                -2_500_000_000_i64,
                1_000_000_000_000_i64,
                "18446744073709551615000000000",
                7_000_000_000_i64,
                500_000_000,
                n,
                n,
                n,
                n,
                n,
                n
            ]),
        ),
    ] {
        let values: Vec<_> = documents.iter().map(|d| Scalar::Json(d)).collect();
        assert_eq!(json!(column_values(of.clone(), &values)), expected, "{of}");
    }
}

#[test]
fn numbers_keep_the_digits_that_a_real_would_lose() {
    check(
        Type::Quantity,
        &[
            "9007199254740993.3",
            "0.1",
            "1.0000000005",
            "1E-9",
            "1e400",
            "-0",
        ],
        json!([
            "9007199254740993300000000",
            100_000_000,
            1_000_000_001,
            1,
            null,
            0
        ]),
    );
}

#[test]
fn reals_are_the_nearest_and_never_infinite() {
    check(
        Type::Float64,
        &["0.1", "1e-7", "17976931348623157e292", "1e400", "-1e400"],
        json!([0.1, 1e-7, 1.7976931348623157e308, null, null]),
    );
}

#[test]
fn depth_ends_in_null_and_not_in_an_error() {
    let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
    check(Type::Utf8, &[&deep, "1"], json!([null, "1"]));
    check(Type::Bool, &[&deep], json!([null]));
}

#[test]
fn escapes_are_resolved() {
    check(Type::Utf8, &[r#""a\"\u00e9\n""#], json!(["a\"é\n"]));
    check(
        Type::object([("a\"b", Type::Int64)]),
        &[r#"{"a\"b":1}"#],
        json!([{"a\"b": 1}]),
    );
}
