//! `trawl plugin remove`: takes a plugin out of the lock file, and its components out of the folder.

use trawl_fleet::{Inventory, LoadOptions};

use crate::args::{self, Global};
use crate::exit::{Failure, Outcome};
use crate::output;
use crate::plugins;

/// Takes a plugin away. What an inventory says of it stays, and is told.
///
/// # Errors
/// It is not installed.
pub fn run(global: &Global, remove: &args::Remove) -> Result<Outcome, Failure> {
    let folder = plugins::folder(global)?;
    let lock = folder.read().map_err(plugins::failed)?;
    if lock.get(&remove.name).is_none() && plugins::is_bundled(&remove.name) {
        return Err(Failure::Usage(format!(
            "`{}` came with trawl and cannot be removed; without connections in clusters.yaml it does nothing",
            remove.name
        )));
    }
    let entry = folder.remove(&remove.name).map_err(plugins::failed)?;
    output::words(&format!(
        "{} {} is removed from {}",
        entry.name,
        entry.installed.version,
        folder.path().display()
    ));
    let others = plugins::all(global)?;
    let names: Vec<&str> = others.iter().map(|plugin| plugin.name.as_str()).collect();
    let options = LoadOptions::of_process(global.config.clone(), &names);
    if let Err(error @ trawl_fleet::Error::Invalid { .. }) = Inventory::load(options) {
        output::words(&format!("what names it still has to go too: {error}"));
    }
    Ok(Outcome::Complete)
}
