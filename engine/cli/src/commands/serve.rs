//! `trawl serve`: the HTTP endpoint, until it is interrupted. What changes in inventory and plugins meanwhile is taken over.

use std::sync::Arc;

use trawl_fleet::Guard;
use trawl_server::{AlertOptions, AppState, Registry};

use crate::access::Door;
use crate::args::{Global, Serve};
use crate::exit::{Failure, Outcome};
use crate::memory;
use crate::output;
use crate::plugins;
use crate::setup;
use crate::state;
use crate::watch::Watch;

/// Serves.
///
/// # Errors
/// When the address cannot be bound or the inventory is wrong.
pub async fn run(global: &Global, args: Serve) -> Result<Outcome, Failure> {
    let listen = args.listen;
    let networks = args.register_allow.iter().map(String::as_str);
    let guard = Guard::allowing(networks)
        .map_err(|error| Failure::Usage(format!("--register-allow: {error}")))?;
    let door = Door::of(&args.access, listen)?;
    if let Some(name) = &args.alerts_as {
        door.knows(name)?;
    }
    let session = setup::session(global).await?;
    let kept = state::serving(&args.state, global.demo).await?;
    let listener = tokio::net::TcpListener::bind(listen)
        .await
        .map_err(|error| {
            Failure::Usage(format!(
                "cannot listen on {listen}: {error}; choose another with --listen"
            ))
        })?;
    let address = listener.local_addr()?;
    // Whoever reads the line below may ask us to end.
    let stopped = setup::interrupted();
    let bytes = args.memory.unwrap_or_else(memory::of_queries);
    tracing::info!("queries have {} MiB of memory together", bytes >> 20);
    let engine = Arc::new(session.engine.with_memory(bytes).with_circuits());
    let plugins = plugins::all(global)?;
    let registry = Registry::new(Arc::clone(&engine), plugins, kept.store.clone(), guard);
    let registry = Arc::new(registry);
    // Before the first request, so that none misses what was registered.
    if let Err(why) = registry.refresh().await {
        return Err(Failure::Usage(why));
    }
    for problem in registry.problems() {
        output::words(&problem);
    }
    output::words(&format!("listening on {}://{address}", door.scheme()));
    if let Some(token) = &door.token {
        output::words(&format!("its token is in {}", token.display()));
    }
    let watch = Watch::of(&engine, Arc::clone(&registry), global.clone());
    let watch = tokio::spawn(watch.follow());
    let looks = tokio::spawn(Arc::clone(&registry).follow());
    let callers = tokio::spawn(door.callers.clone().follow(|said| output::words(&said)));
    let mut state = AppState::new(engine)
        .with_query_limits(args.query_limits())
        .with_registry(registry);
    if let Some(folder) = args.queries {
        state = state.with_queries(folder);
    }
    if let Some(max_age) = args.cache {
        state = state.with_max_age(max_age);
    }
    if let Some(every) = args.alerts {
        state = state.with_alerts(AlertOptions {
            identity: args.alerts_as,
            every,
        });
    }
    let state = door.guard(state);
    let served = trawl_server::run(listener, state, door.options, stopped).await;
    watch.abort();
    looks.abort();
    callers.abort();
    if let Ok(store) = &kept.store {
        store.close().await;
    }
    served?;
    if let Some(fleet) = session.fleet {
        fleet.shutdown().await;
    }
    Ok(Outcome::Complete)
}
