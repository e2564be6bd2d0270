//! Owns DescribeLogStreams: the streams of a group, by name or by their last event.

use serde_json::{Value, json};

use super::account::Account;
use super::filter_log_events::named;
use super::log_group::Stream;
use super::page;
use super::parameters::Parameters;
use super::refusal::Refusal;

/// AWS's page, and the largest.
const MAX_PAGE: i64 = 50;

/// Answers DescribeLogStreams.
pub(super) fn answer(account: &Account, parameters: Parameters<'_>) -> Result<Value, Refusal> {
    let group = named(account, parameters)?;
    let prefix = parameters.text("logStreamNamePrefix")?;
    let by_time =
        parameters.choice("orderBy", &["LogStreamName", "LastEventTime"])? == Some("LastEventTime");
    if by_time && prefix.is_some() {
        return Err(parameters
            .service
            .contradiction("Cannot order by LastEventTime with a logStreamNamePrefix."));
    }
    let descending = parameters.flag("descending", false)?;
    let size = parameters.page_size("limit", MAX_PAGE, MAX_PAGE)?;
    let start = page::start(parameters.service, parameters.text("nextToken")?)?;
    let streams = &group.content().streams;
    let mut wanted: Vec<&Stream> = streams
        .iter()
        .filter(|stream| prefix.is_none_or(|prefix| stream.name.starts_with(prefix)))
        .collect();
    if by_time {
        wanted.sort_by_key(|stream| stream.last_ms);
    }
    if descending {
        wanted.reverse();
    }
    let (page, next) = page::of(&wanted, start, size);
    let page: Vec<Value> = page
        .iter()
        .map(|stream| {
            let resource = format!("log-group:{}:log-stream:{}", group.name, stream.name);
            json!({
                "logStreamName": stream.name,
                "creationTime": stream.first_ms,
                "firstEventTimestamp": stream.first_ms,
                "lastEventTimestamp": stream.last_ms,
                "lastIngestionTime": stream.last_ms,
                "arn": account.arn("logs", &resource),
                // Deprecated: always 0 since 2019.
                "storedBytes": 0,
            })
        })
        .collect();
    let mut answer = json!({"logStreams": page});
    if let Some(next) = next {
        answer["nextToken"] = json!(next);
    }
    Ok(answer)
}
