//! Owns DescribeAlarms: metric alarms, and composite ones where they are asked for. It answers neither parents nor children
//! of alarms.

use serde_json::{Value, json};

use super::account::Account;
use super::alarm::{Alarm, Watch};
use super::list_metrics::dimensions;
use super::page;
use super::parameters::Parameters;
use super::refusal::Refusal;
use crate::objects::signal::instant;

/// AWS's page, and the largest.
const PAGE: i64 = 50;
const MAX_PAGE: i64 = 100;
/// The most names of a request.
const MAX_NAMES: usize = 100;

/// Answers DescribeAlarms.
pub(super) fn answer(account: &Account, parameters: Parameters<'_>) -> Result<Value, Refusal> {
    for unserved in ["ChildrenOfAlarmName", "ParentsOfAlarmName"] {
        if parameters.text(unserved)?.is_some() {
            let message = format!("The demo does not answer {unserved}.");
            return Err(Refusal::new("ValidationError", message));
        }
    }
    let names = parameters.texts("AlarmNames", MAX_NAMES)?;
    let prefix = parameters.text("AlarmNamePrefix")?;
    if !names.is_empty() && prefix.is_some() {
        let message = "AlarmNamePrefix cannot be specified together with AlarmNames.";
        return Err(parameters.service.contradiction(message));
    }
    let types = types(parameters)?;
    let state = parameters.choice("StateValue", &["OK", "ALARM", "INSUFFICIENT_DATA"])?;
    let action = parameters.text("ActionPrefix")?;
    let size = parameters.page_size("MaxRecords", MAX_PAGE, PAGE)?;
    let start = page::start(parameters.service, parameters.text("NextToken")?)?;
    let wanted: Vec<&Alarm> = account
        .alarms()
        .iter()
        .filter(|alarm| types.contains(&alarm.kind()))
        .filter(|alarm| names.is_empty() || names.contains(&alarm.name.as_str()))
        .filter(|alarm| prefix.is_none_or(|prefix| alarm.name.starts_with(prefix)))
        .filter(|alarm| state.is_none_or(|state| alarm.state.name() == state))
        .filter(|alarm| action.is_none_or(|action| topic(account, alarm).starts_with(action)))
        .collect();
    let (page, next) = page::of(&wanted, start, size);
    let (mut metric, mut composite) = (Vec::new(), Vec::new());
    for alarm in page {
        match alarm.watch {
            Watch::Metric { .. } => metric.push(item(account, alarm)),
            Watch::Alarms { .. } => composite.push(item(account, alarm)),
        }
    }
    let mut answer = json!({"MetricAlarms": metric, "CompositeAlarms": composite});
    if let Some(next) = next {
        answer["NextToken"] = json!(next);
    }
    Ok(answer)
}

/// The types that are asked for: metric alarms alone where nothing is said.
pub(super) fn types<'a>(parameters: Parameters<'a>) -> Result<Vec<&'a str>, Refusal> {
    let types = parameters.texts("AlarmTypes", 2)?;
    for kind in &types {
        if !["MetricAlarm", "CompositeAlarm"].contains(kind) {
            let rule = "Member must satisfy enum value set: [CompositeAlarm, MetricAlarm]";
            return Err(parameters.constraint("alarmTypes", kind, rule));
        }
    }
    Ok(if types.is_empty() {
        vec!["MetricAlarm"]
    } else {
        types
    })
}

impl Alarm {
    /// The type as the API names it.
    pub(super) fn kind(&self) -> &'static str {
        match self.watch {
            Watch::Metric { .. } => "MetricAlarm",
            Watch::Alarms { .. } => "CompositeAlarm",
        }
    }
}

fn topic(account: &Account, alarm: &Alarm) -> String {
    account.arn("sns", &alarm.topic)
}

fn item(account: &Account, alarm: &Alarm) -> Value {
    let clock = account.clock();
    let (changed_s, made_s) = (
        instant(clock.ago_s(alarm.changed_s)),
        instant(clock.ago_s(alarm.age_s)),
    );
    let mut item = json!({
        "AlarmName": alarm.name,
        "AlarmArn": account.arn("cloudwatch", &format!("alarm:{}", alarm.name)),
        "AlarmDescription": alarm.description,
        "AlarmConfigurationUpdatedTimestamp": made_s,
        "ActionsEnabled": true,
        "OKActions": [],
        "AlarmActions": [topic(account, alarm)],
        "InsufficientDataActions": [],
        "StateValue": alarm.state.name(),
        "StateReason": alarm.reason,
        "StateUpdatedTimestamp": changed_s,
        "StateTransitionedTimestamp": changed_s,
    });
    match &alarm.watch {
        Watch::Metric {
            namespace,
            metric,
            dimensions: own,
            statistic,
            period_s,
            periods,
            comparison,
            threshold,
        } => {
            item["Namespace"] = json!(namespace);
            item["MetricName"] = json!(metric);
            item["Dimensions"] = dimensions(own);
            item["Statistic"] = json!(statistic);
            item["Period"] = json!(period_s);
            item["EvaluationPeriods"] = json!(periods);
            item["DatapointsToAlarm"] = json!(periods);
            item["ComparisonOperator"] = json!(comparison);
            item["Threshold"] = json!(threshold);
            item["TreatMissingData"] = json!("missing");
        }
        Watch::Alarms { rule } => item["AlarmRule"] = json!(rule),
    }
    item
}
