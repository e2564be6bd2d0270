//! Owns the text cases (`tests/cases/*.txt`): a request, the answers that it gets, and what becomes of it: the plan, what was sent,
//! rows, gaps, errors. `UPDATE_EXPECT=1` writes what is below each `---`; read it then. Refuses a network.
//!
//! The answers have the shapes of the API references, <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/> and
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/>, page `API_` and the action's name, and of the service
//! models of botocore 1.43 (`cloudwatch/2010-08-01`, `logs/2014-03-28`).

use std::fmt::Write;
use std::path::{Path, PathBuf};

use crate::asked::Asked;
use trawl_plugin_cloudwatch::CloudWatch;
use trawl_sdk::testing::{Answer, Collected, Recorded};
use trawl_sdk::types::{Error, Pushed, Request, ScanPlan};
use trawl_sdk::{Session, Source};

/// One case as it is written.
#[derive(Default)]
struct Case {
    /// All lines above `---`, as they are.
    input: Vec<String>,
    answers: Vec<Answer>,
    stop_after: Option<usize>,
}

impl Case {
    fn asked(&mut self) -> Asked {
        let mut asked: Option<Asked> = None;
        for line in self.input.clone() {
            let (word, rest) = line.split_once(' ').unwrap_or((&line, ""));
            let rest = rest.trim();
            match (word, &mut asked) {
                ("==" | "#", _) => {}
                ("table", none) => *none = Some(Asked::of(rest)),
                ("where", Some(asked)) => drop(asked.filter(rest)),
                ("show", Some(asked)) => drop(asked.show(rest)),
                ("argument", Some(asked)) => drop(asked.argument(rest)),
                ("clusters", Some(asked)) => drop(asked.clusters(rest)),
                ("others", Some(asked)) => drop(asked.others(rest)),
                ("limit", Some(asked)) => asked.request.limit = Some(rest.parse().unwrap()),
                ("stop", _) => self.stop_after = Some(rest.parse().unwrap()),
                ("answer", _) => self.answers.push(answer(rest)),
                _ => panic!("expected a line of a case, got `{line}`"),
            }
        }
        asked.unwrap_or_else(|| panic!("no table in {:?}", self.input))
    }

    /// What becomes of it.
    fn run(&mut self) -> String {
        let asked = self.asked();
        let http = Recorded::in_order(std::mem::take(&mut self.answers));
        let connection = CloudWatch::open("", http.clone()).unwrap();
        let mut out = String::new();
        let plan = match connection.plan(&asked.request) {
            Ok(plan) => plan,
            Err(error) => {
                sent(&http.sent(), &mut out);
                failed(&error, &mut out);
                return out;
            }
        };
        planned(&plan, &mut out);
        for token in &plan.partitions {
            let mut output = Collected::new(plan.schema.clone());
            if let Some(batches) = self.stop_after {
                output = output.stopping_after(batches);
            }
            let result = connection.scan(token, &output);
            sent(&http.sent(), &mut out);
            let waits = http
                .events()
                .iter()
                .filter(|event| event.starts_with("wait"))
                .count();
            if waits > 0 {
                writeln!(out, "waited {waits} times").unwrap();
            }
            for row in output.rows() {
                writeln!(out, "row {row}").unwrap();
            }
            for (gap, message) in output.reports() {
                writeln!(out, "{gap:?}: {message}").unwrap();
            }
            if let Err(error) = result {
                failed(&error, &mut out);
            }
        }
        out
    }
}

/// `{…}`, or `400 {…}`, or `502 text/html <html>`.
fn answer(text: &str) -> Answer {
    if text.starts_with('{') {
        return Answer::new(200, "application/x-amz-json-1.1", text);
    }
    let (status, rest) = text.split_once(' ').unwrap_or((text, ""));
    let status = status.parse().unwrap();
    if rest.starts_with('{') {
        return Answer::new(status, "application/x-amz-json-1.1", rest);
    }
    let (kind, body) = rest.split_once(' ').unwrap_or((rest, ""));
    Answer::new(status, kind, body)
}

fn sent(requests: &[Request], out: &mut String) {
    for request in requests {
        let header = |name: &str| {
            let found = request.headers.iter().find(|(key, _)| key == name);
            found.map_or("", |(_, value)| value.as_str())
        };
        let target = header("x-amz-target");
        let version = if target.starts_with("Logs_20140328.") {
            "1.1"
        } else {
            "1.0"
        };
        assert_eq!(
            header("content-type"),
            format!("application/x-amz-json-{version}")
        );
        assert_eq!((request.path.len(), request.query.len()), (0, 0));
        let body = String::from_utf8(request.body.clone().unwrap()).unwrap();
        writeln!(out, "> {target} {body}").unwrap();
    }
}

fn planned(plan: &ScanPlan, out: &mut String) {
    let word = |pushed: &Pushed| match pushed {
        Pushed::Exact => "exact",
        Pushed::Inexact => "inexact",
        Pushed::NotPushed => "no",
    };
    let filters: Vec<_> = plan.filters.iter().map(word).collect();
    writeln!(
        out,
        "plan filters [{}], limit {}",
        filters.join(", "),
        word(&plan.limit)
    )
    .unwrap();
    if let Some(cost) = &plan.cost {
        let units = &cost.units;
        writeln!(
            out,
            "cost {} requests, {units:?}, {} micro-USD",
            cost.requests, cost.micro_usd
        )
        .unwrap();
    }
    writeln!(out, "explain {}", plan.explain).unwrap();
}

fn failed(error: &Error, out: &mut String) {
    writeln!(out, "error {:?}: {}", error.code, error.message).unwrap();
    if let Some(hint) = &error.hint {
        writeln!(out, "hint {hint}").unwrap();
    }
}

/// A file with the outcomes as they are now.
fn rewritten(text: &str) -> String {
    let mut out = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if !line.starts_with("== ") {
            assert!(
                line.is_empty() || line.starts_with('#'),
                "outside of a case: {line}"
            );
            if line.starts_with('#') {
                writeln!(out, "{line}").unwrap();
            }
            continue;
        }
        let mut case = Case {
            input: vec![line.to_owned()],
            ..Case::default()
        };
        while let Some(line) = lines.next_if(|line| {
            !line.starts_with("---") && !line.is_empty() && !line.starts_with("== ")
        }) {
            case.input.push(line.to_owned());
        }
        while lines.next_if(|line| !line.starts_with("== ")).is_some() {}
        let input = case.input.join("\n");
        write!(out, "\n{input}\n---\n{}", case.run()).unwrap();
    }
    out
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

#[test]
fn cases_become_what_they_say() {
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let files = files();
    assert!(files.len() >= 7, "a file for each table and the errors");
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let now = rewritten(&text);
        if update {
            std::fs::write(&file, now).unwrap();
        } else {
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            for (number, (kept, now)) in text.lines().zip(now.lines()).enumerate() {
                assert_eq!(kept, now, "{name}:{}", number + 1);
            }
            assert_eq!(text, now, "{name}");
        }
    }
}
