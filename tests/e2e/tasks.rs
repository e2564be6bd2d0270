//! The saved queries of `queries/` whose sources exist, against `jq` over the fleet's own objects.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use trawl_demo::{Fleet, FleetOptions};

use crate::support::{fleet, has, query, run};

const PRODUCTION: [&str; 2] = ["prod-ap", "prod-us"];

/// The rows that a saved query gives.
async fn rows(fleet: &Fleet, saved: &str) -> Vec<Value> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../queries")
        .join(format!("{saved}.trawl"));
    let file = file.to_str().unwrap();
    let answer = query(fleet.clusters_yaml(), &["-o", "json", "-f", file]).await;
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    answer.json()["rows"].as_array().unwrap().clone()
}

/// What jq makes of the objects of some clusters, given as one list of `{cluster, object}`.
async fn jq(fleet: &Fleet, plural: &str, clusters: &[&str], filter: &str) -> Vec<Value> {
    let mut objects = Vec::new();
    for cluster in clusters {
        let of = fleet.objects(cluster, plural);
        objects.extend(
            of.into_iter()
                .map(|o| json!({"cluster": cluster, "object": o})),
        );
    }
    assert!(objects.len() > 10, "too few {plural} to say anything");
    let mut file = tempfile::NamedTempFile::new().unwrap();
    std::io::Write::write_all(&mut file, json!(objects).to_string().as_bytes()).unwrap();
    let mut command = Command::new("jq");
    command.arg("-c").arg(filter).arg(file.path());
    let found = run(command).await;
    assert_eq!(found.code, 0, "{}", found.stderr);
    let lines = found.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn sorted(mut rows: Vec<Value>) -> Vec<String> {
    let mut rows: Vec<String> = rows.drain(..).map(|row| row.to_string()).collect();
    rows.sort();
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn crash_looping_pods_are_those_that_jq_finds() {
    if !has(&["jq"]) {
        return;
    }
    let fleet = fleet().await;
    let ours = rows(&fleet, "pods/crash-looping-in").await;
    let theirs = jq(
        &fleet,
        "pods",
        &PRODUCTION,
        r#".[] | .cluster as $c | .object as $o | $o.status.containerStatuses[]?
           | select(.state.waiting.reason == "CrashLoopBackOff")
           | {cluster: $c, namespace: $o.metadata.namespace, name: $o.metadata.name, container: .name, restarts: .restartCount}"#,
    )
    .await;
    assert!(theirs.len() > 10);
    let restarts: Vec<i64> = ours
        .iter()
        .map(|row| row["restarts"].as_i64().unwrap())
        .collect();
    assert!(
        restarts.is_sorted_by(|a, b| a >= b),
        "the most often restarted first"
    );
    assert_eq!(sorted(ours), sorted(theirs));
}

#[tokio::test(flavor = "multi_thread")]
async fn images_that_drift_are_those_that_jq_finds() {
    if !has(&["jq"]) {
        return;
    }
    let fleet = fleet().await;
    let ours = rows(&fleet, "workloads/image-drift").await;
    let theirs = jq(
        &fleet,
        "deployments",
        &PRODUCTION,
        r#"[.[] | .cluster as $c | .object as $o | $o.spec.template.spec.containers[]
            | {c: $c, namespace: $o.metadata.namespace, name: $o.metadata.name, container: .name, image}]
           | group_by([.namespace, .name, .container])[]
           | {namespace: .[0].namespace, name: .[0].name, container: .[0].container,
              variants: (group_by(.image) | map({image: .[0].image, clusters: (map(.c) | unique)}))}
           | select(.variants | length > 1)
           | {namespace, name, container, versions: (.variants | length), variants: (.variants | sort_by(.image))}"#,
    )
    .await;
    assert!(!theirs.is_empty());
    assert_eq!(sorted(ours), sorted(theirs));
}

#[tokio::test(flavor = "multi_thread")]
async fn warnings_fall_into_the_bins_where_jq_counts_them() {
    if !has(&["jq"]) {
        return;
    }
    let fleet = fleet().await;
    let ours = rows(&fleet, "events/warnings").await;
    assert!(!ours.is_empty() && ours.len() <= 20);
    let all: Vec<&str> = vec!["prod-ap", "prod-us", "staging"];
    let theirs = jq(
        &fleet,
        "events",
        &all,
        r#".[] | select(.object.type == "Warning")
           | {cluster, reason: .object.reason,
              at: (.object.series.lastObservedTime // .object.lastTimestamp // .object.eventTime // .object.metadata.creationTimestamp)}"#,
    )
    .await;
    // Every object's time has whole seconds, so that texts of one form compare as the times do.
    let second = |text: &str| {
        text.trim_end_matches('Z')
            .split('.')
            .next()
            .unwrap()
            .to_owned()
    };
    for row in &ours {
        let starts: Vec<String> = row["timestamp"]
            .as_array()
            .unwrap()
            .iter()
            .map(|start| second(start.as_str().unwrap()))
            .collect();
        let counts: Vec<i64> = row["n"]
            .as_array()
            .unwrap()
            .iter()
            .map(|n| n.as_i64().unwrap())
            .collect();
        assert_eq!((starts.len(), counts.len()), (12, 12));
        assert_eq!(row["total"].as_i64(), Some(counts.iter().sum()));
        let mut expected = vec![0; 12];
        for event in theirs
            .iter()
            .filter(|e| e["cluster"] == row["cluster"] && e["reason"] == row["reason"])
        {
            let at = second(event["at"].as_str().unwrap());
            // A start has parts of a second, which the event's second is not before.
            if let Some(bin) = starts.iter().rposition(|start| *start < at) {
                expected[bin] += 1;
            }
        }
        assert_eq!(counts, expected, "{row}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_that_expire_are_those_that_jq_finds() {
    if !has(&["jq"]) {
        return;
    }
    let fleet = fleet().await;
    let mut ours = rows(&fleet, "certificates/expiring").await;
    let all = ["prod-ap", "prod-us", "staging"];
    // The fleet's certificates end at whole days from now: none of them changes sides while this runs.
    let theirs = jq(
        &fleet,
        "certificates.cert-manager.io",
        &all,
        r#".[] | .cluster as $c | .object as $o | select(($o.status.notAfter // "9" | if . == "9" then infinite else fromdate end) < now + 30*86400)
           | {cluster: $c, namespace: $o.metadata.namespace, name: $o.metadata.name, secret: $o.spec.secretName,
              ready: ([$o.status.conditions[]? | select(.type == "Ready")][0].status)}"#,
    )
    .await;
    assert!(!theirs.is_empty());
    for row in &mut ours {
        let left = row.as_object_mut().unwrap().shift_remove("left");
        assert!(left.unwrap().is_string(), "{row}");
    }
    assert_eq!(sorted(ours), sorted(theirs));
}

#[tokio::test(flavor = "multi_thread")]
async fn applications_out_of_sync_are_those_that_jq_finds() {
    if !has(&["jq"]) {
        return;
    }
    let fleet = fleet().await;
    let ours = rows(&fleet, "applications/out-of-sync").await;
    let theirs = jq(
        &fleet,
        "applications.argoproj.io",
        &PRODUCTION,
        r#"[.[] | select(.object.status.sync.status != "Synced")
            | {cluster, app: .object.metadata.name, sync: .object.status.sync.status, health: .object.status.health.status}]
           | group_by([.app, .sync, .health])[]
           | {app: .[0].app, sync: .[0].sync, health: .[0].health, clusters: (map(.cluster) | unique), n: length}"#,
    )
    .await;
    assert!(!theirs.is_empty());
    assert_eq!(sorted(ours), sorted(theirs));
}

/// What a Prometheus of the fleet answers, by namespace and pod.
async fn cores(fleet: &Fleet, cluster: &str) -> BTreeMap<(String, String), f64> {
    let url = fleet.prometheus_url(cluster).unwrap();
    let address = url
        .trim_start_matches("http://")
        .trim_end_matches('/')
        .to_owned();
    let query = "sum%20by%20(namespace%2C%20pod)%20(rate(container_cpu_usage_seconds_total%7Bcontainer!%3D%22%22%7D%5B5m%5D))";
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let request = format!(
        "GET /api/v1/query?query={query} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    let (from, to) = (body.find('{').unwrap(), body.rfind('}').unwrap());
    let body: Value = serde_json::from_str(&body[from..=to]).unwrap();
    let results = body["data"]["result"].as_array().unwrap().iter();
    results
        .map(|result| {
            let label = |name: &str| result["metric"][name].as_str().unwrap().to_owned();
            let value = result["value"][1].as_str().unwrap().parse().unwrap();
            ((label("namespace"), label("pod")), value)
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_busiest_pods_are_those_that_prometheus_measured() {
    let fleet = fleet().await;
    let ours = rows(&fleet, "pods/by-cpu").await;
    assert_eq!(ours.len(), 10);
    let mut theirs = Vec::new();
    for cluster in PRODUCTION {
        let measured = cores(&fleet, cluster).await;
        assert!(measured.len() > 100);
        for pod in fleet.objects(cluster, "pods") {
            let text = |field: &str| pod["metadata"][field].as_str().unwrap().to_owned();
            if let Some(cores) = measured.get(&(text("namespace"), text("name"))) {
                theirs.push((*cores, cluster.to_owned(), text("name")));
            }
        }
    }
    theirs.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (row, (cores, cluster, name)) in ours.iter().zip(theirs) {
        // The reader of this test rounds the last digit.
        assert!((row["cores"].as_f64().unwrap() - cores).abs() < 1e-9);
        assert_eq!(
            (row["cluster"].as_str(), row["name"].as_str()),
            (Some(&*cluster), Some(&*name))
        );
    }
}

/// All items of a list that CloudWatch gives by pages, asked without a network.
fn listed(fleet: &Fleet, cluster: &str, target: &str, mut body: Value, list: &str) -> Vec<Value> {
    let token = if target.starts_with("Logs") {
        "nextToken"
    } else {
        "NextToken"
    };
    let mut items = Vec::new();
    loop {
        let answer = fleet.cloudwatch_answer(cluster, target, &body).unwrap();
        items.extend(answer[list].as_array().unwrap().clone());
        match answer.get(token) {
            Some(next) => body[token] = next.clone(),
            None => return items,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn alarms_of_nodes_that_are_not_ready_are_those_of_cloudwatch() {
    let fleet = fleet().await;
    let mut ours = rows(&fleet, "nodes/not-ready-with-alarms").await;
    let mut theirs = Vec::new();
    for cluster in ["prod-ap", "prod-us", "staging"] {
        let target = "GraniteServiceVersion20100801.DescribeAlarms";
        let alarms = listed(
            &fleet,
            cluster,
            target,
            json!({"StateValue": "ALARM"}),
            "MetricAlarms",
        );
        for node in fleet.objects(cluster, "nodes") {
            let mut conditions = node["status"]["conditions"].as_array().unwrap().iter();
            if conditions.any(|c| c["type"] == "Ready" && c["status"] == "True") {
                continue;
            }
            let provider = node["spec"]["providerID"].as_str().unwrap();
            let instance = provider.rsplit('/').next().unwrap();
            let of_instance = |alarm: &&Value| {
                let mut dimensions = alarm["Dimensions"].as_array().unwrap().iter();
                dimensions.any(|d| d["Name"] == "InstanceId" && d["Value"] == instance)
            };
            let row = |alarm: &Value| json!({"cluster": cluster, "node": node["metadata"]["name"], "instance": instance, "alarm": alarm});
            let before = theirs.len();
            theirs.extend(
                alarms
                    .iter()
                    .filter(of_instance)
                    .map(|alarm| row(&alarm["AlarmName"])),
            );
            if theirs.len() == before {
                theirs.push(row(&Value::Null));
            }
        }
    }
    assert!(
        theirs.iter().any(|row| row["alarm"].is_string()),
        "the story has such an alarm"
    );
    for row in &mut ours {
        let since = row.as_object_mut().unwrap().shift_remove("since").unwrap();
        assert_eq!(since.is_null(), row["alarm"].is_null(), "{row}");
    }
    assert_eq!(sorted(ours), sorted(theirs));
}

/// Pods of a cluster by namespace and name, with the deployment that owns them through a ReplicaSet.
fn deployments_of_pods(fleet: &Fleet, cluster: &str) -> BTreeMap<(String, String), String> {
    let owner = |object: &Value, kind: &str| {
        let owners = object["metadata"]["ownerReferences"].as_array();
        let owner = owners
            .into_iter()
            .flatten()
            .find(|owner| owner["kind"] == kind);
        owner.map(|owner| owner["name"].as_str().unwrap().to_owned())
    };
    let key = |object: &Value, name: &Value| {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(&object["metadata"]["namespace"]), text(name))
    };
    let sets = fleet.objects(cluster, "replicasets");
    let sets: BTreeMap<_, _> = sets
        .iter()
        .filter_map(|set| {
            Some((
                key(set, &set["metadata"]["name"]),
                owner(set, "Deployment")?,
            ))
        })
        .collect();
    let pods = fleet.objects(cluster, "pods");
    let of_pod = |pod: &Value| {
        let set = json!(owner(pod, "ReplicaSet")?);
        Some((
            key(pod, &pod["metadata"]["name"]),
            sets.get(&key(pod, &set))?.clone(),
        ))
    };
    pods.iter().filter_map(of_pod).collect()
}

/// Lines of a cluster's log that tell of a timeout, by namespace and deployment, between two times in milliseconds.
fn timeouts(fleet: &Fleet, cluster: &str, from: u128, to: u128) -> BTreeMap<[String; 3], i64> {
    let body = json!({"logGroupName": fleet.log_group(cluster), "startTime": from, "endTime": to});
    let events = listed(
        fleet,
        cluster,
        "Logs_20140328.FilterLogEvents",
        body,
        "events",
    );
    let deployments = deployments_of_pods(fleet, cluster);
    let mut found = BTreeMap::new();
    for event in events {
        let message = event["message"].as_str().unwrap();
        let mut words = message.split(|c: char| !c.is_alphanumeric());
        if !words.any(|word| word.eq_ignore_ascii_case("timeout")) {
            continue;
        }
        let line: Value = serde_json::from_str(message).unwrap();
        let text = |field: &str| line["kubernetes"][field].as_str().unwrap().to_owned();
        let pod = (text("namespace_name"), text("pod_name"));
        if let Some(deployment) = deployments.get(&pod) {
            let key = [cluster.to_owned(), pod.0, deployment.clone()];
            *found.entry(key).or_default() += 1;
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn timeouts_are_counted_for_the_deployments_whose_pods_wrote_them() {
    const HOUR_MS: u128 = 3_600_000;
    let now = || {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        since.unwrap().as_millis()
    };
    // A debug build makes and matches some thousand lines a second; the story is the same in a small fleet.
    let options = FleetOptions {
        pods: 150,
        ..FleetOptions::default()
    };
    let fleet = Fleet::start(options).await.unwrap();
    let before = now();
    let ours = rows(&fleet, "logs/timeouts-by-deployment").await;
    let after = now();
    // The hour that the query meant began between these two.
    let of = |from: u128, to: u128| -> BTreeMap<[String; 3], i64> {
        PRODUCTION
            .iter()
            .flat_map(|cluster| timeouts(&fleet, cluster, from, to))
            .collect()
    };
    let most = of(before - HOUR_MS, after);
    let least = of(after - HOUR_MS, before);
    assert!(least.len() > 3, "the story has deployments with timeouts");
    let mut hits = BTreeMap::new();
    for row in &ours {
        let text = |field: &str| row[field].as_str().unwrap().to_owned();
        let key = [text("cluster"), text("namespace"), text("deployment")];
        assert!(
            hits.insert(key, row["hits"].as_i64().unwrap()).is_none(),
            "{row}"
        );
    }
    for (key, least) in &least {
        let (hits, most) = (hits.get(key).copied().unwrap_or_default(), most[key]);
        assert!(
            (*least..=most).contains(&hits),
            "{key:?}: {hits}, expected {least} to {most}"
        );
    }
    assert!(hits.keys().all(|key| most.contains_key(key)), "{hits:?}");
}
