//! The examples of every function and aggregate, run through the whole engine.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use serde_json::Value;
use trawl_exec::{Engine, EngineOptions, QueryRequest, encode};
use trawl_fleet::{Inventory, Origin};
use trawl_plan::functions;

fn engine() -> Engine {
    let inventory = Inventory::of(vec![], vec![], Origin::Kubeconfig(vec![]));
    Engine::new(EngineOptions {
        inventory,
        plugins: vec![],
        declared: vec![],
        cache_dir: None,
    })
    .unwrap()
}

/// The only value of a query of one row, or why there is none.
async fn example(engine: &Engine, query: &str) -> Result<Value, String> {
    let mut answer = engine
        .query(QueryRequest::new(query))
        .await
        .map_err(|error| error.to_string())?;
    let mut out = Vec::new();
    let mut first = true;
    while let Some(batch) = answer.next().await.map_err(|error| error.to_string())? {
        encode::rows_json(&batch, answer.columns(), "\n", &mut first, &mut out);
    }
    let row: Value = serde_json::from_slice(&out).map_err(|error| error.to_string())?;
    Ok(row["v"].clone())
}

/// The only value of a query of one row.
async fn value(engine: &Engine, query: &str) -> Value {
    match example(engine, query).await {
        Ok(value) => value,
        Err(error) => panic!("{query}: {error}"),
    }
}

/// The list of `make_list` is in no particular order.
fn sorted(mut value: Value) -> Value {
    if let Value::Array(items) = &mut value {
        items.sort_by_key(ToString::to_string);
    }
    value
}

#[tokio::test]
async fn examples_of_scalar_functions_hold() {
    let engine = engine();
    let mut wrong = Vec::new();
    for function in functions::scalar::ALL {
        assert!(
            !function.examples.is_empty(),
            "{} has no example",
            function.name
        );
        for (expression, expected) in function.examples {
            let expected: Value = serde_json::from_str(expected).unwrap();
            let found = example(&engine, &format!("print v = {expression}")).await;
            if found != Ok(expected) {
                wrong.push((expression, found));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn examples_of_aggregates_hold() {
    let engine = engine();
    let mut wrong = Vec::new();
    for function in functions::aggregate::ALL {
        assert!(
            !function.examples.is_empty(),
            "{} has no example",
            function.name
        );
        for (expression, expected) in function.examples {
            let query = format!("datatable(x: long)[1, 2, 2, null] | summarize v = {expression}");
            let expected: Value = serde_json::from_str(expected).unwrap();
            let (found, expected) = match function.name {
                "make_list" => (example(&engine, &query).await.map(sorted), sorted(expected)),
                _ => (example(&engine, &query).await, expected),
            };
            if found != Ok(expected) {
                wrong.push((expression, found));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn null_and_nan_follow_the_language_and_not_sql() {
    let engine = engine();
    let rows = "datatable(a: long, b: long)[1, 1, 1, null, null, null, null, 2, 1, 2]";
    for (predicate, count) in [
        ("a == b", 2),
        ("a != b", 3),
        ("not (a == b)", 3),
        ("a < b", 1),
        ("not (a < b)", 4),
        ("a == null", 2),
        ("a != null", 3),
        ("a in (1, null)", 5),
        ("a !in (1)", 2),
        ("a between (0 .. 1)", 3),
        ("a !between (0 .. 1)", 2),
        ("tostring(a) has \"1\"", 3),
        ("tostring(a) !has \"1\"", 2),
    ] {
        let query = format!("{rows} | where {predicate} | summarize v = count()");
        assert_eq!(
            value(&engine, &query).await,
            Value::from(count),
            "{predicate}"
        );
    }
    let reals = "datatable(x: real)[1.5, 2.5] | extend n = toreal(\"NaN\")";
    for (predicate, count) in [
        ("n == n * 1.0", 0),
        ("n != n * 1.0", 2),
        ("n > 1.0", 0),
        ("n < 1.0", 0),
        ("not (n > 1.0)", 2),
        ("x > 2", 1),
    ] {
        let query = format!("{reals} | where {predicate} | summarize v = count()");
        assert_eq!(
            value(&engine, &query).await,
            Value::from(count),
            "{predicate}"
        );
    }
    assert_eq!(
        value(&engine, &format!("{reals} | summarize v = max(n)")).await,
        Value::Null
    );
    for (expression, expected) in [
        ("toreal(\"a\") == toreal(\"b\")", Value::Bool(true)),
        ("toreal(\"a\") != toreal(\"b\")", Value::Bool(false)),
        ("1.5 in (1, 1.5)", Value::Bool(true)),
        ("null", Value::Null),
        ("coalesce(null, null)", Value::Null),
    ] {
        assert_eq!(
            value(&engine, &format!("print v = {expression}")).await,
            expected,
            "{expression}"
        );
    }
    // Sums do not wrap, and a NaN with its sign bit set is a NaN like any other.
    let most = "datatable(x: long)[9223372036854775807, 1] | summarize v = sum(x)";
    assert_eq!(value(&engine, most).await, Value::Null);
    let odd = "datatable(x: real)[1.0, 2.0] | extend y = iff(x == 1.0, toreal(\"inf\") - toreal(\"inf\"), x)";
    assert_eq!(
        value(&engine, &format!("{odd} | summarize v = min(y)")).await,
        Value::from(2.0)
    );
}

#[tokio::test]
async fn what_does_not_fit_is_told_and_is_no_bug() {
    let engine = engine();
    for (query, code) in [
        ("datatable(a: long, a: string)[1, \"x\"]", "Q0206"),
        ("print v = todatetime(true)", "Q0333"),
        (
            "datatable(t: datetime)[\"2026-01-01\"] | where t > \"garbage\"",
            "Q0302",
        ),
        ("param n: list<dynamic> = []; print v = 1", "Q0226"),
        (
            "datatable(d: long)[1] | join kind=leftouter (datatable(x: long)[1]) as d on $left.d == $right.x",
            "Q0406",
        ),
    ] {
        match engine.query(QueryRequest::new(query)).await {
            Err(trawl_exec::Error::Query(diagnostics)) => {
                assert_eq!(diagnostics[0].code, code, "{query}")
            }
            Err(other) => panic!("{query}: {other}"),
            Ok(_) => panic!("{query}: expected {code}"),
        }
    }
}

#[tokio::test]
async fn order_survives_what_stands_above_it() {
    let engine = engine();
    let rows = "datatable(x: long)[3, 1, 2, null]";
    for (query, expected) in [
        (
            format!("{rows} | sort by x asc | extend y = x + 1 | project v = y"),
            vec!["2", "3", "4", "null"],
        ),
        (
            format!("{rows} | sort by x | project v = x"),
            vec!["3", "2", "1", "null"],
        ),
        (
            format!("{rows} | top 2 by x asc | where x > 0 | project v = x * 10"),
            vec!["10", "20"],
        ),
        (
            format!("{rows} | sort by x asc | take 2 | sort by x desc | project v = x"),
            vec!["2", "1"],
        ),
    ] {
        for _ in 0..5 {
            let mut answer = engine
                .query(QueryRequest::new(query.clone()))
                .await
                .unwrap();
            let mut values = Vec::new();
            while let Some(batch) = answer.next().await.unwrap() {
                let mut out = Vec::new();
                encode::rows_json(&batch, answer.columns(), "\n", &mut true, &mut out);
                values.extend(
                    String::from_utf8(out)
                        .unwrap()
                        .lines()
                        .map(|line| serde_json::from_str::<Value>(line).unwrap()["v"].to_string()),
                );
            }
            assert_eq!(values, expected, "{query}");
        }
    }
}
