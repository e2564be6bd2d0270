//! Owns DescribeLogGroups: the groups by prefix or by a part of their name.

use serde_json::{Value, json};

use super::account::Account;
use super::log_group::LogGroup;
use super::page;
use super::parameters::Parameters;
use super::refusal::Refusal;

/// AWS's page, and the largest.
const MAX_PAGE: i64 = 50;

/// Answers DescribeLogGroups.
pub(super) fn answer(account: &Account, parameters: Parameters<'_>) -> Result<Value, Refusal> {
    let prefix = parameters.text("logGroupNamePrefix")?;
    let part = parameters.text("logGroupNamePattern")?;
    if prefix.is_some() && part.is_some() {
        return Err(parameters.service.contradiction(
            "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.",
        ));
    }
    let class = parameters.choice(
        "logGroupClass",
        &["STANDARD", "INFREQUENT_ACCESS", "DELIVERY"],
    )?;
    let size = parameters.page_size("limit", MAX_PAGE, MAX_PAGE)?;
    let start = page::start(parameters.service, parameters.text("nextToken")?)?;
    let lower = part.map(str::to_lowercase);
    let wanted: Vec<&LogGroup> = account
        .groups()
        .iter()
        .filter(|group| prefix.is_none_or(|prefix| group.name.starts_with(prefix)))
        .filter(|group| {
            lower
                .as_deref()
                .is_none_or(|part| group.name.to_lowercase().contains(part))
        })
        .filter(|_| class.is_none_or(|class| class == "STANDARD"))
        .collect();
    let (page, next) = page::of(&wanted, start, size);
    let page: Vec<Value> = page.iter().map(|group| item(account, group)).collect();
    let mut answer = json!({"logGroups": page});
    if let Some(next) = next {
        answer["nextToken"] = json!(next);
    }
    Ok(answer)
}

fn item(account: &Account, group: &LogGroup) -> Value {
    let arn = account.arn("logs", &format!("log-group:{}", group.name));
    let mut item = json!({
        "logGroupName": group.name,
        "creationTime": group.created_ms,
        "metricFilterCount": 0,
        "arn": format!("{arn}:*"),
        "logGroupArn": arn,
        "storedBytes": group.stored_bytes,
        "logGroupClass": "STANDARD",
    });
    if let Some(days) = group.retention_days {
        item["retentionInDays"] = json!(days);
    }
    item
}
