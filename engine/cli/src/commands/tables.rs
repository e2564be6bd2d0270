//! `trawl tables`: what can be queried.

use crate::args::Global;
use crate::exit::{Failure, Outcome, QueryText};
use crate::output::{self, Table};
use crate::setup;

/// Lists the tables whose names contain the pattern.
///
/// # Errors
/// When the inventory is wrong or a plugin cannot be loaded.
pub async fn run(global: &Global, pattern: Option<&str>) -> Result<Outcome, Failure> {
    let session = setup::session(global).await?;
    let tables = session
        .engine
        .tables()
        .await
        .map_err(|error| Failure::Query(error, QueryText::default()))?;
    let mut listing = Table::new(
        ["table", "aliases", "arguments", "clusters", "description"]
            .map(|head| (head.to_owned(), head == "clusters")),
    );
    for table in tables
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
    Ok(Outcome::Complete)
}
