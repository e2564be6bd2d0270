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
