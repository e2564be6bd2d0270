//! HTTP endpoints: credentials, headers, what is refused before anything is sent, redirects, retries.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use support::{Server, at, endpoint, get, ok, request, status, text};
use trawl_connect::{Approval, Endpoint, ErrorKind, Method, Operation};
use trawl_fleet::{Auth, AwsAuth, AwsSpec, EndpointSpec, HeaderValue, HttpSpec, SecretRef};

fn spec(server: &Server, auth: Auth) -> HttpSpec {
    HttpSpec {
        url: server.url(),
        auth,
        ..HttpSpec::default()
    }
}

#[tokio::test]
async fn the_credential_is_the_hosts() {
    let server = Server::start(|_| ok("")).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "t0ken\n").unwrap();
    // Cargo sets this variable for every test that it runs.
    let variable = SecretRef::Env("CARGO_PKG_NAME".to_owned());
    let basic = |password| Auth::Basic {
        username: "me".to_owned(),
        password,
    };
    for (auth, expected) in [
        (Auth::None, None),
        (
            Auth::Bearer(SecretRef::File(file.clone())),
            Some("Bearer t0ken"),
        ),
        (Auth::Bearer(variable), Some("Bearer trawl-connect")),
        (
            basic(SecretRef::File(file.clone())),
            Some("Basic bWU6dDBrZW4="),
        ),
    ] {
        let mut asked = get("/api/x");
        asked.headers = vec![
            ("Authorization".into(), "Bearer forged".into()),
            ("Cookie".into(), "forged".into()),
            ("X-Not-Approved".into(), "x".into()),
            ("accept".into(), "application/json".into()),
        ];
        let response = endpoint(spec(&server, auth)).send(asked).await.unwrap();
        assert_eq!(response.status, 200);
        let seen = server.seen().pop().unwrap();
        assert_eq!(seen.header("authorization"), expected);
        assert_eq!(seen.header("accept"), Some("application/json"));
        assert_eq!(seen.header("cookie"), None);
        assert_eq!(seen.header("x-not-approved"), None);
        assert!(seen.header("user-agent").unwrap().starts_with("trawl/"));
    }
}

#[tokio::test]
async fn a_user_in_the_url_is_a_credential_and_never_shown() {
    let server = Server::start(|_| ok("")).await;
    let url = format!("http://me:hunt%65r2@{}/base/", server.address);
    let endpoint = at(url);
    endpoint.send(get("/api/x")).await.unwrap();
    let seen = server.seen().pop().unwrap();
    assert_eq!(seen.header("authorization"), Some("Basic bWU6aHVudGVyMg=="));
    assert_eq!(seen.target, "/base/api/x");
    assert_eq!(
        endpoint.describe(),
        format!("http://{}/base", server.address)
    );
    assert!(!format!("{endpoint:?}").contains("hunt"));
}

#[tokio::test]
async fn configured_headers_go_along_and_are_not_the_guests() {
    let server = Server::start(|_| ok("")).await;
    let headers = vec![
        (
            "x-scope-orgid".to_owned(),
            HeaderValue::Plain("tenant".to_owned()),
        ),
        (
            "accept".to_owned(),
            HeaderValue::Plain("configured/type".to_owned()),
        ),
    ];
    let spec = HttpSpec {
        headers,
        ..spec(&server, Auth::None)
    };
    let mut asked = get("/api/x");
    asked.headers = vec![
        ("X-Scope-OrgID".into(), "other".into()),
        ("Accept".into(), "guest".into()),
    ];
    endpoint(spec).send(asked).await.unwrap();
    let seen = server.seen().pop().unwrap();
    assert_eq!(seen.header("x-scope-orgid"), Some("tenant"));
    assert_eq!(seen.header("accept"), Some("configured/type"));
}

#[tokio::test]
async fn path_query_and_body_arrive_as_they_were_meant() {
    let server = Server::start(|seen| ok(seen.body.clone())).await;
    let mut asked = request(Method::Post, "/api/v1");
    asked.path.push("a b?c#d%2f..".to_owned());
    asked.query = vec![
        ("query".into(), "sum(up) & more=1".into()),
        ("empty".into(), String::new()),
    ];
    asked.headers = vec![("Content-Type".into(), "text/plain".into())];
    asked.body = Some(Bytes::from_static(b"the body"));
    let response = at(server.url()).send(asked).await.unwrap();
    assert_eq!(text(response).await, "the body");
    let seen = server.seen().pop().unwrap();
    assert_eq!(seen.method, "POST");
    assert_eq!(
        seen.target,
        "/api/v1/a%20b%3Fc%23d%252f..?query=sum%28up%29%20%26%20more%3D1&empty="
    );
}

