//! What a guest can reach: no file, no variable, no other host, no header that was not approved, no secret, no connection's cache
//! but its own. What it tried comes out as rows.

#![allow(clippy::unwrap_used, clippy::expect_used)] // Clippy knows `#[test]` functions only, not their helpers.

mod common;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arrow::array::{AsArray, RecordBatch};
use common::{PATIENCE, connect, connection, context, limited, limits, plugin, request, scan};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use trawl_connect::{Approval, Endpoint, Method, Operation};
use trawl_fleet::{Auth, EndpointSpec, HttpSpec, KubernetesSpec, SecretRef};
use trawl_host::types::{ErrorCode, GapKind};
use trawl_host::{Connection, ConnectionSpec, Limits};

/// What a credential looks like that must not be seen anywhere.
const SECRET: &str = "s3cr3t-t0k3n";

/// The texts that a table puts out.
async fn told(connection: &Connection, table: &str) -> Vec<String> {
    let batches = scan(connection, &request(table), context(PATIENCE))
        .await
        .expect("rows");
    texts(&batches)
}

/// The texts of the second column.
fn texts(batches: &[RecordBatch]) -> Vec<String> {
    let texts = batches.iter().flat_map(|batch| {
        let column = batch.column(1).as_string::<i32>();
        column
            .iter()
            .map(|text| text.unwrap_or_default().to_owned())
            .collect::<Vec<_>>()
    });
    texts.collect()
}

/// A server that keeps the heads of its requests, and answers each with its own head, in a body and in headers.
async fn echo() -> (String, Arc<Mutex<Vec<String>>>) {
    let heads = Arc::new(Mutex::new(Vec::new()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/base", listener.local_addr().unwrap());
    let kept = Arc::clone(&heads);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let heads = Arc::clone(&kept);
            tokio::spawn(async move {
                let mut bytes = Vec::new();
                while !bytes.ends_with(b"\r\n\r\n") {
                    match stream.read_u8().await {
                        Ok(byte) => bytes.push(byte),
                        Err(_) => return,
                    }
                }
                let head = String::from_utf8_lossy(&bytes).into_owned();
                let credential = head
                    .lines()
                    .find_map(|line| line.strip_prefix("authorization: "))
                    .unwrap_or("none")
                    .to_owned();
                let status = if head.contains("/nowhere") {
                    "401 Unauthorized"
                } else {
                    "200 OK"
                };
                heads.lock().unwrap().push(head);
                let answer = format!(
                    "HTTP/1.1 {status}\r\nauthorization: {credential}\r\nset-cookie: token={credential}\r\nwww-authenticate: {credential}\r\n\
                     x-declared: yes\r\nx-echo: {credential}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                );
                let _ = stream.write_all(answer.as_bytes()).await;
            });
        }
    });
    (url, heads)
}

/// A connection to `url` with a credential, on which one header either way is approved, and GET of anything.
fn with_credential(plugin: &trawl_host::Plugin, url: String, auth: Auth) -> Connection {
    let approval = Approval {
        operations: vec![Operation {
            method: Method::Get,
            path: "/{rest...}".into(),
            action: None,
        }],
        request_headers: vec!["x-declared".into()],
        response_headers: vec!["x-declared".into()],
        ..Approval::default()
    };
    let spec = HttpSpec {
        url,
        auth,
        ..HttpSpec::default()
    };
    let endpoint = Endpoint::new(EndpointSpec::Http(spec), approval);
    plugin.connect(ConnectionSpec {
        name: "lab/evil".into(),
        config: String::new(),
        endpoints: BTreeMap::from([("api".to_owned(), endpoint)]),
    })
}

#[tokio::test]
async fn there_is_no_file_no_variable_and_no_input() {
    assert_eq!(told(&connection().await, "look-around").await, [""; 0]);
    assert!(!std::path::Path::new("/tmp/trawl-guest-hostile").exists());
}

