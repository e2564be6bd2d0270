//! What a plugin that keeps the rules gets: its rows as they are, requests, a cache, backpressure, and a
//! cancellation that reaches down to the remote.

#![allow(clippy::unwrap_used)] // Clippy knows `#[test]` functions only, not their helpers.

mod common;

use std::sync::atomic::Ordering;
use std::time::Duration;

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use common::{
    DEADLINE, PATIENCE, connect, connection, context, limits, plugin, request, rows, scan, server,
};
use futures::StreamExt;
use trawl_host::types::{ErrorCode, GapKind, Level};
use trawl_host::{Host, HostOptions, Plugin};

/// The hostile guest on a host that runs one instance at a time.
async fn alone() -> Plugin {
    let host = Host::new(HostOptions {
        cache_folder: Some(common::cache_folder()),
        instances: 1,
        ..HostOptions::default()
    })
    .unwrap();
    let options = common::options(limits());
    host.load("evil", common::wasm(), options).await.unwrap()
}

#[tokio::test]
async fn rows_arrive_as_they_are() {
    let connection = connection().await;
    let context = context(PATIENCE);
    let batches = scan(&connection, &request("healthy/1003"), context.clone())
        .await
        .unwrap();
    let numbers = batches.iter().flat_map(|batch| {
        batch
            .column(0)
            .as_primitive::<Int64Type>()
            .values()
            .to_vec()
    });
    assert!(numbers.eq(0..1003));
    let texts = batches
        .iter()
        .flat_map(|batch| batch.column(1).as_string::<i32>().iter());
    assert!(
        texts
            .zip(0..)
            .all(|(text, number)| text == Some(&format!("row {number}")))
    );
    assert_eq!(context.stats.rows.load(Ordering::Relaxed), 1003);
    assert!(context.stats.guest_cpu_ns.load(Ordering::Relaxed) > 0);
    assert!(context.stats.memory_peak.load(Ordering::Relaxed) > 0);
}

#[tokio::test]
async fn json_rows_are_decoded_by_the_plan() {
    let connection = connection().await;
    assert_eq!(rows(&connection, "json-lines/50").await, 50);
    let batches = scan(&connection, &request("json-text"), context(PATIENCE))
        .await
        .unwrap();
    assert_eq!(
        batches[0].column(0).as_primitive::<Int64Type>().values(),
        &[1, 2]
    );
    assert_eq!(batches[0].column(1).null_count(), 2);
}

#[tokio::test]
async fn an_exact_limit_cuts_the_last_batch() {
    let connection = connection().await;
    for (limit, expected) in [
        (0, 0),
        (1, 1),
        (1_000, 1_000),
        (1_001, 1_001),
        (9_999, 2_000),
    ] {
        let mut request = request("healthy/2000");
        request.limit = Some(limit);
        let batches = scan(&connection, &request, context(PATIENCE))
            .await
            .unwrap();
        assert_eq!(
            batches.iter().map(|batch| batch.num_rows()).sum::<usize>(),
            expected
        );
    }
}

#[tokio::test]
async fn the_catalogue_is_read_page_by_page() {
    let connection = connection().await.within(context(PATIENCE));
    let paths: Vec<_> = connection
        .tables()
        .await
        .unwrap()
        .into_iter()
        .map(|table| table.path.join("/"))
        .collect();
    assert_eq!(paths, ["healthy/0", "healthy/1", "healthy/2"]);
    let detail = connection
        .table_schema(&["healthy".into()], &[])
        .await
        .unwrap();
    assert_eq!(detail.schema.fields.len(), 2);
    let missing = connection
        .table_schema(&["nowhere".into()], &[])
        .await
        .unwrap_err();
    assert_eq!(missing.code, ErrorCode::NotFound);
    assert_eq!(connection.name(), "lab/evil");
}

#[tokio::test]
async fn a_plugins_own_error_keeps_its_parts_and_its_gaps() {
    let connection = connection().await;
    let context = context(PATIENCE);
    let plan = common::plan(&connection, &request("fail/5")).await;
    let mut stream = connection.scan(&request("fail/5"), &plan, 0, context.clone());
    assert_eq!(stream.next().await.unwrap().unwrap().num_rows(), 5);
    let error = stream.next().await.unwrap().unwrap_err();
    assert_eq!(error.code, ErrorCode::RateLimited);
    assert_eq!(error.message, "too many requests");
    assert_eq!(error.hint.as_deref(), Some("wait"));
    assert_eq!(error.http_status, Some(429));
    assert_eq!(error.retry_after, Some(Duration::from_millis(1_500)));
    let gaps = context.stats.gaps();
    assert_eq!(gaps.len(), 1);
    assert_eq!(gaps[0].kind, GapKind::Partial);
    assert_eq!(gaps[0].cluster.as_deref(), Some("prod-ap"));
}

