//! Two hundred clients at once on a fleet of which a tenth fails, over real sockets: every answer is whole or says what is missing, and
//! nothing stays behind: no query, no connection, no request to a remote, no memory.

use std::collections::BTreeMap;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use trawl_demo::{Fault, Fleet, FleetOptions};
use trawl_programs::client::{Answer, Client};

use crate::server::{Server, wait_until};

/// As many as issue a team's dashboards at once.
const CLIENTS: usize = 200;
/// Each asks once in a round, so that the last one's turn comes in time on a slow machine too. The first round warms up; what is resident
/// after it is what later ones are held to.
const ROUNDS: usize = 3;
const CLUSTERS: usize = 10;
const PODS: usize = 12;
/// How its cluster fails, and how that cluster's Prometheus does, round by round.
const FAULTS: [(&str, &str); ROUNDS] = [
    ("reset", "prometheus:503"),
    ("500", "prometheus:reset"),
    ("refused", "prometheus:truncated"),
];
/// The time of a query, far beyond a round's: what is asserted is who fails, and the machine is not to be one of them.
const QUERY_MS: u64 = 120_000;
const ALL_PODS: &str = "pods | summarize n = count() by cluster";
const NAMES: &str = "pods | project cluster, name";

/// What is asked of.
struct World {
    fleet: Fleet,
    folder: tempfile::TempDir,
    failing: String,
    /// Pods of the clusters that do not fail.
    pods: BTreeMap<String, u64>,
}

async fn world() -> World {
    let options = FleetOptions {
        clusters: CLUSTERS,
        pods: PODS,
        ..FleetOptions::default()
    };
    let fleet = Fleet::start(options).await.unwrap();
    let names: Vec<String> = fleet.clusters().map(|it| it.name.clone()).collect();
    let failing = names[CLUSTERS / 2].clone();
    let count = |name: &String| fleet.objects(name, "pods").len() as u64;
    let healthy = names.iter().filter(|name| **name != failing);
    let pods = healthy.map(|name| (name.clone(), count(name))).collect();
    let folder = tempfile::tempdir().unwrap();
    World {
        fleet,
        folder,
        failing,
        pods,
    }
}

impl World {
    /// A server on the fleet's Kubernetes and Prometheus.
    fn serve(&self, args: &[&str]) -> Server {
        let kubeconfig = self.fleet.kubeconfig().display();
        let mut yaml = "clusters:\n".to_owned();
        for cluster in self.fleet.clusters() {
            let name = &cluster.name;
            let prometheus = self.fleet.prometheus_url(name).unwrap();
            yaml += &format!(
                "- name: {name}\n  kube: {{context: {name}, kubeconfig: '{kubeconfig}'}}\n  prometheus: {{url: '{prometheus}'}}\n"
            );
        }
        let file = self.folder.path().join("clusters.yaml");
        std::fs::write(&file, yaml).unwrap();
        let config = ["--config", file.to_str().unwrap()];
        let state = self.folder.path().join("state.db").display().to_string();
        let mut all = vec!["--no-auth"];
        all.extend(args);
        let server = Server::with(self.folder.path(), &config, &state, &all);
        server.ready();
        server
    }

    fn fault(&self, faults: &[&str]) {
        self.fleet.set_fault(&self.failing, None);
        for fault in faults {
            let fault: Fault = fault.parse().unwrap();
            self.fleet.set_fault(&self.failing, Some(fault));
        }
    }

    /// What an answer over all clusters ends with: the failing one is missing, by its name and with a reason, and no other.
    fn lacks_one(&self, record: &Value) {
        let completeness = &record["completeness"];
        assert_eq!(completeness["complete"], false, "{record}");
        assert_eq!(completeness["asked"], CLUSTERS, "{record}");
        assert_eq!(completeness["answered"], CLUSTERS - 1, "{record}");
        for target in completeness["targets"].as_array().unwrap() {
            let is_failing = target["cluster"] == *self.failing;
            let answered = matches!(target["status"].as_str(), Some("ok" | "stopped" | "absent"));
            assert_ne!(answered, is_failing, "{target}");
            if is_failing {
                assert!(target["error"]["code"].is_string(), "{target}");
                let why = target["error"]["message"].as_str().unwrap();
                assert!(!why.is_empty(), "{target}");
            }
        }
    }

