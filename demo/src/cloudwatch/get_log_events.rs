//! Owns GetLogEvents: the events of one stream, forward and backward. At either end the token repeats.

use serde_json::{Value, json};

use super::account::Account;
use super::filter_log_events::{MAX_BYTES, MAX_EVENTS, named, no_stream};
use super::log_group::Event;
use super::parameters::Parameters;
use super::refusal::Refusal;

/// Where a page lies in a stream, and on which side of it.
enum From {
    /// The page begins here.
    Forward(usize),
    /// The page ends before this.
    Backward(usize),
}

/// Answers GetLogEvents.
pub(super) fn answer(account: &Account, parameters: Parameters<'_>) -> Result<Value, Refusal> {
    let content = named(account, parameters)?.content();
    let name = parameters.required_text("logStreamName")?;
    let stream = content
        .streams
        .iter()
        .position(|stream| stream.name == name);
    let stream = stream.ok_or_else(no_stream)?;
    let (from_ms, to_ms) = (
        parameters.integer("startTime", 0..=i64::MAX)?.unwrap_or(0),
        parameters
            .integer("endTime", 0..=i64::MAX)?
            .unwrap_or(i64::MAX),
    );
    if from_ms > to_ms {
        return Err(parameters
            .service
            .invalid("End time should not be before start time."));
    }
    let limit = parameters.page_size("limit", MAX_EVENTS, MAX_EVENTS)?;
    let head = parameters.flag("startFromHead", false)?;
    // The end is not in it, unlike FilterLogEvents'.
    let events: Vec<&Event> = content
        .events
        .iter()
        .filter(|event| event.stream == stream && (from_ms..to_ms).contains(&event.at_ms))
        .collect();
    let from = match parameters.text("nextToken")? {
        Some(token) => read(token).ok_or_else(|| parameters.service.stale_token())?,
        None if head => From::Forward(0),
        None => From::Backward(events.len()),
    };
    let (mut bytes, mut page) = (0usize, Vec::new());
    let mut take = |event: &&Event| {
        let message = content.message(event);
        bytes = bytes.saturating_add(message.len());
        if page.len() == limit || bytes > MAX_BYTES {
            return false;
        }
        page.push(json!({
            "timestamp": event.at_ms, "message": message, "ingestionTime": event.ingested_ms,
        }));
        true
    };
    let (start, end) = match from {
        From::Forward(start) => {
            let start = start.min(events.len());
            let taken = events
                .iter()
                .skip(start)
                .take_while(|event| take(event))
                .count();
            (start, start.saturating_add(taken))
        }
        From::Backward(end) => {
            let end = end.min(events.len());
            let before = events.get(..end).unwrap_or_default();
            let taken = before.iter().rev().take_while(|event| take(event)).count();
            page.reverse();
            (end.saturating_sub(taken), end)
        }
    };
    Ok(json!({
        "events": page,
        "nextForwardToken": format!("f/{end:056}/s"),
        "nextBackwardToken": format!("b/{start:056}/s"),
    }))
}

fn read(token: &str) -> Option<From> {
    let (side, rest) = token.split_once('/')?;
    let place = rest.strip_suffix("/s")?.parse().ok()?;
    match side {
        "f" => Some(From::Forward(place)),
        "b" => Some(From::Backward(place)),
        _ => None,
    }
}
