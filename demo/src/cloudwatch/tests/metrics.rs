//! Metrics and alarms.

use std::collections::BTreeSet;

use super::*;
use crate::objects::PodState;

fn query(id: &str, metric: &Value, stat: &str, period_s: u64) -> Value {
    json!({"Id": id, "MetricStat": {"Metric": metric, "Stat": stat, "Period": period_s}})
}

/// The metric of the instance whose node is not ready.
fn failing(region: &Region, name: &str) -> (Value, i64) {
    let node = region
        .world
        .plan
        .nodes
        .iter()
        .find(|node| !node.ready)
        .unwrap();
    let metric = json!({
        "Namespace": "AWS/EC2", "MetricName": name,
        "Dimensions": [{"Name": "InstanceId", "Value": node.instance_id}],
    });
    (metric, NOW_S - i64::try_from(node.changed_s).unwrap())
}

#[test]
fn a_status_check_fails_since_the_node_is_not_ready() {
    let region = Region::new();
    let (metric, since_s) = failing(&region, "StatusCheckFailed");
    let body = json!({
        "StartTime": NOW_S - 3600, "EndTime": NOW_S, "ScanBy": "TimestampAscending",
        "MetricDataQueries": [query("failed", &metric, "Maximum", 60)],
    });
    let answer = region.monitoring("GetMetricData", &body);
    let result = &answer["MetricDataResults"][0];
    assert_eq!(
        (&result["Id"], &result["StatusCode"]),
        (&json!("failed"), &json!("Complete"))
    );
    let (times, values) = (
        result["Timestamps"].as_array().unwrap(),
        result["Values"].as_array().unwrap(),
    );
    // The range begins in the middle of a minute, which is in it whole.
    assert_eq!((times.len(), values.len()), (61, 61));
    for (time, value) in times.iter().zip(values) {
        let failed = time.as_i64().unwrap() >= since_s;
        assert_eq!(
            value.as_f64(),
            Some(if failed { 1.0 } else { 0.0 }),
            "{time}"
        );
    }
    assert!(answer.get("NextToken").is_none());
}

#[test]
fn statistics_are_of_the_minutes_of_a_period() {
    let region = Region::new();
    let (metric, _) = failing(&region, "StatusCheckFailed");
    let start_s = NOW_S / 3600 * 3600;
    let stats = ["Average", "Sum", "Minimum", "Maximum", "SampleCount", "p50"];
    let queries: Vec<Value> = stats
        .iter()
        .map(|stat| query(&stat.to_lowercase(), &metric, stat, 3600))
        .collect();
    let body = json!({"StartTime": start_s - 86_400, "EndTime": start_s - 82_800, "MetricDataQueries": queries});
    let answer = region.monitoring("GetMetricData", &body);
    let values: Vec<f64> = answer["MetricDataResults"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| result["Values"][0].as_f64().unwrap())
        .collect();
    assert_eq!(values, [0.0, 0.0, 0.0, 0.0, 60.0, 0.0]);
}

#[test]
fn points_come_in_pages_newest_first() {
    let region = Region::new();
    let (metric, _) = failing(&region, "CPUUtilization");
    let mut body = json!({
        "StartTime": NOW_S - 1200, "EndTime": NOW_S, "MaxDatapoints": 15,
        "MetricDataQueries": [query("a", &metric, "Average", 60), query("b", &metric, "Maximum", 60)],
    });
    let (mut told, mut statuses) = (Vec::new(), Vec::new());
    loop {
        let answer = region.monitoring("GetMetricData", &body);
        for result in answer["MetricDataResults"].as_array().unwrap() {
            statuses.push(format!(
                "{}{}",
                result["Id"].as_str().unwrap(),
                result["StatusCode"].as_str().unwrap()
            ));
            let times = result["Timestamps"].as_array().unwrap();
            told.extend(
                times
                    .iter()
                    .map(|time| (result["Id"].to_string(), time.as_i64().unwrap())),
            );
        }
        match answer.get("NextToken") {
            Some(token) => body["NextToken"] = token.clone(),
            None => break,
        }
    }
    assert_eq!(told.len(), 42);
    assert_eq!(told.iter().collect::<BTreeSet<_>>().len(), 42);
    assert!(told[..21].windows(2).all(|pair| pair[0].1 > pair[1].1));
    assert_eq!(
        statuses,
        [
            "aPartialData",
            "bPartialData",
            "aComplete",
            "bPartialData",
            "bComplete"
        ]
    );
}

