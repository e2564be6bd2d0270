//! A guest that misbehaves on request: each table is one way to break a rule, and `healthy` breaks none.
//! It is written on the bindings alone, since the SDK would keep it from most of this.
#![allow(clippy::panic, clippy::print_stdout)] // That is what it is for.
#![allow(missing_docs)] // Nobody calls it but the host, by the contract.
#![allow(unsafe_code)] // The generated exports are unsafe functions; by hand it is one text that breaks a rule.

mod floods;
mod remote;
mod rows;
mod runtime;
mod scans;

wit_bindgen::generate!({ path: "../../../wit", world: "source-plugin" });

use exports::trawl::source::source::{Guest, GuestSession, Session};
use trawl::source::output::Sink;
use trawl::source::types::{
    Argument, Cost, DataType, Description, EndpointDeclaration, Error, ErrorCode, Field, Method,
    Operation, Placement, Pushed, ScanPlan, ScanRequest, Schema, TableDetail, TableInfo, TablePage,
};

/// Tables that a query can name: everything that `scan` and `plan` know.
const LISTED: &[&str] = &[
    "healthy",
    "liar",
    "loop-plan",
    "panic-plan",
    "loop-scan",
    "rows-then-loop",
    "sleep",
    "stall",
    "allocate",
    "panic",
    "panic-hook",
    "exit",
    "recursion",
    "recursion-plain",
    "recursion-json",
    "short-buffer",
    "missing-buffer",
    "surplus-buffer",
    "missing-node",
    "wrong-count",
    "wrong-nulls",
    "null-in-n",
    "huge-rows",
    "huge-length",
    "descending-offsets",
    "overlapping-offsets",
    "far-offsets",
    "first-offset",
    "invalid-utf8",
    "split-utf8",
    "undeclared-schema",
    "empty-batches",
    "json-broken",
    "json-type",
    "json-utf8",
    "ignore-refusal",
    "flood-log",
    "flood-stdio",
    "flood-report",
    "flood-progress",
    "flood-rows",
    "flood-json",
    "log-forever",
    "report-forever",
    "progress-forever",
    "clock-forever",
    "state-forever",
    "huge-push",
    "huge-json",
    "huge-log",
    "huge-state",
    "huge-error",
    "foreign-endpoint",
    "many-requests",
    "queued-requests",
    "headers",
    "split-header",
    "escape",
    "subresources",
    "post",
    "echo",
    "leak-handles",
    "random-huge",
    "random-forever",
    "broken-text",
    "look-around",
    "plan-filters",
    "plan-schema",
    "plan-type",
    "plan-none",
    "plan-many",
    "plan-limit",
    "plan-aggregate",
    "plan-cost",
    "plan-huge",
];

struct Hostile;

impl Guest for Hostile {
    type Session = Open;

    fn describe() -> Description {
        Description {
            metadata: Vec::new(),
            description: None,
            name: "hostile".into(),
            version: "6.6.6".into(),
            config_schema: "{}".into(),
            cluster_key: None,
            endpoints: vec![EndpointDeclaration {
                description: None,
                name: "api".into(),
                kind: "http".into(),
                operations: vec![Operation {
                    method: Method::Get,
                    path: "/{rest...}".into(),
                    action: None,
                }],
                request_headers: vec!["x-declared".into()],
                response_headers: vec!["x-declared".into()],
            }],
        }
    }

    fn open(config: String) -> Result<Session, Error> {
        match config.as_str() {
            "refuse" => Err(Error {
                hint: Some("write something else".into()),
                http_status: Some(418),
                retry_after_ms: Some(1_500),
                ..error(ErrorCode::InvalidConfig, "no such configuration")
            }),
            "loop" => scans::spin(),
            _ => Ok(Session::new(Open { config })),
        }
    }
}

fn table(path: Vec<String>) -> TableInfo {
    TableInfo {
        path,
        aliases: vec![],
        params: vec![],
        description: None,
    }
}

/// A session; its configuration chooses how the catalogue misbehaves.
struct Open {
    config: String,
}

