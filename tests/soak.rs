//! All hostile guests together, round after round, against a trawl that serves healthy queries meanwhile: none of those fails, the
//! process's memory comes back, no thread is lost and nothing panics.
//!
//! Fifty rounds take about a minute on two cores that have nothing else to do, and longer beside other tests; a round is bounded by
//! its queries' own time.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking and speaks on stderr"
)]

mod support;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use trawl_demo::{Fleet, FleetOptions};
use trawl_exec::InstalledPlugin;

/// Rounds of all hostile guests.
const ROUNDS: usize = 50;
/// Hostile queries at once: the server takes 32 in all and refuses more, which would be a failure of the healthy ones.
const HOSTILE_AT_ONCE: usize = 24;
/// Clients that ask healthy queries, each one after the other.
const HEALTHY_AT_ONCE: usize = 3;
/// Time of a hostile query: what never ends takes all of it.
const HOSTILE_MS: u64 = 500;
/// Time of a healthy one, on a machine whose cores are all taken by guests that spin.
const HEALTHY_MS: u64 = 60_000;
const PODS: usize = 30;

static PANICS: AtomicUsize = AtomicUsize::new(0);

/// Patience with a hostile query, far behind its own time: whatever it does, it ends.
const ENDS: Duration = Duration::from_secs(60);

/// The hostile source of the inventory, installed and granted as any stranger's.
const HOSTILE: &str = "
    hostile: {url: 'http://ADDRESS'}
plugins:
  hostile:
    grants:
      - {clusters: [prod-ap], operations: ['GET /{rest...}']}
";

/// Tables whose rows are right whatever they try: what they reach for is refused to them, what they flood nobody reads, and a lie
/// about a condition is none in a query without one. All others must not be believed.
const HARMLESS: &[&str] = &[
    "healthy",
    "echo",
    "escape",
    "flood-log",
    "flood-progress",
    "flood-report",
    "flood-stdio",
    "headers",
    "liar",
    "look-around",
    "post",
    "recursion-json",
    "split-header",
    "subresources",
];

/// A serving trawl with the demo's clusters, one of which has a hostile source too.
struct Served {
    address: SocketAddr,
    tables: Vec<String>,
    _fleet: Fleet,
    _folder: tempfile::TempDir,
}

async fn serve() -> Served {
    let fleet = Fleet::start(FleetOptions {
        clusters: 1,
        pods: PODS,
        ..FleetOptions::default()
    })
    .await
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let build = || trawl_guest_build::build("trawl-guest-hostile").unwrap();
    let component = tokio::task::spawn_blocking(build).await.unwrap();
    let digest = format!("{:x}", Sha256::digest(std::fs::read(&component).unwrap()));
    let hostile = InstalledPlugin::locked("hostile", &component, &digest, None);
    let inventory = format!(
        "clusters:\n  - name: prod-ap\n    kube: {{context: prod-ap, kubeconfig: {}}}{}",
        fleet.kubeconfig().display(),
        HOSTILE.replace("ADDRESS", &remote().await.to_string())
    );
    let engine = support::engine_with(folder.path(), &inventory, vec![hostile]);
    let (listed, unlisted) = engine.tables(&Arc::default()).await;
    assert!(unlisted.is_empty(), "{unlisted:?}");
    let tables = listed
        .iter()
        .filter_map(|table| table.name.strip_prefix("hostile."))
        .map(|name| name.trim_matches('`').to_owned())
        .collect();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(trawl_server::run(
        listener,
        trawl_server::AppState::new(Arc::new(engine)),
        trawl_server::Options::default(),
        std::future::pending(),
    ));
    Served {
        address,
        tables,
        _fleet: fleet,
        _folder: folder,
    }
}

/// What the hostile source asks: a server that stalls where it is asked to, and else gives back what it got.
async fn remote() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    match stream.read_u8().await {
                        Ok(byte) => head.push(byte),
                        Err(_) => return,
                    }
                }
                if head.starts_with(b"GET /stall") {
                    // Until the caller goes away.
                    let _ = stream.read_u8().await;
                    return;
                }
                let length = head.len();
                let answer = format!(
                    "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
                );
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.write_all(&head).await;
            });
        }
    });
    address
}

/// Asks over HTTP, and gives the status and the answer.
async fn ask(address: SocketAddr, query: &str, timeout_ms: u64) -> (u16, Value) {
    let body = json!({ "query": query, "timeout_ms": timeout_ms }).to_string();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "POST /api/v1/query HTTP/1.0\r\nhost: localhost\r\ncontent-type: application/json\r\naccept: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .unwrap_or_else(|| panic!("{query}: {answer:?}"));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let body =
        serde_json::from_str(body).unwrap_or_else(|error| panic!("{query}: {error}: {answer}"));
    (status, body)
}

