//! Saved queries, alerts and operations over the router, on an engine without clusters: the queries make their own rows.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;
use trawl_exec::{Engine, EngineOptions};
use trawl_fleet::{Guard, Inventory, Origin};
use trawl_server::{AlertOptions, AppState, Callers, Registry, TokenHash, app};

fn engine() -> Arc<Engine> {
    let inventory = Inventory::of(vec![], vec![], Origin::Kubeconfig(vec![]));
    let options = EngineOptions {
        inventory,
        plugins: vec![],
        declared: vec![],
        cache_dir: None,
    };
    Arc::new(Engine::new(options).unwrap())
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

async fn ask(
    state: &AppState,
    request: axum::http::request::Builder,
    body: &str,
) -> (StatusCode, String) {
    let request = request
        .header(header::HOST, "localhost:7117")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_owned()))
        .unwrap();
    let response = app(state.clone()).oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

async fn get(state: &AppState, path: &str) -> (StatusCode, Value) {
    let (status, text) = ask(state, Request::get(path), "").await;
    (
        status,
        serde_json::from_str(&text).unwrap_or(Value::String(text)),
    )
}

async fn post(state: &AppState, path: &str, body: &str) -> (StatusCode, Value) {
    let (status, text) = ask(state, Request::post(path), body).await;
    (
        status,
        serde_json::from_str(&text).unwrap_or(Value::String(text)),
    )
}

