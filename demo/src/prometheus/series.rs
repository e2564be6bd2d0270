//! Owns the series of a cluster: their labels, and their samples at any instant, as if they had been scraped.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::objects::signal::{Shape, Signal, exact, instant};
use crate::objects::usage::{backs_off, restarts};
use crate::objects::{Owner, World};

/// Every series is scraped at the multiples of this.
pub(crate) const SCRAPE_MS: i64 = 30_000;
/// Prometheus' default: older samples are gone.
pub(super) const RETENTION_MS: i64 = 15 * 86_400_000;
/// A program answers a request every ten seconds on average, as its log shows.
const REQUESTS_PER_SECOND: f64 = 0.1;
/// The metric that has exemplars.
pub(crate) const REQUESTS: &str = "http_requests_total";

/// Labels by name, `__name__` among them.
pub(crate) type Labels = BTreeMap<String, String>;

/// One series.
#[derive(Debug, Clone)]
pub(crate) struct Series {
    pub(crate) labels: Arc<Labels>,
    /// The labels without the metric's name, which functions take away.
    pub(crate) nameless: Arc<Labels>,
    signal: Signal,
    /// The first instant that is kept, in milliseconds since 1970.
    oldest_ms: i64,
}

impl Series {
    /// A series; what is older than `oldest_ms` is gone.
    pub(crate) fn new(labels: Labels, signal: Signal, oldest_ms: i64) -> Series {
        let mut nameless = labels.clone();
        nameless.remove("__name__");
        Series {
            labels: Arc::new(labels),
            nameless: Arc::new(nameless),
            signal,
            oldest_ms,
        }
    }

    /// The metric's name.
    pub(crate) fn name(&self) -> &str {
        self.labels.get("__name__").map_or("", String::as_str)
    }

    /// The value of the last scrape at or before an instant. Where that had none, the series is stale.
    pub(crate) fn at(&self, time_ms: i64) -> Option<f64> {
        let scraped_ms = time_ms.div_euclid(SCRAPE_MS).saturating_mul(SCRAPE_MS);
        self.scraped(scraped_ms)
    }

    /// The samples after `from_ms` up to and including `to_ms`: ranges are open at their left end since Prometheus 3.
    pub(crate) fn samples(&self, from_ms: i64, to_ms: i64) -> impl Iterator<Item = (i64, f64)> {
        let from_ms = from_ms.max(self.oldest_ms.saturating_sub(1));
        let first = from_ms.div_euclid(SCRAPE_MS).saturating_add(1);
        let last = to_ms.div_euclid(SCRAPE_MS);
        (first..=last).filter_map(|number| {
            let time_ms = number.saturating_mul(SCRAPE_MS);
            Some((time_ms, self.scraped(time_ms)?))
        })
    }

    fn scraped(&self, time_ms: i64) -> Option<f64> {
        if time_ms < self.oldest_ms {
            return None;
        }
        let seconds = instant(time_ms.div_euclid(1000));
        self.signal.at(seconds)
    }

    /// The increase a second, if it is the same at all times.
    pub(crate) fn steady_rate(&self) -> Option<f64> {
        match self.signal.shape {
            Shape::Steady { per_second } => Some(per_second),
            _ => None,
        }
    }

    /// Whether it only grows.
    pub(crate) fn is_counter(&self) -> bool {
        self.signal.is_counter()
    }
}

/// Collects the series of a cluster.
struct Writer {
    oldest_ms: i64,
    series: Vec<Series>,
}

impl Writer {
    fn put(&mut self, name: &str, pairs: &[(&str, &str)], signal: Signal) {
        let labels = pairs
            .iter()
            .map(|(label, value)| ((*label).to_owned(), (*value).to_owned()))
            .chain([("__name__".to_owned(), name.to_owned())])
            .collect();
        let series = Series::new(labels, signal, self.oldest_ms);
        self.series.push(series);
    }
}

