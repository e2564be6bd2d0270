//! Debian's Prometheus, started here, asked through `CLUSTER_CONFIG_PATH`.

use std::fs;

use trawl_programs::Prometheus;

use crate::support::{run, trawl};

/// It scrapes itself.
const ITSELF: &str = "global: {scrape_interval: 1s}
scrape_configs:
  - job_name: itself
    static_configs: [{targets: ['@']}]
";

#[tokio::test(flavor = "multi_thread")]
async fn a_real_prometheus_returns_its_rows() {
    if !Prometheus::is_here() {
        return;
    }
    let prometheus = tokio::task::spawn_blocking(|| {
        let prometheus = Prometheus::start("# EOF\n", ITSELF, "");
        prometheus.wait_for("/api/v1/query?query=up", |body| {
            body.contains("\"itself\"") && body.contains("\"1\"")
        });
        prometheus
    })
    .await
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clusters.yaml");
    let yaml = format!(
        "clusters:\n  - name: here\n    region: local\n    prometheus:\n      url: http://{}\n      auth: none\n",
        prometheus.address()
    );
    fs::write(&path, yaml).unwrap();
    let ask = |text: &'static str| {
        let mut command = trawl();
        command
            .env("CLUSTER_CONFIG_PATH", &path)
            .args(["query", "-o", "json", text]);
        run(command)
    };

    let up = ask("prometheus(\"up\") | project cluster, region, job = labels.job, instance = labels.instance, value").await;
    assert_eq!(up.code, 0, "{}", up.stderr);
    let expected = serde_json::json!([{
        "cluster": "here", "region": "local", "job": "itself", "instance": prometheus.address().to_string(), "value": 1.0
    }]);
    assert_eq!(up.json()["rows"], expected);

    let special = ask("prometheus(\"vector(0)/0\") | project value").await;
    assert_eq!(
        special.json()["rows"],
        serde_json::json!([{ "value": "NaN" }]),
        "{}",
        special.stderr
    );

    let series = ask("prometheus(\"{job='itself'}\") | summarize n = count()").await;
    assert!(
        series.json()["rows"][0]["n"].as_u64().unwrap() > 100,
        "{}",
        series.stdout
    );

    let wrong = ask("prometheus(\"sum(up\")").await;
    assert_eq!(wrong.code, 1, "{}", wrong.stderr);
    let error = wrong.json()["completeness"]["targets"][0]["error"].clone();
    assert_eq!(error["code"], "invalid-query");
    assert!(
        error["message"].as_str().unwrap().contains("parse error"),
        "{error}"
    );
}

/// One server for two clusters, and a series that is nobody's.
const SHARED: &str = "# TYPE load gauge
load{k8s=\"us-1\",pod=\"a\"} 1 @
load{k8s=\"us-1\",pod=\"b\"} 2 @
load{k8s=\"eu-1\",pod=\"a\"} 40 @
load{pod=\"x\"} 800 @
# EOF
";

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_several_clusters_is_asked_once_and_its_rows_find_their_clusters() {
    if !Prometheus::is_here() {
        return;
    }
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let at = since.unwrap().as_secs() - 30;
    let samples = SHARED.replace('@', &at.to_string());
    let start = move || Prometheus::start(&samples, "global: {scrape_interval: 1h}\n", "");
    let prometheus = tokio::task::spawn_blocking(start).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clusters.yaml");
    let cluster = |name: &str, region: &str, key: &str| {
        let address = prometheus.address();
        format!(
            "  - {{name: {name}, region: {region}, prometheus: {{url: 'http://{address}', cluster_label: k8s, cluster_name: {key}}}}}\n"
        )
    };
    let yaml = [
        "clusters:\n".to_owned(),
        cluster("us", "west", "us-1"),
        cluster("eu", "east", "eu-1"),
    ];
    fs::write(&path, yaml.concat()).unwrap();
    let samples = "prometheus.samples | where metric == 'load' and timestamp > ago(1h)";
    for (query, expected, requests) in [
        // Raw PromQL is evaluated for each cluster: no sum adds two of them up.
        (
            "prometheus('sum(load)') | project cluster, region, value".to_owned(),
            serde_json::json!([
                {"cluster": "eu", "region": "east", "value": 40.0},
                {"cluster": "us", "region": "west", "value": 3.0},
            ]),
            2,
        ),
        (
            format!("{samples} | summarize load = sum(value) by cluster"),
            serde_json::json!([
                {"cluster": "eu", "load": 40.0}, {"cluster": "us", "load": 3.0}, {"cluster": null, "load": 800.0},
            ]),
            1,
        ),
        (
            format!("{samples} and cluster != 'us' | project cluster, pod = labels.pod"),
            serde_json::json!([{"cluster": "eu", "pod": "a"}, {"cluster": null, "pod": "x"}]),
            1,
        ),
        (
            format!("{samples} and region == 'west' | project cluster, pod = labels.pod"),
            serde_json::json!([{"cluster": "us", "pod": "a"}, {"cluster": "us", "pod": "b"}]),
            1,
        ),
    ] {
        let mut command = trawl();
        command
            .arg("--config")
            .arg(&path)
            .args(["query", "-o", "json", &query]);
        let answer = run(command).await;
        assert_eq!(answer.code, 0, "{query}: {}", answer.stderr);
        let answer = answer.json();
        let mut rows = answer["rows"].as_array().unwrap().clone();
        let key = |row: &serde_json::Value| row["cluster"].is_null();
        rows.sort_by_cached_key(|row| (key(row), row.to_string()));
        assert_eq!(serde_json::json!(rows), expected, "{query}");
        let targets = answer["completeness"]["targets"].as_array().unwrap();
        assert_eq!(targets.len(), 1, "one connection: {targets:?}");
        assert_eq!(targets[0]["requests"], requests, "{query}");
    }
}
