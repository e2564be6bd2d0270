//! How answers leave `trawl serve`, over real sockets on the demo fleet: when rows come, what a slow client and one that goes away do to
//! the remotes, and how a stream ends. What the fleet counts is asserted, never a time.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use trawl_demo::{Fleet, FleetOptions};
use trawl_server::{AppState, QueryLimits};

/// The cluster that fails; the others stay well beside it.
const FAILING: &str = "prod-us";

/// A server on a fleet.
struct Served {
    address: SocketAddr,
    fleet: Fleet,
}

async fn serve(options: FleetOptions, limits: QueryLimits) -> Served {
    let fleet = Fleet::start(options).await.unwrap();
    let engine = Arc::new(support::engine(&fleet));
    let state = AppState::new(engine).with_query_limits(limits);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let options = trawl_server::Options::default();
    tokio::spawn(trawl_server::run(
        listener,
        state,
        options,
        std::future::pending(),
    ));
    Served { address, fleet }
}

async fn small() -> Served {
    let options = FleetOptions {
        pods: 20,
        ..FleetOptions::default()
    };
    serve(options, QueryLimits::default()).await
}

/// A response that is being read.
struct Response {
    stream: BufReader<TcpStream>,
    status: u16,
    /// In lower case.
    head: String,
}

/// How a chunked body goes on.
#[derive(Debug)]
enum Next {
    Chunk(String),
    /// The last chunk, with the trailers behind it.
    End(String),
    /// The connection ended without a last chunk.
    Cut,
}

impl Served {
    async fn send(&self, method: &str, path: &str, headers: &str, body: &str) -> Response {
        let socket = TcpSocket::new_v4().unwrap();
        // What a client does not read waits at the server and not in this test's kernel.
        socket.set_recv_buffer_size(64 << 10).unwrap();
        let mut stream = socket.connect(self.address).await.unwrap();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n{headers}content-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut stream = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            head.push(char::from(stream.read_u8().await.unwrap()));
        }
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Response {
            stream,
            status,
            head: head.to_lowercase(),
        }
    }

    async fn query(&self, headers: &str, body: Value) -> Response {
        let body = body.to_string();
        self.send("POST", "/api/v1/query", headers, &body).await
    }

    /// The answer to a short question as JSON.
    async fn json(&self, method: &str, path: &str) -> (u16, Value) {
        let response = self.send(method, path, "", "").await;
        let status = response.status;
        let body = response.whole().await;
        (status, serde_json::from_str(&body).unwrap_or(Value::Null))
    }
}

impl Response {
    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines();
        lines
            .filter_map(|line| line.split_once(": "))
            .find_map(|(key, value)| (key == name).then_some(value))
    }

    async fn line(&mut self) -> Option<String> {
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            line.push(self.stream.read_u8().await.ok()?);
        }
        line.truncate(line.len() - 2);
        Some(String::from_utf8(line).unwrap())
    }

    async fn bytes(&mut self, length: usize) -> Option<Vec<u8>> {
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes).await.ok()?;
        Some(bytes)
    }

    /// The next chunk.
    async fn next(&mut self) -> Next {
        let Some(size) = self.line().await else {
            return Next::Cut;
        };
        let size = usize::from_str_radix(&size, 16).unwrap();
        if size == 0 {
            let mut trailers = String::new();
            loop {
                match self.line().await {
                    Some(line) if line.is_empty() => return Next::End(trailers),
                    Some(line) => trailers.push_str(&line),
                    None => return Next::Cut,
                }
            }
        }
        let Some(bytes) = self.bytes(size + 2).await else {
            return Next::Cut;
        };
        Next::Chunk(String::from_utf8_lossy(&bytes[..size]).into_owned())
    }

    /// What comes until some text was there.
    async fn until(&mut self, text: &str) -> String {
        let mut read = String::new();
        while !read.contains(text) {
            match self.next().await {
                Next::Chunk(chunk) => read.push_str(&chunk),
                other => panic!("{other:?} before {text:?}: {read}"),
            }
        }
        read
    }

    /// The whole body.
    async fn whole(mut self) -> String {
        if let Some(length) = self.header("content-length") {
            let length = length.parse().unwrap();
            return String::from_utf8(self.bytes(length).await.unwrap()).unwrap();
        }
        if self.status == 204 {
            return String::new();
        }
        let mut read = String::new();
        loop {
            match self.next().await {
                Next::Chunk(chunk) => read.push_str(&chunk),
                Next::End(_) => return read,
                Next::Cut => panic!("cut: {read}"),
            }
        }
    }
}

impl Served {
    fn fault(&self, fault: Option<&str>) {
        let fault = fault.map(|text| text.parse().unwrap());
        self.fleet.set_fault(FAILING, fault);
    }

    /// Waits until so many requests to the failing cluster are without an answer.
    async fn open(&self, count: u64) {
        let mut open = self.fleet.open_requests(FAILING).unwrap();
        open.wait_for(|open| *open == count).await.unwrap();
    }

