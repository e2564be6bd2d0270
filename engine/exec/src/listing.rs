//! The tables that there are: `trawl tables`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::FutureExt;
use trawl_host::{ScanContext, types};

use crate::describe::Silent;
use crate::discover::at_once;
use crate::engine::Engine;
use crate::error::Error;
use crate::scope::Scope;
use crate::sources::{Link, Source, Sources};

/// A table that can be queried, for listings.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct TableListing {
    /// As it is written in a query.
    pub name: String,
    /// Other names for it.
    pub aliases: Vec<String>,
    /// The plugin that gives it.
    pub source: String,
    /// What it holds.
    pub description: Option<String>,
    /// How it is called: its arguments.
    pub arguments: Vec<String>,
    /// Clusters that have it.
    pub clusters: usize,
}

/// A plugin that cannot say which tables it has.
#[derive(Debug)]
pub struct Unlisted {
    /// Its installed name.
    pub plugin: String,
    /// Why.
    pub error: Error,
}

impl Engine {
    /// The tables that plugins have whatever the connection, by name, and the plugins that could not be loaded or could not say:
    /// one of them is no reason to say nothing of the others. Nothing is contacted.
    pub async fn tables(&self, scope: &Arc<Scope>) -> (Vec<TableListing>, Vec<Unlisted>) {
        let state = self.state_within(scope);
        let (mut listing, mut unlisted) = (Vec::new(), Vec::new());
        for name in state.sources.names() {
            match tables_of(&state.sources, name).await {
                Ok(tables) => listing.extend(tables),
                Err(error) => unlisted.push(Unlisted {
                    plugin: name.to_owned(),
                    error,
                }),
            }
        }
        listing.sort_by(|a, b| a.name.cmp(&b.name));
        (listing, unlisted)
    }

    /// The tables that only the connections know, by name, and the connections that gave no answer in the time they had. Plugins
    /// that cannot be loaded have none; [`Engine::tables`] says which.
    pub async fn discovered_tables(
        &self,
        timeout: Duration,
        scope: &Arc<Scope>,
    ) -> (Vec<TableListing>, Vec<Silent>) {
        let mut found: BTreeMap<String, TableListing> = BTreeMap::new();
        let mut silent = Vec::new();
        let state = self.state_within(scope);
        for name in state.sources.names() {
            let Ok(Some(source)) = state.sources.get(name).await else {
                continue;
            };
            let now = Instant::now();
            let memory = self.memory_of_plugins();
            let within = |link: &Link| {
                link.connection.within(ScanContext {
                    deadline: now.checked_add(timeout).unwrap_or(now),
                    stats: Arc::default(),
                    memory: Some(memory.clone()),
                })
            };
            let connections = source.links.iter().map(within);
            let answers = at_once(connections, |connection| {
                async move { connection.tables().await }.boxed()
            })
            .await;
            let known = source.loaded.tables().await.unwrap_or_default();
            for (link, answer) in source.links.iter().zip(answers) {
                match answer {
                    Err(error) => silent.push(Silent {
                        connection: link.spec.name.clone(),
                        error: link.told(&error),
                    }),
                    Ok(tables) => {
                        let own = |table: &&types::TableInfo| {
                            !known.contains(table) && source.lists(&table.path, &table.aliases)
                        };
                        for table in tables.iter().filter(own) {
                            let listing = listed(&source, table, 0);
                            let listing = found.entry(listing.name.clone()).or_insert(listing);
                            listing.clusters += link.spec.serves.len();
                        }
                    }
                }
            }
        }
        (found.into_values().collect(), silent)
    }
}

async fn tables_of(sources: &Sources, name: &str) -> Result<Vec<TableListing>, Error> {
    let Some(source) = sources.get(name).await? else {
        return Ok(Vec::new());
    };
    let links = source.links.iter();
    let clusters: BTreeSet<&String> = links.flat_map(|link| &link.spec.serves).collect();
    let tables = source.tables().await?.iter();
    Ok(tables
        .map(|table| listed(&source, table, clusters.len()))
        .collect())
}

/// A table of a plugin that so many clusters have.
pub(crate) fn listed(source: &Source, table: &types::TableInfo, clusters: usize) -> TableListing {
    let argument = |param: &types::Param| {
        if param.positional {
            param.name.clone()
        } else {
            format!("{} =", param.name)
        }
    };
    TableListing {
        name: source.written(&table.path),
        aliases: table.aliases.clone(),
        source: source.name.clone(),
        description: table.description.clone(),
        arguments: table.params.iter().map(argument).collect(),
        clusters,
    }
}
