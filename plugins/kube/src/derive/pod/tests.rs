//! Owns the cases of kubectl's own printer tests that decide between its branches; refuses recordings, which `tests/` has.

use super::*;
use serde_json::{Value as Json, json};

/// `state ready restarts` of a pod.
fn check(pod: &Json, expected: &str) {
    let texts: Vec<Option<String>> = POD_INPUTS
        .iter()
        .map(|path| {
            let found = path.iter().try_fold(pod, |at, key| at.get(key))?;
            Some(found.to_string())
        })
        .collect();
    let inputs: Vec<Option<&str>> = texts.iter().map(Option::as_deref).collect();
    let summary = summary(&inputs);
    let got = format!(
        "{} {}/{} {}",
        summary.state, summary.ready, summary.containers, summary.restarts
    );
    assert_eq!(got, expected, "{pod}");
}

fn running(name: &str, ready: bool, restarts: i64) -> Json {
    json!({"name": name, "ready": ready, "restartCount": restarts, "state": {"running": {}}})
}

fn pod(phase: &str, statuses: Json) -> Json {
    json!({"metadata": {}, "spec": {"containers": [{}, {}]}, "status": {"phase": phase, "containerStatuses": statuses}})
}

#[test]
fn containers() {
    let waiting = json!({"restartCount": 3, "state": {"waiting": {"reason": "CrashLoopBackOff"}}});
    let completed =
        json!({"restartCount": 0, "state": {"terminated": {"reason": "Completed", "exitCode": 0}}});
    for (phase, statuses, expected) in [
        ("Pending", json!([]), "Pending 0/2 0"),
        (
            "Running",
            json!([running("a", true, 1), running("b", true, 2)]),
            "Running 2/2 3",
        ),
        ("Running", json!([running("a", false, 0)]), "Running 0/2 0"),
        (
            "Running",
            json!([waiting, running("b", true, 0)]),
            "CrashLoopBackOff 1/2 3",
        ),
        (
            "Succeeded",
            json!([completed, completed]),
            "Completed 0/2 0",
        ),
        (
            "Running",
            json!([completed, running("b", true, 0)]),
            "NotReady 1/2 0",
        ),
        (
            "Failed",
            json!([{"state": {"terminated": {"exitCode": 2}}}]),
            "ExitCode:2 0/2 0",
        ),
        (
            "Failed",
            json!([{"state": {"terminated": {"signal": 9, "exitCode": 137}}}]),
            "Signal:9 0/2 0",
        ),
        (
            "Pending",
            json!([{"state": {"waiting": {"reason": "A"}}}, {"state": {"waiting": {"reason": "B"}}}]),
            "A 0/2 0",
        ),
    ] {
        check(&pod(phase, statuses), expected);
    }
    let mut ready = pod("Running", json!([completed, running("b", true, 0)]));
    ready["status"]["conditions"] = json!([{"type": "Ready", "status": "True"}]);
    check(&ready, "Running 1/2 0");
}

#[test]
fn reasons_gates_and_deletion() {
    let mut evicted = pod("Failed", json!([]));
    evicted["status"]["reason"] = json!("Evicted");
    check(&evicted, "Evicted 0/2 0");
    let mut gated = pod("Pending", json!([]));
    gated["status"]["conditions"] =
        json!([{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}]);
    check(&gated, "SchedulingGated 0/2 0");
    for (phase, reason, expected) in [
        ("Running", "", "Terminating 1/2 0"),
        ("Running", "NodeLost", "Unknown 1/2 0"),
        ("Succeeded", "", "Succeeded 1/2 0"),
    ] {
        let mut deleted = pod(phase, json!([running("a", true, 0)]));
        deleted["metadata"]["deletionTimestamp"] = json!("2026-11-21T08:26:15Z");
        deleted["status"]["reason"] = json!(reason);
        check(&deleted, expected);
    }
}