/// Asks until the answer is as it should be; the runner's patience ends it otherwise.
async fn until(state: &AppState, path: &str, holds: impl Fn(&Value) -> bool) -> Value {
    loop {
        let (_, answer) = get(state, path).await;
        if holds(&answer) {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn saved_queries_are_listed_shown_and_run() {
    let folder = tempfile::tempdir().unwrap();
    let text = "/// Twice.\n///\n/// A number, doubled.\n/// @param n The number.\nsyntax 1;\nparam n: long = 2;\nprint x = @n * 2\n";
    write(folder.path(), "numbers/twice.trawl", text);
    let state = AppState::new(engine()).with_queries(folder.path().to_owned());

    let (status, listed) = get(&state, "/api/v1/queries").await;
    assert_eq!(status, StatusCode::OK);
    let listed = listed["queries"].as_array().unwrap();
    let mine = listed
        .iter()
        .find(|it| it["name"] == "numbers.twice")
        .unwrap();
    assert_eq!(
        mine["parameters"],
        json!([{"name": "n", "type": "long", "default": "2", "description": "The number."}])
    );
    let alert = listed
        .iter()
        .find(|it| it["name"] == "nodes.not-ready")
        .unwrap();
    assert_eq!(alert["alert"]["fires"], "rows");

    let (_, shown) = get(&state, "/api/v1/queries/numbers.twice").await;
    assert_eq!(
        (&shown["documentation"], &shown["text"]),
        (&json!("A number, doubled."), &json!(text))
    );
    assert_eq!(
        shown["check"]["columns"],
        json!([{"name": "x", "type": "long"}])
    );

    let run = "/api/v1/queries/numbers.twice/run";
    for (body, x) in [("", 4), ("{}", 4), (r#"{"params": {"n": 5}}"#, 10)] {
        let (status, answer) = post(&state, run, body).await;
        assert_eq!(
            (status, &answer["rows"]),
            (StatusCode::OK, &json!([{ "x": x }])),
            "{body}"
        );
    }
    for (body, part) in [
        (r#"{"params": {"m": 5}}"#, "m"),
        (
            r#"{"query": "print x = 1"}"#,
            "the text of a saved query is saved",
        ),
        (r#"{"parms": {}}"#, "unknown field `parms`"),
        ("[1]", "expected a JSON object"),
        ("{", "expected a JSON object"),
    ] {
        let (status, answer) = post(&state, run, body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}: {answer}");
        assert!(answer.to_string().contains(part), "{body}: {answer}");
    }
    let (status, missing) = get(&state, "/api/v1/queries/numbers.twic").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(
        missing["error"]["message"]
            .as_str()
            .unwrap()
            .contains("did you mean `numbers.twice`?"),
        "{missing}"
    );
}

#[tokio::test]
async fn a_folder_is_read_again_when_it_changes() {
    let folder = tempfile::tempdir().unwrap();
    let state = AppState::new(engine()).with_queries(folder.path().to_owned());
    let tending = tokio::spawn(state.clone().tend());
    write(folder.path(), "late.trawl", "/// Late.\nprint x = 1\n");
    let names = |it: &Value| it.to_string().contains("\"late\"");
    until(&state, "/api/v1/queries", names).await;
    std::fs::remove_file(folder.path().join("late.trawl")).unwrap();
    until(&state, "/api/v1/queries", |it| !names(it)).await;
    tending.abort();
}

#[tokio::test]
async fn alerts_are_evaluated_and_shown_with_their_rows_and_series() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        "fires.trawl",
        "/// Fires.\n/// @alert\ndatatable(cluster: string, n: long)[\"eu\", 1, \"eu\", 2, \"us\", 3]\n",
    );
    write(
        folder.path(),
        "quiet.trawl",
        "/// Quiet.\n/// @alert every 1h\ndatatable(cluster: string)[\"eu\"] | where cluster == \"us\"\n",
    );
    write(
        folder.path(),
        "wrong.trawl",
        "/// Wrong.\n/// @alert\nnowhere | take 1\n",
    );
    write(
        folder.path(),
        "none.trawl",
        "/// None.\nprint cluster = \"eu\"\n",
    );
    let state = AppState::new(engine())
        .with_queries(folder.path().to_owned())
        .with_alerts(AlertOptions {
            identity: None,
            every: Duration::from_secs(1),
        });
    let named = |alerts: &Value, name: &str| {
        let alerts = alerts["alerts"].as_array().unwrap();
        alerts.iter().find(|it| it["name"] == name).unwrap().clone()
    };
    let (_, before) = get(&state, "/api/v1/alerts").await;
    assert_eq!(named(&before, "fires")["status"], "unknown");
    let tending = tokio::spawn(state.clone().tend());
    let evaluated = |it: &Value| {
        let names = ["fires", "quiet", "wrong"];
        names
            .iter()
            .all(|name| named(it, name)["evaluated_s"].is_u64())
    };
    let alerts = until(&state, "/api/v1/alerts", evaluated).await;
    let fires = named(&alerts, "fires");
    assert_eq!(fires["status"], "firing");
    let told: Vec<_> = fires["clusters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (&it["cluster"], &it["rows"]))
        .collect();
    assert_eq!(told, [(&json!("eu"), &json!(2)), (&json!("us"), &json!(1))]);
    assert_eq!(fires["rows"].as_array().unwrap().len(), 3);
    assert_eq!(named(&alerts, "quiet")["status"], "ok");
    let wrong = named(&alerts, "wrong");
    assert_eq!(wrong["status"], "unknown");
    assert!(
        wrong["problem"].as_str().unwrap().contains("nowhere"),
        "{wrong}"
    );
    assert!(!alerts.to_string().contains("\"none\""));

    let (_, series) = ask(&state, Request::get("/metrics"), "").await;
    for line in [
        r#"trawl_alert_rows{query="fires",cluster="eu"} 2"#,
        r#"trawl_alert_complete{query="fires"} 1"#,
        r#"trawl_alert_complete{query="wrong"} 0"#,
        r#"trawl_alert_last_success_timestamp_seconds{query="quiet"} "#,
    ] {
        assert!(series.contains(line), "{line} is not in\n{series}");
    }
    assert!(!series.contains(r#"trawl_alert_last_success_timestamp_seconds{query="wrong"}"#));
    // What is no alert any more has no series.
    std::fs::remove_file(folder.path().join("fires.trawl")).unwrap();
    until(&state, "/metrics", |it| {
        !it.as_str().unwrap().contains(r#"query="fires""#)
    })
    .await;
    tending.abort();
}

#[tokio::test]
async fn an_alert_goes_on_where_another_server_left_it() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        "a.trawl",
        "/// A.\n/// @alert\nprint cluster = \"eu\"\n",
    );
    let place = trawl_state::Place::File(folder.path().join("state.db"));
    let store = trawl_state::Store::open(&place, &folder.path().join("key"))
        .await
        .unwrap();
    let engine = engine();
    let registry = || {
        let (engine, store) = (Arc::clone(&engine), Ok(store.clone()));
        Arc::new(Registry::new(engine, Vec::new(), store, Guard::default()))
    };
    let server = || {
        AppState::new(Arc::clone(&engine))
            .with_queries(folder.path().to_owned())
            .with_registry(registry())
            .with_alerts(AlertOptions {
                identity: None,
                every: Duration::from_secs(3600),
            })
    };
    let fires = |it: &Value| it.to_string().contains("firing");
    let (one, two) = (server(), server());
    let first = tokio::spawn(one.clone().tend());
    until(&one, "/api/v1/alerts", fires).await;
    // The first holds the lease: the second shows what the first found.
    let second = tokio::spawn(two.clone().tend());
    until(&two, "/api/v1/alerts", fires).await;
    first.abort();
    second.abort();
}

/// A file of tokens with these entries behind `name`.
fn tokens(folder: &Path, entries: &[(&str, &str)]) {
    let entry = |(name, rest): &(&str, &str)| {
        let hash = TokenHash::of(name);
        format!("- {{name: {name}, sha256: {hash}, {rest}}}\n")
    };
    let entries: String = entries.iter().map(entry).collect();
    write(folder, "tokens.yaml", &format!("tokens:\n{entries}"));
}

#[tokio::test]
async fn alerts_of_a_name_that_is_gone_are_evaluated_as_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let fires = |rows: &str| {
        let text = format!("/// Fires.\n/// @alert\ndatatable(cluster: string)[{rows}]\n");
        write(folder.path(), "queries/fires.trawl", &text);
    };
    fires("\"eu\"");
    tokens(folder.path(), &[("watch", "role: reader")]);
    let callers = Callers::of_file(&folder.path().join("tokens.yaml")).unwrap();
    let state = AppState::new(engine())
        .with_queries(folder.path().join("queries"))
        .with_callers(callers.clone())
        .with_alerts(AlertOptions {
            identity: Some("watch".to_owned()),
            every: Duration::from_secs(1),
        });
    // What the server found, asked without a token.
    let open = state.clone().with_callers(Callers::everybody());
    let tending = tokio::spawn(state.tend());
    let alert = |it: &Value| {
        let all = it["alerts"].as_array().unwrap().clone();
        all.into_iter().find(|it| it["name"] == "fires").unwrap()
    };
    let path = "/api/v1/alerts";
    let told = until(&open, path, |it| alert(it)["status"] == "firing").await;
    assert_eq!(alert(&told)["as"], "watch");
    assert_eq!(alert(&told)["complete"], true);

    tokens(folder.path(), &[("another", "role: admin")]);
    callers.reload();
    let gone = |it: &Value| alert(it)["complete"] == false;
    let told = alert(&until(&open, path, gone).await);
    assert_eq!(told["status"], "firing", "{told}");
    assert_eq!(told["clusters"][0]["stale"], true);
    let problem = told["problem"].as_str().unwrap();
    assert!(problem.contains("as `watch`") && problem.contains("--alerts-as"));
    let (_, series) = ask(&open, Request::get("/metrics"), "").await;
    for line in [
        r#"trawl_alert_rows{query="fires",cluster="eu"} 1"#,
        r#"trawl_alert_complete{query="fires"} 0"#,
    ] {
        assert!(series.contains(line), "{line} is not in\n{series}");
    }

    // Back again, and what it found no more is resolved.
    fires("");
    tokens(folder.path(), &[("watch", "role: reader")]);
    callers.reload();
    until(&open, path, |it| alert(it)["status"] == "ok").await;
    tending.abort();
}

#[tokio::test]
async fn alerts_keep_to_the_budget_of_their_caller() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a", "b"] {
        let text = "/// A.\n/// @alert every 1h\nprint cluster = \"eu\"\n";
        write(folder.path(), &format!("queries/{name}.trawl"), text);
    }
    let budget = "role: reader, budget: {queries_per_minute: 1, concurrent: 1}";
    tokens(folder.path(), &[("watch", budget)]);
    let callers = Callers::of_file(&folder.path().join("tokens.yaml")).unwrap();
    let state = AppState::new(engine())
        .with_queries(folder.path().join("queries"))
        .with_callers(callers)
        .with_alerts(AlertOptions {
            identity: Some("watch".to_owned()),
            every: Duration::from_secs(3600),
        });
    let open = state.clone().with_callers(Callers::everybody());
    let tending = tokio::spawn(state.tend());
    let evaluated = |it: &Value| {
        let mut all = it["alerts"].as_array().unwrap().iter();
        all.all(|it| it["evaluated_s"].is_u64())
    };
    let told = until(&open, "/api/v1/alerts", evaluated).await;
    let all = told["alerts"].as_array().unwrap();
    let refused = |it: &&Value| {
        let problem = it["problem"].as_str().unwrap_or_default();
        problem.contains("may begin 1 queries within a minute") && it["status"] == "unknown"
    };
    assert_eq!(all.iter().filter(refused).count(), all.len() - 1, "{told}");
    tending.abort();
}

#[tokio::test]
async fn a_server_is_ready_when_plugins_are_loaded_and_says_what_it_did() {
    let state = AppState::new(engine());
    let (status, ready) = get(&state, "/readyz").await;
    assert_eq!(
        (status, ready),
        (
            StatusCode::SERVICE_UNAVAILABLE,
            json!({"status": "loading"})
        )
    );
    let tending = tokio::spawn(state.clone().tend());
    until(&state, "/readyz", |it| it["status"] == "ready").await;
    let (status, _) = post(&state, "/api/v1/query", r#"{"query": "print x = 1"}"#).await;
    assert_eq!(status, StatusCode::OK);
    let (status, _) = post(&state, "/api/v1/query", r#"{"query": "print x = "}"#).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let (_, series) = ask(&state, Request::get("/metrics"), "").await;
    for line in [
        r#"http_requests_total{method="POST",path="/api/v1/query",status="200"} 1"#,
        r#"http_requests_total{method="POST",path="/api/v1/query",status="400"} 1"#,
        r#"http_request_duration_seconds_bucket{method="POST",path="/api/v1/query",le="+Inf"} 2"#,
        r#"trawl_queries_total{outcome="complete"} 1"#,
        r#"trawl_queries_total{outcome="refused"} 1"#,
        "trawl_query_rows_total 1",
        "trawl_ready 1",
        "process_resident_memory_bytes ",
        "process_open_fds ",
    ] {
        assert!(series.contains(line), "{line} is not in\n{series}");
    }
    tending.abort();
}

#[tokio::test]
async fn tables_and_plugins_are_listed_and_what_is_not_there_is_told() {
    let state = AppState::new(engine());
    let (status, tables) = get(&state, "/api/v1/tables").await;
    assert_eq!(
        (status, tables),
        (
            StatusCode::OK,
            json!({"tables": [], "unlisted": [], "silent": []})
        )
    );
    let (_, plugins) = get(&state, "/api/v1/plugins").await;
    assert_eq!(plugins, json!({"plugins": []}));
    for (path, status, code) in [
        ("/api/v1/tables/pods", StatusCode::NOT_FOUND, "not-found"),
        (
            "/api/v1/tables?discover=maybe",
            StatusCode::BAD_REQUEST,
            "invalid-request",
        ),
        (
            "/api/v1/tables?x=1",
            StatusCode::BAD_REQUEST,
            "invalid-request",
        ),
        ("/api/v1/nothing", StatusCode::NOT_FOUND, "not-found"),
        (
            "/api/v1/query",
            StatusCode::METHOD_NOT_ALLOWED,
            "method-not-allowed",
        ),
    ] {
        let (got, answer) = get(&state, path).await;
        assert_eq!(
            (got, &answer["error"]["code"]),
            (status, &json!(code)),
            "{path}: {answer}"
        );
    }
    let (status, page) = ask(&state, Request::get("/docs/"), "").await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        !page.contains("http://") && !page.contains("https://"),
        "{page}"
    );
    let (_, document) = get(&state, "/openapi.json").await;
    assert_eq!(document["openapi"], "3.1.0");
}

#[tokio::test]
async fn texts_of_the_folder_exist_for_whom_somebody_said_so() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        "mine/prod-us.trawl",
        "/// Of prod-us.\nprint x = 1\n",
    );
    // One that stands for a query that comes with trawl is another text.
    write(
        folder.path(),
        "nodes/not-ready.trawl",
        "/// Of prod-us, too.\nprint x = 1\n",
    );
    let entry = |name: &str, rest: &str| {
        let hash = TokenHash::of(name);
        format!("- {{name: {name}, sha256: {hash}, role: reader, {rest}}}\n")
    };
    let tokens = format!(
        "tokens:\n{}{}{}",
        entry("whole", "scope: {}"),
        entry("scoped", "scope: {clusters: [staging]}"),
        entry("told", "scope: {clusters: [staging]}, queries: [mine.*]"),
    );
    let callers = Callers::of_text(&tokens).unwrap();
    let state = AppState::new(engine())
        .with_queries(folder.path().to_owned())
        .with_callers(callers);
    for (token, mine, ready, bundled) in [
        ("whole", true, true, true),
        ("scoped", false, false, true),
        ("told", true, false, false),
    ] {
        let as_token = |builder: axum::http::request::Builder| {
            builder.header(header::AUTHORIZATION, format!("Bearer {token}"))
        };
        let (_, list) = ask(&state, as_token(Request::get("/api/v1/queries")), "").await;
        for (name, is_there) in [
            ("mine.prod-us", mine),
            ("nodes.not-ready", ready),
            ("clusters.down", bundled),
        ] {
            assert_eq!(
                list.contains(&format!("\"{name}\"")),
                is_there,
                "{token}: {list}"
            );
            let path = format!("/api/v1/queries/{name}");
            let (status, shown) = ask(&state, as_token(Request::get(&path)), "").await;
            assert_eq!(status.is_success(), is_there, "{token}: {shown}");
            let run = Request::post(format!("{path}/run"));
            if !is_there {
                let (status, said) = ask(&state, as_token(run), "").await;
                assert_eq!(status, StatusCode::NOT_FOUND, "{token}: {said}");
                assert!(!said.contains("prod-us"), "{token}: {said}");
            }
        }
    }
}
