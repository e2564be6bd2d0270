//! Owns the comparison of native histograms with what Debian's real Prometheus answers, which scrapes them here in the only encoding that
//! has them, Protobuf. Refuses classic histograms, which are series like any other.

use std::io::{Read, Write};
use std::net::TcpListener;

use crate::asked::{Ask, NOW_NS, of, text, timestamp, value};
use crate::story;
use serde_json::{Value, json};
use trawl_programs::Prometheus as Live;
use trawl_sdk::schema::Type;
use trawl_sdk::types::{AggregateFunction, PathStep};

/// A field of a message: a varint.
fn varint(out: &mut Vec<u8>, field: u8, mut value: u64) {
    out.push(field << 3);
    loop {
        let low = u8::try_from(value & 0x7f).unwrap();
        value >>= 7;
        if value == 0 {
            return out.push(low);
        }
        out.push(low | 0x80);
    }
}

/// A signed number, zigzag.
fn signed(out: &mut Vec<u8>, field: u8, value: i64) {
    varint(out, field, ((value << 1) ^ (value >> 63)).cast_unsigned());
}

fn double(out: &mut Vec<u8>, field: u8, value: f64) {
    out.push(field << 3 | 1);
    out.extend(value.to_le_bytes());
}

/// Bytes of fewer than 128.
fn bytes(out: &mut Vec<u8>, field: u8, value: &[u8]) {
    out.push(field << 3 | 2);
    out.push(u8::try_from(value.len()).unwrap());
    assert!(value.len() < 128);
    out.extend(value);
}

/// A native histogram `h` and a gauge `g`, each a message of its own. The fields are those of client_model's metrics.proto.
fn families() -> Vec<u8> {
    let mut histogram = Vec::new();
    varint(&mut histogram, 1, 12);
    double(&mut histogram, 2, 18.5);
    signed(&mut histogram, 5, 1);
    double(&mut histogram, 6, 0.001);
    varint(&mut histogram, 7, 2);
    let span = |offset: i64, length: u64| {
        let mut span = Vec::new();
        signed(&mut span, 1, offset);
        varint(&mut span, 2, length);
        span
    };
    bytes(&mut histogram, 9, &span(0, 1));
    signed(&mut histogram, 10, 3);
    bytes(&mut histogram, 12, &span(-1, 2));
    bytes(&mut histogram, 12, &span(2, 1));
    for delta in [1, 2, 0] {
        signed(&mut histogram, 13, delta);
    }
    let mut gauge = Vec::new();
    double(&mut gauge, 1, 7.5);
    let mut out = Vec::new();
    for (name, kind, field, value) in [("h", 4, 7, &histogram), ("g", 1, 2, &gauge)] {
        let (mut metric, mut family) = (Vec::new(), Vec::new());
        bytes(&mut metric, field, value);
        bytes(&mut family, 1, name.as_bytes());
        varint(&mut family, 3, kind);
        bytes(&mut family, 4, &metric);
        out.push(u8::try_from(family.len()).unwrap());
        out.extend(family);
    }
    out
}

/// Serves them for as long as the test runs; gives its address.
fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let body = families();
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.google.protobuf; \
                 proto=io.prometheus.client.MetricFamily; encoding=delimited\r\n\
                 Content-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all(head.as_bytes());
            let _ = stream.write_all(&body);
        }
    });
    address
}

/// The column's document of the API's histogram.
fn document(of: &Value) -> Value {
    let real = |text: &Value| json!(text.as_str().unwrap().parse::<f64>().unwrap());
    let buckets = of["buckets"].as_array().unwrap().iter().map(|bucket| {
        let ends = bucket[0].as_u64().unwrap();
        json!({
            "lower": real(&bucket[1]), "upper": real(&bucket[2]), "count": real(&bucket[3]),
            "lower_inclusive": ends == 1 || ends == 3, "upper_inclusive": ends == 0 || ends == 3
        })
    });
    let buckets: Vec<Value> = buckets.collect();
    json!({"count": real(&of["count"]), "sum": real(&of["sum"]), "buckets": buckets})
}

#[test]
fn native_histograms_are_rows_of_their_own_column() {
    if !Live::is_here() {
        return;
    }
    let config = format!(
        "global: {{scrape_interval: 1s}}\nscrape_configs: [{{job_name: n, static_configs: [{{targets: ['{}']}}]}}]\n",
        serve()
    );
    let live = Live::start_with("native-histograms", &story::samples(|_| true), &config, "");
    live.wait_for("/api/v1/query?query=h", |body| body.contains("buckets"));
    let found = live.api("query", &[("query", "h")]);
    let expected = document(&found["result"][0]["histogram"][1]);
    assert_eq!(expected["count"], 12.0);
    assert_eq!(expected["buckets"].as_array().unwrap().len(), 5);
    let bucket = Type::object([
        ("lower", Type::Float64),
        ("upper", Type::Float64),
        ("count", Type::Float64),
        ("lower_inclusive", Type::Bool),
        ("upper_inclusive", Type::Bool),
    ]);
    let histogram = of(
        "histogram",
        Type::object([
            ("count", Type::Float64),
            ("sum", Type::Float64),
            ("buckets", Type::list(bucket)),
        ]),
    );
    let mut sum = of("histogram", Type::Float64);
    sum.path = vec![PathStep::Key("sum".into())];
    sum.output[0].name = "sum".into();
    let columns = [text("metric"), value(), histogram, sum, timestamp()];
    let now = |mut ask: Ask| {
        // The server scrapes by the clock of this machine.
        ask.0.now_ns = NOW_NS.max(ask.0.now_ns) + 10 * 365 * 86_400_000_000_000;
        ask
    };
    let ask = Ask::samples().columns(columns).from(story::TO + 1);
    let both = |ask: Ask| now(ask.among(text("metric"), &["h", "g"], false));
    let rows = both(ask).run_on("{}", live.transport()).rows();
    for (metric, value, histogram, sum) in [
        ("h", Value::Null, expected, json!(18.5)),
        ("g", json!(7.5), Value::Null, Value::Null),
    ] {
        let row = json!({"metric": metric, "value": value, "histogram": histogram, "sum": sum});
        let is_it = |found: &&Value| {
            let mut found = (*found).clone();
            found.as_object_mut().unwrap().remove("timestamp");
            found == row
        };
        assert!(rows.iter().any(|found| is_it(&found)), "{row}: {rows:?}");
    }
    assert!(
        rows.iter()
            .all(|row| row["value"].is_null() != row["histogram"].is_null())
    );
    // What the server would compute leaves histograms out.
    let ask = Ask::samples()
        .from(story::TO + 1)
        .is(text("metric"), "h")
        .columns([timestamp()]);
    let ask = now(ask).aggregate(&[], &[(AggregateFunction::Count, true)]);
    let plan = ask.plan("{}", live.transport()).unwrap();
    assert!(!plan.aggregated, "{}", plan.explain);
    // But counts them; a window that is over, so that both see the same.
    let last = rows.iter().filter(|row| row["metric"] == "h");
    let times = last.map(|row| row["timestamp"].as_i64().unwrap() / 1_000_000);
    let (from, to) = (times.clone().min().unwrap(), times.clone().max().unwrap());
    let ask = Ask::samples()
        .is(text("metric"), "h")
        .from(from - 1_000)
        .until(to)
        .columns([timestamp()]);
    let ask = now(ask).aggregate(&[], &[(AggregateFunction::Count, false)]);
    let counted = ask.run_on("{}", live.transport());
    assert!(counted.plan.aggregated);
    assert_eq!(counted.rows(), [json!({"c0": times.count()})]);
}
