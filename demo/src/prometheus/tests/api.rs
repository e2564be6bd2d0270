//! Answers have the forms of Prometheus' own.

use std::sync::{Arc, LazyLock};

use http::Method;
use serde_json::{Value, json};

use super::{NOW_S, world};
use crate::fault::Fault;
use crate::prometheus::PrometheusApi;
use crate::serve::{Api, Call, Reply};

/// The API of `prod-us`; every test asks the same one.
static API: LazyLock<PrometheusApi> = LazyLock::new(|| PrometheusApi::new(Arc::new(world(1))));

/// The answer to a GET; the parameters are encoded here.
fn ask(function: &str, parameters: &[(&str, &str)]) -> Reply {
    ask_under(None, function, parameters)
}

fn ask_under(fault: Option<&str>, function: &str, parameters: &[(&str, &str)]) -> Reply {
    let query: String = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(parameters)
        .finish();
    let fault = fault.map(|text| match text.parse() {
        Ok(Fault::Prometheus(inner)) => *inner,
        other => panic!("{other:?}"),
    });
    API.answer(
        &Call::get(&format!("/api/v1/{function}?{query}"), ""),
        fault.as_ref(),
    )
}

fn data(function: &str, parameters: &[(&str, &str)]) -> Value {
    let reply = ask(function, parameters);
    assert_eq!(reply.status, 200, "{}", reply.value());
    let mut value = reply.value();
    assert_eq!(value["status"], "success");
    value["data"].take()
}

#[test]
fn up_names_every_node_and_the_one_that_is_down() {
    let up = data("query", &[("query", "up"), ("time", "1795249000")]);
    assert_eq!(up["resultType"], "vector");
    let items = up["result"].as_array().unwrap();
    assert_eq!(items.len(), 6, "five nodes and Prometheus itself");
    assert_eq!(
        items.iter().filter(|item| item["value"][1] == "0").count(),
        1
    );
    assert_eq!(items[0]["value"][0].to_string(), "1795249000");
    assert_eq!(items[0]["metric"]["__name__"], "up");
}

#[test]
fn a_range_query_tells_what_instant_queries_tell() {
    let query = "sum by (namespace) (avg_over_time(container_memory_working_set_bytes[5m]))";
    let (start, end) = ("1795162600", "1795249000");
    let whole = data(
        "query_range",
        &[
            ("query", query),
            ("start", start),
            ("end", end),
            ("step", "1h"),
        ],
    );
    assert_eq!(whole["resultType"], "matrix");
    let line = &whole["result"][0];
    let values = line["values"].as_array().unwrap();
    assert_eq!(values.len(), 25, "the last 24 hours");
    assert!(
        values.windows(2).any(|pair| pair[0][1] != pair[1][1]),
        "load rises and falls"
    );
    for point in [&values[0], &values[13], &values[24]] {
        let time = point[0].to_string();
        let alone = data("query", &[("query", query), ("time", &time)]);
        let same = alone["result"]
            .as_array()
            .unwrap()
            .iter()
            .find(|item| item["metric"] == line["metric"])
            .unwrap();
        assert_eq!(&same["value"], point);
    }
}

#[test]
fn a_range_alone_gives_the_samples_as_they_were_scraped() {
    let query = "up{job=\"prometheus\"}[2m]";
    let samples = data("query", &[("query", query), ("time", "1795249080.5")]);
    assert_eq!(samples["resultType"], "matrix");
    let times: Vec<String> = samples["result"][0]["values"]
        .as_array()
        .unwrap()
        .iter()
        .map(|point| point[0].to_string())
        .collect();
    assert_eq!(
        times,
        ["1795248990", "1795249020", "1795249050", "1795249080"]
    );
}

