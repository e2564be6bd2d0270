//! Debian's Prometheus, started here, asked through `CLUSTER_CONFIG_PATH`.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{has, run, trawl};

/// A Prometheus that scrapes itself; ended when dropped.
struct Prometheus {
    process: Child,
    address: SocketAddr,
    _folder: tempfile::TempDir,
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn start() -> Prometheus {
    let folder = tempfile::tempdir().unwrap();
    // The port is free now and most likely still is when Prometheus takes it.
    let address = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let config = folder.path().join("prometheus.yml");
    fs::write(
        &config,
        format!(
            "global: {{scrape_interval: 1s}}\nscrape_configs:\n  - job_name: itself\n    static_configs: [{{targets: ['{address}']}}]\n"
        ),
    )
    .unwrap();
    let process = Command::new("prometheus")
        .arg(format!("--config.file={}", config.display()))
        .arg(format!(
            "--storage.tsdb.path={}",
            folder.path().join("data").display()
        ))
        .arg(format!("--web.listen-address={address}"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    Prometheus {
        process,
        address,
        _folder: folder,
    }
}

/// The body of a GET, or nothing while nobody answers.
fn get(address: SocketAddr, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )
    .ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer
        .split_once("\r\n\r\n")
        .map(|(_, body)| body.to_owned())
}

fn wait_for_a_sample(address: SocketAddr) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !get(address, "/api/v1/query?query=up")
        .is_some_and(|body| body.contains("\"itself\"") && body.contains("\"1\""))
    {
        assert!(
            Instant::now() < deadline,
            "Prometheus has no sample after a minute"
        );
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_prometheus_returns_its_rows() {
    if !has("prometheus") {
        return;
    }
    let prometheus = tokio::task::spawn_blocking(|| {
        let prometheus = start();
        wait_for_a_sample(prometheus.address);
        prometheus
    })
    .await
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clusters.yaml");
    let yaml = format!(
        "clusters:\n  - name: here\n    region: local\n    prometheus:\n      url: http://{}\n      auth: none\n",
        prometheus.address
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
        "cluster": "here", "region": "local", "job": "itself", "instance": prometheus.address.to_string(), "value": 1.0
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
