//! Owns the alarms of an account: for each instance that it is up and not overloaded, for each workload that its pods do
//! not restart, for each cluster that its nodes are there, and a composite one of each cluster over these. Their states
//! agree with the metrics that they watch.

use std::sync::Arc;

use super::account::aws_name;
use super::metric::{MEASURED_PODS, busy};
use crate::objects::signal::{exact, instant};
use crate::objects::usage::CRASH_CYCLE_S;
use crate::objects::{NodePlan, Owner, Plan, PodPlan, PodState, Workload, World};

/// A workload is in trouble when a pod of it restarted more often than this.
const MANY_RESTARTS: u64 = 10;

/// The state of an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Ok,
    Alarm,
    /// Nobody publishes the metric.
    InsufficientData,
}

impl State {
    /// The name that the API has for it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            State::Ok => "OK",
            State::Alarm => "ALARM",
            State::InsufficientData => "INSUFFICIENT_DATA",
        }
    }
}

/// What an alarm watches.
#[derive(Debug, Clone)]
pub(crate) enum Watch {
    /// A metric that is compared with a threshold.
    Metric {
        namespace: &'static str,
        metric: &'static str,
        dimensions: Vec<(&'static str, String)>,
        statistic: &'static str,
        period_s: u64,
        periods: u64,
        comparison: &'static str,
        threshold: f64,
    },
    /// Other alarms, by a rule.
    Alarms { rule: String },
}

/// An alarm.
#[derive(Debug, Clone)]
pub(crate) struct Alarm {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) watch: Watch,
    pub(crate) state: State,
    pub(crate) reason: String,
    /// Seconds since the state last changed, before the instant that the fleet stands at.
    pub(crate) changed_s: u64,
    /// Seconds since it was made.
    pub(crate) age_s: u64,
    /// Which topic is told.
    pub(crate) topic: String,
}

/// The alarms of clusters: those of metrics by name, then composite ones by name.
pub(super) fn of(worlds: &[Arc<World>]) -> Vec<Alarm> {
    let mut alarms = Vec::new();
    for world in worlds {
        let from = alarms.len();
        of_cluster(world, &mut alarms);
        let children = alarms.get(from..).unwrap_or_default();
        let composite = composite(world, children);
        alarms.push(composite);
    }
    alarms.sort_by_key(|alarm| {
        (
            matches!(alarm.watch, Watch::Alarms { .. }),
            alarm.name.clone(),
        )
    });
    alarms
}

fn of_cluster(world: &World, alarms: &mut Vec<Alarm>) {
    let plan = &world.plan;
    for node in &plan.nodes {
        alarms.extend([status_check(world, node), cpu_high(world, node)]);
    }
    // Pods are in the order of their workloads.
    let measured = plan.pods.get(..MEASURED_PODS.min(plan.pods.len()));
    for pods in measured
        .unwrap_or_default()
        .chunk_by(|a, b| a.workload == b.workload)
    {
        let workload = pods
            .first()
            .and_then(|pod| plan.workloads.get(pod.workload));
        if let Some(workload) = workload.filter(|workload| workload.owner == Owner::Deployment) {
            alarms.push(restarts(world, workload, pods));
        }
    }
    alarms.extend([failed_nodes(world), queue(world)]);
}

/// An alarm of a cluster, as far as they are all alike.
fn alarm(world: &World, name: &str, description: String, state: State, changed_s: u64) -> Alarm {
    let age_s = plan_age_s(&world.plan);
    Alarm {
        name: format!("{}-{name}", world.profile.name),
        description,
        watch: Watch::Alarms {
            rule: String::new(),
        },
        state,
        reason: String::new(),
        changed_s: changed_s.min(age_s),
        age_s,
        topic: format!("oncall-{}", world.profile.team),
    }
}

/// Alarms were made with the cluster, which is as old as its oldest node.
fn plan_age_s(plan: &Plan) -> u64 {
    plan.nodes.iter().map(|node| node.age_s).max().unwrap_or(0)
}

fn status_check(world: &World, node: &NodePlan) -> Alarm {
    let state = if node.ready { State::Ok } else { State::Alarm };
    let name = format!("{}-status-check", node.instance_id);
    let description = format!("The instance of node {} fails its status checks", node.name);
    let value = if node.ready { 0.0 } else { 1.0 };
    watching(
        alarm(
            world,
            &name,
            description,
            state,
            node.changed_s.saturating_sub(120),
        ),
        ("AWS/EC2", "StatusCheckFailed", "Maximum"),
        vec![("InstanceId", node.instance_id.clone())],
        (60, 2, "GreaterThanOrEqualToThreshold", 1.0),
        value,
    )
}

fn cpu_high(world: &World, node: &NodePlan) -> Alarm {
    let state = if node.ready { State::Ok } else { State::Alarm };
    let name = format!("{}-cpu-high", node.instance_id);
    let description = format!("The instance of node {} has no time left", node.name);
    let now_s = instant(world.plan.clock.ago_s(0));
    let value = busy(&world.plan, node).at(now_s).unwrap_or(0.0);
    watching(
        alarm(
            world,
            &name,
            description,
            state,
            node.changed_s.saturating_sub(300),
        ),
        ("AWS/EC2", "CPUUtilization", "Average"),
        vec![("InstanceId", node.instance_id.clone())],
        (60, 5, "GreaterThanThreshold", 90.0),
        value,
    )
}

