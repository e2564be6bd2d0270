//! Owns a Loki with made-up entries: its query API by the documentation, its limits, its words when it refuses. Refuses pushing, and
//! LogQL beyond what the plugin's tests ask: selectors, line filters, label filters, `json`, counts and rates.
//!
//! It shares nothing with the plugin, so that it cannot share a mistake. The API:
//! <https://grafana.com/docs/loki/latest/reference/loki-http-api/>; the words:
//! <https://grafana.com/docs/loki/latest/operations/troubleshooting/troubleshoot-query/>.

mod data;
mod evaluate;
mod logql;
mod routes;
mod serve;

use std::collections::BTreeMap;

pub use data::story;
pub use routes::{Reply, Request};
pub use serve::serve;

/// Labels by their names.
pub type Labels = BTreeMap<String, String>;

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Nanoseconds since the epoch.
    pub at: i64,
    /// What was logged.
    pub line: String,
    /// Structured metadata.
    pub metadata: Labels,
}

/// One stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    /// Its labels.
    pub labels: Labels,
    /// Its entries, in no order.
    pub entries: Vec<Entry>,
}

/// A server: what it holds and how much of it it gives.
#[derive(Debug, Clone)]
pub struct Loki {
    /// What it holds.
    pub streams: Vec<Stream>,
    /// Its now, in nanoseconds.
    pub now: i64,
    /// `max_entries_limit_per_query`.
    pub max_entries: u64,
    /// `max_query_length` in nanoseconds; 30 days and an hour by default.
    pub max_length: i64,
    /// The tenant that a request must name, where there are several.
    pub tenant: Option<String>,
    /// Whether it knows the encoding flag `categorize-labels`, which came with 2.9.
    pub categorizes: bool,
}

impl Loki {
    /// A server with these streams, else as it is by default.
    pub fn of(streams: Vec<Stream>, now: i64) -> Self {
        Self {
            streams,
            now,
            max_entries: 5_000,
            max_length: (30 * 24 + 1) * 3_600 * 1_000_000_000,
            tenant: None,
            categorizes: true,
        }
    }
}

/// Labels from pairs.
pub fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}
