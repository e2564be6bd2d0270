//! Engines on the guest `tabular`, whose clusters have the rows that their configuration says.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::path::Path;

use trawl_exec::{Engine, EngineOptions, InstalledPlugin, QueryRequest};
use trawl_fleet::{Inventory, LoadOptions};

/// All that the guest can take over.
pub const ALL: &str = "[filters, sort, limit, aggregate]";

/// The component of the guest, made once for a test.
pub async fn component() -> Vec<u8> {
    let path =
        tokio::task::spawn_blocking(|| trawl_guest_build::build("trawl-guest-tabular").unwrap())
            .await
            .unwrap();
    std::fs::read(path).unwrap()
}

/// A cluster whose rows are written in its configuration.
pub struct Cluster<'a> {
    pub name: &'a str,
    pub environment: &'a str,
    /// The rest of its configuration: `partitions: 2, takes: [filters]`.
    pub settings: String,
    /// A list in JSON.
    pub rows: &'a str,
}

/// An engine on such clusters.
pub fn engine(component: &[u8], folder: &Path, clusters: &[Cluster<'_>]) -> Engine {
    let mut yaml = "clusters:\n".to_owned();
    for cluster in clusters {
        yaml.push_str(&format!(
            "  - name: {}\n    environment: {}\n    tabular: {{{}, rows: {}}}\n",
            cluster.name,
            cluster.environment,
            cluster.settings,
            cluster.rows.replace('\n', " ")
        ));
    }
    let path = folder.join("clusters.yaml");
    std::fs::write(&path, yaml).unwrap();
    let inventory = Inventory::load(LoadOptions::of_process(Some(path), &["tabular"])).unwrap();
    Engine::new(EngineOptions {
        inventory,
        plugins: vec![InstalledPlugin::bundled("tabular", component.to_vec())],
        declared: vec![],
        cache_dir: Some(folder.join("cache")),
    })
    .unwrap()
}

/// The rows of a query as text; in their own order where the query has one.
pub async fn rows(engine: &Engine, query: &str) -> String {
    let request = QueryRequest::new(query);
    let mut answer = match engine.query(request).await {
        Ok(answer) => answer,
        Err(error) => panic!("{query}: {error}"),
    };
    let table = crate::support::table(&mut answer).await;
    let completeness = answer.finish().completeness;
    assert!(completeness.complete, "{query}: {}", completeness.line());
    let (head, rows) = table.split_once('\n').unwrap();
    let mut rows: Vec<&str> = rows.lines().collect();
    if !query.contains("sort by") {
        rows.sort_unstable();
    }
    rows.insert(0, head);
    rows.join("\n")
}
