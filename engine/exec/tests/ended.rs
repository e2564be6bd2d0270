//! Queries that end before their rows do: by their time, by somebody, by `max_rows`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::{Duration, Instant};

use trawl_exec::{Answer, Engine, EngineOptions, Error, QueryRequest, Summary};
use trawl_fleet::{Inventory, Origin};

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

async fn read(mut answer: Answer) -> (usize, Summary) {
    let mut rows = 0;
    while let Some(batch) = answer.next().await.unwrap() {
        rows += batch.num_rows();
    }
    (rows, answer.finish())
}

#[tokio::test]
async fn time_in_the_queue_is_the_querys() {
    let request = QueryRequest {
        received: Instant::now().checked_sub(Duration::from_secs(60)),
        timeout: Duration::from_secs(30),
        // Groups are made by tasks of their own: nothing is there when it is asked for.
        ..QueryRequest::new("datatable(x: long)[1, 2] | summarize n = count() by x")
    };
    let answer = engine().query(request).await.unwrap();
    let completeness = answer.overdue().unwrap();
    assert!(completeness.timed_out && !completeness.complete);
    let (rows, summary) = read(answer).await;
    assert_eq!((rows, summary.completeness.timed_out), (0, true));
}

#[tokio::test]
async fn a_query_that_is_cancelled_before_it_is_planned_has_no_answer() {
    let request = QueryRequest::new("print x = 1");
    request.monitor.cancel();
    assert!(matches!(
        engine().query(request).await,
        Err(Error::Cancelled)
    ));
}

#[tokio::test]
async fn a_query_that_is_cancelled_later_says_so() {
    let request = QueryRequest {
        ahead: false,
        ..QueryRequest::new("print x = 1")
    };
    let monitor = request.monitor.clone();
    let answer = engine().query(request).await.unwrap();
    monitor.cancel();
    let (rows, summary) = read(answer).await;
    let completeness = summary.completeness;
    assert_eq!(
        (rows, completeness.cancelled, completeness.complete),
        (0, true, false)
    );
    assert_eq!(
        summary.warnings,
        ["the query was cancelled before all rows were there"]
    );
}

#[tokio::test]
async fn only_an_answer_that_was_cut_says_where() {
    for (max_rows, cut_at) in [(2, Some(2)), (3, None), (0, Some(0))] {
        let request = QueryRequest {
            max_rows: Some(max_rows),
            ..QueryRequest::new("datatable(x: long)[1, 2, 3]")
        };
        let monitor = request.monitor.clone();
        let (rows, summary) = read(engine().query(request).await.unwrap()).await;
        assert_eq!(summary.cut_at, cut_at);
        assert_eq!(rows as u64, summary.stats.rows);
        assert_eq!(monitor.rows(), summary.stats.rows);
        // What `max_rows` cuts is no fault of a target.
        assert!(summary.completeness.complete);
    }
}