impl GuestSession for Open {
    fn tables(&self, cursor: Option<String>, _prefix: Option<String>) -> Result<TablePage, Error> {
        let page = cursor.as_deref().map_or(0, |cursor| cursor.len());
        let next_cursor = match self.config.as_str() {
            "circle" => Some(String::new()),
            "endless" => Some("x".repeat(page + 1)),
            _ => (page < 2).then(|| "x".repeat(page + 1)),
        };
        // The engine finds tables by their names and asks with an empty configuration: there all of LISTED stand.
        if self.config == "{}" {
            return Ok(TablePage {
                tables: LISTED
                    .iter()
                    .map(|name| table(vec![(*name).into()]))
                    .collect(),
                next_cursor: None,
            });
        }
        Ok(TablePage {
            tables: vec![table(vec!["healthy".into(), page.to_string()])],
            next_cursor,
        })
    }

    fn table_schema(&self, path: Vec<String>, _: Vec<Argument>) -> Result<TableDetail, Error> {
        let mut fields = rows::fields();
        match path.first().map(String::as_str) {
            Some("broken-schema") => fields[0].children = 7,
            Some("recursion-json") => fields.push(field("d", DataType::Json, true)),
            Some("nowhere") => {
                return Err(error(ErrorCode::NotFound, "there is no table `nowhere`"));
            }
            _ => {}
        }
        Ok(TableDetail {
            metadata: Vec::new(),
            schema: Schema { fields },
            placement: Placement::Cluster,
            primary_key: vec![],
            required_filters: vec![],
            identity: None,
            notes: Vec::new(),
            description: None,
        })
    }

    fn plan(&self, request: ScanRequest) -> Result<ScanPlan, Error> {
        let mut plan = ScanPlan {
            schema: Schema {
                fields: rows::fields(),
            },
            filters: vec![Pushed::NotPushed; request.filters.roots.len()],
            limit: if request.limit.is_some() && request.sort.is_empty() {
                Pushed::Exact
            } else {
                Pushed::NotPushed
            },
            sorted: false,
            aggregated: false,
            partitions: vec![request.table.join("/")],
            estimated_rows: None,
            cost: None,
            explain: "misbehaves".into(),
        };
        match request
            .table
            .first()
            .map(String::as_str)
            .unwrap_or_default()
        {
            "loop-plan" => scans::spin(),
            // Takes every filter for exact and applies none.
            "liar" => {
                plan.filters.fill(Pushed::Exact);
                plan.partitions = vec!["healthy".into()];
            }
            // Its documents are read whole or not at all.
            "recursion-json" => {
                let outputs = request.projection.into_iter();
                plan.schema.fields = outputs.flat_map(|column| column.output).collect();
            }
            "panic-plan" => panic!("no plan survives"),
            "plan-filters" => plan.filters.push(Pushed::Exact),
            "plan-schema" => plan.schema.fields.truncate(1),
            "plan-type" => plan.schema.fields[1].data_type = DataType::Binary,
            "plan-none" => plan.partitions.clear(),
            "plan-many" => plan.partitions = vec![String::new(); 1_000],
            "plan-limit" => plan.limit = Pushed::Exact,
            "plan-aggregate" => plan.aggregated = true,
            "plan-cost" => {
                plan.cost = Some(Cost {
                    requests: 1,
                    units: vec![("metrics".into(), f64::NAN)],
                    micro_usd: 0,
                });
            }
            "plan-huge" => plan.explain = "x".repeat(100 << 20),
            _ => {}
        }
        Ok(plan)
    }

    fn scan(&self, token: String, into: Sink) -> Result<(), Error> {
        scans::scan(&token, &into)
    }
}

/// An error without status or hint.
fn error(code: ErrorCode, message: &str) -> Error {
    Error {
        code,
        message: message.into(),
        hint: None,
        http_status: None,
        retry_after_ms: None,
    }
}

/// A field without children.
fn field(name: &str, data_type: DataType, nullable: bool) -> Field {
    Field {
        name: name.into(),
        data_type,
        nullable,
        children: 0,
        description: None,
        metadata: vec![],
    }
}

#[cfg(target_arch = "wasm32")] // Native linkers do not take the names of component exports.
export!(Hostile);