#[test]
fn parameters_that_are_wrong_are_named() {
    let range = |start, end, step| {
        [
            ("query", "up"),
            ("start", start),
            ("end", end),
            ("step", step),
        ]
    };
    for (function, parameters, needle) in [
        ("query", vec![("query", "up+up")], "answers a subset"),
        ("query", vec![], "invalid parameter \\\"query\\\""),
        (
            "query",
            vec![("query", "up"), ("time", "noon")],
            "invalid parameter \\\"time\\\"",
        ),
        (
            "query",
            vec![("query", "up"), ("limit", "-1")],
            "limit must be non-negative",
        ),
        (
            "query_range",
            vec![("query", "up")],
            "invalid parameter \\\"start\\\"",
        ),
        (
            "query_range",
            range("10", "5", "1").to_vec(),
            "end timestamp must not be before start time",
        ),
        (
            "query_range",
            range("0", "5", "0").to_vec(),
            "zero or negative query resolution",
        ),
        (
            "query_range",
            range("0", "11001", "1").to_vec(),
            "exceeded maximum resolution of 11,000 points",
        ),
        (
            "query_range",
            range("0", "5", "x").to_vec(),
            "invalid parameter \\\"step\\\"",
        ),
        ("series", vec![], "no match[] parameter provided"),
        (
            "series",
            vec![("match[]", "{}")],
            "at least one non-empty matcher",
        ),
        ("label/a-b/values", vec![], "invalid label name"),
        ("rules", vec![("type", "x")], "not supported value"),
        (
            "status/config",
            vec![],
            "does not serve /api/v1/status/config",
        ),
    ] {
        let reply = ask(function, &parameters);
        let error = reply.value();
        assert_eq!(
            (reply.status.as_u16(), &error["errorType"]),
            (400, &json!("bad_data"))
        );
        assert!(error.to_string().contains(needle), "{error}");
    }
    let eleven = range("0", "11000", "1");
    assert_eq!(ask("query_range", &eleven).status, 200);
    let vector = ask(
        "query_range",
        &[
            ("query", "up[5m]"),
            ("start", "0"),
            ("end", "1"),
            ("step", "1"),
        ],
    );
    assert!(
        vector.value()["error"]
            .as_str()
            .unwrap()
            .contains("range vector")
    );
    let many = [
        ("query", "count_over_time({__name__=~\".+\"}[15d])"),
        ("start", "0"),
        ("end", "9999"),
        ("step", "1"),
    ];
    let reply = ask("query_range", &many);
    assert_eq!(
        (reply.status.as_u16(), &reply.value()["errorType"]),
        (422, &json!("execution"))
    );
}

#[test]
fn a_form_is_taken_by_post() {
    let mut call = Call::get("/api/v1/query", "");
    call.method = Method::POST;
    call.body = b"query=up&time=1795249000.5".as_slice().into();
    let reply = API.answer(&call, None).value();
    assert_eq!(
        reply["data"]["result"][0]["value"][0].to_string(),
        "1795249000.5"
    );
    call.path = "/api/v1/targets".to_owned();
    assert_eq!(API.answer(&call, None).status, 405);
}

#[test]
fn series_are_found_by_their_labels() {
    let found = data(
        "series",
        &[
            ("match[]", "up"),
            ("match[]", "{condition=\"Ready\",status=\"unknown\"}"),
        ],
    );
    assert_eq!(found.as_array().unwrap().len(), 6 + 5);
    let labels = data("labels", &[("match[]", "up")]);
    assert_eq!(labels, json!(["__name__", "instance", "job", "node"]));
    assert_eq!(
        data("label/job/values", &[]),
        json!(["kubelet", "prometheus"])
    );
    assert_eq!(data("label/nothing/values", &[]), json!([]));
    let cut = ask("labels", &[("limit", "2")]).value();
    assert_eq!(cut["data"].as_array().unwrap().len(), 2);
    assert_eq!(cut["warnings"], json!(["results truncated due to limit"]));
    // A month before the fleet there was nothing.
    let early = [
        ("match[]", "up"),
        ("start", "1792570600"),
        ("end", "1792574200"),
    ];
    assert_eq!(data("series", &early), json!([]));
    let kind = &data(
        "metadata",
        &[("metric", "container_cpu_usage_seconds_total")],
    )["container_cpu_usage_seconds_total"][0]["type"];
    assert_eq!(kind, "counter");
}

