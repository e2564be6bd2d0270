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
use trawl_sdk::filter::{Predicate, Test};
use trawl_sdk::records::{self, Field};
use trawl_sdk::types::{
    Argument, Column, CompareOp, Literal, Param, Placement, Pushed, ScanPlan, ScanRequest,
    TableDetail, TableInfo,
};
use trawl_sdk::{Error, Output, Transport, plan, schema};

use crate::config::Config;

/// A table of its own making. Lists of kinds are `lists`' and `scan`'s.
pub(crate) trait Table {
    /// Its name, which is its path.
    fn name(&self) -> &'static str;

    /// What is in it, one sentence.
    fn description(&self) -> &'static str;

    /// The arguments it takes.
    fn params(&self) -> Vec<Param> {
        Vec::new()
    }

    /// Its columns.
    fn fields(&self) -> &'static [Field];

    /// The columns that identify a row.
    fn primary_key(&self) -> &'static [&'static str];

    /// Columns of each inner list of which a query must filter on one.
    fn required_filters(&self) -> &'static [&'static [&'static str]] {
        &[]
    }

    /// The paths that it calls, for the operator to approve.
    fn operations(&self) -> &'static [&'static str];

    /// How a request is done; the tokens are made by [`token`].
    ///
    /// # Errors
    /// `invalid-query` when it cannot be done.
    fn plan(&self, request: &ScanRequest, config: &Config) -> Result<ScanPlan, Error>;

    /// Reads one partition.
    ///
    /// # Errors
    /// What the API answers.
    fn scan(&self, token: &str, remote: &Remote<'_>, output: &dyn Output) -> Result<(), Error>;
}

/// What a scan may ask, and how.
pub(crate) struct Remote<'r> {
    pub(crate) http: &'r dyn Transport,
    pub(crate) config: &'r Config,
}

/// Every such table, by name.
pub(crate) fn all() -> [&'static dyn Table; 4] {
    [
        &api_resources::ApiResources,
        &cluster_info::ClusterInfo,
        &helm_releases::HelmReleases,
        &pod_logs::PodLogs,
    ]
}

/// The table of that path.
pub(crate) fn find(path: &[String]) -> Option<&'static dyn Table> {
    match path {
        [name] => all().into_iter().find(|table| table.name() == name),
        _ => None,
    }
}

/// The entry in the catalogue.
pub(crate) fn info(table: &dyn Table) -> TableInfo {
    TableInfo {
        path: vec![table.name().to_owned()],
        aliases: Vec::new(),
        params: table.params(),
        description: Some(table.description().to_owned()),
    }
}

/// What a table looks like.
pub(crate) fn detail(table: &dyn Table, _: &[Argument]) -> TableDetail {
    let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    TableDetail {
        metadata: Vec::new(),
        schema: schema::schema(table.fields().iter().map(Field::spec)),
        placement: Placement::Cluster,
        primary_key: owned(table.primary_key()),
        required_filters: table
            .required_filters()
            .iter()
            .map(|names| owned(names))
            .collect(),
        identity: None,
        notes: Vec::new(),
        description: Some(table.description().to_owned()),
    }
}

/// The table of a token alone; the token of a list of a kind has none.
#[derive(Deserialize)]
struct TableOf {
    table: Option<String>,
}

/// The token of a partition.
fn token<T: Serialize>(table: &dyn Table, state: &T) -> Result<String, Error> {
    plan::table_token(table.name(), state)
}

/// The state in a token that [`token`] made.
fn state<T: DeserializeOwned>(token: &str) -> Result<T, Error> {
    plan::table_state(token)
}

/// Whose token it is; none when it is that of a list of a kind.
pub(crate) fn of_token(token: &str) -> Result<Option<&'static dyn Table>, Error> {
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
    match predicate.test {
        Test::Compare(CompareOp::Eq, Literal::Boolean(value)) => Some(*value),
        Test::Compare(CompareOp::Ne, Literal::Boolean(value)) => Some(!*value),
        _ => None,
    }
}

/// A plan of one partition that takes no filter and no limit.
fn whole(table: &dyn Table, request: &ScanRequest, explain: &str) -> Result<ScanPlan, Error> {
    records::check(table.fields(), table.name(), &request.projection)?;
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