#[tokio::test]
async fn requests_go_to_the_named_endpoint_and_are_counted() {
    let (url, _events) = server("0123456789").await;
    let connection = connect(&plugin().await, "", Some(url));
    let context = context(PATIENCE);
    let batches = scan(&connection, &request("fetch"), context.clone())
        .await
        .unwrap();
    assert_eq!(batches[0].num_rows(), 10);
    assert_eq!(context.stats.requests.load(Ordering::Relaxed), 1);
    assert_eq!(context.stats.bytes.load(Ordering::Relaxed), 10);
    let lines = context.stats.log_lines();
    assert_eq!(
        (lines[0].level, lines[0].message.as_str()),
        (Level::Info, "status 200")
    );
}

#[tokio::test]
async fn an_endpoint_that_cannot_be_reached_is_an_error_of_its_kind() {
    // Nothing listens on a port that was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let connection = connect(&plugin().await, "", Some(url));
    let error = scan(&connection, &request("fetch"), context(PATIENCE))
        .await
        .unwrap_err();
    assert_eq!(error.code, ErrorCode::Unavailable, "{error}");
}

#[tokio::test]
async fn the_cache_belongs_to_the_connection() {
    let plugin = plugin().await;
    let connection = connect(&plugin, "", None);
    for seen in 0..3 {
        assert_eq!(rows(&connection.clone(), "remember").await, seen);
    }
    assert_eq!(rows(&connect(&plugin, "", None), "remember").await, 0);
}

#[tokio::test]
async fn the_clocks_tell_the_time() {
    assert_eq!(rows(&connection().await, "clock").await, 1);
}

#[tokio::test]
async fn dropping_the_stream_cancels_the_request_of_its_guest() {
    let (url, mut events) = server("").await;
    let connection = connect(&plugin().await, "", Some(url));
    let plan = common::plan(&connection, &request("stall")).await;
    let stream = connection.scan(&request("stall"), &plan, 0, context(PATIENCE));
    assert_eq!(events.recv().await, Some("asked"));
    drop(stream);
    assert_eq!(events.recv().await, Some("closed"));
}

#[tokio::test]
async fn dropping_the_stream_of_a_guest_that_computes_frees_its_place() {
    let plugin = alone().await;
    let connection = connect(&plugin, "", None);
    let plan = common::plan(&connection, &request("rows-then-loop")).await;
    let mut stream = connection.scan(&request("rows-then-loop"), &plan, 0, context(PATIENCE));
    assert!(stream.next().await.unwrap().is_ok());
    drop(stream);
    // With one place in all, this waits for the other's end.
    assert_eq!(rows(&connection, "healthy/10").await, 10);
}

#[tokio::test]
async fn a_call_that_finds_no_place_ends_at_its_deadline() {
    let plugin = alone().await;
    let connection = connect(&plugin, "", None);
    let plan = common::plan(&connection, &request("rows-then-loop")).await;
    let mut stream = connection.scan(&request("rows-then-loop"), &plan, 0, context(PATIENCE));
    assert!(stream.next().await.unwrap().is_ok());
    let waiting = connection.within(context(DEADLINE));
    assert_eq!(waiting.tables().await.unwrap_err().code, ErrorCode::Timeout);
}

#[tokio::test]
async fn a_consumer_that_waits_holds_the_guest_back_without_failing_it() {
    let connection = connection().await;
    let table = "healthy/2000000";
    let plan = common::plan(&connection, &request(table)).await;
    let context = context(DEADLINE);
    let mut stream = connection.scan(&request(table), &plan, 0, context.clone());
    assert!(stream.next().await.unwrap().is_ok());
    // The guest fills the channel and waits; its deadline passes meanwhile.
    tokio::time::sleep_until((context.deadline + DEADLINE).into()).await;
    let pushed = context.stats.rows.load(Ordering::Relaxed);
    assert!(
        pushed < 2_000_000,
        "{pushed} rows were taken from a guest nobody listens to"
    );
    assert!(stream.next().await.unwrap().is_ok());
}

#[tokio::test]
async fn partitions_run_side_by_side_in_their_own_instances() {
    let connection = connection().await;
    let counts =
        futures::future::join_all((0..20).map(|_| rows(&connection, "healthy/1500"))).await;
    assert_eq!(counts, vec![1_500; 20]);
}
