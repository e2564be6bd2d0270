//! The wasmtime engine as trawl configures it, and the thread that ticks its epoch while a guest runs.

use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::time::Duration;

use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, WasmFeatures};

use crate::limits;
use crate::stats::locked;

/// Makes the engine: pooling where the address space allows, else on demand.
///
/// # Errors
/// This machine cannot run wasm at all.
pub(crate) fn engine(memory: usize, instances: u32) -> wasmtime::Result<Engine> {
    let mut config = config();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(memory, instances)));
    Engine::new(&config).or_else(|error| {
        // A container with a small address space (ulimit -v) cannot reserve the pool.
        tracing::info!(%error, "no room for the instance pool, allocating on demand");
        Engine::new(&self::config())
    })
}

/// What wasm may use here: what compilers emit today. Threads, garbage collection, exceptions, several or large memories, tail
/// calls and what differs between machines stay off.
pub(crate) fn features() -> WasmFeatures {
    (WasmFeatures::WASM2 | WasmFeatures::EXTENDED_CONST | WasmFeatures::COMPONENT_MODEL)
        .difference(WasmFeatures::GC_TYPES)
}

/// Everything that decides what code is made of a component, but for where its instances lie.
pub(crate) fn config() -> Config {
    let mut config = Config::new();
    config
        .epoch_interruption(true)
        .max_wasm_stack(limits::WASM_STACK_BYTES)
        .async_stack_size(limits::FIBER_STACK_BYTES)
        // A stack that another guest used is wiped, so that nothing of it can be read.
        .async_stack_zeroing(true)
        .wasm_features(features().complement(), false)
        .wasm_features(features(), true);
    config
}

fn pool(memory: usize, instances: u32) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(instances)
        .total_stacks(instances)
        // The heaviest known component (Python) has 20 core instances and as many tables, most have
        // four; a slot for a table or a memory reserves addresses only.
        .total_core_instances(instances.saturating_mul(limits::CORE_INSTANCES))
        .total_memories(instances.saturating_mul(2))
        .total_tables(instances.saturating_mul(limits::TABLES_AN_INSTANCE))
        .max_core_instances_per_component(limits::CORE_INSTANCES)
        .max_memories_per_component(limits::CORE_INSTANCES)
        .max_tables_per_component(limits::CORE_INSTANCES)
        .table_elements(limits::TABLE_ELEMENTS)
        .max_memory_size(memory)
        // What a slot keeps between two guests is zeroed rather than unmapped: a guest's pages come back without a fault each.
        .linear_memory_keep_resident(limits::KEPT_BYTES)
        .max_unused_warm_slots(16);
    pool
}

/// Ticks an engine's epoch while at least one guest runs; an idle process is left in peace.
#[derive(Clone)]
pub(crate) struct Ticker {
    shared: Arc<Shared>,
}

struct Shared {
    running: Mutex<usize>,
    wake: Condvar,
}

/// While it lives the epoch ticks.
pub(crate) struct Running {
    shared: Arc<Shared>,
}

impl Ticker {
    /// Starts the thread; it ends soon after the ticker is dropped.
    pub(crate) fn start(engine: &Engine) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            running: Mutex::new(0),
            wake: Condvar::new(),
        });
        let weak = Arc::downgrade(&shared);
        let engine = engine.weak();
        std::thread::Builder::new()
            .name("trawl-epoch".into())
            .spawn(move || {
                while wait_for_guests(&weak) {
                    let Some(engine) = engine.upgrade() else {
                        break;
                    };
                    engine.increment_epoch();
                    drop(engine);
                    std::thread::sleep(limits::TICK);
                }
            })?;
        Ok(Self { shared })
    }

    /// Ticks until the answer is dropped.
    pub(crate) fn running(&self) -> Running {
        let mut running = locked(&self.shared.running);
        *running = running.saturating_add(1);
        self.shared.wake.notify_one();
        Running {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut running = locked(&self.shared.running);
        *running = running.saturating_sub(1);
    }
}

/// Sleeps while no guest runs; false when the ticker is gone. It looks now and then, since nothing
/// tells it that the last owner went away.
fn wait_for_guests(shared: &Weak<Shared>) -> bool {
    const LOOK: Duration = Duration::from_millis(500);
    loop {
        let Some(shared) = shared.upgrade() else {
            return false;
        };
        let running = locked(&shared.running);
        if *running > 0 {
            return true;
        }
        let waited = shared.wake.wait_timeout(running, LOOK);
        if *waited.unwrap_or_else(PoisonError::into_inner).0 > 0 {
            return true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ticker_counts_its_guests() {
        let engine = engine(limits::INSTANCE_MEMORY, limits::INSTANCES).unwrap();
        let ticker = Ticker::start(&engine).unwrap();
        let first = ticker.running();
        let second = ticker.running();
        assert_eq!(*locked(&ticker.shared.running), 2);
        drop((first, second));
        assert_eq!(*locked(&ticker.shared.running), 0);
    }

    #[test]
    fn a_pool_that_cannot_be_had_falls_back_to_on_demand() {
        // 16 million slots of 4 GiB are more than 47 bits of address space.
        let engine = engine(limits::INSTANCE_MEMORY, 16 << 20).unwrap();
        assert!(engine.pooling_allocator_metrics().is_none());
    }
}
