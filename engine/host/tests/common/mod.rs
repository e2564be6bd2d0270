//! What the tests of this folder share: the hostile guest, a host, a request, and an endpoint that is
//! served from memory or never answers.
#![allow(dead_code)] // Each test file uses its part.
#![allow(clippy::expect_used)] // Clippy knows `#[test]` functions only, not their helpers.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use arrow::array::RecordBatch;
use futures::TryStreamExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use trawl_connect::{Approval, Endpoint, Method, Operation};
use trawl_fleet::{EndpointSpec, HttpSpec};
use trawl_host::types::{Column, DataType, Field, Filters, ScanPlan, ScanRequest};
use trawl_host::{
    Connection, ConnectionSpec, Error, Host, HostOptions, Limits, Plugin, PluginOptions,
    ScanContext, ScanStats,
};

/// Enough for anything that ends by itself, on a machine that is busy.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// The deadline of what does not.
pub const DEADLINE: Duration = Duration::from_millis(400);

/// The hostile guest's component, built once.
pub fn wasm() -> &'static [u8] {
    static WASM: OnceLock<Vec<u8>> = OnceLock::new();
    WASM.get_or_init(|| {
        let path =
            trawl_guest_build::build("trawl-guest-hostile").expect("the hostile guest is built");
        std::fs::read(path).expect("the hostile guest is read")
    })
}

/// Compiled code is shared by the tests, so that each does not compile it again.
pub fn cache_folder() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("compiled")
}

/// A host.
pub fn host() -> Host {
    Host::new(HostOptions {
        cache_folder: Some(cache_folder()),
        threads: Some(2),
        ..HostOptions::default()
    })
    .expect("a host")
}

/// Little memory, so that a greedy guest gets there soon.
pub fn limits() -> Limits {
    Limits {
        memory: 32 << 20,
        ..Limits::default()
    }
}

/// These limits, compiled in this process.
pub fn options(limits: Limits) -> PluginOptions {
    PluginOptions {
        limits,
        apart: false,
    }
}

/// The hostile guest, loaded with these limits.
pub async fn limited(limits: Limits) -> Plugin {
    host()
        .load("evil", wasm(), options(limits))
        .await
        .expect("it loads")
}

/// The hostile guest, loaded.
pub async fn plugin() -> Plugin {
    limited(limits()).await
}

/// A connection of it, without endpoints.
pub async fn connection() -> Connection {
    connect(&plugin().await, "", None)
}

/// A connection with this configuration, and with `api` at this address.
pub fn connect(plugin: &Plugin, config: &str, url: Option<String>) -> Connection {
    let endpoint = |url| {
        let operation = Operation {
            method: Method::Get,
            path: "/{rest...}".into(),
            action: None,
        };
        let approval = Approval {
            operations: vec![operation],
            request_headers: vec!["accept".into()],
            ..Approval::default()
        };
        let spec = HttpSpec {
            url,
            ..HttpSpec::default()
        };
        (
            "api".to_owned(),
            Endpoint::new(EndpointSpec::Http(spec), approval),
        )
    };
    plugin.connect(ConnectionSpec {
        name: "lab/evil".into(),
        config: config.into(),
        endpoints: url.map(endpoint).into_iter().collect::<BTreeMap<_, _>>(),
    })
}

/// A request for both columns of a table such as `healthy/5`.
pub fn request(table: &str) -> ScanRequest {
    let column = |name: &str, data_type, nullable| Column {
        name: name.into(),
        path: vec![],
        output: vec![Field {
            name: name.into(),
            data_type,
            nullable,
            children: 0,
            description: None,
            metadata: vec![],
        }],
    };
    ScanRequest {
        table: table.split('/').map(str::to_owned).collect(),
        arguments: vec![],
        now_ns: 0,
        clusters: vec![],
        others: vec![],
        unplaced: false,
        projection: vec![
            column("n", DataType::Int64, false),
            column("s", DataType::Utf8, true),
        ],
        refs: vec![],
        filters: Filters {
            nodes: vec![],
            roots: vec![],
        },
        limit: None,
        sort: vec![],
        aggregate: None,
        max_partitions: 4,
    }
}

/// A context that ends after `time`, with statistics of its own.
pub fn context(time: Duration) -> ScanContext {
    ScanContext {
        deadline: Instant::now() + time,
        stats: Arc::new(ScanStats::default()),
        memory: None,
    }
}

/// Plans a request.
pub async fn plan(connection: &Connection, request: &ScanRequest) -> ScanPlan {
    let connection = connection.within(context(PATIENCE));
    connection.plan(request).await.expect("a plan")
}

/// Plans and reads a table to its end.
pub async fn scan(
    connection: &Connection,
    request: &ScanRequest,
    context: ScanContext,
) -> Result<Vec<RecordBatch>, Error> {
    let plan = plan(connection, request).await;
    connection
        .scan(request, &plan, 0, context)
        .try_collect()
        .await
}

/// How many rows a table gives.
pub async fn rows(connection: &Connection, table: &str) -> usize {
    let batches = scan(connection, &request(table), context(PATIENCE))
        .await
        .expect("rows");
    batches.iter().map(RecordBatch::num_rows).sum()
}

/// A server that answers `GET …/rows` with `body`, and takes every other request without ever
/// answering; each connection that is closed on us is told to the channel.
pub async fn server(
    body: &'static str,
) -> (String, tokio::sync::mpsc::UnboundedReceiver<&'static str>) {
    let (sender, events) = tokio::sync::mpsc::unbounded_channel();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let sender = sender.clone();
            tokio::spawn(async move {
                let mut request = vec![0; 4096];
                let read = stream.read(&mut request).await.unwrap_or(0);
                let _ = sender.send("asked");
                if String::from_utf8_lossy(&request[..read]).starts_with("GET /rows") {
                    let answer = format!(
                        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                        body.len()
                    );
                    let _ = stream.write_all(answer.as_bytes()).await;
                } else {
                    while stream.read(&mut request).await.is_ok_and(|read| read > 0) {}
                    let _ = sender.send("closed");
                }
            });
        }
    });
    (url, events)
}
