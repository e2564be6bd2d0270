//! How complete an answer is: one record a target, kept from before the first contact to the end of the query.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use serde::Serialize;
use trawl_host::types::{self, GapKind};
use trawl_host::{Gap, ScanStats, code_name};

use crate::limits;

/// What became of a target, from the best to the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// All rows came.
    Ok,
    /// Enough rows; the rest was not needed.
    Stopped,
    /// Its rows could not matter, so it was not asked.
    Skipped,
    /// The table does not exist there.
    Absent,
    /// Rows came, then it broke, or the remote said that some are missing.
    Partial,
    /// Rows of different moments, as the remote said.
    Inconsistent,
    /// No rows, and why.
    Failed,
}

impl Status {
    /// Whether it counts as an answer.
    pub fn answered(self) -> bool {
        matches!(
            self,
            Self::Ok | Self::Stopped | Self::Skipped | Self::Absent
        )
    }
}

/// Why a target failed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TargetError {
    /// The kind, as the plugin contract names it: `unavailable`.
    pub code: String,
    /// What was expected and what came, without credentials.
    pub message: String,
    /// What the user can do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Target {
    /// Whose it is, for people: its cluster, or its connection and the clusters that it was asked for.
    fn place(&self) -> String {
        match (&self.cluster, &self.connection) {
            (Some(cluster), _) => cluster.clone(),
            (None, Some(connection)) if !self.clusters.is_empty() => {
                format!("{connection} ({})", self.clusters.join(", "))
            }
            (None, Some(connection)) => connection.clone(),
            (None, None) => "-".to_owned(),
        }
    }
}

impl TargetError {
    /// What a source said cannot be: its author's mistake.
    pub fn defect(error: &crate::error::Error) -> Self {
        Self {
            code: code_name(types::ErrorCode::Internal).to_owned(),
            message: error.to_string(),
            hint: Some("report it to the author of the plugin".to_owned()),
        }
    }
}

impl From<&trawl_host::Error> for TargetError {
    fn from(error: &trawl_host::Error) -> Self {
        Self {
            code: code_name(error.code).to_owned(),
            message: format!("{} {}: {}", error.plugin, error.version, error.message),
            hint: error.hint.clone(),
        }
    }
}

/// A target in the result contract: a connection and a table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Target {
    /// The cluster; null for a connection that belongs to none or to several.
    pub cluster: Option<String>,
    /// The connection's name, when it is not the cluster's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
    /// The clusters whose rows were asked of it, when it is not one cluster's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub clusters: Vec<String>,
    /// The plugin.
    pub source: String,
    /// The table.
    pub table: String,
    /// What became of it.
    pub status: Status,
    /// Why, when it did not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<TargetError>,
    /// What the plugin said is missing or worth knowing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Rows that it gave.
    pub rows: u64,
    /// HTTP requests.
    pub requests: u64,
    /// Bytes of their answers.
    pub bytes: u64,
    /// From the first contact to its end.
    pub elapsed_ms: u64,
}

impl Target {
    fn is_same(&self, other: &Self) -> bool {
        (&self.cluster, &self.connection, &self.source, &self.table)
            == (
                &other.cluster,
                &other.connection,
                &other.source,
                &other.table,
            )
    }

    /// Two scans of one target: the worse status, the sum of what they cost.
    fn merge(&mut self, other: Self) {
        self.status = self.status.max(other.status);
        self.error = self.error.take().or(other.error);
        self.notes.extend(other.notes);
        self.notes.dedup();
        for cluster in other.clusters {
            if !self.clusters.contains(&cluster) {
                self.clusters.push(cluster);
            }
        }
        self.rows += other.rows;
        self.requests += other.requests;
        self.bytes += other.bytes;
        self.elapsed_ms = self.elapsed_ms.max(other.elapsed_ms);
    }
}

/// The completeness part of the result contract.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Completeness {
    /// Whether every target answered and the query had the time to use it all.
    pub complete: bool,
    /// Whether the query's own time was over before all rows were there.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub timed_out: bool,
    /// Targets that answered.
    pub answered: usize,
    /// Targets that were asked.
    pub asked: usize,
    /// Targets that the query's own scope left out.
    pub pruned: usize,
    /// Each of them.
    pub targets: Vec<Target>,
}

impl Completeness {
    /// From the records of a query.
    pub fn of(records: &[Arc<Record>], pruned: usize, timed_out: bool) -> Self {
        let mut targets: Vec<Target> = Vec::new();
        for target in records.iter().map(|record| record.target()) {
            // A table that the query reads twice is one target.
            match targets.iter_mut().find(|known| known.is_same(&target)) {
                Some(known) => known.merge(target),
                None => targets.push(target),
            }
        }
        let answered = targets
            .iter()
            .filter(|target| target.status.answered())
            .count();
        Self {
            complete: answered == targets.len() && !timed_out,
            timed_out,
            answered,
            asked: targets.len(),
            pruned,
            targets,
        }
    }

