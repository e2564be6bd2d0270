//! Plugins of a server that runs: added, replaced and granted without a restart, and rebuilt while their author writes them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::plugins::{Place, changed, stranger};
use crate::registry::digest;
use crate::support::{has, trawl};

/// Only there so that a test ends: what is waited for comes within a second or two.
const PATIENCE: Duration = Duration::from_secs(120);

/// A server, and what it says.
struct Server {
    process: Child,
    address: String,
    said: Receiver<String>,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = Command::new("kill")
            .args(["-TERM", &self.process.id().to_string()])
            .status();
        let _ = self.process.wait();
    }
}

impl Server {
    fn start(place: &Place, args: &[&str]) -> Self {
        let mut command = trawl();
        command.arg("--config").arg(place.clusters_yaml());
        Self::of(command, place, args)
    }

    fn of(mut command: Command, place: &Place, args: &[&str]) -> Self {
        let mut process = command
            .arg("--plugins")
            .arg(place.plugins())
            .args(args)
            .args(["--listen", "127.0.0.1:0"])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (said, lines) = channel();
        let stderr = BufReader::new(process.stderr.take().unwrap());
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let _ = said.send(line);
            }
        });
        let mut server = Self {
            process,
            address: String::new(),
            said: lines,
        };
        let line = server.says("listening on");
        server.address = line.rsplit("http://").next().unwrap().to_owned();
        server
    }

    /// Waits for a line with this in it.
    fn says(&self, part: &str) -> String {
        let mut before = Vec::new();
        loop {
            match self.said.recv_timeout(PATIENCE) {
                Ok(line) if line.contains(part) => return line,
                Ok(line) => before.push(line),
                Err(_) => panic!("expected `{part}`, got {before:#?}"),
            }
        }
    }

    /// The status and body of a query.
    fn query(&self) -> (u16, String) {
        query(&self.address)
    }

    /// Asks until the answer has this in it.
    fn answers(&self, part: &str) {
        self.answers_to("stranger", part);
    }

    /// Asks the plugin that is installed under a name.
    fn answers_to(&self, plugin: &str, part: &str) {
        let begin = Instant::now();
        loop {
            let (status, body) = query_of(&self.address, plugin);
            if body.contains(part) {
                return;
            }
            assert!(
                begin.elapsed() < PATIENCE,
                "expected `{part}`, got {status} {body}"
            );
        }
    }
}

fn query(address: &str) -> (u16, String) {
    query_of(address, "stranger")
}

