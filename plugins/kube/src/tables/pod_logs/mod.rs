//! Owns the table `pod_logs`: lines of containers' logs, of the present instance and of the one before it. Refuses queries that
//! name no pods, and to follow a log.
//!
//! `GET /api/v1/namespaces/{namespace}/pods/{pod}/log`,
//! <https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.36/#read-log-pod-v1-core>. `limitBytes` is never sent: it
//! cuts in the middle of a line.

mod containers;
mod lines;
mod read;
mod wanted;

use trawl_sdk::schema::Type;
use trawl_sdk::table::{Call, Table};
use trawl_sdk::types::{ScanPlan, ScanRequest};
use trawl_sdk::{Error, Output, http, schema};

use self::wanted::Wanted;
use super::{state, token};
use crate::Connection;
use crate::ENDPOINT;
use trawl_sdk::records::{Field, Records};

/// Logs that `explain` writes out; the rest is counted.
const EXPLAINED: usize = 3;

/// The table.
pub(super) struct PodLogs;

const FIELDS: &[Field] = &[
    Field::new(
        "namespace",
        text,
        "Namespace of the pod; a query must say which",
    )
    .not_null(),
    Field::new(
        "pod",
        text,
        "Name of the pod; a query must say which, or name a label",
    )
    .not_null(),
    Field::new(
        "container",
        text,
        "Name of the container, init containers included",
    )
    .not_null(),
    Field::new(
        "previous",
        || Type::Bool,
        "Whether it is of the instance before the last restart",
    )
    .not_null(),
    Field::new(
        "timestamp",
        || Type::Timestamp,
        "When the line was written, UTC; null for what a kubelet puts in itself",
    ),
    Field::new("message", text, "The line without its end").not_null(),
    Field::new("labels", || Type::map(Type::Utf8), "Labels of the pod"),
];

fn text() -> Type {
    Type::Utf8
}

impl Table<Connection> for PodLogs {
    fn name(&self) -> &'static str {
        "pod_logs"
    }

    fn description(&self) -> &'static str {
        "Lines of containers' logs; filter on namespace, and on pod or a label"
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn primary_key(&self) -> &'static [&'static str] {
        &[]
    }

    fn required_filters(&self, _: &[trawl_sdk::types::Argument]) -> Vec<Vec<&'static str>> {
        vec![vec!["namespace"], vec!["pod", "labels"]]
    }

    fn calls(&self) -> Vec<Call> {
        [
            "/api/v1/namespaces/{namespace}/pods",
            "/api/v1/namespaces/{namespace}/pods/{pod}/log",
        ]
        .map(Call::get)
        .into()
    }

    fn plan(&self, request: &ScanRequest, _: &Connection) -> Result<ScanPlan, Error> {
        let (wanted, filters, limit) = wanted::read(request)?;
        Ok(ScanPlan {
            schema: schema::projected(&request.projection),
            filters,
            limit,
            sorted: false,
            aggregated: false,
            partitions: vec![token(self, &wanted)?],
            estimated_rows: None,
            cost: None,
            explain: explain(&wanted),
        })
    }

    fn scan(&self, token: &str, at: &Connection, output: &dyn Output) -> Result<(), Error> {
        let remote = &at.remote();
        let wanted: Wanted = state(token)?;
        let mut records = Records::new(
            FIELDS,
            self.name(),
            &wanted.projection,
            wanted.limit,
            output,
        )?;
        if records.stopped() {
            return Ok(());
        }
        let logs = containers::find(&wanted, remote, output)?;
        read::all(&wanted, logs, remote, output, &mut records)?;
        records.flush()
    }
}

/// The request of one log.
fn request(
    wanted: &Wanted,
    namespace: &str,
    pod: &str,
    container: &str,
    previous: bool,
) -> http::RequestBuilder {
    let path = ["api", "v1", "namespaces", namespace, "pods", pod, "log"];
    // The accept header of the API's own clients: an error comes as JSON, a log as it is.
    let mut request = http::get(ENDPOINT, path)
        .header("accept", "application/json, */*")
        .query("container", container)
        .query("timestamps", "true");
    if previous {
        request = request.query("previous", "true");
    }
    // The API keeps whole seconds; the rest is filtered while reading.
    if let Some(since) = wanted
        .time
        .from
        .and_then(trawl_sdk::columns::format_rfc3339_seconds)
    {
        request = request.query("sinceTime", since);
    }
    match wanted.tail {
        Some(tail) => request.query("tailLines", tail.to_string()),
        None => request,
    }
}

/// What will be sent, for `explain`.
fn explain(wanted: &Wanted) -> String {
    if wanted.lists.is_empty() {
        return "nothing is asked: no line can match".to_owned();
    }
    let listed = !containers::names_all(wanted);
    let mut lines: Vec<String> = wanted
        .lists
        .iter()
        .take(EXPLAINED)
        .map(|list| {
            let namespace = list.namespace.as_deref().unwrap_or("{namespace}");
            let pod = list.name.as_deref().unwrap_or("{pod}");
            let containers: Vec<&str> = wanted
                .containers
                .iter()
                .flatten()
                .map(String::as_str)
                .collect();
            let container = match containers.as_slice() {
                [] => "{container}".to_owned(),
                containers => containers.join("|"),
            };
            let previous = wanted.previous == Some(true);
            let request = request(wanted, namespace, pod, &container, previous);
            let query: Vec<_> = request
                .request()
                .query
                .iter()
                .map(|(key, value)| format!("{key}={value}"))
                .collect();
            format!(
                "GET /{}?{}",
                request.request().path.join("/"),
                query.join("&")
            )
        })
        .collect();
    if let Some(rest) = wanted.lists.len().checked_sub(EXPLAINED)
        && rest > 0
    {
        lines.push(format!("and those of {rest} more"));
    }
    if listed {
        let labels = match wanted.labels.as_str() {
            "" => String::new(),
            labels => format!(" of {labels}"),
        };
        lines.push(format!("pods{labels} are listed before"));
    }
    if wanted.previous.is_none() {
        lines.push("previous instances as well".to_owned());
    }
    lines.join("; ")
}
