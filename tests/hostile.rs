//! A plugin that misbehaves beside one that does not, in one query: the healthy target answers, the other is named with its
//! typed error, and all of it ends within the query's time.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking and speaks on stderr"
)]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use trawl_demo::{Fleet, FleetOptions};
use trawl_exec::{
    Completeness, Engine, EngineOptions, Error, InstalledPlugin, QueryRequest, Status, encode,
};
use trawl_fleet::{Inventory, LoadOptions};

/// Time of each query. A guest that must be stopped is stopped at 90% of it.
const TIMEOUT: Duration = Duration::from_secs(5);

/// An engine on the demo fleet, one cluster of which has a hostile source too.
async fn engine(fleet: &Fleet, folder: &std::path::Path) -> Engine {
    let component =
        tokio::task::spawn_blocking(|| trawl_guest_build::build("trawl-guest-hostile").unwrap())
            .await
            .unwrap();
    let mut plugins = trawl_exec::bundled_plugins();
    let wasm = std::fs::read(component).unwrap();
    plugins.push(InstalledPlugin::bundled("hostile", wasm));
    let names: Vec<&str> = plugins.iter().map(|plugin| plugin.name.as_str()).collect();
    let path = folder.join("clusters.yaml");
    let yaml = format!(
        "clusters:\n  - name: prod-ap\n    kube: {{context: prod-ap, kubeconfig: {}}}\n    hostile: {{url: 'http://127.0.0.1:9'}}\n",
        fleet.kubeconfig().display()
    );
    std::fs::write(&path, yaml).unwrap();
    let inventory = Inventory::load(LoadOptions::of_process(Some(path), &names)).unwrap();
    Engine::new(EngineOptions {
        inventory,
        plugins,
        declared: vec![],
        cache_dir: Some(folder.join("cache")),
    })
    .unwrap()
}

async fn ask(engine: &Engine, query: &str) -> (Vec<Value>, Completeness) {
    let request = QueryRequest {
        timeout: TIMEOUT,
        ..QueryRequest::new(query)
    };
    let mut answer = engine
        .query(request)
        .await
        .unwrap_or_else(|error| panic!("{query}: {error:?}"));
    let mut out = Vec::new();
    let mut first = true;
    while let Some(batch) = answer.next().await.unwrap() {
        encode::rows_json(&batch, answer.columns(), "\n", &mut first, &mut out);
    }
    let rows = String::from_utf8(out)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    (rows, answer.finish().completeness)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_healthy_target_of_the_same_query_answers() {
    let fleet = Fleet::start(FleetOptions {
        clusters: 1,
        pods: 30,
        ..FleetOptions::default()
    })
    .await
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(&fleet, folder.path()).await;
    let beside = |table: &str| {
        format!(
            "pods | summarize pods = count() by cluster
             | join kind=leftouter (hostile.`{table}` | summarize n = count(), s = dcount(s), m = max(n) by cluster) on cluster"
        )
    };
    let (rows, completeness) = ask(&engine, &beside("healthy")).await;
    assert!(completeness.complete, "{completeness:?}");
    assert_eq!(rows.len(), 1);
    assert!(rows[0]["n"].as_u64().unwrap() > 0, "{rows:?}");

    let errors: BTreeMap<&str, (&str, &str)> = BTreeMap::from([
        ("loop-plan", ("timeout", "")),
        ("loop-scan", ("timeout", "")),
        ("allocate", ("", "memory")),
        ("short-buffer", ("internal", "`n`")),
        ("panic", ("internal", "panic")),
        ("rows-then-loop", ("timeout", "")),
    ]);
    for (table, (code, part)) in errors {
        let started = Instant::now();
        let (rows, completeness) = ask(&engine, &beside(table)).await;
        // Not a measure of speed: the query must not outlive its own time by much on any machine.
        assert!(
            started.elapsed() < TIMEOUT * 3,
            "{table} took {:?}",
            started.elapsed()
        );
        assert_eq!(
            rows.first().map(|row| &row["pods"]),
            Some(&json!(30)),
            "{table}: {completeness:?}"
        );
        let hostile = completeness
            .targets
            .iter()
            .find(|target| target.source == "hostile")
            .unwrap();
        let expected = if table == "rows-then-loop" {
            Status::Partial
        } else {
            Status::Failed
        };
        assert_eq!(hostile.status, expected, "{table}: {hostile:?}");
        let error = hostile.error.as_ref().unwrap();
        assert!(
            error.message.starts_with("hostile 6.6.6: "),
            "{table}: {error:?}"
        );
        assert!(error.code.contains(code), "{table}: {error:?}");
        assert!(error.message.contains(part), "{table}: {error:?}");
        let healthy = completeness
            .targets
            .iter()
            .find(|target| target.source == "kube")
            .unwrap();
        assert_eq!((healthy.status, healthy.rows), (Status::Ok, 30), "{table}");
    }
    // After all of it the engine still answers.
    let (rows, completeness) = ask(&engine, "pods | count").await;
    assert_eq!(
        (rows, completeness.complete),
        (vec![json!({ "count_": 30 })], true)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plugin_that_lies_is_found_out_and_one_that_hangs_is_shown() {
    let fleet = Fleet::start(FleetOptions {
        clusters: 1,
        pods: 5,
        ..FleetOptions::default()
    })
    .await
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(&fleet, folder.path()).await;
    let verify = |query: &str| {
        engine.query(QueryRequest {
            verify_pushdown: true,
            ..QueryRequest::new(query)
        })
    };
    let Err(Error::Pushdown(difference)) = verify("hostile.liar | where n > 1").await else {
        panic!("the lie was not found out");
    };
    assert_eq!((difference.rows_pushed, difference.rows_unpushed), (3, 1));
    // The guest gives its whole rows, whatever it is asked for.
    let numbers: Vec<&Value> = difference.only_pushed.iter().map(|row| &row["n"]).collect();
    assert_eq!(numbers, [0, 1]);
    assert!(difference.only_unpushed.is_empty());
    let honest = verify("hostile.healthy | where n > 1").await.unwrap();
    assert_eq!(
        honest.finish().verified.unwrap(),
        "the same 1 rows with and without pushdown"
    );

    // A plugin that cannot plan for its target does not keep the others from being explained.
    let explained = engine
        .explain(QueryRequest {
            timeout: Duration::from_secs(2),
            ..QueryRequest::new(
                "pods | join kind=leftouter (hostile.`loop-plan` | summarize n = count() by cluster) on cluster",
            )
        })
        .await
        .unwrap();
    assert!(explained.scans[0].asks[0].error.is_none());
    let failed = explained.scans[1].asks[0].error.as_ref().unwrap();
    assert_eq!(failed.code, "timeout", "{explained}");
}
