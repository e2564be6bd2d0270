//! Owns the default table's requests and rows, with bodies in the API's documented format; refuses a network.
use crate::asked::{Ask, at, label, success, text, timestamp, utf8, value};
use serde_json::{Value, json};
use trawl_plugin_prometheus::Prometheus;
use trawl_sdk::schema::{Type, request_column, request_path};
use trawl_sdk::testing::{Answer, Collected, Recorded};
use trawl_sdk::types::{CompareOp, ErrorCode, Gap, Literal, PathStep, Pushed};
use trawl_sdk::{Session, Source};

const T: i64 = crate::asked::NOW_NS;

fn rows(answer: Answer) -> Vec<Value> {
    Ask::promql("up").run([answer]).0.rows()
}

#[test]
fn a_vector_gives_one_row_a_series() {
    let body = success(
        "vector",
        json!([
            {"metric": {"__name__": "up", "job": "a"}, "value": [1_795_249_575.123, "1"]},
            {"metric": {}, "value": [1_795_249_575.123, "-2.5e-3"]}
        ]),
    );
    assert_eq!(
        rows(body),
        [
            json!({"timestamp": T, "value": 1.0, "labels": {"__name__": "up", "job": "a"}}),
            json!({"timestamp": T, "value": -0.0025, "labels": {}}),
        ]
    );
}

#[test]
fn scalars_matrices_and_nothing() {
    let scalar = success("scalar", json!([1_795_249_575.123, "0.5"]));
    let expected = [json!({"timestamp": T, "value": 0.5, "labels": {}})];
    assert_eq!(rows(scalar), expected);
    let matrix = success(
        "matrix",
        json!([
            {"metric": {"a": "b"}, "values": [[1, "1"], [2.5, "2"]]},
            {"metric": {}, "values": []},
            {"values": [[-0.001, "3"]], "metric": {"late": "name"}}
        ]),
    );
    assert_eq!(
        rows(matrix),
        [
            json!({"timestamp": 1_000_000_000, "value": 1.0, "labels": {"a": "b"}}),
            json!({"timestamp": 2_500_000_000_i64, "value": 2.0, "labels": {"a": "b"}}),
            json!({"timestamp": -1_000_000, "value": 3.0, "labels": {"late": "name"}}),
        ]
    );
    assert!(rows(success("vector", json!([]))).is_empty());
}

#[test]
fn every_millisecond_is_exact() {
    // The whole range of a datetime in nanoseconds, and steps that have no exact seconds.
    for ms in [
        1,
        7,
        999,
        1_001,
        1_795_249_575_123,
        9_223_372_036_853,
        -1,
        -86_400_001,
    ] {
        let seconds = format!(
            "{}{}.{:03}",
            if ms < 0 { "-" } else { "" },
            i64::abs(ms) / 1000,
            i64::abs(ms) % 1000
        );
        let body = format!(
            r#"{{"status":"success","data":{{"resultType":"scalar","result":[{seconds},"1"]}}}}"#
        );
        assert_eq!(
            rows(Answer::json(body))[0]["timestamp"],
            json!(ms * 1_000_000),
            "{seconds}"
        );
    }
    // Beyond it, the last nanosecond that there is.
    let body = success("scalar", json!([1e300, "1"]));
    assert_eq!(rows(body)[0]["timestamp"], json!(i64::MAX));
}

#[test]
fn nan_and_infinities_are_kept() {
    let body = success(
        "vector",
        json!([
            {"metric": {}, "value": [1, "NaN"]},
            {"metric": {}, "value": [1, "+Inf"]},
            {"metric": {}, "value": [1, "-Inf"]},
            {"metric": {}, "value": [1, "5e-324"]},
            {"metric": {}, "value": [1, "-0"]}
        ]),
    );
    let ask = Ask::promql("up").columns([text("value")]);
    let found: Vec<Value> = ask.run([body]).0.rows();
    let found: Vec<&str> = found
        .iter()
        .map(|row| row["value"].as_str().unwrap())
        .collect();
    assert_eq!(found[..3], ["NaN", "inf", "-inf"]);
    assert_eq!(found[3].parse::<f64>().unwrap(), 5e-324);
    assert_eq!(found[4], "-0");
}

