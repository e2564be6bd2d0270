//! Owns the metrics of an account: EC2's of the nodes' instances, and those of Container Insights (with enhanced
//! observability) of clusters, nodes, pods and workloads. Their values are the same quantities that Prometheus tells.

use std::sync::Arc;

use super::account::aws_name;
use crate::objects::signal::{Shape, Signal, exact, instant};
use crate::objects::usage::restarts;
use crate::objects::{NodePlan, Owner, Plan, RunningContainer, World};
use crate::seed::Rng;

/// The agent measures the first so many pods of a cluster: a metric of each of a million pods is nobody's dashboard.
pub(crate) const MEASURED_PODS: usize = 300;
/// Below this part of a day's mean, and above it, goes the load of an instance.
const CPU_SWING: f64 = 0.25;
/// How busy an instance is whose kubelet does not answer, in percent: it is why.
const STUCK_CPU_PERCENT: f64 = 98.5;
/// The memory of an instance that pods may take, in bytes.
const NODE_MEMORY: f64 = 32.0 * 1024.0 * 1024.0 * 1024.0;
/// The cores of an instance.
const NODE_CORES: f64 = 8.0;

/// A metric: what identifies it, and who publishes values for it each minute.
#[derive(Debug, Clone)]
pub(crate) struct Metric {
    pub(crate) namespace: &'static str,
    pub(crate) name: &'static str,
    /// Sorted by name.
    pub(crate) dimensions: Vec<(&'static str, String)>,
    pub(crate) unit: &'static str,
    publishers: Vec<Publisher>,
}

/// Publishes, each minute, a factor times the sum of the signals that have a value.
#[derive(Debug, Clone)]
struct Publisher {
    terms: Vec<Signal>,
    factor: f64,
}

impl Metric {
    /// The values that are published for an instant.
    pub(crate) fn samples(&self, time_s: f64) -> impl Iterator<Item = f64> {
        self.publishers.iter().filter_map(move |publisher| {
            let values = publisher.terms.iter().filter_map(|term| term.at(time_s));
            values
                .reduce(|sum, value| sum + value)
                .map(|sum| sum * publisher.factor)
        })
    }

