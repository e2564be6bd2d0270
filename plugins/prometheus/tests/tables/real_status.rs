//! Owns the comparison of the tables about the server itself, and of series that went stale, with what Debian's real Prometheus answers
//! over HTTP without the plugin; without the program it says so and passes, except under CI.
use std::collections::BTreeSet;

use crate::asked::{Ask, at, label, map, of, text, timestamp, utf8, value};
use crate::story::{self, FROM, TO};
use serde_json::{Value, json};
use trawl_programs::Prometheus as Live;
use trawl_sdk::schema::Type;
use trawl_sdk::types::Literal;

/// Scrapes itself and a port that nobody listens on; drops a third target.
const SCRAPES: &str = r#"
global: {scrape_interval: 1s, scrape_timeout: 900ms, evaluation_interval: 200ms}
rule_files: [rules.yml]
scrape_configs:
  - job_name: itself
    static_configs: [{targets: ['@']}]
  - job_name: nobody
    static_configs: [{targets: ['127.0.0.1:1']}]
  - job_name: dropped
    static_configs: [{targets: ['127.0.0.1:2']}]
    relabel_configs: [{action: drop}]
"#;

/// An alert that fires, one that waits, and a series that goes stale every other second.
const RULES: &str = r#"
groups:
  - name: alerts
    limit: 9
    rules:
      - {alert: Always, expr: vector(7), labels: {severity: page}, annotations: {text: 'is {{ $value }}'}}
      - {alert: Later, expr: vector(1), for: 1h}
  - name: flapping
    interval: 200ms
    rules:
      - {record: flap, expr: 'floor(vector(time())) % 2 == 0'}
"#;

fn set(rows: impl IntoIterator<Item = Value>) -> BTreeSet<String> {
    rows.into_iter().map(|row| row.to_string()).collect()
}

fn list(data: &Value) -> Vec<Value> {
    data.as_array().unwrap().clone()
}

fn now_ms() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    i64::try_from(now.unwrap().as_millis()).unwrap()
}

