//! Owns the two services of CloudWatch, `monitoring` and `logs`, of one account in one region, over AWS's JSON protocol:
//! `POST /` with the action in `X-Amz-Target`, signed with SigV4. All clusters of the region are in it. It writes nothing
//! and serves, of each action, what reading needs:
//!
//! - GetMetricData of metrics (`MetricStat`), not of expressions; ListMetrics;
//! - DescribeAlarms, DescribeAlarmHistory;
//! - DescribeLogGroups, DescribeLogStreams, FilterLogEvents, GetLogEvents; a `filterPattern` of terms, phrases in double
//!   quotes, `-` and `?`, or of a regular expression (see `filter_pattern`);
//! - StartQuery, GetQueryResults, StopQuery with `fields`, `filter`, `sort`, `limit` and `stats count(*)` (see `insights`).
//!
//! Anything else is refused with the error that AWS has for it. Limits, defaults and paging are those of AWS's API
//! references, and instants are seconds in `monitoring` and StartQuery, milliseconds in the other actions of `logs`.

mod account;
mod alarm;
mod api;
mod credentials;
mod describe_alarm_history;
mod describe_alarms;
mod describe_log_groups;
mod describe_log_streams;
mod filter_log_events;
mod filter_pattern;
mod filter_regex;
mod get_log_events;
mod get_metric_data;
mod insights;
mod list_metrics;
mod log_group;
mod metric;
mod page;
mod parameters;
mod queries;
mod refusal;
mod sigv4;
mod statistic;

pub(crate) use account::{Account, log_group_of};
pub(crate) use api::CloudWatchApi;
pub(crate) use credentials::Credentials;

#[cfg(test)]
mod tests;
