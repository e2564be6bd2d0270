//! Secrets planted wherever an operator has some, and remotes that show what they were asked with: whatever is asked of the server, none
//! of them appears in an answer, a log, a metric, an audit line, a span or a file of the state.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use trawl_programs::http::send;

use crate::server::{Server, tokens, wait_until};
use crate::support::trawl;

/// Each secret has a name of its own behind this.
const PLANTED: &str = "pl4nted-";

/// A remote that shows its requests, and keeps them.
#[derive(Clone)]
struct Remote {
    address: SocketAddr,
    heads: Arc<Mutex<String>>,
    bodies: Arc<Mutex<Vec<u8>>>,
}

impl Remote {
    /// `shows` makes of a request's head the status, the type and the body of its answer.
    fn start(shows: fn(&str) -> (u16, &'static str, String)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let remote = Self {
            address: listener.local_addr().unwrap(),
            heads: Arc::default(),
            bodies: Arc::default(),
        };
        let kept = remote.clone();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let Some((head, body)) = request(&mut stream) else {
                    continue;
                };
                let (status, kind, shown) = shows(&head);
                kept.heads.lock().unwrap().push_str(&head);
                kept.bodies.lock().unwrap().extend(body);
                let length = shown.len();
                let answer = format!(
                    "HTTP/1.1 {status} x\r\nContent-Type: {kind}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{shown}"
                );
                // Who asked may have gone.
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        remote
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// Head and body of a request.
fn request(stream: &mut impl Read) -> Option<(String, Vec<u8>)> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let length = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, length)| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some((head, body))
}

/// An error that quotes the request.
fn error(head: &str) -> (u16, &'static str, String) {
    let body =
        json!({ "status": "error", "errorType": "bad_data", "error": head, "message": head });
    (400, "application/json", body.to_string())
}

/// Rows that hold it.
fn rows(head: &str) -> (u16, &'static str, String) {
    let row = json!({ "metric": { "seen": head }, "value": [1.0, "1"] });
    let data = json!({ "resultType": "vector", "result": [row] });
    let body = json!({ "status": "success", "data": data });
    (200, "application/json", body.to_string())
}

/// A page that is no answer at all.
fn page(head: &str) -> (u16, &'static str, String) {
    (200, "text/html", format!("<pre>{head}</pre>"))
}

/// An inventory and a kubeconfig with a secret in every place that has one. The remotes are given by what they show.
fn inventory(folder: &Path, remotes: &[(&str, &Remote)]) -> String {
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let bearer = write("bearer", &format!("{PLANTED}bearer-of-a-file"));
    let mut yaml = "clusters:\n".to_owned();
    let (mut clusters, mut users, mut contexts) = (Vec::new(), Vec::new(), Vec::new());
    for (shows, remote) in remotes {
        let (url, address) = (remote.url(), remote.address);
        for (how, prometheus) in [
            (
                "bearer",
                format!("url: '{url}', auth: {{bearer: {{file: '{bearer}'}}}}"),
            ),
            (
                "basic",
                format!(
                    "url: '{url}', auth: {{basic: {{username: me, password: {{env: PLANTED_PASSWORD}}}}}}"
                ),
            ),
            (
                "header",
                format!(
                    "url: '{url}', headers: {{X-Mine: {{env: PLANTED_HEADER}}, X-Api-Key: {PLANTED}plain-key}}"
                ),
            ),
            (
                "url",
                format!("url: 'http://me:{PLANTED}in-a-url@{address}'"),
            ),
            (
                "proxy",
                format!("url: '{url}', proxy: 'http://127.0.0.1:1'"),
            ),
        ] {
            let user = match how {
                "bearer" => json!({ "token": format!("{PLANTED}token-of-a-user") }),
                "basic" => {
                    json!({ "username": "me", "password": format!("{PLANTED}password-of-a-user") })
                }
                "url" => {
                    json!({ "client-certificate-data": "bm8=", "client-key-data": format!("{PLANTED}key") })
                }
                how => {
                    // One that gives a token, and one that fails and says what it was given.
                    let fails = how == "proxy";
                    let script = match fails {
                        true => "echo \"$0 $@ $PLANTED_ENV\" >&2; exit 1",
                        false => {
                            "echo '{\"apiVersion\": \"client.authentication.k8s.io/v1\", \"kind\": \"ExecCredential\", \"status\": {\"token\": \"'$PLANTED_ENV'\"}}'"
                        }
                    };
                    json!({ "exec": {
                        "apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never", "command": "sh",
                        "args": ["-c", script, "sh", "--token", format!("{PLANTED}argument")],
                        "env": [{ "name": "PLANTED_ENV", "value": format!("{PLANTED}environment") }],
                    } })
                }
            };
            let name = format!("{shows}-{how}");
            clusters.push(json!({ "name": name, "cluster": { "server": url } }));
            users.push(json!({ "name": name, "user": user }));
            contexts.push(json!({ "name": name, "context": { "cluster": name, "user": name } }));
            yaml += &format!(
                "- name: {name}\n  kube: {{context: {name}, kubeconfig: '{}'}}\n  prometheus: {{{prometheus}}}\n",
                folder.join("kubeconfig").display()
            );
        }
    }
    let config = json!({
        "apiVersion": "v1", "kind": "Config", "clusters": clusters, "users": users, "contexts": contexts,
    });
    write("kubeconfig", &config.to_string());
    yaml
}

