//! Kubernetes as tables.
