//! Owns the requests and rows of the tables about the server itself, with bodies in the API's documented format; refuses a network.

use crate::asked::{Ask, data, map, of, text, timestamp, utf8, value};
use serde_json::json;
use trawl_sdk::schema::Type;
use trawl_sdk::testing::Recorded;
use trawl_sdk::types::{Literal, Pushed};

#[test]
fn targets_rules_and_alerts() {
    let target = json!({
        "labels": {"job": "j", "instance": "i:1", "c": "1"}, "discoveredLabels": {"__address__": "i:1"},
        "scrapePool": "j", "scrapeUrl": "http://i:1/metrics", "globalUrl": "http://h:1/metrics",
        "lastError": "refused", "lastScrape": "2026-11-21T19:00:00.5+01:00", "lastScrapeDuration": 0.25,
        "health": "down", "scrapeInterval": "1m30s", "scrapeTimeout": "10s", "later": {"x": 1}
    });
    let targets =
        json!({"activeTargets": [target], "droppedTargets": [{"discoveredLabels": {"a": "b"}}]});
    let columns = [
        text("state"),
        text("job"),
        text("health"),
        text("last_error"),
        of("last_scrape", Type::Timestamp),
        of("last_scrape_duration", Type::Duration),
        of("scrape_interval", Type::Duration),
        map("discovered_labels"),
        text("cluster"),
    ];
    let ask = Ask::of("targets")
        .columns(columns)
        .clusters(&[("one", Some("1"))])
        .but_not(&[]);
    let ran = ask.run_on(
        r#"{"cluster_label": "c"}"#,
        Recorded::in_order([data(targets)]),
    );
    assert_eq!(
        ran.rows(),
        [
            json!({
                "state": "active", "job": "j", "health": "down", "last_error": "refused",
                "last_scrape": 1_795_284_000_500_000_000_i64, "last_scrape_duration": 250_000_000,
                "scrape_interval": 90_000_000_000_i64, "discovered_labels": {"__address__": "i:1"}, "cluster": "one"
            }),
            json!({
                "state": "dropped", "job": null, "health": null, "last_error": null, "last_scrape": null,
                "last_scrape_duration": null, "scrape_interval": null, "discovered_labels": {"a": "b"}, "cluster": null
            }),
        ]
    );
    let ask = Ask::of("targets")
        .columns([text("state")])
        .is(text("state"), "dropped");
    let (ran, requests) = ask.run([data(json!({"activeTargets": null}))]);
    assert_eq!(
        requests,
        ["GET /api/v1/targets?state=dropped&partial_response=false"]
    );
    assert_eq!(ran.plan.filters, [Pushed::Exact]);

    let alerting = json!({
        "type": "alerting", "name": "Down", "query": "up == 0", "duration": 300, "keepFiringFor": 0, "state": "firing",
        "labels": {"severity": "page"}, "annotations": {}, "alerts": [{}, {}], "health": "ok",
        "lastEvaluation": "0001-01-01T00:00:00Z", "evaluationTime": 0.001_5
    });
    let recording = json!({"type": "recording", "name": "a:b", "query": "sum(a)", "health": "err", "lastError": "x"});
    let groups = json!({"groups": [{"name": "g", "file": "f", "interval": 60, "limit": 0, "rules": [alerting, recording]}]});
    let columns = [
        text("name"),
        of("alerts", Type::Int64),
        of("for", Type::Duration),
        text("last_error"),
        of("last_evaluation", Type::Timestamp),
        of("evaluation_time", Type::Duration),
        map("labels"),
    ];
    let (ran, _) = Ask::of("rules")
        .columns(columns)
        .run([data(groups.clone())]);
    assert_eq!(
        ran.rows(),
        [
            json!({
                "name": "Down", "alerts": 2, "for": 300_000_000_000_i64, "last_error": null, "last_evaluation": null,
                "evaluation_time": 1_500_000, "labels": {"severity": "page"}
            }),
            json!({
                "name": "a:b", "alerts": null, "for": null, "last_error": "x", "last_evaluation": null,
                "evaluation_time": null, "labels": {}
            }),
        ]
    );
    let ask = Ask::of("rules")
        .columns([text("name")])
        .is(text("type"), "recording");
    let (_, requests) = ask.run([data(groups.clone())]);
    assert_eq!(
        requests,
        ["GET /api/v1/rules?type=record&partial_response=false"]
    );
    let (ran, _) = Ask::of("rule_groups")
        .columns([
            text("name"),
            of("rules", Type::Int64),
            of("interval", Type::Duration),
        ])
        .run([data(groups)]);
    assert_eq!(
        ran.rows(),
        [json!({"name": "g", "rules": 2, "interval": 60_000_000_000_i64})]
    );

    let alert = json!({
        "labels": {"alertname": "Down"}, "annotations": {"s": "t"}, "state": "firing",
        "activeAt": "2026-11-21T18:00:00.5Z", "value": "1e+00"
    });
    let columns = [
        text("name"),
        text("state"),
        value(),
        of("active_at", Type::Timestamp),
        map("annotations"),
    ];
    let (ran, _) = Ask::of("alerts")
        .columns(columns)
        .limit(1)
        .run([data(json!({"alerts": [alert, alert]}))]);
    assert_eq!(
        ran.rows(),
        [
            json!({"name": "Down", "state": "firing", "value": 1.0, "active_at": 1_795_284_000_500_000_000_i64, "annotations": {"s": "t"}})
        ]
    );
}

