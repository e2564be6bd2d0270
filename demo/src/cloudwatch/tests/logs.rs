//! Log groups, events and Logs Insights.

use std::collections::BTreeSet;

use super::*;
use crate::objects::{PodState, log};

const GROUP: &str = "/aws/containerinsights/prod/application";

/// The last hour, with so much more.
fn hour(more: &[(&str, Value)]) -> Value {
    let mut body =
        json!({"logGroupName": GROUP, "startTime": (NOW_S - 3600) * 1000, "endTime": NOW_S * 1000});
    for (name, value) in more {
        body[*name] = value.clone();
    }
    body
}

#[test]
fn the_pods_that_crash_are_those_whose_logs_say_timeout_and_exit() {
    let region = Region::new();
    let plan = &region.world.plan;
    let body = hour(&[("filterPattern", json!("\"cannot start\" timeout"))]);
    let (events, _) = region.pages(Service::Logs, "FilterLogEvents", &body, "events");
    let mut pods = BTreeSet::new();
    for event in &events {
        let message: Value = serde_json::from_str(event["message"].as_str().unwrap()).unwrap();
        let told = &message["kubernetes"];
        let text = |name: &str| told[name].as_str().unwrap();
        let (workload, pod) = log::find(plan, text("namespace_name"), text("pod_name")).unwrap();
        assert_eq!(
            (text("container_name"), text("pod_id")),
            (workload.name.as_str(), pod.uid.as_str())
        );
        assert!(event["logStreamName"].as_str().unwrap().contains(&pod.name));
        assert_eq!(message["stream"], "stdout");
        if pod.state == PodState::CrashLoop {
            pods.insert(pod.name.clone());
        }
    }
    let crashing = plan
        .pods
        .iter()
        .filter(|pod| pod.state == PodState::CrashLoop);
    assert_eq!(pods, crashing.map(|pod| pod.name.clone()).collect());
}

#[test]
fn a_regular_expression_finds_what_a_phrase_finds() {
    let region = Region::new();
    let events = |pattern: &str| {
        let body = hour(&[("filterPattern", json!(pattern))]);
        region
            .pages(Service::Logs, "FilterLogEvents", &body, "events")
            .0
    };
    let phrase = events("\"cannot start\"");
    assert!(!phrase.is_empty());
    assert_eq!(events("%[Cc][Aa][Nn]not\\sstart%"), phrase);
    assert_eq!(events("%Cannot\\sstart%"), Vec::<Value>::new());
}

#[test]
fn a_pods_log_is_the_same_line_for_line() {
    let region = Region::new();
    let plan = &region.world.plan;
    for state in [PodState::CrashLoop, PodState::Running] {
        let pod = plan.pods.iter().find(|pod| pod.state == state).unwrap();
        let workload = &plan.workloads[pod.workload];
        let lines = log::lines(plan, (workload, pod), &workload.name, false).unwrap();
        let streams = region.logs(
            "DescribeLogStreams",
            &json!({"logGroupName": GROUP, "limit": 50}),
        );
        assert!(streams["nextToken"].is_string());
        let (streams, _) = region.pages(
            Service::Logs,
            "DescribeLogStreams",
            &json!({"logGroupName": GROUP}),
            "logStreams",
        );
        let part = format!(".{}_{}_{}-", pod.name, workload.namespace, workload.name);
        let stream = streams
            .iter()
            .find(|stream| stream["logStreamName"].as_str().unwrap().contains(&part));
        let name = &stream.unwrap()["logStreamName"];
        let mut body = json!({"logGroupName": GROUP, "logStreamName": name, "limit": lines.len()});
        let tail = region.logs("GetLogEvents", &body);
        let told: Vec<(String, String)> = tail["events"]
            .as_array()
            .unwrap()
            .iter()
            .map(|event| {
                let message: Value =
                    serde_json::from_str(event["message"].as_str().unwrap()).unwrap();
                let text = |name: &str| message[name].as_str().unwrap().to_owned();
                (text("time"), text("log"))
            })
            .collect();
        let expected: Vec<(String, String)> = lines
            .iter()
            .map(|line| (line.timestamp(), line.text.clone()))
            .collect();
        assert_eq!(told, expected);
        // At the end the token repeats.
        body["nextToken"] = tail["nextForwardToken"].clone();
        let end = region.logs("GetLogEvents", &body);
        assert_eq!(
            (&end["events"], &end["nextForwardToken"]),
            (&json!([]), &tail["nextForwardToken"])
        );
    }
}