    /// Waits until as many queries are listed.
    async fn listed(&self, count: usize) -> Vec<Value> {
        loop {
            let (_, running) = self.json("GET", "/api/v1/running").await;
            let queries = running["queries"].as_array().unwrap();
            if queries.len() == count {
                return queries.clone();
            }
        }
    }
}

/// Rows of a target that stalls never come; those of the others do.
fn stalling(format: &str) -> Value {
    json!({ "query": "pods | where strlen(name) > 3 | project cluster, name", "format": format, "timeout_ms": 600_000 })
}

fn run<F: Future<Output = ()> + Send + 'static>(test: F) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_stack_size(trawl_exec::STACK_BYTES)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async { tokio::spawn(test).await.unwrap() });
    runtime.shutdown_background();
}

#[test]
fn the_first_rows_leave_before_the_slowest_target_ends() {
    run(async {
        let served = small().await;
        for (format, mark) in [
            ("json", "\"prod-ap\""),
            ("ndjson", "\"prod-ap\""),
            ("arrow", "prod-ap"),
            ("events", "event: rows"),
        ] {
            served.fault(Some("stalled"));
            let mut response = served.query("", stalling(format)).await;
            response.until(mark).await;
            // It has rows, and the slowest target has not even begun to answer.
            served.open(1).await;
            served.fault(None);
            let id = response.header("trawl-query-id").unwrap().to_owned();
            response.whole().await;
            let (status, record) = served
                .json("GET", &format!("/api/v1/results/{id}/completeness"))
                .await;
            assert_eq!(
                (status, &record["completeness"]["complete"]),
                (200, &json!(true)),
                "{format}: {record}"
            );
            assert_eq!(record["stats"]["rows"], 60, "{format}: {record}");
        }
    });
}

