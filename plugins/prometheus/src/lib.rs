//! Prometheus as a table.
