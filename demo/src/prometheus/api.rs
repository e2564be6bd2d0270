//! Owns the HTTP side of the Prometheus API: paths, parameters, the envelope of answers and of errors.

use bytes::Bytes;
use http::{Method, StatusCode, header};
use serde_json::{Map, Value, json};

use super::eval::{Sample, evaluate};
use super::parse::parse;
use super::series::{self, Series};
use crate::clock;
use crate::fault::Fault;
use crate::objects::World;
use crate::serve::{Api, Call, Reply};

/// The Prometheus API of one cluster.
pub(crate) struct PrometheusApi {
    series: Vec<Series>,
}

impl PrometheusApi {
    /// Serves the metrics of a cluster.
    pub(crate) fn new(world: &World) -> PrometheusApi {
        PrometheusApi {
            series: series::of(world),
        }
    }

    fn query(&self, call: &Call) -> Reply {
        // A form in the body comes first, as in Go's `Request.FormValue`.
        let form: Vec<(String, String)> = match call.method {
            Method::POST => url::form_urlencoded::parse(&call.body)
                .into_owned()
                .collect(),
            _ => Vec::new(),
        };
        let parameter = |name: &str| {
            let pair = form.iter().chain(&call.query).find(|(key, _)| key == name);
            pair.map(|(_, value)| value.as_str())
                .filter(|value| !value.is_empty())
        };
        let time_s = match parameter("time") {
            None => clock_now(),
            Some(text) => match parse_time(text) {
                Some(time_s) => time_s,
                None => {
                    let message = format!(
                        "invalid parameter \"time\": cannot parse {text:?} to a valid timestamp"
                    );
                    return bad_data(&message);
                }
            },
        };
        let query = parameter("query").unwrap_or_default();
        let result = parse(query).and_then(|expr| evaluate(&expr, &self.series, time_s));
        match result {
            Ok(samples) => success(json!({
                "resultType": "vector",
                "result": samples.into_iter().map(|sample| vector_item(sample, time_s)).collect::<Vec<_>>(),
            })),
            Err(message) => bad_data(&format!("invalid parameter \"query\": {message}")),
        }
    }
}

