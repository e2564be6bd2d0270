//! Owns the Kubernetes API's lists as tables; refuses subresources, mutation, addresses and credentials.
//!
//! A table is one file in `kinds/`. `pushdown` decides what the API filters, `scan` walks the pages, `rows` decodes them. A table
//! that is no list of one kind is one file in `tables/`.

mod config;
mod count;
mod custom;
mod derive;
mod discovery;
mod encoding;
mod kinds;
mod lists;
mod page;
mod protobuf;
mod pushdown;
mod resource;
mod rows;
mod scan;
mod selector;
mod status;
mod tables;

use std::rc::Rc;

use trawl_sdk::table::{self, Arguments, Table};
use trawl_sdk::types::{
    Argument, Description, EndpointDeclaration, Method, Operation, Placement, ScanPlan,
    ScanRequest, TableDetail, TableInfo, TablePage,
};
use trawl_sdk::{Error, Output, Session, Source, Transport, plan, records, schema};

use config::Config;
use custom::Custom;
use kinds::Kind;
use resource::{Known, Resource};

/// The endpoint's name in the declaration and in requests.
const ENDPOINT: &str = "kubernetes";

/// The plugin.
pub struct Kube;

impl Source for Kube {
    type Session = Connection;

    fn describe() -> Description {
        let mut paths: Vec<String> = Vec::new();
        let special = tables::all().into_iter().flat_map(Table::calls);
        let kinds = kinds::all().iter().flat_map(Kind::operations);
        // Several tables may read the same list.
        for path in kinds.chain(special.map(|call| call.path.into_owned())) {
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
        let open = custom::LISTS.iter().chain(&custom::OPERATIONS);
        paths.extend(open.map(|&path| path.to_owned()));
        let get = |path| Operation {
            method: Method::Get,
            path,
            action: None,
        };
        Description {
            description: Some(
                "Kubernetes: built-in kinds, custom resources, logs, Helm releases; get and list alone".to_owned(),
            ),
            metadata: Vec::new(),
            name: "kube".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            config_schema: config::SCHEMA.to_owned(),
            cluster_key: None,
            endpoints: vec![EndpointDeclaration {
                description: Some(
                    "The cluster's API server: lists and objects, discovery, logs of containers".to_owned(),
                ),
                name: ENDPOINT.to_owned(),
                kind: "kubernetes".to_owned(),
                operations: paths.into_iter().map(get).collect(),
                request_headers: vec!["accept".to_owned()],
                response_headers: vec!["content-type".to_owned(), "retry-after".to_owned()],
            }],
        }
    }

    fn open(config: &str, http: Rc<dyn Transport>) -> Result<Connection, Error> {
        Ok(Connection {
            config: Config::read(config)?,
            custom: Custom::new(Rc::clone(&http)),
            http,
        })
    }
}

/// One cluster's API.
pub struct Connection {
    config: Config,
    custom: Custom,
    http: Rc<dyn Transport>,
}

impl Connection {
    fn remote(&self) -> tables::Remote<'_> {
        tables::Remote {
            http: self.http.as_ref(),
            config: &self.config,
        }
    }
}

/// The cursor of the tables that only the cluster knows.
const CUSTOM_TABLES: &str = "custom";

/// Our own kind behind a table's path, by any of its names.
fn own(path: &[String]) -> Option<Resource> {
    kinds::find(&path.join(".")).map(Resource::built_in)
}

/// Our own tables whose names begin with the prefix.
fn own_tables(prefix: &str) -> Vec<TableInfo> {
    let special = tables::all()
        .into_iter()
        .filter(|table| table.name().starts_with(prefix))
        .map(table::info);
    kinds::all()
        .iter()
        .filter(|kind| kind.name.starts_with(prefix))
        .map(|kind| TableInfo {
            path: vec![kind.name.to_owned()],
            aliases: kind.aliases.iter().map(|&alias| alias.to_owned()).collect(),
            params: vec![count::approximate()],
            description: Some(kind.description.to_owned()),
        })
        .chain(special)
        .collect()
}

/// The names of the columns that a request is about.
fn column_names(request: &ScanRequest) -> Vec<String> {
    let mut names: Vec<String> = request
        .projection
        .iter()
        .chain(&request.refs)
        .map(|column| column.name.clone())
        .collect();
    names.sort();
    names.dedup();
    names
}

impl Session for Connection {
    fn tables(&self, cursor: Option<&str>, prefix: Option<&str>) -> Result<TablePage, Error> {
        let prefix = prefix.unwrap_or_default();
        if cursor != Some(CUSTOM_TABLES) {
            return Ok(TablePage {
                tables: own_tables(prefix),
                next_cursor: Some(CUSTOM_TABLES.to_owned()),
            });
        }
        let mut tables = self.custom.tables()?;
        tables.retain(|table| {
            own(&table.path).is_none() && table.path.iter().all(|name| name.starts_with(prefix))
        });
        Ok(TablePage {
            tables,
            next_cursor: None,
        })
    }

    fn table_schema(&self, path: &[String], arguments: &[Argument]) -> Result<TableDetail, Error> {
        if let Some(table) = tables::find(path) {
            Arguments::known(arguments, &table.params())?;
            return table::detail(table, arguments, self);
        }
        let Some(resource) = own(path) else {
            return self.custom.detail(path);
        };
        Ok(TableDetail {
            metadata: Vec::new(),
            schema: schema::schema(resource.columns.iter().map(kinds::Column::spec)),
            placement: Placement::Cluster,
            primary_key: resource.primary_key(),
            required_filters: Vec::new(),
            identity: None,
            notes: Vec::new(),
            description: Some(resource.description.to_string()),
        })
    }

    fn plan(&self, request: &ScanRequest) -> Result<ScanPlan, Error> {
        if let Some(table) = tables::find(&request.table) {
            Arguments::check(&request.arguments, &table.params())?;
            records::check(table.fields(), table.name(), &request.projection)?;
            return table.plan(request, self);
        }
        let resource = match own(&request.table) {
            Some(resource) => Some(resource),
            None => self.custom.wanted(&request.table, &column_names(request))?,
        };
        let Some(resource) = resource else {
            return lists::absent(request);
        };
        rows::check(&resource, &request.projection)?;
        lists::plan(&resource, request, &self.config)
    }

    fn scan(&self, token: &str, output: &dyn Output) -> Result<(), Error> {
        if let Some(table) = tables::of_token(token)? {
            return table.scan(token, self, output);
        }
        let partition: lists::Partition = plan::state(token)?;
        if let Known::Absent(name) = &partition.resource {
            scan::absent(name, output);
            return Ok(());
        }
        let resource = Resource::of(&partition.resource)?;
        if partition.counted {
            return count::scan(
                &resource,
                &partition,
                &self.config,
                self.http.as_ref(),
                output,
            );
        }
        scan::run(
            &resource,
            &partition,
            &self.config,
            self.http.as_ref(),
            output,
        )
    }
}

trawl_sdk::export_source!(Kube);
