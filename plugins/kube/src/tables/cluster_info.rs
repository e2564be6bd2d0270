//! Owns the table `cluster_info`: what a cluster's API server says of itself, and how many nodes and pods there are. Refuses to
//! count what no column asks for.

use serde::{Deserialize, Serialize};
use trawl_sdk::columns::parse_rfc3339_ns;
use trawl_sdk::schema::Type;
use trawl_sdk::table::{Call, Table};
use trawl_sdk::types::{Column, ErrorCode, Gap, Param, ScanPlan, ScanRequest};
use trawl_sdk::{Error, Output, http, plan, schema};

use super::{Remote, state, token};
use crate::Connection;
use crate::lists::Partition;
use crate::resource::Resource;
use crate::status::Status;
use crate::{ENDPOINT, count, kinds};
use trawl_sdk::records::{Cell, Field, Records};

/// The table.
pub(super) struct ClusterInfo;

const FIELDS: &[Field] = &[
    Field::new("version", text, "Version of the API server: v1.36.2"),
    Field::new("major", text, "Major version; a text, as the API has it"),
    Field::new(
        "minor",
        text,
        "Minor version; some distributions append a plus sign",
    ),
    Field::new(
        "platform",
        text,
        "Operating system and architecture of the API server",
    ),
    Field::new("go_version", text, "Go release that it was built with"),
    Field::new("git_commit", text, "Commit that it was built from"),
    Field::new("build_date", || Type::Timestamp, "When it was built, UTC"),
    Field::new("nodes", number, "Nodes; null where they may not be listed"),
    Field::new(
        "pods",
        number,
        "Pods of all namespaces; null where they may not be listed",
    ),
];

fn text() -> Type {
    Type::Utf8
}

fn number() -> Type {
    Type::Int64
}

/// Info, <https://pkg.go.dev/k8s.io/apimachinery/pkg/version#Info>.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Version {
    git_version: Option<String>,
    major: Option<String>,
    minor: Option<String>,
    platform: Option<String>,
    go_version: Option<String>,
    git_commit: Option<String>,
    build_date: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct State {
    projection: Vec<Column>,
    approximate: bool,
}

impl Table<Connection> for ClusterInfo {
    fn name(&self) -> &'static str {
        "cluster_info"
    }

    fn description(&self) -> &'static str {
        "Version and size of the cluster, one row"
    }

    fn params(&self) -> Vec<Param> {
        vec![count::approximate()]
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn primary_key(&self) -> &'static [&'static str] {
        &[]
    }

    fn calls(&self) -> Vec<Call> {
        ["/version", "/api/v1/nodes", "/api/v1/pods"]
            .map(Call::get)
            .into()
    }

    fn plan(&self, request: &ScanRequest, _: &Connection) -> Result<ScanPlan, Error> {
        let approximate = count::may_estimate(&request.arguments)?;
        let token = token(
            self,
            &State {
                projection: schema::undescribed(&request.projection),
                approximate,
            },
        )?;
        let mut explain = "GET /version".to_owned();
        for kind in ["nodes", "pods"] {
            if request.projection.iter().any(|column| column.name == kind) {
                explain.push_str(&format!("; GET /api/v1/{kind} (metadata only)"));
                if approximate {
                    explain.push_str(", one object and how many remain");
                }
            }
        }
        Ok(plan::unpushed(request, token, explain))
    }

    fn scan(&self, token: &str, at: &Connection, output: &dyn Output) -> Result<(), Error> {
        let remote = &at.remote();
        let state: State = state(token)?;
        let mut records = Records::new(FIELDS, self.name(), &state.projection, None, output)?;
        // It is asked for whatever the columns are: a cluster that does not answer has no row.
        let pending = http::get(ENDPOINT, ["version"])
            .header("accept", "application/json")
            .start(remote.http)?;
        let (head, body) = pending.finish()?;
        if head.status != 200 {
            return Err(Status::read(&head, &body).refusal(&head, "reading /version", false));
        }
        let version: Version = serde_json::from_slice(&body).map_err(|e| {
            Error::protocol(format!(
                "expected the API server's version at /version, got something else: {e}"
            ))
            .with_hint("check that the context's server is a Kubernetes API and not a login page")
        })?;
        let mut counts = [Cell::Null; 2];
        for (cell, kind) in counts.iter_mut().zip(["nodes", "pods"]) {
            if records.wants(&[kind]) {
                *cell = counted(kind, state.approximate, remote, output)?;
            }
        }
        let built = version.build_date.as_deref().and_then(parse_rfc3339_ns);
        let [nodes, pods] = counts;
        records.row(&[
            Cell::text(&version.git_version),
            Cell::text(&version.major),
            Cell::text(&version.minor),
            Cell::text(&version.platform),
            Cell::text(&version.go_version),
            Cell::text(&version.git_commit),
            built.map_or(Cell::Null, Cell::TimestampNs),
            nodes,
            pods,
        ])?;
        records.flush()
    }
}

/// The number of a kind's objects; null, and told, where they may not be listed.
fn counted(
    kind: &str,
    approximate: bool,
    remote: &Remote<'_>,
    output: &dyn Output,
) -> Result<Cell<'static>, Error> {
    let count = kinds::find(kind)
        .map(Resource::built_in)
        .ok_or_else(|| Error::internal(format!("expected the kind {kind}, there is none")))
        .and_then(|resource| {
            let all = Partition::of_all(&resource, true);
            let (http, config) = (remote.http, remote.config);
            if approximate {
                count::estimated(&resource, &all, config, http, output)
            } else {
                count::exact(&resource, &all, config, http, output)
            }
        });
    match count {
        Ok(count) => Ok(Cell::Int(i64::try_from(count).unwrap_or(i64::MAX))),
        Err(error) if error.code == ErrorCode::PermissionDenied => {
            let message = format!("{kind} were not counted: {}", error.message);
            output.report(Gap::Partial, None, &message);
            Ok(Cell::Null)
        }
        Err(error) => Err(error),
    }
}
