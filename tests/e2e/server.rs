//! A `trawl serve` of its own for a test: its address, what it says on stderr, and questions over plain HTTP.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use trawl_programs::http::send;

use crate::support::trawl;

/// A server, with a state of its own; ended when dropped.
pub struct Server {
    process: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// What it says on stderr is here.
    pub log: PathBuf,
}

impl Drop for Server {
    /// Asks it to end, as a service manager does, so that an embedded fleet removes its files.
    fn drop(&mut self) {
        let pid = self.process.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &pid]).status();
        let _ = self.process.wait();
    }
}

/// Asks until it is so. The end of the test's patience is the test runner's.
pub fn wait_until(mut is_so: impl FnMut() -> bool) {
    while !is_so() {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

impl Server {
    /// On the embedded fleet, of one cluster.
    pub fn start(folder: &Path, args: &[&str]) -> Self {
        let state = folder.join("state.db").display().to_string();
        let demo = ["--demo", "--demo-pods", "5", "--demo-clusters", "1"];
        Self::with(folder, &demo, &state, args)
    }

    /// With these global arguments, this database and these arguments of `serve`.
    pub fn with(folder: &Path, global: &[&str], state: &str, args: &[&str]) -> Self {
        let mut command = trawl();
        command
            .arg("-v")
            .args(global)
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(["--database-url", state])
            .args(args);
        Self::of(folder, command)
    }

    /// What this command starts; its log goes to a file of the folder.
    pub fn of(folder: &Path, mut command: Command) -> Self {
        let log = folder.join("server.log");
        let mut process = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let mut said = String::new();
        let address = lines.by_ref().map_while(Result::ok).find_map(|line| {
            said.push_str(&line);
            said.push('\n');
            line.split_once("listening on http://")?
                .1
                .trim()
                .parse()
                .ok()
        });
        let address = address.unwrap_or_else(|| panic!("it did not listen: {said}"));
        std::fs::write(&log, said).unwrap();
        let mut copy = std::fs::OpenOptions::new().append(true).open(&log).unwrap();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                writeln!(copy, "{line}").unwrap();
            }
        });
        Self {
            process,
            address,
            log,
        }
    }

    /// The number of its process.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Ends it as a failing machine does.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Status and document; none where it answers no more.
    pub fn ask(&self, method: &str, path: &str, body: &Value) -> Option<(u16, Value)> {
        ask(self.address, method, path, body)
    }

    /// The document of an answer that must be 200.
    pub fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask("GET", path, &Value::Null).unwrap();
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// Waits until its plugins are loaded.
    pub fn ready(&self) {
        wait_until(|| self.ask("GET", "/readyz", &Value::Null).unwrap().0 == 200);
    }

    /// The series of `/metrics`, each as `name{labels} value`.
    pub fn metrics(&self) -> Vec<String> {
        let (status, _, body) = send(self.address, "GET", "/metrics", &[], &[]).unwrap();
        let body = String::from_utf8(body).unwrap();
        assert_eq!(status, 200, "{body}");
        let lines = body.lines().filter(|line| !line.starts_with('#'));
        lines.map(str::to_owned).collect()
    }

    /// The names of its clusters.
    pub fn names(&self) -> Vec<String> {
        let list = self.get("/api/v1/clusters");
        let clusters = list["clusters"].as_array().unwrap().iter();
        clusters
            .map(|it| it["name"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// Status and document of one request; none where nobody answers.
pub fn ask(address: SocketAddr, method: &str, path: &str, body: &Value) -> Option<(u16, Value)> {
    ask_as(address, None, method, path, body)
}

/// The same with a token.
pub fn ask_as(
    address: SocketAddr,
    token: Option<&str>,
    method: &str,
    path: &str,
    body: &Value,
) -> Option<(u16, Value)> {
    let mut headers = Vec::new();
    if !body.is_null() {
        headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
    }
    if let Some(token) = token {
        headers.push(("Authorization".to_owned(), format!("Bearer {token}")));
    }
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let (status, _, answer) = send(address, method, path, &headers, body.as_bytes())?;
    Some((
        status,
        serde_json::from_slice(&answer).unwrap_or(Value::Null),
    ))
}

/// The hash of a token, as a file of tokens has it.
pub fn hash(token: &str) -> String {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(token.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A file of tokens in a folder, each a name (which is also the token) with the rest of its entry: `role: reader`.
pub fn tokens(folder: &Path, entries: &[(&str, &str)]) -> PathBuf {
    let entry = |(name, rest): &(&str, &str)| {
        format!("- {{name: {name}, sha256: {}, {rest}}}\n", hash(name))
    };
    let file = folder.join("tokens.yaml");
    let entries: String = entries.iter().map(entry).collect();
    std::fs::write(&file, format!("tokens:\n{entries}")).unwrap();
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    file
}
