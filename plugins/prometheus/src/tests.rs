//! Owns the plugin's tests with bodies in the API's documented format; refuses a network.

use serde_json::{Value, json};
use trawl_sdk::plan::request_for;
use trawl_sdk::schema::{request_column, request_path};
use trawl_sdk::testing::{Answer, Collected, Recorded};
use trawl_sdk::types::{ArgumentValue, ErrorCode, Gap, Literal, PathStep, Pushed};

use super::*;

fn request(query: &str) -> ScanRequest {
    ScanRequest {
        arguments: vec![Argument {
            name: "query".into(),
            value: ArgumentValue::Scalar(Literal::Utf8(query.into())),
        }],
        now_ns: 1_795_249_575_123_000_000,
        projection: vec![
            request_column("timestamp", Type::Timestamp),
            request_column("value", Type::Float64),
            request_column("labels", Type::map(Type::Utf8)),
        ],
        ..request_for(&[])
    }
}

struct Ran {
    result: Result<(), Error>,
    output: Collected,
    requests: Vec<String>,
}

fn run(request: &ScanRequest, answer: Answer) -> Ran {
    let http = Recorded::in_order([answer]);
    let connection = Prometheus::open("{}", http.clone()).unwrap();
    let plan = connection.plan(request).unwrap();
    let output = Collected::new(plan.schema.clone());
    let result = connection.scan(&plan.partitions[0], &output);
    Ran {
        result,
        output,
        requests: http.requests(),
    }
}

fn rows(body: &Value) -> Vec<Value> {
    let ran = run(&request("up"), Answer::json(body.to_string()));
    ran.result.unwrap();
    ran.output.rows()
}

fn success(kind: &str, result: Value) -> Value {
    json!({"status": "success", "data": {"resultType": kind, "result": result}})
}

const T: i64 = 1_795_249_575_123_000_000;

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
        rows(&body),
        [
            json!({"timestamp": T, "value": 1.0, "labels": {"__name__": "up", "job": "a"}}),
            json!({"timestamp": T, "value": -0.0025, "labels": {}}),
        ]
    );
}

#[test]
fn scalars_matrices_and_nothing() {
    let scalar = success("scalar", json!([1_795_249_575.123, "0.5"]));
    assert_eq!(
        rows(&scalar),
        [json!({"timestamp": T, "value": 0.5, "labels": {}})]
    );
    let matrix = success(
        "matrix",
        json!([{"metric": {"a": "b"}, "values": [[1, "1"], [2.5, "2"]]}, {"metric": {}, "values": []}]),
    );
    assert_eq!(
        rows(&matrix),
        [
            json!({"timestamp": 1_000_000_000, "value": 1.0, "labels": {"a": "b"}}),
            json!({"timestamp": 2_500_000_000_i64, "value": 2.0, "labels": {"a": "b"}}),
        ]
    );
    assert!(rows(&success("vector", json!([]))).is_empty());
}

#[test]
fn nan_and_infinities_are_kept() {
    let body = success(
        "vector",
        json!([
            {"metric": {}, "value": [1, "NaN"]},
            {"metric": {}, "value": [1, "+Inf"]},
            {"metric": {}, "value": [1, "-Inf"]}
        ]),
    );
    let mut request = request("up");
    request.projection = vec![request_column("value", Type::Utf8)];
    let ran = run(&request, Answer::json(body.to_string()));
    ran.result.unwrap();
    assert_eq!(
        ran.output.rows(),
        [
            json!({"value": "NaN"}),
            json!({"value": "inf"}),
            json!({"value": "-inf"})
        ]
    );
}

#[test]
fn labels_by_path_and_as_json() {
    let body = success(
        "vector",
        json!([{"metric": {"pod": "p\"1"}, "value": [1, "1"]}]),
    );
    let mut request = request("up");
    let key = |k: &str| vec![PathStep::Key(k.into())];
    request.projection = vec![
        request_path("labels", key("pod"), Type::Utf8),
        request_path("labels", key("none"), Type::Utf8),
        request_column("labels", Type::Json),
        request_path("value", key("x"), Type::Utf8),
    ];
    request.projection[1].output[0].name = "none".into();
    request.projection[0].output[0].name = "pod".into();
    let ran = run(&request, Answer::json(body.to_string()));
    ran.result.unwrap();
    assert_eq!(
        ran.output.rows(),
        [json!({"pod": "p\"1", "none": null, "labels": {"pod": "p\"1"}, "value": null})]
    );
}

#[test]
fn the_request_is_get_then_post_when_long() {
    let body = success("vector", json!([])).to_string();
    let ran = run(&request("up"), Answer::json(body.clone()));
    assert_eq!(
        ran.requests,
        ["GET /api/v1/query?query=up&time=1795249575.123"]
    );
    let long = format!("up{{a=\"{}\"}}", "x".repeat(POST_FROM_BYTES));
    let ran = run(&request(&long), Answer::json(body));
    assert_eq!(ran.requests, ["POST /api/v1/query"]);
}