#[tokio::test]
async fn headers_that_were_not_approved_do_not_leave() {
    let (url, heads) = echo().await;
    let connection = with_credential(&plugin().await, url, Auth::None);
    let context = context(PATIENCE);
    let rows = scan(&connection, &request("headers"), context.clone()).await;
    let answers = texts(&rows.unwrap());
    assert!(answers[0].starts_with("200: "), "{answers:?}");
    // Whoever reads the rows is told, once and not for each of the requests.
    let gaps = context.stats.gaps();
    let [note] = gaps.as_slice() else {
        panic!("one note, found {gaps:?}");
    };
    assert_eq!(note.kind, GapKind::Note);
    assert_eq!(
        note.message,
        "requests to `api` went out without the headers host, authorization, cookie, impersonate-user, impersonate-group, \
         x-forwarded-for, x-scope-orgid, upgrade, connection, transfer-encoding, x-undeclared, which the plugin does not \
         declare or may never send"
    );
    let head = heads.lock().unwrap()[0].to_lowercase();
    assert!(head.contains("x-declared: this one may"), "{head}");
    for name in [
        "evil.example",
        "authorization",
        "cookie",
        "impersonate",
        "x-forwarded",
        "x-scope-orgid",
        "upgrade",
        "transfer-encoding",
        "x-undeclared",
        "stolen",
    ] {
        assert!(!head.contains(name), "{name}: {head}");
    }
    // A header cannot be cut into two.
    let answers = told(&connection, "split-header").await;
    assert!(answers[0].contains("Error"), "{answers:?}");
    assert_eq!(heads.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn no_path_leads_elsewhere() {
    let (url, heads) = echo().await;
    let connection = with_credential(&plugin().await, url, Auth::None);
    let answers = told(&connection, "escape").await;
    assert_eq!(answers.len(), 12);
    // What was sent at all went to this server, below the endpoint's own path, as segments.
    for head in heads.lock().unwrap().iter() {
        let path = head.split(' ').nth(1).unwrap();
        assert!(path.starts_with("/base/"), "{head}");
        let segments: Vec<&str> = path.split('/').skip(2).collect();
        assert!(
            segments.len() == 1 && !segments.contains(&"..") && !segments.contains(&""),
            "{head}"
        );
        assert_eq!(head.matches("\r\nhost:").count(), 1, "{head}");
        assert!(!head.contains("evil.example\r\n"), "{head}");
    }
    for refused in [
        "..",
        "a\", \"..",
        "\".\"",
        "\"\"",
        "a/b",
        "http://",
        "\\r\\n",
        "\\0",
    ] {
        let answer = answers
            .iter()
            .find(|answer| answer.contains(refused))
            .unwrap();
        assert!(!answer.contains("sent"), "{answer}");
    }
}

#[tokio::test]
async fn a_method_that_was_not_approved_is_not_sent() {
    let (url, heads) = echo().await;
    let connection = with_credential(&plugin().await, url, Auth::None);
    let answers = told(&connection, "post").await;
    assert!(answers[0].contains("PermissionDenied"), "{answers:?}");
    assert!(heads.lock().unwrap().is_empty());
}

#[tokio::test]
async fn no_approval_opens_what_runs_tunnels_or_mints_on_an_api_server() {
    let (url, heads) = echo().await;
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = folder.path().join("kubeconfig");
    let text = format!(
        "{{apiVersion: v1, kind: Config, current-context: lab,
          contexts: [{{name: lab, context: {{cluster: lab, user: lab}}}}],
          clusters: [{{name: lab, cluster: {{server: '{url}'}}}}],
          users: [{{name: lab, user: {{token: {SECRET}}}}}]}}"
    );
    std::fs::write(&kubeconfig, text).unwrap();
    let spec = KubernetesSpec {
        kubeconfig: vec![kubeconfig],
        context: Some("lab".into()),
        ..KubernetesSpec::default()
    };
    let everything = |method| Operation {
        method,
        path: "/{rest...}".into(),
        action: None,
    };
    let approval = Approval {
        operations: vec![everything(Method::Get), everything(Method::Post)],
        ..Approval::default()
    };
    let endpoint = Endpoint::new(EndpointSpec::Kubernetes(spec), approval);
    let connection = plugin().await.connect(ConnectionSpec {
        name: "lab/evil".into(),
        config: String::new(),
        endpoints: BTreeMap::from([("api".to_owned(), endpoint)]),
    });
    let answers = told(&connection, "subresources").await;
    assert_eq!(answers.len(), 16);
    for answer in &answers {
        assert!(answer.contains("PermissionDenied"), "{answer}");
        assert!(answer.contains("nothing was sent"), "{answer}");
    }
    for part in ["exec", "attach", "portforward", "proxy", "token", "Secrets"] {
        assert!(
            answers.iter().any(|answer| answer.contains(part)),
            "{part}: {answers:?}"
        );
    }
    assert!(heads.lock().unwrap().is_empty());
    // It is not that nothing gets there.
    let answers = told(&connection, "echo").await;
    assert!(answers[0].starts_with("200: "), "{answers:?}");
    assert!(heads.lock().unwrap()[0].contains(SECRET));
}

