//! Memory and tables: what the guests of a query have together, that it comes back however they end, and what is refused to all.

#![allow(clippy::expect_used)] // Clippy knows `#[test]` functions only, not their helpers.

mod common;

use common::{
    DEADLINE, PATIENCE, connect, connection, context, limited, options, plugin, request, rows,
    scan, server,
};
use std::time::Duration;

use futures::StreamExt;
use trawl_host::types::ErrorCode;
use trawl_host::{Error, Limits, QueryMemory, ScanContext};

#[tokio::test]
async fn guests_of_a_query_share_its_memory_and_one_that_needs_little_answers_meanwhile() {
    let plugin = limited(Limits::default()).await;
    let connection = connect(&plugin, "", None);
    // Far less than the sixteen may have one by one.
    let memory = QueryMemory::new(64 << 20, "--of-the-query");
    let within = || ScanContext {
        memory: Some(memory.clone()),
        ..context(PATIENCE)
    };
    let request = request("allocate");
    let mut plan = common::plan(&connection, &request).await;
    plan.partitions = vec!["allocate".to_owned(); 16];
    let greedy = (0..16).map(|partition| {
        let mut rows = connection.scan(&request, &plan, partition, within());
        async move { rows.next().await.expect("an error").unwrap_err() }
    });
    let healthy = async {
        let batches = scan(&connection, &common::request("healthy/2500"), within()).await;
        batches
            .expect("rows")
            .iter()
            .map(|batch| batch.num_rows())
            .sum::<usize>()
    };
    let (errors, healthy) = tokio::join!(futures::future::join_all(greedy), healthy);
    assert_eq!(healthy, 2_500);
    for error in errors {
        assert_eq!(error.code, ErrorCode::Internal, "{error}");
        assert!(error.message.contains("together, 64 MiB"), "{error}");
        assert!(error.hint.unwrap().contains("raise --of-the-query"));
    }
    assert!(memory.peak() > 32 << 20, "{}", memory.peak());
    // What each may have anyway comes on top.
    assert!(
        memory.peak() <= (64 << 20) + 17 * (8 << 20),
        "{}",
        memory.peak()
    );
    given_back(&memory).await;
}

#[tokio::test]
async fn memory_comes_back_however_a_guest_ends() {
    let (url, mut events) = server("").await;
    let connection = connect(&plugin().await, "", Some(url));
    let memory = QueryMemory::new(64 << 20, "--of-the-query");
    let within = |time| ScanContext {
        memory: Some(memory.clone()),
        ..context(time)
    };
    // By itself, by a trap, by its own limit, at its deadline.
    for (table, time) in [
        ("healthy/10", PATIENCE),
        ("panic", PATIENCE),
        ("exit", PATIENCE),
        ("allocate", PATIENCE),
        ("loop-scan", DEADLINE),
        ("sleep", DEADLINE),
    ] {
        let ended = scan(&connection, &request(table), within(time)).await;
        assert_eq!(ended.is_ok(), table == "healthy/10", "{table}");
        given_back(&memory).await;
    }
    assert!(memory.peak() > 24 << 20, "{}", memory.peak());
    // Because nobody wants its rows any more.
    let request = request("stall");
    let plan = common::plan(&connection, &request).await;
    let rows = connection.scan(&request, &plan, 0, within(PATIENCE));
    assert_eq!(events.recv().await, Some("asked"));
    assert!(memory.used() > 0);
    drop(rows);
    given_back(&memory).await;
}

/// Returns when no guest has memory any more; a test that waits here for ever has found a leak.
async fn given_back(memory: &QueryMemory) {
    while memory.used() > 0 {
        tokio::task::yield_now().await;
    }
}

/// A plugin as text.
const PLUGIN: &str = include_str!("../../../tests/guests/text/plugin-0.1.wat");

/// How the plugin of this text ends that does so when it is asked what it is, beside a healthy one.
async fn describing(code: &str) -> Error {
    assert!(PLUGIN.contains("i32.const 64 (; DESCRIBE ;)"));
    let text = PLUGIN.replace("i32.const 64 (; DESCRIBE ;)", code);
    let wasm = wat::parse_str(text).expect("a component");
    let limits = Limits {
        deadline: Duration::from_secs(2),
        ..common::limits()
    };
    let host = common::host();
    let healthy = connection().await;
    let (loaded, rows) = tokio::join!(
        host.load("stranger", &wasm, options(limits)),
        rows(&healthy, "healthy/2500")
    );
    assert_eq!(rows, 2_500);
    loaded.err().expect("it does not load")
}

#[tokio::test]
async fn the_plugin_as_text_is_one() {
    let wasm = wat::parse_str(PLUGIN).expect("a component");
    let host = common::host();
    let plugin = host.load("text", &wasm, options(common::limits())).await;
    let plugin = plugin.map_err(|error| error.to_string()).expect("it loads");
    assert_eq!((plugin.name(), plugin.version()), ("text", "0.1.0"));
    assert_eq!(plugin.description().name, "tiny");
    let tables = connect(&plugin, "{}", None).tables().await.unwrap_err();
    assert!(tables.message.contains("panicked"), "{tables}");
}

#[tokio::test]
async fn a_plugin_that_grows_its_tables_without_end_is_refused() {
    // Until it gets no more, which it does not survive.
    let error = describing(
        "(loop $on (br_if $on (i32.ne (table.grow $table (ref.null func) (i32.const 1000)) (i32.const -1)))) unreachable",
    )
    .await;
    assert_eq!(error.code, ErrorCode::Internal, "{error}");
    assert_eq!(
        error.message,
        "the plugin needed more table elements than it may have: it asked for 200001, the limit is 200000"
    );
    // Whatever it gets.
    let error = describing(
        "(loop $on (drop (table.grow $table (ref.null func) (i32.const 1))) (br $on)) unreachable",
    )
    .await;
    assert_eq!(error.code, ErrorCode::Timeout, "{error}");
    // All at once.
    let error =
        describing("(drop (table.grow $table (ref.null func) (i32.const -1))) unreachable").await;
    assert!(error.message.contains("more table elements"), "{error}");
}

#[tokio::test]
async fn a_plugin_that_grows_its_memory_without_end_is_refused() {
    let error = describing(
        "(loop $on (br_if $on (i32.ne (memory.grow (i32.const 100)) (i32.const -1)))) unreachable",
    )
    .await;
    assert_eq!(error.code, ErrorCode::Internal, "{error}");
    assert!(error.message.contains("the limit is 32 MiB"), "{error}");
    let error =
        describing("(loop $on (drop (memory.grow (i32.const 1))) (br $on)) unreachable").await;
    assert_eq!(error.code, ErrorCode::Timeout, "{error}");
}
