//! Kubernetes endpoints: credentials, what no approval opens, and clients that last.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use support::cluster::{Cluster, base64, context};
use support::{Authority, approval, get, ok, request, status, text};
use trawl_connect::{Endpoint, ErrorKind, Method};
use trawl_fleet::{EndpointSpec, Impersonation, Inventory, KubernetesSpec, LoadOptions};

#[tokio::test]
async fn a_token_and_a_private_ca_are_taken_from_the_context() {
    let cluster = Cluster::start(false, |_| ok("pods")).await;
    let endpoint = context(&cluster.kubeconfig("{token: t0ken}"), Some("test"));
    let mut asked = get("/api/v1/pods");
    asked.query = vec![
        ("limit".into(), "500".into()),
        ("labelSelector".into(), "a=b,c".into()),
    ];
    asked.headers = vec![
        ("Accept".into(), "application/json;as=Table".into()),
        ("Authorization".into(), "Bearer forged".into()),
        ("Impersonate-User".into(), "admin".into()),
    ];
    let response = endpoint.send(asked).await.unwrap();
    assert_eq!(response.status, 200);
    assert_eq!(
        response.headers,
        [("content-type".to_owned(), "text/plain".to_owned())]
    );
    assert_eq!(text(response).await, "pods");
    let seen = cluster.server.seen().pop().unwrap();
    assert_eq!(
        seen.target,
        "/prefix/api/v1/pods?limit=500&labelSelector=a%3Db%2Cc"
    );
    assert_eq!(seen.header("authorization"), Some("Bearer t0ken"));
    assert_eq!(seen.header("accept"), Some("application/json;as=Table"));
    assert_eq!(seen.header("impersonate-user"), None);
    assert!(seen.header("user-agent").unwrap().starts_with("trawl/"));
    assert_eq!(
        endpoint.describe(),
        format!("{}/prefix", cluster.server.tls_url())
    );
}

#[tokio::test]
async fn client_certificates_are_presented() {
    let cluster = Cluster::start(true, |_| ok("known")).await;
    let (certificate, key) = cluster.authority.issue(|_| {});
    let user = format!(
        "{{client-certificate-data: {}, client-key-data: {}}}",
        base64(&certificate),
        base64(&key)
    );
    let response = context(&cluster.kubeconfig(&user), None)
        .send(get("/api/v1/pods"))
        .await
        .unwrap();
    assert_eq!(text(response).await, "known");
    let error = context(&cluster.kubeconfig("{}"), None)
        .send(get("/api/v1/pods"))
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unauthenticated, "{error}");
    assert!(error.message.contains("client certificate"), "{error}");
}

#[tokio::test]
async fn a_token_file_is_read_again_after_a_401() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "old\n").unwrap();
    let rotated = file.clone();
    let cluster = Cluster::start(false, move |seen| match seen.header("authorization") {
        Some("Bearer new") => ok("in"),
        _ => {
            std::fs::write(&rotated, " new\n").unwrap();
            status(401)
        }
    })
    .await;
    let user = format!("{{tokenFile: '{}'}}", file.display());
    let endpoint = context(&cluster.kubeconfig(&user), None);
    assert_eq!(
        text(endpoint.send(get("/api/v1/pods")).await.unwrap()).await,
        "in"
    );
    assert_eq!(cluster.server.seen().len(), 2);
}

/// Lets time pass, without waiting for it.
async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

#[tokio::test]
async fn a_token_file_is_read_again_after_a_minute_without_new_connections() {
    let cluster = Cluster::start(false, |seen| {
        ok(seen.header("authorization").unwrap().to_owned())
    })
    .await;
    let file = cluster.path("token");
    // It counts from the kubeconfig's folder.
    let endpoint = context(&cluster.kubeconfig("{tokenFile: ./token}"), None);
    for (written, later, sent) in [
        ("one", 0, "Bearer one"),
        ("two", 5, "Bearer one"),
        ("two", 60, "Bearer two"),
        ("three", 60, "Bearer three"),
    ] {
        std::fs::write(&file, written).unwrap();
        pass(Duration::from_secs(later)).await;
        let response = endpoint.send(get("/api/v1/pods")).await.unwrap();
        assert_eq!(text(response).await, sent, "{written} {later}");
    }
    assert_eq!(cluster.server.connections(), 1);
}

