//! Owns what tables say of themselves, what they refuse, and the tables of series and labels, with bodies in the API's documented format;
//! refuses a network.

use crate::asked::{Ask, data, label, map, of, text, utf8};
use serde_json::{Value, json};
use trawl_plugin_prometheus::Prometheus;
use trawl_sdk::schema::Type;
use trawl_sdk::testing::{Answer, Recorded};
use trawl_sdk::types::{ErrorCode, Gap, Placement, Pushed, TextOp};
use trawl_sdk::{Session, Source};

#[test]
fn every_table_says_what_it_has() {
    let http = Recorded::in_order([]);
    let plain = Prometheus::open("", http.clone()).unwrap();
    let shared = Prometheus::open(r#"{"cluster_label": "c"}"#, http.clone()).unwrap();
    let tables = plain.tables(None, None).unwrap().tables;
    let names: Vec<String> = tables.iter().map(|table| table.path.concat()).collect();
    assert_eq!(
        names,
        [
            "",
            "alerts",
            "exemplars",
            "labels",
            "metrics",
            "rule_groups",
            "rules",
            "samples",
            "series",
            "targets",
            "tsdb_status"
        ]
    );
    assert_eq!(plain.tables(None, Some("rule")).unwrap().tables.len(), 2);
    for table in &tables {
        let own = plain.table_schema(&table.path, &[]).unwrap();
        let common = shared.table_schema(&table.path, &[]).unwrap();
        let has_cluster =
            |fields: &[trawl_sdk::types::Field]| fields.iter().any(|it| it.name == "cluster");
        assert_eq!(own.placement, Placement::Cluster);
        assert!(!has_cluster(&own.schema.fields));
        let per_row = has_cluster(&common.schema.fields);
        let placement = if per_row {
            Placement::PerRow
        } else {
            Placement::Connection
        };
        assert_eq!(common.placement, placement, "{:?}", table.path);
        let server = ["metrics", "rules", "rule_groups", "tsdb_status"];
        assert_eq!(per_row, !server.contains(&table.path.concat().as_str()));
    }
    let missing = plain.table_schema(&["x".into()], &[]).unwrap_err();
    assert_eq!(missing.code, ErrorCode::NotFound);
    let description = Prometheus::describe();
    assert_eq!(description.cluster_key.as_deref(), Some("cluster_name"));
    let operations = &description.endpoints[0].operations;
    let paths: Vec<String> = operations
        .iter()
        .map(|it| format!("{:?} {}", it.method, it.path))
        .collect();
    for path in [
        "Method::Post /api/v1/query_range",
        "Method::Get /api/v1/label/{name}/values",
        "Method::Get /api/v1/status/tsdb",
    ] {
        assert!(paths.contains(&path.to_owned()), "{path}: {paths:?}");
    }
    assert!(
        plain
            .scan("{}", &trawl_sdk::testing::Collected::default())
            .is_err()
    );
    assert!(http.requests().is_empty());
}

#[test]
fn samples_are_refused_without_series_or_time() {
    let http = Recorded::in_order([]);
    let ask = Ask::samples;
    for (ask, part) in [
        (ask().is(text("metric"), "up"), "says from when on"),
        (ask().is(text("metric"), "up").until(5), "says from when on"),
        (ask().from(5), "names the series"),
        (ask().from(5).is(label("a"), ""), "names the series"),
        (
            ask().from(5).among(label("a"), &["b"], true),
            "names the series",
        ),
        (ask().from(5).null(label("a"), true), "names the series"),
        (
            ask()
                .from(5)
                .matching(label("a"), TextOp::Prefix, "b", false, true),
            "names the series",
        ),
    ] {
        for config in ["{}", r#"{"cluster_label": "c"}"#] {
            let error = ask.plan(config, http.clone()).unwrap_err();
            assert_eq!(error.code, ErrorCode::InvalidQuery);
            assert!(error.message.contains(part), "{}", error.message);
            assert!(error.hint.is_some());
        }
    }
    let plain = Prometheus::open("", http).unwrap();
    let detail = plain.table_schema(&["samples".into()], &[]).unwrap();
    assert_eq!(
        detail.required_filters,
        [vec!["timestamp"], vec!["metric", "labels"]]
    );
}

#[test]
fn series_are_selected_by_their_labels() {
    let found = json!([{"__name__": "up", "job": "a"}, {"__name__": "up"}, {"job": "x"}]);
    let ask = Ask::of("series")
        .columns([text("metric"), map("labels")])
        .is(text("metric"), "up")
        .argument("start", crate::asked::at(1_500))
        .limit(2);
    let (ran, requests) = ask.run([data(found)]);
    assert_eq!(
        requests,
        [
            "GET /api/v1/series?match[]=up&start=1.500&end=1795249575.123&limit=2&partial_response=false"
        ]
    );
    assert_eq!(
        (ran.plan.limit, ran.plan.filters.clone()),
        (Pushed::Exact, vec![Pushed::Exact])
    );
    assert_eq!(
        ran.rows(),
        [
            json!({"metric": "up", "labels": {"__name__": "up", "job": "a"}}),
            json!({"metric": "up", "labels": {"__name__": "up"}}),
        ]
    );
    let (ran, requests) = Ask::of("series")
        .columns([text("metric")])
        .null(label("job"), true)
        .run([data(json!([]))]);
    assert!(ran.rows().is_empty());
    assert!(
        requests[0].contains(r#"match[]={job="",__name__!=""}&start=1795245975.123&"#),
        "{}",
        requests[0]
    );
    let error = Ask::of("series")
        .columns([text("metric")])
        .argument("start", crate::asked::at(5))
        .argument("end", crate::asked::at(4));
    assert!(error.plan("{}", Recorded::in_order([])).is_err());
}

#[test]
fn labels_come_with_their_values() {
    let names = || data(json!(["a", "b"]));
    let columns = [text("name"), of("values", Type::list(Type::Utf8))];
    let ask = Ask::of("labels")
        .columns(columns.clone())
        .argument("match", utf8("up"))
        .argument("start", crate::asked::at(0));
    let (ran, requests) = ask.run([names(), data(json!(["1", "2"])), data(json!([]))]);
    assert_eq!(ran.rows(), [json!({"name": "a", "values": ["1", "2"]})]);
    let path = |path: &str| {
        format!("GET /api/v1/{path}?match[]=up&start=0&end=1795249575.123&partial_response=false")
    };
    assert_eq!(
        requests,
        [
            path("labels"),
            path("label/a/values"),
            path("label/b/values")
        ]
    );
    // One that is named needs no list, and names alone need no values.
    let (ran, requests) = Ask::of("labels")
        .columns(columns.clone())
        .is(text("name"), "a")
        .run([data(json!(["1"]))]);
    assert_eq!(
        (requests.len(), ran.plan.filters.clone(), ran.rows().len()),
        (1, vec![Pushed::Exact], 1)
    );
    let (ran, requests) = Ask::of("labels").columns([text("name")]).run([names()]);
    assert_eq!((requests.len(), ran.rows().len()), (1, 2));
    // What could leave its segment of the URL is escaped.
    let (ran, requests) = Ask::of("labels")
        .columns(columns.clone())
        .is(text("name"), "../x")
        .run([data(json!([]))]);
    assert!(ran.rows().is_empty());
    assert!(requests[0].starts_with("GET /api/v1/label/U___2e__2e__2f_x/values?"));
    let (ran, _) = Ask::of("labels")
        .columns(columns)
        .is(text("name"), "")
        .run([data(json!([]))]);
    assert_eq!(ran.plan.filters, [Pushed::NotPushed]);
    let http = Recorded::by(|_| data(json!(["v"])));
    let shared = Ask::of("labels")
        .columns([text("name"), text("cluster")])
        .clusters(&[("one", Some("1")), ("two", None)])
        .run_on(r#"{"cluster_label": "c"}"#, http.clone());
    assert_eq!(
        shared.rows(),
        [
            json!({"name": "v", "cluster": "one"}),
            json!({"name": "v", "cluster": "two"})
        ]
    );
    assert!(http.requests()[1].contains(r#"match[]={c="two"}"#));
}

#[test]
fn thanos_says_what_is_missing_and_is_asked_for_the_whole() {
    let body = json!({"status": "success", "data": [{"__name__": "up"}], "warnings": ["No StoreAPIs matched"]});
    let ask = Ask::of("series").columns([text("metric")]);
    let http = Recorded::by(move |_| Answer::json(body.to_string()));
    let ran = ask.run_on(r#"{"partial_response": true}"#, http.clone());
    assert!(http.requests()[0].ends_with("&partial_response=true"));
    assert_eq!(
        ran.reports,
        [(Gap::Partial, "No StoreAPIs matched".to_owned())]
    );
    assert_eq!(ran.rows().len(), 1);
}

#[test]
fn what_is_nobodys_is_neither_lost_nor_taken_for_it() {
    const SHARED: &str = r#"{"cluster_label": "c"}"#;
    let series = || Ask::of("series").columns([text("metric"), text("cluster")]);
    let all =
        json!([{"__name__": "up", "c": "1"}, {"__name__": "up", "c": "x"}, {"__name__": "up"}]);
    for (ask, selector) in [
        (series().clusters(&[("one", Some("1"))]), r#"{c="1"}"#),
        (
            series()
                .clusters(&[("one", Some("1"))])
                .but_not(&[("two", Some("2"))]),
            r#"{c!="2",__name__!=""}"#,
        ),
        (
            series()
                .clusters(&[("one", Some("1")), ("two", Some("2"))])
                .but_not(&[]),
            r#"{__name__!=""}"#,
        ),
        (
            series().but_not(&[("one", Some("1"))]),
            r#"{c!="1",__name__!=""}"#,
        ),
    ] {
        let body = all.clone();
        let http = Recorded::by(move |_| data(body.clone()));
        ask.run_on(SHARED, http.clone());
        assert!(
            http.requests()[0].contains(&format!("match[]={selector}")),
            "{:?}",
            http.requests()
        );
    }
    // A document comes whole: rows of clusters that are not wanted are left out here.
    let alert = |c: Value| json!({"labels": c, "annotations": {}, "state": "firing", "value": "1"});
    let alerts =
        json!({"alerts": [alert(json!({"c": "1"})), alert(json!({"c": "2"})), alert(json!({}))]});
    for (ask, expected) in [
        (
            Ask::of("alerts").clusters(&[("one", Some("1"))]),
            json!([{"cluster": "one"}]),
        ),
        (
            Ask::of("alerts")
                .clusters(&[("one", Some("1"))])
                .but_not(&[("two", Some("2"))]),
            json!([{"cluster": "one"}, {"cluster": null}]),
        ),
    ] {
        let body = alerts.clone();
        let http = Recorded::by(move |_| data(body.clone()));
        let ran = ask.columns([text("cluster")]).run_on(SHARED, http);
        assert_eq!(json!(ran.rows()), expected);
    }
}

#[test]
fn a_limit_under_an_order_is_left_to_the_host() {
    use trawl_sdk::types::SortKey;

    for (table, columns) in [
        ("series", ["metric"]),
        ("alerts", ["name"]),
        ("labels", ["name"]),
    ] {
        let mut ask = Ask::of(table).columns(columns.map(text)).limit(3);
        ask.0.refs = vec![text(columns[0])];
        ask.0.sort = vec![SortKey {
            column: 0,
            descending: true,
            nulls_first: false,
        }];
        let http = Recorded::by(move |_| Answer::json(r#"{"status":"success","data":[]}"#));
        let plan = ask.plan("{}", http).unwrap();
        assert_eq!(plan.limit, Pushed::NotPushed, "{table}");
        assert!(!plan.sorted);
    }
}
