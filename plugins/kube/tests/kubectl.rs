//! Owns the comparison of rows with what the real `kubectl get -o wide` prints of the demo's objects, kind by kind. Without kubectl
//! the test says so and passes, except under CI. Ages are left out: they depend on the moment.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests may panic and print as tests may"
)]

mod common;

use std::collections::BTreeMap;
use std::process::Command;

use common::typed;
use common::{own_columns, resource, rows_of_objects};
use serde_json::{Value, json};
use trawl_demo::{Fleet, FleetOptions};
use trawl_sdk::schema::Type;
use trawl_sdk::testing::type_of;

/// Tables with kubectl's headers and our columns.
const TABLES: &[(&str, &str)] = &[
    (
        "clusterrolebindings",
        "ROLE=role|USERS=users|GROUPS=groups|SERVICEACCOUNTS=service_accounts",
    ),
    ("clusterroles", "CREATED AT=created"),
    ("configmaps", "DATA=data_count"),
    (
        "cronjobs",
        "SCHEDULE=schedule|TIMEZONE=time_zone|SUSPEND=suspend|ACTIVE=active|CONTAINERS=containers|IMAGES=images",
    ),
    ("customresourcedefinitions", "CREATED AT=created"),
    (
        "daemonsets",
        "DESIRED=replicas|CURRENT=current_replicas|READY=ready_replicas|UP-TO-DATE=updated_replicas|AVAILABLE=available_replicas|NODE SELECTOR=node_selector|CONTAINERS=containers|IMAGES=images|SELECTOR=selector",
    ),
    (
        "deployments",
        "READY=ready|UP-TO-DATE=updated_replicas|AVAILABLE=available_replicas|CONTAINERS=containers|IMAGES=images|SELECTOR=selector",
    ),
    ("endpoints", "ENDPOINTS=addresses"),
    (
        "endpointslices",
        "ADDRESSTYPE=address_type|ENDPOINTS=addresses",
    ),
    (
        "events",
        "TYPE=type|REASON=reason|MESSAGE=message|COUNT=count",
    ),
    (
        "horizontalpodautoscalers",
        "REFERENCE=workload|TARGETS=targets|MINPODS=min_replicas|MAXPODS=max_replicas|REPLICAS=current_replicas",
    ),
    (
        "ingressclasses",
        "CONTROLLER=controller|PARAMETERS=parameters",
    ),
    (
        "ingresses",
        "CLASS=class|HOSTS=hosts|ADDRESS=addresses|PORTS=ports",
    ),
    (
        "jobs",
        "STATUS=state|COMPLETIONS=progress|CONTAINERS=containers|IMAGES=images|SELECTOR=selector",
    ),
    ("leases", "HOLDER=holder"),
    ("namespaces", "STATUS=phase"),
    ("networkpolicies", "POD-SELECTOR=pod_selector"),
    ("node_metrics", "CPU=cpu|MEMORY=memory|WINDOW=window"),
    (
        "nodes",
        "STATUS=state|ROLES=roles|VERSION=version|INTERNAL-IP=internal_ip|EXTERNAL-IP=external_ip|OS-IMAGE=os_image|KERNEL-VERSION=kernel_version|CONTAINER-RUNTIME=container_runtime",
    ),
    (
        "persistentvolumeclaims",
        "STATUS=state|VOLUME=volume|CAPACITY=capacity|ACCESS MODES=access_modes|STORAGECLASS=storage_class|VOLUMEATTRIBUTESCLASS=attributes_class|VOLUMEMODE=volume_mode",
    ),
    (
        "persistentvolumes",
        "CAPACITY=capacity|ACCESS MODES=access_modes|RECLAIM POLICY=reclaim_policy|STATUS=state|CLAIM=claim|STORAGECLASS=storage_class|VOLUMEATTRIBUTESCLASS=attributes_class|REASON=reason|VOLUMEMODE=volume_mode",
    ),
    ("pod_metrics", "CPU=cpu|MEMORY=memory|WINDOW=window"),
    (
        "poddisruptionbudgets",
        "MIN AVAILABLE=min_available|MAX UNAVAILABLE=max_unavailable|ALLOWED DISRUPTIONS=allowed_disruptions",
    ),
    (
        "pods",
        "READY=ready|STATUS=state|RESTARTS=restarts|IP=pod_ip|NODE=node|NOMINATED NODE=nominated_node|READINESS GATES=readiness_gates",
    ),
    (
        "priorityclasses",
        "VALUE=value|GLOBAL-DEFAULT=global_default|PREEMPTIONPOLICY=preemption_policy",
    ),
    (
        "replicasets",
        "DESIRED=replicas|CURRENT=current_replicas|READY=ready_replicas|CONTAINERS=containers|IMAGES=images|SELECTOR=selector",
    ),
    (
        "rolebindings",
        "ROLE=role|USERS=users|GROUPS=groups|SERVICEACCOUNTS=service_accounts",
    ),
    ("secrets", "TYPE=type|DATA=data_count"),
    ("serviceaccounts", "SECRETS=secrets_count"),
    (
        "services",
        "TYPE=type|CLUSTER-IP=cluster_ip|EXTERNAL-IP=external_ips|PORT(S)=ports|SELECTOR=selector",
    ),
    (
        "statefulsets",
        "READY=ready|CONTAINERS=containers|IMAGES=images",
    ),
    (
        "storageclasses",
        "PROVISIONER=provisioner|RECLAIMPOLICY=reclaim_policy|VOLUMEBINDINGMODE=binding_mode|ALLOWVOLUMEEXPANSION=allow_expansion",
    ),
    (
        "volumeattachments",
        "ATTACHER=attacher|PV=volume|NODE=node|ATTACHED=attached",
    ),
];

