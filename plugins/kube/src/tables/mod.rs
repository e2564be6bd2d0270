//! Owns what a table that is no list of one kind has to say of itself, and the list of these tables; refuses to read anything.
//!
//! To add one, copy `api_resources.rs` and name it in [`all`].

mod api_resources;
mod cluster_info;
mod helm_releases;
mod notes;
mod pod_logs;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use trawl_sdk::filter::{self, Predicate};
use trawl_sdk::table::Table;
use trawl_sdk::types::{Column, Pushed, ScanPlan, ScanRequest};
use trawl_sdk::{Error, Transport, plan, schema};

use crate::Connection;
use crate::config::Config;

/// What a scan may ask, and how.
pub(crate) struct Remote<'r> {
    pub(crate) http: &'r dyn Transport,
    pub(crate) config: &'r Config,
}

/// Every such table, by name.
pub(crate) fn all() -> [&'static dyn Table<Connection>; 4] {
    [
        &api_resources::ApiResources,
        &cluster_info::ClusterInfo,
        &helm_releases::HelmReleases,
        &pod_logs::PodLogs,
    ]
}

/// The table of that path.
pub(crate) fn find(path: &[String]) -> Option<&'static dyn Table<Connection>> {
    match path {
        [name] => all().into_iter().find(|table| table.name() == name),
        _ => None,
    }
}

/// The table of a token alone; the token of a list of a kind has none.
#[derive(Deserialize)]
struct TableOf {
    table: Option<String>,
}

/// The token of a partition.
fn token<T: Serialize>(table: &dyn Table<Connection>, state: &T) -> Result<String, Error> {
    plan::table_token(table.name(), state)
}

/// The state in a token that [`token`] made.
fn state<T: DeserializeOwned>(token: &str) -> Result<T, Error> {
    plan::table_state(token)
}

/// Whose token it is; none when it is that of a list of a kind.
pub(crate) fn of_token(token: &str) -> Result<Option<&'static dyn Table<Connection>>, Error> {
    let Some(name) = plan::state::<TableOf>(token)?.table else {
        return Ok(None);
    };
    find(std::slice::from_ref(&name)).map(Some).ok_or_else(|| {
        Error::internal(format!(
            "expected the token of a plan of this plugin, got one of the table `{name}`"
        ))
        .with_hint("run the query again")
    })
}

/// The value that a truth value must have; none when the predicate is on another column or of another form.
fn truth(predicate: &Predicate<'_>, column: &str) -> Option<bool> {
    if predicate.column.name != column || !predicate.column.path.is_empty() {
        return None;
    }
    filter::truth(predicate)
}

/// A plan of one partition that takes no filter and no limit.
fn whole(
    table: &dyn Table<Connection>,
    request: &ScanRequest,
    explain: &str,
) -> Result<ScanPlan, Error> {
    let token = token(table, &Everything::of(&request.projection))?;
    Ok(ScanPlan {
        filters: vec![Pushed::NotPushed; request.filters.roots.len()],
        ..plan::unpushed(request, token, explain.to_owned())
    })
}

/// The state of a scan that reads all there is.
#[derive(Serialize, Deserialize)]
struct Everything {
    projection: Vec<Column>,
}

impl Everything {
    fn of(projection: &[Column]) -> Self {
        Self {
            projection: schema::undescribed(projection),
        }
    }
}
