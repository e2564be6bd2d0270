//! Owns the reading of events: requests by log group and streams, pages, and what to do about a group or stream that is not there.
//! Refuses to look at messages.

use serde::Deserialize;
use serde_json::{Value, json};
use trawl_sdk::records::{Cell, Records};
use trawl_sdk::types::{ErrorCode, Flow, Gap, ProgressReport};
use trawl_sdk::{Error, Output, Transport};

use super::Wanted;
use crate::group::Group;
use crate::groups;
use crate::pages::{self, Page, Then};
use crate::service::Action;
use crate::times::{self, MILLISECOND};

/// Streams that one request can name.
const MAX_STREAMS: usize = 100;

/// Bytes of a stream's name, at most.
const MAX_NAME: usize = 512;

/// Events a page, at most, which is also what it is without saying.
const PAGE: u64 = 10_000;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    timestamp: i64,
    #[serde(default)]
    message: String,
    ingestion_time: Option<i64>,
    log_stream_name: Option<String>,
    event_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct EventPage {
    #[serde(default)]
    events: Vec<Event>,
    next_token: Option<String>,
}

impl Page for EventPage {
    fn next(&self) -> Option<&str> {
        self.next_token.as_deref()
    }
}

/// One listing: a log group and some of its streams.
struct Part<'w> {
    group: &'w Group,
    /// None: all of them, or those with the prefix.
    streams: Option<Vec<&'w str>>,
    /// What the messages must match.
    pattern: Option<&'w str>,
}

/// The listings of a request.
fn parts(wanted: &Wanted) -> Vec<Part<'_>> {
    let names = wanted.stream.names(MAX_NAME);
    let pattern = wanted.pattern.as_deref();
    let mut parts = Vec::new();
    for group in &wanted.groups {
        match &names {
            None => parts.push(Part {
                group,
                streams: None,
                pattern,
            }),
            Some(names) => parts.extend(names.chunks(MAX_STREAMS).map(|names| Part {
                group,
                streams: Some(names.to_vec()),
                pattern,
            })),
        }
    }
    parts
}

fn body(wanted: &Wanted, part: &Part<'_>) -> Value {
    let mut body = part.group.member();
    let mut put = |key: &str, value: Value| body.insert(key.to_owned(), value);
    if let Some(from) = wanted.time.from {
        put("startTime", json!(times::ceil(from, MILLISECOND).max(0)));
    }
    if let Some(to) = wanted.time.to {
        put("endTime", json!(times::floor(to, MILLISECOND).max(0)));
    }
    if let Some(pattern) = part.pattern {
        put("filterPattern", json!(pattern));
    }
    let prefix = wanted
        .stream
        .prefix()
        .filter(|prefix| prefix.len() <= MAX_NAME);
    match (&part.streams, prefix) {
        (Some(streams), _) => put("logStreamNames", json!(streams)),
        (None, Some(prefix)) => put("logStreamNamePrefix", json!(prefix)),
        (None, None) => None,
    };
    if let Some(limit) = wanted.limit {
        put("limit", json!(limit.min(PAGE)));
    }
    Value::Object(body)
}

/// Reads all events.
///
/// # Errors
/// What the service answers; `not-found` for a log group only where no other one could be read.
pub(super) fn all(
    wanted: &Wanted,
    http: &dyn Transport,
    output: &dyn Output,
    records: &mut Records<'_>,
) -> Result<(), Error> {
    let mut reader = Reader {
        wanted,
        output,
        rows: 0,
        missing: Vec::new(),
        again: Vec::new(),
    };
    let parts = parts(wanted);
    reader.walk(&parts, http, records)?;
    // Each turn names fewer streams or has no pattern any more, so that it ends.
    while !reader.again.is_empty() && !records.stopped() {
        let again = std::mem::take(&mut reader.again);
        reader.walk(&again, http, records)?;
    }
    reader.finish()
}