#[test]
fn native_histograms_have_a_column_of_their_own() {
    let histogram = json!({
        "count": "5", "sum": "NaN",
        "buckets": [[0, "0.1", "0.25", "2"], [1, "-Inf", "-2", "1"], [3, "-0.001", "0.001", "2"]]
    });
    let body = success(
        "matrix",
        json!([{"metric": {"a": "b"}, "values": [[1, "7"]], "histograms": [[2, histogram]]}]),
    );
    let bucket = Type::object([("upper", Type::Float64), ("upper_inclusive", Type::Bool)]);
    let whole = Type::object([("count", Type::Float64), ("buckets", Type::list(bucket))]);
    let mut sum = request_path("histogram", vec![PathStep::Key("sum".into())], Type::Utf8);
    sum.output[0].name = "sum".into();
    let ask = Ask::promql("h[1m]").columns([value(), request_column("histogram", whole), sum]);
    assert_eq!(
        ask.run([body]).0.rows(),
        [
            json!({"value": 7.0, "histogram": null, "sum": null}),
            json!({
                "value": null,
                "histogram": {
                    "count": 5.0,
                    "buckets": [
                        {"upper": 0.25, "upper_inclusive": true},
                        {"upper": -2.0, "upper_inclusive": false},
                        {"upper": 0.001, "upper_inclusive": true},
                    ]
                },
                "sum": "NaN"
            }),
        ]
    );
}

#[test]
fn labels_by_path_and_as_json() {
    let body = success(
        "vector",
        json!([{"metric": {"pod": "p\"1"}, "value": [1, "1"]}]),
    );
    let below = request_path("value", vec![PathStep::Key("x".into())], Type::Utf8);
    let columns = [
        label("pod"),
        label("none"),
        request_column("labels", Type::Json),
        below,
    ];
    assert_eq!(
        Ask::promql("up").columns(columns).run([body]).0.rows(),
        [json!({"pod": "p\"1", "none": null, "labels": {"pod": "p\"1"}, "value": null})]
    );
}

fn step(ask: Ask) -> Ask {
    ask.argument("step", Literal::DurationNs(60_000_000_000))
}

#[test]
fn the_bounds_of_time_say_when() {
    const TIME: &str = "GET /api/v1/query?query=up&time=";
    const REST: &str = "&partial_response=false";
    let lt = |ask: Ask, ns| ask.filter(timestamp(), CompareOp::Lt, Literal::TimestampNs(ns));
    let up = || Ask::promql("up");
    for (ask, request, pushed) in [
        (up(), format!("{TIME}1795249575.123{REST}"), vec![]),
        (
            up().until(5_000),
            format!("{TIME}5{REST}"),
            vec![Pushed::Exact],
        ),
        (
            lt(up(), 5_000_000_000),
            format!("{TIME}4.999{REST}"),
            vec![Pushed::Exact],
        ),
        (
            up().filter(timestamp(), CompareOp::Eq, at(5_000)),
            format!("{TIME}5{REST}"),
            vec![Pushed::NotPushed],
        ),
        // What is beyond now is as now.
        (
            up().until(T / 1_000_000 + 5_000),
            format!("{TIME}1795249575.123{REST}"),
            vec![Pushed::Exact],
        ),
        (
            up().from(5_000),
            format!("{TIME}1795249575.123{REST}"),
            vec![Pushed::NotPushed],
        ),
        (
            up().argument("time", at(7_500)).until(5_000),
            format!("{TIME}7.500{REST}"),
            vec![Pushed::NotPushed],
        ),
        (
            step(up()).from(60_001).until(300_000),
            format!("GET /api/v1/query_range?query=up&start=120&end=300&step=60{REST}"),
            vec![Pushed::Exact; 2],
        ),
        (
            step(up()).from(1_795_249_380_000),
            format!(
                "GET /api/v1/query_range?query=up&start=1795249380&end=1795249560&step=60{REST}"
            ),
            vec![Pushed::Exact],
        ),
    ] {
        let (ran, requests) = ask.run([success("vector", json!([]))]);
        assert_eq!(requests, [request]);
        assert_eq!(ran.plan.filters, pushed);
    }
    let (nothing, requests) = step(up()).from(61_000).until(100_000).run([]);
    assert_eq!(nothing.reports[0].0, Gap::Note);
    assert!(nothing.rows().is_empty() && requests.is_empty());
    let http = Recorded::in_order([]);
    for (ask, part) in [
        (step(up()), "says when the range begins"),
        (step(up()).argument("time", at(1)), "got both"),
        (
            up().argument("step", Literal::DurationNs(1)),
            "whole milliseconds",
        ),
        (
            up().argument("step", utf8("1m")).from(1),
            "a timespan as `step`",
        ),
        (Ask::of("").argument("query", utf8(" ")), "a PromQL text"),
        (Ask::of(""), "the argument `query`"),
        (up().argument("nope", utf8("x")), "got `nope`"),
        (up().columns([text("nope")]), "`nope`"),
        (
            up().argument("step", Literal::DurationNs(1_000_000))
                .from(0),
            "at most 11000000 steps",
        ),
    ] {
        let error = ask.plan("", http.clone()).unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidQuery);
        assert!(error.message.contains(part), "{}", error.message);
    }
    assert!(http.requests().is_empty());
}