#[test]
fn events_come_in_pages_in_the_order_of_time() {
    let region = Region::new();
    let (all, pages) = region.pages(Service::Logs, "FilterLogEvents", &hour(&[]), "events");
    assert!(pages > 3, "a page ends at 1 MB: {pages} of {}", all.len());
    let key = |event: &Value| {
        (
            event["timestamp"].as_i64().unwrap(),
            event["eventId"].to_string(),
        )
    };
    assert!(all.windows(2).all(|pair| key(&pair[0]) < key(&pair[1])));
    let (some, pages) = region.pages(
        Service::Logs,
        "FilterLogEvents",
        &hour(&[("limit", json!(400))]),
        "events",
    );
    assert_eq!((some.len(), pages), (all.len(), all.len().div_ceil(400)));
    // The end is in it.
    let at = all[10]["timestamp"].clone();
    let instant = json!({"logGroupName": GROUP, "startTime": at, "endTime": at});
    let one = region.logs("FilterLogEvents", &instant);
    assert!(!one["events"].as_array().unwrap().is_empty());
    let stream = &all[10]["logStreamName"];
    let body = hour(&[("logStreamNames", json!([stream]))]);
    let (own, _) = region.pages(Service::Logs, "FilterLogEvents", &body, "events");
    let expected = all.iter().filter(|event| event["logStreamName"] == *stream);
    assert_eq!(own.len(), expected.count());
    // GetLogEvents has the end not in it, and goes either way.
    let body =
        json!({"logGroupName": GROUP, "logStreamName": stream, "startTime": at, "endTime": at});
    assert_eq!(region.logs("GetLogEvents", &body)["events"], json!([]));
    let mut body =
        json!({"logGroupName": GROUP, "logStreamName": stream, "startFromHead": true, "limit": 3});
    let head = region.logs("GetLogEvents", &body);
    body["nextToken"] = head["nextForwardToken"].clone();
    let next = region.logs("GetLogEvents", &body);
    assert_ne!(head["events"], next["events"]);
    body["nextToken"] = next["nextBackwardToken"].clone();
    assert_eq!(region.logs("GetLogEvents", &body)["events"], head["events"]);
}

#[test]
fn pages_may_be_empty_and_lead_on() {
    let region = Region::new();
    let body = hour(&[
        ("filterPattern", json!("\"cannot start\"")),
        ("limit", json!(5)),
    ]);
    let (expected, _) = region.pages(Service::Logs, "FilterLogEvents", &body, "events");
    for fault in [Fault::EmptyPage, Fault::EmptyPages] {
        let (mut events, mut empty, mut body) = (Vec::new(), 0, body.clone());
        loop {
            let answer = region
                .act(Service::Logs, "FilterLogEvents", &body, Some(&fault))
                .unwrap();
            let page = answer["events"].as_array().unwrap();
            empty += usize::from(page.is_empty());
            events.extend(page.clone());
            match answer.get("nextToken") {
                Some(token) => body["nextToken"] = token.clone(),
                None => break,
            }
        }
        assert_eq!(events, expected);
        let pages = expected.len().div_ceil(5);
        assert_eq!(empty, if fault == Fault::EmptyPage { 1 } else { pages });
    }
    let answer = region
        .act(
            Service::Logs,
            "FilterLogEvents",
            &body,
            Some(&Fault::RepeatToken),
        )
        .unwrap();
    let mut again = body.clone();
    again["nextToken"] = answer["nextToken"].clone();
    let again = region
        .act(
            Service::Logs,
            "FilterLogEvents",
            &again,
            Some(&Fault::RepeatToken),
        )
        .unwrap();
    assert_eq!(answer["nextToken"], again["nextToken"]);
}

#[test]
fn groups_are_those_of_the_clusters_and_one_more() {
    let region = Region::new();
    let names = |body: &Value| -> Vec<String> {
        let (groups, _) = region.pages(Service::Logs, "DescribeLogGroups", body, "logGroups");
        groups
            .iter()
            .map(|group| group["logGroupName"].as_str().unwrap().to_owned())
            .collect()
    };
    let all = [GROUP, "/aws/eks/prod/cluster", "/aws/lambda/resize-images"];
    assert_eq!(names(&json!({})), all);
    assert_eq!(names(&json!({"limit": 1})), all);
    assert_eq!(
        names(&json!({"logGroupNamePrefix": "/aws/eks"})),
        ["/aws/eks/prod/cluster"]
    );
    assert_eq!(
        names(&json!({"logGroupNamePattern": "LAMBDA"})),
        ["/aws/lambda/resize-images"]
    );
    let empty = region.logs(
        "FilterLogEvents",
        &json!({"logGroupName": "/aws/eks/prod/cluster"}),
    );
    assert_eq!(empty["events"], json!([]));
    let plain = region.logs(
        "FilterLogEvents",
        &json!({"logGroupName": "/aws/lambda/resize-images", "limit": 3}),
    );
    assert!(
        plain["events"][0]["message"]
            .as_str()
            .unwrap()
            .starts_with("START RequestId")
    );
    // In Singapore are two clusters, each with a group of its own.
    let worlds = [super::world(0, 30), super::world(2, 30)];
    let account = Account::new("ap-southeast-1".to_owned(), worlds.to_vec());
    let clusters: Vec<&str> = account
        .groups()
        .iter()
        .map(|group| group.name.as_str())
        .collect();
    assert!(
        clusters.contains(&GROUP)
            && clusters.contains(&"/aws/containerinsights/staging/application")
    );
}

