//! Owns the tables that a cluster has beyond our own kinds: custom resources, and kinds that are younger than this plugin. Refuses
//! to read objects.

mod names;
mod openapi;

use std::rc::Rc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use trawl_sdk::types::{ErrorCode, Placement, TableDetail, TableInfo};
use trawl_sdk::{Error, Transport, schema};

use crate::discovery::{self, Discovery, Found, Missing};
use crate::kinds;
use crate::resource::{Discovered, Resource};

pub(crate) use openapi::OPERATIONS;

/// How long a connection remembers what its cluster serves. A name that is not in there is looked for anew.
const REMEMBERED: Duration = Duration::from_secs(300);

/// How long it is remembered that a name is not served: what a query was told when it asked for columns, it need not ask again for
/// rows, and a definition that is just being installed is soon seen.
const ABSENT: Duration = Duration::from_secs(5);

/// Under which it is remembered.
const DISCOVERY_KEY: &str = "discovery";

/// Paths of the lists of any kind, for the operator to approve: nobody knows the kinds of a cluster before they are discovered.
pub(crate) const LISTS: [&str; 4] = [
    "/apis/{group}/{version}/{resource}",
    "/apis/{group}/{version}/namespaces/{namespace}/{resource}",
    "/api/{version}/{resource}",
    "/api/{version}/namespaces/{namespace}/{resource}",
];

/// What a cluster serves beyond our own kinds.
pub(crate) struct Custom {
    http: Rc<dyn Transport>,
}

/// What is remembered of a kind's schema, for the plans that follow.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Remembered {
    selectable: Vec<String>,
}

impl Custom {
    pub(crate) fn new(http: Rc<dyn Transport>) -> Self {
        Self { http }
    }

    /// The kind that a path means, and what there is to say of that; none where the cluster has none of that name.
    ///
    /// # Errors
    /// What the API answers to discovery.
    fn find(&self, path: &[String]) -> Result<Option<(Found, Option<String>)>, Error> {
        if let Some(remembered) = self.remembered()
            && let Some(found) = names::find(path, &remembered.found)
        {
            return Ok(Some(found));
        }
        let absent = format!("absent {}", path.join("."));
        if self.http.recall(&absent).is_some() {
            return Ok(None);
        }
        let discovery = self.discover()?;
        if let Some(found) = names::find(path, &discovery.found) {
            return Ok(Some(found));
        }
        // It may be among what the server could not say; a name with a group is not hidden by another group.
        let name = path.join(".").to_lowercase();
        let may_hide = |missing: &&Missing| match &missing.group {
            Some(group) => !name.contains('.') || name.ends_with(&format!(".{group}")),
            None => true,
        };
        match discovery.missing.iter().find(may_hide) {
            Some(missing) => Err(Error::new(
                ErrorCode::Unavailable,
                format!(
                    "the cluster does not say whether it has `{name}`: {}",
                    missing.message
                ),
            )),
            None => {
                self.http.remember(&absent, Vec::new(), ABSENT);
                Ok(None)
            }
        }
    }

    fn remembered(&self) -> Option<Discovery> {
        serde_json::from_slice(&self.http.recall(DISCOVERY_KEY)?).ok()
    }

    fn discover(&self) -> Result<Discovery, Error> {
        let discovery = discovery::read(self.http.as_ref())?;
        if let Ok(bytes) = serde_json::to_vec(&discovery) {
            self.http.remember(DISCOVERY_KEY, bytes, REMEMBERED);
        }
        Ok(discovery)
    }

    /// The tables of the cluster that are not our own.
    ///
    /// # Errors
    /// What the API answers to discovery.
    pub(crate) fn tables(&self) -> Result<Vec<TableInfo>, Error> {
        let discovery = self.discover()?;
        Ok(discovery
            .found
            .iter()
            .filter(|found| names::is_table(found))
            .map(|found| TableInfo {
                path: vec![names::full(found)],
                aliases: names::short(found),
                params: Vec::new(),
                description: Some(format!("{} of {}", found.kind, found.api_version())),
            })
            .collect())
    }

    /// What a table looks like.
    ///
    /// # Errors
    /// `not-found` when the cluster does not have it; what the API answers.
    pub(crate) fn detail(&self, path: &[String]) -> Result<TableDetail, Error> {
        let Some((found, note)) = self.find(path)? else {
            return Err(Error::not_found(format!(
                "the cluster serves no resource called `{}`",
                path.join(".")
            )));
        };
        let (described, missing) = match openapi::describe(&found, self.http.as_ref()) {
            Ok(described) => (described, None),
            Err(error) if openapi::can_do_without(&error) => {
                let note = format!(
                    "its columns are not typed, since its description cannot be read: {}",
                    error.message
                );
                (openapi::Described::unknown(), Some(note))
            }
            Err(error) => return Err(error),
        };
        let remembered = Remembered {
            selectable: described.selectable,
        };
        if let Ok(bytes) = serde_json::to_vec(&remembered) {
            self.http.remember(&schema_key(&found), bytes, REMEMBERED);
        }
        let common = kinds::common_columns(found.namespaced);
        let columns = common
            .iter()
            .map(kinds::Column::spec)
            .chain(described.columns);
        let resource = self.resource(&found, path, &[]);
        Ok(TableDetail {
            metadata: Vec::new(),
            schema: schema::schema(columns),
            placement: Placement::Cluster,
            primary_key: resource.primary_key(),
            required_filters: Vec::new(),
            identity: Some(names::full(&found)),
            notes: note.into_iter().chain(missing).collect(),
            description: described.description,
        })
    }

    /// What is read for a request of a table's columns; none where the cluster has no such kind. A column that another cluster's
    /// version has and this one's has not is a field that no object has.
    ///
    /// # Errors
    /// What the API answers to discovery.
    pub(crate) fn wanted(
        &self,
        path: &[String],
        columns: &[String],
    ) -> Result<Option<Resource>, Error> {
        let found = self.find(path)?;
        Ok(found.map(|(found, _)| self.resource(&found, path, columns)))
    }

    fn resource(&self, found: &Found, path: &[String], columns: &[String]) -> Resource {
        let common = kinds::common_columns(found.namespaced);
        let own = |column: &&String| common.iter().all(|common| common.name != column.as_str());
        let selectable = self
            .http
            .recall(&schema_key(found))
            .and_then(|bytes| serde_json::from_slice::<Remembered>(&bytes).ok())
            .unwrap_or_default();
        Resource::discovered(Discovered {
            name: path.join("."),
            group: found.group.clone(),
            version: found.version.clone(),
            plural: found.plural.clone(),
            namespaced: found.namespaced,
            roots: columns
                .iter()
                .filter(own)
                .map(|column| (column.clone(), openapi::root_of(column)))
                .collect(),
            selectable: selectable.selectable,
        })
    }
}

fn schema_key(found: &Found) -> String {
    format!("schema {} {}", names::full(found), found.version)
}
