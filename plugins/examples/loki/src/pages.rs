//! Owns the walk through entries by time, which is all the paging that Loki has; refuses to know what becomes of an entry.
//!
//! An answer holds the first entries of a range in its order, and nothing says whether more are behind them: one that is full may
//! have cut a nanosecond in two. So the entries of the last nanosecond of a full answer are left to the next one, which begins
//! there, and none comes twice or is lost. Only where a single nanosecond fills the largest answer are its further entries out of
//! reach: that is told.

use trawl_sdk::types::{Flow, Gap, ProgressReport};
use trawl_sdk::{Error, Output};

use crate::answer::{self, Labels, Stream};
use crate::api::{Call, Remote};
use crate::failure;
use crate::window::Window;

/// How often a range may be halved that the server finds too large. A hundred requests reach eight years at Loki's 30 days.
const MAX_SPLITS: usize = 100;

/// The key under which is remembered how many entries the server allows in an answer.
const ALLOWED_KEY: &str = "entries-allowed";

/// For how long that is remembered.
const REMEMBERED: std::time::Duration = std::time::Duration::from_secs(600);

/// What is asked for.
pub(crate) struct Asked<'a> {
    /// LogQL that gives entries.
    pub(crate) query: &'a str,
    pub(crate) window: Window,
    /// From the latest to the earliest.
    pub(crate) backward: bool,
    /// Entries an answer.
    pub(crate) page: u64,
}

/// One entry as it is handed over.
pub(crate) struct Seen<'s> {
    pub(crate) at: i64,
    pub(crate) line: &'s str,
    pub(crate) labels: &'s Labels,
    pub(crate) metadata: &'s Labels,
    pub(crate) parsed: &'s Labels,
}

/// Where entries go.
pub(crate) trait Sink {
    /// Entries still wanted; none: all.
    fn left(&self) -> Option<u64>;

    /// Whether no more are wanted.
    fn stopped(&self) -> bool;

    /// Takes one entry.
    ///
    /// # Errors
    /// What the output says.
    fn entry(&mut self, entry: &Seen<'_>) -> Result<(), Error>;

    /// Passes on what there is, after each answer.
    ///
    /// # Errors
    /// What the output says.
    fn flush(&mut self) -> Result<(), Error>;
}

/// The call for the first entries of a window.
pub(crate) fn call(asked: &Asked<'_>, window: Window, limit: u64) -> Call {
    let (start, end) = window.parameters();
    let direction = if asked.backward {
        "backward"
    } else {
        "forward"
    };
    Call::of(["query_range"])
        .with("query", asked.query)
        .with("start", start)
        .with("end", end)
        .with("limit", limit.to_string())
        .with("direction", direction)
}

/// The entries that the server allows in an answer, as far as that is known, and at most those of the configuration.
fn remembered(remote: &Remote<'_>, page: u64) -> u64 {
    let known = remote.http.recall(ALLOWED_KEY);
    let allowed = known
        .and_then(|text| serde_json::from_slice::<u64>(&text).ok())
        .filter(|allowed| *allowed > 0);
    allowed.map_or(page, |allowed| allowed.min(page))
}

/// Reads all entries of a window into the sink, in the order that is asked for.
///
/// # Errors
/// What the server answers; `protocol` for entries beyond the window, by which the walk could not go on.
pub(crate) fn read<S: Sink>(
    asked: &Asked<'_>,
    remote: &Remote<'_>,
    into: &mut S,
    output: &dyn Output,
) -> Result<(), Error> {
    let mut walk = Walk {
        asked,
        remote,
        output,
        page: remembered(remote, asked.page),
        splits: 0,
        seen: 0,
        stopped: false,
    };
    let mut windows = vec![asked.window];
    while let Some(window) = windows.pop() {
        if window.is_empty() {
            continue;
        }
        if walk.stopped || into.stopped() {
            break;
        }
        windows.extend(walk.step(window, into)?);
    }
    Ok(())
}

struct Walk<'w> {
    asked: &'w Asked<'w>,
    remote: &'w Remote<'w>,
    output: &'w dyn Output,
    /// Entries that the largest answer holds.
    page: u64,
    splits: usize,
    /// Entries so far.
    seen: u64,
    stopped: bool,
}

