//! Owns Prometheus' HTTP API as tables; refuses writes, the administration API, addresses and credentials.
//!
//! A table is one file in `tables/`. `promql` knows its texts, `filters` what becomes a matcher, `evaluate` asks for samples in
//! parts, `answer` decodes them as they arrive. See <https://prometheus.io/docs/prometheus/latest/querying/api/>.

mod answer;
mod api;
mod arguments;
mod clusters;
mod config;
mod evaluate;
mod filters;
mod matcher;
mod promql;
mod rows;
mod server;
mod tables;
mod time;

use std::rc::Rc;

use trawl_sdk::types::{
    Argument, Description, EndpointDeclaration, Operation, ScanPlan, ScanRequest, TableDetail,
    TablePage,
};
use trawl_sdk::{Error, Output, Session, Source, Transport};

use api::{ENDPOINT, Remote};
use config::Config;

/// The plugin.
pub struct Prometheus;

impl Source for Prometheus {
    type Session = Connection;

    fn describe() -> Description {
        let mut operations: Vec<Operation> = Vec::new();
        let of_tables = tables::all()
            .into_iter()
            .flat_map(|table| table.operations());
        for function in of_tables {
            for (method, path) in api::operations(function) {
                let operation = Operation {
                    method,
                    path,
                    action: None,
                };
                // Several tables may call the same function.
                if !operations.contains(&operation) {
                    operations.push(operation);
                }
            }
        }
        Description {
            description: Some(
                "Prometheus and what speaks its HTTP API: PromQL, samples, series, targets, rules, alerts".to_owned(),
            ),
            metadata: Vec::new(),
            name: "prometheus".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            config_schema: config::SCHEMA.to_owned(),
            cluster_key: Some(config::CLUSTER_KEY.to_owned()),
            endpoints: vec![EndpointDeclaration {
                description: Some(
                    "The HTTP API below /api/v1: queries, metadata, targets, rules".to_owned(),
                ),
                name: ENDPOINT.to_owned(),
                kind: "http".to_owned(),
                operations,
                request_headers: vec!["accept".to_owned(), "content-type".to_owned()],
                response_headers: vec!["content-type".to_owned(), "retry-after".to_owned()],
            }],
        }
    }

    fn open(config: &str, http: Rc<dyn Transport>) -> Result<Connection, Error> {
        Ok(Connection {
            config: Config::read(config)?,
            http,
        })
    }
}

/// One Prometheus.
pub struct Connection {
    config: Config,
    http: Rc<dyn Transport>,
}

impl Connection {
    fn remote(&self) -> Remote<'_> {
        Remote {
            http: self.http.as_ref(),
            config: &self.config,
        }
    }
}

impl Session for Connection {
    fn tables(&self, _cursor: Option<&str>, prefix: Option<&str>) -> Result<TablePage, Error> {
        let prefix = prefix.unwrap_or_default();
        let wanted = tables::all()
            .into_iter()
            .filter(|table| table.name().starts_with(prefix));
        Ok(TablePage {
            tables: wanted.map(tables::info).collect(),
            next_cursor: None,
        })
    }

    fn table_schema(&self, path: &[String], arguments: &[Argument]) -> Result<TableDetail, Error> {
        Ok(tables::detail(tables::find(path)?, arguments, &self.config))
    }

    fn plan(&self, request: &ScanRequest) -> Result<ScanPlan, Error> {
        tables::find(&request.table)?.plan(request, &self.remote())
    }

    fn scan(&self, token: &str, output: &dyn Output) -> Result<(), Error> {
        tables::of_token(token)?.scan(token, &self.remote(), output)
    }
}

trawl_sdk::export_source!(Prometheus);
