//! The credential plugins of a kubeconfig: when they run, what they are told, and how they fail.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::path::Path;
use std::time::Duration;

use support::cluster::{Cluster, context, exec};
use support::{get, ok, status, text};
use trawl_connect::ErrorKind;

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
async fn a_plugin_beside_the_kubeconfig_is_told_its_arguments_and_its_cluster() {
    let cluster = Cluster::start(false, |_| ok("in")).await;
    let told = cluster.path("told");
    cluster.script(&format!(
        "printf '%s %s %s' \"$1\" \"$REGION\" \"$KUBERNETES_EXEC_INFO\" > '{}'
echo '{{\"kind\":\"ExecCredential\",\"status\":{{\"token\":\"t\"}}}}'",
        told.display()
    ));
    let user = "{exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: ./plugin.sh, args: [--flag], env: [{name: REGION, value: eu}], provideClusterInfo: true, interactiveMode: IfAvailable}}";
    let endpoint = context(&cluster.kubeconfig(user), None);
    assert_eq!(
        text(endpoint.send(get("/api/v1/pods")).await.unwrap()).await,
        "in"
    );
    let told = std::fs::read_to_string(told).unwrap();
    let info = told.strip_prefix("--flag eu ").unwrap();
    let info: serde_json::Value = serde_json::from_str(info).unwrap();
    assert_eq!(info["apiVersion"], "client.authentication.k8s.io/v1beta1");
    assert_eq!(
        info["spec"]["cluster"]["server"],
        format!("{}/prefix", cluster.server.tls_url())
    );
    assert!(info["spec"]["cluster"]["certificate-authority-data"].is_string());
}

#[tokio::test]
async fn a_plugin_runs_again_shortly_before_its_credential_ends() {
    let cluster = Cluster::start(false, |seen| {
        ok(seen.header("authorization").unwrap().to_owned())
    })
    .await;
    let end = time::OffsetDateTime::now_utc() + time::Duration::HOUR;
    let end = end
        .format(&time::format_description::well_known::Rfc3339)
        .unwrap();
    let runs = cluster.path("runs");
    let script = cluster.script(&format!(
        "echo run >> '{0}'
printf '{{\"kind\":\"ExecCredential\",\"status\":{{\"token\":\"run-%s\",\"expirationTimestamp\":\"{end}\"}}}}' \"$(wc -l < '{0}' | tr -d ' ')\"",
        runs.display()
    ));
    let endpoint = context(&cluster.kubeconfig(&exec(&script)), None);
    for (minutes, sent) in [
        (0, "Bearer run-1"),
        (30, "Bearer run-1"),
        (30, "Bearer run-2"),
    ] {
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(minutes * 60)).await;
        tokio::time::resume();
        let response = endpoint.send(get("/api/v1/pods")).await.unwrap();
        assert_eq!(text(response).await, sent, "{minutes}");
    }
}

#[tokio::test]
async fn a_credential_that_looks_ended_is_used_for_a_while_all_the_same() {
    let cluster = Cluster::start(false, |seen| {
        ok(seen.header("authorization").unwrap().to_owned())
    })
    .await;
    let runs = cluster.path("runs");
    // Yaml is as good as JSON, as it is to client-go.
    let script = cluster.script(&format!(
        "echo run >> '{0}'
printf 'kind: ExecCredential\nstatus:\n  token: run-%s\n  expirationTimestamp: 2001-01-01T00:00:00Z\n' \"$(wc -l < '{0}' | tr -d ' ')\"",
        runs.display()
    ));
    let endpoint = context(&cluster.kubeconfig(&exec(&script)), None);
    for _ in 0..2 {
        let answer = text(endpoint.send(get("/api/v1/pods")).await.unwrap()).await;
        // One that looks expired may be fine by the cluster's clock: it is used for a while.
        assert_eq!(answer, "Bearer run-1");
    }
}
