//! Owns Prometheus' instant query as a table; refuses range queries (they follow), addresses and credentials.
//!
//! `prometheus("up")` gives `timestamp, value, labels`, one row per sample. See
//! <https://prometheus.io/docs/prometheus/latest/querying/api/>.

mod answer;
mod arguments;
mod rows;
mod template;

use std::rc::Rc;

use serde::{Deserialize, Serialize};
use trawl_sdk::schema::{self, Type, column, param};
use trawl_sdk::types::{
    Argument, Column, Description, EndpointDeclaration, Method, Operation, Placement, ScanPlan,
    ScanRequest, TableDetail, TableInfo, TablePage,
};
use trawl_sdk::{Error, Output, Session, Source, Transport, http, plan};

/// The endpoint's name in the declaration and in requests.
const ENDPOINT: &str = "prometheus";

/// From this many bytes of PromQL on, the query goes by POST: proxies cut URLs at 4 to 8 KiB, and encoding can triple it.
const POST_FROM_BYTES: usize = 1024;

/// The plugin.
pub struct Prometheus;

/// What the connection's configuration says.
#[derive(Debug, Default, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Config {
    /// Thanos' parameter of that name; sent only when it is given.
    partial_response: Option<bool>,
}

/// The configuration's JSON Schema, for the host to check.
const CONFIG_SCHEMA: &str = r#"{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "properties": {
    "partial_response": {
      "type": "boolean",
      "description": "Thanos only: whether an answer without some of its stores is accepted"
    }
  },
  "additionalProperties": false
}"#;

impl Source for Prometheus {
    type Session = Connection;

    fn describe() -> Description {
        let query = |method| Operation {
            method,
            path: "/api/v1/query".to_owned(),
            action: None,
        };
        Description {
            name: "prometheus".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            config_schema: CONFIG_SCHEMA.to_owned(),
            cluster_key: None,
            endpoints: vec![EndpointDeclaration {
                name: ENDPOINT.to_owned(),
                kind: "http".to_owned(),
                operations: vec![query(Method::Get), query(Method::Post)],
                request_headers: vec!["accept".to_owned(), "content-type".to_owned()],
                response_headers: vec!["content-type".to_owned(), "retry-after".to_owned()],
            }],
        }
    }

    fn open(config: &str, http: Rc<dyn Transport>) -> Result<Connection, Error> {
        let config = if config.trim().is_empty() {
            Config::default()
        } else {
            serde_json::from_str(config).map_err(|e| {
                Error::invalid_config(format!(
                    "expected the configuration of a prometheus connection: {e}"
                ))
                .with_hint("the only key of its own is `partial_response`")
            })?
        };
        Ok(Connection { config, http })
    }
}

/// One Prometheus.
pub struct Connection {
    config: Config,
    http: Rc<dyn Transport>,
}

/// What a scan needs to know; it travels in the partition's token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Scan {
    query: String,
    /// Milliseconds since the epoch, the resolution of Prometheus; none: the server's now.
    time_ms: Option<i64>,
    projection: Vec<Column>,
}

fn by_post(query: &str) -> bool {
    query.len() >= POST_FROM_BYTES
}

fn default_table(path: &[String]) -> Result<(), Error> {
    if path.is_empty() {
        return Ok(());
    }
    Err(Error::not_found(format!(
        "expected prometheus' default table, got `{}`",
        path.join(".")
    ))
    .with_hint("write `prometheus(\"up\")`"))
}

impl Session for Connection {
    fn tables(&self, _cursor: Option<&str>, prefix: Option<&str>) -> Result<TablePage, Error> {
        let table = TableInfo {
            path: Vec::new(),
            aliases: Vec::new(),
            params: vec![
                param(
                    "query",
                    &Type::Utf8,
                    true,
                    true,
                    "PromQL; bound values are escaped",
                ),
                param(
                    "time",
                    &Type::Timestamp,
                    false,
                    false,
                    "evaluation time; the query's now() by default",
                ),
                param(
                    "step",
                    &Type::Duration,
                    false,
                    false,
                    "resolution of a range query; not supported yet",
                ),
            ],
            description: Some("Result of a PromQL query, one row per sample".to_owned()),
        };
        Ok(TablePage {
            tables: match prefix {
                None | Some("") => vec![table],
                Some(_) => Vec::new(),
            },
            next_cursor: None,
        })
    }

    fn table_schema(&self, path: &[String], _: &[Argument]) -> Result<TableDetail, Error> {
        default_table(path)?;
        Ok(TableDetail {
            schema: schema::schema([
                column("timestamp", Type::Timestamp, "When the sample counts, UTC").not_null(),
                column(
                    "value",
                    Type::Float64,
                    "The sample; NaN and infinities are kept",
                ),
                column("labels", Type::map(Type::Utf8), "The series' labels").not_null(),
            ]),
            placement: Placement::Cluster,
            primary_key: Vec::new(),
            required_filters: Vec::new(),
            identity: None,
            notes: Vec::new(),
            description: Some("Result of a PromQL query, one row per sample".to_owned()),
        })
    }

    fn plan(&self, request: &ScanRequest) -> Result<ScanPlan, Error> {
        default_table(&request.table)?;
        let arguments = arguments::read(&request.arguments, request.now_ns)?;
        rows::check(&request.projection)?;
        let method = if by_post(&arguments.query) {
            "POST"
        } else {
            "GET"
        };
        let explain = format!("{method} /api/v1/query: {}", arguments.query);
        let token = plan::token(&Scan {
            query: arguments.query,
            time_ms: arguments.time_ms,
            projection: schema::undescribed(&request.projection),
        })?;
        Ok(plan::unpushed(request, token, explain))
    }

    fn scan(&self, token: &str, output: &dyn Output) -> Result<(), Error> {
        let scan: Scan = plan::state(token)?;
        let (head, body) = self.request(&scan).start(self.http.as_ref())?.finish()?;
        let answer = answer::read(&head, &body)?;
        answer.report(output);
        rows::push(&answer, &scan.projection, output)
    }
}

impl Connection {
    fn request(&self, scan: &Scan) -> http::RequestBuilder {
        let time = scan.time_ms.map(arguments::seconds);
        let partial = self.config.partial_response.map(|p| p.to_string());
        let mut pairs = vec![("query", scan.query.as_str())];
        pairs.extend(time.as_deref().map(|time| ("time", time)));
        pairs.extend(partial.as_deref().map(|p| ("partial_response", p)));
        let path = ["api", "v1", "query"];
        let request = if by_post(&scan.query) {
            http::post(ENDPOINT, path).form(&pairs)
        } else {
            pairs
                .into_iter()
                .fold(http::get(ENDPOINT, path), |r, (k, v)| r.query(k, v))
        };
        request.header("accept", "application/json")
    }
}

trawl_sdk::export_source!(Prometheus);

#[cfg(test)]
mod tests;
