//! Owns what a connection's configuration may say; refuses addresses and credentials, which are the host's keys.

use serde::Deserialize;
use trawl_sdk::Error;

/// Objects a page, when nothing is configured: kubectl's `--chunk-size`, 5 MB of real pods.
pub(crate) const DEFAULT_PAGE_SIZE: u32 = 500;

/// The largest page that may be configured: 64 MiB, the limit of a body, is about 7,000 real pods.
const MAX_PAGE_SIZE: u32 = 5_000;

/// Bytes of one container's log that are read, when nothing is configured. A kubelet starts a new file at 10 MiB and shows the
/// newest one alone, so that this is all there is unless it was told to keep more.
const DEFAULT_LOG_BYTES: u64 = 16 << 20;

/// The largest such bound that may be configured: at some 100 MB/s a gigabyte is ten seconds, a third of a guest's time.
const MAX_LOG_BYTES: u64 = 1 << 30;

/// Pods whose logs one query reads, when nothing is configured: each is a request or more.
const DEFAULT_LOG_PODS: u32 = 200;

/// The largest such bound that may be configured.
const MAX_LOG_PODS: u32 = 5_000;

/// The configuration's JSON Schema, for the host to check.
pub(crate) const SCHEMA: &str = r#"{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "properties": {
    "namespaces": {
      "type": "array",
      "items": {"type": "string"},
      "description": "Where to read when a list of the whole cluster is forbidden"
    },
    "page_size": {
      "type": "integer",
      "minimum": 1,
      "maximum": 5000,
      "default": 500,
      "description": "Objects a page"
    },
    "log_bytes": {
      "type": "integer",
      "minimum": 1,
      "maximum": 1073741824,
      "default": 16777216,
      "description": "Bytes of one container's log that pod_logs reads"
    },
    "log_pods": {
      "type": "integer",
      "minimum": 1,
      "maximum": 5000,
      "default": 200,
      "description": "Pods whose logs one query reads"
    }
  },
  "additionalProperties": false
}"#;

/// What the connection's configuration says.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) namespaces: Vec<String>,
    pub(crate) page_size: u32,
    pub(crate) log_bytes: u64,
    pub(crate) log_pods: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            namespaces: Vec::new(),
            page_size: DEFAULT_PAGE_SIZE,
            log_bytes: DEFAULT_LOG_BYTES,
            log_pods: DEFAULT_LOG_PODS,
        }
    }
}

impl Config {
    /// Reads the document; an empty one is the default.
    pub(crate) fn read(text: &str) -> Result<Self, Error> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let mut config: Self = serde_json::from_str(text).map_err(|e| {
            Error::invalid_config(format!(
                "expected the configuration of a kube connection: {e}"
            ))
            .with_hint("its own keys are `namespaces`, `page_size`, `log_bytes` and `log_pods`")
        })?;
        if !(1..=MAX_PAGE_SIZE).contains(&config.page_size) {
            return Err(Error::invalid_config(format!(
                "expected a `page_size` from 1 to {MAX_PAGE_SIZE}, got {}",
                config.page_size
            )));
        }
        if !(1..=MAX_LOG_BYTES).contains(&config.log_bytes) {
            return Err(Error::invalid_config(format!(
                "expected `log_bytes` from 1 to {MAX_LOG_BYTES}, got {}",
                config.log_bytes
            )));
        }
        if !(1..=MAX_LOG_PODS).contains(&config.log_pods) {
            return Err(Error::invalid_config(format!(
                "expected `log_pods` from 1 to {MAX_LOG_PODS}, got {}",
                config.log_pods
            )));
        }
        if let Some(bad) = config
            .namespaces
            .iter()
            .find(|name| !crate::selector::is_dns_label(name))
        {
            return Err(Error::invalid_config(format!(
                "expected the names of namespaces in `namespaces`, got `{bad}`"
            )));
        }
        // A namespace named twice must not be read twice.
        config.namespaces.sort();
        config.namespaces.dedup();
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_strict() {
        assert_eq!(Config::read("").unwrap(), Config::default());
        assert_eq!(Config::read("{}").unwrap().page_size, 500);
        let config = Config::read(r#"{"namespaces":["a"],"page_size":50}"#).unwrap();
        assert_eq!(
            (config.namespaces.as_slice(), config.page_size),
            (&["a".to_owned()][..], 50)
        );
        let twice = Config::read(r#"{"namespaces":["b","a","b"]}"#).unwrap();
        assert_eq!(twice.namespaces, ["a", "b"]);
        for bad in [
            "5",
            r#"{"page_size":0}"#,
            r#"{"page_size":5001}"#,
            r#"{"log_bytes":0}"#,
            r#"{"log_bytes":1073741825}"#,
            r#"{"log_pods":5001}"#,
            r#"{"namespaces":["A/b"]}"#,
            r#"{"url":"x"}"#,
        ] {
            assert!(Config::read(bad).is_err(), "{bad}");
        }
        serde_json::from_str::<serde_json::Value>(SCHEMA).unwrap();
    }
}
