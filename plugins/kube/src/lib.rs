//! Owns the Kubernetes API's lists as tables; refuses subresources, mutation, addresses and credentials.
//!
//! A table is one file in `kinds/`. `pushdown` decides what the API filters, `scan` walks the pages, `rows` decodes them.

mod config;
mod derive;
mod kinds;
mod lists;
mod page;
mod protobuf;
mod pushdown;
mod rows;
mod scan;
mod selector;
mod status;

use std::rc::Rc;

use trawl_sdk::types::{
    Argument, Description, EndpointDeclaration, Method, Operation, Placement, ScanPlan,
    ScanRequest, TableDetail, TableInfo, TablePage,
};
use trawl_sdk::{Error, Output, Session, Source, Transport, plan, schema};

use config::Config;
use kinds::Kind;

/// The endpoint's name in the declaration and in requests.
const ENDPOINT: &str = "kubernetes";

/// The plugin.
pub struct Kube;

impl Source for Kube {
    type Session = Connection;

    fn describe() -> Description {
        let get = |path| Operation {
            method: Method::Get,
            path,
            action: None,
        };
        Description {
            name: "kube".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            config_schema: config::SCHEMA.to_owned(),
            endpoints: vec![EndpointDeclaration {
                name: ENDPOINT.to_owned(),
                kind: "kubernetes".to_owned(),
                operations: kinds::all()
                    .iter()
                    .flat_map(Kind::operations)
                    .map(get)
                    .collect(),
                request_headers: vec!["accept".to_owned()],
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

/// One cluster's API.
pub struct Connection {
    config: Config,
    http: Rc<dyn Transport>,
}

/// The kind behind a table's path; names are resolved by the host, aliases are accepted as well.
fn kind_of(path: &[String]) -> Result<&'static Kind, Error> {
    let found = match path {
        [name] => kinds::find(name),
        _ => None,
    };
    found.ok_or_else(|| {
        let names: Vec<_> = kinds::all().iter().map(|kind| kind.name).collect();
        Error::not_found(format!(
            "expected one of {}, got `{}`",
            names.join(", "),
            path.join(".")
        ))
    })
}

impl Session for Connection {
    fn tables(&self, _cursor: Option<&str>, prefix: Option<&str>) -> Result<TablePage, Error> {
        let prefix = prefix.unwrap_or_default();
        let tables = kinds::all()
            .iter()
            .filter(|kind| kind.name.starts_with(prefix))
            .map(|kind| TableInfo {
                path: vec![kind.name.to_owned()],
                aliases: kind.aliases.iter().map(|&alias| alias.to_owned()).collect(),
                params: Vec::new(),
                description: Some(kind.description.to_owned()),
            })
            .collect();
        Ok(TablePage {
            tables,
            next_cursor: None,
        })
    }

    fn table_schema(&self, path: &[String], _: &[Argument]) -> Result<TableDetail, Error> {
        let kind = kind_of(path)?;
        let key: &[&str] = if kind.namespaced {
            &["namespace", "name"]
        } else {
            &["name"]
        };
        Ok(TableDetail {
            schema: schema::schema(kind.columns().iter().map(|column| column.spec())),
            placement: Placement::Cluster,
            primary_key: key.iter().map(|&name| name.to_owned()).collect(),
            required_filters: Vec::new(),
            description: Some(kind.description.to_owned()),
        })
    }

    fn plan(&self, request: &ScanRequest) -> Result<ScanPlan, Error> {
        let kind = kind_of(&request.table)?;
        rows::check(kind, &request.projection)?;
        lists::plan(kind, request, &self.config)
    }

    fn scan(&self, token: &str, output: &dyn Output) -> Result<(), Error> {
        let partition: lists::Partition = plan::state(token)?;
        let kind = kind_of(std::slice::from_ref(&partition.kind))?;
        scan::run(kind, &partition, &self.config, self.http.as_ref(), output)
    }
}

trawl_sdk::export_source!(Kube);
