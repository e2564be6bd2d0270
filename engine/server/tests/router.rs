//! The router called without a socket, on an engine without clusters: encodings, options and errors of the query endpoint.

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
    let inventory = Inventory {
        clusters: vec![],
        connections: vec![],
        default: None,
        origin: Origin::Kubeconfig(vec![]),
    };
    let engine = Engine::new(EngineOptions {
        inventory,
        plugins: vec![],
        cache_dir: None,
    })
    .unwrap();
    let request = Request::post("/api/v1/query")
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
        json!(["the answer was cut at 2 rows (`max_rows`)"])
    );
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