#[test]
fn a_range_needs_a_condition_on_its_time() {
    let connection = Prometheus::open("", Recorded::in_order([])).unwrap();
    let timestamp = || vec![vec!["timestamp".to_owned()]];
    for (ask, required) in [
        (Ask::promql("up"), vec![]),
        (step(Ask::promql("up")), timestamp()),
        (Ask::promql("up").argument("step", Literal::Null), vec![]),
        (Ask::promql("up").argument("time", at(5)), vec![]),
    ] {
        let detail = connection.table_schema(&[], &ask.0.arguments).unwrap();
        assert_eq!(detail.required_filters, required);
    }
}

#[test]
fn samples_after_an_upper_bound_are_no_rows() {
    let series = |name: &str, values: Value| json!({"metric": {"i": name}, "values": values});
    let answer = || {
        let late = series("1", json!([[5.001, "1"], [6, "2"]]));
        let both = series("2", json!([[4, "3"], [5, "4"], [5.001, "5"]]));
        success("matrix", json!([late, both]))
    };
    let later = || Ask::promql("up[5m] offset -10m").until(5_000);
    for (ask, values) in [
        (later(), vec![3.0, 4.0]),
        // The limit counts rows: a server that knows it would keep the first series alone.
        (later().limit(1), vec![3.0]),
        // The evaluation's time is no bound.
        (
            Ask::promql("up[5m] offset -10m").argument("time", at(5_000)),
            vec![1.0, 2.0, 3.0, 4.0, 5.0],
        ),
    ] {
        let (ran, requests) = ask.columns([value()]).run([answer()]);
        assert!(!requests[0].contains("limit="), "{}", requests[0]);
        assert!(
            ran.plan
                .filters
                .iter()
                .all(|pushed| *pushed == Pushed::Exact)
        );
        let expected: Vec<Value> = values.iter().map(|it| json!({"value": it})).collect();
        assert_eq!(ran.rows(), expected);
    }
    // Without a range selector, each result is of the time of the evaluation.
    let limited = Ask::promql("up").until(5_000).limit(1);
    let (_, requests) = limited.run([success("vector", json!([]))]);
    assert!(requests[0].contains("&limit=1&"), "{}", requests[0]);
}

#[test]
fn parts_run_ahead_of_the_one_that_is_read() {
    let ask = Ask::promql("up")
        .argument("step", Literal::DurationNs(1_000_000))
        .from(0)
        .until(44_000);
    let part = |at: i64| success("matrix", json!([{"metric": {}, "values": [[at, "1"]]}]));
    let http = Recorded::in_order((0..5).map(part));
    let ran = ask.run_on("{}", http.clone());
    let times: Vec<i64> = ran
        .rows()
        .iter()
        .map(|row| row["timestamp"].as_i64().unwrap())
        .collect();
    assert_eq!(times, [0, 1, 2, 3, 4].map(|second| second * 1_000_000_000));
    let kinds: Vec<String> = http
        .events()
        .iter()
        .map(|event| event.chars().take(3).collect())
        .collect();
    assert_eq!(
        kinds,
        [
            "sta", "sta", "sta", "end", "sta", "end", "sta", "end", "end", "end"
        ]
    );
}