#[test]
fn the_server_says_the_same_of_itself() {
    if !Live::is_here() {
        return;
    }
    let live = Live::start(&story::samples(|_| true), SCRAPES, RULES);
    live.wait_for("/api/v1/alerts", |body| {
        body.contains("Always") && body.contains("Later")
    });
    live.wait_for("/api/v1/targets", |body| {
        body.contains(r#""health":"up""#) && body.contains(r#""health":"down""#)
    });
    live.wait_for("/api/v1/metadata", |body| body.contains("go_goroutines"));
    let rows = |ask: Ask| set(ask.run_on("{}", live.transport()).rows());

    let columns = [
        text("state"),
        text("job"),
        text("health"),
        text("scrape_url"),
        of("scrape_interval", Type::Duration),
        map("labels"),
        map("discovered_labels"),
    ];
    let targets = live.api("targets", &[]);
    let active = list(&targets["activeTargets"]).into_iter().map(|it| {
        json!({
            "state": "active", "job": it["labels"]["job"], "health": it["health"], "scrape_url": it["scrapeUrl"],
            "scrape_interval": 1_000_000_000, "labels": it["labels"], "discovered_labels": it["discoveredLabels"]
        })
    });
    let dropped = list(&targets["droppedTargets"]).into_iter().map(|it| {
        json!({
            "state": "dropped", "job": null, "health": null, "scrape_url": null, "scrape_interval": null, "labels": {},
            "discovered_labels": it["discoveredLabels"]
        })
    });
    let expected = set(active.chain(dropped));
    assert_eq!(expected.len(), 3);
    assert_eq!(rows(Ask::of("targets").columns(columns.clone())), expected);
    assert_eq!(
        rows(
            Ask::of("targets")
                .columns([text("state")])
                .is(text("state"), "active")
        )
        .len(),
        1
    );

    let columns = [
        text("name"),
        text("state"),
        value(),
        map("labels"),
        map("annotations"),
    ];
    let alerts = live.api("alerts", &[]);
    let expected = list(&alerts["alerts"]).into_iter().map(|it| {
        let value: f64 = it["value"].as_str().unwrap().parse().unwrap();
        json!({
            "name": it["labels"]["alertname"], "state": it["state"], "value": value, "labels": it["labels"],
            "annotations": it["annotations"]
        })
    });
    let expected = set(expected);
    assert_eq!(expected.len(), 2);
    assert_eq!(rows(Ask::of("alerts").columns(columns)), expected);

    let groups = list(&live.api("rules", &[])["groups"]);
    let columns = [
        text("name"),
        text("group"),
        text("type"),
        text("query"),
        text("state"),
        of("for", Type::Duration),
    ];
    let expected = set(groups.iter().flat_map(|group| {
        list(&group["rules"]).into_iter().map(|rule| {
            let waits = rule["duration"].as_f64().map(|it| json!(it as i64 * 1_000_000_000));
            json!({
                "name": rule["name"], "group": group["name"], "type": rule["type"], "query": rule["query"],
                "state": rule["state"], "for": waits
            })
        })
    }));
    assert_eq!(expected.len(), 3);
    assert_eq!(rows(Ask::of("rules").columns(columns)), expected);
    let columns = [
        text("name"),
        of("interval", Type::Duration),
        of("limit", Type::Int64),
        of("rules", Type::Int64),
    ];
    let expected = [
        json!({"name": "alerts", "interval": 200_000_000, "limit": 9, "rules": 2}),
        json!({"name": "flapping", "interval": 200_000_000, "limit": 0, "rules": 1}),
    ];
    assert_eq!(rows(Ask::of("rule_groups").columns(columns)), set(expected));

    let metadata = live.api("metadata", &[]);
    let expected = set(metadata
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(name, all)| {
            list(all)
                .into_iter()
                .map(move |it| json!({"name": name, "type": it["type"], "help": it["help"]}))
        }));
    assert!(expected.len() > 100);
    assert_eq!(
        rows(Ask::of("metrics").columns([text("name"), text("type"), text("help")])),
        expected
    );

    let period = [("start", "1700000000"), ("end", "1800000000000")];
    let long = |ask: Ask| {
        ask.argument("start", at(1_700_000_000_000))
            .argument("end", at(9_000_000_000_000))
    };
    let matching = |text: &'static str| [period[0], ("end", "9000000000"), ("match[]", text)];
    let found = list(&live.api("series", &matching(r#"{job="api",le!="1"}"#)));
    let expected = set(found
        .into_iter()
        .map(|it| json!({"metric": it["__name__"], "labels": it})));
    let ask = Ask::of("series")
        .columns([text("metric"), map("labels")])
        .is(label("job"), "api")
        .filter(label("le"), trawl_sdk::types::CompareOp::Ne, utf8("1"));
    assert!(expected.len() > 5);
    assert_eq!(rows(long(ask)), expected);
    let names = live.api("labels", &matching("load"));
    let expected = set(list(&names).into_iter().map(|name| {
        let function = format!("label/{}/values", name.as_str().unwrap());
        json!({"name": name, "values": live.api(&function, &matching("load"))})
    }));
    assert_eq!(expected.len(), 4);
    let ask = Ask::of("labels")
        .columns([text("name"), of("values", Type::list(Type::Utf8))])
        .argument("match", utf8("load"));
    assert_eq!(rows(long(ask)), expected);

    // Numbers of the head change while it scrapes itself; names of statistics do not.
    let status = live.api("status/tsdb", &[]);
    let mut statistics = set(status
        .as_object()
        .unwrap()
        .keys()
        .map(|name| json!({"statistic": name})));
    let found = rows(Ask::of("tsdb_status").columns([text("statistic")]));
    let camel = |row: &String| {
        let row: Value = serde_json::from_str(row).unwrap();
        let mut out = String::new();
        for (index, word) in row["statistic"].as_str().unwrap().split('_').enumerate() {
            let (first, rest) = word.split_at(1);
            out.push_str(&if index == 0 {
                first.to_owned()
            } else {
                first.to_uppercase()
            });
            out.push_str(rest);
        }
        if out == "head" {
            "headStats".to_owned()
        } else {
            out
        }
    };
    let found: Vec<String> = found.iter().map(camel).collect();
    for name in found {
        assert!(
            statistics.remove(&json!({"statistic": name}).to_string()),
            "{name}"
        );
    }
    assert!(statistics.is_empty(), "{statistics:?}");

    // No exemplars come out of OpenMetrics files; the request is what the server takes.
    let ask = Ask::of("exemplars")
        .columns([timestamp(), value()])
        .argument("query", utf8("rate(lat_bucket[5m])"));
    assert!(rows(ask.from(FROM).until(TO)).is_empty());
}

#[test]
fn stale_series_end() {
    if !Live::is_here() {
        return;
    }
    let live = Live::start(&story::samples(|_| true), SCRAPES, RULES);
    let began = now_ms();
    // There, gone, there again, and gone.
    let appears = |body: &str| body.contains("\"value\"");
    let path = "/api/v1/query?query=flap";
    live.wait_for(path, appears);
    live.wait_for(path, |body| !appears(body));
    live.wait_for(path, appears);
    live.wait_for(path, |body| !appears(body));
    let ended = now_ms();
    let mut ask = Ask::samples()
        .is(text("metric"), "flap")
        .from(began - 60_000)
        .until(ended);
    ask.0.now_ns = (ended + 60_000) * 1_000_000;
    let rows = ask.run_on("{}", live.transport()).rows();
    let range = format!("flap[{}ms]", ended - began + 60_001);
    let time = format!("{}.{:03}", ended / 1000, ended % 1000);
    let raw = live.api("query", &[("query", &range), ("time", &time)]);
    let values = list(&raw["result"][0]["values"]);
    assert_eq!(rows.len(), values.len());
    // A stale marker is NaN to whoever reads it as a sample.
    assert!(rows.iter().all(|row| row["value"] == 0.0), "{rows:?}");

    let step = 100_000_000;
    let mut ask = Ask::promql("flap")
        .argument("step", Literal::DurationNs(step))
        .from(began)
        .until(ended);
    ask.0.now_ns = (ended + 60_000) * 1_000_000;
    let rows = ask.run_on("{}", live.transport()).rows();
    let steps: BTreeSet<i64> = rows
        .iter()
        .map(|row| row["timestamp"].as_i64().unwrap() / step)
        .collect();
    let (first, last) = (steps.first().unwrap(), steps.last().unwrap());
    assert!(
        steps.len() < usize::try_from(last - first + 1).unwrap(),
        "it has no gap: {steps:?}"
    );
}

#[test]
fn errors_are_the_servers() {
    if !Live::is_here() {
        return;
    }
    let live = Live::start(&story::samples(|_| true), "global: {}\n", "");
    for (promql, part) in [
        ("sum(load", "unclosed left parenthesis"),
        ("load{}[5m] + 1", "parse error"),
        (
            "load * on (cluster) load",
            "many-to-many matching not allowed",
        ),
        ("nope(load)", "unknown function"),
        ("\"text\"", "gives a string"),
    ] {
        let ran = Ask::promql(promql).until(TO).run_on("{}", live.transport());
        let error = ran.result.unwrap_err();
        assert!(error.message.contains(part), "{promql}: {}", error.message);
    }
    // By POST, too.
    let long = format!("load{{job!=\"{}\"}}", "x".repeat(5_000));
    let ran = Ask::promql(&long)
        .until(FROM)
        .run_on("{}", live.transport());
    assert!(ran.plan.explain.starts_with("POST"));
    assert!(ran.rows().len() > 3);
    assert!(live.address().ip().is_loopback());
}
