//! The router called without a socket, on an engine without clusters: each endpoint's encodings, options and
//! errors.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;
use trawl_exec::{Engine, EngineOptions};
use trawl_fleet::{Inventory, Origin};
use trawl_server::{AppState, app};

async fn post(body: &Value, accept: &str) -> (StatusCode, String) {
    post_to("query", body, accept).await
}

async fn post_to(path: &str, body: &Value, accept: &str) -> (StatusCode, String) {
    let inventory = Inventory::of(vec![], vec![], Origin::Kubeconfig(vec![]));
    let engine = Engine::new(EngineOptions {
        inventory,
        plugins: vec![],
        declared: vec![],
        cache_dir: None,
    })
    .unwrap();
    let request = Request::post(format!("/api/v1/{path}"))
        .header(header::HOST, "localhost:7117")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, accept)
        .body(Body::from(body.to_string()))
        .unwrap();
    let response = app(AppState::new(Arc::new(engine)))
        .oneshot(request)
        .await
        .unwrap();
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

#[tokio::test]
async fn rows_come_in_both_encodings() {
    let query =
        json!({ "query": "param n: long = 1; print n = @n, t = 90m", "params": { "n": 2 } });
    let (status, body) = post(&query, "application/json").await;
    assert_eq!(status, StatusCode::OK);
    let answer: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(answer["rows"], json!([{ "n": 2, "t": "1h30m" }]));
    assert_eq!(answer["completeness"]["complete"], true);

    let (_, body) = post(&query, "application/x-ndjson").await;
    let lines: Vec<Value> = body
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[1]["$completeness"]["asked"], 0);
}

#[tokio::test]
async fn rows_beyond_max_rows_are_cut_and_it_is_said() {
    let query = json!({ "query": "datatable(x: long)[1, 2, 3] | sort by x asc", "max_rows": 2 });
    let (_, body) = post(&query, "*/*").await;
    let answer: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(answer["rows"], json!([{ "x": 1 }, { "x": 2 }]));
    assert_eq!(
        answer["warnings"],
        json!(["the answer was cut at 2 rows (`max_rows`); how many more there are is not known"])
    );
    assert_eq!(answer["cut_at"], 2);
}

#[tokio::test]
async fn wrong_parameters_and_encodings_are_refused() {
    for (body, accept, status, code) in [
        (
            json!({ "query": "print x = @n" }),
            "*/*",
            StatusCode::BAD_REQUEST,
            "invalid-query",
        ),
        (
            json!({ "query": "param n: long; print x = @n" }),
            "*/*",
            StatusCode::BAD_REQUEST,
            "invalid-query",
        ),
        (
            json!({ "query": "print x = 1", "params": { "n": 1 } }),
            "*/*",
            StatusCode::BAD_REQUEST,
            "invalid-query",
        ),
        (
            json!({ "query": "print x = 1" }),
            "image/png",
            StatusCode::NOT_ACCEPTABLE,
            "not-acceptable",
        ),
        (
            json!({ "query": "print x = 1", "max_cost_usd": -0.5 }),
            "*/*",
            StatusCode::BAD_REQUEST,
            "invalid-request",
        ),
        (
            json!({ "query": "print x = 1", "require": "150%" }),
            "*/*",
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid-request",
        ),
    ] {
        let (got, answer) = post(&body, accept).await;
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(
            (got, &answer["error"]["code"]),
            (status, &json!(code)),
            "{body}: {answer}"
        );
    }
}

#[tokio::test]
async fn a_text_is_checked_with_its_fixes_and_parameters() {
    let body = json!({ "query": "param n: long; print x = @n + 1" });
    let (status, answer) = post_to("check", &body, "*/*").await;
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(status, StatusCode::OK);
    assert_eq!(answer["ok"], true, "{answer}");
    assert_eq!(
        answer["parameters"],
        json!([{ "name": "n", "type": "long", "required": true }])
    );
    assert_eq!(answer["columns"][0]["type"], "long");

    let body = json!({ "query": "datatable(name: string)[\"a\"] | project nmae" });
    let (status, answer) = post_to("check", &body, "*/*").await;
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!((status, &answer["ok"]), (StatusCode::OK, &json!(false)));
    let diagnostic = &answer["diagnostics"][0];
    assert_eq!(diagnostic["severity"], "error");
    assert_eq!(diagnostic["fixes"][0]["text"], "name", "{diagnostic}");
    assert_eq!(diagnostic["spans"][0]["start"], 39, "{diagnostic}");
}

#[tokio::test]
async fn a_text_is_formatted_and_a_broken_one_is_diagnosed() {
    let body = json!({ "query": "print x=1|limit 5" });
    let (status, answer) = post_to("format", &body, "*/*").await;
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!((status, &answer["changed"]), (StatusCode::OK, &json!(true)));
    assert!(
        answer["query"].as_str().unwrap().contains("| take 5"),
        "{answer}"
    );
    let body = json!({ "query": "print x = (" });
    let (status, answer) = post_to("format", &body, "*/*").await;
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(answer["error"]["code"], "invalid-query");
    assert!(answer["error"]["diagnostics"][0]["code"].is_string());
}

#[tokio::test]
async fn an_explanation_says_what_runs_here() {
    let body = json!({ "query": "datatable(x: long)[1, 2] | where x > 1 | summarize n = count()" });
    let (status, answer) = post_to("explain", &body, "*/*").await;
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(answer["scans"], json!([]));
    assert_eq!(answer["columns"], json!([{ "name": "n", "type": "long" }]));
    assert_eq!(
        answer["here"].as_array().unwrap().last().unwrap(),
        "| summarize n = count()",
        "{answer}"
    );
}

#[tokio::test]
async fn a_verified_query_says_so() {
    let body = json!({ "query": "datatable(x: long)[1, 2]", "verify_pushdown": true });
    let (status, answer) = post(&body, "application/json").await;
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(status, StatusCode::OK);
    assert_eq!(answer["rows"].as_array().unwrap().len(), 2);
    assert_eq!(
        answer["verified"],
        "the same 2 rows with and without pushdown"
    );
}

#[tokio::test]
async fn parameters_are_diagnosed_with_their_places() {
    for (body, code) in [
        (json!({ "query": "param n: long; print x = @n" }), "Q0223"),
        (
            json!({ "query": "param n: long; print x = @n", "params": { "n": "many" } }),
            "Q0222",
        ),
        (
            json!({ "query": "param n: long = 1; print x = @n", "params": { "m": 1 } }),
            "Q0224",
        ),
    ] {
        for path in ["query", "explain"] {
            let (status, answer) = post_to(path, &body, "*/*").await;
            let answer: Value = serde_json::from_str(&answer).unwrap();
            assert_eq!(status, StatusCode::BAD_REQUEST);
            let diagnostic = &answer["error"]["diagnostics"][0];
            assert_eq!(diagnostic["code"], code, "{answer}");
        }
    }
}
