//! The example plugins as their authors test them: each is built, and the whole conformance suite with the project's own cases runs on
//! it, as `trawl plugin test` does. Nothing may fail.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use trawl_conformance::project::{Against, Options, prepare};
use trawl_conformance::{CHECKS, Verdict};
use trawl_fleet::{Inventory, LoadOptions};

/// 2026-11-21T08:26:15.123Z: what `now()` is, where the made-up Loki's logs end.
const NOW: i64 = 1_795_249_575_123_000_000;

fn project(name: &str) -> PathBuf {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins/examples");
    examples.join(name).canonicalize().unwrap()
}

/// Everything passes, each table is read, and each check was tried on something.
async fn is_clean(folder: PathBuf, component: PathBuf, against: Against<'_>) {
    let prepared = prepare(Options {
        name: None,
        wasm: std::fs::read(component).unwrap(),
        folder: Some(folder),
        against,
        now_ns: NOW,
        // Kept, so that it is compiled once for each version of it.
        cache: Some(Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled")),
        compiler: None,
    })
    .await
    .unwrap();
    for table in &prepared.suite.tables {
        assert!(table.base.is_ok(), "{}: nothing reads it", table.name);
    }
    assert!(!prepared.suite.cases.is_empty(), "there are no cases");
    let against = prepared.against;
    let report = trawl_conformance::run(&prepared.suite, CHECKS, against, &mut |_| {})
        .await
        .unwrap();
    let failed: Vec<String> = report
        .findings
        .iter()
        .filter(|it| it.verdict == Verdict::Failed)
        .map(|it| format!("{} {}: {}", it.check, it.about, it.detail))
        .collect();
    assert!(
        report.is_clean(),
        "{}\n{}",
        report.line(),
        failed.join("\n")
    );
    for check in CHECKS {
        let mut findings = report.findings.iter();
        assert!(
            findings.any(|it| it.check == check.name && it.verdict == Verdict::Passed),
            "{} was tried on nothing",
            check.name
        );
    }
}

/// A project in JavaScript or Python; nothing where its tools are missing.
async fn in_a_language_with_tools(name: &'static str) {
    let built =
        tokio::task::spawn_blocking(move || trawl_programs::projects::component(&project(name)));
    if let Some(component) = built.await.unwrap() {
        is_clean(project(name), component, Against::Project).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statuspage() {
    in_a_language_with_tools("statuspage").await;
}

/// Its remote is a program in Python, which those who build it have.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn alertmanager() {
    in_a_language_with_tools("alertmanager").await;
}

/// Against the made-up Loki, which the project's own `tests/remote` starts as a program.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn loki() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(loki_fake::serve(listener, loki_fake::story(NOW)));
    let folder = project("loki");
    let written = std::fs::read_to_string(folder.join("tests/clusters.yaml")).unwrap();
    let place = tempfile::tempdir().unwrap();
    let config = place.path().join("clusters.yaml");
    let at = written.replace("127.0.0.1:3100", &address.to_string());
    assert_ne!(at, written, "tests/clusters.yaml has another address");
    std::fs::write(&config, at).unwrap();
    let inventory = Inventory::load(LoadOptions::of_process(Some(config), &["loki"])).unwrap();
    let built = tokio::task::spawn_blocking(|| trawl_guest_build::build("loki").unwrap());
    let against = Against::Live {
        inventory: &inventory,
        connection: "test",
    };
    is_clean(folder, built.await.unwrap(), against).await;
}