struct Reader<'w, 'o> {
    wanted: &'w Wanted,
    output: &'o dyn Output,
    rows: u64,
    /// Log groups that are not there.
    missing: Vec<(&'w Group, Error)>,
    /// What is to be asked for in another way.
    again: Vec<Part<'w>>,
}

impl<'w> Reader<'w, '_> {
    fn walk(
        &mut self,
        parts: &[Part<'w>],
        http: &dyn Transport,
        records: &mut Records<'_>,
    ) -> Result<(), Error> {
        if records.stopped() {
            return Ok(());
        }
        let bodies: Vec<Value> = parts.iter().map(|part| body(self.wanted, part)).collect();
        let ahead = self.wanted.limit.is_none();
        pages::walk(
            http,
            Action::FilterLogEvents,
            &bodies,
            ahead,
            |index, page| {
                let Some(part) = parts.get(index) else {
                    return Ok(Then::Stop);
                };
                match page {
                    Ok(page) => self.page(part, page, records),
                    Err(error) => self.refused(part, error),
                }
            },
        )
    }

    fn page(
        &mut self,
        part: &Part<'_>,
        page: EventPage,
        records: &mut Records<'_>,
    ) -> Result<Then, Error> {
        for event in page.events {
            if records.stopped() {
                return Ok(Then::Stop);
            }
            let at = times::of_milliseconds(event.timestamp);
            // What the request said; a service that speaks the API but not all of it is not believed.
            if self.wanted.time.contains(at)
                && self.wanted.stream.matches(event.log_stream_name.as_deref())
            {
                row(part.group, &event, at, records)?;
                self.rows = self.rows.saturating_add(1);
            }
        }
        // The first rows of a query must not wait for a full batch, and pages come at five a second.
        records.flush()?;
        let report = ProgressReport {
            rows_read: self.rows,
            bytes_read: 0,
            done: None,
        };
        Ok(match self.output.progress(report) {
            Flow::More if !records.stopped() => Then::Go,
            _ => Then::Stop,
        })
    }

    /// A pattern saves reading and is nobody's wish: where a service does not take it, everything is read.
    fn refused(&mut self, part: &Part<'w>, error: Error) -> Result<Then, Error> {
        let of_pattern = error.message.to_lowercase().contains("filter pattern");
        if part.pattern.is_none() || error.code != ErrorCode::InvalidQuery || !of_pattern {
            return self.absent(part, error);
        }
        self.again.push(Part {
            group: part.group,
            streams: part.streams.clone(),
            pattern: None,
        });
        Ok(Then::Leave)
    }

    /// A stream that is not there has no events, and a log group that is not there does not keep others from being read.
    fn absent(&mut self, part: &Part<'w>, error: Error) -> Result<Then, Error> {
        if error.code != ErrorCode::NotFound {
            return Err(error);
        }
        let of_stream = error.message.contains("log stream");
        match &part.streams {
            Some(streams) if of_stream => {
                // One that is not there fails a request that names several.
                if streams.len() > 1 {
                    let one = |name: &&'w str| Part {
                        group: part.group,
                        streams: Some(vec![*name]),
                        pattern: part.pattern,
                    };
                    self.again.extend(streams.iter().map(one));
                }
            }
            // The API says so for a prefix that no stream has.
            None if of_stream => {}
            _ => {
                if self.missing.iter().all(|(group, _)| *group != part.group) {
                    let error = groups::told([part.group], error);
                    self.missing.push((part.group, error));
                }
            }
        }
        Ok(Then::Leave)
    }

    fn finish(self) -> Result<(), Error> {
        let all = self.wanted.groups.len();
        let mut missing = self.missing.into_iter();
        if missing.len() == all
            && let Some((_, error)) = missing.next()
        {
            return Err(error);
        }
        for (group, error) in missing {
            self.output
                .report(Gap::Partial, group.cluster.as_deref(), &error.message);
        }
        Ok(())
    }
}

fn row(group: &Group, event: &Event, at: i64, records: &mut Records<'_>) -> Result<(), Error> {
    let ingested = event.ingestion_time.map(times::of_milliseconds);
    records.row(&[
        Cell::TimestampNs(at),
        ingested.map_or(Cell::Null, Cell::TimestampNs),
        Cell::Text(&event.message),
        Cell::text(&event.log_stream_name),
        Cell::Text(group.name()),
        Cell::text(&event.event_id),
        Cell::text(&group.cluster),
    ])
}
