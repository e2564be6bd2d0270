//! Owns the HTTP side of the Prometheus API: which function is asked for, by which method, and what faults make of it.

use std::sync::{Arc, OnceLock};

use http::{Method, StatusCode, header};

use super::answer::{Answered, error, reply, text};
use super::eval::Failure;
use super::form::Form;
use super::series::{self, Series};
use super::{exemplars, find, metadata, query, rules, status, targets};
use crate::fault::Fault;
use crate::objects::World;
use crate::serve::{Api, Call, Reply};

/// The Prometheus API of one cluster.
pub(crate) struct PrometheusApi {
    world: Arc<World>,
    /// Made when they are first asked for.
    series: OnceLock<Vec<Series>>,
}

impl PrometheusApi {
    /// Serves the metrics of a cluster.
    pub(crate) fn new(world: Arc<World>) -> PrometheusApi {
        PrometheusApi {
            world,
            series: OnceLock::new(),
        }
    }

    /// What a function below `/api/v1/` answers; none where there is no such function.
    fn function(&self, name: &str, form: &Form<'_>) -> Option<Answered> {
        let series = || {
            self.series
                .get_or_init(|| series::of(&self.world))
                .as_slice()
        };
        Some(match name {
            "query" => query::instant(form, series()),
            "query_range" => query::range(form, series()),
            "query_exemplars" => exemplars::answer(form, series(), &self.world),
            "series" => find::series(form, series()),
            "labels" => find::labels(form, series()),
            "metadata" => metadata::answer(form),
            "targets" => targets::answer(form, series()),
            "rules" => rules::rules(form, series()),
            "alerts" => rules::alerts(form, series()),
            "status/buildinfo" => status::build(),
            "status/flags" => status::flags(),
            "status/tsdb" => status::tsdb(form, series()),
            name => {
                let label = name.strip_prefix("label/")?.strip_suffix("/values")?;
                find::values(form, series(), label)
            }
        })
    }
}

/// The functions that are also called by POST, with a form.
const BY_POST: [&str; 5] = [
    "query",
    "query_range",
    "query_exemplars",
    "series",
    "labels",
];

impl Api for PrometheusApi {
    fn answer(&self, call: &Call, fault: Option<&Fault>) -> Reply {
        if let Some(reply) = fault.and_then(under_fault) {
            return reply;
        }
        let reading = matches!(call.method, Method::GET | Method::HEAD);
        let function = call.path.strip_prefix("/api/v1/");
        let by_post =
            call.method == Method::POST && function.is_some_and(|it| BY_POST.contains(&it));
        if !(reading || by_post) {
            return text(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed\n");
        }
        match (call.path.as_str(), function) {
            (_, Some(function)) => {
                let answered = self.function(function, &Form::new(call, self.world.plan.clock));
                let unserved = || {
                    let message = format!("the demo's Prometheus does not serve {}", call.path);
                    Err(Failure::Bad(message))
                };
                reply(
                    answered.unwrap_or_else(unserved),
                    fault == Some(&Fault::Partial),
                )
            }
            ("/-/healthy", _) => text(StatusCode::OK, "Prometheus Server is Healthy.\n"),
            ("/-/ready", _) => text(StatusCode::OK, "Prometheus Server is Ready.\n"),
            _ => text(StatusCode::NOT_FOUND, "404 page not found\n"),
        }
    }
}

/// Prometheus itself knows no credentials: what refuses them is a proxy in front of it, with text.
fn under_fault(fault: &Fault) -> Option<Reply> {
    match fault {
        Fault::Unauthorized => Some(text(StatusCode::UNAUTHORIZED, "Unauthorized\n")),
        Fault::Forbidden | Fault::ForbiddenAll => Some(text(StatusCode::FORBIDDEN, "Forbidden\n")),
        Fault::TooManyRequests => Some(
            text(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests\n")
                .with(header::RETRY_AFTER, "1"),
        ),
        Fault::Status(503) => Some(error(
            StatusCode::SERVICE_UNAVAILABLE,
            "timeout",
            "query timed out in expression evaluation",
        )),
        Fault::Status(422) => Some(error(
            StatusCode::UNPROCESSABLE_ENTITY,
            "execution",
            "found duplicate series for the match group {} on the right hand-side of the operation",
        )),
        Fault::Status(404) => Some(text(StatusCode::NOT_FOUND, "404 page not found\n")),
        Fault::Status(409) => Some(text(StatusCode::CONFLICT, "Conflict\n")),
        Fault::Status(_) => Some(error(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "tsdb: closed",
        )),
        _ => None,
    }
}
