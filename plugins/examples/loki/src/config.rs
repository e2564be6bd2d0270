//! Owns the configuration of a connection; refuses addresses, tenants and credentials, which are the host's.

use serde::{Deserialize, Serialize};
use trawl_sdk::Error;

use crate::logql::is_label_name;

/// The key of the configuration that only tells the clusters of one Loki apart.
pub(crate) const CLUSTER_KEY: &str = "cluster_name";

/// Entries that one answer may hold: `max_entries_limit_per_query` of Loki's `limits_config`, by default.
const PAGE_SIZE: u64 = 5_000;

/// What the connection's configuration says.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    /// Entries a request.
    pub(crate) page_size: u64,
    /// The label that names the cluster, at a Loki that holds the streams of several.
    pub(crate) cluster_label: Option<String>,
    /// The labels behind the columns of the same names.
    pub(crate) columns: Columns,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            page_size: PAGE_SIZE,
            cluster_label: None,
            columns: Columns::default(),
        }
    }
}

/// The stream labels that the columns of `logs` are read from: every agent has names of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Columns {
    pub(crate) service: String,
    pub(crate) namespace: String,
    pub(crate) pod: String,
    pub(crate) container: String,
}

impl Default for Columns {
    /// Those of Grafana Alloy and Promtail on Kubernetes; `service_name` is Loki's own from 3.0 on.
    fn default() -> Self {
        Self {
            service: "service_name".to_owned(),
            namespace: "namespace".to_owned(),
            pod: "pod".to_owned(),
            container: "container".to_owned(),
        }
    }
}

impl Columns {
    /// The label of a column; none for other columns.
    pub(crate) fn label(&self, column: &str) -> Option<&str> {
        match column {
            "service" => Some(&self.service),
            "namespace" => Some(&self.namespace),
            "pod" => Some(&self.pod),
            "container" => Some(&self.container),
            _ => None,
        }
    }
}

/// The configuration's JSON Schema, for the host to check.
pub(crate) const SCHEMA: &str = r#"{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "properties": {
    "page_size": {
      "type": "integer", "minimum": 2, "maximum": 1000000,
      "description": "Entries a request; Loki's max_entries_limit_per_query, 5000 by default"
    },
    "cluster_label": {
      "type": "string",
      "pattern": "^[a-zA-Z_][a-zA-Z0-9_]*$",
      "description": "The stream label that names the cluster, at a Loki that holds the streams of several clusters"
    },
    "cluster_name": {
      "type": "string",
      "description": "The value of cluster_label for this cluster; its name in the inventory by default"
    },
    "columns": {
      "type": "object",
      "description": "The stream labels behind the columns service, namespace, pod and container",
      "properties": {
        "service": {"type": "string", "pattern": "^[a-zA-Z_][a-zA-Z0-9_]*$"},
        "namespace": {"type": "string", "pattern": "^[a-zA-Z_][a-zA-Z0-9_]*$"},
        "pod": {"type": "string", "pattern": "^[a-zA-Z_][a-zA-Z0-9_]*$"},
        "container": {"type": "string", "pattern": "^[a-zA-Z_][a-zA-Z0-9_]*$"}
      },
      "additionalProperties": false
    }
  },
  "additionalProperties": false
}"#;

impl Config {
    /// Reads a JSON document; an empty one is the default.
    ///
    /// # Errors
    /// `invalid-config` for an unknown key, a page without entries, and a label that cannot be one.
    pub(crate) fn read(text: &str) -> Result<Self, Error> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let config: Self = serde_json::from_str(text).map_err(|e| {
            Error::invalid_config(format!(
                "expected the configuration of a loki connection: {e}"
            ))
            .with_hint(
                "its own keys are `page_size`, `cluster_label`, `cluster_name` and `columns`",
            )
        })?;
        // One entry would always fill its answer, and hide whether others share its nanosecond.
        if config.page_size < 2 {
            return Err(Error::invalid_config("expected at least 2 as `page_size`"));
        }
        let columns = &config.columns;
        let labels = [
            &columns.service,
            &columns.namespace,
            &columns.pod,
            &columns.container,
        ];
        let wrong = labels
            .into_iter()
            .chain(&config.cluster_label)
            .find(|label| !is_label_name(label));
        match wrong {
            Some(label) => Err(Error::invalid_config(format!(
                "expected a label's name (letters, digits and underscores, no digit first), got `{label}`"
            ))),
            None => Ok(config),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trawl_sdk::types::ErrorCode;

    #[test]
    fn keys_are_read_and_others_refused() {
        assert_eq!(Config::read(" ").unwrap(), Config::default());
        let text = r#"{"page_size": 10, "cluster_label": "k8s", "columns": {"pod": "pod_name"}}"#;
        let config = Config::read(text).unwrap();
        assert_eq!(config.page_size, 10);
        assert_eq!(config.columns.label("pod"), Some("pod_name"));
        assert_eq!(config.columns.label("service"), Some("service_name"));
        assert_eq!(config.columns.label("line"), None);
        for wrong in [
            r#"{"nope": 1}"#,
            "[1]",
            r#"{"cluster_label": "a-b"}"#,
            r#"{"columns": {"pod": ""}}"#,
            r#"{"page_size": 1}"#,
        ] {
            let error = Config::read(wrong).unwrap_err();
            assert_eq!(error.code, ErrorCode::InvalidConfig, "{wrong}");
        }
        serde_json::from_str::<serde_json::Value>(SCHEMA).unwrap();
    }
}
