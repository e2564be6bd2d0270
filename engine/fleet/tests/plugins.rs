//! `plugins` of a clusters.yaml through `Inventory::load`: what it grants and bounds, what is said about wrong ones, and that the line
//! which a refusal shows grants what was refused.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use std::time::Duration;

use trawl_fleet::{EndpointSpec, Inventory, LoadOptions, Operation, Origin};

const PLUGINS: &[&str] = &["kube", "loki"];

const CLUSTERS: &str = "\
clusters:
  - {name: prod-ap, kube: {context: prod-ap}, loki: {url: 'http://loki', tenant: a}}
  - {name: prod-us, loki: {url: 'http://us'}}
  - {name: staging-1}
";

/// An inventory of these clusters with something below them, and the messages' file as `clusters.yaml`.
fn load(below: &str) -> Result<Inventory, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clusters.yaml");
    std::fs::write(&path, format!("{CLUSTERS}{below}")).unwrap();
    let loaded = Inventory::load(LoadOptions::of_process(Some(path), PLUGINS));
    let folder = format!("{}/", folder.path().display());
    match loaded {
        Ok(mut inventory) => {
            inventory.origin = Origin::File("clusters.yaml".into());
            Ok(inventory)
        }
        Err(error) => Err(error.to_string().replace(&folder, "")),
    }
}

fn operations(inventory: &Inventory, cluster: &str, endpoint: &str) -> Vec<String> {
    let policy = inventory.policy("loki");
    let operations = policy.operations(cluster, endpoint);
    operations.map(ToString::to_string).collect()
}

