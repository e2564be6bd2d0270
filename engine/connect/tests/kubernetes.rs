//! Kubernetes endpoints: what a kubeconfig's context gives, credential plugins, and what no approval opens.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod support;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use support::{Authority, Server, approval, get, ok, request, status, text};
use tempfile::TempDir;
use trawl_connect::{Approval, Endpoint, ErrorKind, Method, Operation};
use trawl_fleet::{EndpointSpec, KubernetesSpec};

fn base64(text: &str) -> String {
    base64::engine::general_purpose::STANDARD.encode(text)
}

/// A server with TLS, and a folder for the kubeconfig that leads to it.
struct Cluster {
    authority: Authority,
    server: Server,
    folder: TempDir,
}

impl Cluster {
    async fn start(
        clients: bool,
        handler: impl Fn(&support::Seen) -> support::Reply + Send + Sync + 'static,
    ) -> Cluster {
        let authority = Authority::new("cluster");
        let server = Server::start_tls(authority.server(clients), handler).await;
        Cluster {
            authority,
            server,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a kubeconfig with the context `test` and this user (YAML in flow style).
    fn kubeconfig(&self, user: &str) -> PathBuf {
        let cluster = format!(
            "{{server: '{}/prefix', certificate-authority-data: {}}}",
            self.server.tls_url(),
            base64(&self.authority.pem())
        );
        self.write("config", &cluster, user)
    }

    fn write(&self, name: &str, cluster: &str, user: &str) -> PathBuf {
        let path = self.path(name);
        let text = format!(
            "apiVersion: v1
kind: Config
current-context: test
contexts: [{{name: test, context: {{cluster: c, user: u}}}}, {{name: other, context: {{cluster: c, user: u}}}}]
clusters: [{{name: c, cluster: {cluster}}}]
users: [{{name: u, user: {user}}}]
"
        );
        std::fs::write(&path, text).unwrap();
        path
    }

    /// An executable script.
    fn script(&self, text: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let path = self.path("plugin.sh");
        std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }
}

fn context(kubeconfig: &Path, context: Option<&str>) -> Endpoint {
    endpoint(kubeconfig, context, approval())
}

fn endpoint(kubeconfig: &Path, context: Option<&str>, approval: Approval) -> Endpoint {
    let spec = KubernetesSpec {
        kubeconfig: vec![kubeconfig.to_owned()],
        context: context.map(str::to_owned),
        ..KubernetesSpec::default()
    };
    Endpoint::new(EndpointSpec::Kubernetes(spec), approval)
}

fn exec(script: &Path) -> String {
    format!(
        "{{exec: {{apiVersion: client.authentication.k8s.io/v1, command: '{}', interactiveMode: Never}}}}",
        script.display()
    )
}

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
async fn a_plugin_runs_once_for_many_requests_and_again_after_a_401() {
    let cluster = Cluster::start(false, |seen| match seen.header("authorization") {
        Some("Bearer run-1") if seen.target.ends_with("/refused") => status(401),
        _ => ok("in"),
    })
    .await;
    let runs = cluster.path("runs");
    let script = cluster.script(&format!(
        "echo \"$KUBERNETES_EXEC_INFO\" >> '{0}'
printf '{{\"kind\":\"ExecCredential\",\"status\":{{\"token\":\"run-%s\",\"expirationTimestamp\":\"2099-01-01T00:00:00Z\"}}}}' \"$(wc -l < '{0}' | tr -d ' ')\"",
        runs.display()
    ));
    let endpoint = context(&cluster.kubeconfig(&exec(&script)), Some("test"));
    let requests = (0..4).map(|_| endpoint.send(get("/api/v1/pods")));
    for response in futures::future::join_all(requests).await {
        assert_eq!(response.unwrap().status, 200);
    }
    let run = |runs: &Path| std::fs::read_to_string(runs).unwrap().lines().count();
    assert_eq!(run(&runs), 1);
    assert_eq!(
        endpoint.send(get("/api/refused")).await.unwrap().status,
        200
    );
    assert_eq!(run(&runs), 2);
    assert_eq!(
        cluster.server.seen().pop().unwrap().header("authorization"),
        Some("Bearer run-2")
    );
    let info = std::fs::read_to_string(&runs).unwrap();
    assert!(info.contains("\"interactive\":false"), "{info}");
    assert!(info.contains("client.authentication.k8s.io/v1"), "{info}");
}

#[tokio::test]
async fn a_plugin_may_give_a_client_certificate() {
    let cluster = Cluster::start(true, |_| ok("known")).await;
    let (certificate, key) = cluster.authority.issue(|_| {});
    let credential = serde_json::json!({
        "kind": "ExecCredential",
        "status": {"clientCertificateData": certificate, "clientKeyData": key},
    });
    std::fs::write(cluster.path("credential"), credential.to_string()).unwrap();
    let script = cluster.script(&format!("cat '{}'", cluster.path("credential").display()));
    let endpoint = context(&cluster.kubeconfig(&exec(&script)), None);
    assert_eq!(
        text(endpoint.send(get("/api/v1/pods")).await.unwrap()).await,
        "known"
    );
}

#[tokio::test]
async fn a_plugin_that_fails_is_named_and_its_output_is_not_quoted() {
    let cluster = Cluster::start(false, |_| ok("")).await;
    for (text, words) in [
        (
            "echo hunter2; echo hunter2 >&2; exit 3",
            "failed with exit status: 3",
        ),
        ("echo hunter2", "is no ExecCredential"),
        (
            "echo '{\"kind\":\"ExecCredential\",\"status\":{\"hunter2\":1}}'",
            "neither a token nor a certificate",
        ),
        (
            "echo '{\"status\":{\"token\":\"\"}}'",
            "neither a token nor a certificate",
        ),
    ] {
        let script = cluster.script(text);
        let endpoint = context(&cluster.kubeconfig(&exec(&script)), Some("test"));
        let error = endpoint.send(get("/api/v1/pods")).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unauthenticated, "{error}");
        assert!(
            error.message.contains("plugin.sh") && error.message.contains("`test`"),
            "{error}"
        );
        assert!(error.message.contains(words), "{error}");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
    let user = "{exec: {command: no-such-plugin, installHint: 'brew install it'}}";
    let error = context(&cluster.kubeconfig(user), None)
        .send(get("/api/v1/pods"))
        .await
        .unwrap_err();
    assert!(error.message.contains("cannot be started"), "{error}");
    assert_eq!(error.hint.as_deref(), Some("brew install it"));
    let user = "{exec: {command: x, interactiveMode: Always}}";
    let error = context(&cluster.kubeconfig(user), None)
        .send(get("/api/v1/pods"))
        .await
        .unwrap_err();
    assert!(error.message.contains("terminal"), "{error}");
    assert!(cluster.server.seen().is_empty());
}

#[tokio::test]
async fn a_plugin_that_hangs_ends_with_the_request() {
    let cluster = Cluster::start(false, |_| ok("")).await;
    let script = cluster.script("exec sleep 600");
    let mut asked = get("/api/v1/pods");
    asked.timeout = Some(Duration::from_millis(200));
    let endpoint = context(&cluster.kubeconfig(&exec(&script)), None);
    let error = endpoint.send(asked).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Timeout);
    assert!(
        error.message.contains("no credential within 200 ms"),
        "{error}"
    );
}

#[tokio::test]
async fn an_unknown_context_lists_those_there_are() {
    let cluster = Cluster::start(false, |_| ok("")).await;
    let config = cluster.kubeconfig("{token: hunter2}");
    let error = context(&config, Some("tets"))
        .send(get("/api/v1/pods"))
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::InvalidConfig);
    assert!(
        error.message.contains("there is no context `tets`"),
        "{error}"
    );
    let hint = error.hint.unwrap();
    assert!(
        hint.contains("did you mean `test`?") && hint.contains("`other`"),
        "{hint}"
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
    let operations = vec![Operation {
        method: Method::Get,
        path: "/api/v1/secrets".to_owned(),
        action: None,
    }];
    let granted = super_endpoint(&config, operations);
    assert_eq!(
        granted.send(get("/api/v1/secrets")).await.unwrap().status,
        200
    );
}

fn super_endpoint(config: &Path, operations: Vec<Operation>) -> Endpoint {
    endpoint(
        config,
        None,
        Approval {
            operations,
            ..approval()
        },
    )
}

#[tokio::test]
async fn a_server_of_another_ca_is_not_trusted() {
    let cluster = Cluster::start(false, |_| ok("")).await;
    let other = Authority::new("another");
    let entry = format!(
        "{{server: '{}', certificate-authority-data: {}}}",
        cluster.server.tls_url(),
        base64(&other.pem())
    );
    let config = cluster.write("config", &entry, "{token: hunter2}");
    let error = context(&config, None)
        .send(get("/api/v1/pods"))
        .await
        .unwrap_err();
    assert!(error.message.contains("certificate not trusted"), "{error}");
    assert!(error.message.contains(&cluster.server.tls_url()), "{error}");
    assert!(cluster.server.seen().is_empty());
}

#[tokio::test]
async fn broken_kubeconfigs_are_named_and_not_quoted() {
    let cluster = Cluster::start(false, |_| ok("")).await;
    let good = format!("{{server: '{}'}}", cluster.server.tls_url());
    let plain = "{server: 'http://127.0.0.1:1'}";
    for (entry, user, words) in [
        ("{}", "{token: hunter2}", "no `server`"),
        ("{server: 'not a url hunter2'}", "{}", "no URL"),
        (
            "{server: 'https://x', certificate-authority: /nonexistent/ca}",
            "{}",
            "its CA",
        ),
        (
            "{server: 'https://x', certificate-authority-data: hunter2}",
            "{}",
            "its CA",
        ),
        (
            good.as_str(),
            "{client-certificate-data: aHVudGVyMg==, client-key-data: aHVudGVyMg==}",
            "certificates",
        ),
        (
            plain,
            "{tokenFile: /nonexistent/token}",
            "/nonexistent/token",
        ),
        (plain, "{auth-provider: {name: gcp}}", "auth-provider `gcp`"),
        ("[hunter2", "{}", "no valid kubeconfig"),
    ] {
        let config = cluster.write("broken", entry, user);
        let error = context(&config, Some("test"))
            .send(get("/api/v1/pods"))
            .await
            .unwrap_err();
        assert!(error.message.contains(words), "{entry} {user}: {error}");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
}

#[tokio::test]
async fn kubeconfig_files_are_merged_and_missing_ones_passed_over() {
    let cluster = Cluster::start(false, |_| ok("")).await;
    let config = cluster.kubeconfig("{token: t}");
    let second = cluster.path("second");
    std::fs::write(
        &second,
        "contexts: [{name: more, context: {cluster: c, user: u}}]\n",
    )
    .unwrap();
    let spec = KubernetesSpec {
        kubeconfig: vec![cluster.path("missing"), second, config],
        context: Some("more".to_owned()),
        ..KubernetesSpec::default()
    };
    let endpoint = Endpoint::new(EndpointSpec::Kubernetes(spec), approval());
    assert_eq!(
        endpoint.send(get("/api/v1/pods")).await.unwrap().status,
        200
    );
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
    let user = format!(
        "{{client-certificate: '{}', client-key: '{}'}}",
        cluster.path("cert").display(),
        cluster.path("key").display()
    );
    let endpoint = context(&cluster.kubeconfig(&user), None);
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

#[tokio::test]
async fn the_proxy_of_the_kubeconfig_is_used() {
    let (asked, proxied) = tokio::sync::oneshot::channel();
    let asked = Mutex::new(Some(asked));
    let proxy = support::raw(move |_, mut stream| {
        let asked = asked.lock().unwrap().take();
        async move {
            let head = support::read_head(&mut stream).await;
            asked.unwrap().send(head).unwrap();
        }
    })
    .await;
    let cluster = Cluster::start(false, |_| ok("")).await;
    let entry = format!("{{server: 'https://api.invalid:6443', proxy-url: 'http://{proxy}'}}");
    let config = cluster.write("config", &entry, "{token: hunter2}");
    let mut asked = request(Method::Post, "/api/v1/x");
    asked.timeout = Some(Duration::from_secs(2));
    assert!(context(&config, None).send(asked).await.is_err());
    let head = proxied.await.unwrap();
    assert!(
        head.starts_with("CONNECT api.invalid:6443 HTTP/1.1\r\n"),
        "{head}"
    );
    assert!(!head.contains("hunter2"), "{head}");
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