#[test]
fn what_is_wrong_is_refused_as_aws_does() {
    let region = Region::new();
    let stream = json!({"logGroupName": GROUP, "logStreamName": "x"});
    let query = |text: &str| json!({"logGroupName": GROUP, "startTime": NOW_S - 60, "endTime": NOW_S, "queryString": text});
    for (action, body, needle) in [
        (
            "FilterLogEvents",
            json!({"logGroupName": "/nope"}),
            "The specified log group does not exist.",
        ),
        ("FilterLogEvents", json!({}), "Value null at 'logGroupName'"),
        (
            "FilterLogEvents",
            hour(&[("limit", json!(10_001))]),
            "less than or equal to 10000",
        ),
        (
            "FilterLogEvents",
            hour(&[("startTime", json!(NOW_S * 1000 + 1))]),
            "before start time",
        ),
        (
            "FilterLogEvents",
            hour(&[("filterPattern", json!("a".repeat(1025)))]),
            "less than or equal to 1024",
        ),
        (
            "FilterLogEvents",
            hour(&[("filterPattern", json!("{ $.a = 1 }"))]),
            "Invalid filter pattern",
        ),
        (
            "FilterLogEvents",
            hour(&[("filterPattern", json!("%something!%"))]),
            "Invalid filter pattern",
        ),
        (
            "FilterLogEvents",
            hour(&[("nextToken", json!("zzz"))]),
            "nextToken is invalid",
        ),
        (
            "FilterLogEvents",
            hour(&[("logStreamNames", json!(["x"]))]),
            "log stream does not exist",
        ),
        (
            "GetLogEvents",
            stream,
            "The specified log stream does not exist.",
        ),
        (
            "DescribeLogStreams",
            hour(&[
                ("orderBy", json!("LastEventTime")),
                ("logStreamNamePrefix", json!("a")),
            ]),
            "Cannot order",
        ),
        (
            "StartQuery",
            query("parse @message '*' as x"),
            "MalformedQueryException",
        ),
        ("StartQuery", json!({"logGroupNames": []}), "Exactly one of"),
        (
            "GetQueryResults",
            json!({"queryId": "x"}),
            "ResourceNotFoundException",
        ),
        ("PutLogEvents", json!({}), "UnknownOperationException"),
    ] {
        let message = region.refused(Service::Logs, action, &body);
        assert!(message.contains(needle), "{action}: {message}");
    }
}

/// The rows of a query of the last hour, once it is complete.
fn insights(region: &Region, query: &str) -> Vec<Vec<(String, String)>> {
    let started = region.logs(
        "StartQuery",
        &json!({"logGroupName": GROUP, "startTime": NOW_S - 3600, "endTime": NOW_S, "queryString": query}),
    );
    assert_eq!(
        region.logs("GetQueryResults", &started)["status"],
        "Running"
    );
    let answer = region.logs("GetQueryResults", &started);
    assert_eq!(answer["status"], "Complete");
    assert!(answer["statistics"]["recordsScanned"].as_u64() > Some(1000));
    let pair = |pair: &Value| {
        let text = |name: &str| pair[name].as_str().unwrap().to_owned();
        (text("field"), text("value"))
    };
    answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row.as_array().unwrap().iter().map(pair).collect())
        .collect()
}

#[test]
fn insights_counts_what_filtering_finds() {
    let region = Region::new();
    let body = hour(&[("filterPattern", json!("timeout"))]);
    let (events, _) = region.pages(Service::Logs, "FilterLogEvents", &body, "events");
    let rows = insights(
        &region,
        "filter @message like 'timeout' | stats count(*) as hits",
    );
    assert_eq!(rows, [[("hits".to_owned(), events.len().to_string())]]);
    let rows = insights(
        &region,
        "filter log like /cannot start/ | stats count(*) as n by kubernetes.pod_name, bin(30m) | sort n desc | limit 3",
    );
    assert!(rows.len() <= 3 && rows[0].len() == 3);
    assert_eq!(
        (rows[0][0].0.as_str(), rows[0][1].0.as_str()),
        ("kubernetes.pod_name", "bin(30m)")
    );
}

#[test]
fn insights_lists_the_latest_first_and_can_be_stopped() {
    let region = Region::new();
    let rows = insights(&region, "fields @timestamp, log | limit 5");
    let names: Vec<&str> = rows[0].iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["@timestamp", "log", "@ptr"]);
    assert!(rows.windows(2).all(|pair| pair[0][0].1 >= pair[1][0].1));
    assert!(rows[0][0].1.starts_with("2026-11-21 08:"));
    let body =
        json!({"logGroupNames": [GROUP], "startTime": 0, "endTime": 1, "queryString": "limit 1"});
    let started = region.logs("StartQuery", &body);
    assert_eq!(region.logs("StopQuery", &started)["success"], true);
    assert_eq!(
        region.logs("GetQueryResults", &started)["status"],
        "Cancelled"
    );
    assert!(
        region
            .refused(Service::Logs, "StopQuery", &started)
            .contains("already ended")
    );
}
