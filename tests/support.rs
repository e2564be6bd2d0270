//! An engine on the demo fleet, as the tests of this folder use it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::path::Path;
use trawl_demo::{Fleet, FleetOptions};

use trawl_exec::{Answer, Engine, EngineOptions, InstalledPlugin, QueryRequest, encode};
use trawl_fleet::{Inventory, LoadOptions};

/// A fixed clock for the fleet, so that the examples of the documentation give the same on every day.
const NOW_S: i64 = 1_790_000_000;

/// The fleet that the examples of the documentation run on.
#[allow(
    dead_code,
    reason = "not every test that shares this file runs examples"
)]
pub async fn fleet() -> Fleet {
    let options = FleetOptions {
        now_s: Some(NOW_S),
        ..FleetOptions::default()
    };
    Fleet::start(options).await.unwrap()
}

/// A table that no plugin gives.
const DECLARED: &str = r#"{"tables": [{
  "name": "tickets.open",
  "columns": [
    {"name": "key", "type": "string"}, {"name": "state", "type": "string"}, {"name": "updated", "type": "datetime"},
    {"name": "fields", "type": "map<string, string>"}
  ],
  "arguments": [{"name": "project", "type": "string", "required": true}]
}]}"#;

/// An engine with the bundled plugins on the inventory that the fleet wrote.
#[allow(
    dead_code,
    reason = "not every test that shares this file has the demo's fleet"
)]
pub fn engine(fleet: &Fleet) -> Engine {
    let plugins = trawl_exec::bundled_plugins();
    let names: Vec<&str> = plugins.iter().map(|plugin| plugin.name.as_str()).collect();
    let config = Some(fleet.clusters_yaml().to_path_buf());
    let inventory = Inventory::load(LoadOptions::of_process(config, &names)).unwrap();
    Engine::new(EngineOptions {
        inventory,
        plugins,
        declared: trawl_exec::declared_tables(DECLARED).unwrap(),
        cache_dir: None,
    })
    .unwrap()
}

/// An engine with these plugins beside those that came with trawl, on a `clusters.yaml` of this text.
#[allow(
    dead_code,
    reason = "not every test that shares this file brings plugins"
)]
pub fn engine_with(folder: &Path, inventory: &str, plugins: Vec<InstalledPlugin>) -> Engine {
    let mut all = trawl_exec::bundled_plugins();
    all.extend(plugins);
    let names: Vec<&str> = all.iter().map(|plugin| plugin.name.as_str()).collect();
    let path = folder.join("clusters.yaml");
    std::fs::write(&path, inventory).unwrap();
    let inventory = Inventory::load(LoadOptions::of_process(Some(path), &names)).unwrap();
    Engine::new(EngineOptions {
        inventory,
        plugins: all,
        declared: vec![],
        cache_dir: Some(folder.join("cache")),
    })
    .unwrap()
}

/// The same with the guest that tells where its rows belong, installed under each of these names.
#[allow(
    dead_code,
    reason = "not every test that shares this file is about places"
)]
pub async fn engine_with_placed(folder: &Path, inventory: &str, names: &[&str]) -> Engine {
    let build = || trawl_guest_build::build("trawl-guest-placed").unwrap();
    let component = tokio::task::spawn_blocking(build).await.unwrap();
    let wasm = std::fs::read(component).unwrap();
    let installed = |name: &&str| InstalledPlugin::bundled(*name, wasm.clone());
    engine_with(folder, inventory, names.iter().map(installed).collect())
}

/// The rows of an answer as a terminal shows them: heads in upper case, columns by spaces.
#[allow(
    dead_code,
    reason = "not every test that shares this file shows tables"
)]
pub async fn table(answer: &mut Answer) -> String {
    let heads = answer
        .columns()
        .iter()
        .map(|column| column.name.to_uppercase());
    let mut rows: Vec<Vec<String>> = vec![heads.collect()];
    while let Some(batch) = answer.next().await.unwrap() {
        for row in 0..batch.num_rows() {
            let cells = answer.columns().iter().zip(batch.columns());
            rows.push(
                cells
                    .map(|(column, array)| encode::cell(array, &column.ty, row))
                    .collect(),
            );
        }
    }
    let widths: Vec<usize> = (0..answer.columns().len())
        .map(|column| {
            rows.iter()
                .map(|row| row[column].chars().count())
                .max()
                .unwrap()
        })
        .collect();
    let mut text = String::new();
    for row in rows {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// The table that an example gives, which must be complete; `place` begins the message where it is not.
#[allow(
    dead_code,
    reason = "not every test that shares this file runs examples"
)]
pub async fn example(engine: &Engine, place: &str, query: &str) -> String {
    let mut answer = match engine.query(QueryRequest::new(query)).await {
        Ok(answer) => answer,
        Err(error) => panic!("{place}: {error}"),
    };
    let table = table(&mut answer).await;
    let completeness = answer.finish().completeness;
    assert!(completeness.complete, "{place}: {}", completeness.line());
    table
}

/// What was found worth saying, the columns and the rows of an answer; rows of a query without an order of its own are sorted.
#[allow(dead_code, reason = "not every test that shares this file runs cases")]
pub async fn rows(answer: &mut Answer, query: &str) -> String {
    let mut text = trawl_lang::render_all(
        answer.diagnostics(),
        "query",
        query,
        trawl_lang::Style::Plain,
    );
    let columns: Vec<String> = answer
        .columns()
        .iter()
        .map(|column| format!("{}: {}", column.name, column.ty))
        .collect();
    text.push_str(&format!("{}\n", columns.join(" | ")));
    let mut rows = Vec::new();
    while let Some(batch) = answer.next().await.unwrap() {
        for row in 0..batch.num_rows() {
            let cells = answer.columns().iter().zip(batch.columns());
            rows.push(
                cells
                    .map(|(column, array)| encode::cell(array, &column.ty, row))
                    .collect::<Vec<_>>()
                    .join(" | "),
            );
        }
    }
    if !query.contains("sort by") && !query.contains("top ") {
        rows.sort();
    }
    for row in rows {
        text.push_str(&format!("{}\n", row.trim_end()));
    }
    text
}