#[test]
fn init_containers_and_sidecars() {
    let with = |init: Json, statuses: Json| {
        let mut pod = pod(
            "Pending",
            json!([{"name": "c", "restartCount": 7, "state": {"waiting": {"reason": "PodInitializing"}}}]),
        );
        pod["spec"]["initContainers"] = init;
        pod["status"]["initContainerStatuses"] = statuses;
        pod
    };
    let two = || json!([{"name": "i"}, {"name": "j"}]);
    let done = || json!({"name": "i", "restartCount": 1, "state": {"terminated": {"exitCode": 0}}});
    for (statuses, expected) in [
        (
            json!([{"name": "i", "state": {"running": {}}}]),
            "Init:0/2 0/2 0",
        ),
        (
            json!([done(), {"name": "j", "restartCount": 2, "state": {"running": {}}}]),
            "Init:1/2 0/2 3",
        ),
        (
            json!([{"name": "i", "state": {"waiting": {"reason": "ImagePullBackOff"}}}]),
            "Init:ImagePullBackOff 0/2 0",
        ),
        (
            json!([{"name": "i", "state": {"waiting": {"reason": "PodInitializing"}}}]),
            "Init:0/2 0/2 0",
        ),
        (
            json!([{"name": "i", "state": {"terminated": {"exitCode": 3}}}]),
            "Init:ExitCode:3 0/2 0",
        ),
        (
            json!([{"name": "i", "state": {"terminated": {"exitCode": 3, "signal": 9}}}]),
            "Init:Signal:9 0/2 0",
        ),
        (
            json!([{"name": "i", "state": {"terminated": {"exitCode": 3, "reason": "Error"}}}]),
            "Init:Error 0/2 0",
        ),
        (
            json!([done(), {"name": "j", "state": {"terminated": {"exitCode": 0}}}]),
            "PodInitializing 0/2 7",
        ),
    ] {
        check(&with(two(), statuses), expected);
    }
    let sidecar = || json!([{"name": "i", "restartPolicy": "Always"}]);
    let started = json!([{"name": "i", "restartCount": 2, "started": true, "ready": true, "state": {"running": {}}}]);
    check(&with(sidecar(), started), "PodInitializing 1/3 9");
    let starting =
        json!([{"name": "i", "restartCount": 2, "started": false, "state": {"running": {}}}]);
    check(&with(sidecar(), starting.clone()), "Init:0/1 0/3 2");
    let mut initialized = with(sidecar(), starting);
    initialized["status"]["conditions"] = json!([{"type": "Initialized", "status": "True"}]);
    check(&initialized, "PodInitializing 0/3 9");
}

#[test]
fn other_shapes_give_something() {
    for pod in [
        json!({}),
        json!({"status": {"containerStatuses": 5, "conditions": "x", "phase": null}}),
        json!({"spec": {"containers": null}, "status": {"containerStatuses": [null]}}),
    ] {
        check(&pod, " 0/0 0");
    }
}

#[test]
fn the_last_restart_is_the_latest_end_that_counts() {
    let ended = |name: &str, minute: u8| {
        let at = format!("1970-01-01T00:0{minute}:00Z");
        json!({"name": name, "restartCount": 1, "ready": true, "started": true, "state": {"running": {}},
               "lastState": {"terminated": {"exitCode": 1, "finishedAt": at}}})
    };
    let last = |pod: &Json| {
        let text = |path: &&[&str]| {
            let found = path.iter().try_fold(pod, |at, key| at.get(key))?;
            Some(found.to_string())
        };
        let texts: Vec<Option<String>> = POD_INPUTS.iter().map(text).collect();
        let inputs: Vec<Option<&str>> = texts.iter().map(Option::as_deref).collect();
        pod_last_restart(&inputs)
    };
    let minutes = |count: i64| Value::TimestampNs(count * 60_000_000_000);
    let mut pod = pod(
        "Running",
        json!([ended("a", 3), ended("b", 5), running("c", true, 0)]),
    );
    assert_eq!(last(&pod), minutes(5));
    // A sidecar counts beside them, a container that only began the pod no more.
    pod["spec"]["initContainers"] =
        json!([{"name": "s", "restartPolicy": "Always"}, {"name": "i"}]);
    let mut began = ended("i", 9);
    began["state"] = json!({"terminated": {"exitCode": 0}});
    pod["status"]["initContainerStatuses"] = json!([ended("s", 7), began]);
    assert_eq!(last(&pod), minutes(7));
    assert_eq!(last(&json!({})), Value::Null);
}

#[test]
fn readiness_gates_count_their_conditions() {
    let gates = Some(r#"[{"conditionType":"a"},{"conditionType":"b"},{"conditionType":"c"}]"#);
    let conditions = Some(r#"[{"type":"a","status":"True"},{"type":"b","status":"False"}]"#);
    let text = |text: &str| Value::Text(text.into());
    assert_eq!(pod_readiness_gates(&[gates, conditions]), text("1/3"));
    assert_eq!(pod_readiness_gates(&[gates, None]), text("0/3"));
    assert_eq!(pod_readiness_gates(&[None, conditions]), Value::Null);
}
