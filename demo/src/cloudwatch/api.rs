//! Owns the HTTP side of CloudWatch: which action is asked for, whether the request is signed, and what faults make of it.

use std::sync::Arc;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::account::Account;
use super::credentials::Credentials;
use super::parameters::Parameters;
use super::queries::Queries;
use super::refusal::{Refusal, Service};
use super::{
    describe_alarm_history, describe_alarms, describe_log_groups, describe_log_streams,
    filter_log_events, get_log_events, get_metric_data, list_metrics, sigv4,
};
use crate::clock;
use crate::fault::Fault;
use crate::serve::{Api, Call, Reply};

/// CloudWatch of one account and region.
#[derive(Debug)]
pub(crate) struct CloudWatchApi {
    account: Arc<Account>,
    credentials: Credentials,
    queries: Queries,
}

impl CloudWatchApi {
    /// Serves an account to whoever has the credentials.
    pub(crate) fn new(account: Arc<Account>, credentials: Credentials) -> CloudWatchApi {
        CloudWatchApi {
            account,
            credentials,
            queries: Queries::default(),
        }
    }

    /// What an action answers without a network, a signature and faults; none where it is refused.
    pub(crate) fn value(&self, target: &str, body: &Value) -> Option<Value> {
        let (service, action) = operation(target)?;
        let body = body.to_string();
        self.act(service, action, body.as_bytes(), None).ok()
    }

    /// What an action answers to a request that is signed.
    pub(super) fn act(
        &self,
        service: Service,
        action: &str,
        body: &[u8],
        fault: Option<&Fault>,
    ) -> Result<Value, Refusal> {
        let account = &*self.account;
        let body: Value = match body {
            [] => json!({}),
            body => serde_json::from_slice(body).map_err(|error| {
                Refusal::new(
                    "SerializationException",
                    format!("The body is no JSON: {error}"),
                )
            })?,
        };
        let parameters = Parameters::new(service, &body)?;
        match (service, action) {
            (Service::Monitoring, "GetMetricData") => {
                get_metric_data::answer(account, parameters, fault)
            }
            (Service::Monitoring, "ListMetrics") => list_metrics::answer(account, parameters),
            (Service::Monitoring, "DescribeAlarms") => describe_alarms::answer(account, parameters),
            (Service::Monitoring, "DescribeAlarmHistory") => {
                describe_alarm_history::answer(account, parameters)
            }
            (Service::Logs, "DescribeLogGroups") => {
                describe_log_groups::answer(account, parameters)
            }
            (Service::Logs, "DescribeLogStreams") => {
                describe_log_streams::answer(account, parameters)
            }
            (Service::Logs, "FilterLogEvents") => {
                filter_log_events::answer(account, parameters, fault)
            }
            (Service::Logs, "GetLogEvents") => get_log_events::answer(account, parameters),
            (Service::Logs, "StartQuery") => self.queries.start(account, parameters),
            (Service::Logs, "GetQueryResults") => self.queries.results(parameters),
            (Service::Logs, "StopQuery") => self.queries.stop(parameters),
            (_, action) => Err(unknown(action)),
        }
    }
}

impl Api for CloudWatchApi {
    fn answer(&self, call: &Call, fault: Option<&Fault>) -> Reply {
        let target = call
            .header(http::HeaderName::from_static("x-amz-target"))
            .unwrap_or_default();
        let Some((service, action)) = operation(target) else {
            return unknown(target).reply(Service::Monitoring);
        };
        if call.method != Method::POST || call.path != "/" {
            return unknown(&format!("{} {}", call.method, call.path)).reply(service);
        }
        if let Some(refusal) = fault.and_then(|fault| under_fault(fault, service, action)) {
            return refusal.reply(service);
        }
        let signed = sigv4::check(
            call,
            &self.credentials,
            &self.account.region,
            service,
            clock::system_now_s(),
        );
        match signed.and_then(|()| self.act(service, action, &call.body, fault)) {
            Ok(answer) => service.reply(StatusCode::OK, &answer),
            Err(refusal) => refusal.reply(service),
        }
    }
}

/// The service and the action that `X-Amz-Target` names.
fn operation(target: &str) -> Option<(Service, &str)> {
    match target.split_once('.')? {
        ("GraniteServiceVersion20100801", action) => Some((Service::Monitoring, action)),
        ("Logs_20140328", action) => Some((Service::Logs, action)),
        _ => None,
    }
}

fn unknown(action: &str) -> Refusal {
    Refusal::new(
        "UnknownOperationException",
        format!("The demo's CloudWatch does not answer {action:?}."),
    )
}

/// What AWS answers in place of a result.
fn under_fault(fault: &Fault, service: Service, action: &str) -> Option<Refusal> {
    let forbidden =
        |kind, message: String| Some(Refusal::with_status(StatusCode::FORBIDDEN, kind, message));
    match fault {
        Fault::Unauthorized => forbidden(
            "UnrecognizedClientException",
            "The security token included in the request is invalid.".to_owned(),
        ),
        Fault::Expired => forbidden(
            "ExpiredTokenException",
            "The security token included in the request is expired".to_owned(),
        ),
        Fault::Forbidden | Fault::ForbiddenAll => {
            let prefix = match service {
                Service::Monitoring => "cloudwatch",
                Service::Logs => "logs",
            };
            let message = format!(
                "User: arn:aws:iam::{}:user/demo is not authorized to perform: {prefix}:{action} because no \
                 identity-based policy allows the {prefix}:{action} action",
                super::account::ACCOUNT_ID
            );
            Some(Refusal::new("AccessDeniedException", message))
        }
        Fault::TooManyRequests => Some(Refusal::new("ThrottlingException", "Rate exceeded")),
        Fault::Status(404) => match service {
            Service::Logs => Some(Refusal::no_log_group()),
            Service::Monitoring => None,
        },
        Fault::Status(503) => Some(Refusal::with_status(
            StatusCode::SERVICE_UNAVAILABLE,
            "ServiceUnavailableException",
            "The service is temporarily unavailable.",
        )),
        Fault::Status(_) => Some(Refusal::with_status(
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalFailure",
            "The request processing has failed because of an unknown error, exception or failure.",
        )),
        _ => None,
    }
}
