//! `trawl serve`: the HTTP endpoint, until it is interrupted. What changes in inventory and plugins meanwhile is taken over.

use std::sync::Arc;

use trawl_server::AppState;

use crate::args::{Global, Serve};
use crate::exit::{Failure, Outcome};
use crate::output;
use crate::setup;
use crate::watch::Watch;

/// Serves.
///
/// # Errors
/// When the address cannot be bound or the inventory is wrong.
pub async fn run(global: &Global, args: Serve) -> Result<Outcome, Failure> {
    let listen = args.listen;
    if !listen.ip().is_loopback() {
        return Err(Failure::Usage(format!(
            "--listen {listen}: only a loopback address, such as 127.0.0.1:7117; callers are not told apart yet, so whoever reached the port would query with your credentials"
        )));
    }
    let session = setup::session(global).await?;
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
    output::words(&format!("listening on http://{address}"));
    let engine = Arc::new(session.engine);
    let watch = Watch::of(Arc::clone(&engine), global.clone());
    let watch = tokio::spawn(watch.follow());
    let state = AppState::new(engine).with_query_limits(args.query_limits());
    let served = trawl_server::run(listener, state, stopped).await;
    watch.abort();
    served?;
    if let Some(fleet) = session.fleet {
        fleet.shutdown().await;
    }
    Ok(Outcome::Complete)
}
