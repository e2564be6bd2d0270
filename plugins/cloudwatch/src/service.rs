//! Owns one call of an action: its request, and its answer as JSON. Refuses to know what actions mean, and to sign: the host does.
//!
//! Both services speak AWS' JSON protocol, <https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html> and 1.1: a POST to `/`
//! whose `X-Amz-Target` names the action.

use serde::de::DeserializeOwned;
use serde_json::Value;
use trawl_sdk::http::{self, Pending};
use trawl_sdk::table::{self, Endpoint};
use trawl_sdk::{Error, Transport};

use crate::fault;

/// An action of one of the two services. What is not here is not declared, so that no operator has to approve it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    GetMetricData,
    ListMetrics,
    DescribeAlarms,
    DescribeAlarmHistory,
    FilterLogEvents,
    DescribeLogGroups,
    DescribeLogStreams,
    StartQuery,
    GetQueryResults,
    StopQuery,
}

/// One of the two services, which are endpoints of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Service {
    /// AWS' name of it, by which the host makes its address and signs, and the prefix of its permissions in IAM (`cloudwatch` is
    /// the one of monitoring).
    endpoint: &'static str,
    iam: &'static str,
    target: &'static str,
    content_type: &'static str,
    /// For the operator who approves it.
    description: &'static str,
    actions: &'static [Action],
}

/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/>
const MONITORING: Service = Service {
    endpoint: "monitoring",
    iam: "cloudwatch",
    target: "GraniteServiceVersion20100801",
    content_type: "application/x-amz-json-1.0",
    description: "CloudWatch: metrics, alarms and their history",
    actions: &[
        Action::GetMetricData,
        Action::ListMetrics,
        Action::DescribeAlarms,
        Action::DescribeAlarmHistory,
    ],
};

/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/>
const LOGS: Service = Service {
    endpoint: "logs",
    iam: "logs",
    target: "Logs_20140328",
    content_type: "application/x-amz-json-1.1",
    description: "CloudWatch Logs: groups, streams, events, Insights; an Insights query is started and stopped there",
    actions: &[
        Action::FilterLogEvents,
        Action::DescribeLogGroups,
        Action::DescribeLogStreams,
        Action::StartQuery,
        Action::GetQueryResults,
        Action::StopQuery,
    ],
};

impl Action {
    /// AWS' name of it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::GetMetricData => "GetMetricData",
            Self::ListMetrics => "ListMetrics",
            Self::DescribeAlarms => "DescribeAlarms",
            Self::DescribeAlarmHistory => "DescribeAlarmHistory",
            Self::FilterLogEvents => "FilterLogEvents",
            Self::DescribeLogGroups => "DescribeLogGroups",
            Self::DescribeLogStreams => "DescribeLogStreams",
            Self::StartQuery => "StartQuery",
            Self::GetQueryResults => "GetQueryResults",
            Self::StopQuery => "StopQuery",
        }
    }

    fn service(self) -> &'static Service {
        if LOGS.actions.contains(&self) {
            &LOGS
        } else {
            &MONITORING
        }
    }

    /// The permission in IAM that allows it: `logs:FilterLogEvents`.
    pub(crate) fn permission(self) -> String {
        format!("{}:{}", self.service().iam, self.name())
    }

    /// The member of requests and answers in which the service has the token of the next page.
    pub(crate) fn token_key(self) -> &'static str {
        if LOGS.actions.contains(&self) {
            "nextToken"
        } else {
            "NextToken"
        }
    }

    /// What a table calls, for the operator to approve.
    pub(crate) fn operation(self) -> table::Call {
        table::Call::post("/")
            .action(self.target())
            .at(self.service().endpoint)
    }

    fn target(self) -> String {
        format!("{}.{}", self.service().target, self.name())
    }
}

/// The endpoints; what is called there, the tables say.
pub(crate) fn endpoints() -> [Endpoint; 2] {
    [MONITORING, LOGS].map(|service| {
        Endpoint::aws(service.endpoint, service.description)
            .sends(["content-type"])
            .receives(["content-type", "retry-after", fault::TYPE_HEADER])
    })
}

/// A call under way. Dropping it cancels the request.
pub(crate) struct Call {
    action: Action,
    pending: Pending,
}

/// Starts a call; returns at once.
///
/// # Errors
/// When the host refuses the request before it is sent.
pub(crate) fn start(http: &dyn Transport, action: Action, body: &Value) -> Result<Call, Error> {
    let service = action.service();
    let segments: [&str; 0] = [];
    let pending = http::post(service.endpoint, segments)
        .header("x-amz-target", action.target())
        .body(service.content_type, body.to_string())
        .start(http)?;
    Ok(Call { action, pending })
}

impl Call {
    /// Waits for the answer.
    ///
    /// # Errors
    /// What the service answers, as a typed error with its own words; `protocol` for an answer that is none of the service's.
    pub(crate) fn answer<T: DeserializeOwned>(self) -> Result<T, Error> {
        let (head, body) = self.pending.finish()?;
        // A text throughout: one kind of reader is half the code in the component.
        let text = std::str::from_utf8(&body)
            .map_err(|_| fault::foreign(self.action, &head, "no UTF-8"))?;
        if head.status != 200 {
            return Err(fault::read(self.action, &head, text));
        }
        if text.is_empty() {
            return Err(fault::foreign(self.action, &head, "an empty body"));
        }
        serde_json::from_str(text)
            .map_err(|cause| fault::foreign(self.action, &head, &cause.to_string()))
    }
}

/// Calls and waits.
///
/// # Errors
/// As [`start`] and [`Call::answer`].
pub(crate) fn call<T: DeserializeOwned>(
    http: &dyn Transport,
    action: Action,
    body: &Value,
) -> Result<T, Error> {
    start(http, action, body)?.answer()
}
