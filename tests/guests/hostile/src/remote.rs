//! What must not leave the sandbox, and what must not come into it: other hosts and paths, headers, secrets. Outcomes are put out
//! as rows, for a test to read.

use crate::error;
use crate::rows::texts;
use crate::scans::healthy;
use crate::trawl::source::http::{Exchange, Request, start};
use crate::trawl::source::logging::{Level, log};
use crate::trawl::source::output::Sink;
use crate::trawl::source::types::{Error, ErrorCode, Method, Payload};

/// Headers that are never a guest's, and some that nobody declared.
const HEADERS: [(&str, &str); 12] = [
    ("Host", "evil.example"),
    ("Authorization", "Bearer stolen"),
    ("Cookie", "session=stolen"),
    ("Impersonate-User", "system:admin"),
    ("Impersonate-Group", "system:masters"),
    ("X-Forwarded-For", "127.0.0.1"),
    ("X-Scope-OrgID", "another-tenant"),
    ("Upgrade", "websocket"),
    ("Connection", "Upgrade"),
    ("Transfer-Encoding", "chunked"),
    ("X-Undeclared", "anything"),
    ("X-Declared", "this one may"),
];

/// Segments that would lead elsewhere, were they taken as they are.
const SEGMENTS: [&[&str]; 12] = [
    &[".."],
    &["a", "..", "b"],
    &["."],
    &[""],
    &["a/b"],
    &["..%2f.."],
    &["", "evil.example"],
    &["http://evil.example/"],
    &["@evil.example"],
    &["x\r\nHost: evil.example"],
    &["x\0"],
    &["a\\b"],
];

/// Paths below an API server that run commands, tunnel, mint credentials or hold Secrets.
const KUBERNETES: [&str; 8] = [
    "api/v1/namespaces/demo/pods/p/exec",
    "api/v1/namespaces/demo/pods/p/attach",
    "api/v1/namespaces/demo/pods/p/portforward",
    "api/v1/namespaces/demo/pods/p/proxy/admin",
    "api/v1/nodes/n/proxy/run/demo/p/c",
    "api/v1/namespaces/demo/services/s:80/proxy",
    "api/v1/namespaces/demo/serviceaccounts/default/token",
    "api/v1/namespaces/demo/secrets",
];

/// Does one of them; none when `how` names none.
pub(crate) fn misbehave(how: &str, into: &Sink) -> Option<Result<(), Error>> {
    Some(match how {
        "stall" => get("api", &["stall"], &[]).and_then(|exchange| exchange.head().map(drop)),
        "fetch" => fetch(into),
        "foreign-endpoint" => get("admin", &["x"], &[]).map(drop),
        "many-requests" => hoard(),
        "queued-requests" => queue(),
        // Twice, as pages are asked for.
        "headers" => tell(into, vec![seen("rows", &HEADERS), seen("rows", &HEADERS)]),
        "split-header" => tell(
            into,
            vec![seen("rows", &[("X-Declared", "a\r\nHost: evil")])],
        ),
        "escape" => {
            let told = SEGMENTS
                .iter()
                .map(|segments| outcome(segments, get("api", segments, &[])));
            tell(into, told.collect())
        }
        "subresources" => {
            let told = KUBERNETES.iter().flat_map(|path| {
                let segments: Vec<&str> = path.split('/').collect();
                [Method::Get, Method::Post].map(|method| {
                    let asked = Request {
                        method,
                        ..request(&segments, &[])
                    };
                    outcome(&segments, start("api", &asked))
                })
            });
            tell(into, told.collect())
        }
        "post" => {
            let posted = start(
                "api",
                &Request {
                    method: Method::Post,
                    body: Some(b"{}".to_vec()),
                    ..request(&["rows"], &[])
                },
            );
            tell(into, vec![outcome(&["POST"], posted)])
        }
        "echo" => tell(into, vec![seen("echo", &[]), seen("nowhere", &[])]),
        _ => return None,
    })
}

/// Puts out one row for each text.
fn tell(into: &Sink, told: Vec<String>) -> Result<(), Error> {
    into.push(&Payload::Columns(texts(&told))).map(drop)
}

/// Whether it was sent, or why not.
fn outcome(path: &[&str], started: Result<Exchange, Error>) -> String {
    match started.and_then(|exchange| exchange.head()) {
        Ok(head) => format!("{path:?}: sent, answered {}", head.status),
        Err(error) => format!("{path:?}: {:?}: {}", error.code, error.message),
    }
}

/// All that the guest gets to see of an answer's head, or of its failure.
fn seen(segment: &str, headers: &[(&str, &str)]) -> String {
    match get("api", &[segment], headers).and_then(|exchange| exchange.head()) {
        Ok(head) => format!("{}: {:?}", head.status, head.headers),
        Err(error) => format!("{error:?}"),
    }
}

/// Opens requests and drops none.
fn hoard() -> Result<(), Error> {
    let mut open = Vec::new();
    loop {
        open.push(get("api", &["stall"], &[])?);
        if open.len() > 1 << 16 {
            return Err(error(ErrorCode::Internal, "there was no end of requests"));
        }
    }
}

/// Opens half of the requests that it may hold, and waits for the first of them.
fn queue() -> Result<(), Error> {
    let opened: Result<Vec<Exchange>, Error> =
        (0..8).map(|_| get("api", &["stall"], &[])).collect();
    match opened?.first() {
        Some(first) => first.head().map(drop),
        None => Ok(()),
    }
}

/// Puts out a row for each byte of the answer.
fn fetch(into: &Sink) -> Result<(), Error> {
    let answer = get("api", &["rows"], &[])?;
    let head = answer.head()?;
    let mut bytes = 0;
    while let Some(piece) = answer.read(1 << 16)? {
        bytes += piece.len() as i64;
    }
    log(Level::Info, &format!("status {}", head.status));
    healthy(into, bytes)
}

fn get(endpoint: &str, path: &[&str], headers: &[(&str, &str)]) -> Result<Exchange, Error> {
    start(endpoint, &request(path, headers))
}

fn request(path: &[&str], headers: &[(&str, &str)]) -> Request {
    Request {
        method: Method::Get,
        path: path.iter().map(|segment| (*segment).to_owned()).collect(),
        query: vec![],
        headers: headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        body: None,
        timeout_ms: None,
    }
}
