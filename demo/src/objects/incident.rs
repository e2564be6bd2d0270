//! Owns the warnings of incidents that are over: twice in the last hour something went wrong in a cluster for some minutes, and
//! pods that run again by now were hit. Without them every warning would be of this minute.

use super::event::{Event, TTL_S};
use super::meta::Context;
use super::node::NodePlan;
use super::pod_plan::{PodPlan, PodState};
use super::workload::{Owner, Workload};
use crate::seed::Rng;

/// Incidents of a cluster within the hour.
const INCIDENTS: usize = 2;
/// Half as long as an incident lasts, in seconds.
const SPREAD_S: u64 = 240;
/// Of a thousand deployments so many are hit by one of the incidents, and of their pods so many.
const DEPLOYMENTS_HIT: u64 = 500;
const PODS_HIT: u64 = 600;

/// What a deployment's pods suffer: the reason and what the kubelet says.
#[derive(Debug, Clone, Copy, Default)]
enum Trouble {
    #[default]
    Liveness,
    Readiness,
    Mount,
    Sandbox,
}

impl Trouble {
    fn reason(self) -> &'static str {
        match self {
            Trouble::Liveness | Trouble::Readiness => "Unhealthy",
            Trouble::Mount => "FailedMount",
            Trouble::Sandbox => "FailedCreatePodSandBox",
        }
    }

    fn message(self, workload: &Workload) -> String {
        match self {
            Trouble::Liveness => {
                "Liveness probe failed: HTTP probe failed with statuscode: 500".to_owned()
            }
            Trouble::Readiness => {
                "Readiness probe failed: HTTP probe failed with statuscode: 503".to_owned()
            }
            Trouble::Mount => format!(
                "MountVolume.SetUp failed for volume \"config\" : configmap \"{}-config\" not found",
                workload.name
            ),
            Trouble::Sandbox => {
                "Failed to create pod sandbox: rpc error: code = DeadlineExceeded desc = context deadline exceeded"
                    .to_owned()
            }
        }
    }
}

/// Seconds since the middle of each incident of a cluster.
pub(super) fn incidents(context: &Context<'_>) -> Vec<u64> {
    let mut rng = Rng::keyed(context.seed, &["incidents", &context.profile.name]);
    (0..INCIDENTS)
        .map(|_| rng.between(2 * SPREAD_S, TTL_S - 2 * SPREAD_S))
        .collect()
}

/// The warning about a pod that one of the `incidents` hit, and the stream that its identity comes from.
pub(super) fn about_pod<'a>(
    context: &Context<'_>,
    incidents: &[u64],
    workload: &'a Workload,
    pod: &'a PodPlan,
    node: &'a NodePlan,
) -> Option<(Event<'a>, Rng)> {
    if workload.owner != Owner::Deployment || pod.state != PodState::Running {
        return None;
    }
    let mut together = Rng::keyed(context.seed, &["incident", &workload.uid]);
    let hit = together.chance(DEPLOYMENTS_HIT);
    let middle_s = together.pick(incidents);
    let trouble = together.pick(&[
        Trouble::Liveness,
        Trouble::Readiness,
        Trouble::Mount,
        Trouble::Sandbox,
    ]);
    let mut own = Rng::keyed(context.seed, &["incident", &pod.uid]);
    if !hit || !own.chance(PODS_HIT) {
        return None;
    }
    let of_container = matches!(trouble, Trouble::Liveness | Trouble::Readiness);
    let event = Event {
        kind: "Pod",
        namespace: workload.namespace,
        name: &pod.name,
        uid: &pod.uid,
        field_path: of_container.then(|| format!("spec.containers{{{}}}", workload.name)),
        warning: true,
        reason: trouble.reason(),
        message: trouble.message(workload),
        component: "kubelet",
        host: &node.name,
        count: own.between(1, 6),
        last_s: own.between(
            middle_s.saturating_sub(SPREAD_S),
            middle_s.saturating_add(SPREAD_S),
        ),
    };
    Some((event, own))
}
