//! What a scan used and what it says about itself, readable while it runs. Bounded: what exceeds
//! the bounds is counted, not kept.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::bindings::logging::Level;
use crate::bindings::output;
use crate::error::{cut, plain};
use crate::limits;

/// Something that is missing from the rows, by the plugin's own report or the host's.
#[derive(Debug, Clone, PartialEq)]
pub struct Gap {
    /// What kind of thing.
    pub kind: output::Gap,
    /// The cluster it concerns, where the connection serves several.
    pub cluster: Option<String>,
    /// One sentence for the user.
    pub message: String,
}

/// A line of the plugin's log.
#[derive(Debug, Clone, PartialEq)]
pub struct LogLine {
    /// How much it matters.
    pub level: Level,
    /// The line.
    pub message: String,
}

/// How far the plugin says it is.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Progress {
    /// Rows read from the remote.
    pub rows_read: u64,
    /// Bytes read from the remote.
    pub bytes_read: u64,
    /// The part that is done, 0 to 1.
    pub done: Option<f32>,
}

/// Counters and notes of one scan, or of all scans that share it.
#[derive(Debug, Default)]
pub struct ScanStats {
    /// HTTP requests begun, those aside that were answered from disk.
    pub requests: AtomicU64,
    /// Answers that had been kept on disk: nothing crossed the network for them.
    pub from_disk: AtomicU64,
    /// Bytes of answers to requests, decompressed.
    pub bytes: AtomicU64,
    /// Rows handed over.
    pub rows: AtomicU64,
    /// Time guests spent computing, the host's copying and validation included, in nanoseconds.
    pub guest_cpu_ns: AtomicU64,
    /// The most linear memory one instance had, in bytes.
    pub memory_peak: AtomicU64,
    /// Time guests waited for room downstream, in nanoseconds.
    pub blocked_ns: AtomicU64,
    /// Rows a guest pushed after it was told to stop, or beyond the limit; they were dropped.
    pub rows_cut: AtomicU64,
    /// Gaps that were not kept.
    pub gaps_cut: AtomicU64,
    /// Log lines that were not kept.
    pub log_lines_cut: AtomicU64,
    gaps: Mutex<Vec<Gap>>,
    log_lines: Mutex<Vec<LogLine>>,
    progress: Mutex<Progress>,
}

impl ScanStats {
    /// The gaps so far.
    #[must_use]
    pub fn gaps(&self) -> Vec<Gap> {
        locked(&self.gaps).clone()
    }

    /// The log lines so far.
    #[must_use]
    pub fn log_lines(&self) -> Vec<LogLine> {
        locked(&self.log_lines).clone()
    }

    /// The latest progress report.
    #[must_use]
    pub fn progress(&self) -> Progress {
        *locked(&self.progress)
    }

    pub(crate) fn report(&self, gap: Gap) {
        let gap = Gap {
            cluster: gap.cluster.map(cut),
            message: plain(gap.message),
            ..gap
        };
        keep(&self.gaps, gap, limits::GAPS, &self.gaps_cut);
    }

    /// Whether the line was kept.
    pub(crate) fn log(&self, line: LogLine) -> bool {
        keep(
            &self.log_lines,
            line,
            limits::LOG_LINES,
            &self.log_lines_cut,
        )
    }

    pub(crate) fn progressed(&self, progress: Progress) {
        let done = progress.done.filter(|done| (0.0..=1.0).contains(done));
        *locked(&self.progress) = Progress { done, ..progress };
    }

    pub(crate) fn add(counter: &AtomicU64, amount: u64) {
        counter.fetch_add(amount, Ordering::Relaxed);
    }
}

fn keep<T>(list: &Mutex<Vec<T>>, item: T, limit: usize, cut: &AtomicU64) -> bool {
    let mut list = locked(list);
    let room = list.len() < limit;
    if room {
        list.push(item);
    } else {
        ScanStats::add(cut, 1);
    }
    room
}

/// A lock that another thread's panic does not take away: every value here is whole at all times.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_kept_to_its_limit_and_counted() {
        let stats = ScanStats::default();
        for number in 0..limits::GAPS + 7 {
            stats.report(Gap {
                kind: output::Gap::Note,
                cluster: None,
                message: number.to_string(),
            });
        }
        for _ in 0..limits::LOG_LINES + 3 {
            stats.log(LogLine {
                level: Level::Info,
                message: String::new(),
            });
        }
        assert_eq!(stats.gaps().len(), limits::GAPS);
        assert_eq!(stats.gaps_cut.load(Ordering::Relaxed), 7);
        assert_eq!(stats.log_lines().len(), limits::LOG_LINES);
        assert_eq!(stats.log_lines_cut.load(Ordering::Relaxed), 3);
    }

    #[test]
    fn progress_outside_zero_to_one_is_no_progress() {
        let stats = ScanStats::default();
        for done in [f32::NAN, -1.0, 1.5] {
            stats.progressed(Progress {
                done: Some(done),
                ..Progress::default()
            });
            assert_eq!(stats.progress().done, None);
        }
    }
}
