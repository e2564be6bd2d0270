//! Commands that read queries and run none: explain, check, fmt; and `query --verify-pushdown`.

use std::fs;
use std::path::PathBuf;

use crate::support::{Run, home, run, trawl};

async fn demo(args: &[&str]) -> Run {
    let mut command = trawl();
    command.args(["--demo", "--demo-pods", "20"]).args(args);
    run(command).await
}

/// A folder of its own with files.
fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = home().join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    for (name, text) in files {
        fs::write(folder.join(name), text).unwrap();
    }
    folder
}

#[tokio::test]
async fn a_query_is_explained_also_when_a_cluster_is_dead() {
    let query =
        "pods | where environment == \"production\" and phase == \"Running\" | project name";
    let text = demo(&["--demo-fault", "prod-us=refused", "explain", query]).await;
    assert_eq!(text.code, 0, "{}", text.stderr);
    for part in [
        "1. pods: 2 of 3 clusters",
        "staging by environment == \"production\"",
        "phase == \"Running\"   by the source",
        "name: string",
    ] {
        assert!(text.stdout.contains(part), "{part} in\n{}", text.stdout);
    }
    let json = demo(&["explain", "-o", "json", query]).await.json();
    assert_eq!(json["scans"][0]["clusters"]["of"], 3);
    assert_eq!(json["scans"][0]["filters"][0]["pushed"], "exact");
    let wrong = demo(&["explain", "pods | where nmae == 1"]).await;
    assert_eq!(wrong.code, 1);
    assert!(
        wrong.stderr.contains("did you mean `name`?"),
        "{}",
        wrong.stderr
    );
}

#[tokio::test]
async fn pushdown_is_verified_on_the_fleet() {
    for (query, said) in [
        (
            "pods | where namespace == \"payments\" and phase == \"Running\" | project cluster, name, sa = spec.serviceAccountName",
            "the same",
        ),
        // Which three is left open: they may differ, or be the same by chance.
        ("pods | take 3", "pushdown: "),
    ] {
        let run = demo(&["query", "--verify-pushdown", query]).await;
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert!(run.stderr.contains(said), "{}", run.stderr);
    }
}

#[tokio::test]
async fn files_are_checked_without_an_inventory() {
    let folder = folder(
        "check",
        &[
            (
                "good.trawl",
                "param ns: string;\npods | where namespace == @ns | count\n",
            ),
            ("bad.trawl", "pods | project nmae\n"),
            ("notes.txt", "not a query"),
        ],
    );
    let check = |args: Vec<PathBuf>| {
        let mut command = trawl();
        command.arg("check").args(args);
        run(command)
    };
    let good = check(vec![folder.join("good.trawl")]).await;
    assert_eq!(good.code, 0, "{}", good.stderr);
    assert!(good.stderr.contains("1 file checked"), "{}", good.stderr);
    let all = check(vec![folder.clone()]).await;
    assert_eq!(all.code, 1);
    assert!(
        all.stderr.contains("1 error in 1 of 2 files") && all.stderr.contains("bad.trawl:1:16"),
        "{}",
        all.stderr
    );
    let json = check(vec![folder, "-o".into(), "json".into()]).await.json();
    assert_eq!(
        json["files"][0]["check"]["diagnostics"][0]["fixes"][0]["text"],
        "name"
    );
}

#[tokio::test]
async fn declared_tables_are_checked_and_explained_and_not_run() {
    let catalogue = r#"{"tables": [{"name": "widgets.example.org", "columns": [{"name": "size", "type": "long"}]}]}"#;
    let folder = folder(
        "declared",
        &[
            ("catalogue.json", catalogue),
            ("broken.json", "{\"tables\": 1}"),
            (
                "q.trawl",
                "`widgets.example.org` | where size > 1 | project size\n",
            ),
        ],
    );
    let with = |catalogue: &str| {
        let mut command = trawl();
        command.arg("check").arg(folder.join("q.trawl"));
        command.arg("--catalogue").arg(folder.join(catalogue));
        run(command)
    };
    assert_eq!(with("catalogue.json").await.code, 0);
    let broken = with("broken.json").await;
    assert_eq!(broken.code, 2);
    assert!(broken.stderr.contains("broken.json"), "{}", broken.stderr);
}

#[tokio::test]
async fn files_are_formatted_in_place_and_named() {
    let folder = folder(
        "fmt",
        &[("a.trawl", "pods|limit 5\n"), ("b.trawl", "print x = (\n")],
    );
    let fmt = |args: &[&str]| {
        let mut command = trawl();
        command.arg("fmt").args(args).current_dir(&folder);
        run(command)
    };
    let checked = fmt(&["--check", "a.trawl"]).await;
    assert_eq!(checked.code, 1);
    assert!(checked.stderr.contains("a.trawl"), "{}", checked.stderr);
    let written = fmt(&["a.trawl"]).await;
    assert_eq!(written.code, 0, "{}", written.stderr);
    assert!(
        fs::read_to_string(folder.join("a.trawl"))
            .unwrap()
            .contains("| take 5"),
        "{}",
        written.stderr
    );
    assert_eq!(fmt(&["--check", "a.trawl"]).await.code, 0);
    let broken = fmt(&["b.trawl"]).await;
    assert_eq!(broken.code, 1);
    assert!(broken.stderr.contains("error["), "{}", broken.stderr);
    assert_eq!(
        fs::read_to_string(folder.join("b.trawl")).unwrap(),
        "print x = (\n"
    );
}
