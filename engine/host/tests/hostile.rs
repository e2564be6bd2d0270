//! Guests that break the rules: each ends within its deadline with the typed error that names plugin,
//! version and connection, while a healthy scan of the same host answers.

#![allow(clippy::expect_used)] // Clippy knows `#[test]` functions only, not their helpers.

mod common;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrow::array::AsArray;
use common::{
    DEADLINE, PATIENCE, connect, connection, context, limited, limits, plugin, request, rows, scan,
    server,
};
use futures::StreamExt;
use trawl_host::types::{DataType, ErrorCode, ScanPlan};
use trawl_host::{Connection, Error, Limits};

/// How much later than its deadline anything may end. A scan that hangs would take an hour.
const GRACE: std::time::Duration = std::time::Duration::from_secs(30);

/// Scans `table` beside a healthy one, and gives the error it ended with.
async fn ends_badly(connection: &Connection, table: &str, time: std::time::Duration) -> Error {
    let request = request(table);
    let bad = tokio::time::timeout(time + GRACE, scan(connection, &request, context(time)));
    let (bad, healthy) = tokio::join!(bad, rows(connection, "healthy/2500"));
    assert_eq!(healthy, 2_500, "beside {table}");
    let error = bad.expect("it ends").expect_err("it ends badly");
    assert_eq!(
        (
            error.plugin.as_str(),
            error.version.as_str(),
            error.connection.as_deref()
        ),
        ("evil", "6.6.6", Some("lab/evil")),
        "{error}"
    );
    assert!(
        error
            .to_string()
            .starts_with("plugin evil 6.6.6, connection lab/evil: "),
        "{error}"
    );
    error
}

/// Runs more scans of a table that never ends than the host has threads, and a healthy one, which has to be done while they go on.
async fn lets_others_answer(connection: &Connection, table: &str) {
    let busy: Vec<_> = (0..3)
        .map(|_| {
            let (connection, request) = (connection.clone(), request(table));
            let context = context(PATIENCE);
            let stats = Arc::clone(&context.stats);
            let scan = async move { scan(&connection, &request, context).await };
            (tokio::spawn(scan), stats)
        })
        .collect();
    // Each has begun: it has computed, if only to come to where it waits.
    while busy
        .iter()
        .any(|(_, stats)| stats.guest_cpu_ns.load(Ordering::Relaxed) == 0)
    {
        tokio::task::yield_now().await;
    }
    assert_eq!(rows(connection, "healthy/2500").await, 2_500, "{table}");
    for (scan, _) in busy {
        assert!(!scan.is_finished(), "{table} ended before the healthy one");
        scan.abort();
    }
}

#[tokio::test]
async fn what_never_ends_is_stopped_at_its_deadline() {
    let (url, _events) = server("").await;
    let connection = connect(&plugin().await, "", Some(url));
    for table in [
        "loop-scan",
        "rows-then-loop",
        "sleep",
        "stall",
        // Calls of the host that never wait.
        "log-forever",
        "report-forever",
        "progress-forever",
        "clock-forever",
        "state-forever",
        "random-forever",
    ] {
        lets_others_answer(&connection, table).await;
        let error = ends_badly(&connection, table, DEADLINE).await;
        assert_eq!(error.code, ErrorCode::Timeout, "{table}: {error}");
        assert!(
            error.message.contains("did not end within its"),
            "{table}: {error}"
        );
        assert!(error.hint.is_some(), "{table}");
    }
}

#[tokio::test]
async fn computing_has_a_budget_of_its_own() {
    let limits = Limits {
        cpu: DEADLINE,
        ..limits()
    };
    let plugin = limited(limits).await;
    let error = ends_badly(&connect(&plugin, "", None), "loop-scan", PATIENCE).await;
    assert_eq!(error.code, ErrorCode::Timeout);
    assert!(error.message.contains("of computing"), "{error}");
    assert!(error.hint.unwrap().contains("plugins.evil.limits.cpu"));
}

#[tokio::test]
async fn more_guests_than_threads_all_end() {
    let connection = connection().await;
    let scans = (0..8).map(|_| async {
        let request = request("loop-scan");
        scan(&connection, &request, context(DEADLINE))
            .await
            .unwrap_err()
            .code
    });
    let (codes, healthy) = tokio::join!(
        futures::future::join_all(scans),
        rows(&connection, "healthy/2500")
    );
    assert_eq!(healthy, 2_500);
    assert_eq!(codes, vec![ErrorCode::Timeout; 8]);
}

