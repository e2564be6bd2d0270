//! `trawl clusters rotate-key`: a new key for the credentials of registered clusters. Servers that use the same key file go on.

use crate::args::State;
use crate::exit::{Failure, Outcome};
use crate::output;
use crate::state;

/// Seals everything with a new key.
///
/// # Errors
/// When the database or the key file cannot be read or written. Nothing is lost then: it can be run again.
pub async fn run(args: &State) -> Result<Outcome, Failure> {
    let store = state::open(args).await.map_err(state::failed)?;
    let rotated = store.rotate_key().await.map_err(state::failed)?;
    output::words(&format!(
        "{} registered clusters are sealed with a new key",
        rotated.sealed
    ));
    for name in &rotated.unopened {
        output::words(&format!(
            "{name} could not be opened, and stays as it was: put the key file back that it was sealed with, or remove it and register it again"
        ));
    }
    Ok(Outcome::Complete)
}
