//! Owns what kubectl shows of a pod: printPod of pkg/printers/internalversion/printers.go, v1.36.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;
use trawl_sdk::columns::parse_rfc3339_ns;

use super::input;
use crate::kinds::Value;

/// What kubectl's columns are computed from, in this order.
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
    #[serde(borrow, default)]
    last_state: State<'a>,
}

impl ContainerStatus<'_> {
    /// When it ended before it was started again, in nanoseconds since the epoch.
    fn ended_before(&self) -> Option<i64> {
        parse_rfc3339_ns(&self.last_state.terminated.as_ref()?.finished_at)
    }
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
    #[serde(borrow, default)]
    finished_at: Cow<'a, str>,
}

/// kubectl's columns of a pod.
struct Summary {
    state: String,
    ready: usize,
    containers: usize,
    restarts: i64,
    last_restart: Option<i64>,
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

/// The time in kubectl's RESTARTS: when a container ended that was started again. Inputs: [`POD_INPUTS`].
pub(crate) fn pod_last_restart(inputs: &[Option<&str>]) -> Value {
    summary(inputs)
        .last_restart
        .map_or(Value::Null, Value::TimestampNs)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Gate<'a> {
    #[serde(borrow)]
    condition_type: Cow<'a, str>,
}

/// kubectl's READINESS GATES: `1/2`; null for a pod without any. Inputs: the gates, and the conditions.
pub(crate) fn pod_readiness_gates(inputs: &[Option<&str>]) -> Value {
    let gates: Vec<Gate<'_>> = input(inputs, 0).unwrap_or_default();
    let conditions: Vec<Condition<'_>> = input(inputs, 1).unwrap_or_default();
    if gates.is_empty() {
        return Value::Null;
    }
    let open = |gate: &&Gate<'_>| {
        let condition = conditions.iter().find(|it| it.of == gate.condition_type);
        condition.is_some_and(|it| it.status == "True")
    };
    let count = gates.iter().filter(open).count();
    Value::Text(format!("{count}/{}", gates.len()))
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
        last_restart: None,
    };

    let (initializing, sidecars) = initialization(&init_containers, &init_statuses, &mut summary);
    if !initializing || holds("Initialized") {
        summary.restarts = sidecars.restarts;
        summary.last_restart = sidecars.last;
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

/// Restarts of sidecars, which count beside those of the containers.
#[derive(Default)]
struct Restarts {
    restarts: i64,
    last: Option<i64>,
}

/// Init containers: whether one of them is still to be waited for, and the restarts of sidecars.
fn initialization(
    containers: &[InitContainer<'_>],
    statuses: &[ContainerStatus<'_>],
    summary: &mut Summary,
) -> (bool, Restarts) {
    let mut sidecars = Restarts::default();
    for (index, status) in statuses.iter().enumerate() {
        summary.restarts = summary.restarts.saturating_add(status.restart_count);
        summary.last_restart = summary.last_restart.max(status.ended_before());
        let sidecar = containers
            .iter()
            .any(|c| c.name == status.name && is_sidecar(c));
        if sidecar {
            sidecars.restarts = sidecars.restarts.saturating_add(status.restart_count);
            sidecars.last = sidecars.last.max(status.ended_before());
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
        return (true, sidecars);
    }
    (false, sidecars)
}

/// The containers themselves, from the last to the first: the first one's reason stays.
fn running(statuses: &[ContainerStatus<'_>], pod_ready: bool, summary: &mut Summary) {
    let mut has_running = false;
    for status in statuses.iter().rev() {
        summary.restarts = summary.restarts.saturating_add(status.restart_count);
        summary.last_restart = summary.last_restart.max(status.ended_before());
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
