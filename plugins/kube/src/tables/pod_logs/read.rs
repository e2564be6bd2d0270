//! Owns the reading of many logs, several under way at once, and what is told of those that cannot be read. Refuses to choose
//! them.
//!
//! A container without a log is no failure: it may not have begun, or have been collected. A log that fails takes the others
//! with it only when none could be read.

use std::collections::{HashSet, VecDeque};

use trawl_sdk::http::{self, Pending};
use trawl_sdk::types::{ErrorCode, Flow, Gap, ProgressReport};
use trawl_sdk::{Error, Output};

use super::containers::Log;
use super::lines::{Line, Lines, MAX_LINE_BYTES};
use super::wanted::Wanted;
use crate::status::Status;
use crate::tables::Remote;
use crate::tables::notes::Notes;
use trawl_sdk::records::{Cell, Records};

/// Logs under way at once: half of what the host allows an instance, and no burst for the kubelets behind the API.
const AHEAD: usize = 8;

/// Bytes asked for at once, small enough that the first rows of a long log come early.
const READ_BYTES: u32 = 256 << 10;

/// How far lines may stand out of the order of their times, in nanoseconds. A log is read until a line is later than what is
/// wanted by this much: a minute is more than streams of one container are apart, and clocks that are set do not jump further.
const DISORDER_NS: i64 = 60_000_000_000;

/// Logs in a row that the host gives no answer for, before the scan ends: the API server is gone, or the query's time is over.
const MAX_UNANSWERED: usize = 8;

/// Runtimes hand longer lines to the kubelet in pieces of this many bytes (containerd and CRI-O: 16 KiB with the line's end and
/// time), each of which counts as a line in `tailLines`.
const PIECE_BYTES: usize = 8 << 10;

/// Reads logs one after the other into `records`.
///
/// # Errors
/// The last failure when no log could be read; `unauthenticated` and what the host refuses at once.
pub(super) fn all(
    wanted: &Wanted,
    logs: Vec<Log>,
    remote: &Remote<'_>,
    output: &dyn Output,
    records: &mut Records<'_>,
) -> Result<(), Error> {
    let mut reading = Reading {
        wanted,
        max_bytes: remote.config.log_bytes,
        output,
        records,
        bytes: 0,
        notes: Notes::new(output, "logs"),
        told: Told::default(),
    };
    let mut waiting = logs.into_iter();
    let mut under_way: VecDeque<(Log, Pending)> = VecDeque::new();
    let mut any = false;
    let mut last = None;
    let mut unanswered = 0_usize;
    while !reading.records.stopped() {
        while under_way.len() < AHEAD
            && let Some(log) = waiting.next()
        {
            if reading.told.denied.contains(&log.pod.namespace) {
                continue;
            }
            let request = super::request(
                wanted,
                &log.pod.namespace,
                &log.pod.name,
                &log.container,
                log.previous,
            );
            let pending = request.start(remote.http)?;
            under_way.push_back((log, pending));
        }
        let Some((log, pending)) = under_way.pop_front() else {
            break;
        };
        match reading.log(&log, pending) {
            Ok(()) => {
                any = true;
                unanswered = 0;
            }
            Err(error) => {
                unanswered = match error.http_status {
                    Some(_) => 0,
                    None => unanswered.saturating_add(1),
                };
                if ends_all(&error) || unanswered >= MAX_UNANSWERED {
                    return Err(error);
                }
                reading.failed(&log, &error);
                last = Some(error);
            }
        }
    }
    reading.tell_sums();
    match last {
        Some(error) if !any => Err(error),
        _ => Ok(()),
    }
}

/// Whether a failure is not of one log alone.
fn ends_all(error: &Error) -> bool {
    match error.code {
        ErrorCode::Unauthenticated | ErrorCode::RateLimited | ErrorCode::Cancelled => true,
        // What the API refuses is a namespace's; what the host refuses was never sent.
        ErrorCode::PermissionDenied => error.http_status.is_none(),
        ErrorCode::Timeout | ErrorCode::Unavailable | ErrorCode::Protocol => false,
        _ => error.http_status.is_none(),
    }
}

struct Reading<'r, 'o> {
    wanted: &'r Wanted,
    max_bytes: u64,
    output: &'r dyn Output,
    records: &'r mut Records<'o>,
    /// Bytes of all logs.
    bytes: u64,
    notes: Notes<'r>,
    told: Told,
}

/// What is told at the end, or was told before.
#[derive(Default)]
struct Told {
    /// Lines that were cut.
    cut: u64,
    /// Lines with bytes that are no UTF-8.
    replaced: u64,
    /// Namespaces whose logs may not be read.
    denied: HashSet<String>,
}

/// What a log was like.
#[derive(Default)]
struct Seen {
    lines: u64,
    bytes: u64,
    /// A line was long enough to have come in pieces.
    long: bool,
}

