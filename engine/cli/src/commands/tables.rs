//! `trawl tables`: what can be queried. A plugin that cannot say is told, and leaves the others in the list.

use std::sync::Arc;
use std::time::Duration;

use crate::args::{self, Global};
use crate::exit::{Failure, Outcome};
use crate::output::{self, Table};
use crate::setup;

/// Time that clusters have to say what they serve.
const DISCOVERY_TIMEOUT: Duration = Duration::from_secs(10);

/// Lists the tables whose names contain the pattern.
///
/// # Errors
/// When the inventory is wrong.
pub async fn run(global: &Global, tables: &args::Tables) -> Result<Outcome, Failure> {
    let session = setup::session(global).await?;
    let everything = Arc::default();
    let (mut all, unlisted) = session.engine.tables(&everything).await;
    let mut silent = Vec::new();
    if tables.discover {
        let (more, unanswered) = session
            .engine
            .discovered_tables(DISCOVERY_TIMEOUT, &everything)
            .await;
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
    for unlisted in &unlisted {
        output::words(&format!(
            "no tables of {}: {}",
            unlisted.plugin, unlisted.error
        ));
    }
    for silent in &silent {
        output::words(&format!(
            "no answer from {}: {}",
            silent.connection, silent.error.message
        ));
    }
    if silent.is_empty() && unlisted.is_empty() {
        Ok(Outcome::Complete)
    } else {
        Ok(Outcome::Partial)
    }
}
