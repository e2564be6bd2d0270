//! A plugin that misbehaves beside one that does not, in one query: the healthy target answers, the other is named with its
//! typed error, and all of it ends within the query's time.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking and speaks on stderr"
)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use trawl_demo::{Fleet, FleetOptions};
use trawl_exec::{
    Completeness, Engine, EngineOptions, Error, InstalledPlugin, QueryRequest, Status, encode,
};
use trawl_fleet::{Inventory, LoadOptions};

/// Time of each query. A guest that must be stopped is stopped at 90% of it.
const TIMEOUT: Duration = Duration::from_secs(5);

async fn component() -> Vec<u8> {
    let build = || trawl_guest_build::build("trawl-guest-hostile").unwrap();
    let built = tokio::task::spawn_blocking(build).await.unwrap();
    std::fs::read(built).unwrap()
}

/// An engine on the demo fleet, one cluster of which has a hostile source too.
async fn engine(fleet: &Fleet, folder: &std::path::Path) -> Engine {
    let mut plugins = trawl_exec::bundled_plugins();
    let wasm = component().await;
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
    // Documents are nested deeper than whoever reads them by calling himself can follow.
    for query in [
        "hostile.`recursion-json`",
        "hostile.`recursion-json` | where tostring(d[0]) != 'no' | count",
    ] {
        let mut answer = engine.query(QueryRequest::new(query)).await.unwrap();
        let mut rows = 0;
        while let Some(batch) = answer.next().await.unwrap() {
            encode::rows_json(&batch, answer.columns(), "\n", &mut true, &mut Vec::new());
            rows += batch.num_rows();
        }
        assert_eq!(rows, 1, "{query}");
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

/// A remote that answers `GET /rows` with 24 bytes and nothing else, and counts what it is asked.
async fn remote() -> (String, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let count = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let count = Arc::clone(&count);
            tokio::spawn(async move {
                let mut request = vec![0; 4_096];
                let read = stream.read(&mut request).await.unwrap_or(0);
                count.fetch_add(1, Ordering::Relaxed);
                if request[..read].starts_with(b"GET /rows") {
                    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 24\r\nconnection: close\r\n\r\na body of 24 characters.";
                    stream.write_all(answer).await.unwrap();
                } else {
                    while stream.read(&mut request).await.is_ok_and(|read| read > 0) {}
                }
            });
        }
    });
    (url, asked)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_limit_of_the_inventory_holds_and_is_named() {
    let wasm = component().await;
    let (url, asked) = remote().await;
    // The installed name, its limits, the table, and the limit that is reached.
    let cases = [
        ("a", "memory: 16MiB", "allocate", "memory"),
        ("b", "deadline: 1s", "sleep", "deadline"),
        ("c", "cpu: 200ms", "loop-scan", "cpu"),
        ("d", "bytes: 23B", "fetch", "bytes"),
        ("e", "rows: 2", "healthy", "rows"),
        (
            "f",
            "requests_in_flight: 2, deadline: 3s",
            "queued-requests",
            "deadline",
        ),
    ];
    let mut yaml = String::from("clusters:\n  - name: lab\n");
    let mut limits = String::new();
    let mut plugins = Vec::new();
    for (name, limit, _, _) in cases {
        let name = format!("hostile-{name}");
        yaml += &format!("    {name}: {{url: '{url}'}}\n");
        limits += &format!("  {name}: {{limits: {{{limit}}}}}\n");
        plugins.push(InstalledPlugin::bundled(name, wasm.clone()));
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clusters.yaml");
    std::fs::write(&path, format!("{yaml}plugins:\n{limits}")).unwrap();
    let names: Vec<&str> = plugins.iter().map(|plugin| plugin.name.as_str()).collect();
    let inventory = Inventory::load(LoadOptions::of_process(Some(path), &names)).unwrap();
    let engine = Engine::new(EngineOptions {
        inventory,
        plugins,
        declared: vec![],
        cache_dir: Some(folder.path().join("cache")),
    })
    .unwrap();
    for (name, limit, table, reached) in cases {
        let request = QueryRequest {
            timeout: Duration::from_secs(60),
            ..QueryRequest::new(format!("`hostile-{name}`.`{table}`"))
        };
        let mut answer = engine.query(request).await.unwrap();
        while answer.next().await.unwrap().is_some() {}
        let completeness = answer.finish().completeness;
        let target = &completeness.targets[0];
        let told = match &target.error {
            Some(error) => format!("{}: {:?}", error.message, error.hint),
            None => target.notes.join("; "),
        };
        let setting = format!("plugins.hostile-{name}.limits.{reached}");
        assert!(told.contains(&setting), "{limit}: {told}");
        assert_ne!(target.status, Status::Ok, "{limit}: {told}");
        match reached {
            "rows" => assert_eq!(target.rows, 2),
            "bytes" => assert!(told.contains("more than the 23 bytes"), "{told}"),
            "memory" => assert!(told.contains("the limit is 16 MiB"), "{told}"),
            "cpu" => assert!(told.contains("0.2 s of computing"), "{told}"),
            _ if name == "b" => assert!(told.contains("within its 1.0 s"), "{told}"),
            // One was asked for the bytes; of the eight of this one, two.
            _ => assert_eq!(asked.load(Ordering::Relaxed), 3, "{told}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_plugins_of_a_query_have_together_holds_and_is_named() {
    let fleet = Fleet::start(FleetOptions {
        clusters: 1,
        pods: 30,
        ..FleetOptions::default()
    })
    .await
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(&fleet, folder.path()).await;
    let engine = engine.with_plugin_memory(32 << 20);
    let (rows, completeness) = ask(
        &engine,
        "pods | summarize pods = count() by cluster
         | join kind=leftouter (hostile.allocate | summarize s = dcount(s), m = max(n) by cluster) on cluster",
    )
    .await;
    assert_eq!(rows[0]["pods"], json!(30), "{completeness:?}");
    let mut targets = completeness.targets.iter();
    let hostile = targets.find(|it| it.source == "hostile").unwrap();
    let error = hostile.error.as_ref().unwrap();
    assert!(error.message.contains("together, 32 MiB"), "{error:?}");
    let hint = error.hint.as_deref().unwrap_or_default();
    assert!(hint.ends_with("or raise `--plugin-memory`"), "{error:?}");
}
