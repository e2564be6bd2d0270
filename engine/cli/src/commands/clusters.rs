//! `trawl clusters list`: the inventory as it was understood.

use crate::args::{Global, ListFormat};
use crate::exit::{Failure, Outcome};
use crate::output::{self, Table};
use crate::setup;

/// Lists the clusters. Nothing is contacted.
///
/// # Errors
/// When the inventory is wrong.
pub async fn list(global: &Global, format: ListFormat) -> Result<Outcome, Failure> {
    let session = setup::session(global).await?;
    let inventory = session.engine.inventory();
    let sources = |name: &str| -> Vec<String> {
        let mut plugins: Vec<String> = inventory
            .connections_of(name)
            .map(|connection| connection.plugin.clone())
            .collect();
        plugins.sort_unstable();
        plugins
    };
    if format == ListFormat::Json {
        let clusters: Vec<_> = inventory
            .clusters
            .iter()
            .map(|cluster| {
                serde_json::json!({
                    "name": cluster.name,
                    "region": cluster.region,
                    "environment": cluster.environment,
                    "account": cluster.account,
                    "tags": cluster.tags,
                    "sources": sources(&cluster.name),
                    "default": inventory.default.as_ref() == Some(&cluster.name),
                })
            })
            .collect();
        output::data(format!("{:#}\n", serde_json::json!({ "clusters": clusters })).as_bytes())?;
        return Ok(Outcome::Complete);
    }
    let mut listing = Table::new(
        [
            "name",
            "region",
            "environment",
            "account",
            "sources",
            "tags",
        ]
        .map(|head| (head.to_owned(), false)),
    );
    for cluster in &inventory.clusters {
        let is_default = inventory.default.as_ref() == Some(&cluster.name);
        let tags: Vec<String> = cluster
            .tags
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        listing.row([
            format!("{}{}", cluster.name, if is_default { " *" } else { "" }),
            cluster.region.clone().unwrap_or_default(),
            cluster.environment.clone().unwrap_or_default(),
            cluster.account.clone().unwrap_or_default(),
            sources(&cluster.name).join(", "),
            tags.join(", "),
        ]);
    }
    output::data(listing.text().as_bytes())?;
    if !global.quiet {
        output::words(&format!("from {} (* is the default)", inventory.origin));
    }
    Ok(Outcome::Complete)
}