#[test]
fn what_is_unknown_has_no_points_and_what_is_wrong_is_refused() {
    let region = Region::new();
    let (metric, _) = failing(&region, "CPUUtilization");
    let body = |query: Value| json!({"StartTime": 0, "EndTime": 600, "MetricDataQueries": [query]});
    let mut other = metric.clone();
    other["MetricName"] = json!("CPUCreditBalance");
    let answer = region.monitoring("GetMetricData", &body(query("a", &other, "Sum", 60)));
    assert_eq!(answer["MetricDataResults"][0]["Values"], json!([]));
    assert_eq!(answer["MetricDataResults"][0]["StatusCode"], "Complete");
    // All of time, in one request, is bounded by what is kept.
    let mut all = body(query("a", &metric, "Average", 60));
    all["EndTime"] = json!(1e18);
    let answer = region.monitoring("GetMetricData", &all);
    let points = answer["MetricDataResults"][0]["Values"]
        .as_array()
        .unwrap()
        .len();
    assert!((15 * 1440..=16 * 1440 + 1).contains(&points), "{points}");
    for (body, needle) in [
        (
            body(query("a", &metric, "Median", 60)),
            "Median for parameter MetricDataQueries.member.1.MetricStat.Stat",
        ),
        (body(query("a", &metric, "Sum", 61)), "multiple of 60"),
        (body(query("A", &metric, "Sum", 60)), "ValidationError"),
        (
            body(json!({"Id": "a", "Expression": "SUM(m)"})),
            "no metric math",
        ),
        (body(json!({"Id": "a"})), "either Expression or MetricStat"),
        (
            json!({"StartTime": 5, "EndTime": 5, "MetricDataQueries": []}),
            "must be less than",
        ),
        (json!({"EndTime": 5}), "StartTime is required"),
        (
            json!({"StartTime": "now", "EndTime": 5}),
            "SerializationException",
        ),
        (
            json!({"StartTime": 0, "EndTime": 5}),
            "MetricDataQueries is required",
        ),
    ] {
        let message = region.refused(Service::Monitoring, "GetMetricData", &body);
        assert!(message.contains(needle), "{message}");
    }
    let mut twice = body(query("a", &metric, "Sum", 60));
    twice["MetricDataQueries"]
        .as_array_mut()
        .unwrap()
        .push(query("a", &metric, "Sum", 60));
    assert!(
        region
            .refused(Service::Monitoring, "GetMetricData", &twice)
            .contains("not unique")
    );
    let partial = region
        .act(
            Service::Monitoring,
            "GetMetricData",
            &all,
            Some(&Fault::Partial),
        )
        .unwrap();
    assert_eq!(partial["MetricDataResults"][0]["StatusCode"], "PartialData");
    assert_eq!(
        partial["MetricDataResults"][0]["Messages"][0]["Code"],
        "InternalError"
    );
}

#[test]
fn metrics_are_listed_in_pages_and_by_dimension() {
    let region = Region::with(240);
    let (all, pages) = region.pages(Service::Monitoring, "ListMetrics", &json!({}), "Metrics");
    assert!(pages > 1);
    assert_eq!(pages, all.len().div_ceil(500));
    let distinct: BTreeSet<String> = all.iter().map(Value::to_string).collect();
    assert_eq!(distinct.len(), all.len());
    let node = &region.world.plan.nodes[0];
    let body = json!({
        "Namespace": "AWS/EC2",
        "Dimensions": [{"Name": "InstanceId", "Value": node.instance_id}],
    });
    let names: Vec<Value> = region
        .pages(Service::Monitoring, "ListMetrics", &body, "Metrics")
        .0
        .iter()
        .map(|metric| metric["MetricName"].clone())
        .collect();
    assert_eq!(
        names,
        [
            "CPUUtilization",
            "StatusCheckFailed",
            "StatusCheckFailed_Instance",
            "StatusCheckFailed_System"
        ]
    );
    let body = json!({"NextToken": "x"});
    assert!(
        region
            .refused(Service::Monitoring, "ListMetrics", &body)
            .contains("InvalidNextToken")
    );
}

