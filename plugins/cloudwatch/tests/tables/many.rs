//! Owns what happens with more than one request can hold: metrics, names, streams, log groups. Refuses rows, which are the cases'.

use serde_json::{Value, json};
use trawl_plugin_cloudwatch::CloudWatch;
use trawl_sdk::testing::{Answer, Collected, Recorded};
use trawl_sdk::types::{ErrorCode, Request};
use trawl_sdk::{Session, Source};

use crate::asked::Asked;

fn body(request: &Request) -> Value {
    serde_json::from_slice(request.body.as_deref().unwrap()).unwrap()
}

/// The bodies of what is sent for a request when every answer is empty.
fn sent(asked: &Asked) -> Vec<Value> {
    let http = Recorded::by(|_| Answer::json("{}"));
    let connection = CloudWatch::open("", http.clone()).unwrap();
    let plan = connection.plan(&asked.request).unwrap();
    let output = Collected::new(plan.schema.clone());
    connection.scan(&plan.partitions[0], &output).unwrap();
    http.sent().iter().map(body).collect()
}

/// `"n0", "n1", …` as a set.
fn set(count: usize) -> String {
    let names: Vec<_> = (0..count).map(|at| format!("\"n{at:03}\"")).collect();
    format!("({})", names.join(", "))
}

/// An account with so many series of one metric; each has one value, its number.
fn account(series: usize) -> std::rc::Rc<Recorded> {
    Recorded::by(move |request| {
        let body = body(request);
        let Some(queries) = body["MetricDataQueries"].as_array() else {
            let metric = |at: usize| {
                let at = format!("{at:05}");
                json!({"Namespace": "N", "MetricName": "M", "Dimensions": [{"Name": "Id", "Value": at}]})
            };
            let from = body["NextToken"]
                .as_str()
                .map_or(0, |token| token.parse().unwrap());
            let to = series.min(from + 500);
            let page: Vec<_> = (from..to).map(metric).collect();
            let next = (to < series).then(|| to.to_string());
            return Answer::json(json!({"Metrics": page, "NextToken": next}).to_string());
        };
        let result = |query: &Value| {
            let value: f64 = query["MetricStat"]["Metric"]["Dimensions"][0]["Value"]
                .as_str()
                .unwrap()
                .parse()
                .unwrap();
            json!({"Id": query["Id"], "Timestamps": [body["StartTime"]], "Values": [value], "StatusCode": "Complete"})
        };
        let results: Vec<_> = queries.iter().map(result).collect();
        Answer::json(json!({"MetricDataResults": results}).to_string())
    })
}

fn all_metrics(since: &str) -> Asked {
    let mut asked = Asked::of("metrics");
    asked
        .argument("namespace = \"N\"")
        .argument("metric = \"M\"")
        .filter(&format!("timestamp > {since}"));
    asked.show("value, dimensions.Id");
    asked
}

#[test]
fn metrics_are_asked_for_in_batches_side_by_side() {
    // An hour of minutes fits 500 times into an answer; two weeks of 15 minutes fit 75 times.
    for (since, expected) in [("ago(1h)", vec![500, 500, 200]), ("ago(14d)", vec![75; 16])] {
        let http = account(1_200);
        let connection = CloudWatch::open("", http.clone()).unwrap();
        let plan = connection.plan(&all_metrics(since).request).unwrap();
        let cost = plan.cost.clone().unwrap();
        assert_eq!(cost.units, [("metrics".to_owned(), 1_200.0)]);
        assert_eq!(cost.requests, 3 + u64::try_from(expected.len()).unwrap());
        let output = Collected::new(plan.schema.clone());
        connection.scan(&plan.partitions[0], &output).unwrap();
        let sizes: Vec<_> = http
            .sent()
            .iter()
            .map(body)
            .filter_map(|body| Some(body["MetricDataQueries"].as_array()?.len()))
            .collect();
        assert_eq!(sizes, expected);
        let rows = output.rows();
        assert_eq!(rows.len(), 1_200);
        let right = |row: &Value| {
            row["dimensions.Id"]
                .as_str()
                .unwrap()
                .parse::<f64>()
                .unwrap()
                == row["value"].as_f64().unwrap()
        };
        assert!(rows.iter().all(right));
        // The second one was under way before the first one was read.
        let events = http.events();
        let listed = 3;
        let started: Vec<_> = events
            .iter()
            .enumerate()
            .filter(|(_, event)| event.starts_with("start"))
            .map(|(at, _)| at)
            .collect();
        assert_eq!(started[listed + 1], started[listed] + 1);
    }
}

