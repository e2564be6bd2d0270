//! Owns the configuration of a connection; refuses addresses and credentials, which are the host's.

use serde::Deserialize;
use trawl_sdk::Error;

use crate::promql::is_label_name;

/// The key of the configuration that only tells the clusters of one server apart.
pub(crate) const CLUSTER_KEY: &str = "cluster_name";

/// What the connection's configuration says.
#[derive(Debug, Default, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    /// Thanos' parameter of that name, which every other server ignores.
    pub(crate) partial_response: bool,
    /// The label that names the cluster, at a server that holds the series of several.
    pub(crate) cluster_label: Option<String>,
}

/// The configuration's JSON Schema, for the host to check.
pub(crate) const SCHEMA: &str = r#"{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "properties": {
    "partial_response": {
      "type": "boolean",
      "description": "Thanos only: whether an answer without some of its stores is accepted; false by default"
    },
    "cluster_label": {
      "type": "string",
      "pattern": "^[a-zA-Z_][a-zA-Z0-9_]*$",
      "description": "The label that names the cluster, at a server that holds the series of several clusters"
    },
    "cluster_name": {
      "type": "string",
      "description": "The value of cluster_label for this cluster; its name in the inventory by default"
    }
  },
  "additionalProperties": false
}"#;

impl Config {
    /// Reads a JSON document; an empty one is the default.
    ///
    /// # Errors
    /// `invalid-config` for an unknown key and for a label that cannot be one.
    pub(crate) fn read(text: &str) -> Result<Self, Error> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let config: Self = serde_json::from_str(text).map_err(|e| {
            Error::invalid_config(format!(
                "expected the configuration of a prometheus connection: {e}"
            ))
            .with_hint("its own keys are `partial_response`, `cluster_label` and `cluster_name`")
        })?;
        match &config.cluster_label {
            Some(label) if !is_label_name(label) => Err(Error::invalid_config(format!(
                "expected a label's name (letters, digits and underscores) as `cluster_label`, got `{label}`"
            ))),
            _ => Ok(config),
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
        let text = r#"{"partial_response": true, "cluster_label": "k8s_cluster"}"#;
        let config = Config::read(text).unwrap();
        assert!(config.partial_response);
        assert_eq!(config.cluster_label.as_deref(), Some("k8s_cluster"));
        for wrong in [
            r#"{"nope": 1}"#,
            "[1]",
            r#"{"cluster_label": "a-b"}"#,
            r#"{"cluster_label": ""}"#,
        ] {
            let error = Config::read(wrong).unwrap_err();
            assert_eq!(error.code, ErrorCode::InvalidConfig, "{wrong}");
        }
        serde_json::from_str::<serde_json::Value>(SCHEMA).unwrap();
    }
}
