//! Owns the plan of every pod: its name, where it runs and how it fares. Pods, replica counts, events and
//! metrics are all generated from this one list, so that they agree with each other.

use super::node::NodePlan;
use super::workload::{Owner, Workload};
use crate::options::ClusterProfile;
use crate::seed::Rng;

/// How a pod fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PodState {
    /// All containers run.
    Running,
    /// The program starts and fails again and again; its sidecars run.
    CrashLoop,
    /// The program's image cannot be pulled.
    ImagePull,
    /// No node has room.
    Unschedulable,
    /// The kubelet threw it out for want of memory.
    Evicted,
    /// A job's pod that ended well.
    Completed,
    /// A job's pod that ended badly.
    JobFailed,
}

impl PodState {
    /// `status.phase`.
    pub(crate) fn phase(self) -> &'static str {
        match self {
            PodState::Running | PodState::CrashLoop => "Running",
            PodState::ImagePull | PodState::Unschedulable => "Pending",
            PodState::Completed => "Succeeded",
            PodState::Evicted | PodState::JobFailed => "Failed",
        }
    }
}

/// One pod before it is written out.
#[derive(Debug, Clone)]
pub(crate) struct PodPlan {
    /// Index into the cluster's workloads.
    pub(crate) workload: usize,
    pub(crate) name: String,
    pub(crate) uid: String,
    pub(crate) state: PodState,
    /// Index into the cluster's nodes; `None` while it is not scheduled.
    pub(crate) node: Option<usize>,
    pub(crate) ip: Option<String>,
    pub(crate) age_s: u64,
    /// Restarts of the program's container, with the seconds since the last one.
    pub(crate) restarts: u64,
    pub(crate) last_restart_s: u64,
}

/// Of so many pods in a row one is in trouble, and where in the row it stands. The numbers share no factor, so
/// that troubles of two kinds rarely meet; a fleet of 120 pods has each of them at least once.
const TROUBLES: [(usize, usize, PodState); 4] = [
    (23, 7, PodState::CrashLoop),
    (41, 12, PodState::ImagePull),
    (47, 19, PodState::Unschedulable),
    (59, 31, PodState::Evicted),
];
/// Clusters differ by this many places, so that not the same pods of each are in trouble.
const SHIFT_PER_CLUSTER: usize = 5;

/// The pods of a cluster, in the order of its workloads.
pub(crate) fn plan(
    seed: u64,
    profile: &ClusterProfile,
    workloads: &[Workload],
    nodes: &[NodePlan],
) -> Vec<PodPlan> {
    // The kubelet of a node that is not ready reports nothing, and after five minutes its pods are gone from it.
    let ready: Vec<usize> = (0..nodes.len())
        .filter(|index| nodes.get(*index).is_some_and(|node| node.ready))
        .collect();
    let mut pods = Vec::new();
    for (index, workload) in workloads.iter().enumerate() {
        let mut rng = Rng::keyed(
            seed,
            &["pods", &profile.name, workload.namespace, &workload.name],
        );
        for _ in 0..workload.replicas {
            let number = pods.len();
            let state = state(workload, number, profile, &mut rng);
            let node = (state != PodState::Unschedulable).then(|| rng.pick(&ready));
            let has_ip = node.is_some() && state != PodState::Evicted;
            let age_s = match workload.owner {
                Owner::Job => rng.between(600, 20 * 3600),
                Owner::Deployment => rng.between(workload.rolled_out_s / 2, workload.rolled_out_s),
            };
            let restarts = match state {
                PodState::CrashLoop => rng.between(12, 400),
                PodState::Running if rng.chance(90) => rng.between(1, 4),
                _ => 0,
            };
            pods.push(PodPlan {
                workload: index,
                name: format!("{}-{}", workload.owner_name(), rng.suffix(5)),
                uid: rng.uid(),
                state,
                node,
                ip: has_ip.then(|| pod_ip(profile, number)),
                age_s,
                restarts,
                last_restart_s: match state {
                    PodState::CrashLoop => rng.between(20, 290),
                    _ => rng.between(900, age_s.max(901)),
                },
            });
        }
    }
    pods
}

fn state(workload: &Workload, number: usize, profile: &ClusterProfile, rng: &mut Rng) -> PodState {
    if workload.owner == Owner::Job {
        return if rng.chance(150) {
            PodState::JobFailed
        } else {
            PodState::Completed
        };
    }
    let place = number.saturating_add(profile.index.saturating_mul(SHIFT_PER_CLUSTER));
    TROUBLES
        .iter()
        .find(|(every, at, _)| place % every == *at)
        .map_or(PodState::Running, |(_, _, state)| *state)
}

/// An address of the cluster's own pod network, 10.64.0.0/10 dealt out by cluster.
fn pod_ip(profile: &ClusterProfile, number: usize) -> String {
    format!(
        "10.{}.{}.{}",
        64 + profile.index % 64,
        (number / 250) % 256,
        number % 250 + 2
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::{node, workload};
    use std::collections::BTreeSet;

    #[test]
    fn a_fleet_of_the_default_size_shows_every_state() {
        for index in 0..3 {
            let profile = ClusterProfile::nth(index);
            let workloads = workload::plan(7, &profile, 120);
            let nodes = node::plan(7, &profile, 120);
            let pods = plan(7, &profile, &workloads, &nodes);
            assert_eq!(pods.len(), 120);
            for state in [
                PodState::Running,
                PodState::CrashLoop,
                PodState::ImagePull,
                PodState::Unschedulable,
                PodState::Evicted,
                PodState::Completed,
            ] {
                assert!(
                    pods.iter().any(|pod| pod.state == state),
                    "{} has no {state:?}",
                    profile.name
                );
            }
            let names: BTreeSet<_> = pods.iter().map(|pod| &pod.name).collect();
            assert_eq!(names.len(), 120, "names are unique");
            assert!(
                pods.iter()
                    .all(|pod| pod.node.is_none_or(|node| nodes[node].ready))
            );
        }
    }
}
