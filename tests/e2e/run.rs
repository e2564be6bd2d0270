//! Saved queries by name, and what shells and `man` are told.

use crate::support::{run, trawl};

#[tokio::test]
async fn a_saved_query_runs_by_its_name() {
    let of = |args: &[&str]| {
        let mut command = trawl();
        command.arg("--demo").arg("run").args(args);
        run(command)
    };
    let list = of(&[]).await;
    assert_eq!(list.code, 0, "{}", list.stderr);
    assert!(list.stdout.starts_with("NAME"), "{}", list.stdout);
    assert!(
        list.stdout
            .lines()
            .any(|it| it.starts_with("nodes.not-ready "))
    );

    let rows = of(&["pods.crash-looping", "-o", "json"]).await;
    assert_eq!(rows.code, 0, "{}", rows.stderr);
    assert!(!rows.json()["rows"].as_array().unwrap().is_empty());

    let about = of(&["certificates.expiring", "--describe"]).await;
    assert!(
        about
            .stdout
            .contains("-p within=…  timespan  [default: 30d]"),
        "{}",
        about.stdout
    );

    let wrong = of(&["nodes.not-redy"]).await;
    assert_eq!((wrong.code, wrong.stdout.as_str()), (2, ""));
    assert!(
        wrong.stderr.contains("did you mean `nodes.not-ready`?"),
        "{}",
        wrong.stderr
    );
}

#[tokio::test]
async fn shells_and_man_know_the_commands() {
    for shell in ["bash", "zsh", "fish"] {
        let mut command = trawl();
        command.args(["completions", shell]);
        let script = run(command).await;
        assert_eq!(script.code, 0, "{}", script.stderr);
        assert!(script.stdout.contains("explain"), "{shell}");
    }
    let mut command = trawl();
    command.arg("man");
    let pages = run(command).await;
    for name in ["\"trawl 0.1.0\"", "trawl clusters list", "trawl query"] {
        assert!(
            pages.stdout.contains(&name.replace(' ', "\\ ")) || pages.stdout.contains(name),
            "{name}"
        );
    }
    assert!(!pages.stdout.contains("plugin-compile"));
}
