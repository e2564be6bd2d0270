//! Owns the remote that the guests of both languages ask, and what it was asked; refuses to know which of them asks.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// Documents whose member `x` is every kind of value.
const DOCUMENTS: &str = r#"[{"x": null}, {"x": true}, {"x": -1}, {"x": 300}, {"x": 2.5}, {"x": "7"}, {"x": "true"}, {"x": "1970-01-01T00:00:01Z"},
    {"x": "500m"}, {"x": "1h30m"}, {"x": "-1.5e3"}, {"x": 9007199254740993}, {"x": "\ud800"}, {"x": "NaN"}, {"x": {"a": {"b": [1, "ü"]}}},
    {"x": [{"k": 1}, {"k": "2"}, 5, {"k": "z"}]}, {}, 7]"#;

/// A server on a port of its own, for as long as the test runs.
pub struct Remote {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Remote {
    /// Starts it.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let log = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let log = Arc::clone(&log);
                std::thread::spawn(move || serve(stream, &log));
            }
        });
        Self { url, asked }
    }

    /// Its address.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// What it was asked since this was last called.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().expect("the log"))
    }
}

/// One request a connection.
fn serve(stream: TcpStream, log: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    let _ = reader.read_line(&mut first);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 || line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = vec![0; length];
    let _ = reader.read_exact(&mut body);
    let asked = first.trim().trim_end_matches(" HTTP/1.1").to_owned();
    let target = asked.split(' ').nth(1).unwrap_or_default().to_owned();
    let body = String::from_utf8_lossy(&body);
    log.lock()
        .expect("the log")
        .push(format!("{asked} {body}").trim().to_owned());
    let (status, headers, body) = answer(&target);
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n",
        body.len()
    );
    let mut stream = reader.into_inner();
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(body.as_bytes());
}

fn answer(target: &str) -> (u16, &'static str, String) {
    let json = "content-type: application/json\r\n";
    match target {
        "/documents" => (200, "x-count: 18\r\nx-secret: s\r\n", DOCUMENTS.to_owned()),
        "/deep" => (
            200,
            json,
            format!("{}{}", "[".repeat(200_000), "]".repeat(200_000)),
        ),
        "/broken" => (200, json, "{\"a\": NaN}".to_owned()),
        "/shapes" => (
            200,
            json,
            r#"{"a": {"b": null, "flag": true}, "n": 7, "list": [{}, 5]}"#.to_owned(),
        ),
        of if of.starts_with("/null") => (200, json, "null".to_owned()),
        of if of.starts_with("/odd") => (
            200,
            json,
            r#"{"items": ["a"], "next": {"x": 1}}"#.to_owned(),
        ),
        "/search" => (200, json, "{\"n\": 41}".to_owned()),
        "/503" => (
            503,
            "retry-after: 2\r\n",
            "{\"message\": \"down for\\n maintenance\"}".to_owned(),
        ),
        "/403" => (403, json, "<html>no\u{7}</html>".repeat(40)),
        "/302" => (302, "location: http://127.0.0.1:1/\r\n", String::new()),
        "/first?size=2&tag=a&tag=b" => (
            200,
            json,
            "{\"items\": [\"a\", \"b\"], \"next\": \"n&1\"}".to_owned(),
        ),
        "/first?size=2&tag=a&tag=b&page=n%261" => {
            (200, json, "{\"items\": [\"c\"], \"next\": null}".to_owned())
        }
        of if of.starts_with("/again") => (
            200,
            json,
            "{\"items\": [\"a\"], \"next\": \"x\"}".to_owned(),
        ),
        _ => (404, "", String::new()),
    }
}
