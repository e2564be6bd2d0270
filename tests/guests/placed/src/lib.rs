//! A guest whose rows belong to clusters in every way that the contract has, one table for each, and that tells which clusters it
//! was asked for. Its remote is a list of rows in here; it asks nobody.
#![allow(missing_docs)] // Nobody calls it but the host, by the contract.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use trawl_sdk::schema::{self, ColumnSpec, Type, column, param};
use trawl_sdk::types::{
    Argument, ArgumentValue, Cost, Description, EndpointDeclaration, ErrorCode, Flow, Gap, Literal,
    Method, Operation, Payload, Placement, Pushed, ScanPlan, ScanRequest, ServedCluster,
    TableDetail, TableInfo, TablePage,
};
use trawl_sdk::{Error, Output, Session, Source, Transport, plan};

/// Tables, each with where its rows belong.
const TABLES: [(&str, Placement); 6] = [
    // Of the connection's cluster; with `spread` in the configuration each row says.
    ("own", Placement::Cluster),
    // Each row says, as it was asked.
    ("rows", Placement::PerRow),
    // Each row says, whatever was asked.
    ("careless", Placement::PerRow),
    // Of the connection, at the price that is its argument.
    ("alarms", Placement::Connection),
    // Each row says, says the table, and has no column for it.
    ("nameless", Placement::PerRow),
    // Each row says; the remote does not have it.
    ("nowhere", Placement::PerRow),
];

/// The remote's rows: by what tells clusters apart there, and `n`.
const ROWS: [(Option<&str>, i64); 6] = [
    (Some("k-ap"), 1),
    (Some("k-us"), 2),
    (Some("k-us"), 3),
    (Some("k-dev"), 4),
    (Some("k-lost"), 5),
    (None, 6),
];

/// The plugin.
pub struct Placed;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Config {
    /// Whether rows of `own` name their clusters.
    spread: bool,
    /// Whether the remote is down.
    down: bool,
    /// Whether nothing can be known of a table.
    broken: bool,
}

impl Source for Placed {
    type Session = Open;

    fn describe() -> Description {
        Description {
            metadata: Vec::new(),
            description: None,
            name: "placed".to_owned(),
            version: "0.1.0".to_owned(),
            config_schema: "{}".to_owned(),
            cluster_key: Some("site".to_owned()),
            endpoints: vec![EndpointDeclaration {
                description: None,
                name: "api".to_owned(),
                kind: "http".to_owned(),
                operations: vec![Operation {
                    method: Method::Get,
                    path: "/rows".to_owned(),
                    action: None,
                }],
                request_headers: Vec::new(),
                response_headers: Vec::new(),
            }],
        }
    }

    fn open(config: &str, _: Rc<dyn Transport>) -> Result<Open, Error> {
        // The key that tells clusters apart never comes: an unknown key is an error.
        serde_json::from_str(config)
            .map(|config| Open { config })
            .map_err(|error| Error::invalid_config(error.to_string()))
    }
}

/// A connection.
pub struct Open {
    config: Config,
}

/// A partition: the rows it gives, and how it ends.
#[derive(Serialize, Deserialize)]
struct Scan {
    rows: Vec<Value>,
    down: bool,
    absent: bool,
}

impl Open {
    fn placement(&self, path: &[String]) -> Result<(&'static str, Placement), Error> {
        let found = TABLES
            .iter()
            .find(|(name, _)| matches!(path, [word] if word == name));
        match found {
            Some((name @ "own", _)) if self.config.spread => Ok((name, Placement::PerRow)),
            Some((name, placement)) => Ok((name, *placement)),
            None => Err(Error::not_found(format!("no table `{}`", path.join(".")))),
        }
    }
}

impl Session for Open {
    fn tables(&self, _: Option<&str>, _: Option<&str>) -> Result<TablePage, Error> {
        let price = param("micro_usd", &Type::Int64, false, true, "Its price");
        let tables = TABLES.iter().map(|(name, placement)| TableInfo {
            path: vec![(*name).to_owned()],
            aliases: Vec::new(),
            params: match placement {
                Placement::Connection => vec![price.clone()],
                _ => Vec::new(),
            },
            description: None,
        });
        Ok(TablePage {
            tables: tables.collect(),
            next_cursor: None,
        })
    }