/// Items that kubectl writes out; the rest it counts.
const WRITTEN_OUT: usize = 3;

/// The cells of kubectl's lines, by header. A column begins where its header does.
fn cells(lines: &[String]) -> Vec<BTreeMap<String, String>> {
    let header: Vec<char> = lines[0].chars().collect();
    let begins = |at: &usize| {
        let before = |back: usize| at.checked_sub(back).map_or(' ', |at| header[at]);
        header[*at] != ' ' && before(1) == ' ' && before(2) == ' '
    };
    let starts: Vec<usize> = (0..header.len()).filter(begins).collect();
    let cut = |line: &[char]| -> Vec<String> {
        let ends = starts.iter().skip(1).copied().chain([usize::MAX]);
        let part = |(start, end): (&usize, usize)| {
            let end = end.min(line.len());
            let cell: String = line.get(*start..end).unwrap_or_default().iter().collect();
            cell.trim().to_owned()
        };
        starts.iter().zip(ends).map(part).collect()
    };
    let names = cut(&header);
    lines[1..]
        .iter()
        .map(|line| {
            let line: Vec<char> = line.chars().collect();
            names.iter().cloned().zip(cut(&line)).collect()
        })
        .collect()
}

/// A value as kubectl prints it, without what it prints for nothing.
fn printed(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.replace(", ", ","),
        Value::Array(items) => {
            let texts: Vec<String> = items.iter().map(printed).collect();
            let more = texts.len().saturating_sub(WRITTEN_OUT);
            let written = texts[..texts.len() - more].join(",");
            if more == 0 {
                written
            } else {
                format!("{written} + {more} more...")
            }
        }
        Value::Object(members) => match (members.get("kind"), members.get("name")) {
            (Some(Value::String(kind)), Some(Value::String(name))) => format!("{kind}/{name}"),
            _ => {
                let pair = |(key, value): (&String, &Value)| format!("{key}={}", printed(value));
                members.iter().map(pair).collect::<Vec<_>>().join(",")
            }
        },
        other => other.to_string(),
    }
}

