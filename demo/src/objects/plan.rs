//! Owns what a cluster is made from: its workloads, nodes and pods before they are written out as objects. Kinds
//! that are generated when they are first asked for read it, so that they agree with those generated at start.

use std::ops::Range;

use super::catalog;
use super::node::{self, NodePlan};
use super::pod_plan::{self, PodPlan, PodState};
use super::workload::{self, Owner, Workload};
use crate::clock::Clock;
use crate::options::ClusterProfile;
use crate::seed::Rng;

/// The plan of one cluster.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) profile: ClusterProfile,
    pub(crate) clock: Clock,
    pub(crate) workloads: Vec<Workload>,
    pub(crate) nodes: Vec<NodePlan>,
    /// In the order of the workloads.
    pub(crate) pods: Vec<PodPlan>,
    /// Where each workload's pods are among them.
    ranges: Vec<Range<usize>>,
}

impl Plan {
    /// Plans a cluster with this many pods.
    pub(crate) fn new(seed: u64, profile: &ClusterProfile, pods: usize, clock: Clock) -> Plan {
        let workloads = workload::plan(seed, profile, pods);
        let nodes = node::plan(seed, profile, pods);
        let pods = pod_plan::plan(seed, profile, &workloads, &nodes);
        let mut start = 0usize;
        let ranges = workloads
            .iter()
            .map(|workload| {
                let from = start;
                start = start.saturating_add(workload.replicas);
                from..start
            })
            .collect();
        Plan {
            seed,
            profile: profile.clone(),
            clock,
            workloads,
            nodes,
            pods,
            ranges,
        }
    }

    /// The pods of the workload at this place.
    pub(crate) fn pods_of(&self, workload: usize) -> &[PodPlan] {
        let range = self.ranges.get(workload).cloned().unwrap_or_default();
        self.pods.get(range).unwrap_or_default()
    }

    /// The workloads that are deployments, each with its pods.
    pub(crate) fn deployments(&self) -> impl Iterator<Item = (&Workload, &[PodPlan])> {
        self.of_owner(Owner::Deployment)
    }

    /// The workloads that are jobs, each with its pods.
    pub(crate) fn jobs(&self) -> impl Iterator<Item = (&Workload, &[PodPlan])> {
        self.of_owner(Owner::Job)
    }

    fn of_owner(&self, owner: Owner) -> impl Iterator<Item = (&Workload, &[PodPlan])> {
        self.workloads
            .iter()
            .enumerate()
            .filter(move |(_, workload)| workload.owner == owner)
            .map(|(index, workload)| (workload, self.pods_of(index)))
    }

    /// The node a pod runs on.
    pub(crate) fn node_of(&self, pod: &PodPlan) -> Option<&NodePlan> {
        self.nodes.get(pod.node?)
    }

    /// The namespaces in which the company's teams run programs: all but Kubernetes' own.
    pub(crate) fn team_namespaces(&self) -> Vec<&'static str> {
        catalog::namespaces()
            .into_iter()
            .filter(|name| *name != "default" && !name.starts_with("kube-"))
            .collect()
    }

    /// A stream of its own for one object of a kind; it never meets those of the kinds generated at start.
    pub(crate) fn stream(&self, kind: &str, namespace: &str, name: &str) -> Rng {
        Rng::keyed(
            self.seed,
            &["object", &self.profile.name, kind, namespace, name],
        )
    }

    /// The identity of an object, the same wherever it is referred to.
    pub(crate) fn uid(&self, kind: &str, namespace: &str, name: &str) -> String {
        Rng::keyed(
            self.seed,
            &["uid", &self.profile.name, kind, namespace, name],
        )
        .uid()
    }
}

/// How many of the pods are ready.
pub(crate) fn ready(pods: &[PodPlan]) -> usize {
    pods.iter()
        .filter(|pod| pod.state == PodState::Running)
        .count()
}

/// What ails a workload: the worst state any of its pods is in, or `None` when all of them run.
pub(crate) fn trouble(pods: &[PodPlan]) -> Option<PodState> {
    [
        PodState::CrashLoop,
        PodState::ImagePull,
        PodState::Unschedulable,
    ]
    .into_iter()
    .find(|state| pods.iter().any(|pod| pod.state == *state))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pod_is_found_by_its_workload() {
        let plan = Plan::new(7, &ClusterProfile::nth(0), 120, Clock::at(1_795_249_000));
        let mut seen = 0;
        for index in 0..plan.workloads.len() {
            assert!(plan.pods_of(index).iter().all(|pod| pod.workload == index));
            seen += plan.pods_of(index).len();
        }
        assert_eq!(seen, 120);
        assert!(plan.pods_of(99).is_empty());
        assert!(plan.deployments().any(|(_, pods)| trouble(pods).is_some()));
        assert!(plan.deployments().any(|(_, pods)| trouble(pods).is_none()));
    }
}
