//! Owns the requests and rows of the tables beside the default one and `samples`, with bodies in the API's documented format; refuses a
//! network.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use common::{Ask, data, label, success, text, timestamp, utf8, value};
use serde_json::{Value, json};
use trawl_plugin_prometheus::Prometheus;
use trawl_sdk::schema::{Type, request_column};
use trawl_sdk::testing::{Answer, Recorded};
use trawl_sdk::types::{
    AggregateFunction, Column, CompareOp, ErrorCode, Gap, Literal, Placement, Pushed, TextOp,
};
use trawl_sdk::{Session, Source};

fn of(name: &str, of: Type) -> Column {
    request_column(name, of)
}

fn map(name: &str) -> Column {
    of(name, Type::map(Type::Utf8))
}

#[test]
fn every_table_says_what_it_has() {
    let http = Recorded::in_order([]);
    let plain = Prometheus::open("", http.clone()).unwrap();
    let shared = Prometheus::open(r#"{"cluster_label": "c"}"#, http.clone()).unwrap();
    let tables = plain.tables(None, None).unwrap().tables;
    let names: Vec<String> = tables.iter().map(|table| table.path.concat()).collect();
    assert_eq!(
        names,
        [
            "",
            "alerts",
            "exemplars",
            "labels",
            "metrics",
            "rule_groups",
            "rules",
            "samples",
            "series",
            "targets",
            "tsdb_status"
        ]
    );
    assert_eq!(plain.tables(None, Some("rule")).unwrap().tables.len(), 2);
    for table in &tables {
        let own = plain.table_schema(&table.path, &[]).unwrap();
        let common = shared.table_schema(&table.path, &[]).unwrap();
        let has_cluster =
            |fields: &[trawl_sdk::types::Field]| fields.iter().any(|it| it.name == "cluster");
        assert_eq!(own.placement, Placement::Cluster);
        assert!(!has_cluster(&own.schema.fields));
        let per_row = has_cluster(&common.schema.fields);
        let placement = if per_row {
            Placement::PerRow
        } else {
            Placement::Connection
        };
        assert_eq!(common.placement, placement, "{:?}", table.path);
        let server = ["metrics", "rules", "rule_groups", "tsdb_status"];
        assert_eq!(per_row, !server.contains(&table.path.concat().as_str()));
    }
    let missing = plain.table_schema(&["x".into()], &[]).unwrap_err();
    assert_eq!(missing.code, ErrorCode::NotFound);
    let description = Prometheus::describe();
    assert_eq!(description.cluster_key.as_deref(), Some("cluster_name"));
    let operations = &description.endpoints[0].operations;
    let paths: Vec<String> = operations
        .iter()
        .map(|it| format!("{:?} {}", it.method, it.path))
        .collect();
    for path in [
        "Method::Post /api/v1/query_range",
        "Method::Get /api/v1/label/{name}/values",
        "Method::Get /api/v1/status/tsdb",
    ] {
        assert!(paths.contains(&path.to_owned()), "{path}: {paths:?}");
    }
    assert!(
        plain
            .scan("{}", &trawl_sdk::testing::Collected::default())
            .is_err()
    );
    assert!(http.requests().is_empty());
}

#[test]
fn samples_are_refused_without_series_or_time() {
    let http = Recorded::in_order([]);
    let ask = Ask::samples;
    for (ask, part) in [
        (ask().is(text("metric"), "up"), "says from when on"),
        (ask().is(text("metric"), "up").until(5), "says from when on"),
        (ask().from(5), "names the series"),
        (ask().from(5).is(label("a"), ""), "names the series"),
        (
            ask().from(5).among(label("a"), &["b"], true),
            "names the series",
        ),
        (ask().from(5).null(label("a"), true), "names the series"),
        (
            ask()
                .from(5)
                .matching(label("a"), TextOp::Prefix, "b", false, true),
            "names the series",
        ),
    ] {
        for config in ["{}", r#"{"cluster_label": "c"}"#] {
            let error = ask.plan(config, http.clone()).unwrap_err();
            assert_eq!(error.code, ErrorCode::InvalidQuery);
            assert!(error.message.contains(part), "{}", error.message);
            assert!(error.hint.is_some());
        }
    }
    let plain = Prometheus::open("", http).unwrap();
    let detail = plain.table_schema(&["samples".into()], &[]).unwrap();
    assert_eq!(
        detail.required_filters,
        [vec!["timestamp"], vec!["metric", "labels"]]
    );
}

fn buildinfo(version: &str, more: Value) -> Answer {
    let mut build = json!({"version": version, "revision": "r", "goVersion": "go1"});
    build
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    data(build)
}

/// The aggregate that a server of that build and features is asked for; none where rows are.
fn promql_of(answers: Vec<Answer>) -> Option<String> {
    let plan = Ask::samples()
        .is(text("metric"), "up")
        .from(0)
        .until(119_999)
        .aggregate(
            &[(label("job"), None), (timestamp(), Some(60_000))],
            &[(AggregateFunction::Sum, true)],
        )
        .plan("{}", Recorded::in_order(answers))
        .unwrap();
    plan.aggregated.then_some(plan.explain)
}

#[test]
fn aggregates_are_for_servers_whose_ranges_are_known() {
    let flags = |features: &str| data(json!({"enable-feature": features}));
    let none = json!({});
    let closed = "GET /api/v1/query_range?start=59.999&end=119.999&step=60: sum by (job) (sum_over_time(up[59999ms]))";
    let open = closed.replace("59999ms", "60s");
    for (answers, expected) in [
        (
            vec![buildinfo("2.42.0+ds", none.clone()), flags("")],
            Some(closed),
        ),
        (
            vec![buildinfo("3.5.1", none.clone()), flags("exemplar-storage")],
            Some(open.as_str()),
        ),
        (
            vec![
                buildinfo("2.42.0", none.clone()),
                flags("a,native-histograms"),
            ],
            None,
        ),
        (vec![buildinfo("3.8.0", none.clone()), flags("")], None),
        (vec![buildinfo("2.42.0", none.clone())], None),
        (vec![buildinfo("0.37.2", none.clone())], None),
        (
            vec![buildinfo("2.13.0", json!({"application": "Grafana Mimir"}))],
            None,
        ),
        (vec![data(json!({"version": "2.24.0"}))], None),
        (vec![Answer::new(404, "text/plain", "404")], None),
        (vec![data(json!([]))], None),
    ] {
        assert_eq!(
            promql_of(answers.clone()).as_deref(),
            expected,
            "{answers:?}"
        );
    }
}

#[test]
fn aggregates_that_could_differ_are_left_to_the_host() {
    let answers = || {
        Recorded::in_order([
            buildinfo("2.42.0", json!({})),
            data(json!({"enable-feature": ""})),
        ])
    };
    let sum = [(AggregateFunction::Sum, true)];
    let base = || Ask::samples().from(0).until(119_999);
    let up = || base().is(text("metric"), "up");
    let bin = |ms| vec![(timestamp(), Some(ms))];
    for (ask, aggregated) in [
        (up().aggregate(&[], &sum), true),
        (up().aggregate(&[(text("metric"), None)], &sum), true),
        (up().aggregate(&bin(7_000), &sum), true),
        // Another metric's series may look the same without its name.
        (base().is(label("job"), "x").aggregate(&[], &sum), false),
        (
            base()
                .among(text("metric"), &["a", "b"], false)
                .aggregate(&[], &sum),
            false,
        ),
        // The host has to look at rows.
        (
            up().filter(value(), CompareOp::Gt, Literal::Float64(1.0))
                .aggregate(&[], &sum),
            false,
        ),
        (
            up().matching(label("a"), TextOp::Has, "x", false, false)
                .aggregate(&[], &sum),
            false,
        ),
        (up().aggregate(&[(timestamp(), None)], &sum), false),
        (up().aggregate(&[(value(), None)], &sum), false),
        (
            up().aggregate(&[], &[(AggregateFunction::Sum, false)]),
            false,
        ),
        // A millisecond alone is no range of Prometheus 2.
        (up().aggregate(&bin(1), &sum), false),
        (up().from(119_999).aggregate(&[], &sum), false),
    ] {
        let plan = ask.plan("{}", answers()).unwrap();
        assert_eq!(plan.aggregated, aggregated, "{}", plan.explain);
    }
    let down =
        Recorded::by(|_| Answer::failing(trawl_sdk::Error::new(ErrorCode::Unavailable, "down")));
    let error = up().aggregate(&[], &sum).plan("{}", down).unwrap_err();
    assert_eq!(error.code, ErrorCode::Unavailable);
}

#[test]
fn results_of_functions_meet_in_their_groups() {
    let ask = Ask::samples()
        .is(text("metric"), "up")
        .from(30_000)
        .until(119_999)
        .aggregate(
            &[
                (timestamp(), Some(60_000)),
                (label("job"), None),
                (text("metric"), None),
            ],
            &[
                (AggregateFunction::Max, true),
                (AggregateFunction::Count, false),
                (AggregateFunction::Count, true),
            ],
        );
    let vector = |value: &str| {
        success(
            "vector",
            json!([{"metric": {"job": "a"}, "value": [59.999, value]}]),
        )
    };
    let matrix = |value: &str| {
        success(
            "matrix",
            json!([
                {"metric": {"job": "a"}, "values": [[119.999, value]]},
                {"metric": {}, "values": [[119.999, "NaN"]]}
            ]),
        )
    };
    let (ran, requests) = ask.run([
        buildinfo("2.42.0", json!({})),
        data(json!({"enable-feature": ""})),
        vector("1.5"),
        vector("2"),
        matrix("2.5"),
        matrix("3"),
    ]);
    assert_eq!(requests.len(), 6);
    assert_eq!(
        ran.rows(),
        [
            json!({"timestamp": 60_000_000_000_i64, "job": null, "metric": "up", "c0": null, "c1": null, "c2": null}),
            json!({"timestamp": 0, "job": "a", "metric": "up", "c0": 1.5, "c1": 2, "c2": 2}),
            json!({"timestamp": 60_000_000_000_i64, "job": "a", "metric": "up", "c0": 2.5, "c1": 3, "c2": 3}),
        ]
    );
    // Nothing at all is one group without samples, where everything is one group.
    let all = Ask::samples()
        .is(text("metric"), "up")
        .from(0)
        .until(9)
        .aggregate(
            &[],
            &[
                (AggregateFunction::Count, false),
                (AggregateFunction::Min, true),
            ],
        );
    let none = || success("vector", json!([]));
    let (ran, _) = all.run([
        buildinfo("2.42.0", json!({})),
        data(json!({"enable-feature": ""})),
        none(),
        none(),
    ]);
    assert_eq!(ran.rows(), [json!({"c0": 0, "c1": null})]);
}

#[test]
fn series_are_selected_by_their_labels() {
    let found = json!([{"__name__": "up", "job": "a"}, {"__name__": "up"}, {"job": "x"}]);
    let ask = Ask::of("series")
        .columns([text("metric"), map("labels")])
        .is(text("metric"), "up")
        .argument("start", common::at(1_500))
        .limit(2);
    let (ran, requests) = ask.run([data(found)]);
    assert_eq!(
        requests,
        [
            "GET /api/v1/series?match[]=up&start=1.500&end=1795249575.123&limit=2&partial_response=false"
        ]
    );
    assert_eq!(
        (ran.plan.limit, ran.plan.filters.clone()),
        (Pushed::Exact, vec![Pushed::Exact])
    );
    assert_eq!(
        ran.rows(),
        [
            json!({"metric": "up", "labels": {"__name__": "up", "job": "a"}}),
            json!({"metric": "up", "labels": {"__name__": "up"}}),
        ]
    );
    let (ran, requests) = Ask::of("series")
        .columns([text("metric")])
        .null(label("job"), true)
        .run([data(json!([]))]);
    assert!(ran.rows().is_empty());
    assert!(
        requests[0].contains(r#"match[]={job="",__name__!=""}&start=1795245975.123&"#),
        "{}",
        requests[0]
    );
    let error = Ask::of("series")
        .columns([text("metric")])
        .argument("start", common::at(5))
        .argument("end", common::at(4));
    assert!(error.plan("{}", Recorded::in_order([])).is_err());
}

#[test]
fn labels_come_with_their_values() {
    let names = || data(json!(["a", "b"]));
    let columns = [text("name"), of("values", Type::list(Type::Utf8))];
    let ask = Ask::of("labels")
        .columns(columns.clone())
        .argument("match", utf8("up"))
        .argument("start", common::at(0));
    let (ran, requests) = ask.run([names(), data(json!(["1", "2"])), data(json!([]))]);
    assert_eq!(ran.rows(), [json!({"name": "a", "values": ["1", "2"]})]);
    let path = |path: &str| {
        format!("GET /api/v1/{path}?match[]=up&start=0&end=1795249575.123&partial_response=false")
    };
    assert_eq!(
        requests,
        [
            path("labels"),
            path("label/a/values"),
            path("label/b/values")
        ]
    );
    // One that is named needs no list, and names alone need no values.
    let (ran, requests) = Ask::of("labels")
        .columns(columns.clone())
        .is(text("name"), "a")
        .run([data(json!(["1"]))]);
    assert_eq!(
        (requests.len(), ran.plan.filters.clone(), ran.rows().len()),
        (1, vec![Pushed::Exact], 1)
    );
    let (ran, requests) = Ask::of("labels").columns([text("name")]).run([names()]);
    assert_eq!((requests.len(), ran.rows().len()), (1, 2));
    // What could leave its segment of the URL is no label.
    let (ran, requests) = Ask::of("labels")
        .columns(columns.clone())
        .is(text("name"), "../x")
        .run([data(json!([]))]);
    assert_eq!(
        (requests.len(), ran.plan.filters.clone()),
        (1, vec![Pushed::NotPushed])
    );
    let http = Recorded::by(|_| data(json!(["v"])));
    let shared = Ask::of("labels")
        .columns([text("name"), text("cluster")])
        .clusters(&[("one", Some("1")), ("two", None)])
        .run_on(r#"{"cluster_label": "c"}"#, http.clone());
    assert_eq!(
        shared.rows(),
        [
            json!({"name": "v", "cluster": "one"}),
            json!({"name": "v", "cluster": "two"})
        ]
    );
    assert!(http.requests()[1].contains(r#"match[]={c="two"}"#));
}

#[test]
fn targets_rules_and_alerts() {
    let target = json!({
        "labels": {"job": "j", "instance": "i:1", "c": "1"}, "discoveredLabels": {"__address__": "i:1"},
        "scrapePool": "j", "scrapeUrl": "http://i:1/metrics", "globalUrl": "http://h:1/metrics",
        "lastError": "refused", "lastScrape": "2026-11-21T19:00:00.5+01:00", "lastScrapeDuration": 0.25,
        "health": "down", "scrapeInterval": "1m30s", "scrapeTimeout": "10s", "later": {"x": 1}
    });
    let targets =
        json!({"activeTargets": [target], "droppedTargets": [{"discoveredLabels": {"a": "b"}}]});
    let columns = [
        text("state"),
        text("job"),
        text("health"),
        text("last_error"),
        of("last_scrape", Type::Timestamp),
        of("last_scrape_duration", Type::Duration),
        of("scrape_interval", Type::Duration),
        map("discovered_labels"),
        text("cluster"),
    ];
    let ask = Ask::of("targets")
        .columns(columns)
        .clusters(&[("one", Some("1"))]);
    let ran = ask.run_on(
        r#"{"cluster_label": "c"}"#,
        Recorded::in_order([data(targets)]),
    );
    assert_eq!(
        ran.rows(),
        [
            json!({
                "state": "active", "job": "j", "health": "down", "last_error": "refused",
                "last_scrape": 1_795_284_000_500_000_000_i64, "last_scrape_duration": 250_000_000,
                "scrape_interval": 90_000_000_000_i64, "discovered_labels": {"__address__": "i:1"}, "cluster": "one"
            }),
            json!({
                "state": "dropped", "job": null, "health": null, "last_error": null, "last_scrape": null,
                "last_scrape_duration": null, "scrape_interval": null, "discovered_labels": {"a": "b"}, "cluster": null
            }),
        ]
    );
    let ask = Ask::of("targets")
        .columns([text("state")])
        .is(text("state"), "dropped");
    let (ran, requests) = ask.run([data(json!({"activeTargets": null}))]);
    assert_eq!(
        requests,
        ["GET /api/v1/targets?state=dropped&partial_response=false"]
    );
    assert_eq!(ran.plan.filters, [Pushed::Exact]);

    let alerting = json!({
        "type": "alerting", "name": "Down", "query": "up == 0", "duration": 300, "keepFiringFor": 0, "state": "firing",
        "labels": {"severity": "page"}, "annotations": {}, "alerts": [{}, {}], "health": "ok",
        "lastEvaluation": "0001-01-01T00:00:00Z", "evaluationTime": 0.001_5
    });
    let recording = json!({"type": "recording", "name": "a:b", "query": "sum(a)", "health": "err", "lastError": "x"});
    let groups = json!({"groups": [{"name": "g", "file": "f", "interval": 60, "limit": 0, "rules": [alerting, recording]}]});
    let columns = [
        text("name"),
        of("alerts", Type::Int64),
        of("for", Type::Duration),
        text("last_error"),
        of("last_evaluation", Type::Timestamp),
        of("evaluation_time", Type::Duration),
        map("labels"),
    ];
    let (ran, _) = Ask::of("rules")
        .columns(columns)
        .run([data(groups.clone())]);
    assert_eq!(
        ran.rows(),
        [
            json!({
                "name": "Down", "alerts": 2, "for": 300_000_000_000_i64, "last_error": null, "last_evaluation": null,
                "evaluation_time": 1_500_000, "labels": {"severity": "page"}
            }),
            json!({
                "name": "a:b", "alerts": null, "for": null, "last_error": "x", "last_evaluation": null,
                "evaluation_time": null, "labels": {}
            }),
        ]
    );
    let ask = Ask::of("rules")
        .columns([text("name")])
        .is(text("type"), "recording");
    let (_, requests) = ask.run([data(groups.clone())]);
    assert_eq!(
        requests,
        ["GET /api/v1/rules?type=record&partial_response=false"]
    );
    let (ran, _) = Ask::of("rule_groups")
        .columns([
            text("name"),
            of("rules", Type::Int64),
            of("interval", Type::Duration),
        ])
        .run([data(groups)]);
    assert_eq!(
        ran.rows(),
        [json!({"name": "g", "rules": 2, "interval": 60_000_000_000_i64})]
    );

    let alert = json!({
        "labels": {"alertname": "Down"}, "annotations": {"s": "t"}, "state": "firing",
        "activeAt": "2026-11-21T18:00:00.5Z", "value": "1e+00"
    });
    let columns = [
        text("name"),
        text("state"),
        value(),
        of("active_at", Type::Timestamp),
        map("annotations"),
    ];
    let (ran, _) = Ask::of("alerts")
        .columns(columns)
        .limit(1)
        .run([data(json!({"alerts": [alert, alert]}))]);
    assert_eq!(
        ran.rows(),
        [
            json!({"name": "Down", "state": "firing", "value": 1.0, "active_at": 1_795_284_000_500_000_000_i64, "annotations": {"s": "t"}})
        ]
    );
}

#[test]
fn metadata_exemplars_and_the_index() {
    let metadata = json!({"up": [{"type": "gauge", "help": "h", "unit": ""}], "x": [{"type": "counter", "help": "", "unit": "s"}]});
    let columns = [text("name"), text("type"), text("unit"), text("help")];
    let (ran, _) = Ask::of("metrics")
        .columns(columns.clone())
        .run([data(metadata)]);
    assert_eq!(
        ran.rows(),
        [
            json!({"name": "up", "type": "gauge", "unit": null, "help": "h"}),
            json!({"name": "x", "type": "counter", "unit": "s", "help": null}),
        ]
    );
    let (_, requests) = Ask::of("metrics")
        .columns(columns)
        .is(text("name"), "up")
        .run([data(json!({}))]);
    assert_eq!(
        requests,
        ["GET /api/v1/metadata?metric=up&partial_response=false"]
    );

    let exemplar =
        json!({"labels": {"trace_id": "t"}, "value": "0.5", "timestamp": 1_600_096_945.479});
    let found = json!([{"seriesLabels": {"__name__": "m", "c": "1"}, "exemplars": [exemplar]}]);
    let columns = [
        timestamp(),
        value(),
        map("labels"),
        text("metric"),
        text("cluster"),
    ];
    let ask = Ask::of("exemplars")
        .columns(columns)
        .argument("query", utf8("rate(m[5m])"))
        .from(1_000)
        .until(2_000)
        .clusters(&[("one", Some("1")), ("two", None)]);
    let http = Recorded::in_order([data(found)]);
    let ran = ask.run_on(r#"{"cluster_label": "c"}"#, http.clone());
    assert_eq!(
        http.requests(),
        [
            r#"GET /api/v1/query_exemplars?query=rate(m{c=~"1|two"}[5m])&start=0.999&end=2.001&partial_response=false"#
        ]
    );
    assert_eq!(ran.plan.filters, [Pushed::Inexact; 2]);
    assert_eq!(
        ran.rows(),
        [
            json!({"timestamp": 1_600_096_945_479_000_000_i64, "value": 0.5, "labels": {"trace_id": "t"}, "metric": "m", "cluster": "one"})
        ]
    );
    let unbounded = Ask::of("exemplars")
        .columns([value()])
        .argument("query", utf8("m"));
    assert!(unbounded.plan("{}", Recorded::in_order([])).is_err());

    let status = json!({
        "headStats": {"numSeries": 5, "minTime": -9},
        "seriesCountByMetricName": [{"name": "up", "value": 3}],
        "later": "x"
    });
    let columns = [text("statistic"), text("name"), of("value", Type::Int64)];
    let (ran, requests) = Ask::of("tsdb_status")
        .columns(columns)
        .argument("top", Literal::Int64(3))
        .run([data(status)]);
    assert_eq!(
        requests,
        ["GET /api/v1/status/tsdb?limit=3&partial_response=false"]
    );
    assert_eq!(
        ran.rows(),
        [
            json!({"statistic": "head", "name": "min_time", "value": -9}),
            json!({"statistic": "head", "name": "num_series", "value": 5}),
            json!({"statistic": "series_count_by_metric_name", "name": "up", "value": 3}),
        ]
    );
}

#[test]
fn thanos_says_what_is_missing_and_is_asked_for_the_whole() {
    let body = json!({"status": "success", "data": [{"__name__": "up"}], "warnings": ["No StoreAPIs matched"]});
    let ask = Ask::of("series").columns([text("metric")]);
    let http = Recorded::by(move |_| Answer::json(body.to_string()));
    let ran = ask.run_on(r#"{"partial_response": true}"#, http.clone());
    assert!(http.requests()[0].ends_with("&partial_response=true"));
    assert_eq!(
        ran.reports,
        [(Gap::Partial, "No StoreAPIs matched".to_owned())]
    );
    assert_eq!(ran.rows().len(), 1);
}