    /// The healthy clusters' pods, counted in rows that are one pod each or one cluster each.
    fn counts(&self, rows: impl Iterator<Item = Value>) {
        let mut counted = BTreeMap::new();
        for row in rows {
            let cluster = row["cluster"].as_str().unwrap().to_owned();
            if cluster != self.failing {
                *counted.entry(cluster).or_insert(0) += row["n"].as_u64().unwrap_or(1);
            }
        }
        assert_eq!(counted, self.pods);
    }
}

fn document(answer: &Answer) -> Value {
    let text = answer.text();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn rows(document: &Value) -> impl Iterator<Item = Value> {
    document["rows"].as_array().unwrap().clone().into_iter()
}

const JSON: (&str, &str) = ("Content-Type", "application/json");

/// What a client does, by its number. It judges its answer; one that is no success is for others to judge.
///
/// The paths of dashboards have the time of any query, which on a slow machine may be over before their turn comes, or for some clusters
/// before they answered: that must be said, as any other failure.
type Doing = fn(&World, &mut Client, usize) -> Result<(), Answer>;

const DOINGS: [Doing; 11] = [
    // The encodings of a query.
    |world, client, _| {
        let answer = query(client, "application/json", ALL_PODS)?;
        let document = document(&answer);
        world.counts(rows(&document));
        world.lacks_one(&document);
        Ok(())
    },
    |world, client, _| {
        let answer = query(client, "application/x-ndjson", NAMES)?;
        lines(world, &answer);
        Ok(())
    },
    |world, client, _| {
        let answer = query(client, "text/csv", NAMES)?;
        let record = answer.header("trawl-completeness").unwrap();
        world.lacks_one(&serde_json::from_str(record).unwrap());
        let text = answer.text();
        let rows = text.lines().skip(1).map(|line| line.split(',').next());
        world.counts(rows.map(|cluster| json!({ "cluster": cluster })));
        Ok(())
    },
    |world, client, _| {
        let answer = query(client, "application/vnd.apache.arrow.stream", NAMES)?;
        let record = answer.header("trawl-completeness").unwrap();
        let record: Value = serde_json::from_str(record).unwrap();
        world.lacks_one(&record);
        let id = answer.header("trawl-query-id").unwrap().to_owned();
        let kept = get(client, &format!("/api/v1/results/{id}/completeness"))?;
        let kept = document(&kept);
        world.lacks_one(&kept);
        let healthy: u64 = world.pods.values().sum();
        assert!(kept["stats"]["rows"].as_u64().unwrap() >= healthy, "{kept}");
        Ok(())
    },
    |world, client, _| {
        let answer = query(client, "text/event-stream", ALL_PODS)?;
        let text = answer.text();
        let events: Vec<(&str, Value)> = text
            .split("\n\n")
            .filter_map(|event| event.strip_prefix("event: ")?.split_once("\ndata: "))
            .map(|(name, data)| (name, serde_json::from_str(data).unwrap()))
            .collect();
        let of = |kind: &'static str| events.iter().filter(move |(name, _)| *name == kind);
        let rows = of("rows").flat_map(|(_, rows)| rows.as_array().unwrap().clone());
        world.counts(rows);
        world.lacks_one(&of("completeness").next_back().unwrap().1);
        Ok(())
    },
    // What dashboards call.
    |world, client, _| {
        let answer = get(client, "/api/clusters/overview")?;
        let overview = document(&answer);
        for cluster in overview["clusters"].as_array().unwrap() {
            let name = cluster["name"].as_str().unwrap();
            match world.pods.get(name) {
                Some(pods) if cluster["status"] != "unreachable" => {
                    assert_eq!(cluster["pods"], *pods, "{cluster}");
                }
                _ => {
                    assert_eq!(cluster["status"], "unreachable", "{cluster}");
                    assert!(cluster["error"].is_string(), "{cluster}");
                }
            }
        }
        Ok(())
    },
    |world, client, at| {
        let names: Vec<String> = world.fleet.clusters().map(|it| it.name.clone()).collect();
        let name = &names[at % names.len()];
        let answer = get(client, &format!("/api/aci/pods?cluster={name}"))?;
        let items = document(&answer);
        let count = items["items"].as_array().unwrap().len() as u64;
        match world.pods.get(name) {
            Some(pods) if items["complete"] == true => assert_eq!(count, *pods, "{items}"),
            _ => {
                assert_eq!(items["complete"], false, "{items}");
                assert!(items["error"].is_string(), "{items}");
            }
        }
        Ok(())
    },
    // A saved query with a parameter.
    |world, client, _| {
        let body = json!({ "params": { "namespace": "" }, "timeout_ms": QUERY_MS });
        let path = "/api/v1/queries/fleet.pods/run";
        let answer = good(client.send("POST", path, &[JSON], &body.to_string()))?;
        let document = document(&answer);
        world.counts(rows(&document));
        world.lacks_one(&document);
        Ok(())
    },
    // Another source.
    |world, client, _| {
        let text = "prometheus(\"up\") | summarize n = count() by cluster";
        let document = document(&query(client, "application/json", text)?);
        let healthy = rows(&document).filter(|row| row["cluster"] != *world.failing);
        assert_eq!(healthy.count(), CLUSTERS - 1, "{document}");
        world.lacks_one(&document);
        Ok(())
    },
    // Clients that go away while rows come, and before.
    |_, client, at| {
        let body = asking("pods | project cluster, name, spec");
        let accept = ("Accept", "application/x-ndjson");
        if at.is_multiple_of(2) {
            let head = client.send("POST", "/api/v1/query", &[JSON, accept], &body);
            head.unwrap().go_away().unwrap();
        } else {
            let left = client.leave("/api/v1/query", &[JSON, accept], &body);
            left.unwrap();
        }
        Ok(())
    },
    // A client that reads slowly.
    |world, client, _| {
        let body = asking("pods | project cluster, name, spec");
        let accept = ("Accept", "application/x-ndjson");
        let head = client.send("POST", "/api/v1/query", &[JSON, accept], &body);
        let slow = || std::thread::sleep(Duration::from_millis(20));
        let answer = head.unwrap().slowly(slow).unwrap();
        if answer.status != 200 {
            return Err(answer);
        }
        lines(world, &answer);
        Ok(())
    },
];

/// The rows of NDJSON, and what stands behind them.
fn lines(world: &World, answer: &Answer) {
    let text = answer.text();
    let mut lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let last = lines.pop().unwrap();
    world.counts(lines.into_iter());
    world.lacks_one(&json!({ "completeness": last["$completeness"] }));
}

type Sent<'a> = std::io::Result<trawl_programs::client::Head<'a>>;

/// The whole answer, which must not have been cut; one that is no success is for the caller to judge.
fn good(head: Sent<'_>) -> Result<Answer, Answer> {
    let answer = head.unwrap().whole().unwrap();
    match answer.status {
        200 => Ok(answer),
        _ => Err(answer),
    }
}

fn query(client: &mut Client, accept: &str, text: &str) -> Result<Answer, Answer> {
    let headers = [JSON, ("Accept", accept), ("TE", "trailers")];
    good(client.send("POST", "/api/v1/query", &headers, &asking(text)))
}

/// The body of a query.
fn asking(text: &str) -> String {
    json!({ "query": text, "timeout_ms": QUERY_MS }).to_string()
}

fn get(client: &mut Client, path: &str) -> Result<Answer, Answer> {
    good(client.send("GET", path, &[], ""))
}

/// All clients at once; how long those took that neither go away nor read slowly, and how many were told to come again.
fn round(world: &World, server: &Server, number: usize) -> (Vec<Duration>, usize) {
    let barrier = Barrier::new(CLIENTS);
    let client = |at: usize| {
        let barrier = &barrier;
        move || {
            let mut client = Client::connect(server.address).unwrap();
            let doing = (at + number * 4) % DOINGS.len();
            barrier.wait();
            let began = Instant::now();
            match DOINGS[doing](world, &mut client, at) {
                Ok(()) => Some((doing < 9).then(|| began.elapsed())),
                // The queue has room for all of them: only the time of a dashboard's path can be over before its turn.
                Err(answer) => {
                    let is_path = matches!(doing, 5 | 6);
                    assert!(is_path && answer.status == 429, "{}", answer.text());
                    assert!(answer.header("retry-after").is_some());
                    None
                }
            }
        }
    };
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|it| scope.spawn(client(it))).collect();
        let done: Vec<_> = clients.into_iter().map(|it| it.join().unwrap()).collect();
        let refused = done.iter().filter(|it| it.is_none()).count();
        (done.into_iter().flatten().flatten().collect(), refused)
    })
}