#[tokio::test]
async fn what_is_not_approved_never_reaches_the_server() {
    let server = Server::start(|_| ok("")).await;
    // The credential does not exist: a refusal that came after reading it would be another error.
    let missing = Auth::Bearer(SecretRef::File("/nonexistent/token".into()));
    let endpoint = endpoint(spec(&server, missing));
    let raw = |segments: &[&str]| {
        let mut asked = get("");
        asked.path = segments.iter().map(|s| (*s).to_owned()).collect();
        asked
    };
    let mut line_break = get("/api/x");
    line_break.headers = vec![("Accept".into(), "a\r\nAuthorization: b".into())];
    let mut action = request(Method::Post, "/api/x");
    action.headers = vec![("X-Amz-Target".into(), "Logs.DeleteLogGroup".into())];
    for (asked, kind) in [
        (get("/other"), ErrorKind::PermissionDenied),
        (get(""), ErrorKind::PermissionDenied),
        (action, ErrorKind::PermissionDenied),
        (raw(&["api", "..", "admin"]), ErrorKind::InvalidQuery),
        (raw(&["", "evil.example", "x"]), ErrorKind::InvalidQuery),
        (raw(&["api", "a/b"]), ErrorKind::InvalidQuery),
        (raw(&["api", "a\r\nHost: evil"]), ErrorKind::InvalidQuery),
        (line_break, ErrorKind::InvalidQuery),
    ] {
        let shown = format!("{asked:?}");
        let error = endpoint.send(asked).await.unwrap_err();
        assert_eq!(error.kind, kind, "{shown}: {error}");
    }
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn an_action_of_aws_goes_to_aws_only() {
    let server = Server::start(|_| ok("")).await;
    let approval = Approval {
        operations: vec![Operation {
            method: Method::Post,
            path: "/".to_owned(),
            action: Some("Logs.StartQuery".to_owned()),
        }],
        ..Approval::default()
    };
    let mut asked = request(Method::Post, "/");
    asked.headers = vec![("X-Amz-Target".into(), "Logs.StartQuery".into())];
    let http = EndpointSpec::Http(spec(&server, Auth::None));
    let refused = Endpoint::new(http, approval.clone());
    let error = refused.send(asked.clone()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::PermissionDenied);
    assert!(
        error.message.contains("endpoints of kind aws only"),
        "{error}"
    );
    assert!(server.seen().is_empty());
    let aws = EndpointSpec::Aws(AwsSpec {
        url: Some(server.url()),
        auth: AwsAuth::None,
        ..AwsSpec::default().of_service("logs")
    });
    Endpoint::new(aws, approval).send(asked).await.unwrap();
    let seen = server.seen().pop().unwrap();
    assert_eq!(
        (seen.target.as_str(), seen.header("x-amz-target")),
        ("/", Some("Logs.StartQuery"))
    );
    assert_eq!(
        seen.header("authorization"),
        None,
        "`auth: none` signs nothing"
    );
}

#[tokio::test]
async fn a_guest_sees_approved_response_headers_only() {
    let server = Server::start(|_| {
        ok("")
            .with("etag", "e")
            .with("set-cookie", "c")
            .with("x-echo", "s")
            .with("retry-after", "1")
    })
    .await;
    let response = at(server.url()).send(get("/api/x")).await.unwrap();
    let mut names: Vec<&str> = response
        .headers
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["content-type", "etag", "retry-after"]);
}

#[tokio::test]
async fn redirects_are_errors_that_name_the_host_and_take_no_credential_along() {
    let other = Server::start(|_| ok("")).await;
    let target = format!("{}/login?secret=hunter2", other.url());
    let server = Server::start(move |_| status(302).with("location", target.clone())).await;
    let auth = Auth::Basic {
        username: "me".to_owned(),
        password: SecretRef::Inline("pw".to_owned()),
    };
    let error = endpoint(spec(&server, auth))
        .send(get("/api/x"))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind, error.http_status),
        (ErrorKind::Protocol, Some(302))
    );
    assert!(error.message.contains(&other.url()), "{error}");
    assert!(!error.message.contains("hunter2"), "{error}");
    assert!(other.seen().is_empty());
}

#[tokio::test]
async fn a_status_is_an_answer_and_not_an_error() {
    for code in [304, 400, 403, 404, 410, 422, 500, 503] {
        let server = Server::start(move |_| status(code)).await;
        let response = at(server.url()).send(get("/api/x")).await.unwrap();
        assert_eq!(response.status, code);
        assert_eq!(server.seen().len(), 1, "{code}");
    }
}

