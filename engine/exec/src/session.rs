//! The relational engine as each query has it: which of its rules run, and what memory they have.

use std::sync::Arc;

use datafusion::execution::config::SessionConfig;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use datafusion::physical_optimizer::optimizer::PhysicalOptimizer;

use crate::error::Error;
use crate::limits;
use crate::memory::EngineMemory;
use crate::unique;

/// A DataFusion session for one query, with a memory pool of its own. Public for tests that run plans without plugins.
///
/// # Errors
/// When the memory pool cannot be made.
pub fn session() -> Result<SessionState, Error> {
    session_of(&EngineMemory::default())
}

/// A session for one query of an engine.
pub(crate) fn session_of(memory: &EngineMemory) -> Result<SessionState, Error> {
    let mut config = SessionConfig::new()
        .with_batch_size(limits::BATCH_ROWS)
        .with_information_schema(false);
    // The probe side of a join is otherwise polled only when the build side is done: two fleets in series.
    config.options_mut().execution.hash_join_buffering_capacity = limits::JOIN_BUFFER_BYTES;
    // DataFusion plans `x is true` as never null and runs it as nullable, then refuses its own plan; the values are the same.
    config
        .options_mut()
        .execution
        .skip_physical_aggregate_schema_check = true;
    // The rule gives two columns one name where a union or join has paths of structs above it, and the query fails.
    config
        .options_mut()
        .optimizer
        .enable_leaf_expression_pushdown = false;
    // It fails where the rows beneath a `distinct` are sorted.
    config
        .options_mut()
        .optimizer
        .enable_distinct_aggregation_soft_limit = false;
    let runtime = RuntimeEnvBuilder::new()
        .with_memory_pool(memory.pool())
        .build_arc()?;
    let mut rules = PhysicalOptimizer::new().rules;
    // The rule fails over an aggregate of `count`, and what sources say of their size is an estimate.
    rules.retain(|rule| rule.name() != "aggregate_statistics");
    Ok(SessionStateBuilder::new()
        .with_config(config)
        .with_runtime_env(runtime)
        .with_default_features()
        .with_physical_optimizer_rules(rules)
        .with_query_planner(Arc::new(unique::Planner))
        .build())
}