#[test]
fn metadata_exemplars_and_the_index() {
    let metadata = json!({"up": [{"type": "gauge", "help": "h", "unit": ""}], "x": [{"type": "counter", "help": "", "unit": "s"}]});
    let columns = [text("name"), text("type"), text("unit"), text("help")];
    let (ran, _) = Ask::of("metrics")
        .columns(columns.clone())
        .run([data(metadata)]);
    assert_eq!(
        ran.rows(),
        [
            json!({"name": "up", "type": "gauge", "unit": null, "help": "h"}),
            json!({"name": "x", "type": "counter", "unit": "s", "help": null}),
        ]
    );
    let (_, requests) = Ask::of("metrics")
        .columns(columns)
        .is(text("name"), "up")
        .run([data(json!({}))]);
    assert_eq!(
        requests,
        ["GET /api/v1/metadata?metric=up&partial_response=false"]
    );

    let exemplar =
        json!({"labels": {"trace_id": "t"}, "value": "0.5", "timestamp": 1_600_096_945.479});
    let found = json!([{"seriesLabels": {"__name__": "m", "c": "1"}, "exemplars": [exemplar]}]);
    let columns = [
        timestamp(),
        value(),
        map("labels"),
        text("metric"),
        text("cluster"),
    ];
    let ask = Ask::of("exemplars")
        .columns(columns)
        .argument("query", utf8("rate(m[5m])"))
        .from(1_000)
        .until(2_000)
        .clusters(&[("one", Some("1")), ("two", None)]);
    let http = Recorded::in_order([data(found)]);
    let ran = ask.run_on(r#"{"cluster_label": "c"}"#, http.clone());
    assert_eq!(
        http.requests(),
        [
            r#"GET /api/v1/query_exemplars?query=rate(m{c=~"1|two"}[5m])&start=0.999&end=2.001&partial_response=false"#
        ]
    );
    assert_eq!(ran.plan.filters, [Pushed::Inexact; 2]);
    assert_eq!(
        ran.rows(),
        [
            json!({"timestamp": 1_600_096_945_479_000_000_i64, "value": 0.5, "labels": {"trace_id": "t"}, "metric": "m", "cluster": "one"})
        ]
    );
    let unbounded = Ask::of("exemplars")
        .columns([value()])
        .argument("query", utf8("m"));
    assert!(unbounded.plan("{}", Recorded::in_order([])).is_err());

    let status = json!({
        "headStats": {"numSeries": 5, "minTime": -9},
        "seriesCountByMetricName": [{"name": "up", "value": 3}],
        "later": "x"
    });
    let columns = [text("statistic"), text("name"), of("value", Type::Int64)];
    let (ran, requests) = Ask::of("tsdb_status")
        .columns(columns)
        .argument("top", Literal::Int64(3))
        .run([data(status)]);
    assert_eq!(
        requests,
        ["GET /api/v1/status/tsdb?limit=3&partial_response=false"]
    );
    assert_eq!(
        ran.rows(),
        [
            json!({"statistic": "head", "name": "min_time", "value": -9}),
            json!({"statistic": "head", "name": "num_series", "value": 5}),
            json!({"statistic": "series_count_by_metric_name", "name": "up", "value": 3}),
        ]
    );
}
