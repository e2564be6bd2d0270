//! Random rows and random queries over them: groups and orders give the same rows whoever makes them. The seed is fixed.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use serde_json::{Map, Value, json};
use trawl_exec::Engine;

use crate::tabular::{ALL, Cluster, component, engine, rows};

/// Fleets, and queries over each.
const FLEETS: usize = 4;
const QUERIES: usize = 50;

/// Keys of groups; what has no name of its own gets one.
const KEYS: [&str; 11] = [
    "k",
    "b",
    "n",
    "x",
    "ts",
    "cluster",
    "environment",
    "hour = bin(ts, 1h)",
    "part = bin(ts, 7m)",
    "app = labels.app",
    "other = labels[\"b c\"]",
];

/// Calls; `{}` is a column.
const CALLS: [&str; 6] = [
    "count()",
    "countif(isnotnull({}))",
    "sum({})",
    "avg({})",
    "min({})",
    "max({})",
];

const CONDITIONS: [&str; 9] = [
    "n > 1",
    "k != \"x\"",
    "x <= 0.5",
    "b == true",
    "ts < datetime(1970-01-01)",
    "n == null",
    "labels.app == \"web\"",
    "cluster != \"c1\"",
    "environment == \"production\"",
];

/// A generator of numbers: xorshift, so that the test is the same on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % most
    }

    fn of<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// Some of the items, in any order, none twice.
    fn some<'a, T>(&mut self, items: &'a [T], most: usize) -> Vec<&'a T> {
        let mut left: Vec<&T> = items.iter().collect();
        let wanted = self.below(most + 1);
        (0..wanted)
            .map(|_| left.swap_remove(self.below(left.len())))
            .collect()
    }
}

/// A row; sums of its reals are exact in any order. `d` is different in each.
fn row(random: &mut Random, number: usize) -> Value {
    let reals = [
        json!(0.5),
        json!(-1.75),
        json!(2.25),
        json!(1_000_000.25),
        json!(-0.0),
        json!(0.0),
        json!("NaN"),
        json!("inf"),
        json!("-inf"),
    ];
    let times = [
        "1969-12-31T23:59:59.999999999Z",
        "1969-12-31T23:00:00Z",
        "1969-12-31T22:59:59Z",
        "1970-01-01T00:00:00Z",
        "2026-01-01T10:06:59Z",
        "2026-01-01T10:07:00Z",
        "1677-09-21T00:12:43.145224193Z",
    ];
    let longs = [0, 1, 2, -7, i64::MAX, i64::MIN, 1_000];
    let values = [
        ("k", json!(random.of(&["x", "y", "", "é", "z"]))),
        ("b", json!(random.below(2) == 0)),
        ("n", json!(random.of(&longs))),
        ("x", random.of(&reals).clone()),
        ("ts", json!(random.of(&times))),
        (
            "labels",
            json!({ "app": random.of(&["web", "db"]), "b c": random.of(&["1", "2"]) }),
        ),
    ];
    let mut row: Map<String, Value> = values
        .into_iter()
        .filter(|_| random.below(5) > 0)
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    row.insert("d".to_owned(), json!(format!("{number}ns")));
    Value::Object(row)
}

fn summarize(random: &mut Random) -> String {
    let keys = random.some(&KEYS, 3);
    let keys: Vec<String> = keys.into_iter().map(|key| (*key).to_owned()).collect();
    let mut calls: Vec<String> = Vec::new();
    for number in 0..random.below(4) + usize::from(keys.is_empty()) {
        let call = *random.of(&CALLS);
        let columns: &[&str] = match call {
            "sum({})" | "avg({})" => &["n", "x", "d"],
            _ => &["k", "b", "n", "x", "d", "ts", "labels.app"],
        };
        let column: &&str = random.of(columns);
        let call = call.replace("{}", column);
        calls.push(format!("c{number} = {call}"));
    }
    match keys.is_empty() {
        true => format!("summarize {}", calls.join(", ")),
        false => format!("summarize {} by {}", calls.join(", "), keys.join(", ")),
    }
}

fn top(random: &mut Random) -> String {
    let columns = ["k", "b", "n", "x", "ts", "labels.app", "cluster"];
    let mut keys: Vec<String> = Vec::new();
    for column in random.some(&columns, 3) {
        keys.push(format!("{column} {}", random.of(&["asc", "desc"])));
    }
    // The last key makes all rows different.
    keys.push(format!("d {}", random.of(&["asc", "desc"])));
    let rows = random.below(6) + 1;
    format!(
        "sort by {} | take {rows} | project cluster, k, b, n, x, d, ts, app = labels.app",
        keys.join(", ")
    )
}

fn query(random: &mut Random) -> String {
    let mut query = "tabular.t".to_owned();
    for condition in random.some(&CONDITIONS, 2) {
        query.push_str(&format!(" | where {condition}"));
    }
    let rest = match random.below(3) {
        0 => top(random),
        _ => summarize(random),
    };
    format!("{query} | {rest}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_groups_and_orders_are_the_same_whoever_makes_them() {
    let component = component().await;
    let folder = tempfile::tempdir().unwrap();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut number = 0;
    let (mut grouped, mut sorted) = (0, 0);
    for _ in 0..FLEETS {
        let mut clusters: Vec<(String, String, usize)> = Vec::new();
        for cluster in 0..random.below(2) + 2 {
            let rows: Vec<Value> = (0..random.below(25))
                .map(|_| {
                    number += 1;
                    row(&mut random, number)
                })
                .collect();
            let partitions = random.below(4) + 1;
            clusters.push((format!("c{cluster}"), json!(rows).to_string(), partitions));
        }
        let fleet = |takes: &str| -> Engine {
            let clusters: Vec<Cluster<'_>> = clusters
                .iter()
                .enumerate()
                .map(|(at, (name, rows, partitions))| Cluster {
                    name,
                    environment: if at == 1 { "staging" } else { "production" },
                    settings: format!("partitions: {partitions}, takes: {takes}"),
                    rows,
                })
                .collect();
            engine(&component, folder.path(), &clusters)
        };
        let (all, none) = (fleet(ALL), fleet("[]"));
        for _ in 0..QUERIES {
            let query = query(&mut random);
            let (pushed, here) = (rows(&all, &query).await, rows(&none, &query).await);
            assert_eq!(pushed, here, "{query}\n{clusters:?}");
            let explained = all.explain(trawl_exec::QueryRequest::new(&*query)).await;
            let scans = explained.unwrap().scans;
            let asks = scans.iter().flat_map(|scan| &scan.asks);
            for ask in asks {
                grouped += usize::from(ask.request.starts_with("groups of"));
                sorted += usize::from(ask.request.contains("in order of"));
            }
        }
    }
    // What is compared is what is meant to be compared.
    assert!(
        grouped > FLEETS * QUERIES / 4,
        "{grouped} of the queries were grouped"
    );
    assert!(
        sorted > FLEETS * QUERIES / 8,
        "{sorted} of the queries were sorted"
    );
}
