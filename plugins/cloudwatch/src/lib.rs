//! Owns CloudWatch as tables: metrics, alarms and logs of an AWS account in a region. Refuses addresses, regions and credentials,
//! which are the host's: it signs what leaves.

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
use trawl_sdk::table::{About, Plugin, Table};
use trawl_sdk::{Error, Transport};

/// The plugin, and one connection of it: an account in a region.
pub struct CloudWatch {
    http: Rc<dyn Transport>,
}

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

impl Plugin for CloudWatch {
    fn about() -> About {
        let about = About::new(
            "cloudwatch",
            env!("CARGO_PKG_VERSION"),
            "AWS CloudWatch: metrics, alarms and their history, logs and Logs Insights",
        );
        let about = about.config_schema(CONFIG_SCHEMA).cluster_key(CLUSTER_KEY);
        service::endpoints()
            .into_iter()
            .fold(about, About::endpoint)
    }

    fn tables() -> Vec<&'static dyn Table<Self>> {
        table::all()
    }

    fn connect(config: &str, http: Rc<dyn Transport>) -> Result<Self, Error> {
        if !config.trim().is_empty() {
            serde_json::from_str::<Config>(config).map_err(|e| {
                Error::invalid_config(format!(
                    "expected the configuration of a cloudwatch connection: {e}"
                ))
                .with_hint("the only key of its own is `log_group`, a text")
            })?;
        }
        Ok(Self { http })
    }
}

trawl_sdk::export_source!(CloudWatch);
