//! Owns what the programs use: which containers run, how busy they are and how much they remember. Prometheus and
//! metrics-server tell the same story, because both read it here.

use super::plan::Plan;
use super::pod_spec;
use crate::seed::Rng;

/// A container that runs, as the metrics know it.
#[derive(Debug, Clone)]
pub(crate) struct RunningContainer {
    pub(crate) namespace: String,
    pub(crate) pod: String,
    pub(crate) container: String,
    pub(crate) node: String,
    pub(crate) cpu_request_m: u64,
    pub(crate) memory_limit_mib: u64,
    /// Seconds since 1970.
    pub(crate) started_s: i64,
}

/// What a container uses.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    /// Millionths of a core: thousandths of the thousandths it asks for.
    pub(crate) cpu_micro: u64,
    /// The working set in bytes.
    pub(crate) memory_bytes: u64,
}

/// What an `envoy` beside a program asks for and may use.
const SIDECAR_CPU_M: u64 = 50;
const SIDECAR_MEMORY_MIB: u64 = 256;

/// Every container of every pod whose phase is Running, in the order of the pods.
pub(super) fn running(plan: &Plan) -> Vec<RunningContainer> {
    let mut running = Vec::new();
    for pod in plan
        .pods
        .iter()
        .filter(|pod| pod.state.phase() == "Running")
    {
        let (Some(workload), Some(node)) = (plan.workloads.get(pod.workload), plan.node_of(pod))
        else {
            continue;
        };
        running.extend(
            pod_spec::container_names(workload)
                .into_iter()
                .map(|container| {
                    let program = container == workload.name;
                    let (cpu_request_m, memory_limit_mib) = if program {
                        (workload.cpu_request_m, workload.memory_limit_mib)
                    } else {
                        (SIDECAR_CPU_M, SIDECAR_MEMORY_MIB)
                    };
                    RunningContainer {
                        namespace: workload.namespace.to_owned(),
                        pod: pod.name.clone(),
                        container,
                        node: node.name.clone(),
                        cpu_request_m,
                        memory_limit_mib,
                        started_s: plan.clock.ago_s(pod.age_s),
                    }
                }),
        );
    }
    running
}

impl RunningContainer {
    /// What it uses, the same at every instant.
    pub(crate) fn usage(&self, seed: u64, cluster: &str) -> Usage {
        let mut rng = Rng::keyed(seed, &["metrics", cluster, &self.pod, &self.container]);
        // Most containers use a part of what they ask for, a few much more: those are what one looks for.
        let busy = rng.chance(40);
        let thousandths = if busy {
            rng.between(1500, 6000)
        } else {
            rng.between(20, 800)
        };
        let limit_bytes = self.memory_limit_mib.saturating_mul(1 << 20);
        Usage {
            cpu_micro: self.cpu_request_m.saturating_mul(thousandths),
            memory_bytes: limit_bytes / 1000 * rng.between(150, 950) / 4096 * 4096,
        }
    }
}
