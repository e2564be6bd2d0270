//! How complete an answer is: what became of each target, as the result contract and people are told. It is made of the records
//! that are kept while the query runs ([`Record`]).

use std::sync::Arc;

use serde::Serialize;
use trawl_host::code_name;
use trawl_host::types;

use crate::record::Record;

/// What became of a target, from the best to the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
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
    /// As the result contract writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Stopped => "stopped",
            Self::Skipped => "skipped",
            Self::Absent => "absent",
            Self::Partial => "partial",
            Self::Inconsistent => "inconsistent",
            Self::Failed => "failed",
        }
    }

    /// Whether it counts as an answer.
    pub fn answered(self) -> bool {
        matches!(
            self,
            Self::Ok | Self::Stopped | Self::Skipped | Self::Absent
        )
    }
}

/// Why a target failed.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
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
    pub(crate) fn place(&self) -> String {
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
    /// Whether the remote, or the host before it, lets this caller not ask: it is there all the same.
    pub fn is_refused(&self) -> bool {
        self.code == code_name(types::ErrorCode::PermissionDenied)
    }

    /// Why words of some connections are not told.
    pub(crate) const OF_REGISTERED: &str = "of clusters that were registered over HTTP";

    /// A source that serves more clusters than the caller sees failed: what it says can be about the others, and is for the log.
    pub fn untold(error: &trawl_host::Error) -> Self {
        tracing::warn!(%error, "a source that reads more than its caller may see failed");
        Self {
            code: code_name(error.code).to_owned(),
            message: format!(
                "{} {} failed; what it says is in the log of the server",
                error.plugin, error.version
            ),
            hint: None,
        }
    }

    /// A connection failed of whose answers nothing may be read in errors: what its plugin says of an answer can quote it. Whoever
    /// registers an address over HTTP must not learn what answers there, and who sees some namespaces not what is in others. What
    /// is said before there is an answer, or of a status, is told; `when` says of the rest why it is not.
    pub fn unquoted(error: &trawl_host::Error, when: &str) -> Self {
        use types::ErrorCode as Code;
        match error.code {
            Code::Unavailable
            | Code::Timeout
            | Code::InvalidConfig
            | Code::Unauthenticated
            | Code::PermissionDenied
            | Code::RateLimited
            | Code::Cancelled => Self::from(error),
            Code::NotFound
            | Code::InvalidQuery
            | Code::Unsupported
            | Code::Protocol
            | Code::Expired
            | Code::Internal => Self {
                code: code_name(error.code).to_owned(),
                message: format!(
                    "{} {} failed at what answered; {when} its words are not told",
                    error.plugin, error.version
                ),
                hint: None,
            },
        }
    }

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
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
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
    /// How long ago its rows were read, where that was not for this answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_ms: Option<u64>,
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
        self.age_ms = self.age_ms.max(other.age_ms);
    }
}

/// How the rows of a query came to their end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum End {
    /// There are no more, or no more were wanted.
    #[default]
    Whole,
    /// The query's own time was over.
    TimedOut,
    /// Somebody ended it.
    Cancelled,
}

/// The completeness part of the result contract.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Completeness {
    /// Whether every target answered and the query had the time to use it all.
    pub complete: bool,
    /// Whether the query's own time was over before all rows were there.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub timed_out: bool,
    /// Whether somebody ended the query before all rows were there.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub cancelled: bool,
    /// Targets that answered.
    pub answered: usize,
    /// Targets that were asked.
    pub asked: usize,
    /// Targets that the query's own scope left out.
    pub pruned: usize,
    /// Each of them.
    pub targets: Vec<Target>,
}

/// That of an answer for which nobody had to be asked: whole.
impl Default for Completeness {
    fn default() -> Self {
        Self::of(&[], 0, End::Whole)
    }
}

impl Completeness {
    /// That of two answers that are one to whoever asked.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.complete &= other.complete;
        self.timed_out |= other.timed_out;
        self.cancelled |= other.cancelled;
        self.answered += other.answered;
        self.asked += other.asked;
        self.pruned += other.pruned;
        self.targets.extend(other.targets);
        self
    }

    /// From the records of a query.
    pub fn of(records: &[Arc<Record>], pruned: usize, end: End) -> Self {
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
            complete: answered == targets.len() && end == End::Whole,
            timed_out: end == End::TimedOut,
            cancelled: end == End::Cancelled,
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
        // What an absent target notes was said already.
        let noted = |it: &&Target| it.status.answered() && it.status != Status::Absent;
        for target in self.targets.iter().filter(noted) {
            for note in &target.notes {
                line.push_str(&format!("\n  {}: note: {note}", target.place()));
            }
        }
        for target in self
            .targets
            .iter()
            .filter(|target| !target.status.answered())
        {
            let place = target.place();
            let status = target.status.word();
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

/// The failure of a scan that was still running when somebody ended its query.
pub fn cancelled() -> TargetError {
    TargetError {
        code: code_name(types::ErrorCode::Cancelled).to_owned(),
        message: "the query was cancelled before it came to its end".to_owned(),
        hint: None,
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
