//! The books of one target, kept from before the first contact to the end of the query; what they come to is a [`Target`].

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use trawl_host::types::{GapKind, ServedCluster};
use trawl_host::{Gap, ScanStats};

use crate::completeness::{Status, Target, TargetError};
use crate::limits;
use crate::progress::{Open, Progress, State as Now};
use crate::scope::Scope;

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
    /// Clusters that its connection serves and the caller does not see: what its source says in words can be about them.
    pub beyond: Vec<ServedCluster>,
    /// Whether it came over HTTP: nothing that it answers is quoted.
    pub quiet: bool,
    /// Whether rows that are left out can be of clusters that the caller does not see: their number is not told.
    pub uncounted: bool,
    /// Whether its source may read rows of namespaces that the caller does not see: what it says in words can be about them.
    unconfined: AtomicBool,
    /// Counters that the host fills.
    pub stats: Arc<ScanStats>,
    started: Instant,
    elapsed_ms: AtomicU64,
    ended: AtomicUsize,
    partitions: AtomicUsize,
    /// Rows of clusters that were not asked for.
    left_out: AtomicU64,
    /// Rows of namespaces that the caller does not see.
    hidden: AtomicU64,
    /// Whether the source stops at a limit, so that rows which are left out are missing.
    limited: AtomicBool,
    /// Milliseconds since its rows were read, plus one; zero: they are read now.
    kept: AtomicU64,
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
            beyond: Vec::new(),
            quiet: false,
            uncounted: false,
            unconfined: AtomicBool::new(false),
            stats: Arc::new(ScanStats::default()),
            started: Instant::now(),
            elapsed_ms: AtomicU64::new(0),
            ended: AtomicUsize::new(0),
            partitions: AtomicUsize::new(0),
            left_out: AtomicU64::new(0),
            hidden: AtomicU64::new(0),
            limited: AtomicBool::new(false),
            kept: AtomicU64::new(0),
            state: Mutex::default(),
        }
    }

    /// Its rows were read this long ago.
    pub fn kept(&self, age: std::time::Duration) {
        let age = u64::try_from(age.as_millis()).unwrap_or(u64::MAX);
        self.kept.store(age.saturating_add(1), Ordering::Relaxed);
    }

    /// The same for a caller with this scope, on a connection that serves these clusters too, which the caller does not see.
    pub fn within(self, scope: &Scope, beyond: Vec<ServedCluster>) -> Self {
        Self {
            uncounted: scope.restricts_clusters(),
            beyond,
            ..self
        }
    }

    /// The same on a connection of which nothing is quoted, if it is one.
    pub fn quiet(self, quiet: bool) -> Self {
        Self { quiet, ..self }
    }

    /// Whether its source may read rows that only namespaces of others have.
    pub fn unconfined(&self, may: bool) {
        self.unconfined.store(may, Ordering::Relaxed);
    }

    /// Whether its source's words can be about what the caller does not see.
    fn is_untold(&self) -> bool {
        !self.beyond.is_empty() || self.unconfined.load(Ordering::Relaxed)
    }

    /// A failure of its source, as the caller is told.
    pub fn told(&self, error: &trawl_host::Error) -> TargetError {
        if !self.beyond.is_empty() {
            TargetError::untold(error)
        } else if self.unconfined.load(Ordering::Relaxed) {
            TargetError::unquoted(error, "to who sees some namespaces alone")
        } else if self.quiet {
            TargetError::unquoted(error, TargetError::OF_REGISTERED)
        } else {
            TargetError::from(error)
        }
    }

    /// What its source says that it will ask, unless a cluster is in it that the caller does not see.
    pub fn explained(&self, text: &str) -> String {
        let names = |it: &ServedCluster| {
            text.contains(it.name.as_str()) || it.key.as_ref().is_some_and(|key| text.contains(key))
        };
        match self.beyond.iter().any(names) {
            true => "a request that is not told to a caller with a scope".to_owned(),
            false => text.to_owned(),
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

    /// Rows came that the caller does not see.
    pub fn hidden(&self, rows: u64) {
        self.hidden.fetch_add(rows, Ordering::Relaxed);
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
        self.elapsed_ms
            .fetch_max(self.elapsed_now_ms(), Ordering::Relaxed);
    }

    fn elapsed_now_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// How far it is while its query runs.
    pub fn progress(&self) -> Progress {
        let target = self.target();
        let planned = self.partitions.load(Ordering::Relaxed) > 0;
        let begun = self.state().begun;
        let (status, elapsed_ms) = if begun && self.is_open() {
            (Now::Open(Open::Running), self.elapsed_now_ms())
        } else if !begun && target.error.is_none() && (self.is_open() || !planned) {
            (Now::Open(Open::Waiting), self.elapsed_now_ms())
        } else {
            (Now::Ended(target.status), target.elapsed_ms)
        };
        Progress::of(target, status, elapsed_ms)
    }

    /// What it is now, for the answer.
    pub fn target(&self) -> Target {
        let left_out = self.left_out.load(Ordering::Relaxed);
        let rows = self.stats.rows.load(Ordering::Relaxed);
        let hidden = self.hidden.load(Ordering::Relaxed);
        let rows = rows.saturating_sub(left_out).saturating_sub(hidden);
        let gaps = self.stats.gaps();
        let state = self.state();
        let ended = self.ended.load(Ordering::Relaxed) >= self.partitions.load(Ordering::Relaxed);
        let mut status = status(&state, &gaps, rows, ended);
        let mut notes: Vec<String> = match (self.is_untold(), gaps.as_slice()) {
            (false, _) => gaps.into_iter().map(|gap| gap.message).collect(),
            (true, []) => Vec::new(),
            (true, _) => {
                vec!["what the source notes is told to those who see all that it reads".to_owned()]
            }
        };
        if left_out > 0 && self.uncounted {
            if self.limited.load(Ordering::Relaxed) {
                notes.push("the source stopped at a limit before all rows were there".to_owned());
                status = status.max(Status::Partial);
            }
        } else if left_out > 0 {
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
            age_ms: self.kept.load(Ordering::Relaxed).checked_sub(1),
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
