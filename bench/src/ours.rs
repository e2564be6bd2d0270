//! Owns the run of a query by the engine, in this process; refuses to know what it does.

use anyhow::{Result, bail};
use trawl_exec::encode::row_object;
use trawl_exec::{Engine, EngineOptions, QueryRequest, bundled_plugins};
use trawl_fleet::{Inventory, LoadOptions};

use crate::Measured;
use crate::clock::Clock;
use crate::fleet::Fleet;

/// The engine over the fleet.
pub struct Ours {
    engine: Engine,
}

impl Ours {
    /// An engine over the fleet's inventory.
    ///
    /// # Errors
    /// When the inventory cannot be read.
    pub fn open(fleet: &Fleet) -> Result<Self> {
        let plugins = bundled_plugins();
        let names: Vec<&str> = plugins.iter().map(|plugin| plugin.name.as_str()).collect();
        let options = LoadOptions::of_process(Some(fleet.inventory.clone()), &names);
        Ok(Self {
            engine: Engine::new(EngineOptions {
                inventory: Inventory::load(options)?,
                plugins,
                declared: Vec::new(),
                cache_dir: None,
            })?,
        })
    }

    /// Runs a query whose column `n` counts objects.
    ///
    /// # Errors
    /// When it fails, or its answer is not complete.
    pub async fn query(&self, text: &str) -> Result<Measured> {
        let clock = Clock::start()?;
        let mut answer = self.engine.query(QueryRequest::new(text)).await?;
        let mut counted = 0_u64;
        while let Some(batch) = answer.next().await? {
            for row in 0..batch.num_rows() {
                let mut json = Vec::new();
                row_object(&batch, answer.columns(), row, &mut json);
                let json: serde_json::Value = serde_json::from_slice(&json)?;
                counted += json["n"].as_u64().unwrap_or(0);
            }
        }
        let summary = answer.finish();
        let cost = clock.stop()?;
        if !summary.completeness.complete {
            bail!(
                "{text}: the answer is not complete: {:?}",
                summary.completeness
            );
        }
        Ok(Measured {
            cost,
            bytes: summary.stats.bytes_decoded,
            counted,
            guests_ms: summary.stats.guest_cpu_ms,
        })
    }
}
