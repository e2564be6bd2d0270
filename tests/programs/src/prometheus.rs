//! Owns a Prometheus with backfilled samples; refuses other servers.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use serde_json::Value;

use crate::http::{encoded, get};
use crate::{BETWEEN, Ended, PATIENCE, Socket};

/// A Prometheus with backfilled samples; ended when dropped.
pub struct Prometheus {
    _process: Ended,
    address: SocketAddr,
    _folder: tempfile::TempDir,
}

/// Whether it comes to answer; false when it ends before.
fn is_ready(process: &mut Child, address: SocketAddr) -> bool {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let ready = get(address, "/-/ready").is_some_and(|(status, _, _)| status == 200);
        // Somebody else may answer at that port.
        if process.try_wait().unwrap().is_some() {
            return false;
        }
        if ready {
            return true;
        }
        assert!(Instant::now() < deadline, "Prometheus is not ready in time");
        std::thread::sleep(BETWEEN);
    }
}

impl Prometheus {
    /// Whether Prometheus and its tool are installed.
    ///
    /// # Panics
    /// Under CI where they are not.
    pub fn is_here() -> bool {
        crate::has(&["prometheus", "promtool"])
    }

    /// Starts one with the samples of an OpenMetrics text, and the sections of a configuration; `@` in them is its address.
    /// Waits until it answers.
    pub fn start(samples: &str, config: &str, rules: &str) -> Self {
        Self::start_with("exemplar-storage", samples, config, rules)
    }

    /// The same with features of that name switched on.
    pub fn start_with(features: &str, samples: &str, config: &str, rules: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("samples.txt"), samples).unwrap();
        let backfilled = Command::new("promtool")
            .args(["tsdb", "create-blocks-from", "openmetrics"])
            .args([path("samples.txt"), path("data")])
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&backfilled.stderr);
        assert!(backfilled.status.success(), "{errors}");
        fs::write(path("rules.yml"), rules).unwrap();
        // A port that is free now may be taken before Prometheus takes it; then Prometheus ends, and another port will do.
        for _ in 0..5 {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap();
            drop(listener);
            let config = config.replace('@', &address.to_string());
            fs::write(path("prometheus.yml"), config).unwrap();
            let process = Command::new("prometheus")
                .arg(format!(
                    "--config.file={}",
                    path("prometheus.yml").display()
                ))
                .arg(format!("--storage.tsdb.path={}", path("data").display()))
                .arg("--storage.tsdb.retention.time=100y")
                .arg(format!("--enable-feature={features}"))
                .arg(format!("--web.listen-address={address}"))
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let mut process = Ended(process);
            if is_ready(&mut process.0, address) {
                return Self {
                    _process: process,
                    address,
                    _folder: folder,
                };
            }
        }
        panic!("Prometheus ended five times before it was ready");
    }

    /// Asks until the answer is as it should be.
    pub fn wait_for(&self, path: &str, is_right: impl Fn(&str) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let body = get(self.address, path).map(|(_, _, body)| body);
            if body.is_some_and(|body| is_right(&String::from_utf8_lossy(&body))) {
                return;
            }
            assert!(Instant::now() < deadline, "{path} is not right in time");
            std::thread::sleep(BETWEEN);
        }
    }

    /// `data` of an answer of the API, asked for without the plugin.
    pub fn api(&self, function: &str, pairs: &[(&str, &str)]) -> Value {
        let answered = self.try_api(function, pairs);
        answered.unwrap_or_else(|words| panic!("{function} {pairs:?}: {words}"))
    }

    /// The same, or the server's words.
    pub fn try_api(&self, function: &str, pairs: &[(&str, &str)]) -> Result<Value, String> {
        let pairs: Vec<String> = pairs
            .iter()
            .map(|(k, v)| format!("{}={}", encoded(k), encoded(v)))
            .collect();
        let path = format!("/api/v1/{function}?{}", pairs.join("&"));
        let (_, _, body) = get(self.address, &path).unwrap();
        let mut body: Value = serde_json::from_slice(&body).unwrap();
        match body["status"].as_str() {
            Some("success") => Ok(body["data"].take()),
            _ => Err(body["error"].as_str().unwrap().to_owned()),
        }
    }

    /// What a plugin asks through.
    pub fn transport(&self) -> std::rc::Rc<Socket> {
        Socket::to(self.address)
    }

    /// Its address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}
