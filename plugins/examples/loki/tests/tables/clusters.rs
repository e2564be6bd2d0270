//! Owns the tests of a Loki that holds the streams of several clusters: a label says whose a row is. Refuses other Lokis.

use loki::Loki;
use loki_fake as fake;
use trawl_sdk::types::{Placement, ServedCluster};
use trawl_sdk::{Session, Source};

use crate::asked::{Asked, NOW, run, transport, utf8};

const CONFIG: &str = r#"{"cluster_label": "cluster"}"#;

fn counted(asked: &Asked) -> Vec<(String, usize)> {
    let became = run(&transport(fake::story(NOW)), CONFIG, asked).unwrap();
    let mut counts = std::collections::BTreeMap::new();
    for row in became.rows() {
        *counts.entry(row["cluster"].to_string()).or_insert(0) += 1;
    }
    counts.into_iter().collect()
}

fn both(table: &[&str]) -> Asked {
    Asked::of(table, &["cluster"]).clusters(&[("ap", Some("prod-ap")), ("prod-us", None)])
}

#[test]
fn rows_have_the_clusters_name() {
    let by_condition = both(&["logs"]).equal("labels.app", "ingress");
    let by_text = both(&[]).argument("query", utf8(r#"{app="ingress"}"#));
    let counts = counted(&by_condition);
    assert_eq!(counts.len(), 2);
    assert_eq!(
        (counts[0].0.as_str(), counts[1].0.as_str()),
        ("\"ap\"", "\"prod-us\"")
    );
    assert_eq!(counted(&by_text), counts);
    // The text may drop the label, which `sum` does: the cluster is known all the same.
    let dropped = both(&[]).argument(
        "query",
        utf8(r#"sum(rate({app="ingress"}[5m])) / 1"#.trim_end_matches(" / 1")),
    );
    assert_eq!(
        counted(&dropped),
        [("\"ap\"".to_owned(), 1), ("\"prod-us\"".to_owned(), 1)]
    );
    for (table, rows) in [("labels", 5), ("build", 0)] {
        let asked = both(&[table]);
        if rows > 0 {
            let asked = asked.argument("match", utf8(r#"{app="ingress"}"#));
            assert_eq!(
                counted(&asked),
                [
                    ("\"ap\"".to_owned(), rows),
                    ("\"prod-us\"".to_owned(), rows)
                ]
            );
        }
    }
    let stats = both(&["stats"]).argument("match", utf8(r#"{app="web"}"#));
    assert_eq!(counted(&stats).len(), 2);
    let series = both(&["series"]).equal("labels.app", "web");
    assert_eq!(
        counted(&series),
        [("\"ap\"".to_owned(), 2), ("\"prod-us\"".to_owned(), 2)]
    );
}

#[test]
fn only_what_is_wanted_is_asked_for() {
    let one = Asked::of(&["logs"], &["cluster"])
        .clusters(&[("ap", Some("prod-ap"))])
        .equal("labels.app", "web");
    let http = transport(fake::story(NOW));
    let became = run(&http, CONFIG, &one).unwrap();
    assert!(
        became
            .requests
            .iter()
            .all(|it| it.contains(r#"{app="web",cluster="prod-ap"}"#)),
        "{:?}",
        became.requests
    );
    // Rows that are nobody's are wanted too.
    let mut rest = one.clone();
    rest.0.unplaced = true;
    assert_eq!(counted(&rest).len(), 2);
    rest.0.others = vec![ServedCluster {
        name: "prod-us".into(),
        key: None,
    }];
    assert_eq!(counted(&rest).len(), 1);
    // Names of labels have no selector that would say whose they are, but for a `match`.
    let mut names = both(&["labels"]);
    names.0.unplaced = true;
    let became = run(&transport(fake::story(NOW)), CONFIG, &names).unwrap();
    assert_eq!(became.requests.len(), 2);
    assert!(became.reports[0].1.contains("of no cluster"));
    let became = run(
        &transport(fake::story(NOW)),
        CONFIG,
        &names.argument("match", utf8(r#"{app="web"}"#)),
    );
    assert_eq!(became.unwrap().requests.len(), 3);
    // Nothing is wanted: nothing is asked.
    let none = Asked::of(&["logs"], &["cluster"]).equal("labels.app", "web");
    let http = transport(fake::story(NOW));
    assert!(run(&http, CONFIG, &none).unwrap().requests.is_empty());
}

#[test]
fn placements_follow_the_configuration() {
    let http = transport(fake::story(NOW));
    let placed = |config: &str, table: &str| {
        let detail = Loki::open(config, http.clone())
            .unwrap()
            .table_schema(&[table.to_owned()], &[])
            .unwrap();
        let column = detail
            .schema
            .fields
            .iter()
            .any(|field| field.name == "cluster");
        (detail.placement, column)
    };
    assert_eq!(placed("", "logs"), (Placement::Cluster, false));
    assert_eq!(placed(CONFIG, "logs"), (Placement::PerRow, true));
    assert_eq!(placed(CONFIG, "build"), (Placement::Connection, false));
    assert_eq!(placed("", "build"), (Placement::Cluster, false));
}
