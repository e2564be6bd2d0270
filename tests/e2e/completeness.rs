//! Dead and slow targets: the others answer, and the answer says what is missing.

use trawl_demo::Fault;

use crate::support::{fleet, query};

const BY_CLUSTER: &str = "pods | summarize n = count() by cluster | sort by cluster asc";

#[tokio::test(flavor = "multi_thread")]
async fn one_dead_cluster_of_three_is_named_and_the_others_answer() {
    let fleet = fleet().await;
    fleet.set_fault("prod-us", Some(Fault::Refused));
    let answer = query(fleet.clusters_yaml(), &["-o", "json", BY_CLUSTER]).await;
    assert_eq!(answer.code, 3, "{}", answer.stderr);
    let json = answer.json();
    let clusters: Vec<_> = json["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["cluster"].clone())
        .collect();
    assert_eq!(clusters, ["prod-ap", "staging"]);
    assert_eq!(json["rows"][0]["n"], 700);
    let completeness = &json["completeness"];
    assert_eq!(
        (
            &completeness["complete"],
            &completeness["answered"],
            &completeness["asked"]
        ),
        (&false.into(), &2.into(), &3.into())
    );
    let dead = completeness["targets"]
        .as_array()
        .unwrap()
        .iter()
        .find(|target| target["cluster"] == "prod-us")
        .unwrap();
    assert_eq!(dead["status"], "failed");
    assert_eq!(dead["error"]["code"], "unavailable");
    assert!(
        dead["error"]["message"]
            .as_str()
            .unwrap()
            .contains("connection refused"),
        "{dead}"
    );
    assert!(
        answer.stderr.contains("prod-us: kube pods failed"),
        "{}",
        answer.stderr
    );

    let all = query(
        fleet.clusters_yaml(),
        &["-o", "json", "--require", "all", BY_CLUSTER],
    )
    .await;
    assert_eq!((all.code, all.stdout.as_str()), (4, ""), "{}", all.stderr);
    assert!(
        all.stderr.contains("`--require all` is not met"),
        "{}",
        all.stderr
    );
    let most = query(
        fleet.clusters_yaml(),
        &["-o", "json", "--require", "60%", BY_CLUSTER],
    )
    .await;
    assert_eq!(most.code, 3, "{}", most.stderr);
    assert_eq!(most.json()["rows"], json["rows"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stalled_cluster_leaves_an_answer_within_the_deadline() {
    let fleet = fleet().await;
    fleet.set_fault("staging", Some(Fault::Stalled));
    let answer = query(
        fleet.clusters_yaml(),
        &["-o", "json", "--timeout", "8s", BY_CLUSTER],
    )
    .await;
    assert_eq!(answer.code, 3, "{}", answer.stderr);
    let json = answer.json();
    assert_eq!(json["rows"].as_array().unwrap().len(), 2);
    let stalled = &json["completeness"]["targets"][2];
    assert_eq!(
        (
            &stalled["cluster"],
            &stalled["status"],
            &stalled["error"]["code"]
        ),
        (&"staging".into(), &"failed".into(), &"timeout".into())
    );
    // The scan's time is 90% of the query's, so that the query itself was not cut.
    assert_eq!(json["completeness"].get("timed_out"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_expires_in_the_middle_is_told() {
    let fleet = fleet().await;
    fleet.set_fault("prod-ap", Some(Fault::Expired));
    let answer = query(fleet.clusters_yaml(), &["-o", "json", BY_CLUSTER]).await;
    let json = answer.json();
    let target = &json["completeness"]["targets"][0];
    assert_eq!(target["cluster"], "prod-ap");
    let (status, rows) = (
        target["status"].as_str().unwrap(),
        target["rows"].as_u64().unwrap(),
    );
    assert!(rows >= 700, "no row is lost: {target}");
    assert!(status == "ok" || status == "inconsistent", "{target}");
    assert_eq!(status == "ok", answer.code == 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_clusters_dead_is_exit_4() {
    let fleet = fleet().await;
    for cluster in ["prod-ap", "prod-us", "staging"] {
        fleet.set_fault(cluster, Some(Fault::Refused));
    }
    let answer = query(fleet.clusters_yaml(), &["-o", "ndjson", BY_CLUSTER]).await;
    assert_eq!(answer.code, 4, "{}", answer.stderr);
    assert_eq!(answer.json()["$completeness"]["answered"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn enough_rows_stop_the_others() {
    let fleet = fleet().await;
    let answer = query(
        fleet.clusters_yaml(),
        &["-o", "json", "pods | take 10 | project cluster, name"],
    )
    .await;
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    assert_eq!(answer.json()["rows"].as_array().unwrap().len(), 10);
    for cluster in ["prod-ap", "prod-us", "staging"] {
        let log = fleet.request_log(cluster);
        assert!(
            log.len() <= 1 && log.iter().all(|request| request.contains("limit=10")),
            "{log:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn absence_that_nobody_can_know_is_exit_4_and_any_has_it_all_the_same() {
    let fleet = fleet().await;
    fleet.set_fault("prod-us", Some("refused".parse().unwrap()));
    let unused =
        "datatable(name: string) ['prod-us', 'nowhere'] | where name !in (nodes | project cluster)";
    let refused = query(fleet.clusters_yaml(), &["-o", "ndjson", unused]).await;
    assert_eq!((refused.code, refused.stdout.as_str()), (4, ""));
    assert!(
        refused.stderr.contains("error: `!in` keeps rows"),
        "{}",
        refused.stderr
    );
    let any = ["-o", "csv", "--require", "any", unused];
    let any = query(fleet.clusters_yaml(), &any).await;
    assert_eq!(any.code, 3);
    assert!(any.stderr.contains("prod-us nodes"), "{}", any.stderr);
    assert_eq!(any.stdout.lines().count(), 3);
}