    /// One line for people: `2 of 3 targets answered; prod-us/kube pods failed: …`.
    pub fn line(&self) -> String {
        let mut line = format!("{} of {} targets answered", self.answered, self.asked);
        if self.pruned > 0 {
            line.push_str(&format!(" ({} left out by the query)", self.pruned));
        }
        let absent = self.targets.iter().filter(|it| it.status == Status::Absent);
        let absent: Vec<String> = absent
            .map(|it| format!("{} has no {}", it.place(), it.table))
            .collect();
        if !absent.is_empty() {
            line.push_str(&format!("; {}", absent.join(", ")));
        }
        for target in self
            .targets
            .iter()
            .filter(|target| !target.status.answered())
        {
            let place = target.place();
            let status = format!("{:?}", target.status).to_lowercase();
            let (source, table) = (&target.source, &target.table);
            // `prometheus` is both a source and its default table.
            let what = if table.starts_with(source.as_str()) {
                table.clone()
            } else {
                format!("{source} {table}")
            };
            line.push_str(&format!("\n  {place}: {what} {status}"));
            match &target.error {
                Some(error) => line.push_str(&format!(": {}: {}", error.code, error.message)),
                None if !target.notes.is_empty() => {
                    line.push_str(&format!(": {}", target.notes.join("; ")))
                }
                None => {}
            }
            if let Some(hint) = target.error.as_ref().and_then(|error| error.hint.as_ref()) {
                line.push_str(&format!("\n    help: {hint}"));
            }
        }
        line
    }
}

/// The live record of a target while its scans run.
#[derive(Debug)]
pub struct Record {
    /// The cluster, if it is one cluster's.
    pub cluster: Option<String>,
    /// The connection's name.
    pub connection: String,
    /// The clusters whose rows are asked of it.
    pub clusters: Vec<String>,
    /// The plugin.
    pub source: String,
    /// The table.
    pub table: String,
    /// Counters that the host fills.
    pub stats: Arc<ScanStats>,
    started: Instant,
    elapsed_ms: AtomicU64,
    ended: AtomicUsize,
    partitions: AtomicUsize,
    /// Rows of clusters that were not asked for.
    left_out: AtomicU64,
    /// Whether the source stops at a limit, so that rows which are left out are missing.
    limited: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    error: Option<TargetError>,
    begun: bool,
    stopped: bool,
    /// Names of clusters that the inventory lacks.
    unknown: BTreeSet<String>,
}

