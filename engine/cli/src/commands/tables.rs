//! `trawl tables`: what can be queried.

use std::time::Duration;

use crate::args::{self, Global};
use crate::exit::{Failure, Outcome, QueryText};
use crate::output::{self, Table};
use crate::setup;

/// Time that clusters have to say what they serve.
const DISCOVERY_TIMEOUT: Duration = Duration::from_secs(10);

/// Lists the tables whose names contain the pattern.
///
/// # Errors
/// When the inventory is wrong or a plugin cannot be loaded.
pub async fn run(global: &Global, tables: &args::Tables) -> Result<Outcome, Failure> {
    let session = setup::session(global).await?;
    let failed = |error| Failure::Query(error, QueryText::default());
    let mut all = session.engine.tables().await.map_err(failed)?;
    let mut silent = Vec::new();
    if tables.discover {
        let discovered = session.engine.discovered_tables(DISCOVERY_TIMEOUT).await;
        let (more, unanswered) = discovered.map_err(failed)?;
        all.extend(more);
        silent = unanswered;
    }
    let mut listing = Table::new(
        ["table", "aliases", "arguments", "clusters", "description"]
            .map(|head| (head.to_owned(), head == "clusters")),
    );
    let pattern = tables.pattern.as_deref();
    for table in all
        .iter()
        .filter(|table| pattern.is_none_or(|pattern| table.name.contains(pattern)))
    {
        listing.row([
            table.name.clone(),
            table.aliases.join(", "),
            table.arguments.join(", "),
            table.clusters.to_string(),
            table.description.clone().unwrap_or_default(),
        ]);
    }
    output::data(listing.text().as_bytes())?;
    for silent in &silent {
        output::words(&format!(
            "no answer from {}: {}",
            silent.connection, silent.error.message
        ));
    }
    if silent.is_empty() {
        Ok(Outcome::Complete)
    } else {
        Ok(Outcome::Partial)
    }
}