#[tokio::test]
async fn defects_are_named() {
    let connection = connection().await;
    let cases = [
        ("allocate", "more memory than it may have"),
        ("panic/7", "a panic on purpose, number 7"),
        (
            "recursion",
            "reached outside of its memory, most often by endless recursion",
        ),
        ("recursion-plain", "used up its stack of 1024 KiB"),
        ("panic-hook", "the plugin panicked"),
        ("exit", "exited with code"),
        ("leak-handles", "holds more than 1024 handles"),
        ("random-huge", "exceeds limit 65536"),
        ("broken-text", "utf-8"),
        (
            "short-buffer",
            "`n`: its values buffer has 20 bytes; expected 24",
        ),
        ("missing-buffer", "`s`: the batch has no bytes buffer"),
        ("surplus-buffer", "1 buffers more than its schema needs"),
        ("missing-node", "`s`: the batch has no node"),
        ("wrong-count", "`s`: expected 3 values, found 2"),
        (
            "wrong-nulls",
            "`s`: 2 values are null, but the validity buffer is empty",
        ),
        (
            "null-in-n",
            "`n`: 1 values are null, but the column is declared without null",
        ),
        ("huge-rows", "at most 1048576 are allowed in one push"),
        ("huge-length", "`n`: its values buffer has 24 bytes"),
        ("descending-offsets", "column `s`"),
        ("overlapping-offsets", "column `s`"),
        ("far-offsets", "column `s`"),
        ("first-offset", "`s`: its offsets go from 3"),
        ("invalid-utf8", "column `s`"),
        ("split-utf8", "column `s`"),
        (
            "undeclared-schema",
            "1 nodes and 2 buffers more than its schema needs",
        ),
        ("empty-batches", "batches without a row"),
        ("json-broken", "line 2 is no JSON object"),
        (
            "json-type",
            "line 1, column `n`: expected Int64, found \"many\"",
        ),
        ("json-utf8", "not UTF-8 (at byte 1)"),
        ("ignore-refusal", "`n`: its values buffer has 20 bytes"),
        ("foreign-endpoint", "the endpoint `admin`, which it has not"),
    ];
    for (table, expected) in cases {
        let error = ends_badly(&connection, table, PATIENCE).await;
        assert_eq!(error.code, ErrorCode::Internal, "{table}: {error}");
        assert!(error.message.contains(expected), "{table}: {error}");
    }
}

#[tokio::test]
async fn a_document_that_is_nested_without_end_is_read_by_no_recursion() {
    const DEPTH: usize = 1_000_000;
    let connection = connection().await;
    let mut request = request(&format!("recursion-json/{DEPTH}"));
    // Where nobody wants it, it is stepped over.
    let rows = scan(&connection, &request, context(PATIENCE))
        .await
        .unwrap();
    assert_eq!(rows[0].num_rows(), 1);
    // Where somebody does, it is handed on as it is.
    let mut document = request.projection[1].clone();
    document.name = "d".into();
    document.output[0].name = "d".into();
    document.output[0].data_type = DataType::Json;
    request.projection.push(document);
    let rows = scan(&connection, &request, context(PATIENCE))
        .await
        .unwrap();
    let document = rows[0].column(2).as_string::<i32>().value(0);
    assert_eq!(document.len(), 2 * DEPTH + 1);
}

#[tokio::test]
async fn one_push_is_bounded() {
    let connection = connect(&limited(Limits::default()).await, "", None);
    for table in [
        "huge-push",
        "huge-json",
        "huge-log",
        "huge-state",
        "huge-error",
    ] {
        let error = ends_badly(&connection, table, PATIENCE).await;
        assert_eq!(error.code, ErrorCode::Internal, "{table}: {error}");
        assert!(
            error.message.contains("more than 64 MiB in one call"),
            "{table}: {error}"
        );
    }
    let planned = connection.within(context(PATIENCE));
    let error = planned.plan(&request("plan-huge")).await.unwrap_err();
    assert!(error.message.contains("more than 64 MiB"), "{error}");
}

#[tokio::test]
async fn requests_in_flight_are_bounded() {
    let (url, _events) = server("").await;
    let connection = connect(&plugin().await, "", Some(url));
    let error = ends_badly(&connection, "many-requests", PATIENCE).await;
    assert!(
        error.message.contains("16 requests open already"),
        "{error}"
    );
}

#[tokio::test]
async fn floods_are_cut_and_counted() {
    let connection = connection().await;
    let context = context(PATIENCE);
    for table in [
        "flood-log/1000",
        "flood-stdio/1000",
        "flood-report/1000",
        "flood-progress/1000",
    ] {
        scan(&connection, &request(table), context.clone())
            .await
            .unwrap();
    }
    let stats = context.stats;
    assert_eq!(stats.log_lines().len(), 200);
    assert_eq!(stats.log_lines_cut.load(Ordering::Relaxed), 1_800);
    assert_eq!(stats.gaps().len(), 100);
    assert_eq!(stats.gaps_cut.load(Ordering::Relaxed), 900);
    assert!(stats.gaps().iter().all(|gap| gap.message.len() < 5_000));
    assert_eq!(stats.progress().rows_read, 999);
    assert_eq!(stats.progress().done, None);
}

#[tokio::test]
async fn a_flood_of_rows_is_cut_at_the_limit_and_said_so() {
    let limits = Limits {
        rows: 2_500,
        ..limits()
    };
    let plugin = limited(limits).await;
    for table in ["flood-rows", "flood-json"] {
        a_flood_is_cut(&connect(&plugin, "", None), table).await;
    }
}

