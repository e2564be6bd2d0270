//! Owns the series of a cluster: their labels, and their value at any instant, from the seed.

use std::collections::BTreeMap;

use crate::objects::World;

/// Labels by name, `__name__` among them.
pub(crate) type Labels = BTreeMap<String, String>;

/// One series.
#[derive(Debug, Clone)]
pub(crate) struct Series {
    pub(crate) labels: Labels,
    pub(crate) course: Course,
}

/// How a series goes on in time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Course {
    /// It grows steadily since its start, in seconds since 1970; before, it does not exist.
    Counter { per_second: f64, since_s: f64 },
    /// It stays.
    Gauge(f64),
}

impl Course {
    /// The value at an instant in seconds since 1970.
    pub(crate) fn at(self, time_s: f64) -> Option<f64> {
        match self {
            Course::Counter {
                per_second,
                since_s,
            } => (time_s >= since_s)
                .then(|| ((time_s - since_s) * per_second * 1000.0).round() / 1000.0),
            Course::Gauge(value) => Some(value),
        }
    }
}

fn labels(name: &str, pairs: &[(&str, &str)]) -> Labels {
    pairs
        .iter()
        .map(|(label, value)| ((*label).to_owned(), (*value).to_owned()))
        .chain([("__name__".to_owned(), name.to_owned())])
        .collect()
}

/// All series of a cluster, by metric and in the order of the objects they are about.
pub(crate) fn of(world: &World) -> Vec<Series> {
    let mut series = Vec::new();
    for container in &world.running {
        let usage = container.usage(world.seed, &world.profile.name);
        let about = [
            ("container", container.container.as_str()),
            ("namespace", container.namespace.as_str()),
            ("node", container.node.as_str()),
            ("pod", container.pod.as_str()),
        ];
        let cores = exact(usage.cpu_micro) / 1e6;
        let since_s = exact(u64::try_from(container.started_s).unwrap_or(0));
        series.push(Series {
            labels: labels("container_cpu_usage_seconds_total", &about),
            course: Course::Counter {
                per_second: cores,
                since_s,
            },
        });
        series.push(Series {
            labels: labels("container_memory_working_set_bytes", &about),
            course: Course::Gauge(exact(usage.memory_bytes)),
        });
    }
    for node in &world.nodes {
        let instance = format!("{}:10250", node.ip);
        let up = [
            ("instance", instance.as_str()),
            ("job", "kubelet"),
            ("node", node.name.as_str()),
        ];
        series.push(Series {
            labels: labels("up", &up),
            course: Course::Gauge(if node.ready { 1.0 } else { 0.0 }),
        });
        let actual = if node.ready { "true" } else { "unknown" };
        for status in ["true", "false", "unknown"] {
            let about = [
                ("condition", "Ready"),
                ("node", node.name.as_str()),
                ("status", status),
            ];
            series.push(Series {
                labels: labels("kube_node_status_condition", &about),
                course: Course::Gauge(if status == actual { 1.0 } else { 0.0 }),
            });
        }
    }
    let own = [("instance", "localhost:9090"), ("job", "prometheus")];
    series.push(Series {
        labels: labels("up", &own),
        course: Course::Gauge(1.0),
    });
    series.sort_by(|a, b| {
        a.labels["__name__"]
            .cmp(&b.labels["__name__"])
            .then_with(|| a.labels.cmp(&b.labels))
    });
    series
}

/// The number as a float; the fleet's numbers are all far below 2^53, where this is exact.
fn exact(number: u64) -> f64 {
    const MAX: u64 = 1 << 53;
    #[allow(
        clippy::cast_precision_loss,
        reason = "bounded by 2^53, up to which every integer has its own float"
    )]
    let float = number.min(MAX) as f64;
    float
}
