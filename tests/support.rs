//! An engine on the demo fleet, as the tests of this folder use it.

use trawl_demo::Fleet;
use trawl_exec::{Engine, EngineOptions};
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