/// Bytes of memory that a process has.
fn resident(pid: u32) -> usize {
    let statm = std::fs::read_to_string(format!("/proc/{pid}/statm")).unwrap();
    let pages: usize = statm.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

/// Connections to a server that are not closed on its side.
fn connections(server: &Server) -> usize {
    const CLOSED: [&str; 3] = ["06", "07", "0A"];
    let port = format!(":{:04X}", server.address.port());
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let rows = table.lines().skip(1).map(|line| line.split_whitespace());
    let open = rows.filter(|row| {
        let row: Vec<&str> = row.clone().take(4).collect();
        row[1].ends_with(&port) && !CLOSED.contains(&row[3])
    });
    open.count()
}

/// The threads of a process whose names begin so.
fn threads(pid: u32, name: &str) -> usize {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let names =
        tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names.filter(|comm| comm.starts_with(name)).count()
}

/// Waits until nothing of the requests is left: in the list, at the remotes, on sockets.
fn nothing_is_left(world: &World, server: &Server) {
    wait_until(|| server.get("/api/v1/running")["queries"] == json!([]));
    for gauge in ["trawl_queries_running", "trawl_queries_waiting"] {
        let series = format!("{gauge} 0");
        let all = server.metrics();
        assert!(all.contains(&series), "{all:?}");
    }
    for cluster in world.fleet.clusters() {
        let open = world.fleet.open_requests(&cluster.name).unwrap();
        wait_until(|| *open.borrow() == 0);
    }
    wait_until(|| connections(server) == 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_clients_get_whole_answers_or_what_is_missing_and_leave_nothing_behind() {
    let world = world().await;
    tokio::task::block_in_place(|| {
        let server = world.serve(&[]);
        let pid = server.pid();
        eprintln!("{} MiB before", resident(pid) >> 20);
        let (mut after_first, mut guests) = (0, 0);
        for (number, (kube, prometheus)) in FAULTS.into_iter().enumerate() {
            world.fault(&[kube, prometheus]);
            let began = Instant::now();
            let (mut times, refused) = round(&world, &server, number);
            let took = began.elapsed();
            world.fault(&[]);
            nothing_is_left(&world, &server);
            if number == 0 {
                (after_first, guests) = (resident(pid), threads(pid, "trawl-guest"));
            }
            times.sort();
            let at = |part: usize| times[(times.len() - 1) * part / 100].as_millis();
            let per_second = CLIENTS as f64 / took.as_secs_f64();
            eprintln!(
                "round {}, {kube} and {prometheus}: {CLIENTS} clients, {per_second:.0}/s, {refused} told to come again, p50 {} ms, p99 {} ms, {} MiB after",
                number + 1,
                at(50),
                at(99),
                resident(pid) >> 20,
            );
        }
        // The bound of the hostile guests' rounds; an allocator gives back what it has with the next requests.
        let most = after_first + after_first / 20 + (16 << 20);
        let tries = 100;
        let comes_back = (0..tries).any(|_| {
            server.get("/api/clusters/overview");
            resident(pid) <= most
        });
        assert!(
            comes_back,
            "{} MiB are resident, expected at most {} MiB",
            resident(pid) >> 20,
            most >> 20
        );
        assert_eq!(threads(pid, "trawl-guest"), guests);
    });
    world.fleet.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn beyond_the_bound_of_the_queue_clients_are_told_when_to_come_again() {
    const RUN: usize = 2;
    const WAIT: usize = 4;
    let world = world().await;
    tokio::task::block_in_place(|| {
        let (run, wait) = (RUN.to_string(), WAIT.to_string());
        let server = world.serve(&["--concurrent-queries", &run, "--queued-queries", &wait]);
        // One cluster holds up what runs until everybody has come.
        let holding = world.pods.keys().next().unwrap();
        let stalled = || Some("stalled".parse().unwrap());
        world.fleet.set_fault(holding, stalled());
        let refused = AtomicUsize::new(0);
        let client = || {
            let mut client = Client::connect(server.address).unwrap();
            match query(&mut client, "application/json", ALL_PODS) {
                Ok(answer) => {
                    let document = document(&answer);
                    assert_eq!(document["completeness"]["complete"], true, "{document}");
                    1
                }
                Err(answer) => {
                    assert_eq!(answer.status, 429, "{}", answer.text());
                    let again = answer.header("retry-after").unwrap();
                    assert!(again.parse::<u64>().unwrap() > 0, "{again}");
                    assert_eq!(document(&answer)["error"]["code"], "busy");
                    refused.fetch_add(1, Ordering::Relaxed);
                    0
                }
            }
        };
        let answered: usize = std::thread::scope(|scope| {
            let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(client)).collect();
            wait_until(|| refused.load(Ordering::Relaxed) == CLIENTS - RUN - WAIT);
            world.fleet.set_fault(holding, None);
            clients.into_iter().map(|it| it.join().unwrap()).sum()
        });
        assert_eq!(answered, RUN + WAIT);
        nothing_is_left(&world, &server);
    });
    world.fleet.shutdown().await;
}
