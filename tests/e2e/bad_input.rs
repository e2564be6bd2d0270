//! What is wrong is said, drawn and helped; nothing panics.

use std::fs;

use crate::support::{home, query, run, trawl};

async fn demo_query(text: &str) -> crate::support::Run {
    let mut command = trawl();
    command.args(["--demo", "--demo-pods", "5", "query", text]);
    run(command).await
}

#[tokio::test]
async fn wrong_queries_are_drawn_with_their_place_and_a_suggestion() {
    for (text, expected) in [
        (
            "pods | where name =~ \"prod-.*\"",
            "error[Q0104]: `=~` is not an operator\n --> query:1:19\n1 | pods | where name =~ \"prod-.*\"\n  |                   ^^ regex",
        ),
        ("podz | take 1", "help: did you mean `pods`?"),
        ("pods | project nmae", "help: did you mean `name`?"),
        ("pods | sumarize count()", "help: did you mean `summarize`?"),
        (
            "pods | where cluster == \"prod-a\"",
            "help: did you mean `prod-ap`?",
        ),
        (
            "pods | where restarts > \"many\"",
            "error[Q0305]: cannot compare long with string",
        ),
        ("pods | where (namespace == \"a\"", "error["),
        (
            "pods | extend x = frobnicate(name)",
            "error[Q0204]: no function `frobnicate`",
        ),
        ("prometheus()", "`prometheus` needs query"),
        ("prometheus(\"up\", stp = 1m)", "has no argument `stp`"),
        // This one is known only when the rows are there; no row is printed before it is.
        (
            "nodes | lookup (nodes | project cluster, node = name) on cluster | project cluster, node",
            "error[Q0410]: the right side of `lookup` has more than one row for a key",
        ),
        ("", "there is no query"),
    ] {
        let run = demo_query(text).await;
        assert_eq!(run.code, 1, "{text}: {}", run.stderr);
        assert_eq!(run.stdout, "", "{text}");
        assert!(
            run.stderr.contains(expected),
            "{text}: expected {expected} in\n{}",
            run.stderr
        );
        assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
    }
}

#[tokio::test]
async fn one_run_reports_many_mistakes() {
    let run = demo_query("pods | sumarize count() | where a =~ b | tak 5").await;
    assert!(run.stderr.matches("error[").count() >= 3, "{}", run.stderr);
}

#[tokio::test]
async fn a_broken_inventory_names_line_and_key() {
    let path = home().join("broken-clusters.yaml");
    fs::write(
        &path,
        "clusters:\n  - name: a\n    regoin: eu\n    kube_context: a\n",
    )
    .unwrap();
    let run = query(&path, &["pods"]).await;
    assert_eq!(run.code, 2, "{}", run.stderr);
    for part in ["broken-clusters.yaml", "3", "regoin", "region"] {
        assert!(run.stderr.contains(part), "{part} in {}", run.stderr);
    }
    let missing = query(&home().join("none.yaml"), &["pods"]).await;
    assert_eq!(missing.code, 2);
    assert!(missing.stderr.contains("none.yaml"), "{}", missing.stderr);
}

#[tokio::test]
async fn an_unreachable_prometheus_is_named_without_its_credentials() {
    let path = home().join("unreachable.yaml");
    // Port 9 is discard's; nothing listens there.
    fs::write(
        &path,
        "clusters:\n  - name: a\n    prometheus: {url: 'http://admin:hunter2@127.0.0.1:9/prom'}\n",
    )
    .unwrap();
    let run = query(&path, &["-o", "json", "prometheus(\"up\")"]).await;
    assert_eq!(run.code, 4, "{}", run.stderr);
    let error = run.json()["completeness"]["targets"][0]["error"].clone();
    assert_eq!(error["code"], "unavailable");
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("http://127.0.0.1:9/prom"),
        "{error}"
    );
    for text in [&run.stdout, &run.stderr] {
        assert!(
            !text.contains("hunter2") && !text.contains("admin"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn no_configuration_says_what_to_do() {
    let empty = home().join("empty-home");
    fs::create_dir_all(&empty).unwrap();
    let mut command = trawl();
    command
        .args(["query", "pods"])
        .env("HOME", &empty)
        .env("XDG_CONFIG_HOME", &empty)
        .current_dir(&empty);
    let run = run(command).await;
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert!(run.stderr.contains("--demo"), "{}", run.stderr);
}

#[tokio::test]
async fn usage_errors_are_exit_2() {
    for args in [
        vec!["query"],
        vec!["query", "--timeout", "soon", "pods"],
        vec!["query", "--require", "some", "pods"],
    ] {
        let mut command = trawl();
        command.args(&args);
        let run = run(command).await;
        assert_eq!(run.code, 2, "{args:?}: {}", run.stderr);
    }
}