fn restarts(world: &World, workload: &Workload, pods: &[PodPlan]) -> Alarm {
    let most = pods.iter().map(|pod| pod.restarts).max().unwrap_or(0);
    let crashing = pods
        .iter()
        .filter(|pod| pod.state == PodState::CrashLoop && pod.restarts > MANY_RESTARTS);
    // Since the first pod of it had its eleventh restart.
    let since = crashing.map(|pod| {
        let after = pod.restarts.saturating_sub(MANY_RESTARTS).saturating_sub(1);
        pod.last_restart_s
            .saturating_add(after.saturating_mul(CRASH_CYCLE_S))
    });
    let (state, changed_s) = match since.max() {
        Some(since_s) => (State::Alarm, since_s),
        None => (State::Ok, workload.rolled_out_s),
    };
    let name = format!("{}-{}-restarts", workload.namespace, workload.name);
    let description = format!("Pods of {}/{} restart", workload.namespace, workload.name);
    watching(
        alarm(world, &name, description, state, changed_s),
        (
            "ContainerInsights",
            "pod_number_of_container_restarts",
            "Maximum",
        ),
        vec![
            ("ClusterName", aws_name(&world.profile).to_owned()),
            ("Namespace", workload.namespace.to_owned()),
            ("PodName", workload.name.clone()),
        ],
        (60, 1, "GreaterThanThreshold", exact(MANY_RESTARTS)),
        exact(most),
    )
}

fn failed_nodes(world: &World) -> Alarm {
    let failed = world.plan.nodes.iter().filter(|node| !node.ready);
    let since_s = failed
        .clone()
        .map(|node| node.changed_s.saturating_sub(60))
        .max();
    let (state, changed_s) = match since_s {
        Some(since_s) => (State::Alarm, since_s),
        None => (State::Ok, plan_age_s(&world.plan)),
    };
    let description = format!("Nodes of {} are not ready", world.profile.name);
    let count = failed.fold(0.0, |count, _| count + 1.0);
    watching(
        alarm(world, "failed-nodes", description, state, changed_s),
        ("ContainerInsights", "cluster_failed_node_count", "Maximum"),
        vec![("ClusterName", aws_name(&world.profile).to_owned())],
        (60, 1, "GreaterThanThreshold", 0.0),
        count,
    )
}

/// The queue was removed and its alarm was forgotten.
fn queue(world: &World) -> Alarm {
    let name = format!("{}-reports", world.profile.name);
    let description = "Reports wait too long".to_owned();
    let age_s = plan_age_s(&world.plan);
    let mut alarm = watching(
        alarm(
            world,
            "reports-waiting",
            description,
            State::InsufficientData,
            age_s / 2,
        ),
        ("AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum"),
        vec![("QueueName", name)],
        (300, 3, "GreaterThanThreshold", 600.0),
        0.0,
    );
    alarm.reason = "Insufficient Data: 3 datapoints were unknown.".to_owned();
    alarm
}

/// The alarm with the metric that it watches, and the reason of its state.
fn watching(
    mut alarm: Alarm,
    (namespace, metric, statistic): (&'static str, &'static str, &'static str),
    dimensions: Vec<(&'static str, String)>,
    (period_s, periods, comparison, threshold): (u64, u64, &'static str, f64),
    value: f64,
) -> Alarm {
    let crossed = if alarm.state == State::Alarm {
        "was"
    } else {
        "was not"
    };
    let how = match comparison {
        "GreaterThanThreshold" => "greater than",
        _ => "greater than or equal to",
    };
    alarm.reason = format!(
        "Threshold Crossed: {periods} out of the last {periods} datapoints [{value:.1}] {crossed} {how} the threshold ({threshold:.1})."
    );
    alarm.watch = Watch::Metric {
        namespace,
        metric,
        dimensions,
        statistic,
        period_s,
        periods,
        comparison,
        threshold,
    };
    alarm
}

/// The alarm over those of a cluster that concern more than one pod or node.
fn composite(world: &World, children: &[Alarm]) -> Alarm {
    let watched: Vec<&Alarm> = children
        .iter()
        .filter(|alarm| alarm.name.ends_with("-failed-nodes") || alarm.name.ends_with("-restarts"))
        .collect();
    let rules: Vec<String> = watched
        .iter()
        .map(|alarm| format!("ALARM(\"{}\")", alarm.name))
        .collect();
    let first = watched
        .iter()
        .filter(|alarm| alarm.state == State::Alarm)
        .max_by_key(|alarm| alarm.changed_s);
    let description = format!("Something is wrong with {}", world.profile.name);
    let mut alarm = match first {
        Some(first) => {
            let changed_s = first.changed_s;
            let mut alarm = alarm(world, "unhealthy", description, State::Alarm, changed_s);
            let (name, at) = (&first.name, world.plan.clock.ago(changed_s));
            alarm.reason = format!("{name} transitioned to ALARM at {at}");
            alarm
        }
        None => {
            let age_s = plan_age_s(&world.plan);
            let mut alarm = alarm(world, "unhealthy", description, State::Ok, age_s);
            alarm.reason = "No alarm of the rule is in ALARM".to_owned();
            alarm
        }
    };
    alarm.watch = Watch::Alarms {
        rule: rules.join(" OR "),
    };
    alarm
}