/// The requests of an operation, about a cluster.
fn requests(path: &str, operation: &Value, cluster: &str) -> Vec<(String, String)> {
    let mut path = path.to_owned();
    let mut query = Vec::new();
    let parameters = operation["parameters"].as_array();
    for parameter in parameters.into_iter().flatten() {
        let name = parameter["name"].as_str().unwrap();
        let example = parameter["example"].as_str().unwrap_or("true");
        let value = match name {
            "id" => "01890a5d-ac96-774b-bcce-b302099a8057",
            "cluster" => cluster,
            "name" if path.contains("/clusters/") => cluster,
            _ => example,
        };
        match parameter["in"].as_str() {
            Some("path") => path = path.replace(&format!("{{{name}}}"), value),
            _ => query.push(format!("{name}={value}")),
        }
    }
    if !query.is_empty() {
        path = format!("{path}?{}", query.join("&"));
    }
    if operation.get("requestBody").is_none() {
        return vec![(path, String::new())];
    }
    let texts = [
        "prometheus(\"up\") | project cluster, labels",
        "prometheus.targets | take 1",
        "pods | count",
        "nothings | take 1",
        "pods | where x ==",
    ];
    let body = |text: &str| match path.ends_with("/run") {
        true => json!({ "clusters": [cluster] }),
        false if path.ends_with("/check") || path.ends_with("/format") => json!({ "query": text }),
        false => json!({ "query": text, "clusters": [cluster] }),
    };
    texts
        .iter()
        .map(|text| (path.clone(), body(text).to_string()))
        .collect()
}