#[test]
fn too_many_metrics_are_refused_before_they_are_read() {
    let http = account(10_001);
    let connection = CloudWatch::open("", http.clone()).unwrap();
    let error = connection
        .plan(&all_metrics("ago(1h)").request)
        .unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidQuery);
    assert!(error.message.contains("10000"), "{}", error.message);
}

#[test]
fn names_and_streams_come_in_hundreds() {
    let mut alarms = Asked::of("alarms");
    alarms.filter(&format!("name in {}", set(150)));
    let sizes: Vec<_> = sent(&alarms)
        .iter()
        .map(|body| body["AlarmNames"].as_array().unwrap().len())
        .collect();
    assert_eq!(sizes, [100, 50]);

    let mut logs = Asked::of("logs");
    logs.argument("group = \"/a, /b\"")
        .filter(&format!("timestamp > ago(1h) and stream in {}", set(101)));
    let sizes: Vec<_> = sent(&logs)
        .iter()
        .map(|body| {
            (
                body["logGroupName"].as_str().unwrap().to_owned(),
                body["logStreamNames"].as_array().unwrap().len(),
            )
        })
        .collect();
    let of = |group: &str, size| (group.to_owned(), size);
    assert_eq!(
        sizes,
        [of("/a", 100), of("/a", 1), of("/b", 100), of("/b", 1)]
    );
}

#[test]
fn many_names_are_listed_whole_where_the_api_takes_one() {
    let mut groups = Asked::of("log_groups");
    groups.filter(&format!("name in {}", set(11)));
    assert_eq!(sent(&groups), [json!({"limit": 50})]);
    let mut history = Asked::of("alarm_history");
    history.filter(&format!("alarm in {}", set(21)));
    assert_eq!(sent(&history).len(), 1);
    let mut metrics = Asked::of("metric_list");
    metrics.filter(&format!("namespace in {} and metric in {}", set(5), set(5)));
    let bodies = sent(&metrics);
    assert_eq!(bodies.len(), 5);
    assert!(bodies.iter().all(|body| body["MetricName"].is_null()));
}

#[test]
fn more_log_groups_than_a_query_takes_are_refused() {
    let groups: Vec<_> = (0..51).map(|at| format!("/g{at}")).collect();
    let mut asked = Asked::of("logs_insights");
    asked
        .argument("query = \"fields @message\"")
        .argument(&format!("group = \"{}\"", groups.join(",")));
    asked.filter("timestamp > ago(1h)");
    let connection = CloudWatch::open("", Recorded::in_order([])).unwrap();
    let error = connection.plan(&asked.request).unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidQuery);
}

#[test]
fn the_plugin_declares_what_it_calls_and_no_more() {
    let description = CloudWatch::describe();
    assert_eq!(description.cluster_key.as_deref(), Some("log_group"));
    let actions: Vec<_> = description
        .endpoints
        .iter()
        .flat_map(|endpoint| {
            endpoint
                .operations
                .iter()
                .map(move |it| (endpoint.name.as_str(), it.action.as_deref().unwrap()))
        })
        .collect();
    assert_eq!(actions.len(), 10);
    assert!(actions.contains(&("monitoring", "GraniteServiceVersion20100801.GetMetricData")));
    assert!(actions.contains(&("logs", "Logs_20140328.StopQuery")));
    assert!(
        description
            .endpoints
            .iter()
            .all(|endpoint| endpoint.kind == "aws")
    );
    serde_json::from_str::<Value>(&description.config_schema).unwrap();
    let http = Recorded::in_order([]);
    assert!(CloudWatch::open(r#"{"log_group":"/g"}"#, http.clone()).is_ok());
    let error = CloudWatch::open(r#"{"region":"x"}"#, http.clone())
        .err()
        .unwrap();
    assert_eq!(error.code, ErrorCode::InvalidConfig);
    let connection = CloudWatch::open("", http).unwrap();
    let error = connection.table_schema(&["nope".into()], &[]).unwrap_err();
    assert_eq!(error.code, ErrorCode::NotFound);
    assert_eq!(
        connection.tables(None, Some("log")).unwrap().tables.len(),
        4
    );
    let given = Asked::of("metrics")
        .argument("namespace = \"N\"")
        .request
        .arguments
        .clone();
    let detail = connection
        .table_schema(&["metrics".into()], &given)
        .unwrap();
    assert_eq!(detail.required_filters, [["timestamp"], ["metric"]]);
}
