//! Owns the comparison with moto's server: what is put there over plain HTTP comes back as rows. What moto does not have or gets
//! wrong (percentiles, composite alarms, alarm history, terms in Insights, paging) is in `cases/`, against the documented shapes.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::asked::Asked;
use serde_json::{Value, json};
use trawl_plugin_cloudwatch::CloudWatch;
use trawl_programs::Moto;
use trawl_sdk::testing::Collected;
use trawl_sdk::types::{Error, ErrorCode};
use trawl_sdk::{Session, Source};

const SECOND: i64 = 1_000_000_000;

/// A moto with metrics, alarms and logs of the minutes before now, which moto needs: it refuses old events.
struct Account {
    moto: Moto,
    /// The full minute, ten minutes ago, in seconds since the epoch.
    base: i64,
}

impl Account {
    fn start() -> Option<Self> {
        let moto = Moto::start()?;
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_secs();
        let account = Self {
            moto,
            base: i64::try_from(now).unwrap() / 60 * 60 - 600,
        };
        account.put_metrics();
        account.put_alarms();
        account.put_logs();
        Some(account)
    }

    fn monitoring(&self, action: &str, body: Value) {
        let target = format!("GraniteServiceVersion20100801.{action}");
        self.moto.call("monitoring", &target, &body);
    }

    fn logs(&self, action: &str, body: Value) {
        self.moto
            .call("logs", &format!("Logs_20140328.{action}"), &body);
    }

    fn put_metrics(&self) {
        let datum = |instance: &str, after: i64, value: f64| {
            json!({"MetricName": "Load", "Dimensions": [{"Name": "InstanceId", "Value": instance}],
                   "Timestamp": self.base + after, "Value": value})
        };
        let data = [
            datum("i-1", 0, 1.0),
            datum("i-1", 30, 3.0),
            datum("i-1", 60, 5.0),
            datum("i-2", 0, 9.0),
        ];
        self.monitoring(
            "PutMetricData",
            json!({"Namespace": "App", "MetricData": data}),
        );
        let other = json!({"MetricName": "Other", "Timestamp": self.base, "Value": 1.0});
        self.monitoring(
            "PutMetricData",
            json!({"Namespace": "App", "MetricData": [other]}),
        );
    }

    fn put_alarms(&self) {
        let alarm = |name: &str| {
            json!({"AlarmName": name, "Namespace": "App", "MetricName": "Load", "Statistic": "Average", "Period": 60,
                   "Dimensions": [{"Name": "InstanceId", "Value": "i-1"}], "EvaluationPeriods": 2, "Threshold": 2.5,
                   "ComparisonOperator": "GreaterThanThreshold", "AlarmActions": ["arn:aws:sns:us-east-1:123456789012:oncall"]})
        };
        self.monitoring("PutMetricAlarm", alarm("prod-load"));
        self.monitoring("PutMetricAlarm", alarm("stage-load"));
        let state = json!({"AlarmName": "prod-load", "StateValue": "ALARM", "StateReason": "too much", "StateReasonData": "{}"});
        self.monitoring("SetAlarmState", state);
    }

    fn put_logs(&self) {
        for (group, stream, messages) in [
            (
                "/eks/prod",
                "pod-a",
                &["Timeout of a", "all is well", "another timeout"][..],
            ),
            ("/eks/prod", "pod-b", &["timeouts everywhere"]),
            ("/eks/stage", "pod-c", &["stage timeout"]),
        ] {
            if stream != "pod-b" {
                self.logs("CreateLogGroup", json!({"logGroupName": group}));
            }
            self.logs(
                "CreateLogStream",
                json!({"logGroupName": group, "logStreamName": stream}),
            );
            let event = |(at, message): (usize, &&str)| json!({"timestamp": (self.base + i64::try_from(at).unwrap()) * 1_000, "message": message});
            let events: Vec<_> = messages.iter().enumerate().map(event).collect();
            self.logs(
                "PutLogEvents",
                json!({"logGroupName": group, "logStreamName": stream, "logEvents": events}),
            );
        }
        self.logs("CreateLogGroup", json!({"logGroupName": "/eks/empty"}));
        self.logs(
            "PutRetentionPolicy",
            json!({"logGroupName": "/eks/empty", "retentionInDays": 7}),
        );
    }