    fn order(&self) -> (&'static str, &'static str, &[(&'static str, String)]) {
        (self.namespace, self.name, &self.dimensions)
    }
}

/// The metrics of clusters, in order.
pub(super) fn of(worlds: &[Arc<World>]) -> Vec<Metric> {
    let mut metrics = Vec::new();
    for world in worlds {
        nodes(world, &mut metrics);
        pods(world, &mut metrics);
    }
    metrics.sort_by(|a, b| a.order().cmp(&b.order()));
    metrics
}

fn metric(
    (namespace, name, unit): (&'static str, &'static str, &'static str),
    dimensions: &[(&'static str, &str)],
    terms: Vec<Signal>,
    factor: f64,
) -> Metric {
    let mut dimensions: Vec<(&'static str, String)> = dimensions
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()))
        .collect();
    dimensions.sort();
    Metric {
        namespace,
        name,
        dimensions,
        unit,
        publishers: vec![Publisher { terms, factor }],
    }
}

/// When a node began to be as it is, and since when it is there.
fn times(plan: &Plan, node: &NodePlan) -> (f64, f64) {
    let ago = |seconds| instant(plan.clock.ago_s(seconds));
    (ago(node.changed_s), ago(node.age_s))
}

/// A value that is 0 for a node that is well, and 1 from when it was not any more.
fn failing(plan: &Plan, node: &NodePlan) -> Signal {
    let (at_s, from_s) = times(plan, node);
    let shape = if node.ready {
        Shape::Constant(0.0)
    } else {
        Shape::Switch {
            at_s,
            before: 0.0,
            after: 1.0,
        }
    };
    Signal { from_s, shape }
}

/// How busy an instance is, in percent.
pub(super) fn busy(plan: &Plan, node: &NodePlan) -> Signal {
    let (at_s, from_s) = times(plan, node);
    let mut rng = Rng::keyed(plan.seed, &["instance", &node.instance_id]);
    let mean = exact(rng.between(180, 620)) / 10.0;
    let shape = if node.ready {
        Shape::Daily {
            mean,
            swing: CPU_SWING,
            crosses_s: instant(plan.clock.ago_s(0)),
        }
    } else {
        Shape::Switch {
            at_s,
            before: mean,
            after: STUCK_CPU_PERCENT,
        }
    };
    Signal { from_s, shape }
}

fn nodes(world: &World, metrics: &mut Vec<Metric>) {
    const EC2: &str = "AWS/EC2";
    const INSIGHTS: &str = "ContainerInsights";
    let (plan, cluster) = (&world.plan, aws_name(&world.profile));
    for node in &plan.nodes {
        let instance = [("InstanceId", node.instance_id.as_str())];
        let own = [
            ("ClusterName", cluster),
            ("InstanceId", node.instance_id.as_str()),
            ("NodeName", node.name.as_str()),
        ];
        let (busy, failing) = (vec![busy(plan, node)], vec![failing(plan, node)]);
        metrics.extend([
            metric(
                (EC2, "CPUUtilization", "Percent"),
                &instance,
                busy.clone(),
                1.0,
            ),
            metric(
                (EC2, "StatusCheckFailed", "Count"),
                &instance,
                failing.clone(),
                1.0,
            ),
            metric(
                (EC2, "StatusCheckFailed_Instance", "Count"),
                &instance,
                failing.clone(),
                1.0,
            ),
            metric(
                (EC2, "StatusCheckFailed_System", "Count"),
                &instance,
                failing,
                0.0,
            ),
            metric(
                (INSIGHTS, "node_cpu_utilization", "Percent"),
                &own,
                busy,
                1.0,
            ),
        ]);
    }
    let own = [("ClusterName", cluster)];
    let failed = plan.nodes.iter().map(|node| failing(plan, node)).collect();
    let there = plan.nodes.iter().map(|node| Signal {
        from_s: times(plan, node).1,
        shape: Shape::Constant(1.0),
    });
    metrics.extend([
        metric(
            (INSIGHTS, "cluster_failed_node_count", "Count"),
            &own,
            failed,
            1.0,
        ),
        metric(
            (INSIGHTS, "cluster_node_count", "Count"),
            &own,
            there.collect(),
            1.0,
        ),
    ]);
}

fn pods(world: &World, metrics: &mut Vec<Metric>) {
    const INSIGHTS: &str = "ContainerInsights";
    let (plan, cluster) = (&world.plan, aws_name(&world.profile));
    let mut workloads: Vec<Metric> = Vec::new();
    // Containers are in the order of their pods, and no pod has more than two.
    let measured = world.running.iter().take(2 * MEASURED_PODS);
    for pod in plan.pods.iter().take(MEASURED_PODS) {
        let Some(workload) = plan.workloads.get(pod.workload) else {
            continue;
        };
        if workload.owner != Owner::Deployment {
            continue;
        }
        // Container Insights calls a pod by the name of what owns it, and gives the whole name apart.
        let of_workload = [
            ("ClusterName", cluster),
            ("Namespace", workload.namespace),
            ("PodName", workload.name.as_str()),
        ];
        let mut own = of_workload.to_vec();
        own.push(("FullPodName", pod.name.as_str()));
        let count = vec![restarts(plan, pod)];
        let what = (INSIGHTS, "pod_number_of_container_restarts", "Count");
        let together = metric(what, &of_workload, count.clone(), 1.0);
        match workloads.last_mut() {
            Some(last) if last.dimensions == together.dimensions => {
                last.publishers.extend(together.publishers);
            }
            _ => workloads.push(together),
        }
        metrics.push(metric(what, &own, count, 1.0));
        let containers: Vec<&RunningContainer> = measured
            .clone()
            .filter(|container| container.pod == pod.name)
            .collect();
        if containers.is_empty() {
            continue;
        }
        let signals = |of: &dyn Fn(&RunningContainer) -> Signal| -> Vec<Signal> {
            containers.iter().map(|container| of(container)).collect()
        };
        let usage = |container: &RunningContainer| container.usage(world.seed, &world.profile.name);
        let cores = signals(&|container| container.cores(usage(container)));
        let memory = signals(&|container| container.memory(usage(container)));
        metrics.extend([
            metric(
                (INSIGHTS, "pod_cpu_utilization", "Percent"),
                &own,
                cores,
                100.0 / NODE_CORES,
            ),
            metric(
                (INSIGHTS, "pod_memory_utilization", "Percent"),
                &own,
                memory,
                100.0 / NODE_MEMORY,
            ),
        ]);
    }
    metrics.extend(workloads);
}
