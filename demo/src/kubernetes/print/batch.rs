//! Owns the rows of jobs and cron jobs.

use serde_json::{Value, json};

use super::{
    AGE, CONTAINERS, Column, IMAGES, NAME, Row, SELECTOR, age, column, containers, count, list,
    number, selector, text,
};
use crate::clock::{human_duration, parse_s};

/// A job's columns.
pub(super) const JOBS: [Column; 8] = [
    NAME,
    column("Status", "Status of the job."),
    column(
        "Completions",
        "Completions specifies the desired number of successfully finished pods the job should be run with.",
    ),
    column("Duration", "Time required to complete the job."),
    AGE,
    CONTAINERS,
    IMAGES,
    SELECTOR,
];
/// A cron job's columns.
pub(super) const CRON_JOBS: [Column; 10] = [
    NAME,
    column("Schedule", "The schedule in Cron format."),
    column("Timezone", "The time zone name for the given schedule."),
    column(
        "Suspend",
        "This flag tells the controller to suspend subsequent executions.",
    ),
    count("Active", "A list of pointers to currently running jobs."),
    column(
        "Last Schedule",
        "Information when was the last time the job was successfully scheduled.",
    ),
    AGE,
    CONTAINERS,
    IMAGES,
    SELECTOR,
];

/// A job's cells.
pub(super) fn job(row: Row<'_>) -> Vec<Value> {
    let (spec, status) = (row.spec(), row.status());
    let holds = |kind: &str| {
        list(&status["conditions"])
            .iter()
            .any(|condition| condition["type"] == kind && condition["status"] == "True")
    };
    let state = ["Complete", "Failed", "Suspended"]
        .into_iter()
        .find(|kind| holds(kind))
        .unwrap_or("Running");
    let completions = format!(
        "{}/{}",
        number(&status["succeeded"]),
        number(&spec["completions"])
    );
    let started = parse_s(text(&status["startTime"]));
    let duration = started.map_or_else(String::new, |started| {
        let ended = parse_s(text(&status["completionTime"])).unwrap_or(row.now_s);
        human_duration(ended.saturating_sub(started))
    });
    let [names, images] = containers(&spec["template"]);
    vec![
        row.name(),
        json!(state),
        json!(completions),
        json!(duration),
        row.age(),
        names,
        images,
        selector(&spec["selector"]["matchLabels"]),
    ]
}

/// A cron job's cells.
pub(super) fn cron_job(row: Row<'_>) -> Vec<Value> {
    let (spec, status) = (row.spec(), row.status());
    let last = match &status["lastScheduleTime"] {
        Value::Null => "<none>".to_owned(),
        time => age(time, row.now_s),
    };
    let zone = match text(&spec["timeZone"]) {
        "" => "<none>",
        zone => zone,
    };
    let suspend = if spec["suspend"] == true {
        "True"
    } else {
        "False"
    };
    let template = &spec["jobTemplate"]["spec"];
    let [names, images] = containers(&template["template"]);
    vec![
        row.name(),
        spec["schedule"].clone(),
        json!(zone),
        json!(suspend),
        json!(list(&status["active"]).len()),
        json!(last),
        row.age(),
        names,
        images,
        selector(&template["selector"]["matchLabels"]),
    ]
}
