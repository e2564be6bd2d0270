//! The router called without a socket by callers with and without tokens: who is let in, what each may, and what is said to browsers.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;
use trawl_exec::{Engine, EngineOptions};
use trawl_fleet::{Inventory, Origin};
use trawl_server::{AppState, Audit, Callers, TokenHash, app, new_token};

fn state() -> AppState {
    let inventory = Inventory::of(vec![], vec![], Origin::Kubeconfig(vec![]));
    let engine = Engine::new(EngineOptions {
        inventory,
        plugins: vec![],
        declared: vec![],
        cache_dir: None,
    });
    AppState::new(Arc::new(engine.unwrap()))
}

fn callers(entries: &[(&str, &str)]) -> Callers {
    let entries = entries.iter().map(|(token, rest)| {
        let hash = TokenHash::of(token);
        format!("- {{name: {token}-s, sha256: {hash}, {rest}}}\n")
    });
    Callers::of_text(&format!("tokens:\n{}", entries.collect::<String>())).unwrap()
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

async fn ask(state: &AppState, request: Request<Body>) -> Answer {
    let response = app(state.clone()).oneshot(request).await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    Answer {
        status,
        headers,
        body: String::from_utf8_lossy(&bytes).into_owned(),
    }
}

fn query(token: Option<&str>, body: &Value) -> Request<Body> {
    let mut request = Request::post("/api/v1/query")
        .header(header::HOST, "localhost:7117")
        .header(header::CONTENT_TYPE, "application/json");
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    request.body(Body::from(body.to_string())).unwrap()
}

fn get(path: &str, token: Option<&str>) -> Request<Body> {
    let mut request = Request::get(path).header(header::HOST, "localhost:7117");
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    request.body(Body::empty()).unwrap()
}

#[tokio::test]
async fn nobody_unknown_is_let_in_and_all_of_them_hear_the_same() {
    let state = state().with_callers(callers(&[("known", "role: reader")]));
    let one = json!({ "query": "print x = 1" });
    assert_eq!(ask(&state, query(Some("known"), &one)).await.status, 200);
    let mut said = Vec::new();
    for token in [None, Some(""), Some("unknown"), Some("known-s")] {
        let answer = ask(&state, query(token, &one)).await;
        assert_eq!(answer.status, 401, "{token:?}");
        let scheme = &answer.headers[header::WWW_AUTHENTICATE];
        assert_eq!(scheme, "Bearer realm=\"trawl\"");
        said.push(answer.body);
    }
    assert!(said.windows(2).all(|pair| pair[0] == pair[1]));
    assert!(said[0].contains("\"unauthorized\"") && !said[0].contains("known-s"));
    // Also what there is, is for those who are known.
    for path in ["/api/v1/running", "/api/v1/nothing", "/", "/docsx"] {
        assert_eq!(ask(&state, get(path, None)).await.status, 401, "{path}");
    }
    assert_eq!(
        ask(&state, get("/api/v1/nothing", Some("known")))
            .await
            .status,
        404
    );
    for path in ["/healthz", "/openapi.json"] {
        assert_eq!(ask(&state, get(path, None)).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn what_is_refused_is_counted() {
    let state = state().with_callers(callers(&[("known", "role: admin")]));
    for (path, token) in [
        ("/api/v1/running", None),
        ("/nothing/of/mine", Some("known")),
    ] {
        ask(&state, get(path, token)).await;
    }
    let mut odd = get("/healthz", None);
    *odd.method_mut() = axum::http::Method::from_bytes(b"ODD-1").unwrap();
    ask(&state, odd).await;
    let series = ask(&state, get("/metrics", Some("known"))).await.body;
    for line in [
        r#"http_requests_total{method="GET",path="/api/v1/running",status="401"} 1"#,
        r#"http_requests_total{method="GET",path="unmatched",status="404"} 1"#,
        r#"http_requests_total{method="other",path="/healthz",status="405"} 1"#,
    ] {
        assert!(series.contains(line), "{line}: {series}");
    }
    assert!(
        !series.contains("of/mine") && !series.contains("ODD"),
        "{series}"
    );
}

#[tokio::test]
async fn a_body_without_a_type_is_none() {
    let body = Body::from(r#"{"query": "print x = 1"}"#);
    let request = Request::post("/api/v1/query").header(header::HOST, "localhost");
    let answer = ask(&state(), request.body(body).unwrap()).await;
    assert_eq!(answer.status, 415, "{}", answer.body);
}

#[tokio::test]
async fn a_budget_holds_whatever_is_asked() {
    let state = state().with_callers(callers(&[(
        "small",
        "role: reader, budget: {max_rows: 2, queries_per_minute: 2}",
    )]));
    let rows = json!({ "query": "datatable(x: long)[1, 2, 3]", "max_rows": 100 });
    let answer = ask(&state, query(Some("small"), &rows)).await;
    let answer: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(answer["rows"].as_array().unwrap().len(), 2);
    assert_eq!(ask(&state, query(Some("small"), &rows)).await.status, 200);
    let refused = ask(&state, query(Some("small"), &rows)).await;
    assert_eq!(refused.status, 429);
    let after = refused.headers[header::RETRY_AFTER].to_str().unwrap();
    assert!((1..=60).contains(&after.parse::<u64>().unwrap()), "{after}");
    assert!(
        refused.body.contains("queries_per_minute"),
        "{}",
        refused.body
    );
}

#[tokio::test]
async fn browsers_are_told_what_they_must_not_do() {
    let state = state();
    let one = json!({ "query": "print x = 1" });
    for request in [
        query(None, &one),
        get("/api/v1/nothing", None),
        get("/healthz", None),
    ] {
        let headers = ask(&state, request).await.headers;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            (
                "content-security-policy",
                "default-src 'none'; frame-ancestors 'none'",
            ),
        ] {
            assert_eq!(headers[name], value);
        }
        assert!(headers.get(header::SERVER).is_none());
    }
    let page = ask(&state, get("/docs/", None)).await;
    assert_eq!(page.status, 200);
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("script-src 'self'") && !policy.contains("http"));
    // Nothing of the page is inline that the policy would stop, and nothing is elsewhere.
    assert!(!page.body.contains("<script>") && !page.body.contains("https://"));
}

#[tokio::test]
async fn pages_of_other_sites_and_other_bodies_are_refused() {
    let state = state().with_hosts(["trawl.example".to_owned()]);
    let post = |host: &str, origin: Option<&str>, content_type: Option<&str>| {
        let mut request = Request::post("/api/v1/query").header(header::HOST, host);
        if let Some(origin) = origin {
            request = request.header(header::ORIGIN, origin);
        }
        if let Some(content_type) = content_type {
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        let body = json!({ "query": "print x = 1" }).to_string();
        request.body(Body::from(body)).unwrap()
    };
    let json = Some("application/json");
    for (host, origin, content_type, status) in [
        ("localhost", None, json, 200),
        ("trawl.example", Some("https://trawl.example"), json, 200),
        ("evil.example", None, json, 403),
        ("localhost", Some("https://evil.example"), json, 403),
        ("localhost", None, Some("text/plain"), 415),
        ("localhost", None, Some("multipart/form-data"), 415),
        ("localhost", None, None, 415),
    ] {
        let answer = ask(&state, post(host, origin, content_type)).await;
        assert_eq!(answer.status, status, "{host} {origin:?} {content_type:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_comes_whole_in_time_and_within_its_size() {
    let state = state();
    let post = |body: Body| {
        Request::post("/api/v1/query")
            .header(header::HOST, "localhost")
            .header(header::CONTENT_TYPE, "application/json")
            .body(body)
            .unwrap()
    };
    let large = ask(&state, post(Body::from(" ".repeat((1 << 20) + 1)))).await;
    assert_eq!(large.status, 413, "{}", large.body);
    let slow = Body::from_stream(futures::stream::pending::<Result<Vec<u8>, std::io::Error>>());
    let slow = ask(&state, post(slow)).await;
    assert_eq!(slow.status, 408, "{}", slow.body);
    let error = std::io::Error::other("reset");
    let broken = Body::from_stream(futures::stream::iter([
        Ok(b"{".to_vec()),
        Err::<Vec<u8>, _>(error),
    ]));
    let broken = ask(&state, post(broken)).await;
    assert_eq!(broken.status, 400, "{}", broken.body);
}

#[tokio::test]
async fn every_request_has_an_audit_line_and_no_secret_is_in_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit");
    let secret = new_token().unwrap();
    let entry = format!(
        "tokens:\n- {{name: grafana, sha256: {}, role: reader}}\n",
        TokenHash::of(&secret)
    );
    let state = state()
        .with_callers(Callers::of_text(&entry).unwrap())
        .with_audit(Audit::to_file(&path).unwrap());
    let with = json!({ "query": "param p: string; print x = @p", "params": { "p": "hunter2" } });
    let answered = ask(&state, query(Some(&secret), &with)).await;
    assert_eq!(answered.status, 200, "{}", answered.body);
    ask(
        &state,
        query(Some(&secret), &json!({ "query": "print x = y" })),
    )
    .await;
    ask(&state, query(Some("trawl_guessed"), &with)).await;
    ask(&state, get("/healthz", None)).await;
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let told: Vec<Value> = lines
        .iter()
        .map(|line| json!([line["caller"], line["status"], line["outcome"]]))
        .collect();
    assert_eq!(
        json!(told),
        json!([
            ["grafana", 200, "answered"],
            ["grafana", 400, "refused"],
            [null, 401, "denied"]
        ])
    );
    let id = answered.headers["trawl-query-id"].to_str().unwrap();
    assert_eq!(lines[0]["queries"][0]["id"], id);
    assert_eq!(lines[0]["queries"][0]["rows"], 1);
    for secret in [secret.as_str(), "trawl_guessed", "hunter2"] {
        assert!(!text.contains(secret), "{text}");
    }
}