/// All series of a cluster, by metric and labels.
pub(crate) fn of(world: &World) -> Vec<Series> {
    let now_ms = world.plan.clock.ago_s(0).saturating_mul(1000);
    let mut writer = Writer {
        oldest_ms: now_ms.saturating_sub(RETENTION_MS),
        series: Vec::new(),
    };
    containers(world, &mut writer);
    pods(world, &mut writer);
    nodes(world, &mut writer);
    let mut series = writer.series;
    series.sort_by(|a, b| a.name().cmp(b.name()).then_with(|| a.labels.cmp(&b.labels)));
    series
}

fn containers(world: &World, writer: &mut Writer) {
    for container in &world.running {
        let usage = container.usage(world.seed, &world.profile.name);
        let about = [
            ("container", container.container.as_str()),
            ("namespace", container.namespace.as_str()),
            ("node", container.node.as_str()),
            ("pod", container.pod.as_str()),
        ];
        let cpu = container.cpu_seconds(usage);
        writer.put("container_cpu_usage_seconds_total", &about, cpu);
        let memory = container.memory(usage);
        writer.put("container_memory_working_set_bytes", &about, memory);
    }
}

fn pods(world: &World, writer: &mut Writer) {
    let plan = &world.plan;
    for pod in &plan.pods {
        let Some(workload) = plan.workloads.get(pod.workload) else {
            continue;
        };
        if workload.owner != Owner::Deployment || pod.node.is_none() {
            continue;
        }
        let about = [
            ("container", workload.name.as_str()),
            ("namespace", workload.namespace),
            ("pod", pod.name.as_str()),
        ];
        let count = restarts(plan, pod);
        writer.put("kube_pod_container_status_restarts_total", &about, count);
        if let Some(waits) = backs_off(plan, pod) {
            let mut about = about.to_vec();
            about.push(("reason", "CrashLoopBackOff"));
            writer.put("kube_pod_container_status_waiting_reason", &about, waits);
        } else if pod.state == crate::objects::PodState::Running {
            let about = [
                ("namespace", workload.namespace),
                ("pod", pod.name.as_str()),
                ("service", workload.name.as_str()),
            ];
            let answered = Signal {
                from_s: instant(plan.clock.ago_s(pod.age_s)),
                shape: Shape::Steady {
                    per_second: REQUESTS_PER_SECOND,
                },
            };
            writer.put(REQUESTS, &about, answered);
        }
    }
}

fn nodes(world: &World, writer: &mut Writer) {
    let plan = &world.plan;
    let since = |seconds| instant(plan.clock.ago_s(seconds));
    for node in &plan.nodes {
        let from_s = since(node.age_s);
        // What is not ready now was ready until then.
        let turned = |before: f64, after: f64| Signal {
            from_s,
            shape: if node.ready {
                Shape::Constant(before)
            } else {
                Shape::Switch {
                    at_s: since(node.changed_s),
                    before,
                    after,
                }
            },
        };
        let instance = format!("{}:10250", node.ip);
        let up = [
            ("instance", instance.as_str()),
            ("job", "kubelet"),
            ("node", node.name.as_str()),
        ];
        writer.put("up", &up, turned(1.0, 0.0));
        for (status, signal) in [
            ("true", turned(1.0, 0.0)),
            ("false", turned(0.0, 0.0)),
            ("unknown", turned(0.0, 1.0)),
        ] {
            let about = [
                ("condition", "Ready"),
                ("node", node.name.as_str()),
                ("status", status),
            ];
            writer.put("kube_node_status_condition", &about, signal);
        }
    }
    let own = [("instance", "localhost:9090"), ("job", "prometheus")];
    let always = Signal {
        from_s: 0.0,
        shape: Shape::Constant(1.0),
    };
    writer.put("up", &own, always);
}

/// Milliseconds as seconds.
pub(crate) fn seconds(milliseconds: i64) -> f64 {
    exact(u64::try_from(milliseconds).unwrap_or(0)) / 1000.0
}
