//! What operators watch: counters and histograms of requests, queries, scans and alerts, in Prometheus' text form. One book a server,
//! not one a process, so that tests and embedders do not share it.
//!
//! Names follow Prometheus' conventions (<https://prometheus.io/docs/practices/naming/>). Labels are names of the inventory, of
//! tables and of saved queries, never texts of queries, callers or remotes: their number is bounded.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use metrics::{
    Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};
use metrics_exporter_prometheus::{
    Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};
use metrics_process::Collector;
use trawl_exec::{Completeness, Stats};

/// Upper bounds of durations in seconds: from an answer out of memory to the longest query.
const SECONDS: &[f64] = &[
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0,
];

/// The book.
#[derive(Clone)]
pub(crate) struct Metrics {
    recorder: Arc<PrometheusRecorder>,
    handle: PrometheusHandle,
    process: Arc<Collector>,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

/// How a query ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Every target answered.
    Complete,
    /// There was an answer, and it says what is missing.
    Partial,
    /// There was none: the query was wrong, or too little answered.
    Refused,
    /// It broke, or somebody ended it.
    Failed,
}

impl Outcome {
    /// Of an answer that came to its end.
    pub(crate) fn of(completeness: &Completeness) -> Self {
        if completeness.complete {
            Self::Complete
        } else {
            Self::Partial
        }
    }

    /// Of a query without an answer.
    pub(crate) fn refused(status: StatusCode) -> Self {
        match status {
            // Too little answered, or the server is ending: it was not broken.
            StatusCode::SERVICE_UNAVAILABLE => Self::Refused,
            status if status.is_server_error() => Self::Failed,
            _ => Self::Refused,
        }
    }

    /// As a label.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Partial => "partial",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// What is true at the moment of looking.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Gauges {
    pub(crate) clusters: usize,
    pub(crate) problems: usize,
    pub(crate) plugins: usize,
    pub(crate) running: usize,
    pub(crate) waiting: usize,
    pub(crate) ready: bool,
}

impl Metrics {
    /// An empty book.
    pub(crate) fn new() -> Self {
        let durations = Matcher::Suffix("_seconds".to_owned());
        let builder = PrometheusBuilder::new().set_buckets_for_metric(durations, SECONDS);
        // It refuses an empty list of bounds alone.
        let recorder = builder.unwrap_or_default().build_recorder();
        let metrics = Self {
            handle: recorder.handle(),
            recorder: Arc::new(recorder),
            process: Arc::new(Collector::default()),
        };
        metrics.within(describe);
        metrics.within(|| metrics.process.describe());
        metrics
    }

    fn within(&self, record: impl FnOnce()) {
        metrics::with_local_recorder(&*self.recorder, record);
    }

    /// A request was answered; `path` is the endpoint's pattern.
    pub(crate) fn request(&self, method: &str, path: &str, status: u16, elapsed: Duration) {
        self.within(|| {
            let labels = [("method", method.to_owned()), ("path", path.to_owned())];
            let mut counted = labels.to_vec();
            counted.push(("status", status.to_string()));
            counter!("http_requests_total", &counted).increment(1);
            histogram!("http_request_duration_seconds", &labels).record(elapsed.as_secs_f64());
        });
    }

    /// A query ended; what it cost is known where there was an answer.
    pub(crate) fn query(&self, outcome: Outcome, cost: Option<(&Completeness, &Stats)>) {
        self.within(|| {
            counter!("trawl_queries_total", "outcome" => outcome.word()).increment(1);
            let Some((completeness, stats)) = cost else {
                return;
            };
            let elapsed = Duration::from_millis(stats.elapsed_ms);
            histogram!("trawl_query_duration_seconds").record(elapsed.as_secs_f64());
            counter!("trawl_query_rows_total").increment(stats.rows);
            counter!("trawl_guest_cpu_milliseconds_total").increment(stats.guest_cpu_ms);
            for target in &completeness.targets {
                let labels = [
                    ("cluster", target.cluster.clone().unwrap_or_default()),
                    ("connection", target.connection.clone().unwrap_or_default()),
                    ("source", target.source.clone()),
                    ("table", target.table.clone()),
                ];
                let mut counted = labels.to_vec();
                counted.push(("status", target.status.word().to_owned()));
                counter!("trawl_scans_total", &counted).increment(1);
                counter!("trawl_scan_rows_total", &labels).increment(target.rows);
                counter!("trawl_scan_requests_total", &labels).increment(target.requests);
                counter!("trawl_scan_bytes_total", &labels).increment(target.bytes);
                histogram!("trawl_scan_duration_seconds", "source" => target.source.clone(), "cluster" => target.cluster.clone().unwrap_or_default())
                    .record(Duration::from_millis(target.elapsed_ms).as_secs_f64());
            }
        });
    }

    /// All of it, as Prometheus reads it.
    pub(crate) fn text(&self, now: Gauges) -> String {
        self.within(|| {
            let count = |number: usize| u32::try_from(number).map_or(f64::INFINITY, f64::from);
            gauge!("trawl_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
            gauge!("trawl_ready").set(f64::from(u8::from(now.ready)));
            gauge!("trawl_clusters").set(count(now.clusters));
            gauge!("trawl_inventory_problems").set(count(now.problems));
            gauge!("trawl_plugins").set(count(now.plugins));
            gauge!("trawl_queries_running").set(count(now.running));
            gauge!("trawl_queries_waiting").set(count(now.waiting));
            self.process.collect();
        });
        self.handle.run_upkeep();
        self.handle.render()
    }
}

fn describe() {
    describe_counter!("http_requests_total", "Requests that were answered.");
    describe_histogram!(
        "http_request_duration_seconds",
        Unit::Seconds,
        "From a request's head to its answer's head."
    );
    describe_counter!("trawl_queries_total", "Queries by how they ended.");
    describe_histogram!(
        "trawl_query_duration_seconds",
        Unit::Seconds,
        "From a query to its last row."
    );
    describe_counter!("trawl_query_rows_total", "Rows of answers.");
    describe_counter!(
        "trawl_guest_cpu_milliseconds_total",
        "Milliseconds that plugins computed."
    );
    describe_counter!(
        "trawl_scans_total",
        "Targets of queries by what became of them."
    );
    describe_counter!("trawl_scan_rows_total", "Rows that targets gave.");
    describe_counter!("trawl_scan_requests_total", "Requests to targets.");
    describe_counter!(
        "trawl_scan_bytes_total",
        Unit::Bytes,
        "Bytes that targets sent."
    );
    describe_histogram!(
        "trawl_scan_duration_seconds",
        Unit::Seconds,
        "From the first contact with a target to its end."
    );
    describe_gauge!("trawl_build_info", "The version that runs.");
    describe_gauge!(
        "trawl_ready",
        "Whether plugins are loaded and the server is not ending."
    );
    describe_gauge!("trawl_clusters", "Clusters of the inventory.");
    describe_gauge!(
        "trawl_inventory_problems",
        "What of the inventory is not used; GET /api/v1/clusters says why."
    );
    describe_gauge!("trawl_plugins", "Installed plugins.");
    describe_gauge!("trawl_queries_running", "Queries that run.");
    describe_gauge!("trawl_queries_waiting", "Queries that wait for room.");
}