impl Reading<'_, '_> {
    /// Reads one log to its end, or as far as it is wanted.
    fn log(&mut self, log: &Log, mut pending: Pending) -> Result<(), Error> {
        let head = pending.head()?;
        // The API server's answer while there is no kubelet that it could ask.
        if head.status == 204 {
            self.note(log, Gap::Note, "the pod is on no node yet");
            return Ok(());
        }
        if head.status != 200 {
            let body = pending.read_all()?;
            let status = Status::read(&head, &body);
            let error = status.refusal(&head, "reading the log", true);
            return match error.code {
                ErrorCode::InvalidQuery | ErrorCode::NotFound if status.is_of_the_api() => {
                    // Nobody asked for this instance in particular.
                    if !(log.previous && self.wanted.previous.is_none()) {
                        // A pod that was listed and has no log any more had one.
                        let gone =
                            error.code == ErrorCode::NotFound && log.pod.listed && !log.previous;
                        let gap = if gone { Gap::Partial } else { Gap::Note };
                        self.note(log, gap, &status.message);
                    }
                    Ok(())
                }
                ErrorCode::PermissionDenied => {
                    Err(error.with_hint("grant the verb `get` on pods/log in the namespace"))
                }
                _ => Err(error),
            };
        }
        if let Some(kind) = http::header(&head, "content-type")
            && kind.contains("html")
        {
            return Err(Error::protocol(format!(
                "expected a log from the Kubernetes API, got content type {kind}"
            ))
            .with_status(head.status)
            .with_hint("check that the context's server is an API server and not a login page"));
        }
        let mut seen = Seen::default();
        let mut lines = Lines::default();
        let mut more = true;
        while more {
            let Some(bytes) = pending.read(READ_BYTES)? else {
                lines.end(|line| self.line(log, line, &mut seen))?;
                break;
            };
            let read = bytes.len() as u64;
            seen.bytes = seen.bytes.saturating_add(read);
            self.bytes = self.bytes.saturating_add(read);
            more = lines.read(&bytes, |line| self.line(log, line, &mut seen))?;
            if more && seen.bytes >= self.max_bytes {
                let what = format!(
                    "only the first {} bytes of the log were read (setting `log_bytes` of the connection); `where timestamp >= …` begins later",
                    seen.bytes
                );
                self.note(log, Gap::Truncated, &what);
                break;
            }
            let report = ProgressReport {
                rows_read: self.records.count(),
                bytes_read: self.bytes,
                done: None,
            };
            if self.output.progress(report) == Flow::Stop {
                self.records.stop();
            }
            more &= !self.records.stopped();
        }
        if let Some(tail) = self.wanted.tail
            && seen.long
            && seen.lines < tail
        {
            let what = format!(
                "{tail} lines were asked for and {} came: lines that a runtime wrote in pieces count as several, and the first one may be without its beginning",
                seen.lines
            );
            self.note(log, Gap::Truncated, &what);
        }
        // The first rows of a query must not wait for a full batch.
        self.records.flush()
    }

    /// Puts out one line. False when no more lines of this log are wanted.
    fn line(&mut self, log: &Log, line: Line<'_>, seen: &mut Seen) -> Result<bool, Error> {
        seen.lines = seen.lines.saturating_add(1);
        seen.long |= line.message.len() >= PIECE_BYTES;
        let (from, to) = (self.wanted.time.from, self.wanted.time.to);
        if let Some(to) = to
            && line
                .time
                .is_some_and(|time| time > to.saturating_add(DISORDER_NS))
        {
            return Ok(false);
        }
        // A line without a time is neither before nor after another.
        let inside =
            |time: i64| from.is_none_or(|from| time >= from) && to.is_none_or(|to| time <= to);
        let bounded = from.is_some() || to.is_some();
        if bounded && !line.time.is_some_and(inside) {
            return Ok(true);
        }
        self.told.cut = self.told.cut.saturating_add(u64::from(line.cut));
        self.told.replaced = self.told.replaced.saturating_add(u64::from(line.replaced));
        self.records.row(&[
            Cell::Text(&log.pod.namespace),
            Cell::Text(&log.pod.name),
            Cell::Text(&log.container),
            Cell::Bool(log.previous),
            line.time.map_or(Cell::Null, Cell::TimestampNs),
            Cell::Text(&line.message),
            Cell::Map(&log.pod.labels),
        ])?;
        Ok(!self.records.stopped())
    }

    /// Tells what is missing of one log.
    fn note(&mut self, log: &Log, gap: Gap, what: &str) {
        let instance = if log.previous { ", previous" } else { "" };
        let message = format!(
            "{}/{} ({}{instance}): {what}",
            log.pod.namespace, log.pod.name, log.container
        );
        self.notes.tell(gap, &message);
    }

    /// Tells of a log that failed. What is forbidden in a namespace is told once and not asked again.
    fn failed(&mut self, log: &Log, error: &Error) {
        if error.code == ErrorCode::PermissionDenied {
            let namespace = &log.pod.namespace;
            if self.told.denied.insert(namespace.clone()) {
                let message = format!(
                    "logs of namespace {namespace} were not read: {}",
                    error.message
                );
                self.output.report(Gap::Partial, None, &message);
            }
            return;
        }
        self.note(log, Gap::Partial, &error.message);
    }

    fn tell_sums(&self) {
        self.notes.end();
        let told = &self.told;
        if told.cut > 0 {
            let message = format!("{} lines were cut at {MAX_LINE_BYTES} bytes", told.cut);
            self.output.report(Gap::Truncated, None, &message);
        }
        if told.replaced > 0 {
            let message = format!(
                "{} lines hold bytes that are no UTF-8; each was replaced by U+FFFD",
                told.replaced
            );
            self.output.report(Gap::Note, None, &message);
        }
    }
}