impl Api for PrometheusApi {
    fn answer(&self, call: &Call, fault: Option<&Fault>) -> Reply {
        if let Some(reply) = fault.and_then(under_fault) {
            return reply;
        }
        let reading = matches!(call.method, Method::GET | Method::HEAD);
        match call.path.as_str() {
            "/api/v1/query" if reading || call.method == Method::POST => self.query(call),
            "/api/v1/status/buildinfo" if reading => success(json!({
                "version": "3.5.3", "revision": "trawl-demo", "branch": "HEAD", "buildUser": "", "buildDate": "",
                "goVersion": "",
            })),
            "/-/healthy" if reading => text(StatusCode::OK, "Prometheus Server is Healthy.\n"),
            "/-/ready" if reading => text(StatusCode::OK, "Prometheus Server is Ready.\n"),
            "/api/v1/query" | "/api/v1/status/buildinfo" | "/-/healthy" | "/-/ready" => {
                text(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed\n")
            }
            path if path.starts_with("/api/v1/") => bad_data(&format!(
                "the demo's Prometheus serves /api/v1/query and /api/v1/status/buildinfo, not {path}"
            )),
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

/// The system's clock with milliseconds, as Prometheus evaluates "now".
fn clock_now() -> f64 {
    let now = time::OffsetDateTime::now_utc();
    let millis = i32::from(now.millisecond());
    whole_seconds(clock::system_now_s()) + f64::from(millis) / 1000.0
}

fn whole_seconds(seconds: i64) -> f64 {
    // Two halves that each fit: exact for every instant before the year 100,000,000.
    let high = i32::try_from(seconds >> 31).unwrap_or(0);
    let low = u32::try_from(seconds & 0x7fff_ffff).unwrap_or(0);
    f64::from(high) * 2_147_483_648.0 + f64::from(low)
}

/// Seconds since 1970 as a number, or RFC 3339.
fn parse_time(text: &str) -> Option<f64> {
    match text.parse::<f64>() {
        Ok(seconds) => seconds
            .is_finite()
            .then(|| (seconds * 1000.0).round() / 1000.0),
        Err(_) => clock::parse_s(text).map(whole_seconds),
    }
}

fn vector_item(sample: Sample, time_s: f64) -> Value {
    let metric: Map<String, Value> = sample
        .labels
        .into_iter()
        .map(|(name, value)| (name, Value::String(value)))
        .collect();
    // Whole seconds are written without a fraction, values as text: both as Prometheus does.
    let time = format!("{time_s}")
        .parse::<serde_json::Number>()
        .map_or(json!(time_s), Value::Number);
    json!({"metric": metric, "value": [time, number_text(sample.value)]})
}

fn number_text(value: f64) -> String {
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    format!("{value}")
}

fn success(data: Value) -> Reply {
    envelope(StatusCode::OK, &json!({"status": "success", "data": data}))
}

fn bad_data(message: &str) -> Reply {
    error(StatusCode::BAD_REQUEST, "bad_data", message)
}

fn error(status: StatusCode, kind: &str, message: &str) -> Reply {
    envelope(
        status,
        &json!({"status": "error", "errorType": kind, "error": message}),
    )
}

fn envelope(status: StatusCode, body: &Value) -> Reply {
    let mut reply = Reply::json(status, body.to_string());
    reply.headers.remove(header::CACHE_CONTROL);
    reply
}

fn text(status: StatusCode, body: &'static str) -> Reply {
    let mut reply = Reply::new(
        status,
        "text/plain; charset=utf-8",
        vec![Bytes::from_static(body.as_bytes())],
    );
    reply.headers.remove(header::CACHE_CONTROL);
    reply
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::options::ClusterProfile;

    fn api() -> PrometheusApi {
        let world = World::generate(7, &ClusterProfile::nth(1), 60, Clock::at(1_795_249_000));
        PrometheusApi::new(&world)
    }

    fn query(query: &str) -> Value {
        let target = format!(
            "/api/v1/query?time=1795249000&query={}",
            query.replace('+', "%2B").replace(' ', "+")
        );
        api().answer(&Call::get(&target, ""), None).value()
    }

    #[test]
    fn up_names_every_node_and_the_one_that_is_down() {
        let result = query("up");
        assert_eq!(result["status"], "success");
        assert_eq!(result["data"]["resultType"], "vector");
        let items = result["data"]["result"].as_array().unwrap();
        assert_eq!(items.len(), 5, "four nodes and Prometheus itself");
        assert_eq!(
            items.iter().filter(|item| item["value"][1] == "0").count(),
            1
        );
        assert_eq!(items[0]["value"][0].to_string(), "1795249000");
        assert_eq!(items[0]["metric"]["__name__"], "up");
    }

    #[test]
    fn rates_are_positive_and_sum_up() {
        let rates = query("rate(container_cpu_usage_seconds_total[5m])");
        let sum: f64 = rates["data"]["result"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["value"][1].as_str().unwrap().parse::<f64>().unwrap())
            .inspect(|rate| assert!(*rate > 0.0))
            .sum();
        let total = query("sum(rate(container_cpu_usage_seconds_total[5m]))");
        let total: f64 = total["data"]["result"][0]["value"][1]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
        assert!((sum - total).abs() < 1e-9);
    }

    #[test]
    fn errors_have_prometheus_form() {
        let reply = api().answer(&Call::get("/api/v1/query?query=up%2Bup", ""), None);
        assert_eq!(reply.status, 400);
        let error = reply.value();
        assert_eq!(
            (&error["status"], &error["errorType"]),
            (&json!("error"), &json!("bad_data"))
        );
        assert!(
            error["error"]
                .as_str()
                .unwrap()
                .contains("answers a subset")
        );
        let late = api().answer(&Call::get("/api/v1/query?query=up&time=noon", ""), None);
        assert_eq!(late.status, 400);
        let range = api().answer(&Call::get("/api/v1/query_range?query=up", ""), None);
        assert_eq!(range.status, 400);
    }

    #[test]
    fn a_form_is_taken_by_post() {
        let mut call = Call::get("/api/v1/query", "");
        call.method = Method::POST;
        call.body = Bytes::from_static(b"query=up&time=1795249000.5");
        let reply = api().answer(&call, None).value();
        assert_eq!(
            reply["data"]["result"][0]["value"][0].to_string(),
            "1795249000.5"
        );
    }
}