impl Record {
    /// A target that is about to be asked.
    pub fn new(
        cluster: Option<String>,
        connection: String,
        clusters: Vec<String>,
        source: String,
        table: String,
    ) -> Self {
        Self {
            cluster,
            connection,
            clusters,
            source,
            table,
            stats: Arc::new(ScanStats::default()),
            started: Instant::now(),
            elapsed_ms: AtomicU64::new(0),
            ended: AtomicUsize::new(0),
            partitions: AtomicUsize::new(0),
            left_out: AtomicU64::new(0),
            limited: AtomicBool::new(false),
            state: Mutex::default(),
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It is cut into this many partitions.
    pub fn partitions(&self, count: usize) {
        self.partitions.store(count, Ordering::Relaxed);
    }

    /// A partition is being read.
    pub fn begin(&self) {
        self.state().begun = true;
    }

    /// A partition was read to its end.
    pub fn end(&self) {
        self.ended.fetch_add(1, Ordering::Relaxed);
        self.touch();
    }

    /// A partition was dropped before its end because no more rows were wanted.
    pub fn stop(&self) {
        self.state().stopped = true;
        self.touch();
    }

    /// It broke; the first reason is kept.
    pub fn fail(&self, error: TargetError) {
        self.state().error.get_or_insert(error);
        self.touch();
    }

    /// The source stops by itself when it gave as many rows as are wanted.
    pub fn limit(&self) {
        self.limited.store(true, Ordering::Relaxed);
    }

    /// Rows came of clusters that were not asked for.
    pub fn left_out(&self, rows: u64) {
        self.left_out.fetch_add(rows, Ordering::Relaxed);
    }

    /// Rows came of a cluster that the inventory lacks. The name is the remote's: it is cut, and printable.
    pub fn unknown_cluster(&self, name: &str) {
        let mut state = self.state();
        if state.unknown.len() < limits::UNKNOWN_CLUSTERS {
            let printable = name.chars().take(limits::UNKNOWN_CLUSTER_CHARACTERS);
            state
                .unknown
                .insert(printable.flat_map(char::escape_debug).collect());
        }
    }

    /// Whether it has not come to its end: it still runs, or its turn never came.
    pub fn is_open(&self) -> bool {
        let state = self.state();
        !state.stopped
            && state.error.is_none()
            && self.ended.load(Ordering::Relaxed) < self.partitions.load(Ordering::Relaxed)
    }

    fn touch(&self) {
        let elapsed = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.elapsed_ms.fetch_max(elapsed, Ordering::Relaxed);
    }

    /// What it is now, for the answer.
    pub fn target(&self) -> Target {
        let left_out = self.left_out.load(Ordering::Relaxed);
        let rows = self.stats.rows.load(Ordering::Relaxed);
        let rows = rows.saturating_sub(left_out);
        let gaps = self.stats.gaps();
        let state = self.state();
        let ended = self.ended.load(Ordering::Relaxed) >= self.partitions.load(Ordering::Relaxed);
        let mut status = status(&state, &gaps, rows, ended);
        let mut notes: Vec<String> = gaps.into_iter().map(|gap| gap.message).collect();
        if left_out > 0 {
            notes.push(match left_out {
                1 => "1 row of a cluster that was not asked for was left out".to_owned(),
                more => format!("{more} rows of clusters that were not asked for were left out"),
            });
            if self.limited.load(Ordering::Relaxed) {
                notes
                    .push("the source stopped at a limit for which it had counted them".to_owned());
                status = status.max(Status::Partial);
            }
        }
        if !state.unknown.is_empty() {
            let names: Vec<String> = state.unknown.iter().map(|it| format!("`{it}`")).collect();
            notes.push(format!(
                "the inventory has no cluster {}: the region, environment, account and tags of these rows are null",
                names.join(", ")
            ));
        }
        let own = self
            .cluster
            .as_ref()
            .is_some_and(|cluster| self.connection == format!("{cluster}/{}", self.source));
        Target {
            cluster: self.cluster.clone(),
            connection: (!own).then(|| self.connection.clone()),
            clusters: match &self.cluster {
                Some(_) => Vec::new(),
                None => self.clusters.clone(),
            },
            source: self.source.clone(),
            table: self.table.clone(),
            status,
            error: state.error.clone(),
            notes,
            rows,
            requests: self.stats.requests.load(Ordering::Relaxed),
            bytes: self.stats.bytes.load(Ordering::Relaxed),
            elapsed_ms: self.elapsed_ms.load(Ordering::Relaxed),
        }
    }
}

/// `ended`: all of its partitions were read to their ends.
fn status(state: &State, gaps: &[Gap], rows: u64, ended: bool) -> Status {
    let has = |kind: GapKind| gaps.iter().any(|gap| gap.kind == kind);
    if state.error.is_some() {
        return if rows > 0 {
            Status::Partial
        } else {
            Status::Failed
        };
    }
    if has(GapKind::Partial) || has(GapKind::Truncated) {
        return Status::Partial;
    }
    if has(GapKind::Inconsistent) {
        return Status::Inconsistent;
    }
    if has(GapKind::Absent) {
        return Status::Absent;
    }
    match (state.begun, ended) {
        (false, _) => Status::Skipped,
        (true, true) => Status::Ok,
        // What nobody waits for any more is still being taken down when the answer is already out.
        (true, false) => Status::Stopped,
    }
}

/// The failure of a scan that was still running when its time was over.
pub fn overdue(limit_ms: u128) -> TargetError {
    TargetError {
        code: code_name(types::ErrorCode::Timeout).to_owned(),
        message: format!("no answer within {limit_ms} ms"),
        hint: Some("ask for more time with `--timeout`, or leave the target out".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        let text = String::from;
        Record::new(
            None,
            text("central"),
            Vec::new(),
            text("logs"),
            text("logs"),
        )
    }

    #[test]
    fn names_that_nobody_knows_are_few_short_and_printable() {
        let record = record();
        record.unknown_cluster("a\u{1b}[31m`");
        record.unknown_cluster(&"x".repeat(1 << 20));
        for number in 0..100 {
            record.unknown_cluster(&number.to_string());
        }
        let notes = record.target().notes;
        let [note] = notes.as_slice() else {
            unreachable!("one note, not {notes:?}")
        };
        assert!(note.contains("`a\\u{1b}[31m`"), "{note}");
        assert!(note.len() < 1_000, "{note}");
        assert_eq!(note.matches('`').count(), 2 * limits::UNKNOWN_CLUSTERS + 1);
    }

    #[test]
    fn rows_that_are_left_out_are_told_and_missing_where_they_were_counted() {
        let record = record();
        record.begin();
        assert_eq!(record.target().status, Status::Ok);
        record.left_out(1);
        record.left_out(2);
        let target = record.target();
        assert_eq!(target.status, Status::Ok);
        assert_eq!(
            target.notes,
            ["3 rows of clusters that were not asked for were left out"]
        );
        record.limit();
        assert_eq!(record.target().status, Status::Partial);
    }
}
