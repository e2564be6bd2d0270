//! An engine on the demo fleet, as the tests of this folder use it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use trawl_demo::Fleet;
use trawl_exec::{Answer, Engine, EngineOptions, encode};
use trawl_fleet::{Inventory, LoadOptions};

/// An engine with the bundled plugins on the inventory that the fleet wrote.
pub fn engine(fleet: &Fleet) -> Engine {
    let plugins = trawl_exec::bundled_plugins();
    let names: Vec<&str> = plugins.iter().map(|plugin| plugin.name.as_str()).collect();
    let config = Some(fleet.clusters_yaml().to_path_buf());
    let inventory = Inventory::load(LoadOptions::of_process(config, &names)).unwrap();
    Engine::new(EngineOptions {
        inventory,
        plugins,
        declared: trawl_exec::declared_tables(trawl_demo::CATALOGUE).unwrap(),
        cache_dir: None,
    })
    .unwrap()
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