    /// The condition that begins a range at the base.
    fn since_base(&self) -> String {
        let at = trawl_sdk::columns::format_rfc3339_seconds(self.base * SECOND).unwrap();
        format!("timestamp >= {at}")
    }

    fn run(&self, asked: &mut Asked) -> Result<Vec<Value>, Error> {
        asked.request.now_ns = (self.base + 600) * SECOND;
        let connection = CloudWatch::open("", self.moto.transport())?;
        let plan = connection.plan(&asked.request)?;
        let output = Collected::new(plan.schema.clone());
        for token in &plan.partitions {
            connection.scan(token, &output)?;
        }
        Ok(output.rows())
    }
}

#[test]
fn what_is_put_comes_back() {
    let Some(account) = Account::start() else {
        return;
    };
    metrics(&account);
    alarms(&account);
    logs(&account);
    groups_and_streams(&account);
    insights(&account);
}

fn metrics(account: &Account) {
    let mut listed = account
        .run(Asked::of("metric_list").filter("namespace == \"App\""))
        .unwrap();
    listed.sort_by_key(Value::to_string);
    let metric = |name: &str, dimensions: Value| json!({"namespace": "App", "metric": name, "dimensions": dimensions});
    assert_eq!(
        listed,
        [
            metric("Load", json!({"InstanceId": "i-1"})),
            metric("Load", json!({"InstanceId": "i-2"})),
            metric("Other", json!({})),
        ]
    );
    for (stat, values) in [
        ("Average", [2.0, 5.0]),
        ("Sum", [4.0, 5.0]),
        ("Maximum", [3.0, 5.0]),
        ("SampleCount", [2.0, 1.0]),
    ] {
        let mut asked = Asked::of("metrics");
        asked
            .argument("namespace = \"App\"")
            .argument("metric = \"Load\"")
            .argument(&format!("stat = \"{stat}\""));
        asked
            .filter(&account.since_base())
            .filter("dimensions.InstanceId == \"i-1\"");
        let rows = account.run(asked.show("timestamp, value")).unwrap();
        let row = |minute: i64, value| json!({"timestamp": (account.base + 60 * minute) * SECOND, "value": value});
        assert_eq!(rows, [row(0, values[0]), row(1, values[1])], "{stat}");
    }
    let mut all = Asked::of("metrics");
    all.argument("namespace = \"App\"")
        .argument("metric = \"Load\"")
        .filter(&account.since_base());
    assert_eq!(account.run(&mut all).unwrap().len(), 3);
}

fn alarms(account: &Account) {
    let rows = account.run(Asked::of("alarms").filter("state == \"ALARM\"").show(
        "name, type, state, reason, namespace, metric, dimensions, statistic, period, threshold, actions",
    ));
    assert_eq!(
        rows.unwrap(),
        [json!({
            "name": "prod-load", "type": "metric", "state": "ALARM", "reason": "too much", "namespace": "App",
            "metric": "Load", "dimensions": {"InstanceId": "i-1"}, "statistic": "Average", "period": 60 * SECOND,
            "threshold": 2.5, "actions": ["arn:aws:sns:us-east-1:123456789012:oncall"]
        })]
    );
    let names = |condition: &str| {
        let mut asked = Asked::of("alarms");
        let rows = account.run(asked.filter(condition).show("name")).unwrap();
        let mut names: Vec<_> = rows
            .iter()
            .map(|row| row["name"].as_str().unwrap().to_owned())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names("name startswith_cs \"prod-\""), ["prod-load"]);
    assert!(names("type == \"composite\"").is_empty());
    assert_eq!(names("name in (\"stage-load\", \"none\")"), ["stage-load"]);
    assert_eq!(
        names("state != \"ALARM\" and type == \"metric\""),
        ["stage-load"]
    );
}

