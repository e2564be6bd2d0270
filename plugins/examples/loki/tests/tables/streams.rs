//! Owns the tests of the tables about streams: labels, their values, series, statistics, the build. Refuses entries.

use loki_fake as fake;
use serde_json::json;
use trawl_sdk::types::Pushed;

use crate::asked::{Asked, Condition, NOW, run, transport, utf8};

#[test]
fn labels_and_their_values() {
    let http = transport(fake::story(NOW));
    let became = run(&http, "", &Asked::of(&["labels"], &["name"])).unwrap();
    let names: Vec<_> = became
        .rows()
        .iter()
        .map(|row| row["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        names,
        [
            "app",
            "cluster",
            "container",
            "namespace",
            "pod",
            "service_name"
        ]
    );

    let of_apps = Asked::of(&["label_values"], &["label", "value"])
        .filter(
            "label",
            &Condition::In(vec!["app", "cluster", "no such"], false),
        )
        .argument("match", utf8(r#"{namespace="payments"}"#));
    let http = transport(fake::story(NOW));
    let became = run(&http, "", &of_apps).unwrap();
    assert_eq!(became.plan.filters, [Pushed::Exact]);
    assert_eq!(
        became.requests.len(),
        2,
        "a name that no label can have is not asked for"
    );
    let rows: Vec<_> = became
        .rows()
        .iter()
        .map(|row| format!("{}={}", row["label"], row["value"]))
        .collect();
    assert_eq!(
        rows,
        [
            r#""app"="web""#,
            r#""app"="worker""#,
            r#""cluster"="prod-ap""#,
            r#""cluster"="prod-us""#
        ]
    );

    let http = transport(fake::story(NOW));
    let became = run(
        &http,
        "",
        &Asked::of(&["label_values"], &["label", "value"]),
    )
    .unwrap();
    assert_eq!(
        became.requests.len(),
        7,
        "the names, then the values of each"
    );
    assert_eq!(became.rows().len(), 4 + 2 + 1 + 3 + 7 + 4);
    let none = Asked::of(&["label_values"], &["value"]).equal("label", "nope");
    assert!(run(&http, "", &none).unwrap().rows().is_empty());
}

#[test]
fn series_by_conditions_or_by_a_selector() {
    let http = transport(fake::story(NOW));
    let by_condition = Asked::of(&["series"], &["labels.pod", "labels.cluster"])
        .equal("labels.app", "web")
        .filter(
            "labels.cluster",
            &Condition::Compare(trawl_sdk::types::CompareOp::Ne, utf8("prod-us")),
        );
    let became = run(&http, "", &by_condition).unwrap();
    assert_eq!(became.plan.filters, [Pushed::Exact, Pushed::Exact]);
    assert_eq!(
        became.rows(),
        [
            json!({"labels.pod": "web-0", "labels.cluster": "prod-ap"}),
            json!({"labels.pod": "web-1", "labels.cluster": "prod-ap"}),
        ]
    );
    let by_selector = Asked::of(&["series"], &["labels"]).argument("match", utf8(r#"{app="web"}"#));
    assert_eq!(run(&http, "", &by_selector).unwrap().rows().len(), 4);
}

#[test]
fn statistics_and_the_build() {
    let http = transport(fake::story(NOW));
    let asked = Asked::of(&["stats"], &["streams", "entries"])
        .argument("match", utf8(r#"{app="ingress"}"#));
    let rows = run(&http, "", &asked).unwrap().rows();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["streams"], 2);
    assert!(rows[0]["entries"].as_i64().unwrap() > 100);
    let rows = run(&http, "", &Asked::of(&["build"], &["version", "branch"]))
        .unwrap()
        .rows();
    assert_eq!(rows, [json!({"version": "3.5.0", "branch": "HEAD"})]);
}

#[test]
fn an_old_loki_mixes_its_labels() {
    let mut story = fake::story(NOW);
    story.categorizes = false;
    let http = transport(story);
    let asked = Asked::of(&["logs"], &["labels.detected_level", "metadata"])
        .equal("labels.app", "web")
        .limit(1);
    let rows = run(&http, "", &asked).unwrap().rows();
    assert_eq!(rows[0]["metadata"], json!({}));
    assert!(rows[0]["labels.detected_level"].is_string());
}
