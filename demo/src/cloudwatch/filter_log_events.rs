//! Owns FilterLogEvents: the events of a group, of some or all streams, that pass a pattern, in the order of time. A page
//! ends at its limit or at 1 MB, whichever comes first; a page without events can lead on.

use serde_json::{Value, json};

use super::account::Account;
use super::filter_pattern::{MAX_CHARACTERS, Pattern};
use super::log_group::{Content, Event, LogGroup};
use super::page;
use super::parameters::Parameters;
use super::refusal::Refusal;
use crate::fault::Fault;

/// The most events of a page, and of a response of any kind.
pub(super) const MAX_EVENTS: i64 = 10_000;
/// The most bytes of a page.
pub(super) const MAX_BYTES: usize = 1 << 20;
/// What an event counts beside its message.
const EVENT_BYTES: usize = 26;
/// The most streams that can be named.
const MAX_STREAMS: usize = 100;

/// Answers FilterLogEvents.
pub(super) fn answer(
    account: &Account,
    parameters: Parameters<'_>,
    fault: Option<&Fault>,
) -> Result<Value, Refusal> {
    let group = named(account, parameters)?;
    let names = parameters.texts("logStreamNames", MAX_STREAMS)?;
    let prefix = parameters.text("logStreamNamePrefix")?;
    if !names.is_empty() && prefix.is_some() {
        return Err(parameters.service.contradiction(
            "The parameters logStreamNames and logStreamNamePrefix are mutually exclusive.",
        ));
    }
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
    let text = parameters.text("filterPattern")?.unwrap_or_default();
    parameters.check_length("filterPattern", text, MAX_CHARACTERS)?;
    let pattern = Pattern::read(text)?;
    let limit = parameters.page_size("limit", MAX_EVENTS, MAX_EVENTS)?;
    let token = parameters.text("nextToken")?;
    let start = page::start(parameters.service, token)?;
    let content = group.content();
    for name in &names {
        if !content.streams.iter().any(|stream| stream.name == *name) {
            return Err(no_stream());
        }
    }
    // The first page alone, or every page that an empty one did not lead to.
    let empty = match fault {
        Some(Fault::EmptyPage) => token.is_none(),
        Some(Fault::EmptyPages) => token.is_none_or(|token| !page::is_after_empty(token)),
        _ => false,
    };
    if empty {
        let next = page::after_empty(start);
        return Ok(json!({"events": [], "searchedLogStreams": [], "nextToken": next}));
    }
    let (mut events, mut bytes, mut next) = (Vec::new(), 0usize, None);
    for (place, event) in content.events.iter().enumerate().skip(start) {
        if event.at_ms < from_ms || event.at_ms > to_ms {
            continue;
        }
        let Some(stream) = content.stream(event) else {
            continue;
        };
        let wanted = match prefix {
            Some(prefix) => stream.name.starts_with(prefix),
            None => names.is_empty() || names.contains(&stream.name.as_str()),
        };
        if !wanted {
            continue;
        }
        let message = content.message(event);
        if !pattern.passes(&message) {
            continue;
        }
        bytes = bytes
            .saturating_add(message.len())
            .saturating_add(EVENT_BYTES);
        if events.len() == limit || bytes > MAX_BYTES {
            next = Some(page::token(place));
            break;
        }
        events.push(item(content, event, place, message));
    }
    let mut answer = json!({"events": events, "searchedLogStreams": []});
    if fault == Some(&Fault::RepeatToken) {
        next = Some(token.map_or_else(|| page::token(start), str::to_owned));
    }
    if let Some(next) = next {
        answer["nextToken"] = json!(next);
    }
    Ok(answer)
}

/// The group that a request names.
pub(super) fn named<'a>(
    account: &'a Account,
    parameters: Parameters<'_>,
) -> Result<&'a LogGroup, Refusal> {
    let name = match parameters.text("logGroupIdentifier")? {
        Some(_) if parameters.text("logGroupName")?.is_some() => {
            return Err(parameters.service.contradiction(
                "Only one of logGroupName and logGroupIdentifier can be specified.",
            ));
        }
        Some(identifier) => of_identifier(identifier),
        None => parameters.required_text("logGroupName")?,
    };
    account.group(name).ok_or_else(Refusal::no_log_group)
}

/// The name of a group given by its name or its ARN.
pub(super) fn of_identifier(identifier: &str) -> &str {
    match identifier.split_once(":log-group:") {
        Some((_, name)) => name.strip_suffix(":*").unwrap_or(name),
        None => identifier,
    }
}

/// The stream that was named is not in the group.
pub(super) fn no_stream() -> Refusal {
    Refusal::new(
        "ResourceNotFoundException",
        "The specified log stream does not exist.",
    )
}

fn item(content: &Content, event: &Event, place: usize, message: String) -> Value {
    json!({
        "logStreamName": content.stream(event).map_or("", |stream| stream.name.as_str()),
        "timestamp": event.at_ms,
        "message": message,
        "ingestionTime": event.ingested_ms,
        // 56 digits, as the service gives; they grow with time.
        "eventId": format!("{:038}{place:018}", event.at_ms),
    })
}