fn logs(account: &Account) {
    let asked = |more: &str| {
        let mut asked = Asked::of("logs");
        asked
            .clusters("prod=/eks/prod, stage=/eks/stage")
            .filter(&account.since_base());
        if !more.is_empty() {
            asked.filter(more);
        }
        asked.show("timestamp, message, stream, group, cluster");
        asked
    };
    let rows = account.run(&mut asked("")).unwrap();
    let row = |after: i64, message: &str, stream: &str, cluster: &str| {
        json!({"timestamp": (account.base + after) * SECOND, "message": message, "stream": stream,
               "group": format!("/eks/{cluster}"), "cluster": cluster})
    };
    let expected = [
        row(0, "Timeout of a", "pod-a", "prod"),
        row(1, "all is well", "pod-a", "prod"),
        row(2, "another timeout", "pod-a", "prod"),
        row(0, "timeouts everywhere", "pod-b", "prod"),
        row(0, "stage timeout", "pod-c", "stage"),
    ];
    assert_eq!(rows, expected);
    assert_eq!(
        account.run(&mut asked("stream == \"pod-b\"")).unwrap(),
        expected[3..4]
    );
    assert_eq!(
        account
            .run(&mut asked("stream startswith_cs \"pod-c\""))
            .unwrap(),
        expected[4..]
    );
    let first = trawl_sdk::columns::format_rfc3339_seconds((account.base + 1) * SECOND).unwrap();
    assert_eq!(
        account
            .run(&mut asked(&format!("timestamp == {first}")))
            .unwrap(),
        expected[1..2]
    );
    // The host looks again: what has the term must be among them.
    let found = account.run(&mut asked("message has \"timeout\"")).unwrap();
    assert!(
        [0, 2, 4]
            .iter()
            .all(|at: &usize| found.contains(&expected[*at])),
        "{found:?}"
    );

    let mut limited = asked("");
    limited.request.limit = Some(2);
    assert_eq!(account.run(&mut limited).unwrap(), expected[..2]);
    let mut empty = Asked::of("logs");
    empty
        .argument("group = \"/eks/empty\"")
        .filter(&account.since_base());
    assert_eq!(account.run(&mut empty).unwrap(), [json!(null); 0]);
    let mut gone = Asked::of("logs");
    gone.argument("group = \"/eks/gone\"")
        .filter(&account.since_base());
    let error = account.run(&mut gone).unwrap_err();
    assert_eq!(error.code, ErrorCode::NotFound);
    assert!(error.message.contains("/eks/gone"), "{}", error.message);
}

fn groups_and_streams(account: &Account) {
    let mut groups = Asked::of("log_groups");
    groups
        .filter("name startswith_cs \"/eks/\"")
        .show("name, arn, retention_days");
    let group = |name: &str, retention: Value| {
        json!({"name": name, "arn": format!("arn:aws:logs:us-east-1:123456789012:log-group:{name}"),
               "retention_days": retention})
    };
    assert_eq!(
        account.run(&mut groups).unwrap(),
        [
            group("/eks/empty", json!(7)),
            group("/eks/prod", json!(null)),
            group("/eks/stage", json!(null))
        ]
    );
    let mut streams = Asked::of("log_streams");
    streams
        .argument("group = \"/eks/prod\"")
        .show("name, group, first_event");
    let stream = |name: &str| json!({"name": name, "group": "/eks/prod", "first_event": account.base * SECOND});
    assert_eq!(
        account.run(&mut streams).unwrap(),
        [stream("pod-a"), stream("pod-b")]
    );
}

fn insights(account: &Account) {
    let mut asked = Asked::of("logs_insights");
    asked.clusters("prod=/eks/prod, stage=/eks/stage");
    asked.argument("query = \"fields @timestamp, @message, @logStream | sort @timestamp asc\"");
    asked
        .filter(&account.since_base())
        .show("timestamp, message, stream, cluster");
    let mut rows = account.run(&mut asked).unwrap();
    rows.sort_by_key(|row| row["message"].to_string());
    let row = |after: i64, message: &str, stream: &str, cluster: &str| json!({"timestamp": (account.base + after) * SECOND, "message": message, "stream": stream, "cluster": cluster});
    assert_eq!(
        rows,
        [
            row(0, "Timeout of a", "pod-a", "prod"),
            row(1, "all is well", "pod-a", "prod"),
            row(2, "another timeout", "pod-a", "prod"),
            row(0, "stage timeout", "pod-c", "stage"),
            row(0, "timeouts everywhere", "pod-b", "prod"),
        ]
    );
}
