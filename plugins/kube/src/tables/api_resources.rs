//! Owns the table `api_resources`: what `kubectl api-resources` shows, in every version that the cluster serves. Refuses
//! subresources.

use trawl_sdk::schema::Type;
use trawl_sdk::table::{Call, Table};
use trawl_sdk::types::{Gap, ScanPlan, ScanRequest};
use trawl_sdk::{Error, Output};

use super::{Everything, state, whole};
use crate::Connection;
use crate::discovery::{self, Found};
use trawl_sdk::records::{Cell, Field, Records};

/// The table.
pub(super) struct ApiResources;

const FIELDS: &[Field] = &[
    Field::new(
        "name",
        text,
        "Plural, the last segment of the list's address",
    )
    .not_null(),
    Field::new(
        "singular",
        text,
        "Singular; null where the server does not say",
    ),
    Field::new("short_names", texts, "Short names, as kubectl takes them"),
    Field::new("group", text, "API group; empty for the core group").not_null(),
    Field::new("version", text, "Version of the group").not_null(),
    Field::new(
        "api_version",
        text,
        "Group and version as objects name them: apps/v1",
    )
    .not_null(),
    Field::new("kind", text, "Kind of its objects").not_null(),
    Field::new(
        "namespaced",
        || Type::Bool,
        "Whether its objects are in namespaces",
    )
    .not_null(),
    Field::new("verbs", texts, "What can be done with it"),
    Field::new(
        "categories",
        texts,
        "Groups of resources that it belongs to, such as all",
    ),
    Field::new(
        "preferred",
        || Type::Bool,
        "Whether the server prefers this version of it; kubectl shows these only",
    )
    .not_null(),
    Field::new(
        "stale",
        || Type::Bool,
        "Whether the server could not ask the API server behind it, and tells what it knew before",
    )
    .not_null(),
];

fn text() -> Type {
    Type::Utf8
}

fn texts() -> Type {
    Type::list(Type::Utf8)
}

impl Table<Connection> for ApiResources {
    fn name(&self) -> &'static str {
        "api_resources"
    }

    fn description(&self) -> &'static str {
        "Resources that the cluster serves, one row for each version"
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn primary_key(&self) -> &'static [&'static str] {
        &["group", "version", "name"]
    }

    fn calls(&self) -> Vec<Call> {
        discovery::OPERATIONS.map(Call::get).into()
    }

    fn plan(&self, request: &ScanRequest, _: &Connection) -> Result<ScanPlan, Error> {
        whole(self, request, "GET /api; GET /apis (aggregated discovery)")
    }

    fn scan(&self, token: &str, at: &Connection, output: &dyn Output) -> Result<(), Error> {
        let remote = &at.remote();
        let scan: Everything = state(token)?;
        let discovery = discovery::read(remote.http)?;
        for missing in &discovery.missing {
            output.report(Gap::Partial, None, &missing.message);
        }
        let mut records = Records::new(FIELDS, self.name(), &scan.projection, None, output)?;
        for found in &discovery.found {
            if records.stopped() {
                break;
            }
            row(found, &mut records)?;
        }
        records.flush()
    }
}

fn row(found: &Found, records: &mut Records<'_>) -> Result<(), Error> {
    let singular = match found.singular.as_str() {
        "" => Cell::Null,
        singular => Cell::Text(singular),
    };
    records.row(&[
        Cell::Text(&found.plural),
        singular,
        Cell::Texts(&found.short_names),
        Cell::Text(&found.group),
        Cell::Text(&found.version),
        Cell::Text(&found.api_version()),
        Cell::Text(&found.kind),
        Cell::Bool(found.namespaced),
        Cell::Texts(&found.verbs),
        Cell::Texts(&found.categories),
        Cell::Bool(found.preferred),
        Cell::Bool(found.stale),
    ])
}