fn query_of(address: &str, plugin: &str) -> (u16, String) {
    let body = format!(r#"{{"query": "{plugin}.things | summarize n = sum(n)"}}"#);
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "POST /api/v1/query HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split_whitespace().nth(1).unwrap().parse().unwrap();
    (status, body.to_owned())
}

#[test]
fn a_server_takes_what_is_added_and_running_queries_end_on_what_they_began_with() {
    let place = Place::new();
    place.inventory(false);
    let one = stranger();
    let server = Server::start(&place, &["serve", "--no-auth"]);
    assert!(!server.query().1.contains("\"rows\""));

    // Added, connected and granted while it runs.
    let file = place.write("1.wasm", &one);
    let added = place.run(&["plugin", "add", &file]);
    assert_eq!(added.code, 0, "{}", added.stderr);
    place.inventory(true);
    assert_eq!(place.run(&["plugin", "add", &file, "--grant", "*"]).code, 0);
    server.answers(r#""n":3"#);

    // A query that waits for its remote goes on while a newer version takes over.
    place.api.hold("/v1/things");
    place.api.asked();
    let address = server.address.clone();
    let slow = std::thread::spawn(move || query(&address));
    let begin = Instant::now();
    while place.api.asked().is_empty() {
        assert!(
            begin.elapsed() < PATIENCE,
            "the query did not reach its remote"
        );
        std::thread::yield_now();
    }
    let newer = changed(&one, &[("1.0.0", "1.0.1")]);
    let added = place.run(&["plugin", "add", &place.write("1.wasm", &newer)]);
    assert_eq!(added.code, 0, "{}", added.stderr);
    server.says("1.0.1 serves instead of 1.0.0");
    place.api.release("/v1/things");
    let (status, body) = slow.join().unwrap();
    assert_eq!(status, 200, "{body}");
    assert!(body.contains(r#""n":3"#), "{body}");
    server.answers(r#""n":3"#);

    // A bad edit changes nothing, and is told.
    let good = std::fs::read_to_string(place.clusters_yaml()).unwrap();
    std::fs::write(place.clusters_yaml(), "clusters: [{nmae: one}]\n").unwrap();
    server.says("a change is not taken over");
    server.answers(r#""n":3"#);
    std::fs::write(
        place.clusters_yaml(),
        good.replace("/v1/things", "/v9/things"),
    )
    .unwrap();
    server.answers("GET /v1/things");
}

#[test]
fn a_server_refuses_a_replacement_that_asks_for_more_than_plugins_get() {
    let place = Place::new();
    let file = place.write("1.wasm", &stranger());
    let added = place.run(&["plugin", "add", &file, "--grant", "*"]);
    assert_eq!(added.code, 0, "{}", added.stderr);
    let server = Server::start(&place, &["serve", "--no-auth"]);
    server.answers(r#""n":3"#);
    // `add` would refuse it: the lock file comes from elsewhere, as one under version control does.
    let evil = wat::parse_str(
        "(component (import \"wasi:sockets/tcp@0.2.6\" (instance))
            (instance $i) (export \"trawl:source/source@0.1.0\" (instance $i)))",
    )
    .unwrap();
    let digest = digest(&evil);
    let stored = format!("{}.wasm", digest.replace(':', "-"));
    std::fs::write(place.plugins().join(stored), evil).unwrap();
    let lock = place.plugins().join("plugins.lock.json");
    let mut document: Value = serde_json::from_slice(&std::fs::read(&lock).unwrap()).unwrap();
    document["plugins"][0]["installed"]["digest"] = json!(digest);
    std::fs::write(&lock, document.to_string()).unwrap();
    let said = server.says("it would open network connections of its own");
    for part in [
        "plugin stranger cannot be loaded",
        "`wasi:sockets/tcp@0.2.6`",
        "; stranger 1.0.0 serves on as before",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    server.answers(r#""n":3"#);
}

#[test]
fn a_plugin_that_is_removed_ends_although_the_inventory_still_names_it() {
    let place = Place::new();
    let file = place.write("1.wasm", &stranger());
    let text = std::fs::read_to_string(place.clusters_yaml()).unwrap();
    let theirs = format!("  theirs: {{url: 'http://{}'}}\n", place.api.host);
    std::fs::write(place.clusters_yaml(), text.clone() + &theirs).unwrap();
    for name in ["stranger", "theirs"] {
        let add = ["plugin", "add", &file, "--name", name, "--grant", "*"];
        // Of the first one the inventory names a plugin that is not there yet, and the grant has to wait.
        place.run(&add);
    }
    let added = place.run(&["plugin", "add", &file, "--grant", "*", "--name", "stranger"]);
    assert_eq!(added.code, 0, "{}", added.stderr);
    let server = Server::start(&place, &["serve", "--no-auth"]);
    server.answers(r#""n":3"#);
    server.answers_to("theirs", r#""n":3"#);

    assert_eq!(place.run(&["plugin", "remove", "stranger"]).code, 0);
    server.says("names plugins that were removed; all else of it is taken over");
    server.answers("no table `stranger.things`");
    server.answers_to("theirs", r#""n":3"#);
    // What is taken away from another plugin holds at once, too.
    let text = std::fs::read_to_string(place.clusters_yaml()).unwrap();
    std::fs::write(
        place.clusters_yaml(),
        text.replace("/v1/things", "/v9/things"),
    )
    .unwrap();
    server.answers_to("theirs", "GET /v1/things");
}

#[test]
fn a_server_stays_with_its_inventory_while_the_file_is_away() {
    let place = Place::new();
    let config = place.path("config");
    std::fs::create_dir(&config).unwrap();
    std::fs::rename(place.clusters_yaml(), config.join("clusters.yaml")).unwrap();
    let kubeconfig = place.write(
        "kubeconfig",
        b"apiVersion: v1\nkind: Config\ncontexts: [{name: other, context: {cluster: other}}]\n",
    );
    let file = place.write("1.wasm", &stranger());
    let mut command = trawl();
    command
        .current_dir(place.path(""))
        .arg("--plugins")
        .arg(place.plugins())
        .args(["plugin", "add", &file, "--grant", "*"]);
    let added = command.output().unwrap();
    assert!(added.status.success(), "{added:?}");
    let mut command = trawl();
    command
        .current_dir(place.path(""))
        .env("KUBECONFIG", kubeconfig);
    let server = Server::of(command, &place, &["serve", "--no-auth"]);
    server.answers(r#""n":3"#);

    let clusters = config.join("clusters.yaml");
    let text = std::fs::read_to_string(&clusters).unwrap();
    std::fs::remove_file(&clusters).unwrap();
    let said = server.says("a change is not taken over");
    assert!(said.contains("cannot be read"), "{said}");
    server.answers(r#""n":3"#);
    // It comes back, with less granted.
    std::fs::write(&clusters, text.replace("/v1/things", "/v9/things")).unwrap();
    server.answers("GET /v1/things");
}

#[test]
fn a_plugin_is_served_while_it_is_written() {
    if !has(&["npm"]) {
        return;
    }
    let place = Place::new();
    let one = stranger();
    let project = place.path("project");
    std::fs::create_dir_all(project.join("node_modules")).unwrap();
    // What is tested is that it is built again, not by what.
    std::fs::write(
        project.join("package.json"),
        r#"{"name": "stranger", "scripts": {"build": "cp plugin.source dist/stranger.wasm"}}"#,
    )
    .unwrap();
    let source = project.join("plugin.source");
    std::fs::write(&source, &one).unwrap();
    let text = std::fs::read_to_string(place.clusters_yaml()).unwrap();
    std::fs::write(
        place.clusters_yaml(),
        format!("{text}plugins: {{stranger: {{grants: [{{clusters: ['*'], operations: [GET /v1/things]}}]}}}}\n"),
    )
    .unwrap();
    let server = Server::start(
        &place,
        &["plugin", "dev", "--no-auth", project.to_str().unwrap()],
    );
    server.answers(r#""n":3"#);
    std::fs::write(&source, changed(&one, &[("1.0.0", "1.0.1")])).unwrap();
    server.says("building stranger");
    server.says("1.0.1 serves instead of 1.0.0");
    server.answers(r#""n":3"#);
    std::fs::write(&source, b"\0asm\x01\0\0\0").unwrap();
    server.says("stranger serves on as it was");
    server.answers(r#""n":3"#);
}