impl Walk<'_> {
    /// Reads the first entries of a window; gives what is left of it, the next part last.
    fn step<S: Sink>(&mut self, window: Window, into: &mut S) -> Result<Vec<Window>, Error> {
        let wanted = into.left().map_or(self.page, |left| left.min(self.page));
        match self.ask(window, wanted.max(1), into) {
            Ok(Rest::Nothing) => Ok(Vec::new()),
            Ok(Rest::From(rest)) => Ok(vec![rest]),
            // The last entry and the one behind it share their time: a larger answer tells them apart.
            Ok(Rest::Larger) => match self.ask(window, self.page, into)? {
                Rest::From(rest) => Ok(vec![rest]),
                Rest::Nothing | Rest::Larger => Ok(Vec::new()),
            },
            Err(error) => self.smaller(window, error),
        }
    }

    /// What is asked instead, where the server finds a request too large.
    fn smaller(&mut self, window: Window, error: Error) -> Result<Vec<Window>, Error> {
        if let Some(allowed) = failure::entries_allowed(&error).filter(|it| *it < self.page) {
            self.page = allowed;
            if let Ok(text) = serde_json::to_vec(&allowed) {
                self.remote.http.remember(ALLOWED_KEY, text, REMEMBERED);
            }
            return Ok(vec![window]);
        }
        if failure::is_too_large(&error)
            && self.splits < MAX_SPLITS
            && let Some((early, late)) = window.halves()
        {
            self.splits = self.splits.saturating_add(1);
            return Ok(if self.asked.backward {
                vec![early, late]
            } else {
                vec![late, early]
            });
        }
        Err(error)
    }

    fn ask<S: Sink>(&mut self, window: Window, limit: u64, into: &mut S) -> Result<Rest, Error> {
        let call = call(self.asked, window, limit);
        let body = answer::wait(call.start(self.remote)?)?;
        let streams = body.streams(self.output)?;
        let entries = ordered(&streams, self.asked.backward);
        if let Some(stranger) = entries.iter().find(|it| !window.contains(it.at)) {
            return Err(Error::protocol(format!(
                "expected entries from {} to {} ns, got one at {} ns",
                window.from, window.to, stranger.at
            ))
            .with_hint("this is a mistake of the server or of what stands before it"));
        }
        let count = u64::try_from(entries.len()).unwrap_or(u64::MAX);
        let full = count >= limit;
        let enough = into.left().is_some_and(|left| count >= left);
        let (border, held_back) = match (entries.first(), entries.last()) {
            (Some(first), Some(last)) if full && !enough => {
                let border = last.at;
                if first.at != border {
                    (Some(border), Some(border))
                } else if limit < self.page {
                    return Ok(Rest::Larger);
                } else {
                    self.output.report(
                        Gap::Truncated,
                        None,
                        &format!(
                            "at {border} ns there are {count} entries or more, which is all that one answer of Loki holds: further ones of that nanosecond cannot be read; narrow the labels, or raise max_entries_limit_per_query and `page_size`"
                        ),
                    );
                    (Some(beyond(border, self.asked.backward)), None)
                }
            }
            _ => (None, None),
        };
        for entry in &entries {
            if into.stopped() {
                break;
            }
            if held_back == Some(entry.at) {
                continue;
            }
            into.entry(entry)?;
            self.seen = self.seen.saturating_add(1);
        }
        into.flush()?;
        let progress = ProgressReport {
            rows_read: self.seen,
            bytes_read: 0,
            done: None,
        };
        self.stopped |= self.output.progress(progress) == Flow::Stop;
        Ok(match border {
            Some(border) if self.asked.backward => Rest::From(Window {
                to: border,
                ..window
            }),
            Some(border) => Rest::From(Window {
                from: border,
                ..window
            }),
            None => Rest::Nothing,
        })
    }
}

/// What is left of a window after an answer.
enum Rest {
    Nothing,
    From(Window),
    /// Unknown: the answer was one nanosecond's, and a larger one may be asked for. Nothing was handed over.
    Larger,
}

fn beyond(at: i64, backward: bool) -> i64 {
    if backward {
        at.saturating_sub(1)
    } else {
        at.saturating_add(1)
    }
}

/// The entries of all streams in one order: an answer has them stream by stream.
fn ordered<'s>(streams: &'s [Stream<'_>], backward: bool) -> Vec<Seen<'s>> {
    let mut entries: Vec<Seen<'s>> = streams
        .iter()
        .flat_map(|stream| {
            stream.values.iter().map(|entry| Seen {
                at: entry.at,
                line: &entry.line,
                labels: &stream.stream,
                metadata: &entry.more.metadata,
                parsed: &entry.more.parsed,
            })
        })
        .collect();
    if backward {
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.at));
    } else {
        entries.sort_by_key(|entry| entry.at);
    }
    entries
}
