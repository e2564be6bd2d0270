//! The plugin of `plugins/examples/loki` as its user has it: the component in the real engine, installed by its digest, granted by a
//! `clusters.yaml`, against the fake Loki over HTTP. `loki.txt` has the queries with their rows and what became of each target;
//! `UPDATE_EXPECT=1` rewrites it. Each is also run with nothing left to Loki.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;
mod text_case;

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;

use sha2::{Digest as _, Sha256};
use trawl_exec::{Engine, EngineOptions, Error, InstalledPlugin, QueryRequest};
use trawl_fleet::{Inventory, LoadOptions};

/// 2026-11-21T08:26:15.123Z, at the fake and in the queries.
const NOW: i64 = 1_795_249_575_123_000_000;

/// One Loki of two clusters; and one of a single cluster, by the same plugin under another name.
const INVENTORY: &str = "
clusters:
  - name: prod-ap
    loki: {url: 'http://ADDRESS', cluster_label: cluster, headers: {X-Scope-OrgID: demo}, page_size: 300}
  - name: prod-us
    loki: {url: 'http://ADDRESS', cluster_label: cluster, headers: {X-Scope-OrgID: demo}, page_size: 300}
  - name: solo
    single: {url: 'http://ADDRESS', headers: {X-Scope-OrgID: demo}}
plugins:
  loki:
    grants:
      - clusters: ['prod-*']
        operations:
          - GET /loki/api/v1/query_range
          - GET /loki/api/v1/query
          - GET /loki/api/v1/labels
          - GET /loki/api/v1/label/{name}/values
          - GET /loki/api/v1/series
          - GET /loki/api/v1/index/stats
          - GET /loki/api/v1/status/buildinfo
  single:
    grants:
      - {clusters: [solo], operations: ['GET /loki/api/v1/{function...}']}
";

async fn fake() -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut loki = loki_fake::story(NOW);
    loki.tenant = Some("demo".to_owned());
    tokio::spawn(loki_fake::serve(listener, loki));
    address
}

async fn engine(folder: &Path) -> Engine {
    let component = tokio::task::spawn_blocking(|| trawl_guest_build::build("loki").unwrap())
        .await
        .unwrap();
    let digest = format!("{:x}", Sha256::digest(std::fs::read(&component).unwrap()));
    let address = fake().await.to_string();
    let mut plugins = trawl_exec::bundled_plugins();
    for name in ["loki", "single"] {
        plugins.push(InstalledPlugin::locked(name, &component, &digest, None));
    }
    let names: Vec<&str> = plugins.iter().map(|plugin| plugin.name.as_str()).collect();
    let path = folder.join("clusters.yaml");
    std::fs::write(&path, INVENTORY.replace("ADDRESS", &address)).unwrap();
    let inventory = Inventory::load(LoadOptions::of_process(Some(path), &names)).unwrap();
    Engine::new(EngineOptions {
        inventory,
        plugins,
        declared: vec![],
        cache_dir: Some(folder.join("cache")),
    })
    .unwrap()
}

/// The request of a case: prod-* unless its first line is `// -c GLOB`.
fn request(query: &str) -> QueryRequest {
    let first = query.lines().next();
    let glob = first.and_then(|line| line.strip_prefix("// -c "));
    QueryRequest {
        clusters: vec![glob.unwrap_or("prod-*").to_owned()],
        now_ns: Some(NOW),
        ..QueryRequest::new(query)
    }
}

fn failed(error: &Error, query: &str) -> String {
    let text = match error {
        Error::Query(diagnostics) => {
            let style = trawl_lang::Style::Plain;
            trawl_lang::render_all(diagnostics, "query", query, style)
        }
        other => other.to_string(),
    };
    format!("-- error\n{}", text.trim_end())
}

async fn run(engine: &Engine, query: &str) -> String {
    let mut answer = match engine.query(request(query)).await {
        Ok(answer) => answer,
        Err(error) => return failed(&error, query),
    };
    let rows = support::rows(&mut answer, query).await;
    let mut text = format!("-- rows\n{rows}-- targets");
    for target in &answer.finish().completeness.targets {
        let cluster = target.cluster.as_deref().unwrap_or("-");
        let status = format!("{:?}", target.status).to_lowercase();
        write!(text, "\n{cluster}: {} {status}", target.table).unwrap();
        for note in &target.notes {
            write!(text, "\n  {note}").unwrap();
        }
        if let Some(error) = &target.error {
            write!(text, "\n  {}: {}", error.code, error.message).unwrap();
            if let Some(hint) = &error.hint {
                write!(text, "\n  help: {hint}").unwrap();
            }
        }
    }
    text
}

async fn explain(engine: &Engine, query: &str) -> String {
    match engine.explain(request(query)).await {
        Ok(explained) => format!("-- explain\n{}", explained.to_string().trim_end()),
        Err(error) => failed(&error, query),
    }
}

/// How the rows differ with nothing left to Loki; nothing where they cannot be compared, since a table needs its conditions.
async fn difference(engine: &Engine, query: &str) -> Option<String> {
    let request = QueryRequest {
        verify_pushdown: true,
        ..request(query)
    };
    match engine.query(request).await {
        Err(Error::Pushdown(difference)) => Some(difference.to_string()),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logs_of_loki_in_the_engine() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path()).await;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("loki.txt");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut report = text_case::Report::new();
    let mut results = Vec::new();
    for case in text_case::parse(&text) {
        let got = if case.expected.starts_with("-- explain") {
            explain(&engine, &case.query).await
        } else {
            run(&engine, &case.query).await
        };
        let difference = difference(&engine, &case.query).await;
        assert_eq!(difference, None, "{}: {}", case.title, case.query);
        results.push((case, got));
    }
    report.file(&path, results);
    report.finish();
}