    fn table_schema(&self, path: &[String], _: &[Argument]) -> Result<TableDetail, Error> {
        if self.config.broken {
            return Err(Error::invalid_config("`broken` says so"));
        }
        let (name, placement) = self.placement(path)?;
        let mut columns: Vec<ColumnSpec> = vec![
            column("n", Type::Int64, "Its number"),
            column("asked", Type::Utf8, "The clusters that were asked for"),
        ];
        if placement == Placement::PerRow && name != "nameless" {
            columns.push(column("cluster", Type::Utf8, "Whose it is"));
        }
        Ok(TableDetail {
            metadata: Vec::new(),
            schema: schema::schema(columns),
            placement,
            primary_key: Vec::new(),
            required_filters: Vec::new(),
            identity: None,
            notes: Vec::new(),
            description: None,
        })
    }

    fn plan(&self, request: &ScanRequest) -> Result<ScanPlan, Error> {
        let (name, placement) = self.placement(&request.table)?;
        let asked = asked(&request.clusters);
        let limited = request.limit.filter(|_| request.filters.roots.is_empty());
        let rows = ROWS
            .iter()
            .filter_map(|(key, n)| {
                let cluster = match (placement, *key) {
                    (Placement::PerRow, Some(key)) if name == "careless" => Some(named(key)),
                    (Placement::PerRow, Some(key)) => Some(known(&request.clusters, key)?),
                    _ => None,
                };
                let row = BTreeMap::from([
                    ("n", json!(n)),
                    ("asked", json!(asked)),
                    ("cluster", json!(cluster)),
                ]);
                Some(row)
            })
            .take(limited.map_or(usize::MAX, |rows| {
                usize::try_from(rows).unwrap_or(usize::MAX)
            }))
            .map(|row| {
                let output = |column: &trawl_sdk::types::Column| {
                    let value = row.get(column.name.as_str()).cloned().unwrap_or_default();
                    (column.output[0].name.clone(), value)
                };
                Value::Object(request.projection.iter().map(output).collect())
            })
            .collect();
        let token = plan::token(&Scan {
            rows,
            down: self.config.down,
            absent: name == "nowhere",
        })?;
        let mut plan = plan::unpushed(request, token, format!("{name} of {asked}"));
        if limited.is_some() {
            plan.limit = Pushed::Exact;
        }
        plan.cost = price(&request.arguments);
        Ok(plan)
    }

    fn scan(&self, token: &str, output: &dyn Output) -> Result<(), Error> {
        let scan: Scan = plan::state(token)?;
        if scan.absent {
            output.report(Gap::Absent, None, "the remote has no such table");
            return Ok(());
        }
        if scan.down {
            return Err(Error::new(ErrorCode::Unavailable, "the remote is down"));
        }
        let lines: String = scan.rows.iter().map(|row| format!("{row}\n")).collect();
        let _: Flow = output.push(Payload::JsonText(lines))?;
        Ok(())
    }
}

/// The clusters as `name=key`.
fn asked(clusters: &[ServedCluster]) -> String {
    let clusters = clusters.iter().map(|it| match &it.key {
        Some(key) => format!("{}={key}", it.name),
        None => it.name.clone(),
    });
    clusters.collect::<Vec<_>>().join(",")
}

/// The name of the cluster that has a key.
fn known(clusters: &[ServedCluster], key: &str) -> Option<String> {
    let mut clusters = clusters.iter();
    let found = clusters.find(|it| it.key.as_deref() == Some(key))?;
    Some(found.name.clone())
}

/// What a remote calls a cluster that nobody asked it for.
fn named(key: &str) -> String {
    key.replace("k-ap", "prod-ap")
        .replace("k-us", "prod-us")
        .replace("k-", "")
}

/// The price in the arguments, for 500 metrics and 2 requests.
fn price(arguments: &[Argument]) -> Option<Cost> {
    let value = arguments.iter().find(|it| it.name == "micro_usd")?;
    match value.value {
        ArgumentValue::Scalar(Literal::Int64(micro_usd)) => Some(Cost {
            requests: 2,
            units: vec![("metrics".to_owned(), 500.0)],
            micro_usd: u64::try_from(micro_usd).unwrap_or_default(),
        }),
        _ => None,
    }
}

trawl_sdk::export_source!(Placed);
