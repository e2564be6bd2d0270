//! Owns CloudWatch as tables: metrics, alarms and logs of an AWS account in a region. Refuses addresses, regions and credentials,
//! which are the host's: it signs what leaves.

mod arguments;
mod fault;
mod group;
mod groups;
mod insights;
mod logs;
mod metrics;
mod pages;
mod price;
mod selection;
mod service;
mod table;
mod tables;
mod times;

use std::rc::Rc;

use serde::Deserialize;
use trawl_sdk::types::{
    Argument, Description, ScanPlan, ScanRequest, TableDetail, TableInfo, TablePage,
};
use trawl_sdk::{Error, Output, Session, Source, Transport};

/// The plugin.
pub struct CloudWatch;

/// What the connection's configuration says. The log group of a cluster comes with each request, since clusters that differ in it
/// alone share a connection; it is only here where the host opens a connection of one cluster with it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Config {
    #[serde(rename = "log_group")]
    _log_group: Option<String>,
}

/// The configuration's JSON Schema, for the host to check.
const CONFIG_SCHEMA: &str = r#"{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "properties": {
    "log_group": {
      "type": "string",
      "minLength": 1,
      "maxLength": 512,
      "pattern": "^[.\\-_/#A-Za-z0-9]+$",
      "description": "the log group in which the cluster's logs are: the default of `group` in log tables, whose rows are then the cluster's"
    }
  },
  "additionalProperties": false
}"#;

/// The key that tells the clusters of one connection apart.
const CLUSTER_KEY: &str = "log_group";

impl Source for CloudWatch {
    type Session = Connection;

    fn describe() -> Description {
        Description {
            description: Some(
                "AWS CloudWatch: metrics, alarms and their history, logs and Logs Insights"
                    .to_owned(),
            ),
            metadata: Vec::new(),
            name: "cloudwatch".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            config_schema: CONFIG_SCHEMA.to_owned(),
            cluster_key: Some(CLUSTER_KEY.to_owned()),
            endpoints: service::endpoints(),
        }
    }

    fn open(config: &str, http: Rc<dyn Transport>) -> Result<Connection, Error> {
        if !config.trim().is_empty() {
            serde_json::from_str::<Config>(config).map_err(|e| {
                Error::invalid_config(format!(
                    "expected the configuration of a cloudwatch connection: {e}"
                ))
                .with_hint("the only key of its own is `log_group`, a text")
            })?;
        }
        Ok(Connection { http })
    }
}

/// One account in one region.
pub struct Connection {
    http: Rc<dyn Transport>,
}

impl Session for Connection {
    fn tables(&self, _cursor: Option<&str>, prefix: Option<&str>) -> Result<TablePage, Error> {
        let prefix = prefix.unwrap_or_default();
        let tables: Vec<TableInfo> = table::all()
            .into_iter()
            .filter(|table| table.name().starts_with(prefix))
            .map(table::info)
            .collect();
        Ok(TablePage {
            tables,
            next_cursor: None,
        })
    }

    fn table_schema(&self, path: &[String], arguments: &[Argument]) -> Result<TableDetail, Error> {
        Ok(table::detail(table::find(path)?, arguments))
    }

    fn plan(&self, request: &ScanRequest) -> Result<ScanPlan, Error> {
        table::find(&request.table)?.plan(request, self.http.as_ref())
    }

    fn scan(&self, token: &str, output: &dyn Output) -> Result<(), Error> {
        table::of_token(token)?.scan(token, self.http.as_ref(), output)
    }
}

trawl_sdk::export_source!(CloudWatch);
