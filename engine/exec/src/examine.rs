//! What an installed plugin says of itself, as plain data, for whoever decides about it: `trawl plugin`. Nothing is contacted.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use trawl_host::types;

use crate::engine::Engine;
use crate::error::Error;
use crate::installed::InstalledPlugin;
use crate::listing::{TableListing, listed};

/// What a component says of itself.
#[derive(Debug, serde::Serialize)]
pub struct Examined {
    /// What it calls itself; it is installed under a name that the operator gives.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it reads, from where.
    pub description: Option<String>,
    /// Further facts, such as its homepage.
    pub metadata: BTreeMap<String, String>,
    /// What it calls.
    pub endpoints: Vec<DeclaredEndpoint>,
    /// JSON Schema of a connection's configuration.
    pub config_schema: Json,
    /// The key of a configuration that only tells the clusters of a connection apart.
    pub cluster_key: Option<String>,
    /// The tables that it has whatever the connection, as they are written in a query.
    pub tables: Vec<TableListing>,
}

/// What a plugin calls, for the operator to approve.
#[derive(Debug, serde::Serialize)]
pub struct DeclaredEndpoint {
    /// As the plugin calls it.
    pub name: String,
    /// http, kubernetes or aws.
    pub kind: String,
    /// What is there, and what the plugin wants of it.
    pub description: Option<String>,
    /// Its operations as inventories write them: `GET /api/v1/pods`.
    pub operations: Vec<String>,
    /// Headers that it may send.
    pub request_headers: Vec<String>,
    /// Headers that it may read.
    pub response_headers: Vec<String>,
}

impl Engine {
    /// What a plugin says of itself.
    ///
    /// # Errors
    /// It is not installed, cannot be loaded, or cannot say which tables it has.
    pub async fn examine(&self, plugin: &str) -> Result<Examined, Error> {
        let state = self.state();
        let source = state.sources.get(plugin).await?;
        let source = source.ok_or_else(|| missing(plugin))?;
        let it = source.loaded.plugin.description();
        let config_schema = serde_json::from_str(&it.config_schema).map_err(|error| {
            Error::Config(format!("its configuration schema is no JSON: {error}"))
        })?;
        let tables = source.tables().await?;
        Ok(Examined {
            name: it.name.clone(),
            version: it.version.clone(),
            description: it.description.clone(),
            metadata: it.metadata.iter().cloned().collect(),
            endpoints: it.endpoints.iter().map(DeclaredEndpoint::of).collect(),
            config_schema,
            cluster_key: it.cluster_key.clone(),
            tables: tables
                .iter()
                .map(|table| listed(&source, table, 0))
                .collect(),
        })
    }
}

impl InstalledPlugin {
    /// Its component: of one with a newer version, the one that serves without grants.
    ///
    /// # Errors
    /// Its file cannot be read, or is not what was locked.
    pub async fn component(&self) -> Result<Vec<u8>, Error> {
        let (wasm, _) = self.current().read(&self.name).await?;
        Ok(wasm.into_owned())
    }
}

impl DeclaredEndpoint {
    fn of(it: &types::EndpointDeclaration) -> Self {
        Self {
            name: it.name.clone(),
            kind: it.kind.clone(),
            description: it.description.clone(),
            operations: it.operations.iter().map(written).collect(),
            request_headers: it.request_headers.clone(),
            response_headers: it.response_headers.clone(),
        }
    }
}

/// An operation as inventories write it.
fn written(operation: &types::Operation) -> String {
    let method = match operation.method {
        types::Method::Get => "GET",
        types::Method::Head => "HEAD",
        types::Method::Post => "POST",
    };
    let action = operation.action.as_deref().map(|it| format!(" {it}"));
    format!("{method} {}{}", operation.path, action.unwrap_or_default())
}

fn missing(plugin: &str) -> Error {
    Error::Config(format!("no plugin `{plugin}` is installed"))
}