#[test]
fn proxy_variables_do_not_count() {
    // Variables belong to a process, hence one of its own.
    let test = "a_token_and_a_private_ca_are_taken_from_the_context";
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test])
        .env("HTTPS_PROXY", "http://127.0.0.1:1")
        .env("https_proxy", "http://127.0.0.1:1")
        // What other programs read as a list is none to `kube`.
        .env("NO_PROXY", "10.0.0.1,")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("1 passed"), "{said}");
}

#[tokio::test]
async fn a_token_that_is_refused_once_is_tried_once_more() {
    let refusals = Arc::new(Mutex::new(1));
    let cluster = Cluster::start(false, move |_| {
        let mut left = refusals.lock().unwrap();
        if *left > 0 {
            *left -= 1;
            return status(401);
        }
        ok("in")
    })
    .await;
    let endpoint = context(&cluster.kubeconfig("{token: t}"), None);
    assert_eq!(
        endpoint.send(get("/api/v1/pods")).await.unwrap().status,
        200
    );
}

#[tokio::test]
async fn nothing_is_read_before_the_first_request_and_before_the_approval() {
    let missing = Path::new("/nonexistent/kubeconfig");
    let endpoint = context(missing, Some("test"));
    assert_eq!(endpoint.describe(), "the Kubernetes context `test`");
    let error = endpoint.send(get("/version")).await.unwrap_err();
    assert_eq!(
        error.kind,
        ErrorKind::PermissionDenied,
        "refused without a look at the kubeconfig"
    );
    let error = endpoint.send(get("/api/v1/pods")).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::InvalidConfig);
    assert!(error.message.contains("there is no kubeconfig"), "{error}");
}

#[tokio::test]
async fn what_no_approval_opens_is_refused_unsent() {
    let cluster = Cluster::start(false, |_| ok("")).await;
    let config = cluster.kubeconfig("{token: t}");
    let endpoint = context(&config, None);
    for (method, path) in [
        (Method::Get, "/api/v1/namespaces/a/pods/p/exec"),
        (Method::Post, "/api/v1/namespaces/a/pods/p/exec"),
        (Method::Get, "/api/v1/namespaces/a/pods/p/proxy/metrics"),
        (Method::Get, "/api/v1/nodes/n/proxy/configz"),
        (Method::Post, "/api/v1/namespaces/a/serviceaccounts/s/token"),
        (Method::Get, "/api/v1/namespaces/a/secrets"),
        (Method::Get, "/api/v1/secrets"),
    ] {
        let error = endpoint.send(request(method, path)).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::PermissionDenied, "{path}: {error}");
        assert!(error.hint.is_some());
    }
    assert!(cluster.server.seen().is_empty());
}

#[tokio::test]
async fn secrets_are_read_once_the_line_of_the_refusal_is_written() {
    let cluster = Cluster::start(false, |_| ok("secrets")).await;
    let config = cluster.kubeconfig("{token: t}");
    let mut asked = get("/api/v1/namespaces/a/secrets");
    asked.headers = vec![(
        "Accept".into(),
        "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1".into(),
    )];
    let error = context(&config, Some("test"))
        .send(asked.clone())
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::PermissionDenied);
    assert!(cluster.server.seen().is_empty());
    let hint = error.hint.unwrap();
    let line = hint
        .split('`')
        .find(|part| part.starts_with("clusters:"))
        .unwrap();
    std::fs::write(cluster.path("clusters.yaml"), line).unwrap();
    let inventory = Inventory::load(LoadOptions {
        config: Some(cluster.path("clusters.yaml")),
        plugins: &["kube"],
        variable: &|name| (name == "KUBECONFIG").then(|| config.clone().into_os_string()),
        folder: cluster.folder.path().to_owned(),
    })
    .unwrap();
    let granted = Endpoint::new(
        inventory.connections[0].endpoint.clone(),
        support::approval(),
    );
    assert_eq!(text(granted.send(asked).await.unwrap()).await, "secrets");
    // A grant opens nothing that was not approved, and no other door.
    for path in ["/apis/x", "/api/v1/namespaces/a/serviceaccounts/s/token"] {
        assert!(granted.send(get(path)).await.is_err(), "{path}");
    }
    assert_eq!(cluster.server.seen().len(), 1);
}