#[test]
fn a_client_that_goes_away_ends_the_requests_to_the_remotes() {
    run(async {
        let served = small().await;
        served.fault(Some("stalled"));
        // While rows leave, and before the first one came.
        let only = json!({ "query": format!("pods | where cluster == '{FAILING}'"), "timeout_ms": 600_000 });
        let mut response = served.query("", stalling("ndjson")).await;
        response.until("prod-ap").await;
        drop(response);
        served.open(0).await;
        served.listed(0).await;

        let body = only.to_string();
        let mut stream = TcpStream::connect(served.address).await.unwrap();
        let head = format!(
            "POST /api/v1/query HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        served.open(1).await;
        drop(stream);
        served.open(0).await;
        served.listed(0).await;
    });
}

#[test]
fn a_client_that_does_not_read_stops_the_requests_to_the_remotes() {
    const PODS: usize = 6_000;
    run(async {
        let options = FleetOptions {
            clusters: 1,
            pods: PODS,
            ..FleetOptions::default()
        };
        let served = serve(options, QueryLimits::default()).await;
        let requests = || served.fleet.requests("prod-ap");
        let query = json!({ "query": "pods", "format": "ndjson", "timeout_ms": 600_000 });
        let response = served.query("", query).await;
        // The time in which nobody reads is counted in questions that are answered meanwhile: the requests stop growing.
        let (mut before, mut same) = (requests(), 0);
        while same < 200 {
            served.listed(1).await;
            same = if requests() == before { same + 1 } else { 0 };
            before = requests();
        }
        let body = response.whole().await;
        let all = requests();
        assert!(
            before < all / 2,
            "{before} of {all} requests while nobody read"
        );
        assert_eq!(body.lines().count(), PODS + 1);
    });
}

#[test]
fn a_cancelled_query_ends_with_what_it_has_and_says_so() {
    run(async {
        let served = small().await;
        served.fault(Some("stalled"));
        let mut response = served.query("", stalling("ndjson")).await;
        let first = response.until("prod-ap").await;
        let queries = served.listed(1).await;
        let id = queries[0]["id"].as_str().unwrap();
        assert_eq!(Some(id), response.header("trawl-query-id"));
        assert_eq!(queries[0]["query"], stalling("")["query"]);
        assert_eq!(
            (&queries[0]["caller"], &queries[0]["waiting"]),
            (&json!("local"), &json!(false))
        );
        let statuses: Vec<&Value> = queries[0]["targets"]
            .as_array()
            .unwrap()
            .iter()
            .map(|target| &target["status"])
            .collect();
        assert!(statuses.contains(&&json!("running")), "{queries:?}");
        assert!(!first.is_empty());

        let path = format!("/api/v1/running/{id}");
        assert_eq!(served.json("DELETE", &path).await.0, 204);
        let rest = response.whole().await;
        let last: Value = serde_json::from_str(rest.lines().last().unwrap()).unwrap();
        assert_eq!(last["$completeness"]["cancelled"], true, "{last}");
        assert_eq!(last["$completeness"]["complete"], false, "{last}");
        served.open(0).await;
        assert_eq!(served.json("DELETE", &path).await.0, 404);
        assert_eq!(served.json("DELETE", "/api/v1/running/x").await.0, 400);
    });
}

#[test]
fn queries_wait_for_their_turn_and_are_refused_when_too_many_wait() {
    run(async {
        let limits = QueryLimits {
            concurrent: 1,
            queued: 1,
        };
        let options = FleetOptions {
            pods: 20,
            ..FleetOptions::default()
        };
        let served = Arc::new(serve(options, limits).await);
        served.fault(Some("stalled"));
        let mut runs = served.query("", stalling("ndjson")).await;
        runs.until("prod-ap").await;
        let waits = {
            let served = Arc::clone(&served);
            tokio::spawn(async move {
                served
                    .query("", json!({ "query": "print x = 1" }))
                    .await
                    .whole()
                    .await
            })
        };
        let queries = served.listed(2).await;
        assert_eq!(queries[1]["waiting"], true, "{queries:?}");
        let refused = served.query("", json!({ "query": "print x = 2" })).await;
        assert_eq!(refused.status, 429);
        assert!(refused.header("retry-after").is_some());
        assert!(refused.header("trawl-query-id").is_some());

        // Who waits and is ended, or gives up, leaves the queue.
        let id = queries[1]["id"].as_str().unwrap();
        served
            .json("DELETE", &format!("/api/v1/running/{id}"))
            .await;
        assert!(waits.await.unwrap().contains("\"cancelled\""));
        served.listed(1).await;

        let late = json!({ "query": "print x = 3", "timeout_ms": 1 });
        assert_eq!(served.query("", late).await.status, 429);
        drop(runs);
        let answer = served.query("", json!({ "query": "print x = 4" })).await;
        assert_eq!(answer.status, 200);
    });
}

#[test]
fn a_stream_that_breaks_is_cut_and_never_ends_as_if_it_were_whole() {
    run(async {
        let served = small().await;
        // Rows come, then a mistake that only rows show ends the query.
        let broken = "pods | project cluster, name | union (nodes | lookup (nodes | project cluster, node = name) on cluster | project cluster, name)";
        served.fault(Some("stalled"));
        for format in ["json", "ndjson", "arrow", "events"] {
            let mut response = served
                .query(
                    "",
                    json!({ "query": broken, "format": format, "timeout_ms": 600_000 }),
                )
                .await;
            assert_eq!(response.status, 200, "{format}");
            let mut read = response.until("prod-ap").await;
            served.fault(None);
            loop {
                match response.next().await {
                    Next::Chunk(chunk) => read.push_str(&chunk),
                    Next::End(_) => panic!("{format} ended as if it were whole: {read}"),
                    Next::Cut => break,
                }
            }
            assert!(!read.contains("completeness"), "{format}: {read}");
            assert_eq!(format == "events", read.contains("event: error"), "{read}");
            served.fault(Some("stalled"));
        }
    });
}

#[test]
fn what_an_answer_ends_with_is_behind_arrow_and_before_csv() {
    run(async {
        let served = small().await;
        served.fault(Some("refused"));
        let query = json!({ "query": "pods | project cluster, name" });
        let mut response = served
            .query(
                "accept: application/vnd.apache.arrow.stream\r\nte: trailers\r\n",
                query.clone(),
            )
            .await;
        assert_eq!(
            response.header("trailer"),
            Some("trawl-completeness"),
            "{}",
            response.head
        );
        let trailers = loop {
            match response.next().await {
                Next::Chunk(_) => {}
                Next::End(trailers) => break trailers,
                Next::Cut => panic!("cut"),
            }
        };
        let behind = trailers.strip_prefix("trawl-completeness: ").unwrap();
        let behind: Value = serde_json::from_str(behind).unwrap();
        assert_eq!(behind["completeness"]["answered"], 2, "{behind}");

        let mut response = served.query("accept: text/csv\r\n", query.clone()).await;
        let before = response.header("trawl-completeness").unwrap().to_owned();
        let before: Value = serde_json::from_str(&before).unwrap();
        assert_eq!(before["completeness"]["answered"], 2, "{before}");
        let length: usize = response.header("content-length").unwrap().parse().unwrap();
        let rows = String::from_utf8(response.bytes(length).await.unwrap()).unwrap();
        assert_eq!(rows.lines().count(), 41);
        assert_eq!(rows.lines().next(), Some("cluster,name"));

        // Who does not ask for trailers gets none, and finds it elsewhere.
        let mut response = served
            .query("accept: application/vnd.apache.arrow.stream\r\n", query)
            .await;
        assert_eq!(response.header("trailer"), None);
        while let Next::Chunk(_) = response.next().await {}
        let id = response.header("trawl-query-id").unwrap();
        let (_, kept) = served
            .json("GET", &format!("/api/v1/results/{id}/completeness"))
            .await;
        assert_eq!(kept["completeness"]["answered"], 2, "{kept}");
    });
}
