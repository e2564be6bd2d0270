//! Who may ask `trawl serve`: the machine's own token, a file of tokens that changes, and what secrets leave behind.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use trawl_demo::{Fleet, FleetOptions};

use crate::support::trawl;

/// Only there so that a test ends.
const LONG: Duration = Duration::from_secs(60);

/// A server on the demo fleet; ended when dropped.
struct Server {
    process: Child,
    address: String,
    lines: Receiver<String>,
    said: Vec<String>,
}

impl Server {
    fn start(state: &Path, args: &[&str]) -> Self {
        Self::over(&["--demo", "--demo-pods", "5"], state, args)
    }

    /// Over a fleet that these arguments name.
    fn over(fleet: &[&str], state: &Path, args: &[&str]) -> Self {
        let mut process = trawl()
            .env("XDG_STATE_HOME", state)
            .arg("-vv")
            .args(fleet)
            .arg("serve")
            .args(["--listen", "127.0.0.1:0"])
            .args(args)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (tell, lines) = channel();
        let stderr = BufReader::new(process.stderr.take().unwrap());
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let _ = tell.send(line);
            }
        });
        let mut server = Self {
            process,
            address: String::new(),
            lines,
            said: Vec::new(),
        };
        let line = server.says("listening on");
        server.address = line.rsplit("http://").next().unwrap().to_owned();
        server
    }

    /// The next line that has this in it.
    fn says(&mut self, part: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(LONG).unwrap();
            self.said.push(line.clone());
            if line.contains(part) {
                return line;
            }
        }
    }

    /// Status and body of a query.
    fn query(&self, token: Option<&str>, text: &str) -> (u16, String) {
        let body = serde_json::json!({ "query": text }).to_string();
        self.ask("POST /api/v1/query", token, &body)
    }

    /// Status and answer of a request.
    fn ask(&self, request: &str, token: Option<&str>, body: &str) -> (u16, String) {
        let token = token.map(|token| format!("Authorization: Bearer {token}\r\n"));
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "{request} HTTP/1.1\r\nHost: {}\r\n{}Content-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            token.unwrap_or_default(),
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split_whitespace().nth(1).unwrap().parse().unwrap();
        (status, answer)
    }
}