/// A query that has to be answered whatever else happens.
async fn healthy(address: SocketAddr) {
    let query = "pods | summarize pods = count() by cluster";
    let (status, answer) = ask(address, query, HEALTHY_MS).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(
        answer["rows"],
        json!([{ "cluster": "prod-ap", "pods": PODS }]),
        "{answer}"
    );
    assert_eq!(answer["completeness"]["complete"], true, "{answer}");
}

/// One query for each hostile table; which of them ended in which way.
async fn round(served: &Served) -> BTreeMap<String, Vec<String>> {
    let places = Arc::new(Semaphore::new(HOSTILE_AT_ONCE));
    let mut running = tokio::task::JoinSet::new();
    for table in served.tables.clone() {
        let (places, address) = (Arc::clone(&places), served.address);
        running.spawn(async move {
            let _place = places.acquire_owned().await.unwrap();
            // All columns, since these guests give all of theirs whatever they are asked for.
            let documents = if table == "recursion-json" {
                ", d = dcount(tostring(d))"
            } else {
                ""
            };
            let query = format!(
                "hostile.`{table}` | summarize n = count(), s = dcount(s), m = max(n){documents}"
            );
            let asked = tokio::time::timeout(ENDS, ask(address, &query, HOSTILE_MS)).await;
            let (status, answer) = asked.unwrap_or_else(|_| panic!("{table} does not end"));
            let ended = answer["completeness"]["targets"][0]["status"].as_str();
            // 400: on a busy machine a guest may not even have come to say what its table looks like.
            assert_ne!(status, 500, "{table}: {answer}");
            let ended = ended.unwrap_or("none");
            assert!(
                ended != "ok" || HARMLESS.contains(&table.as_str()),
                "{table} was believed: {answer}"
            );
            (table, ended.to_owned())
        });
    }
    let mut ended = BTreeMap::<String, Vec<String>>::new();
    while let Some(done) = running.join_next().await {
        let (table, how) = done.unwrap();
        if table == "healthy" {
            continue;
        }
        ended.entry(how).or_default().push(table);
    }
    ended
}

/// Bytes of memory that this process has.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = statm.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

/// The threads of this process whose names begin so.
fn threads(name: &str) -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let names =
        tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names.filter(|comm| comm.starts_with(name)).count()
}

/// Waits for the memory to come back to what it was: guests that were stopped are met at their next tick.
async fn comes_back(served: &Served, before: usize, round: usize) {
    const TRIES: usize = 100;
    let most = before + before / 20 + (16 << 20);
    for _ in 0..TRIES {
        if resident() <= most {
            return;
        }
        healthy(served.address).await;
    }
    panic!(
        "after round {round} {} MiB are resident; expected at most {} MiB",
        resident() >> 20,
        most >> 20
    );
}

async fn soak() {
    let served = serve().await;
    healthy(served.address).await;
    let (guests, epochs) = (threads("trawl-guest"), threads("trawl-epoch"));
    assert!(
        guests > 0 && epochs == 1 && served.tables.len() > 60,
        "{:?}",
        served.tables
    );

    let over = Arc::new(AtomicBool::new(false));
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..HEALTHY_AT_ONCE {
        let (over, address) = (Arc::clone(&over), served.address);
        clients.spawn(async move {
            let mut answered = 0;
            while !over.load(Ordering::Relaxed) {
                healthy(address).await;
                answered += 1;
            }
            answered
        });
    }
    let mut after_first = 0;
    for number in 1..=ROUNDS {
        let ended = round(&served).await;
        if number == 1 {
            after_first = resident();
        }
        if number == 3 || number == ROUNDS {
            comes_back(&served, after_first, number).await;
            eprintln!("round {number}: {} MiB, {ended:?}", resident() >> 20);
        }
    }
    over.store(true, Ordering::Relaxed);
    let answered: usize = clients.join_all().await.iter().sum();
    eprintln!("{answered} healthy queries were answered meanwhile");
    assert!(answered >= HEALTHY_AT_ONCE);
    assert_eq!(
        (threads("trawl-guest"), threads("trawl-epoch")),
        (guests, epochs)
    );
    assert_eq!(
        PANICS.load(Ordering::Relaxed),
        0,
        "a thread of trawl panicked"
    );
    // The guests' threads still run guests, and the hostile plugin is no worse off than any other.
    healthy(served.address).await;
    let (_, answer) = ask(
        served.address,
        "hostile.healthy | summarize n = count(), s = dcount(s), m = max(n)",
        HEALTHY_MS,
    )
    .await;
    assert_eq!(answer["completeness"]["complete"], true, "{answer}");
}

#[test]
fn fifty_rounds_of_all_hostile_guests_leave_no_trace() {
    let told = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        PANICS.fetch_add(1, Ordering::Relaxed);
        told(info);
    }));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .thread_stack_size(trawl_exec::STACK_BYTES)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async { tokio::spawn(soak()).await.unwrap() });
    runtime.shutdown_background();
}