#[tokio::test]
async fn a_dead_api_server_is_refused_by_its_url() {
    let cluster = Cluster::start(false, |_| ok("")).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let config = cluster.write(
        "dead",
        &format!("{{server: 'http://{address}'}}"),
        "{token: hunter2}",
    );
    let error = context(&config, None)
        .send(get("/api/v1/pods"))
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unavailable);
    assert_eq!(
        error.message,
        format!("GET http://{address}/api/v1/pods: connection refused")
    );
}

#[test]
fn a_client_survives_the_runtime_that_made_it() {
    let runtime = || {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap()
    };
    let lasting = runtime();
    let cluster = lasting.block_on(Cluster::start(false, |_| ok("")));
    let endpoint = context(&cluster.kubeconfig("{token: t}"), None);
    for _ in 0..2 {
        let passing = runtime();
        let response = passing
            .block_on(endpoint.send(get("/api/v1/pods")))
            .unwrap();
        assert_eq!(response.status, 200);
    }
}

#[tokio::test]
async fn passwords_and_id_tokens_are_sent_as_kubectl_does() {
    let cluster = Cluster::start(false, |_| ok("")).await;
    let file = cluster.path("token");
    std::fs::write(&file, "from-file").unwrap();
    let both = format!("{{token: inline, tokenFile: '{}'}}", file.display());
    for (user, header) in [
        ("{username: me, password: pw}", Some("Basic bWU6cHc=")),
        (
            "{auth-provider: {name: oidc, config: {id-token: id}}}",
            Some("Bearer id"),
        ),
        (
            "{token: t, exec: {command: no-such-plugin}}",
            Some("Bearer t"),
        ),
        (both.as_str(), Some("Bearer from-file")),
        ("{}", None),
    ] {
        context(&cluster.kubeconfig(user), None)
            .send(get("/api/v1/pods"))
            .await
            .unwrap();
        let seen = cluster.server.seen().pop().unwrap();
        assert_eq!(seen.header("authorization"), header, "{user}");
    }
}

#[tokio::test]
async fn a_renewed_client_certificate_is_taken_from_its_file() {
    let cluster = Cluster::start(true, |_| ok("known")).await;
    let (certificate, key) = Authority::new("stranger").issue(|_| {});
    std::fs::write(cluster.path("cert"), certificate).unwrap();
    std::fs::write(cluster.path("key"), key).unwrap();
    // Both count from the kubeconfig's folder.
    let user = "{client-certificate: cert, client-key: ./key}";
    let endpoint = context(&cluster.kubeconfig(user), None);
    let error = endpoint.send(get("/api/v1/pods")).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unauthenticated, "{error}");
    let (certificate, key) = cluster.authority.issue(|_| {});
    std::fs::write(cluster.path("cert"), certificate).unwrap();
    std::fs::write(cluster.path("key"), key).unwrap();
    assert_eq!(
        endpoint.send(get("/api/v1/pods")).await.unwrap().status,
        200
    );
}

/// What was logged, for a look at it.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_failure_is_the_callers_and_writes_no_error_to_the_log() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::WARN)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let cluster = Cluster::start(false, |_| status(500)).await;
    let endpoint = context(&cluster.kubeconfig("{token: t}"), None);
    assert_eq!(
        endpoint.send(get("/api/v1/pods")).await.unwrap().status,
        500
    );
    let config = cluster.write("dead", "{server: 'http://127.0.0.1:1'}", "{}");
    assert!(
        context(&config, None)
            .send(get("/api/v1/pods"))
            .await
            .is_err()
    );
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert_eq!(text, "");
}

