//! Our numbers against kubectl's on the same fleet.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;
use trawl_demo::Fleet;

use crate::support::{fleet, has, query, run};

async fn kubectl(fleet: &Fleet, cluster: &str, args: &[&str]) -> Value {
    let mut command = Command::new("kubectl");
    command
        .arg("--kubeconfig")
        .arg(fleet.kubeconfig())
        .args(["--context", cluster])
        .args(args)
        .args(["-o", "json"]);
    let run = run(command).await;
    assert_eq!(run.code, 0, "{}", run.stderr);
    run.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn production_by_phase_contacts_two_clusters_and_counts_as_kubectl_does() {
    if !has(&["kubectl"]) {
        return;
    }
    let fleet = fleet().await;
    let text = r#"pods | where environment == "production" | summarize n = count() by cluster, status.phase"#;
    let answer = query(fleet.clusters_yaml(), &["-o", "json", text]).await;
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let answer = answer.json();
    let targets = answer["completeness"]["targets"].as_array().unwrap();
    let asked: Vec<_> = targets
        .iter()
        .map(|target| target["cluster"].as_str().unwrap())
        .collect();
    assert_eq!(asked, ["prod-ap", "prod-us"]);
    assert_eq!(answer["completeness"]["pruned"], 1);
    assert_eq!(fleet.requests("staging"), 0, "staging was contacted");

    let mut ours = BTreeMap::new();
    for row in answer["rows"].as_array().unwrap() {
        let key = (
            row["cluster"].as_str().unwrap().to_owned(),
            row["phase"].as_str().unwrap().to_owned(),
        );
        assert!(ours.insert(key, row["n"].as_u64().unwrap()).is_none());
    }
    let mut theirs = BTreeMap::new();
    for cluster in ["prod-ap", "prod-us"] {
        let pods = kubectl(&fleet, cluster, &["get", "pods", "-A"]).await;
        for pod in pods["items"].as_array().unwrap() {
            let phase = pod["status"]["phase"].as_str().unwrap().to_owned();
            *theirs.entry((cluster.to_owned(), phase)).or_insert(0) += 1;
        }
    }
    assert!(
        theirs.values().sum::<u64>() > 1_000,
        "more than one page each"
    );
    assert_eq!(ours, theirs);
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_travel_and_leave_the_same_pods_as_kubectl() {
    if !has(&["kubectl"]) {
        return;
    }
    let fleet = fleet().await;
    let text = r#"pods | where cluster == "prod-ap" and namespace == "checkout" and status.phase != "Running"
        | where labels["app.kubernetes.io/name"] == "checkout-api-report" | project name | sort by name asc"#;
    let answer = query(fleet.clusters_yaml(), &["-o", "json", text]).await;
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let answer = answer.json();
    let ours: Vec<_> = answer["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["name"].clone())
        .collect();
    let log = fleet.request_log("prod-ap");
    assert_eq!(log.len(), 1, "{log:?}");
    let request = log.first().unwrap();
    assert!(
        request.starts_with("GET /api/v1/namespaces/checkout/pods?"),
        "{request}"
    );
    for part in [
        "labelSelector=app.kubernetes.io",
        "fieldSelector=status.phase",
    ] {
        assert!(request.contains(part), "{part} in {request}");
    }
    let selected = [
        "get",
        "pods",
        "-n",
        "checkout",
        "-l",
        "app.kubernetes.io/name=checkout-api-report",
        "--field-selector",
        "status.phase!=Running",
    ];
    let pods = kubectl(&fleet, "prod-ap", &selected).await;
    let mut theirs: Vec<_> = pods["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pod| pod["metadata"]["name"].clone())
        .collect();
    theirs.sort_by_key(ToString::to_string);
    assert!(!theirs.is_empty());
    assert_eq!(ours, theirs);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_state_column_is_kubectls_status() {
    if !has(&["kubectl"]) {
        return;
    }
    let fleet = fleet().await;
    let text = r#"pods | where cluster == "prod-us" | project key = strcat(namespace, "/", name), state, ready"#;
    let answer = query(fleet.clusters_yaml(), &["-o", "json", text])
        .await
        .json();
    let ours: BTreeMap<String, (String, String)> = answer["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let text = |name: &str| row[name].as_str().unwrap().to_owned();
            (text("key"), (text("state"), text("ready")))
        })
        .collect();
    let mut command = Command::new("kubectl");
    command.arg("--kubeconfig").arg(fleet.kubeconfig()).args([
        "--context",
        "prod-us",
        "get",
        "pods",
        "-A",
        "--no-headers",
    ]);
    let theirs: BTreeMap<String, (String, String)> = run(command)
        .await
        .stdout
        .lines()
        .map(|line| {
            let cells: Vec<&str> = line.split_whitespace().collect();
            (
                format!("{}/{}", cells[0], cells[1]),
                (cells[3].to_owned(), cells[2].to_owned()),
            )
        })
        .collect();
    assert!(theirs.len() > 500);
    assert_eq!(ours, theirs);
}
