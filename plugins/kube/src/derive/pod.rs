//! Owns what kubectl shows of a pod: printPod of pkg/printers/internalversion/printers.go, v1.36.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::input;
use crate::kinds::Value;

/// What the three columns are computed from, in this order.
pub(crate) const POD_INPUTS: &[&[&str]] = &[
    &["metadata", "deletionTimestamp"],
    &["spec", "containers"],
    &["spec", "initContainers"],
    &["status", "phase"],
    &["status", "reason"],
    &["status", "conditions"],
    &["status", "initContainerStatuses"],
    &["status", "containerStatuses"],
];

#[derive(Deserialize)]
struct InitContainer<'a> {
    #[serde(borrow, default)]
    name: Cow<'a, str>,
    #[serde(rename = "restartPolicy", borrow, default)]
    restart_policy: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Condition<'a> {
    #[serde(rename = "type", borrow, default)]
    of: Cow<'a, str>,
    #[serde(borrow, default)]
    status: Cow<'a, str>,
    #[serde(borrow, default)]
    reason: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ContainerStatus<'a> {
    #[serde(borrow, default)]
    name: Cow<'a, str>,
    #[serde(default)]
    restart_count: i64,
    #[serde(default)]
    ready: bool,
    #[serde(default)]
    started: Option<bool>,
    #[serde(borrow, default)]
    state: State<'a>,
}

#[derive(Deserialize, Default)]
struct State<'a> {
    #[serde(borrow, default)]
    waiting: Option<Waiting<'a>>,
    #[serde(default)]
    running: Option<IgnoredAny>,
    #[serde(borrow, default)]
    terminated: Option<Terminated<'a>>,
}

#[derive(Deserialize)]
struct Waiting<'a> {
    #[serde(borrow, default)]
    reason: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Terminated<'a> {
    #[serde(borrow, default)]
    reason: Cow<'a, str>,
    #[serde(default)]
    exit_code: i64,
    #[serde(default)]
    signal: i64,
}

/// kubectl's three columns of a pod.
struct Summary {
    state: String,
    ready: usize,
    containers: usize,
    restarts: i64,
}

/// kubectl's STATUS. Inputs: [`POD_INPUTS`].
pub(crate) fn pod_state(inputs: &[Option<&str>]) -> Value {
    Value::Text(summary(inputs).state)
}

/// kubectl's READY. Inputs: [`POD_INPUTS`].
pub(crate) fn pod_ready(inputs: &[Option<&str>]) -> Value {
    let summary = summary(inputs);
    Value::Text(format!("{}/{}", summary.ready, summary.containers))
}

/// kubectl's RESTARTS, without the time. Inputs: [`POD_INPUTS`].
pub(crate) fn pod_restarts(inputs: &[Option<&str>]) -> Value {
    Value::Int(summary(inputs).restarts)
}

/// The whole of printPod that matters here, in its order.
fn summary(inputs: &[Option<&str>]) -> Summary {
    let deleted = input::<IgnoredAny>(inputs, 0).is_some();
    let containers: Vec<IgnoredAny> = input(inputs, 1).unwrap_or_default();
    let init_containers: Vec<InitContainer<'_>> = input(inputs, 2).unwrap_or_default();
    let phase: Cow<'_, str> = input(inputs, 3).unwrap_or_default();
    let pod_reason: Cow<'_, str> = input(inputs, 4).unwrap_or_default();
    let conditions: Vec<Condition<'_>> = input(inputs, 5).unwrap_or_default();
    let init_statuses: Vec<ContainerStatus<'_>> = input(inputs, 6).unwrap_or_default();
    let statuses: Vec<ContainerStatus<'_>> = input(inputs, 7).unwrap_or_default();

    let holds = |of: &str| conditions.iter().any(|c| c.of == of && c.status == "True");
    let gated = conditions
        .iter()
        .any(|c| c.of == "PodScheduled" && c.reason == "SchedulingGated");
    let sidecars = init_containers.iter().filter(|c| is_sidecar(c)).count();
    let mut summary = Summary {
        state: if gated {
            "SchedulingGated".to_owned()
        } else if pod_reason.is_empty() {
            phase.to_string()
        } else {
            pod_reason.to_string()
        },
        ready: 0,
        containers: containers.len() + sidecars,
        restarts: 0,
    };

    let (initializing, sidecar_restarts) =
        initialization(&init_containers, &init_statuses, &mut summary);
    if !initializing || holds("Initialized") {
        summary.restarts = sidecar_restarts;
        running(&statuses, holds("Ready"), &mut summary);
    }

    if deleted && pod_reason == "NodeLost" {
        summary.state = "Unknown".to_owned();
    } else if deleted && !matches!(phase.as_ref(), "Succeeded" | "Failed") {
        summary.state = "Terminating".to_owned();
    }
    summary
}

/// An init container that keeps running beside the others.
fn is_sidecar(container: &InitContainer<'_>) -> bool {
    container.restart_policy == "Always"
}

/// Init containers: whether one of them is still to be waited for, and the restarts of sidecars.
fn initialization(
    containers: &[InitContainer<'_>],
    statuses: &[ContainerStatus<'_>],
    summary: &mut Summary,
) -> (bool, i64) {
    let mut sidecar_restarts = 0_i64;
    for (index, status) in statuses.iter().enumerate() {
        summary.restarts = summary.restarts.saturating_add(status.restart_count);
        let sidecar = containers
            .iter()
            .any(|c| c.name == status.name && is_sidecar(c));
        if sidecar {
            sidecar_restarts = sidecar_restarts.saturating_add(status.restart_count);
        }
        let state = &status.state;
        summary.state = match (&state.terminated, &state.waiting) {
            (Some(terminated), _) if terminated.exit_code == 0 => continue,
            _ if sidecar && status.started == Some(true) => {
                summary.ready += usize::from(status.ready);
                continue;
            }
            (Some(terminated), _) => format!("Init:{}", ended(terminated)),
            (None, Some(waiting))
                if !waiting.reason.is_empty() && waiting.reason != "PodInitializing" =>
            {
                format!("Init:{}", waiting.reason)
            }
            _ => format!("Init:{index}/{}", containers.len()),
        };
        return (true, sidecar_restarts);
    }
    (false, sidecar_restarts)
}

/// The containers themselves, from the last to the first: the first one's reason stays.
fn running(statuses: &[ContainerStatus<'_>], pod_ready: bool, summary: &mut Summary) {
    let mut has_running = false;
    for status in statuses.iter().rev() {
        summary.restarts = summary.restarts.saturating_add(status.restart_count);
        let state = &status.state;
        match (&state.waiting, &state.terminated) {
            (Some(waiting), _) if !waiting.reason.is_empty() => {
                summary.state = waiting.reason.to_string();
            }
            (_, Some(terminated)) => summary.state = ended(terminated),
            _ if status.ready && state.running.is_some() => {
                has_running = true;
                summary.ready += 1;
            }
            _ => {}
        }
    }
    // One container may have ended while another still runs.
    if summary.state == "Completed" && has_running {
        summary.state = if pod_ready { "Running" } else { "NotReady" }.to_owned();
    }
}

fn ended(terminated: &Terminated<'_>) -> String {
    if !terminated.reason.is_empty() {
        terminated.reason.to_string()
    } else if terminated.signal != 0 {
        format!("Signal:{}", terminated.signal)
    } else {
        format!("ExitCode:{}", terminated.exit_code)
    }
}

#[cfg(test)]
mod tests;
