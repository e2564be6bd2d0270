//! Owns Loki's HTTP API as tables; refuses pushing, deleting, rules, addresses and credentials.
//!
//! A table is one file in `tables/`. `conditions` says what of a query's filters becomes LogQL, `pages` walks through entries by
//! time, `answer` decodes. See <https://grafana.com/docs/loki/latest/reference/loki-http-api/>.

mod answer;
mod api;
mod arguments;
mod conditions;
mod config;
mod failure;
mod lines;
mod logql;
mod pages;
mod shares;
mod tables;
mod window;

use std::rc::Rc;

use trawl_sdk::types::{
    Argument, Description, EndpointDeclaration, Method, Operation, ScanPlan, ScanRequest,
    TableDetail, TablePage,
};
use trawl_sdk::{Error, Output, Session, Source, Transport};

use config::Config;

/// The plugin.
pub struct Loki;

impl Source for Loki {
    type Session = Connection;

    fn describe() -> Description {
        let operation = |path: &&str| Operation {
            method: Method::Get,
            path: format!("/loki/api/v1/{path}"),
            action: None,
        };
        Description {
            name: "loki".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            description: Some(
                "Grafana Loki: log entries, LogQL, samples, labels, streams".to_owned(),
            ),
            config_schema: config::SCHEMA.to_owned(),
            cluster_key: Some(config::CLUSTER_KEY.to_owned()),
            endpoints: vec![EndpointDeclaration {
                name: api::ENDPOINT.to_owned(),
                kind: "http".to_owned(),
                description: Some(
                    "Loki's query API below /loki/api/v1; it reads and nothing else".to_owned(),
                ),
                operations: api::FUNCTIONS.iter().map(operation).collect(),
                request_headers: vec!["accept".to_owned(), api::FLAGS_HEADER.to_owned()],
                response_headers: vec!["content-type".to_owned(), "retry-after".to_owned()],
            }],
            metadata: vec![("license".to_owned(), "Apache-2.0".to_owned())],
        }
    }

    fn open(config: &str, http: Rc<dyn Transport>) -> Result<Connection, Error> {
        Ok(Connection {
            config: Config::read(config)?,
            http,
        })
    }
}

/// One Loki.
pub struct Connection {
    config: Config,
    http: Rc<dyn Transport>,
}

impl Connection {
    fn remote(&self) -> api::Remote<'_> {
        api::Remote {
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
        tables::detail(tables::find(path)?, arguments, &self.config)
    }

    fn plan(&self, request: &ScanRequest) -> Result<ScanPlan, Error> {
        tables::find(&request.table)?.plan(request, &self.remote())
    }

    fn scan(&self, token: &str, output: &dyn Output) -> Result<(), Error> {
        tables::of_token(token)?.scan(token, &self.remote(), output)
    }
}

trawl_sdk::export_source!(Loki);
