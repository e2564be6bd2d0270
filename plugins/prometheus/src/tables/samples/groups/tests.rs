//! Owns the tests of groups that are too many to be held at once; refuses those of the requests, which `tests/tables` has.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use trawl_sdk::schema::{self, Type, request_column, request_path};
use trawl_sdk::testing::{Answer, Collected, Recorded};
use trawl_sdk::types::{PathStep, Request};

use super::*;
use crate::config::Config;

/// Two minutes of samples in three pods; the last has none in the first minute.
fn samples(pod: usize) -> Vec<(i64, f64)> {
    let all = [(30_000, 1.0), (59_999, 2.0), (90_000, 3.0), (119_999, 4.0)];
    let kept = all.into_iter();
    kept.filter(|(ms, _)| pod < 2 || *ms >= 60_000).collect()
}

/// What a server with these samples answers; a range of it includes both its ends, as that of Prometheus 2.
fn answer(request: &Request) -> Answer {
    let param = |name: &str| {
        let found = request.query.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    };
    let ms = |name: &str| {
        let (whole, rest) = param(name)?.split_once('.').unwrap();
        Some(whole.parse::<i64>().unwrap() * 1000 + rest.parse::<i64>().unwrap())
    };
    let (first, last) = match ms("time") {
        Some(time) => (time, time),
        None => (ms("start").unwrap(), ms("end").unwrap()),
    };
    let promql = param("query").unwrap();
    let range = if promql == "up[60s]" { 60_000 } else { 59_999 };
    let mut result = Vec::new();
    for pod in 0..3 {
        let mut values = Vec::new();
        for end in (first..=last).step_by(60_000) {
            let mut found = samples(pod);
            found.retain(|(ms, _)| end - range <= *ms && *ms <= end);
            if found.is_empty() || promql == "up[60s]" {
                values.extend(found);
            } else if promql == "sum by (pod) (count_over_time(up[59999ms]))" {
                values.push((end, found.iter().map(|_| 1.0).sum()));
            } else {
                assert_eq!(promql, "sum by (pod) (sum_over_time(up[59999ms]))");
                values.push((end, found.iter().map(|(_, value)| value).sum()));
            }
        }
        let values: Vec<String> = values
            .iter()
            .map(|(ms, value)| format!("[{}.{:03},\"{value}\"]", ms / 1000, ms % 1000))
            .collect();
        let values = values.join(",");
        result.push(format!(
            r#"{{"metric":{{"pod":"{pod}"}},"values":[{values}]}}"#
        ));
    }
    let result = result.join(",");
    Answer::json(format!(
        r#"{{"status":"success","data":{{"resultType":"matrix","result":[{result}]}}}}"#
    ))
}

/// The rows and how many requests they took, by a reader that holds at most so many groups.
fn scanned(most: usize, calls: &[&str]) -> (Vec<Value>, usize) {
    let mut pod = request_path("labels", vec![PathStep::Key("pod".into())], Type::Utf8);
    pod.output[0].name = "pod".to_owned();
    let mut columns = vec![pod, request_column("bin", Type::Timestamp)];
    columns.extend(calls.iter().map(|call| match *call {
        "Count" => request_column("Count", Type::Int64),
        other => request_column(other, Type::Float64),
    }));
    let range = json!({"first": 59_999, "last": 119_999, "step": 60_000});
    let reduction: Reduction = serde_json::from_value(json!({
        "keys": [{"Label": "pod"}, "Bin"],
        "calls": calls,
        "bin": 60_000,
        "spans": [[{"Each": range}, 59_999]],
        "columns": schema::undescribed(&columns),
    }))
    .unwrap();
    let wanted = Wanted {
        projection: Vec::new(),
        selector: "up".to_owned(),
        window: Window {
            from: 0,
            to: 119_999,
        },
        limit: Some(1),
        clusters: None,
        reduction: Some(reduction.clone()),
    };
    let http = Recorded::by(answer);
    let config = Config::default();
    let remote = Remote {
        http: http.as_ref(),
        config: &config,
    };
    let output = Collected::new(reduction.schema());
    scan_holding(most, &reduction, &wanted, &remote, &output).unwrap();
    (output.rows(), http.requests().len())
}

#[test]
fn groups_beyond_what_is_held_keep_all_their_results() {
    // How many are held, and how many rows and requests that makes: the whole at once; each minute for itself; the first minute
    // for itself, and the samples of the second, of which there are two in each pod; the samples of both.
    for (most, rows, requests) in [(5, 5, 2), (3, 5, 6), (2, 8, 7), (1, 10, 8)] {
        let (found, asked) = scanned(most, &["Sum", "Count"]);
        let mut merged: BTreeMap<(String, i64), (f64, i64)> = BTreeMap::new();
        for row in &found {
            let count = row["Count"].as_i64().unwrap();
            assert!(count > 0, "the host leaves out {row}");
            let key = (row["pod"].to_string(), row["bin"].as_i64().unwrap());
            let group = merged.entry(key).or_default();
            group.0 += row["Sum"].as_f64().unwrap();
            group.1 += count;
        }
        let expected = [
            (("0", 0), (3.0, 2)),
            (("0", 60), (7.0, 2)),
            (("1", 0), (3.0, 2)),
            (("1", 60), (7.0, 2)),
            (("2", 60), (7.0, 2)),
        ]
        .map(|((pod, bin), results)| ((format!("\"{pod}\""), bin * 1_000_000_000), results));
        assert_eq!(merged, BTreeMap::from(expected), "{most}");
        assert_eq!((found.len(), asked), (rows, requests), "{most}");
    }
}

#[test]
fn one_function_alone_goes_out_as_it_comes() {
    let (found, asked) = scanned(1, &["Count"]);
    assert_eq!((found.len(), asked), (5, 1));
    assert!(found.iter().all(|row| row["Count"] == 2), "{found:?}");
}