/// Whether a cell is the value of a column.
fn agree(of: &Type, value: &Value, header: &str, cell: &str) -> bool {
    let cell = match cell {
        "<none>" | "<unset>" | "<unknown>" | "N/A" => "",
        cell => cell,
    };
    match (of, header) {
        (Type::Quantity | Type::Duration | Type::Timestamp, _) if !cell.is_empty() => {
            *value == typed::expected(of, &json!(cell))
        }
        (Type::Bool, _) => value.as_bool() == cell.to_lowercase().parse().ok(),
        // `3 (5m ago)`
        (_, "RESTARTS") => value.as_i64() == cell.split(' ').next().unwrap().parse().ok(),
        (_, "ACCESS MODES") => {
            let short = |mode: &str| mode.chars().filter(char::is_ascii_uppercase).collect();
            let modes = value.as_array().into_iter().flatten();
            let short: Vec<String> = modes.map(|mode| short(mode.as_str().unwrap())).collect();
            short.join(",") == cell
        }
        _ => printed(value) == cell.replace(", ", ","),
    }
}

/// What is wrong with a table of a cluster, and how many cells were compared.
fn compare(fleet: &Fleet, cluster: &str, table: &str, pairs: &str) -> (Vec<String>, usize) {
    let objects = fleet.objects(cluster, resource(table));
    if objects.is_empty() {
        return (Vec::new(), 0);
    }
    let columns = own_columns(table);
    let types: BTreeMap<String, Type> = columns
        .iter()
        .map(|it| (it.name.clone(), type_of(&mut it.output.clone().into_iter())))
        .collect();
    let rows = rows_of_objects(table, &objects, columns);
    let shown = cells(&kubectl(fleet, cluster, resource(table)));
    assert_eq!(shown.len(), rows.len(), "{cluster} {table}");
    let (mut wrong, mut compared) = (Vec::new(), 0);
    for row in &rows {
        let text = |column: &str| row[column].as_str().unwrap_or_default().to_owned();
        let (namespace, name) = (text("namespace"), text("name"));
        let is_it = |it: &&BTreeMap<String, String>| {
            let shown = it["NAME"].trim_end_matches(" (default)");
            shown == name && it.get("NAMESPACE").is_none_or(|it| *it == namespace)
        };
        let shown = shown
            .iter()
            .find(is_it)
            .unwrap_or_else(|| panic!("{cluster} {table}: kubectl does not show {name}"));
        for pair in pairs.split('|') {
            let (header, column) = pair.split_once('=').unwrap();
            let (cell, value) = (&shown[header], &row[column]);
            compared += 1;
            if !agree(&types[column], value, header, cell) {
                wrong.push(format!(
                    "{table} {name}: kubectl's {header} is `{cell}`, our {column} is {value}"
                ));
            }
        }
    }
    (wrong, compared)
}

/// The lines that kubectl prints, with a home of its own.
fn kubectl(fleet: &Fleet, cluster: &str, resource: &str) -> Vec<String> {
    let home = tempfile::tempdir().unwrap();
    let output = Command::new("kubectl")
        .args(["--context", cluster, "get", resource, "-A", "-o", "wide"])
        .env("KUBECONFIG", fleet.kubeconfig())
        .env("HOME", home.path())
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{resource}: {errors}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(str::to_owned).collect()
}

fn kubectl_is_here() -> bool {
    let found = Command::new("kubectl")
        .args(["version", "--client"])
        .output()
        .is_ok_and(|output| output.status.success());
    if !found {
        assert!(
            std::env::var_os("CI").is_none(),
            "kubectl is missing; under CI that is a failure: install it"
        );
        println!("skipped: kubectl is not installed");
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_are_what_kubectl_prints() {
    if !kubectl_is_here() {
        return;
    }
    let small = FleetOptions {
        pods: 40,
        ..FleetOptions::default()
    };
    let fleet = Fleet::start(small).await.unwrap();
    let mut problems = Vec::new();
    for (table, pairs) in TABLES {
        let mut total = 0;
        for cluster in ["prod-ap", "staging"] {
            let (wrong, compared) = compare(&fleet, cluster, table, pairs);
            problems.extend(wrong);
            total += compared;
        }
        assert!(total > 0, "the demo has no {table}");
    }
    assert!(problems.is_empty(), "{problems:#?}");
    fleet.shutdown().await;
}