#[test]
fn secrets_appear_nowhere_whatever_is_asked_and_whatever_remotes_show() {
    let folder = tempfile::tempdir().unwrap();
    let state = tempfile::tempdir().unwrap();
    let remotes = [
        ("error", Remote::start(error)),
        ("rows", Remote::start(rows)),
        ("page", Remote::start(page)),
    ];
    let named: Vec<(&str, &Remote)> = remotes.iter().map(|(name, it)| (*name, it)).collect();
    let yaml = inventory(folder.path(), &named);
    let file = folder.path().join("clusters.yaml");
    std::fs::write(&file, &yaml).unwrap();
    let collector = Remote::start(|_| (500, "text/plain", "no".to_owned()));
    let token = format!("{PLANTED}token-of-the-server");
    let tokens = tokens(folder.path(), &[(&token, "role: admin")]);
    // A file of hashes has no token; its name would be one.
    let entries = std::fs::read_to_string(&tokens).unwrap();
    std::fs::write(
        &tokens,
        entries.replace(&format!("name: {token}"), "name: boss"),
    )
    .unwrap();
    let audit = state.path().join("audit.log");
    let mut command = trawl();
    command
        .env(
            "PLANTED_PASSWORD",
            format!("{PLANTED}password-of-a-variable"),
        )
        .env("PLANTED_HEADER", format!("{PLANTED}header-of-a-variable"))
        .env(
            "OTEL_EXPORTER_OTLP_HEADERS",
            format!("authorization={PLANTED}of-the-collector"),
        )
        .args(["-vv", "--config"])
        .arg(&file)
        .args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--log-format",
            "json",
            "--alerts",
            "1m",
        ])
        .args(["--otlp-endpoint", &collector.url()])
        .arg("--tokens")
        .arg(&tokens)
        .arg("--audit")
        .arg(&audit)
        .arg("--database-url")
        .arg(state.path().join("state.db"));
    let server = Server::of(state.path(), command);
    wait_until(|| server.ask("GET", "/readyz", &Value::Null).unwrap().0 == 200);

    let ask = |token: &str, method: &str, path: &str, body: &str| {
        let mut headers = vec![("Authorization".to_owned(), format!("Bearer {token}"))];
        if !body.is_empty() {
            headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
        }
        let answer = send(server.address, method, path, &headers, body.as_bytes());
        let (status, headers, body) = answer.unwrap();
        (
            status,
            format!("{headers:?}\n{}", String::from_utf8_lossy(&body)),
        )
    };
    let is_clean = |what: &str, told: &str| {
        let at = told.find(PLANTED);
        let around = at.map(|at| told.get(at.saturating_sub(200)..).unwrap_or(told));
        assert!(at.is_none(), "{what}: {around:?}");
        for secret in ["password-of-a-user", "password-of-a-variable", "in-a-url"] {
            let pair = STANDARD.encode(format!("me:{PLANTED}{secret}"));
            assert!(
                !told.contains(&pair),
                "{what}: the pair of {secret}: {told}"
            );
        }
    };
    let document = ask(&token, "GET", "/openapi.json", "").1;
    let document: Value = serde_json::from_str(document.split_once('\n').unwrap().1).unwrap();
    let names: Vec<&str> = yaml
        .lines()
        .filter_map(|line| line.strip_prefix("- name: "))
        .collect();
    let mut asked = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let is_clusters = path.contains("cluster") || path.contains("/aci/");
            let of_body = operation.get("requestBody").is_some();
            // What is about no cluster is asked once.
            let some = if is_clusters || of_body {
                names.len()
            } else {
                1
            };
            for cluster in names.iter().take(some) {
                for (path, body) in requests(path, operation, cluster) {
                    let method = method.to_uppercase();
                    let (status, told) = ask(&token, &method, &path, &body);
                    assert_ne!(status, 401, "{path}");
                    is_clean(&format!("{method} {path} {body}"), &told);
                    asked += 1;
                }
            }
        }
    }
    assert!(asked > 200, "{asked}");
    let (status, told) = ask(&format!("{PLANTED}guessed"), "GET", "/api/v1/clusters", "");
    assert_eq!(status, 401);
    is_clean("a wrong token", &told);
    // A secret that stands where none may: the edit is refused, and why is told without it.
    let wrong = yaml.replace("{env: PLANTED_PASSWORD}", &format!("{PLANTED}inline"));
    let wrong = wrong.replace(
        "http://127.0.0.1:1'",
        &format!("http://me:{PLANTED}p@127.0.0.1:1'"),
    );
    std::fs::write(&file, &wrong).unwrap();
    let clusters = || ask(&token, "GET", "/api/v1/clusters", "").1;
    wait_until(|| !clusters().contains("\"problems\":[]"));
    is_clean("the inventory's problems", &clusters());

    // They were there to be shown: remotes were asked with each.
    let seen: String = remotes
        .iter()
        .map(|(_, remote)| remote.heads.lock().unwrap().clone())
        .collect();
    let pair = |secret: &str| STANDARD.encode(format!("me:{PLANTED}{secret}"));
    for secret in [
        format!("Bearer {PLANTED}bearer-of-a-file"),
        format!("Bearer {PLANTED}token-of-a-user"),
        format!("Bearer {PLANTED}environment"),
        format!("{PLANTED}header-of-a-variable"),
        format!("{PLANTED}plain-key"),
        pair("password-of-a-user"),
        pair("password-of-a-variable"),
        pair("in-a-url"),
    ] {
        assert!(seen.contains(&secret), "nobody was asked with {secret}");
    }
    wait_until(|| !collector.bodies.lock().unwrap().is_empty());
    let heads = collector.heads.lock().unwrap().clone();
    assert!(heads.contains(&format!("{PLANTED}of-the-collector")));
    is_clean(
        "spans",
        &String::from_utf8_lossy(&collector.bodies.lock().unwrap()),
    );
    drop(server);
    for entry in std::fs::read_dir(state.path()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        is_clean(
            &path.display().to_string(),
            &String::from_utf8_lossy(&bytes),
        );
    }
    let log = std::fs::read_to_string(state.path().join("server.log")).unwrap();
    assert!(log.contains("a credential plugin failed"), "{log}");
    assert!(std::fs::read_to_string(&audit).unwrap().lines().count() > 200);
}

#[test]
fn the_password_of_a_database_is_told_to_nobody() {
    // Nobody listens there.
    let url = format!("postgres://me:{PLANTED}database@127.0.0.1:1/none");
    let refused = trawl()
        .args(["-vv", "--demo", "--demo-pods", "1", "serve", "--no-auth"])
        .args(["--log-format", "json", "--database-url", &url])
        .output()
        .unwrap();
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(2), "{said}");
    assert!(said.contains("127.0.0.1:1"), "{said}");
    assert!(!said.contains(PLANTED), "{said}");
}
