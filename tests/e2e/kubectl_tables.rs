//! Our tables against what `kubectl get` prints of the same fleet: the same rows, and the same words in the columns that both have.

use std::process::Command;

use serde_json::Value;

use crate::support::{fleet, has, query, run};

/// What is compared: kubectl's resource, a query for the same of one cluster, and kubectl's columns in the query's order.
/// Columns that tell a time as an age are left out: both programs look at their own clock. All other kinds are compared without the
/// engine, in the kube plugin's own tests.
const TABLES: [(&str, &str, &[&str]); 5] = [
    (
        "pods",
        "project namespace, name, ready, state, restarts",
        &["NAMESPACE", "NAME", "READY", "STATUS", "RESTARTS"],
    ),
    (
        "nodes",
        "project name, state, roles, version",
        &["NAME", "STATUS", "ROLES", "VERSION"],
    ),
    (
        "deployments",
        "project namespace, name, ready, updated_replicas, available_replicas",
        &["NAMESPACE", "NAME", "READY", "UP-TO-DATE", "AVAILABLE"],
    ),
    (
        "events",
        r#"project namespace, type, reason, object = strcat(tolower(involved_kind), "/", involved_name), message = trim(message)"#,
        &["NAMESPACE", "TYPE", "REASON", "OBJECT", "MESSAGE"],
    ),
    (
        "applications.argoproj.io",
        "project namespace, name, sync = status.sync.status, health = status.health.status",
        &["NAMESPACE", "NAME", "SYNC STATUS", "HEALTH STATUS"],
    ),
];

/// The cells of a table as kubectl prints it: each column begins where its head does.
fn cells(text: &str, wanted: &[&str]) -> Vec<Vec<String>> {
    let mut lines = text.lines();
    let head: Vec<char> = lines.next().unwrap_or_default().chars().collect();
    let mut starts = vec![0];
    // Heads have single spaces in them, and at least three between them.
    for at in 3..head.len() {
        if head[at] != ' ' && head[at - 3..at].iter().all(|c| *c == ' ') {
            starts.push(at);
        }
    }
    let cut = |line: &[char], column: usize| {
        let end = starts.get(column + 1).copied().unwrap_or(line.len());
        let cell = line.get(starts[column]..end.min(line.len()));
        let cell: String = cell.unwrap_or_default().iter().collect();
        cell.trim().to_owned()
    };
    let heads: Vec<String> = (0..starts.len()).map(|column| cut(&head, column)).collect();
    let columns: Vec<usize> = wanted
        .iter()
        .map(|name| {
            let found = heads.iter().position(|head| head == name);
            found.unwrap_or_else(|| panic!("kubectl prints no column {name}: {heads:?}"))
        })
        .collect();
    lines
        .map(|line| {
            let line: Vec<char> = line.chars().collect();
            columns
                .iter()
                .map(|&column| {
                    let cell = cut(&line, column);
                    // `4 (2m ago)`: the time of the last restart is an age.
                    match heads[column].as_str() {
                        "RESTARTS" => cell.split(' ').next().unwrap_or_default().to_owned(),
                        _ => cell,
                    }
                })
                .collect()
        })
        .collect()
}

/// A value as kubectl writes it.
fn word(value: &Value) -> String {
    match value {
        Value::Null => "<none>".to_owned(),
        Value::String(text) if text.is_empty() => "<none>".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn our_tables_are_what_kubectl_get_prints() {
    if !has(&["kubectl"]) {
        return;
    }
    let fleet = fleet().await;
    for (resource, project, columns) in TABLES {
        let text = format!(r#"`{resource}` | where cluster == "prod-ap" | {project}"#);
        let answer = query(fleet.clusters_yaml(), &["-o", "json", &text]).await;
        assert_eq!(answer.code, 0, "{text}: {}", answer.stderr);
        let answer = answer.json();
        let mut ours: Vec<Vec<String>> = answer["rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row.as_object().unwrap().values().map(word).collect())
            .collect();
        let mut command = Command::new("kubectl");
        command.arg("--kubeconfig").arg(fleet.kubeconfig()).args([
            "--context",
            "prod-ap",
            "get",
            resource,
        ]);
        if columns.contains(&"NAMESPACE") {
            command.arg("-A");
        }
        let printed = run(command).await;
        assert_eq!(printed.code, 0, "{}", printed.stderr);
        let mut theirs = cells(&printed.stdout, columns);
        assert!(!theirs.is_empty(), "{resource}");
        ours.sort();
        theirs.sort();
        assert_eq!(ours, theirs, "{resource}");
    }
}
