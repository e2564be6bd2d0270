//! Every rule is broken by a guest, and found by the check that it is meant for and by no other that could; the honest guest passes
//! all. That a plugin ends its requests is the host's doing: what breaks that rule is in the check's own file.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::BTreeSet;

use support::{ALL, Lab};
use trawl_conformance::Verdict;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_honest_plugin_passes() {
    let lab = Lab::new().await;
    let report = lab.report(ALL, None, &[]).await;
    let wrong: Vec<String> = report
        .findings
        .iter()
        .filter(|it| it.verdict != Verdict::Passed)
        .map(|it| format!("{} {}: {}", it.check, it.about, it.detail))
        .collect();
    assert_eq!(wrong, [""; 0], "{}", report.line());
    let tried: BTreeSet<&str> = report.findings.iter().map(|it| it.check).collect();
    assert_eq!(tried.len(), trawl_conformance::CHECKS.len());
}

/// One that takes nothing over has nothing to lie about, and passes too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plugin_that_takes_nothing_over_passes() {
    let lab = Lab::new().await;
    let report = lab.report("[], columns: [\"k\", \"n\"]", None, &[]).await;
    assert!(report.is_clean(), "{:#?}", report.findings);
}

/// Lies, each with the check that finds it and a part of what it says.
const LIES: [(&str, &str, &str); 17] = [
    (
        "asks-for-tables",
        "catalogue",
        "asked the remote for GET /rows?n=2",
    ),
    (
        "never-null",
        "schema",
        "`n` is null in a row, and the schema says that it never is",
    ),
    ("nameless", "schema", "it has no column `cluster`"),
    (
        "alone-is-other",
        "projection",
        "wrong: {\"v\":{\"app\":\"DB\"}}",
    ),
    ("less-is-less", "filters", "`where n <= "),
    ("short-limit", "limits", "gives 0 rows"),
    (
        "hasty-limit",
        "limits",
        "although not all of its filters are exact",
    ),
    ("goes-on", "stop", "4 rows were pushed behind the batch"),
    ("backwards", "order", "top "),
    ("miscounts", "aggregates", "summarize counted = count()"),
    (
        "swallows",
        "errors",
        "answered 503: no error and no word of a gap",
    ),
    (
        "blames-itself",
        "errors",
        "answered 403: the plugin broke, or says of itself",
    ),
    (
        "misnames",
        "errors",
        "expected the error permission-denied, got `not-found`",
    ),
    (
        "ends-early",
        "paging",
        "the page behind it was not asked for",
    ),
    ("circles", "paging", "did not end: it made more than"),
    ("panics", "hostile", "the plugin panicked"),
    (
        "lenient",
        "hostile",
        "an object without members: no error and no word",
    ),
];

/// Checks whose remote makes mistakes.
const FAULTS: [&str; 4] = ["cancellation", "errors", "paging", "hostile"];

/// The checks that could meet a lie that this one finds: those that look at rows where it is told whatever the remote does, those
/// whose remote makes mistakes where it is told only then.
fn that_could_meet(check: &str) -> Vec<&'static str> {
    let always = ["description", "catalogue", "schema", "cases"];
    let names = trawl_conformance::CHECKS.iter().map(|it| it.name);
    names
        .filter(|name| always.contains(name) || FAULTS.contains(name) == FAULTS.contains(&check))
        .collect()
}

/// Each lie of these is found by its check, and no other check that could meet it finds anything.
async fn are_found(checks: &[&str]) {
    let lab = Lab::new().await;
    let mut wrong = Vec::new();
    for (lie, check, part) in LIES.iter().filter(|(_, check, _)| checks.contains(check)) {
        let report = lab.report(ALL, Some(lie), &that_could_meet(check)).await;
        let failed = || {
            report
                .findings
                .iter()
                .filter(|it| it.verdict == Verdict::Failed)
        };
        let by: BTreeSet<&str> = failed().map(|it| it.check).collect();
        let said = failed().any(|it| it.detail.contains(part));
        // A table that cannot be read fails the case that reads it, too.
        let by: BTreeSet<&str> = match *check {
            "schema" => by.into_iter().filter(|it| *it != "cases").collect(),
            _ => by,
        };
        if by != BTreeSet::from([*check]) || !said {
            let told: Vec<String> = failed()
                .map(|it| format!("  {}: {}", it.check, it.detail))
                .collect();
            wrong.push(format!(
                "{lie}: expected {check} to say `{part}`, got\n{}",
                told.join("\n")
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lies_about_tables_are_found_by_their_checks_alone() {
    are_found(&["catalogue", "schema"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lies_about_rows_are_found_by_their_checks_alone() {
    are_found(&["projection", "filters", "limits"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lies_about_ends_orders_and_groups_are_found_by_their_checks_alone() {
    are_found(&["stop", "order", "aggregates"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn careless_answers_are_found_by_their_checks_alone() {
    are_found(&["errors", "paging", "hostile"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plugin_that_says_nothing_of_itself_is_found_by_its_description() {
    let lab = Lab::new()
        .await
        .saying("Rows of a test.", "               ");
    let report = lab.of(
        "takes: []",
        support::RECORDED,
        None,
        &["description", "catalogue"],
    );
    let report = report.await;
    let [description, catalogue] = report.findings.as_slice() else {
        panic!("{:#?}", report.findings)
    };
    assert_eq!(description.verdict, Verdict::Failed);
    assert!(description.detail.starts_with("there is no description"));
    assert_eq!(catalogue.verdict, Verdict::Passed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_recorded_is_named_and_the_case_fails() {
    let lab = Lab::new().await;
    let case = "== more\ntabular.t | take 3 | project k\n-- rows\nk: string\nx\nx\ny\n-- requests\nGET /rows?n=2\n";
    let recorded = support::RECORDED
        .split("###")
        .take(2)
        .collect::<Vec<_>>()
        .join("###");
    let report = lab
        .of("takes: []", &recorded, Some(case), &["cases", "filters"])
        .await;
    let [case, filters] = report.findings.as_slice() else {
        panic!("{:#?}", report.findings)
    };
    assert_eq!(case.verdict, Verdict::Failed);
    assert_eq!(
        case.detail,
        "more: the plugin asked for GET /rows?n=2&token=p2, which is not recorded"
    );
    assert_eq!(filters.verdict, Verdict::NotApplicable);
    assert!(
        filters
            .detail
            .contains("GET /rows?n=2&token=p2, which is not recorded")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_that_differs_fails_by_its_first_line() {
    let lab = Lab::new().await;
    let case = "== two\ntabular.t | where n > 5 | project k, n\n-- rows\nk: string | n: long\nx | 8\n-- requests\nGET /rows?n=2\n";
    let report = lab
        .of("takes: []", support::RECORDED, Some(case), &["cases"])
        .await;
    assert_eq!(report.failed, 1);
    assert_eq!(report.findings[0].about, "a.txt");
    assert!(
        report.findings[0]
            .detail
            .starts_with("two: expected `x | 8`, got `x | 7`"),
        "{:?}",
        report.findings
    );
}
