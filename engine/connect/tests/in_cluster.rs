//! A pod's own cluster: the service account's token and CA, which the kubelet renews in place.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use support::cluster::Cluster;
use support::{approval, get, ok, status, text};
use trawl_connect::{Endpoint, ErrorKind};
use trawl_fleet::{EndpointSpec, KubernetesSpec, ServiceAccount};

/// The endpoint of a pod in this cluster, whose account is mounted in the cluster's folder.
fn pod(cluster: &Cluster) -> Endpoint {
    let account = ServiceAccount {
        server: cluster.server.tls_url(),
        folder: cluster.folder.path().to_owned(),
    };
    let spec = KubernetesSpec {
        in_cluster: Some(account),
        ..KubernetesSpec::default()
    };
    Endpoint::new(EndpointSpec::Kubernetes(spec), approval())
}

#[tokio::test]
async fn token_and_ca_are_the_service_accounts() {
    let cluster = Cluster::start(false, |_| ok("own")).await;
    std::fs::write(cluster.path("token"), "t0ken\n").unwrap();
    std::fs::write(cluster.path("ca.crt"), cluster.authority.pem()).unwrap();
    let endpoint = pod(&cluster);
    assert_eq!(endpoint.describe(), cluster.server.tls_url());
    let response = endpoint.send(get("/api/v1/pods")).await.unwrap();
    assert_eq!(text(response).await, "own");
    let seen = cluster.server.seen().pop().unwrap();
    assert_eq!(seen.header("authorization"), Some("Bearer t0ken"));
    assert_eq!(seen.target, "/api/v1/pods");
    let error = endpoint.send(get("/api/v1/secrets")).await.unwrap_err();
    let hint = error.hint.unwrap();
    assert!(
        hint.contains("`kube: {in_cluster: true, grants: [secrets]}`"),
        "{hint}"
    );
}

#[tokio::test]
async fn a_token_that_the_kubelet_renewed_is_read_again() {
    let folder = std::sync::Arc::new(std::sync::OnceLock::<std::path::PathBuf>::new());
    let renewed = std::sync::Arc::clone(&folder);
    let cluster = Cluster::start(false, move |seen| match seen.header("authorization") {
        Some("Bearer new") => ok("in"),
        _ => {
            std::fs::write(renewed.get().unwrap(), "new").unwrap();
            status(401)
        }
    })
    .await;
    folder.set(cluster.path("token")).unwrap();
    std::fs::write(cluster.path("token"), "old").unwrap();
    std::fs::write(cluster.path("ca.crt"), cluster.authority.pem()).unwrap();
    let response = pod(&cluster).send(get("/api/v1/pods")).await.unwrap();
    assert_eq!(text(response).await, "in");
    assert_eq!(cluster.server.seen().len(), 2);
}

#[tokio::test]
async fn what_is_missing_of_the_account_is_named() {
    let cluster = Cluster::start(false, |_| ok("")).await;
    let failure = async || pod(&cluster).send(get("/api/v1/pods")).await.unwrap_err();
    let error = failure().await;
    assert_eq!(error.kind, ErrorKind::InvalidConfig);
    assert!(error.message.contains("ca.crt cannot be read"), "{error}");
    assert!(error.hint.unwrap().contains("automountServiceAccountToken"));
    std::fs::write(cluster.path("ca.crt"), "no certificate").unwrap();
    std::fs::write(cluster.path("token"), "t").unwrap();
    let error = failure().await;
    assert!(
        error.message.contains("the pod's service account"),
        "{error}"
    );
    std::fs::write(cluster.path("ca.crt"), cluster.authority.pem()).unwrap();
    std::fs::remove_file(cluster.path("token")).unwrap();
    let error = failure().await;
    assert_eq!(error.kind, ErrorKind::Unauthenticated);
    assert!(
        error.message.contains("/token, which holds a credential"),
        "{error}"
    );
    assert!(cluster.server.seen().is_empty());
}