async fn a_flood_is_cut(connection: &Connection, table: &str) {
    let context = context(PATIENCE);
    let plan = common::plan(connection, &request(table)).await;
    let mut stream = connection.scan(&request(table), &plan, 0, context.clone());
    let mut rows = 0;
    let error = loop {
        match stream.next().await.expect("an error at its end") {
            Ok(batch) => rows += batch.num_rows(),
            Err(error) => break error,
        }
    };
    assert_eq!(rows, 2_500);
    assert!(
        error.message.contains("after it was told to stop"),
        "{error}"
    );
    assert!(stream.next().await.is_none());
    assert_eq!(context.stats.gaps().len(), 1);
    assert!(
        context.stats.gaps()[0]
            .message
            .contains("plugins.evil.limits.rows")
    );
    assert!(context.stats.rows_cut.load(Ordering::Relaxed) >= 500);
}

#[tokio::test]
async fn a_guest_that_overlooks_stop_does_not_hold_up_the_rows() {
    let connection = connection().await;
    for table in ["flood-rows", "rows-then-loop/1000"] {
        let mut request = request(table);
        request.limit = Some(700);
        let batches = scan(&connection, &request, context(PATIENCE))
            .await
            .unwrap();
        assert_eq!(
            batches.iter().map(|batch| batch.num_rows()).sum::<usize>(),
            700,
            "{table}"
        );
    }
}

#[tokio::test]
async fn plans_that_loop_or_panic_end() {
    let connection = connection().await;
    let planned = |table: &str| {
        let (connection, request) = (connection.within(context(DEADLINE)), request(table));
        async move { connection.plan(&request).await.unwrap_err() }
    };
    let (looped, healthy) = tokio::join!(planned("loop-plan"), rows(&connection, "healthy/10"));
    assert_eq!(healthy, 10);
    assert_eq!(looped.code, ErrorCode::Timeout);
    assert!(looped.message.contains("the plan did not end"), "{looped}");
    let connection = connection.within(context(PATIENCE));
    let panicked = connection.plan(&request("panic-plan")).await.unwrap_err();
    assert_eq!(panicked.code, ErrorCode::Internal);
    assert!(panicked.message.contains("no plan survives"), "{panicked}");
}

#[tokio::test]
async fn plans_that_claim_too_much_are_refused() {
    let connection = connection().await.within(context(PATIENCE));
    let cases = [
        ("plan-filters", "answers 1 filters; the request has 0"),
        ("plan-schema", "gives 1 columns; 2 were asked for"),
        ("plan-type", "column `s` of type Binary"),
        ("plan-none", "0 partitions"),
        ("plan-many", "1000 partitions"),
        ("plan-limit", "the request has none"),
        ("plan-aggregate", "the request does not ask for it"),
        ("plan-cost", "costs NaN metrics"),
    ];
    for (table, expected) in cases {
        let error = connection.plan(&request(table)).await.unwrap_err();
        assert!(error.message.contains(expected), "{table}: {error}");
        assert_eq!(error.version, "6.6.6");
    }
}

#[tokio::test]
async fn sessions_and_catalogues_that_misbehave_end() {
    let plugin = plugin().await;
    let tables = |config| {
        let connection = connect(&plugin, config, None).within(context(PATIENCE));
        async move { connection.tables().await.unwrap_err() }
    };
    let refused = tables("refuse").await;
    assert_eq!(refused.code, ErrorCode::InvalidConfig);
    assert_eq!(refused.hint.as_deref(), Some("write something else"));
    assert_eq!(refused.http_status, Some(418));
    assert_eq!(
        refused.retry_after,
        Some(std::time::Duration::from_millis(1_500))
    );
    assert!(tables("circle").await.message.contains("runs in a circle"));
    assert!(
        tables("endless")
            .await
            .message
            .contains("more than 1000 pages")
    );
    let looping = connect(&plugin, "loop", None).within(context(DEADLINE));
    assert_eq!(looping.tables().await.unwrap_err().code, ErrorCode::Timeout);
    let connection = connect(&plugin, "", None).within(context(PATIENCE));
    let broken = connection
        .table_schema(&["broken-schema".into()], &[])
        .await
        .unwrap_err();
    assert!(
        broken
            .message
            .contains("the schema of table `broken-schema`: field `n` has 7 children"),
        "{broken}"
    );
}

#[tokio::test]
async fn a_partition_that_is_not_in_the_plan_is_an_error() {
    let connection = connection().await;
    let request = request("healthy");
    let plan: ScanPlan = common::plan(&connection, &request).await;
    let mut stream = connection.scan(&request, &plan, 9, context(PATIENCE));
    let error = stream.next().await.unwrap().unwrap_err();
    assert!(error.message.contains("no such partition"), "{error}");
    assert!(stream.next().await.is_none());
}
