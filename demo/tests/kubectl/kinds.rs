//! Every kind of the fleet as kubectl sees it: lists, rows, selectors, usage and explanations.

use std::collections::BTreeSet;

use super::*;

/// What `kubectl api-resources` says of a cluster: the plural with its group, and whether it has namespaces.
fn resources(kubectl: &Kubectl<'_>, cluster: &str) -> Vec<(String, bool)> {
    let lines = kubectl.lines(&format!("--context {cluster} api-resources --no-headers"));
    lines
        .iter()
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let [version, namespaced] = [words[words.len() - 3], words[words.len() - 2]];
            let name = match version.split_once('/') {
                Some((group, _)) => format!("{}.{group}", words[0]),
                None => words[0].to_owned(),
            };
            (name, namespaced == "true")
        })
        .collect()
}

/// The plural alone for built-in core kinds, as [`Fleet::objects`] wants it.
fn objects(fleet: &Fleet, cluster: &str, name: &str) -> Vec<Value> {
    let core = match name {
        "pods" | "nodes" | "endpoints" | "events" => format!("{name}."),
        _ => name.to_owned(),
    };
    fleet.objects(cluster, &core)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_is_listed_and_printed() {
    if !kubectl_is_here() {
        return;
    }
    let fleet = Fleet::start(FleetOptions {
        pods: 40,
        ..FleetOptions::default()
    })
    .await
    .unwrap();
    let kubectl = Kubectl {
        kubeconfig: fleet.kubeconfig(),
        home: tempfile::tempdir().unwrap(),
    };
    let (mut counts, mut seen) = (Vec::new(), BTreeSet::new());
    for cluster in ["prod-ap", "prod-us", "staging"] {
        let kinds = resources(&kubectl, cluster);
        counts.push(kinds.len());
        for (name, namespaced) in kinds {
            // A kind is asked for where it is met first; kubectl takes half a second for each.
            if !seen.insert(name.clone()) {
                continue;
            }
            let all = if namespaced { " -A" } else { "" };
            let at = |arguments: &str| {
                kubectl.lines(&format!("--context {cluster} get {name}{all} {arguments}"))
            };
            let expected = objects(&fleet, cluster, &name);
            assert!(!expected.is_empty(), "{cluster} {name}");
            let rows = at("--no-headers");
            assert_eq!(rows.len(), expected.len(), "{cluster} {name}");
            let list: Value = serde_json::from_str(&at("-o json").join("\n")).unwrap();
            let listed = list["items"].as_array().unwrap();
            assert_eq!(listed.len(), expected.len(), "{cluster} {name}");
            for (ours, theirs) in expected.iter().zip(listed) {
                let pointer = "/metadata/name";
                assert_eq!(ours.pointer(pointer), theirs.pointer(pointer));
                assert_eq!(ours.get("spec"), theirs.get("spec"), "{cluster} {name}");
                assert_eq!(ours.get("status"), theirs.get("status"), "{cluster} {name}");
            }
            let metadata = &expected[0]["metadata"];
            let (object, namespace) = (
                metadata["name"].as_str().unwrap(),
                metadata["namespace"].as_str().unwrap_or("default"),
            );
            let one = kubectl.lines(&format!(
                "--context {cluster} get {name} {object} -n {namespace} -o name"
            ));
            assert!(one[0].ends_with(object), "{one:?}");
        }
    }
    assert_eq!(counts, [50, 56, 44]);
    fleet.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn columns_selectors_usage_and_explanations_agree() {
    if !kubectl_is_here() {
        return;
    }
    let fleet = Fleet::start(FleetOptions::default()).await.unwrap();
    let kubectl = Kubectl {
        kubeconfig: fleet.kubeconfig(),
        home: tempfile::tempdir().unwrap(),
    };
    let header = |arguments: &str| {
        let lines = kubectl.lines(arguments);
        lines[0]
            .split("  ")
            .map(str::trim)
            .filter(|cell| !cell.is_empty())
            .collect::<Vec<_>>()
            .join("|")
    };
    for (arguments, expected) in [
        (
            "get applications -A",
            "NAMESPACE|NAME|SYNC STATUS|HEALTH STATUS",
        ),
        ("get certificates -A", "NAMESPACE|NAME|READY|SECRET|AGE"),
        (
            "get certificates -A -o wide",
            "NAMESPACE|NAME|READY|SECRET|ISSUER|STATUS|AGE",
        ),
        (
            "get jobs -A",
            "NAMESPACE|NAME|STATUS|COMPLETIONS|DURATION|AGE",
        ),
        (
            "get csr",
            "NAME|AGE|SIGNERNAME|REQUESTOR|REQUESTEDDURATION|CONDITION",
        ),
        (
            "get hpa -A",
            "NAMESPACE|NAME|REFERENCE|TARGETS|MINPODS|MAXPODS|REPLICAS|AGE",
        ),
        (
            "get pvc -A",
            "NAMESPACE|NAME|STATUS|VOLUME|CAPACITY|ACCESS MODES|STORAGECLASS|VOLUMEATTRIBUTESCLASS|AGE",
        ),
        (
            "--context prod-us get ma -A",
            "NAMESPACE|NAME|CLUSTER|NODENAME|PROVIDERID|PHASE|AGE|VERSION",
        ),
    ] {
        assert_eq!(header(arguments), expected, "{arguments}");
    }
    let with = |cluster: &str, resource: &str, pointer: &str, value: &str| {
        let objects = fleet.objects(cluster, resource);
        let has = |object: &&Value| object.pointer(pointer).and_then(Value::as_str) == Some(value);
        objects.iter().filter(has).count()
    };
    for (arguments, expected) in [
        (
            "get applications -A -l team=payments -o name",
            with(
                "prod-ap",
                "applications",
                "/metadata/labels/team",
                "payments",
            ),
        ),
        (
            "get secrets -A --field-selector type=helm.sh/release.v1 -o name",
            with("prod-ap", "secrets", "/type", "helm.sh/release.v1"),
        ),
        (
            "get secrets -A -l owner=helm,status=deployed -o name",
            fleet.objects("prod-ap", "deployments").len(),
        ),
        (
            "get virtualservices.v1beta1.networking.istio.io -A -o name",
            fleet.objects("prod-ap", "virtualservices").len(),
        ),
        (
            "get csr --field-selector spec.signerName=kubernetes.io/kubelet-serving -o name",
            fleet.objects("prod-ap", "nodes").len(),
        ),
        (
            "get jobs -A --field-selector status.successful=2 -o name",
            fleet
                .objects("prod-ap", "jobs")
                .iter()
                .filter(|job| job["status"]["succeeded"] == 2)
                .count(),
        ),
    ] {
        assert!(expected > 0, "{arguments}");
        assert_eq!(kubectl.lines(arguments).len(), expected, "{arguments}");
    }
    let top = kubectl.lines("--context prod-us top nodes --no-headers");
    assert_eq!(top.len(), fleet.objects("prod-us", "nodes").len());
    let unknown = top.iter().filter(|line| line.contains("<unknown>")).count();
    assert_eq!(unknown, 1, "the node that is not ready");
    let measured = fleet.objects("prod-us", "pods.metrics.k8s.io").len();
    let top = kubectl.lines("--context prod-us top pods -A --no-headers");
    assert_eq!(top.len(), measured);
    let refusal = kubectl.refusal("--context staging top nodes");
    assert!(refusal.contains("Metrics API not available"), "{refusal}");
    let refusal = kubectl.refusal("--context staging get applications -A");
    assert!(
        refusal.contains("doesn't have a resource type"),
        "{refusal}"
    );
    let text = kubectl
        .lines("explain certificates.status.notAfter")
        .join("\n");
    assert!(
        text.contains("KIND:       Certificate") && text.contains("expiration time"),
        "{text}"
    );
    let fields = |cluster: &str| {
        kubectl
            .lines(&format!("--context {cluster} explain helmreleases.status"))
            .join("\n")
    };
    assert!(fields("prod-us").contains("lastAppliedRevision"));
    assert!(
        !fields("staging").contains("lastAppliedRevision") && fields("staging").contains("history")
    );
    fleet.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logs_are_read_with_every_option() {
    if !kubectl_is_here() {
        return;
    }
    let fleet = Fleet::start(FleetOptions::default()).await.unwrap();
    let kubectl = Kubectl {
        kubeconfig: fleet.kubeconfig(),
        home: tempfile::tempdir().unwrap(),
    };
    let pods = fleet.objects("prod-ap", "pods");
    // A pod whose program is in this state, or whose phase is this, with its namespace and its first container.
    let pod = |reason: &str| {
        let found = pods.iter().find(|pod| {
            let program = &pod["status"]["containerStatuses"][0];
            let waits = program["state"]["waiting"]["reason"] == reason;
            let runs = reason == "Running" && is_running(pod) && program["restartCount"] == 0;
            waits || runs || pod["status"]["reason"] == reason
        });
        let text = |pointer: &str| found.unwrap().pointer(pointer).unwrap().as_str().unwrap();
        let container = text("/spec/containers/0/name");
        format!(
            "{} -n {} -c {container}",
            text("/metadata/name"),
            text("/metadata/namespace")
        )
    };
    let (crashing, running) = (pod("CrashLoopBackOff"), pod("Running"));
    let why = kubectl.lines(&format!("logs {crashing} --previous"));
    assert!(
        why.last().unwrap().contains("timeout after 4 attempts"),
        "{why:?}"
    );
    assert_eq!(kubectl.lines(&format!("logs {crashing}")), why);
    let all = kubectl.lines(&format!("logs {running}"));
    assert!(all.len() > 60);
    assert_eq!(
        kubectl.lines(&format!("logs {running} --tail=7")),
        all[all.len() - 7..]
    );
    let recent = kubectl.lines(&format!("logs {running} --since=10m --timestamps"));
    assert!(!recent.is_empty() && recent.len() < all.len());
    let (first, line) = recent[0].split_once(' ').unwrap();
    assert_eq!(line, all[all.len() - recent.len()]);
    let since = kubectl.lines(&format!("logs {running} --timestamps --since-time={first}"));
    assert_eq!(since, recent);
    let cut = kubectl.lines(&format!("logs {running} --limit-bytes=20"));
    assert_eq!(cut, [&all[0][..20]]);
    for (arguments, needle) in [
        (
            format!("logs {running} --previous"),
            "previous terminated container",
        ),
        (
            format!("logs {}", pod("ImagePullBackOff")),
            "trying and failing to pull image",
        ),
        (format!("logs {}", pod("Evicted")), "is not available"),
        ("logs nope".to_owned(), "pods \"nope\" not found"),
    ] {
        let message = kubectl.refusal(&arguments);
        assert!(message.contains(needle), "kubectl {arguments}: {message}");
    }
    let raw = |query: &str| {
        let with_sidecar = pods
            .iter()
            .find(|pod| pod.pointer("/spec/containers/1").is_some());
        let metadata = &with_sidecar.unwrap()["metadata"];
        let (namespace, name) = (&metadata["namespace"], &metadata["name"]);
        let path = format!(
            "/api/v1/namespaces/{}/pods/{}/log{query}",
            namespace.as_str().unwrap(),
            name.as_str().unwrap()
        );
        kubectl.refusal(&format!("get --raw {path}"))
    };
    assert!(raw("").contains("a container name must be specified for pod"));
    assert!(raw("?container=nope").contains("container nope is not valid for pod"));
    fleet.shutdown().await;
}
