//! What each fault of a remote makes of an answer, as text: `faults/` has a file for each remote, with a line for each fault and
//! table: the rows that came, the target's state and its reason. `UPDATE_EXPECT=1` rewrites it; whoever does so reads it: rows that are missing without
//! a word would be the worst of all mistakes.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use trawl_demo::{Fleet, FleetOptions};
use trawl_exec::{Engine, QueryRequest, encode};

/// The cluster that fails; another one stays well beside it.
const FAILING: &str = "prod-us";

/// Two pages of pods.
const PODS: usize = 700;

/// Long enough for a retry after the second that a busy server asks for, short enough to wait for what never answers.
const TIMEOUT: Duration = Duration::from_secs(4);

/// A remote, the faults that it can have, and queries that read it.
struct Remote {
    /// Its file below `faults/`.
    name: &'static str,
    /// What stands before a fault to mean this remote.
    prefix: &'static str,
    faults: &'static [&'static str],
    /// Tables, and a query about each whose rows do not depend on the time of day.
    queries: &'static [(&'static str, &'static str)],
}

const KUBERNETES: Remote = Remote {
    name: "kubernetes",
    prefix: "",
    faults: &[
        "refused",
        "stalled",
        "slow:50ms",
        "reset",
        "after:1:reset",
        "truncated",
        "401",
        "once:401",
        "403",
        "403-all",
        "403-resource:pods",
        "403-namespace:payments",
        "404",
        "409",
        "once:429",
        "429",
        "500",
        "once:503",
        "504",
        "expired",
        "empty-page",
        "empty-pages",
        "repeat-token",
        "wrong-content-type",
        "untrusted",
    ],
    // A built-in kind of several pages, and a custom one of a single page.
    queries: &[
        ("pods", "pods | summarize n = count() by cluster"),
        (
            "applications",
            "applications | summarize n = count() by cluster",
        ),
    ],
};

const PROMETHEUS: Remote = Remote {
    name: "prometheus",
    prefix: "prometheus:",
    faults: &[
        "refused",
        "stalled",
        "reset",
        "truncated",
        "401",
        "403",
        "422",
        "once:429",
        "429",
        "500",
        "503",
        "partial",
        "wrong-content-type",
    ],
    queries: &[
        (
            "prometheus",
            "prometheus('count(up)') | summarize n = count() by cluster",
        ),
        (
            "prometheus.alerts",
            "prometheus.alerts | where state == 'none' | summarize n = count() by cluster",
        ),
    ],
};

const CLOUDWATCH: Remote = Remote {
    name: "cloudwatch",
    prefix: "cloudwatch:",
    faults: &[
        "refused",
        "stalled",
        "reset",
        "truncated",
        "401",
        "403",
        "404",
        "times:2:429",
        "429",
        "500",
        "503",
        "expired",
        "partial",
        "empty-page",
        "empty-pages",
        "repeat-token",
    ],
    queries: &[
        ("cloudwatch.alarms", "cloudwatch.alarms | distinct region"),
        (
            "cloudwatch.logs",
            "cloudwatch.logs | where timestamp > ago(10m) | distinct cluster",
        ),
        (
            "cloudwatch.metrics",
            "cloudwatch.metrics(namespace = 'AWS/EC2', metric = 'CPUUtilization') | where timestamp > ago(1h) | distinct region",
        ),
    ],
};

/// The rows of each cluster, and what became of the failing one.
async fn told(engine: &Engine, query: &str) -> String {
    let mut request = QueryRequest::new(query);
    request.clusters = vec!["prod-*".to_owned()];
    request.timeout = TIMEOUT;
    let mut answer = match engine.query(request).await {
        Ok(answer) => answer,
        Err(error) => return format!("error: {error}"),
    };
    let mut rows = Vec::new();
    while let Some(batch) = answer.next().await.unwrap() {
        for row in 0..batch.num_rows() {
            let cells = answer.columns().iter().zip(batch.columns());
            let cells = cells.map(|(column, array)| encode::cell(array, &column.ty, row));
            rows.push(cells.collect::<Vec<_>>().join("="));
        }
    }
    rows.sort();
    let completeness = answer.finish().completeness;
    let target = completeness
        .targets
        .iter()
        .find(|target| {
            let connection = target.connection.as_deref().unwrap_or_default();
            target.cluster.as_deref() == Some(FAILING) || connection.starts_with(FAILING)
        })
        .unwrap();
    let mut text = format!(
        "{}; {FAILING} {}",
        rows.join(" "),
        serde_json::to_value(target.status)
            .unwrap()
            .as_str()
            .unwrap()
    );
    for note in &target.notes {
        write!(text, "; note: {note}").unwrap();
    }
    if let Some(error) = &target.error {
        write!(text, "; {}: {}", error.code, error.message).unwrap();
    }
    text
}

/// A reason without what changes from run to run: ports and times.
fn stable(text: &str) -> String {
    let port = regex::Regex::new(r"127\.0\.0\.1:\d+").unwrap();
    let time = regex::Regex::new(r"\d+ ms|\d+\.\d+ s").unwrap();
    let bytes = regex::Regex::new(r"\d+ bytes|line \d+ column \d+|byte \d+").unwrap();
    let times = regex::Regex::new(r"\d+ times").unwrap();
    let text = port.replace_all(text, "HOST");
    let text = times.replace_all(&text, "some times");
    let text = time.replace_all(&text, "some time");
    bytes.replace_all(&text, "N").replace('\n', " ")
}

/// Pages without end are paced until the time is over. Whether that is seen before the last request or by the scan's own deadline is
/// a race that either may win.
fn endless(text: &str) -> String {
    let paced = "rate-limited: [^;]* after the request's deadline";
    let stopped = "timeout: [^;]* the scan did not end within its some time and was stopped";
    let either = regex::Regex::new(&format!("{paced}|{stopped}")).unwrap();
    let told = "rate-limited before its deadline, or timeout at it";
    either.replace_all(text, told).into_owned()
}

/// Every fault gives right rows or says what is missing.
async fn every_fault(remote: &Remote) {
    let fleet = Fleet::start(FleetOptions {
        pods: PODS,
        ..FleetOptions::default()
    })
    .await
    .unwrap();
    let mut text = String::new();
    for fault in remote.faults {
        let fault = format!("{}{fault}", remote.prefix);
        // A fresh engine has no connection and remembers nothing of the fault before.
        let engine = support::engine(&fleet);
        for (table, query) in remote.queries {
            fleet.set_fault(FAILING, Some(fault.parse().unwrap()));
            let mut told = stable(&told(&engine, query).await);
            if fault.ends_with("empty-pages") {
                told = endless(&told);
            }
            writeln!(text, "{fault} | {table} | {told}").unwrap();
        }
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("faults");
    let path = folder.join(format!("{}.txt", remote.name));
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, &text).unwrap();
        return;
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let differ = kept.lines().zip(text.lines()).filter(|(a, b)| a != b);
    let differ: Vec<String> = differ.map(|(a, b)| format!("- {a}\n+ {b}")).collect();
    assert!(
        differ.is_empty() && kept.lines().count() == text.lines().count(),
        "{}",
        differ.join("\n")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_kubernetes() {
    every_fault(&KUBERNETES).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_prometheus() {
    every_fault(&PROMETHEUS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_cloudwatch() {
    every_fault(&CLOUDWATCH).await;
}