#[tokio::test]
async fn a_secret_is_in_no_header_and_in_no_error() {
    let (url, heads) = echo().await;
    let auth = Auth::Bearer(SecretRef::Inline(SECRET.into()));
    let answers = told(&with_credential(&plugin().await, url, auth.clone()), "echo").await;
    assert!(heads.lock().unwrap()[0].contains(SECRET), "it was sent");
    assert!(answers[0].contains("x-declared"), "{answers:?}");
    assert!(!format!("{answers:?}").contains(SECRET), "{answers:?}");
    // Nobody listens there: the error is about the connection itself.
    let nowhere = with_credential(&plugin().await, "http://127.0.0.1:9/".into(), auth);
    let answers = told(&nowhere, "echo").await;
    assert!(answers[0].contains("Unavailable"), "{answers:?}");
    assert!(!format!("{answers:?}").contains(SECRET), "{answers:?}");
}

#[tokio::test]
async fn answers_beyond_the_limit_end_the_call() {
    let (url, _events) = common::server("a body of 24 characters.").await;
    let most = |bytes| Limits { bytes, ..limits() };
    let plugin = limited(most(24)).await;
    assert_eq!(
        common::rows(&connect(&plugin, "", Some(url.clone())), "fetch").await,
        24
    );
    let plugin = limited(most(23)).await;
    let connection = connect(&plugin, "", Some(url));
    let error = scan(&connection, &request("fetch"), context(PATIENCE))
        .await
        .unwrap_err();
    assert_eq!(error.code, ErrorCode::Unsupported);
    assert!(error.message.contains("more than the 23 bytes"), "{error}");
    assert!(error.hint.unwrap().contains("plugins.evil.limits.bytes"));
}

#[tokio::test]
async fn a_plugins_own_deadline_holds_whatever_the_query_has() {
    let plugin = limited(Limits {
        deadline: common::DEADLINE,
        ..limits()
    })
    .await;
    let connection = connect(&plugin, "", None);
    let error = scan(&connection, &request("sleep"), context(PATIENCE))
        .await
        .unwrap_err();
    assert_eq!(error.code, ErrorCode::Timeout);
    assert!(error.hint.unwrap().contains("plugins.evil.limits.deadline"));
}

#[tokio::test]
async fn requests_wait_for_their_turn() {
    let (url, mut events) = common::server("").await;
    let allowed = |requests_in_flight, deadline| Limits {
        requests_in_flight,
        deadline,
        ..limits()
    };
    // It opens eight, and none is answered. Where all of them may be under way, all of them come.
    let plugin = limited(allowed(8, PATIENCE)).await;
    let connection = connect(&plugin, "", Some(url.clone()));
    let request = request("queued-requests");
    let plan = common::plan(&connection, &request).await;
    let rows = connection.scan(&request, &plan, 0, context(PATIENCE));
    for _ in 0..8 {
        assert_eq!(events.recv().await, Some("asked"));
    }
    drop(rows);
    for _ in 0..8 {
        assert_eq!(events.recv().await, Some("closed"));
    }

    // Where two may, two come, and until its time is over no third.
    let plugin = limited(allowed(2, Duration::from_secs(5))).await;
    let connection = connect(&plugin, "", Some(url));
    let error = scan(&connection, &request, context(PATIENCE)).await;
    assert_eq!(error.unwrap_err().code, ErrorCode::Timeout);
    let mut seen = Vec::new();
    while seen.iter().filter(|event| **event == "closed").count() < 2 {
        seen.push(events.recv().await.unwrap());
    }
    assert_eq!(seen.len(), 4, "{seen:?}");
    assert!(events.try_recv().is_err());
}

#[tokio::test]
async fn limits_beyond_the_hosts_are_refused() {
    let large = Limits {
        memory: 2 << 30,
        ..limits()
    };
    let host = common::host();
    let loaded = host.load("evil", common::wasm(), common::options(large));
    let error = loaded.await.err().unwrap();
    assert_eq!(error.code, ErrorCode::InvalidConfig);
    assert_eq!(
        error.message,
        "plugins.evil.limits.memory is 2048 MiB; at most 1024 MiB can be given to one instance"
    );
}