impl Drop for Server {
    /// Asks it to end, as a service manager does, so that the fleet removes its files.
    fn drop(&mut self) {
        let asked = Command::new("kill")
            .args(["-TERM", &self.process.id().to_string()])
            .status();
        if !asked.is_ok_and(|status| status.success()) {
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}

#[test]
fn a_machine_has_a_token_of_its_own() {
    let state = tempfile::tempdir().unwrap();
    let mut server = Server::start(state.path(), &[]);
    let path = server.says("its token is in");
    let path = path.split("its token is in ").nth(1).unwrap().to_owned();
    assert_eq!(Path::new(&path), state.path().join("trawl/token"));
    let token = std::fs::read_to_string(&path).unwrap();
    assert_eq!(server.query(Some(token.trim()), "nodes | count").0, 200);
    assert_eq!(server.query(None, "nodes | count").0, 401);
    drop(server);
    // The next server has the same.
    let server = Server::start(state.path(), &[]);
    assert_eq!(server.query(Some(token.trim()), "nodes | count").0, 200);
}

#[test]
fn a_file_of_tokens_says_who_sees_what_and_is_read_again() {
    let made = trawl().args(["token", "grafana"]).output().unwrap();
    assert_eq!(made.status.code(), Some(0));
    let token = String::from_utf8(made.stdout).unwrap().trim().to_owned();
    let said = String::from_utf8(made.stderr).unwrap();
    let entry = said.split("\n\n").nth(1).unwrap().trim_end();
    assert!(!entry.contains(&token), "{entry}");

    let folder = tempfile::tempdir().unwrap();
    let tokens = folder.path().join("tokens.yaml");
    let audit = folder.path().join("audit");
    let scoped = |cluster: &str| format!("{entry}\n  scope: {{clusters: [{cluster}]}}\n");
    std::fs::write(&tokens, scoped("staging")).unwrap();
    let files = [tokens.to_str().unwrap(), audit.to_str().unwrap()];
    let args = ["--tokens", files[0], "--audit", files[1]];
    let mut server = Server::start(folder.path(), &args);
    let clusters = "nodes | summarize count() by cluster";
    let (status, answer) = server.query(Some(&token), clusters);
    assert_eq!(status, 200, "{answer}");
    assert!(
        answer.contains("staging") && !answer.contains("prod"),
        "{answer}"
    );
    assert!(!folder.path().join("trawl/token").exists());

    std::fs::write(&tokens, "tokens: [{name: x}]\n").unwrap();
    let refused = server.says("go on");
    assert!(refused.contains("line 1"), "{refused}");
    assert_eq!(server.query(Some(&token), clusters).0, 200);
    std::fs::write(&tokens, scoped("prod-us")).unwrap();
    server.says("1 tokens");
    let (_, answer) = server.query(Some(&token), clusters);
    assert!(
        answer.contains("prod-us") && !answer.contains("staging"),
        "{answer}"
    );
    assert_eq!(server.query(Some("trawl_guessed"), clusters).0, 401);

    // The lines are there once the answers were read; no secret is in them or in the log.
    let began = Instant::now();
    let lines = loop {
        let lines = std::fs::read_to_string(&audit).unwrap();
        if lines.lines().count() == 4 {
            break lines;
        }
        assert!(began.elapsed() < LONG, "{lines}");
        std::thread::yield_now();
    };
    assert!(lines.contains("\"caller\":\"grafana\"") && lines.contains("\"denied\""));
    while let Ok(line) = server.lines.try_recv() {
        server.said.push(line);
    }
    let log = server.said.join("\n");
    for secret in [token.as_str(), "trawl_guessed"] {
        assert!(!lines.contains(secret) && !log.contains(secret), "{secret}");
    }
}

#[test]
fn beyond_loopback_callers_have_tokens_and_tls() {
    let folder = tempfile::tempdir().unwrap();
    let tokens = folder.path().join("tokens.yaml");
    std::fs::write(&tokens, "tokens: []\n").unwrap();
    let tokens = tokens.to_str().unwrap();
    for (args, part) in [
        (vec![], "--tokens"),
        (vec!["--no-auth"], "--tokens"),
        (vec!["--tokens", tokens], "--tls-cert"),
        (vec!["--tokens", tokens, "--no-auth"], "cannot be used with"),
        (
            vec!["--tokens", tokens, "--tls-cert", "none.pem"],
            "--tls-key",
        ),
        (
            vec![
                "--tokens",
                tokens,
                "--tls-cert",
                "none.pem",
                "--tls-key",
                "none.pem",
            ],
            "none.pem: expected a chain of certificates",
        ),
        (
            vec!["--tokens", "none.yaml", "--insecure-http"],
            "none.yaml",
        ),
    ] {
        let refused = trawl()
            .args(["--demo", "serve", "--listen", "0.0.0.0:0"])
            .args(&args)
            .output()
            .unwrap();
        let said = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(2), "{args:?}: {said}");
        assert!(said.contains(part), "{args:?}: {said}");
    }
    let wrong = trawl().args(["token", "two words"]).output().unwrap();
    assert_eq!(wrong.status.code(), Some(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clusters_are_asked_in_the_name_of_each_caller() {
    let fleet = Fleet::start(FleetOptions {
        clusters: 1,
        ..FleetOptions::default()
    });
    let fleet = fleet.await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let inventory = std::fs::read_to_string(fleet.clusters_yaml()).unwrap();
    let inventory = inventory.replace("kube: {", "kube: {impersonate: caller, ");
    let put = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let config = put("clusters.yaml", &inventory);
    let entry = |name: &str, groups: &str| {
        let hash = trawl_server::TokenHash::of(name);
        format!(
            "- {{name: {name}, sha256: {hash}, role: reader, kubernetes: {{groups: [{groups}]}}}}\n"
        )
    };
    let entries = [("jane", "'acme:payments'"), ("jim", "'acme:search'")];
    let entries: String = entries
        .iter()
        .map(|(name, groups)| entry(name, groups))
        .collect();
    let tokens = put("tokens.yaml", &format!("tokens:\n{entries}"));
    let of_payments = "pods | where namespace == 'payments' | summarize n = count() by namespace";
    put(
        "queries/own.trawl",
        &format!("/// Own.\nsyntax 1;\n{of_payments}\n"),
    );
    let alert = format!("/// Watched.\n/// @alert\nsyntax 1;\n{of_payments}, cluster\n");
    put("queries/watched.trawl", &alert);
    let refused = "/// Refused.\n/// @alert unreachable\nsyntax 1;\nnodes | project cluster\n";
    put("queries/refused.trawl", refused);
    let queries = folder.path().join("queries");

    let fleet_args = ["--config", &config];
    let serve = ["--tokens", &tokens, "--queries", queries.to_str().unwrap()];
    let wrong = trawl()
        .args(fleet_args)
        .args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--alerts",
            "10s",
            "--alerts-as",
            "jan",
        ])
        .args(serve)
        .output()
        .unwrap();
    let said = String::from_utf8(wrong.stderr).unwrap();
    assert_eq!(wrong.status.code(), Some(2), "{said}");
    assert!(
        said.contains("did you mean `jane`?") && said.contains("it has jane, jim"),
        "{said}"
    );

    let also = ["--alerts", "10s", "--alerts-as", "jane", "--cache", "10m"];
    let args = [&serve[..], &also].concat();
    let server = Server::over(&fleet_args, folder.path(), &args);
    let row = "{\"namespace\":\"payments\",\"n\":";
    let (_, jane) = server.query(Some("jane"), of_payments);
    assert!(
        jane.contains("\"complete\":true") && jane.contains(row),
        "{jane}"
    );
    let (_, jim) = server.query(Some("jim"), of_payments);
    assert!(
        !jim.contains(row) && jim.contains("User \\\"jim\\\" cannot list"),
        "{jim}"
    );

    // Saved queries are answered with rows of a moment ago, each caller with its own.
    let run = |name| server.ask("POST /api/v1/queries/own/run", Some(name), "").1;
    assert!(!run("jane").contains("\"age_ms\":"));
    let again = run("jane");
    assert!(
        again.contains("\"age_ms\":") && again.contains(row),
        "{again}"
    );
    let other = run("jim");
    assert!(
        !other.contains("\"age_ms\":") && !other.contains(row),
        "{other}"
    );
    let fresh = server.ask(
        "POST /api/v1/queries/own/run",
        Some("jane"),
        "{\"cache\": {\"max_age_ms\": 0}}",
    );
    assert!(!fresh.1.contains("\"age_ms\":"), "{}", fresh.1);

    // A shape without targets says it in a header.
    let list = "GET /api/aci/pods?cluster=prod-ap&namespace=payments";
    let aged = |name| {
        let (status, answer) = server.ask(list, Some(name), "");
        assert_eq!(status, 200, "{answer}");
        answer.contains("\r\nage: ")
    };
    assert_eq!(
        [aged("jane"), aged("jane"), aged("jim")],
        [false, true, false]
    );

    // Alerts see what their caller sees.
    let began = Instant::now();
    let alerts = loop {
        let (_, alerts) = server.ask("GET /api/v1/alerts", Some("jim"), "");
        if alerts.contains("\"namespace\":\"payments\"") && alerts.contains("on nodes") {
            break alerts;
        }
        assert!(began.elapsed() < LONG, "{alerts}");
        std::thread::yield_now();
    };
    let unknown =
        "\"name\":\"refused\",\"title\":\"Refused.\",\"status\":\"unknown\",\"as\":\"jane\"";
    assert!(
        alerts.contains(unknown),
        "a cluster that refuses is not down: {alerts}"
    );
    drop(server);
    fleet.shutdown().await;
}