#[test]
fn alarms_fire_for_the_node_that_is_down_and_for_what_crashes() {
    let region = Region::with(120);
    let plan = &region.world.plan;
    let body = json!({"StateValue": "ALARM", "AlarmTypes": ["MetricAlarm", "CompositeAlarm"], "MaxRecords": 100});
    let answer = region.monitoring("DescribeAlarms", &body);
    let alarms = answer["MetricAlarms"].as_array().unwrap();
    let dimension = |alarm: &Value, name: &str| -> Option<String> {
        let dimensions = alarm["Dimensions"].as_array()?;
        let found = dimensions
            .iter()
            .find(|dimension| dimension["Name"] == name)?;
        Some(found["Value"].as_str()?.to_owned())
    };
    let instances: BTreeSet<String> = alarms
        .iter()
        .filter_map(|alarm| dimension(alarm, "InstanceId"))
        .collect();
    let down: BTreeSet<String> = plan
        .nodes
        .iter()
        .filter(|node| !node.ready)
        .map(|node| node.instance_id.clone())
        .collect();
    assert_eq!(instances, down);
    let workloads: BTreeSet<String> = alarms
        .iter()
        .filter_map(|alarm| dimension(alarm, "PodName"))
        .collect();
    let crashing: BTreeSet<String> = plan
        .pods
        .iter()
        .filter(|pod| pod.state == PodState::CrashLoop)
        .map(|pod| plan.workloads[pod.workload].name.clone())
        .collect();
    assert_eq!(workloads, crashing);
    let composite = &answer["CompositeAlarms"][0];
    assert_eq!(composite["AlarmName"], "prod-us-unhealthy");
    assert!(
        composite["AlarmRule"]
            .as_str()
            .unwrap()
            .contains("ALARM(\"prod-us-failed-nodes\")")
    );
}

#[test]
fn an_alarm_is_in_the_state_that_its_metric_says() {
    let region = Region::with(120);
    let (alarms, _) = region.pages(
        Service::Monitoring,
        "DescribeAlarms",
        &json!({}),
        "MetricAlarms",
    );
    assert!(alarms.len() > 20);
    for alarm in alarms {
        let metric = json!({
            "Namespace": alarm["Namespace"], "MetricName": alarm["MetricName"], "Dimensions": alarm["Dimensions"],
        });
        let period_s = alarm["Period"].as_u64().unwrap();
        let stat = alarm["Statistic"].as_str().unwrap();
        let body = json!({
            "StartTime": NOW_S - 300, "EndTime": NOW_S, "MetricDataQueries": [query("q", &metric, stat, period_s)],
        });
        let answer = region.monitoring("GetMetricData", &body);
        let latest = answer["MetricDataResults"][0]["Values"][0].as_f64();
        let threshold = alarm["Threshold"].as_f64().unwrap();
        let crossed = latest.map(|value| match alarm["ComparisonOperator"].as_str() {
            Some("GreaterThanThreshold") => value > threshold,
            _ => value >= threshold,
        });
        let expected = match crossed {
            None => "INSUFFICIENT_DATA",
            Some(true) => "ALARM",
            Some(false) => "OK",
        };
        assert_eq!(
            alarm["StateValue"], expected,
            "{} {latest:?}",
            alarm["AlarmName"]
        );
    }
}

#[test]
fn alarms_are_selected_and_paged() {
    let region = Region::with(120);
    let (all, pages) = region.pages(
        Service::Monitoring,
        "DescribeAlarms",
        &json!({"MaxRecords": 10}),
        "MetricAlarms",
    );
    assert_eq!(pages, all.len().div_ceil(10));
    let prefix = json!({"AlarmNamePrefix": "prod-us-failed"});
    let found = region.monitoring("DescribeAlarms", &prefix);
    assert_eq!(found["MetricAlarms"].as_array().unwrap().len(), 1);
    assert_eq!(
        found["CompositeAlarms"],
        json!([]),
        "metric alarms alone, where nothing is said"
    );
    for (body, needle) in [
        (json!({"MaxRecords": 101}), "less than or equal to 100"),
        (json!({"StateValue": "Alarm"}), "enum value set"),
        (
            json!({"AlarmNames": ["a"], "AlarmNamePrefix": "b"}),
            "InvalidParameterCombination",
        ),
        (json!({"AlarmTypes": ["Any"]}), "ValidationError"),
        (json!({"ChildrenOfAlarmName": "a"}), "does not answer"),
    ] {
        let message = region.refused(Service::Monitoring, "DescribeAlarms", &body);
        assert!(message.contains(needle), "{message}");
    }
    let body = json!({"AlarmName": "prod-us-failed-nodes", "ScanBy": "TimestampAscending"});
    let history = region.monitoring("DescribeAlarmHistory", &body);
    let summaries: Vec<&str> = history["AlarmHistoryItems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["HistorySummary"].as_str().unwrap())
        .collect();
    assert!(
        summaries.contains(&"Alarm updated from OK to ALARM"),
        "{summaries:?}"
    );
    let data = history["AlarmHistoryItems"][0]["HistoryData"]
        .as_str()
        .unwrap();
    assert!(serde_json::from_str::<Value>(data).is_ok());
    let updates = json!({"HistoryItemType": "Action", "MaxRecords": 3});
    let (items, _) = region.pages(
        Service::Monitoring,
        "DescribeAlarmHistory",
        &updates,
        "AlarmHistoryItems",
    );
    assert!(items.iter().all(|item| item["HistoryItemType"] == "Action") && items.len() > 3);
}
