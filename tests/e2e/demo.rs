//! `trawl demo`, `trawl tables`, `trawl clusters list`: what a new user sees first.

use crate::support::{run, trawl};

#[tokio::test]
async fn the_tour_shows_three_answers_and_a_dead_cluster() {
    let mut command = trawl();
    command.arg("demo");
    let tour = run(command).await;
    assert_eq!(tour.code, 0, "{}", tour.stderr);
    for text in [
        "prod-ap  Running",
        "prod-us  Running",
        "staging  Running",
        "CORES",
        "RESTARTS",
    ] {
        assert!(
            tour.stdout.contains(text),
            "{text} is missing in\n{}",
            tour.stdout
        );
    }
    assert!(
        tour.stderr.contains("3 of 3 targets answered"),
        "{}",
        tour.stderr
    );
    assert!(
        tour.stderr.contains("2 of 3 targets answered"),
        "{}",
        tour.stderr
    );
    assert!(
        tour.stderr
            .contains("prod-us: kube pods failed: unavailable"),
        "{}",
        tour.stderr
    );
}

#[tokio::test]
async fn tables_and_clusters_are_listed_without_contact() {
    let mut command = trawl();
    command.args(["--demo", "--demo-fault", "prod-us=refused", "tables"]);
    let tables = run(command).await;
    assert_eq!(tables.code, 0, "{}", tables.stderr);
    for table in [
        "pods",
        "nodes",
        "namespaces",
        "deployments",
        "events",
        "prometheus",
    ] {
        assert!(
            tables.stdout.lines().any(|line| line.starts_with(table)),
            "{table} in\n{}",
            tables.stdout
        );
    }
    let mut command = trawl();
    command.args(["--demo", "clusters", "list", "-o", "json"]);
    let clusters = run(command).await.json();
    let names: Vec<_> = clusters["clusters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["prod-ap", "prod-us", "staging"]);
    assert_eq!(clusters["clusters"][0]["environment"], "production");
    assert_eq!(clusters["clusters"][0]["default"], true);
}
