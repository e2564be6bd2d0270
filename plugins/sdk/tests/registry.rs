//! Runs the plugin of the documentation, `examples/registry.rs`, on recorded answers.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    dead_code,
    reason = "tests panic, and the plugin is included as it is shown"
)]

use serde_json::json;
use trawl_sdk::testing::{Harness, Query};
use trawl_sdk::types::{ErrorCode, Pushed};

#[path = "../examples/registry.rs"]
mod plugin;

fn harness() -> Harness<plugin::Registry> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recorded");
    Harness::of_folder(folder, &json!({})).unwrap()
}

#[test]
fn repositories_are_read_page_by_page() {
    let ran = harness().run(&Query::of("repositories")).unwrap();
    assert_eq!(
        ran.text(),
        "{\"name\":\"base/os\"}\n{\"name\":\"shop/cart\"}\n{\"name\":\"shop/web\"}\n"
    );
    assert_eq!(
        ran.requests,
        [
            "GET /v2/_catalog?n=100",
            "GET /v2/_catalog?n=100&last=base/os",
            "GET /v2/_catalog?n=100&last=shop/cart"
        ]
    );
}

#[test]
fn a_condition_is_checked_and_a_limit_ends_the_walk() {
    let query = Query::of("repositories").text("name", trawl_sdk::types::TextOp::Prefix, "shop/");
    let ran = harness().run(&query.limit(1)).unwrap();
    assert_eq!(ran.text(), "{\"name\":\"shop/cart\"}\n");
    assert_eq!(
        (ran.pushed(), ran.plan.limit),
        (&[Pushed::Exact][..], Pushed::Exact)
    );
}

#[test]
fn tags_are_read_of_the_repositories_that_are_named() {
    let query = Query::of("tags").any_of("repository", ["shop/web", "base/os"]);
    let ran = harness().run(&query.clone()).unwrap();
    assert_eq!(
        ran.text(),
        "{\"repository\":\"base/os\",\"name\":\"12\"}\n{\"repository\":\"base/os\",\"name\":\"12.1\"}\n\
         {\"repository\":\"shop/web\",\"name\":\"v1\"}\n"
    );
    assert_eq!(
        ran.plan.explain,
        "GET /v2/{name}/tags/list of base/os, shop/web"
    );
    assert_eq!(
        harness()
            .run(&query.partitions(2))
            .unwrap()
            .plan
            .partitions
            .len(),
        2
    );
}

#[test]
fn what_goes_wrong_is_told() {
    let run = |query: Query| harness().run(&query).unwrap_err();
    let error = run(Query::of("tags").equal("repository", "gone"));
    assert_eq!(error.code, ErrorCode::NotFound);
    assert_eq!(
        error.message,
        "expected an answer to `GET /v2/gone/tags/list`, got status 404: repository name not known to registry"
    );
    let error = run(Query::of("tags"));
    assert_eq!(error.code, ErrorCode::InvalidQuery);
    let error = run(Query::of("tags").equal("repository", "a/b/c/d"));
    assert_eq!(error.code, ErrorCode::PermissionDenied);
}