#[tokio::test]
async fn who_a_kubeconfig_acts_as_is_sent_and_not_the_guests() {
    let cluster = Cluster::start(false, |_| ok("")).await;
    let user = "{token: t, as: jane, as-uid: '7', as-groups: [dev, ops], as-user-extra: {'acme.io/scope': [a, b]}}";
    let mut asked = get("/api/v1/pods");
    asked.headers = vec![("Impersonate-Group".into(), "system:masters".into())];
    context(&cluster.kubeconfig(user), None)
        .send(asked)
        .await
        .unwrap();
    let mut sent: Vec<(String, String)> = cluster
        .server
        .seen()
        .pop()
        .unwrap()
        .headers
        .into_iter()
        .filter(|(name, _)| name.starts_with("impersonate-"))
        .collect();
    sent.sort();
    let sent: Vec<(&str, &str)> = sent.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    assert_eq!(
        sent,
        [
            ("impersonate-extra-acme.io%2fscope", "a"),
            ("impersonate-extra-acme.io%2fscope", "b"),
            ("impersonate-group", "dev"),
            ("impersonate-group", "ops"),
            ("impersonate-uid", "7"),
            ("impersonate-user", "jane"),
        ]
    );
}

fn impersonating(kubeconfig: &Path) -> Endpoint {
    let spec = KubernetesSpec {
        kubeconfig: vec![kubeconfig.to_owned()],
        impersonate: true,
        ..KubernetesSpec::default()
    };
    Endpoint::new(EndpointSpec::Kubernetes(spec), approval())
}

#[tokio::test]
async fn each_caller_is_sent_and_the_guests_own_headers_are_not() {
    let cluster = Cluster::start(false, |_| ok("")).await;
    let endpoint = impersonating(&cluster.kubeconfig("{token: t}"));
    let caller = |user: &str, groups: &[&str]| {
        let groups: Vec<String> = groups.iter().map(|it| (*it).to_owned()).collect();
        Arc::new(Impersonation::new(user, &groups).unwrap())
    };
    let jane = endpoint.for_caller(&caller("jane@acme.example", &["dev", "ops"]));
    let bot = endpoint.for_caller(&caller("bot", &[]));
    for (endpoint, wanted) in [
        (
            &jane,
            &[
                ("impersonate-group", "dev"),
                ("impersonate-group", "ops"),
                ("impersonate-user", "jane@acme.example"),
            ][..],
        ),
        (&bot, &[("impersonate-user", "bot")]),
    ] {
        let mut asked = get("/api/v1/pods");
        asked.headers = vec![
            ("Impersonate-User".into(), "admin".into()),
            ("Impersonate-Group".into(), "system:masters".into()),
        ];
        let response = endpoint.send(asked).await.unwrap();
        assert_eq!(
            response.dropped_headers,
            ["impersonate-user", "impersonate-group"]
        );
        let seen = cluster.server.seen().pop().unwrap();
        assert_eq!(seen.header("authorization"), Some("Bearer t"));
        let mut sent: Vec<(&str, &str)> = seen
            .headers
            .iter()
            .filter(|(name, _)| name.starts_with("impersonate-"))
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        sent.sort_unstable();
        assert_eq!(sent, wanted);
    }
}

#[tokio::test]
async fn nobody_is_no_caller_and_nothing_is_sent_for_it() {
    let cluster = Cluster::start(false, |_| ok("")).await;
    let endpoint = impersonating(&cluster.kubeconfig("{token: t}"));
    let error = endpoint.send(get("/api/v1/pods")).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::PermissionDenied);
    assert!(
        error
            .message
            .contains("nobody is known here; nothing was sent"),
        "{error:?}"
    );
    assert!(error.hint.unwrap().contains("--tokens"));
    assert!(cluster.server.seen().is_empty());
}

#[tokio::test]
async fn a_user_of_a_kubeconfig_that_acts_as_another_cannot_act_as_a_caller_too() {
    let cluster = Cluster::start(false, |_| ok("")).await;
    for user in [
        "{token: t, as: jane}",
        "{token: t, as-groups: [dev]}",
        "{token: t, as-uid: '7'}",
        "{token: t, as-user-extra: {scope: [a]}}",
    ] {
        let caller = Arc::new(Impersonation::new("bot", &[]).unwrap());
        let endpoint = impersonating(&cluster.kubeconfig(user)).for_caller(&caller);
        let error = endpoint.send(get("/api/v1/pods")).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::InvalidConfig, "{user}");
        assert!(error.hint.unwrap().contains("expected one of them"));
    }
    assert!(cluster.server.seen().is_empty());
}
