//! Cases as text: a query, its rows, and what crossed the network for it. `UPDATE_EXPECT=1` rewrites the files.
//!
//! A case begins with `== title`, then the query; `-- rows`, `-- requests` and `-- error` begin what is expected. Rows of a query
//! without an order of its own are sorted, requests are sorted by cluster. A case that expects `-- explain` alone is explained and
//! not run.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking and speaks on stderr"
)]

mod support;
mod text_case;

use std::fmt::Write as _;

use trawl_demo::{Fleet, FleetOptions};
use trawl_exec::{Engine, Error, QueryRequest};
use trawl_lang::Style;

/// A fixed clock for the fleet, so that the same seed gives the same objects on every day.
const NOW_S: i64 = 1_790_000_000;

async fn run(engine: &Engine, fleet: &Fleet, query: &str) -> String {
    let clusters: Vec<String> = fleet
        .clusters()
        .map(|cluster| cluster.name.clone())
        .collect();
    let seen: Vec<usize> = clusters
        .iter()
        .map(|cluster| fleet.request_log(cluster).len())
        .collect();
    let regions = regions(fleet);
    let seen_of_regions: Vec<usize> = regions
        .iter()
        .map(|(_, cluster)| fleet.cloudwatch_log(cluster).len())
        .collect();
    let mut answer = match engine.query(QueryRequest::new(query)).await {
        Ok(answer) => answer,
        Err(Error::Query(diagnostics)) => {
            return format!(
                "-- error\n{}",
                trawl_lang::render_all(&diagnostics, "query", query, Style::Plain).trim_end()
            );
        }
        Err(error) => return format!("-- error\n{error}"),
    };
    let mut text = String::from("-- rows\n");
    text.push_str(&support::rows(&mut answer, query).await);
    let summary = answer.finish();
    for warning in &summary.warnings {
        writeln!(text, "warning: {warning}").unwrap();
    }
    if let Some(render) = &summary.render {
        writeln!(text, "render: {render:?}").unwrap();
    }
    for target in &summary.completeness.targets {
        let place = target.cluster.as_ref().or(target.connection.as_ref());
        let place = place.map_or("-", String::as_str);
        if let Some(error) = &target.error {
            let (code, message) = (&error.code, &error.message);
            writeln!(text, "failed: {place}: {code}: {message}").unwrap();
        }
        for note in &target.notes {
            writeln!(text, "note: {place}: {note}").unwrap();
        }
    }
    text.push_str("-- requests\n");
    for (cluster, seen) in clusters.iter().zip(seen) {
        let mut requests: Vec<String> = fleet
            .request_log(cluster)
            .iter()
            .skip(seen)
            .map(|line| stable(line))
            // What a server is and serves is remembered for some time: how much passed between two cases must not matter.
            .filter(|line| !says_what_it_is(line))
            .collect();
        requests.sort();
        for request in requests {
            writeln!(text, "{cluster}: {request}").unwrap();
        }
    }
    for ((region, cluster), seen) in regions.iter().zip(seen_of_regions) {
        let log = fleet.cloudwatch_log(cluster);
        let mut requests: Vec<String> = log.iter().skip(seen).map(|line| aws(line)).collect();
        requests.sort();
        // A query of Logs Insights is asked after until it is done.
        requests.dedup_by(|a, b| a == b && a.starts_with("GetQueryResults"));
        for request in requests {
            writeln!(text, "{region}: {request}").unwrap();
        }
    }
    text.trim_end().to_owned()
}

fn says_what_it_is(request: &str) -> bool {
    let path = request.split('?').next().unwrap_or_default();
    matches!(
        path,
        "GET /api" | "GET /apis" | "GET /api/v1/status/buildinfo" | "GET /api/v1/status/flags"
    )
}

/// The regions of a fleet, each with a cluster that is in it.
fn regions(fleet: &Fleet) -> Vec<(String, String)> {
    let mut regions: Vec<(String, String)> = Vec::new();
    for cluster in fleet.clusters() {
        if !regions.iter().any(|(region, _)| *region == cluster.region) {
            regions.push((cluster.region.clone(), cluster.name.clone()));
        }
    }
    regions
}

/// The action and the body of a request to AWS, without what changes from run to run.
fn aws(request: &str) -> String {
    let action = request.split('.').nth(1).unwrap_or(request);
    let id = regex::Regex::new(r#""queryId":"[^"]*""#).unwrap();
    id.replace(&action.replace(" */*", ""), r#""queryId":"ID""#)
        .into_owned()
}

/// What the query would do; for that nothing may be asked but what the clusters' own tables look like.
async fn explain(engine: &Engine, fleet: &Fleet, query: &str) -> String {
    let reads = || -> Vec<String> {
        let describes = |line: &String| {
            let line = stable(line);
            says_what_it_is(&line) || line.starts_with("GET /openapi/v3")
        };
        let requests = fleet.clusters().flat_map(|it| fleet.request_log(&it.name));
        requests.filter(|line| !describes(line)).collect()
    };
    let seen = reads();
    let explained = match engine.explain(QueryRequest::new(query)).await {
        Ok(explained) => explained.to_string(),
        Err(Error::Query(diagnostics)) => {
            trawl_lang::render_all(&diagnostics, "query", query, Style::Plain)
        }
        Err(error) => error.to_string(),
    };
    assert_eq!(reads(), seen, "explaining read objects: {query}");
    // Times with parts of a second come from `now()`; AWS is asked from the whole second before.
    let clock =
        regex::Regex::new(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z|\bfrom \d{4}-\S+Z").unwrap();
    format!(
        "-- explain\n{}",
        clock.replace_all(explained.trim_end(), "now")
    )
}

/// Method and path of a request without what changes by the clock; what is accepted is for the plugins' own tests.
fn stable(request: &str) -> String {
    let request = request.split(' ').take(2).collect::<Vec<_>>().join(" ");
    let (path, query) = request.split_once('?').unwrap_or((&request, ""));
    let kept: Vec<&str> = query
        .split('&')
        .filter(|part| !part.starts_with("time=") && !part.is_empty())
        .collect();
    if kept.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{}", kept.join("&"))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cases_give_their_rows_and_send_their_requests() {
    let options = FleetOptions {
        pods: 40,
        now_s: Some(NOW_S),
        ..FleetOptions::default()
    };
    let fleet = Fleet::start(options).await.unwrap();
    let engine = support::engine(&fleet);

    let mut report = text_case::Report::new();
    for path in text_case::files("cases") {
        let text = std::fs::read_to_string(&path).unwrap();
        let mut results = Vec::new();
        for case in text_case::parse(&text) {
            let got = if case.expected.starts_with("-- explain") {
                explain(&engine, &fleet, &case.query).await
            } else {
                run(&engine, &fleet, &case.query).await
            };
            results.push((case, got));
        }
        report.file(&path, results);
    }
    report.finish();
}
