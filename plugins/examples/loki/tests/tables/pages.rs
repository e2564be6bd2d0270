//! Owns the tests of paging by time: no entry lost, none doubled, whatever the size of a page. Refuses conditions other than time.

use loki_fake as fake;
use serde_json::Value;
use trawl_sdk::types::{CompareOp, Gap};

use crate::asked::{Asked, NOW, SECOND, run, transport};

/// When all streams of the story were restarted: 280 entries share it.
const BURST: i64 = NOW - 1_800 * SECOND;

fn asked() -> Asked {
    Asked::of(&["logs"], &["timestamp", "line", "labels", "metadata"])
        .equal("labels.cluster", "prod-ap")
        .time(CompareOp::Ge, NOW - 7_200 * SECOND)
}

/// What the story holds of the cluster, as rows; in the order of their texts.
fn held(keep: impl Fn(&fake::Entry) -> bool) -> Vec<String> {
    let mut rows: Vec<String> = fake::story(NOW)
        .streams
        .iter()
        .filter(|stream| stream.labels["cluster"] == "prod-ap")
        .flat_map(|stream| stream.entries.iter().map(move |entry| (stream, entry)))
        .filter(|(_, entry)| keep(entry))
        .map(|(stream, entry)| text(entry.at, &entry.line, &stream.labels["pod"]))
        .collect();
    rows.sort();
    rows
}

fn text(at: i64, line: &str, pod: &str) -> String {
    format!("{at} {pod} {line:?}")
}

fn told(rows: &[Value]) -> Vec<String> {
    let mut texts: Vec<String> = rows
        .iter()
        .map(|row| {
            let of = |value: &Value| value.as_str().unwrap().to_owned();
            let at = row["timestamp"].as_i64().unwrap();
            text(at, &of(&row["line"]), &of(&row["labels"]["pod"]))
        })
        .collect();
    texts.sort();
    texts
}

#[test]
fn every_entry_comes_once_whatever_a_page_holds() {
    let held = held(|_| true);
    assert!(held.len() > 3_000, "{}", held.len());
    for page in [141, 150, 500, 997, 4_999, 5_000] {
        for backward in [false, true] {
            let http = transport(fake::story(NOW));
            let config = format!(r#"{{"page_size": {page}}}"#);
            let became = run(&http, &config, &asked().by_time(backward)).unwrap();
            assert!(became.plan.sorted);
            assert_eq!(told(&became.rows()), held, "pages of {page}");
            assert_eq!(became.reports, [], "pages of {page}");
            for rows in &became.partitions {
                let times: Vec<i64> = rows
                    .iter()
                    .map(|it| it["timestamp"].as_i64().unwrap())
                    .collect();
                let mut sorted = times.clone();
                sorted.sort_unstable();
                if backward {
                    sorted.reverse();
                }
                assert_eq!(times, sorted);
            }
        }
    }
}

#[test]
fn a_nanosecond_that_fills_a_page_is_told() {
    for page in [2, 17, 139] {
        let http = transport(fake::story(NOW));
        let config = format!(r#"{{"page_size": {page}}}"#);
        let within =
            |entry: &fake::Entry| (BURST - 60 * SECOND..=BURST + 60 * SECOND).contains(&entry.at);
        let asked = asked()
            .time(CompareOp::Ge, BURST - 60 * SECOND)
            .time(CompareOp::Le, BURST + 60 * SECOND);
        let became = run(&http, &config, &asked).unwrap();
        let rows = told(&became.rows());
        let all = held(within);
        // Nothing that is not there, and nothing twice.
        assert!(
            rows.windows(2)
                .all(|pair| pair[0] != pair[1]
                    || all.iter().filter(|it| **it == pair[0]).count() > 1)
        );
        assert!(rows.iter().all(|row| all.contains(row)));
        let cut: Vec<_> = became
            .reports
            .iter()
            .filter(|(gap, _)| *gap == Gap::Truncated)
            .collect();
        assert!(
            cut.iter()
                .any(|(_, message)| message.contains(&format!("at {BURST} ns"))),
            "pages of {page}: {:?}",
            became.reports
        );
        // Every other nanosecond with fewer entries than a page is whole.
        let lost = all.iter().filter(|row| !rows.contains(row));
        for row in lost {
            let at = row.split(' ').next().unwrap();
            let told = cut
                .iter()
                .any(|(_, message)| message.contains(&format!("at {at} ns")));
            assert!(told, "{row} is missing without a word");
        }
    }
}

#[test]
fn a_limit_is_the_first_rows_of_the_order() {
    let all = held(|_| true);
    let mut times: Vec<i64> = all
        .iter()
        .map(|row| row.split(' ').next().unwrap().parse().unwrap())
        .collect();
    times.sort_unstable();
    for limit in [1, 2, 10, 300, 6_000] {
        for backward in [false, true] {
            let http = transport(fake::story(NOW));
            let asked = asked().by_time(backward).limit(limit);
            let became = run(&http, r#"{"page_size": 400}"#, &asked).unwrap();
            assert_eq!(became.plan.partitions.len(), 1);
            let limit = usize::try_from(limit).unwrap().min(times.len());
            let expected: Vec<i64> = if backward {
                times.iter().rev().take(limit).copied().collect()
            } else {
                times.iter().take(limit).copied().collect()
            };
            let found: Vec<i64> = became
                .rows()
                .iter()
                .map(|it| it["timestamp"].as_i64().unwrap())
                .collect();
            assert_eq!(found, expected);
        }
    }
    // A small limit is one small request.
    let http = transport(fake::story(NOW));
    let became = run(&http, "", &asked().by_time(true).limit(10)).unwrap();
    assert_eq!(became.requests.len(), 1);
    assert!(
        became.requests[0].contains("&limit=10&direction=backward"),
        "{}",
        became.requests[0]
    );
}

#[test]
fn a_server_that_allows_less_is_asked_for_less() {
    let mut story = fake::story(NOW);
    story.max_entries = 700;
    let http = transport(story);
    let asked = asked();
    let became = run(&http, "", &asked).unwrap();
    assert_eq!(told(&became.rows()), held(|_| true));
    let too_many = became
        .requests
        .iter()
        .filter(|it| it.contains("limit=5000"))
        .count();
    assert_eq!(too_many, 1, "it is remembered");
}

#[test]
fn a_range_that_is_too_long_is_read_in_halves() {
    let mut story = fake::story(NOW);
    story.max_length = 900 * SECOND;
    for backward in [false, true] {
        let http = transport(story.clone());
        let asked = asked().by_time(backward).limit(100_000);
        let became = run(&http, "", &asked).unwrap();
        assert_eq!(told(&became.rows()), held(|_| true));
        let times: Vec<i64> = became
            .rows()
            .iter()
            .map(|it| it["timestamp"].as_i64().unwrap())
            .collect();
        let ordered = |pair: &[i64]| {
            if backward {
                pair[0] >= pair[1]
            } else {
                pair[0] <= pair[1]
            }
        };
        assert!(times.windows(2).all(ordered));
    }
}

#[test]
fn without_a_limit_the_range_is_cut_into_parts() {
    let http = transport(fake::story(NOW));
    let mut asked = asked();
    let became = run(&http, "", &asked).unwrap();
    assert_eq!(became.plan.partitions.len(), 4);
    asked.0.max_partitions = 1;
    let became = run(&transport(fake::story(NOW)), "", &asked).unwrap();
    assert_eq!(became.plan.partitions.len(), 1);
    assert_eq!(told(&became.rows()), held(|_| true));
}
