//! Owns the tests on the recordings that the project's cases use as well, through the SDK's harness. Refuses the fake.

use loki::Loki;
use serde_json::json;
use trawl_sdk::Timestamp;
use trawl_sdk::schema::Type;
use trawl_sdk::testing::{Harness, Query};
use trawl_sdk::types::{ErrorCode, Pushed};

/// 2026-11-21T08:10:00Z, where the recordings begin.
const BEGIN: i64 = 1_795_248_600_000_000_000;

const MINUTE: i64 = 60_000_000_000;

fn harness() -> Harness<Loki> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recorded");
    Harness::of_folder(folder, &json!({})).unwrap()
}

fn between(query: Query, minutes: i64) -> Query {
    query
        .now(Timestamp::from_ns(BEGIN + 20 * MINUTE))
        .at_least("timestamp", Timestamp::from_ns(BEGIN))
        .less("timestamp", Timestamp::from_ns(BEGIN + minutes * MINUTE))
}

#[test]
fn what_was_recorded_is_what_is_asked() {
    let harness = harness();
    let latest = Query::of("logs").columns(["timestamp", "pod"]);
    let latest = between(latest.argument("query", r#"{app="web"}"#), 2)
        .sort("timestamp", Type::Timestamp, true)
        .limit(3);
    let ran = harness.run(&latest).unwrap();
    assert_eq!(ran.pushed(), [Pushed::Exact; 2]);
    let times: Vec<_> = ran
        .rows
        .iter()
        .map(|row| row["timestamp"].as_i64().unwrap())
        .collect();
    assert_eq!(times.len(), 3);
    assert!(times.windows(2).all(|pair| pair[0] >= pair[1]));

    let parsed = Query::of("").argument("query", r#"{app="ingress"} | json | n!="""#);
    let ran = harness.run(&between(parsed, 6)).unwrap();
    assert!(
        ran.rows
            .iter()
            .all(|row| row["parsed"]["app_extracted"] == "inside"),
        "{}",
        ran.text()
    );
    assert!(!ran.rows.is_empty());

    let refused = Query::of("logs").argument("query", r#"{app="web"} |> nope"#);
    let error = harness.run(&between(refused, 2)).unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidQuery);
    assert!(error.message.contains("parse error at line 1, col 14"));
}
