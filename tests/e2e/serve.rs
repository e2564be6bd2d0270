//! `trawl serve`: the endpoint over real sockets.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::support::trawl;

/// A server on the demo fleet; ended when dropped.
struct Server {
    process: Child,
    address: String,
}

impl Drop for Server {
    /// Asks it to end, as a service manager does, so that the fleet removes its files.
    fn drop(&mut self) {
        if matches!(self.process.try_wait(), Ok(Some(_))) {
            return;
        }
        let asked = Command::new("kill")
            .args(["-TERM", &self.process.id().to_string()])
            .status();
        if !asked.is_ok_and(|status| status.success()) {
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}

fn start(faults: &[&str]) -> Server {
    let mut command = trawl();
    command.args(["--demo", "--demo-pods", "20"]);
    for fault in faults {
        command.args(["--demo-fault", fault]);
    }
    let mut process = command
        .args(["serve", "--no-auth", "--listen", "127.0.0.1:0"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    BufReader::new(process.stderr.as_mut().unwrap())
        .read_line(&mut said)
        .unwrap();
    let address = said.trim().rsplit("http://").next().unwrap().to_owned();
    Server { process, address }
}

/// Status, headers and body of one request on a connection of its own.
fn request(server: &Server, head: &str, body: &str) -> (u16, String, String) {
    let mut stream = TcpStream::connect(&server.address).unwrap();
    write!(
        stream,
        "{head}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split_whitespace().nth(1).unwrap().parse().unwrap();
    let body = if head.to_lowercase().contains("transfer-encoding: chunked") {
        unchunked(body)
    } else {
        body.to_owned()
    };
    (status, head.to_lowercase(), body)
}

fn unchunked(mut body: &str) -> String {
    let mut whole = String::new();
    while let Some((size, rest)) = body.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            return whole;
        }
        whole.push_str(&rest[..size]);
        body = &rest[size + 2..];
    }
    panic!("the body has no last chunk: it was cut");
}

fn post(server: &Server, headers: &str, body: &Value) -> (u16, String, String) {
    let head = format!(
        "POST /api/v1/query HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json{headers}",
        server.address
    );
    request(server, &head, &body.to_string())
}

#[test]
fn queries_are_answered_as_json_and_ndjson() {
    let server = start(&["prod-us=refused"]);
    let text = "param env: string; pods | where environment == @env | summarize n = count() by cluster | sort by cluster asc";
    let (status, head, body) = post(
        &server,
        "",
        &json!({"query": text, "params": {"env": "production"}}),
    );
    assert_eq!(status, 200, "{body}");
    assert!(head.contains("content-type: application/json"), "{head}");
    let answer: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        answer["columns"],
        json!([{"name": "cluster", "type": "string"}, {"name": "n", "type": "long"}])
    );
    assert_eq!(answer["rows"], json!([{"cluster": "prod-ap", "n": 20}]));
    assert_eq!(answer["completeness"]["complete"], false);
    assert_eq!(answer["completeness"]["targets"][1]["cluster"], "prod-us");

    let lines = post(
        &server,
        "\r\nAccept: application/x-ndjson",
        &json!({"query": "pods | where cluster == \"staging\" | project name"}),
    )
    .2;
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 21);
    assert!(lines[..20].iter().all(|row| row["name"].is_string()));
    assert_eq!(lines[20]["$completeness"]["complete"], true);

    let (status, _, body) = post(
        &server,
        "",
        &json!({"query": "pods | count", "require": "all"}),
    );
    let error: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        (status, &error["error"]["code"]),
        (503, &json!("incomplete"))
    );
    assert_eq!(error["error"]["completeness"]["answered"], 2);
}

#[test]
fn wrong_requests_get_a_status_and_a_reason() {
    let server = start(&[]);
    let (status, _, body) = post(&server, "", &json!({"query": "pods | where nmae == 1"}));
    let error: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(status, 400, "{body}");
    assert_eq!(error["error"]["diagnostics"][0]["code"], "Q0202");
    assert_eq!(error["error"]["diagnostics"][0]["spans"][0]["start"], 13);

    for (body, expected) in [
        (json!({"qery": "pods"}), 422),
        (json!({"query": "pods", "format": "xml"}), 400),
        (json!({"query": "pods", "timeout_ms": 0}), 400),
        (json!({"query": "pods", "clusters": ["nope"]}), 400),
        (json!({"query": "pods", "require": "some"}), 422),
    ] {
        let (status, _, answer) = post(&server, "", &body);
        assert_eq!(status, expected, "{body}: {answer}");
        assert!(
            serde_json::from_str::<Value>(&answer).unwrap()["error"]["message"].is_string(),
            "{answer}"
        );
    }
    let host = &server.address;
    for (head, expected) in [
        (format!("GET /healthz HTTP/1.1\r\nHost: {host}"), 200),
        (format!("GET /nothing HTTP/1.1\r\nHost: {host}"), 404),
        (format!("GET /api/v1/query HTTP/1.1\r\nHost: {host}"), 405),
        (
            "GET /healthz HTTP/1.1\r\nHost: evil.example".to_owned(),
            403,
        ),
        (
            format!(
                "POST /api/v1/query HTTP/1.1\r\nHost: {host}\r\nOrigin: http://evil.example\r\nContent-Type: application/json"
            ),
            403,
        ),
        (
            format!("POST /api/v1/query HTTP/1.1\r\nHost: {host}\r\nContent-Type: text/plain"),
            415,
        ),
    ] {
        let (status, _, _) = request(&server, &head, "");
        assert_eq!(status, expected, "{head}");
    }
}

#[test]
fn it_ends_when_asked_and_serves_nobody_unknown_beyond_loopback() {
    let mut server = start(&[]);
    let pid = server.process.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(server.process.wait().unwrap().code(), Some(0));

    let refused = trawl()
        .args(["--demo", "serve", "--listen", "0.0.0.0:0"])
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("--tokens"), "{said}");
}

#[test]
fn a_mistake_that_rows_show_is_an_error_and_render_goes_with_the_rows() {
    let server = start(&[]);
    let twice = "nodes | lookup (nodes | project cluster, node = name) on cluster | count";
    let (status, _, body) = post(&server, "", &json!({ "query": twice }));
    let error: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(status, 400, "{body}");
    assert_eq!(error["error"]["code"], "invalid-query");
    assert_eq!(error["error"]["diagnostics"][0]["code"], "Q0410");

    let shown = json!({ "query": "nodes | count | render stat" });
    let (status, _, body) = post(&server, "", &shown);
    let document: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(status, 200, "{body}");
    assert_eq!(document["render"], json!({ "kind": "stat" }));
}
