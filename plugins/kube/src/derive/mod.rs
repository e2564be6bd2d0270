//! Owns the columns that are computed as kubectl computes them; refuses columns that are just a path.
//!
//! Inputs are JSON texts. One that has another shape than the API's types gives null, never an error: a row must not vanish
//! because one of its columns cannot be computed.

mod node;
mod pod;
mod simple;

pub(crate) use node::{external_ip, internal_ip, node_roles, node_state};
pub(crate) use pod::{POD_INPUTS, pod_ready, pod_restarts, pod_state};
pub(crate) use simple::{count_or_zero, deployment_workload, event_time, pod_workload};

use serde::Deserialize;

/// The input of index `index`, read as `T`; none when it is missing, null or of another shape.
fn input<'t, T: Deserialize<'t>>(inputs: &[Option<&'t str>], index: usize) -> Option<T> {
    let text = inputs.get(index).copied().flatten()?;
    serde_json::from_str::<Option<T>>(text).ok().flatten()
}
