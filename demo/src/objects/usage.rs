//! Owns what the programs use: which containers run, how busy they are and how much they remember. Prometheus and
//! metrics-server tell the same story, because both read it here.

use super::plan::Plan;
use super::pod_plan::{PodPlan, PodState};
use super::pod_spec;
use super::pod_status::{BACK_OFF_S, RUN_S};
use super::signal::{Bursts, Shape, Signal, exact, instant};
use crate::clock::Clock;
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
    /// The runs of a program that starts and fails again and again; `None` where it just runs.
    pub(crate) runs: Option<Bursts>,
    /// Where the daily swing of its load is at its mean.
    crosses_s: f64,
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

/// By this part of its mean a container's memory swings in a day; below 1/0.95, so that it stays within its limit.
const MEMORY_SWING: f64 = 0.05;

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
                        runs: (program && pod.state == PodState::CrashLoop)
                            .then(|| runs(plan.clock, pod)),
                        crosses_s: instant(plan.clock.ago_s(0)),
                    }
                }),
        );
    }
    running
}

/// From one restart of a program that crashes to the next: its run, and the kubelet's wait.
pub(crate) const CRASH_CYCLE_S: u64 = RUN_S + BACK_OFF_S;
/// How far apart a program that runs well restarted now and then.
const SELDOM_S: u64 = 6 * 3600;

/// The runs of a pod's program that ended in a restart.
fn runs(clock: Clock, pod: &PodPlan) -> Bursts {
    let every_s = match pod.state {
        PodState::CrashLoop => CRASH_CYCLE_S,
        _ => SELDOM_S,
    };
    Bursts {
        last_end_s: instant(clock.ago_s(pod.last_restart_s)),
        length_s: exact(RUN_S),
        every_s: exact(every_s),
        count: exact(pod.restarts),
    }
}

/// How often a pod's program restarted.
pub(crate) fn restarts(plan: &Plan, pod: &PodPlan) -> Signal {
    Signal {
        from_s: instant(plan.clock.ago_s(pod.age_s)),
        shape: Shape::Ended(runs(plan.clock, pod)),
    }
}

/// That a pod's program waits to be started again: 1 while it does; `None` for programs that do not crash.
pub(crate) fn backs_off(plan: &Plan, pod: &PodPlan) -> Option<Signal> {
    let bursts = runs(plan.clock, pod);
    (pod.state == PodState::CrashLoop).then(|| Signal {
        from_s: instant(plan.clock.ago_s(pod.age_s)),
        shape: Shape::Between { value: 1.0, bursts },
    })
}

impl RunningContainer {
    /// The seconds of cores that it used since it was created, as a counter.
    pub(crate) fn cpu_seconds(&self, usage: Usage) -> Signal {
        let per_second = exact(usage.cpu_micro) / 1e6;
        self.signal(match self.runs {
            Some(bursts) => Shape::InBursts { per_second, bursts },
            None => Shape::Steady { per_second },
        })
    }

    /// The cores that it uses.
    pub(crate) fn cores(&self, usage: Usage) -> Signal {
        let cores = exact(usage.cpu_micro) / 1e6;
        self.signal(match self.runs {
            Some(bursts) => Shape::During {
                value: cores,
                bursts,
            },
            None => Shape::Constant(cores),
        })
    }

    /// Its working set in bytes: it follows the load of the day, and a program that crashes has none between its runs.
    pub(crate) fn memory(&self, usage: Usage) -> Signal {
        let mean = exact(usage.memory_bytes);
        self.signal(match self.runs {
            Some(bursts) => Shape::During {
                value: mean,
                bursts,
            },
            None => Shape::Daily {
                mean,
                swing: MEMORY_SWING,
                crosses_s: self.crosses_s,
            },
        })
    }

    fn signal(&self, shape: Shape) -> Signal {
        Signal {
            from_s: instant(self.started_s),
            shape,
        }
    }

    /// What it uses at the instant that the fleet stands at; a program that crashes uses it while it runs.
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
