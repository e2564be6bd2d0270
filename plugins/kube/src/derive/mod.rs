//! Owns the columns that are computed as kubectl computes them; refuses columns that are just a path.
//!
//! Inputs are JSON texts. One that has another shape than the API's types gives null, never an error: a row must not vanish
//! because one of its columns cannot be computed. Where kubectl cuts a list after three items and says how many more there are,
//! the column has all of them.

mod access;
mod autoscaler;
mod container;
mod definition;
mod endpoints;
mod ingress;
mod job;
mod metrics;
mod node;
mod pod;
mod secret;
mod selector;
mod service;
mod simple;
mod storage;
mod workload;

pub(crate) use access::{groups, request_state, role, service_accounts, users};
pub(crate) use autoscaler::{scale_target, targets};
pub(crate) use container::{CONTAINER_LISTS, container_state, containers_of};
pub(crate) use definition::{established, served_versions, storage_version};
pub(crate) use endpoints::{
    addresses, not_ready_addresses, ready_slice_addresses, slice_addresses,
};
pub(crate) use ingress::{
    backends, class_parameters, hosts, load_balancers, ports_of_tls, tls_secrets,
};
pub(crate) use job::{job_duration, job_progress, job_state};
pub(crate) use metrics::{cpu_of_containers, memory_of_containers};
pub(crate) use node::{external_ip, internal_ip, node_roles, node_state, node_taints};
pub(crate) use pod::{
    POD_INPUTS, pod_last_restart, pod_readiness_gates, pod_ready, pod_restarts, pod_state,
};
pub(crate) use secret::harmless_annotations;
pub(crate) use selector::label_selector;
pub(crate) use service::{service_addresses, service_ports};
pub(crate) use simple::{
    condition_states, count_or_zero, event_count, event_time, false_if_absent, first_text, images,
    keys, length, names, ready_of, seconds, true_text, types,
};
pub(crate) use storage::{claim, storage_class, volume_state};
pub(crate) use workload::{
    cron_job_workload, daemon_set_workload, deployment_workload, job_workload, pod_workload,
    replica_set_workload, stateful_set_workload,
};

use serde::{Deserialize, Serialize};

use crate::kinds::Value;

/// The input of index `index`, read as `T`; none when it is missing, null or of another shape.
fn input<'t, T: Deserialize<'t>>(inputs: &[Option<&'t str>], index: usize) -> Option<T> {
    let text = inputs.get(index).copied().flatten()?;
    serde_json::from_str::<Option<T>>(text).ok().flatten()
}

/// A list or a map, for a column of that type.
fn document<T: Serialize>(value: &T) -> Value {
    serde_json::to_string(value).map_or(Value::Null, Value::Json)
}

/// Texts with a separator between them; null instead of an empty text, which kubectl shows as `<none>`.
fn joined(texts: &[String], separator: &str) -> Value {
    if texts.is_empty() {
        return Value::Null;
    }
    Value::Text(texts.join(separator))
}