#[test]
fn a_limit_is_passed_on_where_every_row_counts() {
    let many = json!([
        {"metric": {"i": "1"}, "value": [1, "1"]},
        {"metric": {"i": "2"}, "value": [1, "1"]},
        {"metric": {"i": "3"}, "value": [1, "1"]}
    ]);
    let (ran, requests) = Ask::promql("up")
        .limit(2)
        .run([success("vector", many.clone())]);
    assert!(requests[0].contains("&limit=2&"), "{}", requests[0]);
    assert_eq!((ran.plan.limit, ran.rows().len()), (Pushed::Exact, 2));
    let cut = |result: Value| {
        let data = json!({"resultType": "vector", "result": result});
        let warning = "results truncated due to limit";
        Answer::json(json!({"status": "success", "data": data, "warnings": [warning]}).to_string())
    };
    // The server cut what was not wanted.
    let (ran, _) = Ask::promql("up").limit(3).run([cut(many.clone())]);
    assert!(ran.reports.is_empty());
    // And here what was.
    let (ran, _) = Ask::promql("up").limit(4).run([cut(many.clone())]);
    assert_eq!(ran.reports[0].0, Gap::Truncated);
    let filtered = Ask::promql("up").is(label("i"), "3").limit(1);
    let (ran, requests) = filtered.run([success("vector", many)]);
    assert!(!requests[0].contains("limit"), "{}", requests[0]);
    assert_eq!((ran.plan.limit, ran.rows().len()), (Pushed::NotPushed, 3));
}

#[test]
fn large_results_come_in_bounded_batches_and_stop() {
    let series: Vec<_> = (0..20_000)
        .map(|i| json!({"metric": {"i": i.to_string()}, "value": [1, "1"]}))
        .collect();
    let body = success("vector", json!(series));
    let connection = Prometheus::open("{}", Recorded::by(move |_| body.clone())).unwrap();
    let plan = connection.plan(&Ask::promql("up").0).unwrap();
    let output = Collected::new(plan.schema.clone());
    connection.scan(&plan.partitions[0], &output).unwrap();
    assert_eq!((output.rows().len(), output.batches()), (20_000, 3));
    let output = Collected::new(plan.schema).stopping_after(1);
    connection.scan(&plan.partitions[0], &output).unwrap();
    assert_eq!(output.batches(), 1);
}

#[test]
fn explain_says_what_is_sent() {
    let http = Recorded::in_order([]);
    for (ask, explain) in [
        (Ask::promql("up"), "GET /api/v1/query: up"),
        (
            Ask::promql("up").until(5_000),
            "GET /api/v1/query?time=5: up",
        ),
        (
            step(Ask::promql("up")).from(0).until(60_000),
            "GET /api/v1/query_range?start=0&end=60&step=60: up",
        ),
        (
            step(Ask::promql("x @ start()")).from(0).until(660_060_000),
            "GET /api/v1/query_range?start=0&end=659940&step=60: x @ 0 (the first of 2 requests)",
        ),
    ] {
        let plan = ask.plan("", http.clone()).unwrap();
        assert_eq!(plan.explain, explain);
    }
    assert!(http.requests().is_empty());
}

#[test]
fn each_cluster_of_a_shared_server_is_asked_for_itself() {
    let config = r#"{"cluster_label": "k8s"}"#;
    let http = Recorded::by(|_| success("vector", json!([{"metric": {}, "value": [1, "1"]}])));
    let ask = Ask::promql("sum(up) / 2")
        .columns([text("cluster"), value()])
        .clusters(&[("one", Some("c-1")), ("two", None)]);
    let ran = ask.run_on(config, http.clone());
    assert_eq!(
        ran.plan.explain,
        r#"GET /api/v1/query: sum(up{k8s="c-1"}) / 2 (and 1 more clusters)"#
    );
    assert_eq!(
        ran.rows(),
        [
            json!({"cluster": "one", "value": 1.0}),
            json!({"cluster": "two", "value": 1.0})
        ]
    );
    let asked = http.requests();
    assert!(
        asked[1].contains(r#"query=sum(up{k8s="two"}) / 2&"#),
        "{}",
        asked[1]
    );
    let nobody = Ask::promql("up").run_on(config, http.clone());
    assert!(nobody.rows().is_empty());
    assert_eq!(http.requests().len(), 2);
    let error = Ask::promql("sum(up").clusters(&[("one", None)]);
    let (error, known) = (error.plan(config, http), ErrorCode::InvalidQuery);
    // Prometheus says what is wrong with it, unless the selectors cannot be told.
    assert!(
        error.is_ok_and(|plan| plan.explain.contains("k8s")),
        "{known:?}"
    );
}