#[test]
fn grants_are_by_cluster_and_endpoint() {
    let inventory = load(
        "\
plugins:
  loki:
    grants:
      - clusters: [prod-ap, 'staging-*']
        endpoint: loki
        operations: [GET /ready, \"GET /loki/api/v1/label/{name}/values\"]
      - {clusters: prod-*, operations: GET /any}
",
    )
    .unwrap();
    let loki = ["GET /ready", "GET /loki/api/v1/label/{name}/values"];
    assert_eq!(
        operations(&inventory, "prod-ap", "loki"),
        [loki[0], loki[1], "GET /any"]
    );
    assert_eq!(operations(&inventory, "prod-ap", "ruler"), ["GET /any"]);
    assert_eq!(operations(&inventory, "prod-us", "loki"), ["GET /any"]);
    assert_eq!(operations(&inventory, "staging-1", "loki"), loki);
    assert_eq!(operations(&inventory, "nowhere", "loki"), [""; 0]);
    assert_eq!(inventory.policy("kube").grants, None);
    let policy = inventory.policy("loki");
    assert_eq!(policy.at.line, 6);
    assert_eq!(policy.grants.unwrap()[1].at.line, 11);
}

#[test]
fn limits_have_units() {
    let limits = "\
plugins:
  loki:
    limits:
      memory: 128MiB
      deadline: 20s
      rows: 1000000
      bytes: 1 GiB
      requests_in_flight: 4
      cpu: 500ms
      compile_time: 2m
      compile_memory: 4096
";
    let limits = load(limits).unwrap().policy("loki").limits;
    assert_eq!(limits.memory, Some(128 << 20));
    assert_eq!(limits.deadline, Some(Duration::from_secs(20)));
    assert_eq!(limits.rows, Some(1_000_000));
    assert_eq!(limits.bytes, Some(1 << 30));
    assert_eq!(limits.requests_in_flight, Some(4));
    assert_eq!(limits.cpu, Some(Duration::from_millis(500)));
    assert_eq!(limits.compile_time, Some(Duration::from_secs(120)));
    assert_eq!(limits.compile_memory, Some(4096));
    let nothing = load("plugins: {loki: {}}").unwrap().policy("loki");
    assert_eq!((nothing.grants, nothing.limits), Default::default());
}

#[test]
fn every_problem_has_its_place_and_the_nearest_valid_name() {
    for (below, expected) in [
        (
            "plugins: {loky: {}}",
            "5:11: `plugins`: no plugin `loky` is installed: expected one of kube, loki, cloudwatch (did you mean `loki`?)",
        ),
        (
            "plugins: {tempo: {}}",
            "5:11: `plugins`: no plugin `tempo` is installed: expected one of kube, loki, cloudwatch (install it with `trawl plugin add`)",
        ),
        (
            "plugins: {loki: {grant: []}}",
            "5:18: unknown key `grant` in `plugins.loki`: expected grants, limits (did you mean `grants`?)",
        ),
        (
            "plugins: {loki: {grants: {}}}",
            "5:26: `grants`: expected a list (`- item`), found a mapping",
        ),
        (
            "plugins: {loki: {grants: [{cluster: a, clusters: [prod-ap], operations: []}]}}",
            "5:28: unknown key `cluster` in a grant: expected clusters, endpoint, operations (did you mean `clusters`?)",
        ),
        (
            "plugins: {loki: {grants: [{clusters: [prod-app], operations: []}]}}",
            "5:39: `clusters`: there is no cluster `prod-app` in this file (did you mean `prod-ap`?)",
        ),
        (
            "plugins: {loki: {grants: [{clusters: ['*']}]}}",
            "5:27: a grant without `operations`: expected which are meant ({clusters: [\"*\"], operations: [GET /path]})",
        ),
        (
            "plugins: {loki: {grants: [{clusters: ['*'], operations: [DELETE /x]}]}}",
            "5:58: `DELETE /x` is no operation: expected the method GET, HEAD or POST: plugins read (write it as `GET /path/{x}`)",
        ),
        (
            "plugins: {loki: {limits: {memroy: 1}}}",
            "5:27: unknown key `memroy` in `limits` of a plugin: expected memory, deadline, rows, bytes, requests_in_flight, cpu, compile_time, compile_memory (did you mean `memory`?)",
        ),
        (
            "plugins: {loki: {limits: {memory: 1GB, deadline: 5, rows: 0}}}",
            "5:35: `memory`: expected a size such as `64KiB`, `128MiB` or `2GiB`, found text
clusters.yaml:5:50: `deadline`: expected a time such as `500ms`, `10s` or `2m`, at most a day, found a number
clusters.yaml:5:59: `rows`: expected a whole number above 0, found a number",
        ),
        (
            "plugin: {}",
            "5:1: unknown key `plugin` in the file: expected clusters, connections, plugins, default, cache (did you mean `plugins`?)",
        ),
    ] {
        let error = load(below).expect_err(below);
        assert_eq!(error, format!("clusters.yaml:{expected}"), "{below}");
    }
}

#[test]
fn an_endpoint_that_cannot_be_read_is_not_each_of_them() {
    let grant =
        "plugins: {loki: {grants: [{clusters: ['*'], endpoint: [], operations: [GET /x]}]}}";
    assert_eq!(
        load(grant).unwrap_err(),
        "clusters.yaml:5:55: `endpoint`: expected text, found a list"
    );
}

#[test]
fn the_line_that_is_shown_grants_what_was_refused() {
    let wanted: Operation = "GET /loki/api/v1/label/{name}/values".parse().unwrap();
    let clusters = ["prod-ap".to_owned(), "prod-us".to_owned()];
    for (below, place, add) in [
        (
            "",
            "at the top level of clusters.yaml, which has no `plugins`",
            "LINE",
        ),
        (
            "plugins:\n  kube: {}\n",
            "below `plugins`, which says nothing of loki (clusters.yaml:5)",
            "  LINE",
        ),
        (
            "plugins:\n  loki:\n    limits: {rows: 1}\n",
            "below `plugins.loki`, which has no `grants` (clusters.yaml:6)",
            "    LINE",
        ),
        (
            "plugins:\n  loki:\n    grants:\n    - {clusters: [prod-ap], operations: [GET /x]}\n",
            "below `plugins.loki.grants` (clusters.yaml:7)",
            "    LINE",
        ),
    ] {
        let shown = load(below).unwrap().grant_place("loki");
        assert_eq!(shown.to_string(), place);
        let line = shown.line(&clusters, "loki", &[&wanted]);
        let text = format!("{below}{}\n", add.replace("LINE", &line));
        let inventory = load(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        for cluster in &clusters {
            let granted = operations(&inventory, cluster, "loki");
            assert!(granted.contains(&wanted.to_string()), "{text}");
        }
        assert_eq!(
            operations(&inventory, "prod-ap", "other").len(),
            usize::from(below.contains("GET /x"))
        );
    }
    let mut nowhere = load("").unwrap();
    nowhere.origin = Origin::Kubeconfig(vec![]);
    assert_eq!(
        nowhere.grant_place("loki").to_string(),
        "at the top level of a clusters.yaml, of which there is none yet"
    );
}

#[test]
fn a_plugin_of_somebody_else_has_connections_whose_keys_know_their_places() {
    let inventory = load(
        "\
connections:
  - name: central
    loki:
      url: http://central
      streams: [{name: a}, {name: b}]
    serves: [prod-us]
",
    )
    .unwrap();
    let loki: Vec<_> = inventory
        .connections
        .iter()
        .filter(|it| it.plugin == "loki")
        .collect();
    let names: Vec<&str> = loki.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["prod-ap/loki", "prod-us/loki", "central"]);
    assert!(matches!(&loki[0].endpoint, EndpointSpec::Http(spec) if spec.url == "http://loki/"));
    let place = |pointer: &str| {
        let at = loki[2].places.of(pointer);
        (at.line, at.column)
    };
    assert_eq!(place("/streams/1/name"), (9, 29));
    assert_eq!(place("/streams/1"), (9, 28));
    assert_eq!(place("/streams/7/x"), (9, 7));
    assert_eq!(place("/nothing"), (7, 5));
    assert_eq!(place(""), (7, 5));
}
