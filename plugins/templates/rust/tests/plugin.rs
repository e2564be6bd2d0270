//! Runs the plugin natively on the recorded answers; `trawl plugin test` runs the component on the same ones.

use plugin::Items;
use serde_json::json;
use trawl_sdk::testing::{Harness, Query};
use trawl_sdk::types::Pushed;

fn harness() -> Harness<Items> {
    Harness::of_folder("tests/recorded", &json!({})).unwrap()
}

#[test]
fn pages_are_read_to_the_end() {
    let ran = harness()
        .run(&Query::of("items").columns(["id", "labels"]))
        .unwrap();
    assert_eq!(
        ran.text(),
        "{\"id\":9007199254740993,\"labels\":{\"team\":\"storage\"}}\n\
         {\"id\":2,\"labels\":{}}\n\
         {\"id\":1,\"labels\":{\"site\":\"zrh\",\"team\":\"network\"}}\n"
    );
    assert_eq!(
        ran.requests,
        [
            "GET /api/items?limit=100",
            "GET /api/items?limit=100&cursor=b"
        ]
    );
}

#[test]
fn a_condition_on_the_state_is_a_parameter() {
    let ran = harness()
        .run(&Query::of("items").equal("state", "open"))
        .unwrap();
    assert_eq!(ran.pushed(), [Pushed::Exact]);
    assert_eq!(ran.requests, ["GET /api/items?limit=100&state=open"]);
    assert_eq!(ran.rows.len(), 2);
    // What the API has no word for stays with trawl.
    let ran = harness()
        .run(&Query::of("items").equal("state", "gone"))
        .unwrap();
    assert_eq!(ran.pushed(), [Pushed::NotPushed]);
}
