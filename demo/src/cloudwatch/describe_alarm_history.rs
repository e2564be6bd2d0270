//! Owns DescribeAlarmHistory: when alarms were made, changed their state and told their topic, latest first.

use serde_json::{Value, json};

use super::account::Account;
use super::alarm::{Alarm, State};
use super::describe_alarms::types;
use super::page;
use super::parameters::Parameters;
use super::refusal::Refusal;
use crate::clock::{Clock, rfc3339};
use crate::objects::signal::instant;

/// AWS's page, and the largest.
const MAX_PAGE: i64 = 100;
/// How long history is kept: 30 days.
const KEPT_S: u64 = 30 * 86_400;
/// A new alarm has its first value after this.
const FIRST_VALUE_S: u64 = 90;

/// Something that happened to an alarm.
struct Item<'a> {
    alarm: &'a Alarm,
    at_s: i64,
    kind: &'static str,
    summary: String,
    data: Value,
}

/// Answers DescribeAlarmHistory.
pub(super) fn answer(account: &Account, parameters: Parameters<'_>) -> Result<Value, Refusal> {
    let name = parameters.text("AlarmName")?;
    let types = types(parameters)?;
    let kind = parameters.choice(
        "HistoryItemType",
        &["ConfigurationUpdate", "StateUpdate", "Action"],
    )?;
    let (from_s, to_s) = (
        parameters.seconds("StartDate")?,
        parameters.seconds("EndDate")?,
    );
    let ascending = parameters.choice("ScanBy", &["TimestampDescending", "TimestampAscending"])?
        == Some("TimestampAscending");
    let size = parameters.page_size("MaxRecords", MAX_PAGE, MAX_PAGE)?;
    let start = page::start(parameters.service, parameters.text("NextToken")?)?;
    let clock = account.clock();
    let mut items: Vec<Item<'_>> = account
        .alarms()
        .iter()
        .filter(|alarm| {
            name.map_or_else(|| types.contains(&alarm.kind()), |name| alarm.name == name)
        })
        .flat_map(|alarm| history(account, clock, alarm))
        .filter(|item| item.at_s >= clock.ago_s(KEPT_S))
        .filter(|item| kind.is_none_or(|kind| item.kind == kind))
        .filter(|item| from_s.is_none_or(|from_s| instant(item.at_s) >= from_s))
        .filter(|item| to_s.is_none_or(|to_s| instant(item.at_s) <= to_s))
        .collect();
    items.sort_by_key(|item| item.at_s);
    if !ascending {
        items.reverse();
    }
    let (page, next) = page::of(&items, start, size);
    let page: Vec<Value> = page
        .iter()
        .map(|item| {
            json!({
                "AlarmName": item.alarm.name,
                "AlarmType": item.alarm.kind(),
                "Timestamp": instant(item.at_s),
                "HistoryItemType": item.kind,
                "HistorySummary": item.summary,
                "HistoryData": item.data.to_string(),
            })
        })
        .collect();
    let mut answer = json!({"AlarmHistoryItems": page});
    if let Some(next) = next {
        answer["NextToken"] = json!(next);
    }
    Ok(answer)
}

/// What happened to an alarm, in order.
fn history<'a>(account: &Account, clock: Clock, alarm: &'a Alarm) -> Vec<Item<'a>> {
    let at = |ago_s| clock.ago_s(ago_s);
    let mut items = vec![Item {
        alarm,
        at_s: at(alarm.age_s),
        kind: "ConfigurationUpdate",
        summary: format!("Alarm \"{}\" created", alarm.name),
        data: json!({"version": "1.0", "type": "Create"}),
    }];
    let mut state = State::InsufficientData;
    let mut turn = |ago_s: u64, to: State, reason: &str| {
        let (from, at_s) = (state, at(ago_s));
        state = to;
        items.push(Item {
            alarm,
            at_s,
            kind: "StateUpdate",
            summary: format!("Alarm updated from {} to {}", from.name(), to.name()),
            data: json!({
                "version": "1.0",
                "oldState": {"stateValue": from.name()},
                "newState": {"stateValue": to.name(), "stateReason": reason, "startDate": rfc3339(at_s)},
            }),
        });
        if to == State::Alarm {
            let topic = account.arn("sns", &alarm.topic);
            items.push(Item {
                alarm,
                at_s,
                kind: "Action",
                summary: format!("Successfully executed action {topic}"),
                data: json!({"actionState": "Succeeded", "notificationResource": topic}),
            });
        }
    };
    let first_s = alarm.age_s.saturating_sub(FIRST_VALUE_S);
    turn(
        first_s.max(alarm.changed_s),
        State::Ok,
        "The first values were within the threshold",
    );
    if alarm.state != State::Ok {
        turn(alarm.changed_s, alarm.state, &alarm.reason);
    }
    items
}
