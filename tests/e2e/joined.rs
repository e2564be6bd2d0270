//! One query over three real or faithful programs: the demo's Kubernetes, Debian's Prometheus, and moto as AWS.

use std::fs;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use trawl_demo::Fleet;
use trawl_programs::{Moto, Prometheus};

use crate::support::{fleet, query};

/// A Prometheus needs some configuration; this one scrapes nobody.
const QUIET: &str = "global: {scrape_interval: 1h}\n";

fn now_s() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap().as_secs()
}

/// Namespace and name of the pods of a cluster whose container waits in a crash loop.
fn crashing(fleet: &Fleet, cluster: &str) -> Vec<(String, String)> {
    let is_crashing = |pod: &Value| {
        let containers = pod["status"]["containerStatuses"].as_array();
        containers
            .into_iter()
            .flatten()
            .any(|container| container["state"]["waiting"]["reason"] == "CrashLoopBackOff")
    };
    let text = |pod: &Value, field: &str| pod["metadata"][field].as_str().unwrap().to_owned();
    let pods = fleet.objects(cluster, "pods");
    let crashing = pods.iter().filter(|pod| is_crashing(pod));
    crashing
        .map(|pod| (text(pod, "namespace"), text(pod, "name")))
        .collect()
}

/// Samples of the pods' CPU over the last minutes, as OpenMetrics: pod `i` uses `i + 1` hundredths of a core.
fn samples(pods: &[(String, String)], now: u64) -> String {
    let mut text = "# TYPE container_cpu_usage_seconds counter\n".to_owned();
    for (index, (namespace, name)) in pods.iter().enumerate() {
        for second in (0..=600).step_by(60) {
            let used = (index + 1) as f64 * 0.01 * second as f64;
            text += &format!(
                "container_cpu_usage_seconds_total{{namespace=\"{namespace}\",pod=\"{name}\"}} {used} {}\n",
                now - 600 + second
            );
        }
    }
    text + "# EOF\n"
}

/// An alarm of each pod, and lines of its log: as many as its place, from 1.
fn tell_aws(moto: &Moto, group: &str, pods: &[(String, String)], now: u64) {
    let logs =
        |action: &str, body: Value| moto.call("logs", &format!("Logs_20140328.{action}"), &body);
    logs("CreateLogGroup", json!({ "logGroupName": group }));
    for (index, (namespace, name)) in pods.iter().enumerate() {
        let alarm = json!({
            "AlarmName": format!("restarts of {name}"), "Namespace": "ContainerInsights", "MetricName": "restarts",
            "Dimensions": [{"Name": "Namespace", "Value": namespace}, {"Name": "FullPodName", "Value": name}],
            "Statistic": "Maximum", "Period": 60, "EvaluationPeriods": 1, "Threshold": 5.0,
            "ComparisonOperator": "GreaterThanThreshold"
        });
        moto.call(
            "monitoring",
            "GraniteServiceVersion20100801.PutMetricAlarm",
            &alarm,
        );
        let state = json!({"AlarmName": format!("restarts of {name}"), "StateValue": "ALARM", "StateReason": "too many"});
        moto.call(
            "monitoring",
            "GraniteServiceVersion20100801.SetAlarmState",
            &state,
        );
        logs(
            "CreateLogStream",
            json!({"logGroupName": group, "logStreamName": name}),
        );
        let line = |n: usize| {
            let message = json!({"log": "dial tcp: i/o timeout", "kubernetes": {"namespace_name": namespace, "pod_name": name}});
            json!({"timestamp": (now - 300 + n as u64) * 1000, "message": message.to_string()})
        };
        let lines: Vec<Value> = (0..=index).map(line).collect();
        logs(
            "PutLogEvents",
            json!({"logGroupName": group, "logStreamName": name, "logEvents": lines}),
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pods_their_cpu_their_alarms_and_their_log_come_together() {
    if !Prometheus::is_here() {
        return;
    }
    let Some(moto) = Moto::start() else {
        return;
    };
    let (fleet, now) = (fleet().await, now_s());
    let pods = crashing(&fleet, "prod-ap");
    assert!(pods.len() > 3, "the story has crashing pods");
    let started = samples(&pods, now);
    let (prometheus, moto, told) = {
        let pods = pods.clone();
        tokio::task::spawn_blocking(move || {
            tell_aws(&moto, "/eks/prod-ap", &pods, now);
            (Prometheus::start(&started, QUIET, ""), moto, pods.len())
        })
        .await
        .unwrap()
    };
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    fs::write(&secret, "not a secret that moto looks at").unwrap();
    let yaml = folder.path().join("clusters.yaml");
    let inventory = format!(
        "clusters:
  - name: prod-ap
    region: us-east-1
    environment: production
    kube: {{context: prod-ap, kubeconfig: {kubeconfig}}}
    prometheus: {{url: 'http://{prometheus}'}}
    cloudwatch:
      log_group: /eks/prod-ap
      url: http://{moto}
      auth: {{access_key_id: test, secret_access_key: {{file: {secret}}}}}
",
        kubeconfig = fleet.kubeconfig().display(),
        prometheus = prometheus.address(),
        moto = moto.address(),
        secret = secret.display(),
    );
    fs::write(&yaml, inventory).unwrap();
    let text = r#"
let cpu = prometheus("sum by (namespace, pod) (rate(container_cpu_usage_seconds_total[5m]))")
| project cluster, namespace = labels.namespace, name = labels.pod, cores = value;
let alarms = cloudwatch.alarms
| where state == "ALARM"
| project region, namespace = dimensions["Namespace"], name = dimensions["FullPodName"], alarm = name;
let lines = cloudwatch.logs
| where timestamp > ago(1h) and message has "timeout"
| extend k = parse_json(message).kubernetes
| summarize lines = count() by cluster, namespace = tostring(k.namespace_name), name = tostring(k.pod_name);
pods
| where state == "CrashLoopBackOff"
| join kind=inner alarms on region, namespace, name
| lookup cpu on cluster, namespace, name
| lookup lines on cluster, namespace, name
| project namespace, name, cores, alarm, lines
| sort by lines asc
"#;
    let file = folder.path().join("joined.trawl");
    fs::write(&file, text).unwrap();
    let file: PathBuf = file;
    let answer = query(&yaml, &["-o", "json", "-f", file.to_str().unwrap()]).await;
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let rows = answer.json()["rows"].as_array().unwrap().clone();
    assert_eq!(rows.len(), told, "{}", answer.stdout);
    for (index, (row, (namespace, name))) in rows.iter().zip(&pods).enumerate() {
        let cores = row["cores"].as_f64().unwrap();
        assert!((cores - (index + 1) as f64 * 0.01).abs() < 1e-6, "{row}");
        let row = json!([row["namespace"], row["name"], row["alarm"], row["lines"]]);
        let expected = json!([namespace, name, format!("restarts of {name}"), index + 1]);
        assert_eq!(row, expected);
    }
}