#[test]
fn errors_keep_the_servers_words() {
    let error = |kind: &str, text: &str| {
        json!({"status": "error", "errorType": kind, "error": text}).to_string()
    };
    for (status, body, code, part) in [
        (
            400,
            error("bad_data", "parse error: x"),
            ErrorCode::InvalidQuery,
            "parse error: x",
        ),
        (
            422,
            error("execution", "many-to-many"),
            ErrorCode::InvalidQuery,
            "many-to-many",
        ),
        (
            503,
            error("timeout", "query timed out"),
            ErrorCode::Timeout,
            "timed out",
        ),
        (503, error("canceled", "gone"), ErrorCode::Timeout, "gone"),
        (
            400,
            error("bad_data", "context deadline exceeded"),
            ErrorCode::Timeout,
            "deadline",
        ),
        (
            503,
            error("unavailable", "starting"),
            ErrorCode::Unavailable,
            "starting",
        ),
        (
            500,
            error("internal", "tsdb"),
            ErrorCode::Unavailable,
            "tsdb",
        ),
        (502, "<html>".into(), ErrorCode::Unavailable, "status 502"),
        (200, "<html>".into(), ErrorCode::Protocol, "text/html"),
        (401, "no".into(), ErrorCode::Unauthenticated, "401"),
        (404, "404 page not found".into(), ErrorCode::NotFound, "404"),
        (400, "bad gateway".into(), ErrorCode::Protocol, "400"),
        (
            200,
            r#"{"status":"success"}"#.into(),
            ErrorCode::Protocol,
            "`data`",
        ),
        (
            200,
            r#"{"status":"success","data":{"resultType":"vec"#.into(),
            ErrorCode::Protocol,
            "EOF",
        ),
    ] {
        let ran = run(&request("up"), Answer::new(status, "text/html", body));
        let error = ran.result.unwrap_err();
        assert_eq!(error.code, code, "{status}: {}", error.message);
        assert!(error.message.contains(part), "{}", error.message);
        assert!(ran.output.rows().is_empty());
    }
}

#[test]
fn results_that_are_not_numbers() {
    for (body, code) in [
        (success("string", json!([1, "x"])), ErrorCode::Unsupported),
        (success("streams", json!([])), ErrorCode::Protocol),
        (
            success("vector", json!([{"metric": {}, "value": [1, "x"]}])),
            ErrorCode::Protocol,
        ),
        (success("vector", json!({"a": 1})), ErrorCode::Protocol),
        (success("scalar", json!("1")), ErrorCode::Protocol),
    ] {
        let ran = run(&request("up"), Answer::json(body.to_string()));
        assert_eq!(ran.result.unwrap_err().code, code, "{body}");
    }
    let histogram = success(
        "vector",
        json!([{"metric": {}, "histogram": [1, {"count": "1", "sum": "1", "buckets": []}]}]),
    );
    let ran = run(&request("up"), Answer::json(histogram.to_string()));
    ran.result.unwrap();
    assert!(ran.output.rows().is_empty());
    assert_eq!(ran.output.reports()[0].0, Gap::Partial);
}

#[test]
fn warnings_are_reported() {
    let body = json!({
        "status": "success",
        "data": {"resultType": "vector", "result": []},
        "warnings": ["results truncated due to limit", "store 10.0.0.1 did not answer", "PromQL warning: bucket label"],
        "infos": ["PromQL info: metric might not be a counter"]
    });
    let ran = run(&request("up"), Answer::json(body.to_string()));
    let gaps: Vec<_> = ran
        .output
        .reports()
        .into_iter()
        .map(|(gap, _)| gap)
        .collect();
    assert_eq!(gaps, [Gap::Truncated, Gap::Partial, Gap::Note, Gap::Note]);
}

#[test]
fn nothing_is_pushed_and_the_plan_says_what_is_asked() {
    let http = Recorded::in_order([]);
    let connection = Prometheus::open("", http.clone()).unwrap();
    let plan = connection
        .plan(&ScanRequest {
            limit: Some(5),
            ..request("up")
        })
        .unwrap();
    assert_eq!(plan.limit, Pushed::NotPushed);
    assert_eq!(plan.explain, "GET /api/v1/query: up");
    assert_eq!(plan.schema.fields.len(), 5);
    assert!(http.requests().is_empty());
    let unknown = ScanRequest {
        projection: vec![request_column("nope", Type::Utf8)],
        ..request("up")
    };
    assert_eq!(
        connection.plan(&unknown).unwrap_err().code,
        ErrorCode::InvalidQuery
    );
}

#[test]
fn large_results_come_in_bounded_batches_and_stop() {
    let series: Vec<_> = (0..20_000)
        .map(|i| json!({"metric": {"i": i.to_string()}, "value": [1, "1"]}))
        .collect();
    let body = success("vector", json!(series)).to_string();
    let ran = run(&request("up"), Answer::json(body.clone()));
    ran.result.unwrap();
    assert_eq!((ran.output.rows().len(), ran.output.batches()), (20_000, 3));
    let http = Recorded::in_order([Answer::json(body)]);
    let connection = Prometheus::open("{}", http).unwrap();
    let plan = connection.plan(&request("up")).unwrap();
    let output = Collected::new(plan.schema).stopping_after(1);
    connection.scan(&plan.partitions[0], &output).unwrap();
    assert_eq!(output.batches(), 1);
}

#[test]
fn configuration_and_tables() {
    let http = Recorded::in_order([]);
    let error = Prometheus::open(r#"{"nope":1}"#, http.clone())
        .err()
        .unwrap();
    assert_eq!(error.code, ErrorCode::InvalidConfig);
    let connection = Prometheus::open(r#"{"partial_response":false}"#, http).unwrap();
    assert_eq!(connection.tables(None, None).unwrap().tables.len(), 1);
    assert!(
        connection
            .tables(None, Some("x"))
            .unwrap()
            .tables
            .is_empty()
    );
    assert!(connection.table_schema(&[], &[]).is_ok());
    let missing = connection.table_schema(&["x".into()], &[]).unwrap_err();
    assert_eq!(missing.code, ErrorCode::NotFound);
    serde_json::from_str::<Value>(&Prometheus::describe().config_schema).unwrap();
}
