//! Where rows belong, as text: `placement.txt` has queries on a guest whose tables have each placement, on connections that serve
//! one cluster and several, with the rows, what became of each target, and what a query would cost. `UPDATE_EXPECT=1` rewrites it.
//!
//! A first line `// -c GLOB` or `// --max-cost USD` is an option of the request. A case that expects `-- explain` is not run.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;
mod text_case;

use std::fmt::Write as _;
use std::path::Path;

use trawl_exec::{Completeness, Engine, EngineOptions, Error, InstalledPlugin, QueryRequest};
use trawl_fleet::{Inventory, LoadOptions};
use trawl_lang::Style;

/// The guest is installed under several names, each with connections of its own.
const INVENTORY: &str = "
clusters:
  - name: prod-ap
    region: ap
    environment: production
    account: '1'
    tags: {team: payments}
    placed: {url: 'http://both', site: k-ap}
    apart: {url: 'http://ap', site: k-ap}
  - name: prod-us
    region: us
    environment: production
    account: '1'
    placed: {url: 'http://both', site: k-us}
    apart: {url: 'http://us', site: k-us, down: true}
  - name: dev
    region: us
    environment: development
    account: '2'
    apart: {url: 'http://dev', site: k-dev, broken: true}
    limited: {url: 'http://dev', limits: {max_cost_usd: 0.01}}
  - name: bare
connections:
  - name: central
    central: {url: 'http://central', spread: true}
    serves: [{name: prod-ap, key: k-ap}, {name: prod-us, key: k-us}, {name: dev, key: k-dev}]
";

const PLUGINS: [&str; 4] = ["placed", "apart", "central", "limited"];

async fn engine(folder: &Path) -> Engine {
    let component =
        tokio::task::spawn_blocking(|| trawl_guest_build::build("trawl-guest-placed").unwrap())
            .await
            .unwrap();
    let wasm = std::fs::read(component).unwrap();
    let installed = |name: &&str| InstalledPlugin::bundled(*name, wasm.clone());
    let mut plugins = trawl_exec::bundled_plugins();
    plugins.extend(PLUGINS.iter().map(installed));
    let names: Vec<&str> = plugins.iter().map(|plugin| plugin.name.as_str()).collect();
    let path = folder.join("clusters.yaml");
    std::fs::write(&path, INVENTORY).unwrap();
    let inventory = Inventory::load(LoadOptions::of_process(Some(path), &names)).unwrap();
    Engine::new(EngineOptions {
        inventory,
        plugins,
        declared: vec![],
        cache_dir: Some(folder.join("cache")),
    })
    .unwrap()
}

/// The request that a case describes.
fn request(query: &str) -> QueryRequest {
    let mut request = QueryRequest::new(query);
    let options = query.lines().next().and_then(|it| it.strip_prefix("// "));
    match options.and_then(|line| line.split_once(' ')) {
        Some(("-c", glob)) => request.clusters = vec![glob.to_owned()],
        Some(("--max-cost", usd)) => request.max_cost = Some(trawl_exec::micro_usd(usd).unwrap()),
        _ => {}
    }
    request
}

/// What became of each target.
fn targets(completeness: &Completeness) -> String {
    let mut lines = Vec::new();
    for target in &completeness.targets {
        let cluster = target.cluster.as_deref().unwrap_or("-");
        let connection = target.connection.as_deref().unwrap_or("its own");
        let status = format!("{:?}", target.status).to_lowercase();
        let mut line = format!(
            "{cluster} by {connection}: {} {status}, {} rows",
            target.table, target.rows
        );
        for note in &target.notes {
            write!(line, "\n  {note}").unwrap();
        }
        if let Some(error) = &target.error {
            write!(line, "\n  {}: {}", error.code, error.message).unwrap();
            if let Some(hint) = &error.hint {
                write!(line, "\n  help: {hint}").unwrap();
            }
        }
        lines.push(line);
    }
    if completeness.pruned > 0 {
        lines.push(format!("{} left out by the query", completeness.pruned));
    }
    lines.join("\n")
}

fn error(error: &Error, query: &str) -> String {
    let text = match error {
        Error::Query(diagnostics) => {
            trawl_lang::render_all(diagnostics, "query", query, Style::Plain)
        }
        other => other.to_string(),
    };
    format!("-- error\n{}", text.trim_end())
}

async fn run(engine: &Engine, query: &str) -> String {
    let mut answer = match engine.query(request(query)).await {
        Ok(answer) => answer,
        Err(wrong) => return error(&wrong, query),
    };
    let rows = support::rows(&mut answer, query).await;
    let summary = answer.finish();
    let mut text = format!("-- rows\n{rows}");
    for warning in &summary.warnings {
        writeln!(text, "warning: {warning}").unwrap();
    }
    write!(text, "-- targets\n{}", targets(&summary.completeness)).unwrap();
    text.trim_end().to_owned()
}

async fn explain(engine: &Engine, query: &str) -> String {
    match engine.explain(request(query)).await {
        Ok(explained) => format!("-- explain\n{}", explained.to_string().trim_end()),
        Err(wrong) => error(&wrong, query),
    }
}

/// Whether the rows are the same with nothing left to the sources.
async fn is_verified(engine: &Engine, query: &str) -> bool {
    let request = QueryRequest {
        verify_pushdown: true,
        ..request(query)
    };
    match engine.query(request).await {
        Ok(answer) => answer.finish().verified.is_some(),
        Err(Error::Pushdown(_)) => false,
        Err(_) => true,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_belong_where_their_table_says() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path()).await;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("placement.txt");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut report = text_case::Report::new();
    let mut results = Vec::new();
    for case in text_case::parse(&text) {
        let got = if case.expected.starts_with("-- explain") {
            explain(&engine, &case.query).await
        } else {
            run(&engine, &case.query).await
        };
        assert!(
            is_verified(&engine, &case.query).await,
            "{}: {}",
            case.title,
            case.query
        );
        results.push((case, got));
    }
    report.file(&path, results);
    report.finish();
}
