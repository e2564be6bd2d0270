//! Recorded answers of a real kube-apiserver, served page by page: our rows against what jq finds in the same bytes.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use trawl_demo::{RecordedApi, Recording};

use crate::support::{has, query, run};

const PAGES: [&str; 2] = ["pods-page-1.json", "pods-page-2.json"];

fn recording(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/recordings")
        .join(name)
}

/// What jq finds in the items of both pages, one value an item.
async fn jq(filter: &str) -> Vec<Value> {
    let mut command = Command::new("jq");
    command
        .arg("-c")
        .arg(format!(".items[] | {filter}"))
        .args(PAGES.map(recording));
    let found = run(command).await;
    assert_eq!(found.code, 0, "{}", found.stderr);
    found
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_recorded_pages_give_exactly_the_rows_that_jq_finds() {
    if !has(&["jq"]) {
        return;
    }
    let bodies = PAGES
        .map(|page| std::fs::read(recording(page)).unwrap())
        .to_vec();
    let api = RecordedApi::start(Recording::pages("/api/v1/pods", bodies).unwrap())
        .await
        .unwrap();
    let text = "pods | project namespace, name, uid, phase, labels, spec, status, node = spec.nodeName,
                image = spec.containers[0].image, restarts0 = tolong(status.containerStatuses[0].restartCount)";
    let answer = query(api.clusters_yaml(), &["-o", "json", text]).await;
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let ours = answer.json()["rows"].as_array().unwrap().clone();
    let theirs = jq(
        "{namespace: .metadata.namespace, name: .metadata.name, uid: .metadata.uid, phase: .status.phase, \
          labels: (.metadata.labels // {}), spec, status, node: .spec.nodeName, \
          image: .spec.containers[0].image, restarts0: .status.containerStatuses[0].restartCount}",
    )
    .await;
    assert_eq!(theirs.len(), 100);
    assert_eq!(ours.len(), theirs.len());
    for (ours, theirs) in ours.iter().zip(&theirs) {
        assert_eq!(ours, theirs);
    }
    // Page 2 ends with a token that nobody recorded; the server answers it with an empty last page.
    assert_eq!(api.requests(), 3, "{:?}", api.request_log());
    api.shutdown().await;
}