#[test]
fn alerts_fire_for_what_is_in_trouble() {
    let alerts = data("alerts", &[]);
    let alerts = alerts["alerts"].as_array().unwrap();
    let of = |name: &str| -> Vec<&Value> {
        alerts
            .iter()
            .filter(|alert| alert["labels"]["alertname"] == name)
            .collect()
    };
    let world = world(1);
    let node = world.plan.nodes.iter().find(|node| !node.ready).unwrap();
    for alert in of("KubeNodeNotReady") {
        assert_eq!(alert["labels"]["node"], node.name.as_str());
    }
    assert_eq!(
        (of("KubeNodeNotReady").len(), of("TargetDown").len()),
        (1, 1)
    );
    let crashing = world
        .plan
        .pods
        .iter()
        .filter(|pod| pod.state == crate::objects::PodState::CrashLoop);
    assert_eq!(of("KubePodCrashLooping").len(), crashing.count());
    assert!(of("KubePodCrashLooping")[0]["value"] == "1e+00");
    let rules = data("rules", &[]);
    let groups = rules["groups"].as_array().unwrap();
    assert_eq!(groups.len(), 3);
    let states: Vec<&str> = groups
        .iter()
        .flat_map(|group| group["rules"].as_array().unwrap())
        .map(|rule| rule["state"].as_str().unwrap())
        .collect();
    assert_eq!(
        states.iter().filter(|state| **state == "inactive").count(),
        1
    );
    assert_eq!(data("rules", &[("type", "record")])["groups"], json!([]));
    let targets = data("targets", &[]);
    let down = targets["activeTargets"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|target| target["health"] == "down");
    assert_eq!(down.count(), 1);
}

#[test]
fn exemplars_are_requests_of_the_log() {
    let start = (NOW_S - 3600).to_string();
    let end = NOW_S.to_string();
    let found = data(
        "query_exemplars",
        &[
            ("query", "rate(http_requests_total[5m])"),
            ("start", &start),
            ("end", &end),
        ],
    );
    let first = &found[0];
    assert_eq!(first["seriesLabels"]["__name__"], "http_requests_total");
    let trace = first["exemplars"][0]["labels"]["trace_id"]
        .as_str()
        .unwrap();
    assert_eq!(trace.len(), 32);
    let none = [("query", "up"), ("start", "0"), ("end", "1")];
    assert_eq!(data("query_exemplars", &none), json!([]));
    let tsdb = data("status/tsdb", &[("limit", "2")]);
    assert_eq!(tsdb["seriesCountByMetricName"].as_array().unwrap().len(), 2);
}

#[test]
fn it_is_a_prometheus_whose_ranges_are_known() {
    let build = data("status/buildinfo", &[]);
    assert!(build["version"].as_str().unwrap().starts_with("3.5."));
    for key in ["revision", "branch", "buildUser", "buildDate", "goVersion"] {
        assert_ne!(build[key].as_str().unwrap(), "", "{key}");
    }
    assert_eq!(build.get("application"), None, "that is Mimir's");
    let flags = data("status/flags", &[]);
    let flags = flags.as_object().unwrap();
    assert!(flags.values().all(Value::is_string));
    assert_eq!(flags["enable-feature"], "");
    assert_eq!(flags["storage.tsdb.retention.time"], "15d");
}

#[test]
fn faults_have_the_forms_that_servers_give_them() {
    let up = [("query", "up"), ("time", "1795249000")];
    let partial = ask_under(Some("prometheus:partial"), "query", &up);
    assert_eq!(partial.status, 200);
    let partial = partial.value();
    assert_eq!(partial["data"]["result"].as_array().unwrap().len(), 3);
    assert!(
        partial["warnings"][0]
            .as_str()
            .unwrap()
            .contains("Unavailable")
    );
    for (fault, status, kind) in [
        ("prometheus:422", 422, "execution"),
        ("prometheus:503", 503, "timeout"),
        ("prometheus:500", 500, "internal"),
    ] {
        let reply = ask_under(Some(fault), "query", &up);
        assert_eq!(
            (reply.status.as_u16(), &reply.value()["errorType"]),
            (status, &json!(kind))
        );
    }
}