#[tokio::test]
async fn a_busy_server_is_asked_again_when_it_says_when() {
    let past = "Wed, 21 Oct 2015 07:28:00 GMT";
    for (method, code, after, requests) in [
        (Method::Get, 429, "0", 3),
        (Method::Get, 429, past, 3),
        (Method::Get, 503, "0", 3),
        (Method::Get, 503, past, 3),
        (Method::Post, 429, "0", 3),
        // It may have started something already.
        (Method::Post, 503, "0", 1),
    ] {
        let count = Arc::new(AtomicUsize::new(0));
        let server = Server::start(move |_| match count.fetch_add(1, Ordering::SeqCst) {
            0 | 1 => status(code).with("retry-after", after),
            _ => ok("done"),
        })
        .await;
        let response = at(server.url())
            .send(request(method, "/api/x"))
            .await
            .unwrap();
        let done = response.status == 200;
        assert_eq!(done, requests == 3, "{method} {code} {after}");
        assert_eq!(server.seen().len(), requests, "{method} {code} {after}");
    }
}

#[tokio::test]
async fn a_busy_server_is_not_asked_for_ever_nor_waited_for_beyond_the_deadline() {
    for (after, requests) in [
        ("0", 4),
        ("5", 1),
        ("3600", 1),
        ("Wed, 21 Oct 2099 07:28:00 GMT", 1),
    ] {
        let server = Server::start(move |_| status(429).with("retry-after", after)).await;
        let mut asked = get("/api/x");
        asked.timeout = Some(Duration::from_secs(4));
        let response = at(server.url()).send(asked).await.unwrap();
        assert_eq!(response.status, 429);
        assert!(
            response
                .headers
                .contains(&("retry-after".to_owned(), after.to_owned()))
        );
        assert_eq!(server.seen().len(), requests, "{after}");
    }
}

#[tokio::test]
async fn a_401_renews_the_credential_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "old").unwrap();
    let rotated = file.clone();
    let server = Server::start(move |seen| match seen.header("authorization") {
        Some("Bearer new") => ok("in"),
        _ => {
            // The token is rotated while the old one is still in our memory.
            std::fs::write(&rotated, "new").unwrap();
            status(401)
        }
    })
    .await;
    let endpoint = endpoint(spec(&server, Auth::Bearer(SecretRef::File(file))));
    assert_eq!(
        text(endpoint.send(get("/api/x")).await.unwrap()).await,
        "in"
    );
    assert_eq!(server.seen().len(), 2);
    endpoint.send(get("/api/x")).await.unwrap();
    assert_eq!(server.seen().len(), 3, "the new one is kept");
}

#[tokio::test]
async fn a_401_that_stays_is_the_callers() {
    let server = Server::start(|_| status(401)).await;
    let secret = SecretRef::Inline("x".to_owned());
    for (auth, requests) in [(Auth::Bearer(secret), 2), (Auth::None, 1)] {
        let before = server.seen().len();
        let response = endpoint(spec(&server, auth))
            .send(get("/api/x"))
            .await
            .unwrap();
        assert_eq!(response.status, 401);
        assert_eq!(server.seen().len() - before, requests);
    }
}

#[tokio::test]
async fn a_missing_secret_is_named_and_nothing_is_sent() {
    let server = Server::start(|_| ok("")).await;
    let reference = SecretRef::Env("TRAWL_TEST_NO_SUCH_VARIABLE".to_owned());
    let error = endpoint(spec(&server, Auth::Bearer(reference)))
        .send(get("/api/x"))
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unauthenticated);
    assert!(
        error.message.contains("TRAWL_TEST_NO_SUCH_VARIABLE"),
        "{error}"
    );
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn an_endpoint_without_an_address_says_so() {
    let endpoint = Endpoint::new(EndpointSpec::Unaddressed, support::approval());
    let error = endpoint.send(get("/api/x")).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::InvalidConfig);
    assert!(error.message.contains("`url`"), "{error}");
    for url in ["hunter2", "ftp://u:hunter2@h", "http://"] {
        let error = at(url).send(get("/api/x")).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::InvalidConfig, "{url}");
        assert!(!error.message.contains("hunter2"), "{error}");
    }
}

#[tokio::test]
async fn a_proxy_is_used_where_it_is_configured() {
    let proxy = Server::start(|_| ok("by proxy")).await;
    let spec = HttpSpec {
        url: "http://prometheus.invalid:9090".to_owned(),
        proxy: Some(proxy.url()),
        ..HttpSpec::default()
    };
    assert_eq!(
        text(endpoint(spec).send(get("/api/x")).await.unwrap()).await,
        "by proxy"
    );
    assert_eq!(
        proxy.seen()[0].header("host"),
        Some("prometheus.invalid:9090")
    );
}

#[tokio::test]
async fn head_and_clones_work_over_one_endpoint() {
    let server = Server::start(|_| ok("body")).await;
    let endpoint = at(server.url());
    let response = endpoint
        .clone()
        .send(request(Method::Head, "/api/x"))
        .await
        .unwrap();
    assert_eq!(text(response).await, "");
    let many = (0..40).map(|_| endpoint.send(get("/api/x")));
    for response in futures::future::join_all(many).await {
        assert_eq!(text(response.unwrap()).await, "body");
    }
    assert_eq!(server.seen().len(), 41);
}
