//! Owns which aggregates of samples are asked of which server, and the rows of their results; refuses a network. The real server
//! judges the results in `real_samples.rs`.

use crate::asked::{Ask, data, label, success, text, timestamp, value};
use serde_json::{Value, json};
use trawl_sdk::testing::{Answer, Recorded};
use trawl_sdk::types::{AggregateFunction, CompareOp, ErrorCode, Literal, TextOp};

fn buildinfo(version: &str, more: Value) -> Answer {
    let mut build = json!({"version": version, "revision": "r", "goVersion": "go1"});
    build
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    data(build)
}

/// The aggregate that a server of that build and features is asked for; none where rows are.
fn promql_of(answers: Vec<Answer>) -> Option<String> {
    let plan = Ask::samples()
        .is(text("metric"), "up")
        .from(0)
        .until(119_999)
        .aggregate(
            &[(label("job"), None), (timestamp(), Some(60_000))],
            &[(AggregateFunction::Sum, true)],
        )
        .plan("{}", Recorded::in_order(answers))
        .unwrap();
    plan.aggregated.then_some(plan.explain)
}

#[test]
fn aggregates_are_for_servers_whose_ranges_are_known() {
    let flags = |features: &str| data(json!({"enable-feature": features}));
    let none = json!({});
    let closed = "GET /api/v1/query_range?start=59.999&end=119.999&step=60: sum by (job) (sum_over_time(up[59999ms]))";
    let open = closed.replace("59999ms", "60s");
    for (answers, expected) in [
        (
            vec![buildinfo("2.42.0+ds", none.clone()), flags("")],
            Some(closed),
        ),
        (
            vec![buildinfo("3.5.1", none.clone()), flags("exemplar-storage")],
            Some(open.as_str()),
        ),
        (
            vec![
                buildinfo("2.42.0", none.clone()),
                flags("a,native-histograms"),
            ],
            None,
        ),
        (vec![buildinfo("3.8.0", none.clone()), flags("")], None),
        (vec![buildinfo("2.42.0", none.clone())], None),
        (vec![buildinfo("0.37.2", none.clone())], None),
        (
            vec![buildinfo("2.13.0", json!({"application": "Grafana Mimir"}))],
            None,
        ),
        (vec![data(json!({"version": "2.24.0"}))], None),
        (vec![Answer::new(404, "text/plain", "404")], None),
        (vec![data(json!([]))], None),
    ] {
        assert_eq!(
            promql_of(answers.clone()).as_deref(),
            expected,
            "{answers:?}"
        );
    }
}

#[test]
fn aggregates_that_could_differ_are_left_to_the_host() {
    let answers = || {
        Recorded::in_order([
            buildinfo("2.42.0", json!({})),
            data(json!({"enable-feature": ""})),
        ])
    };
    let sum = [(AggregateFunction::Sum, true)];
    let base = || Ask::samples().from(0).until(119_999);
    let up = || base().is(text("metric"), "up");
    let bin = |ms| vec![(timestamp(), Some(ms))];
    for (ask, aggregated) in [
        (up().aggregate(&[], &sum), true),
        (up().aggregate(&[(text("metric"), None)], &sum), true),
        (up().aggregate(&bin(7_000), &sum), true),
        // Another metric's series may look the same without its name.
        (base().is(label("job"), "x").aggregate(&[], &sum), false),
        (
            base()
                .among(text("metric"), &["a", "b"], false)
                .aggregate(&[], &sum),
            false,
        ),
        // The host has to look at rows.
        (
            up().filter(value(), CompareOp::Gt, Literal::Float64(1.0))
                .aggregate(&[], &sum),
            false,
        ),
        (
            up().matching(label("a"), TextOp::Has, "x", false, false)
                .aggregate(&[], &sum),
            false,
        ),
        (up().aggregate(&[(timestamp(), None)], &sum), false),
        (up().aggregate(&[(value(), None)], &sum), false),
        (
            up().aggregate(&[], &[(AggregateFunction::Sum, false)]),
            false,
        ),
        // A millisecond alone is no range of Prometheus 2.
        (up().aggregate(&bin(1), &sum), false),
        (up().from(119_999).aggregate(&[], &sum), false),
    ] {
        let plan = ask.plan("{}", answers()).unwrap();
        assert_eq!(plan.aggregated, aggregated, "{}", plan.explain);
    }
    let down =
        Recorded::by(|_| Answer::failing(trawl_sdk::Error::new(ErrorCode::Unavailable, "down")));
    let error = up().aggregate(&[], &sum).plan("{}", down).unwrap_err();
    assert_eq!(error.code, ErrorCode::Unavailable);
}

#[test]
fn results_of_functions_meet_in_their_groups() {
    let ask = Ask::samples()
        .is(text("metric"), "up")
        .from(30_000)
        .until(119_999)
        .aggregate(
            &[
                (timestamp(), Some(60_000)),
                (label("job"), None),
                (text("metric"), None),
            ],
            &[
                (AggregateFunction::Max, true),
                (AggregateFunction::Count, false),
                (AggregateFunction::Count, true),
            ],
        );
    let vector = |value: &str| {
        success(
            "vector",
            json!([{"metric": {"job": "a"}, "value": [59.999, value]}]),
        )
    };
    let matrix = |value: &str| {
        success(
            "matrix",
            json!([
                {"metric": {"job": "a"}, "values": [[119.999, value]]},
                {"metric": {}, "values": [[119.999, "NaN"]]}
            ]),
        )
    };
    let (ran, requests) = ask.run([
        buildinfo("2.42.0", json!({})),
        data(json!({"enable-feature": ""})),
        vector("1.5"),
        vector("2"),
        matrix("2.5"),
        matrix("3"),
    ]);
    assert_eq!(requests.len(), 6);
    assert_eq!(
        ran.rows(),
        [
            json!({"timestamp": 0, "job": "a", "metric": "up", "c0": 1.5, "c1": 2, "c2": 2}),
            json!({"timestamp": 60_000_000_000_i64, "job": null, "metric": "up", "c0": null, "c1": null, "c2": null}),
            json!({"timestamp": 60_000_000_000_i64, "job": "a", "metric": "up", "c0": 2.5, "c1": 3, "c2": 3}),
        ]
    );
    // Nothing at all is one group without samples, where everything is one group.
    let all = Ask::samples()
        .is(text("metric"), "up")
        .from(0)
        .until(9)
        .aggregate(
            &[],
            &[
                (AggregateFunction::Count, false),
                (AggregateFunction::Min, true),
            ],
        );
    let none = || success("vector", json!([]));
    let (ran, _) = all.run([
        buildinfo("2.42.0", json!({})),
        data(json!({"enable-feature": ""})),
        none(),
        none(),
    ]);
    assert_eq!(ran.rows(), [json!({"c0": 0, "c1": null})]);
}
