//! What `deploy/` says is held to what trawl is: rights that only read, and series and flags that there are.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::Path;

fn read(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    std::fs::read_to_string(root.join(path)).unwrap()
}

#[test]
fn the_role_can_get_and_list_and_reads_no_secret() {
    let manifest = read("deploy/kubernetes.yaml");
    let rights: Vec<&str> = manifest
        .lines()
        .filter_map(|line| line.trim().strip_prefix("verbs:"))
        .collect();
    assert_eq!(rights, [" [get, list]", " [get, list]"]);
    let role = manifest
        .split("---")
        .find(|it| it.contains("kind: ClusterRole\n"));
    let role = role.unwrap();
    assert!(!role.to_lowercase().contains("secrets"), "{role}");
    // A star for the core group would name Secrets too, and one for all groups everything.
    for rule in role.split("- apiGroups:").skip(1) {
        let groups = rule.split("resources:").next().unwrap();
        assert!(!groups.contains('*'), "{groups}");
        assert!(
            !groups.contains("\"\"") || !rule.contains("[\"*\"]"),
            "{rule}"
        );
    }
}

#[test]
fn the_flags_of_the_manifest_are_those_of_the_command_line() {
    let files =
        ["access", "mod", "serve"].map(|name| read(&format!("engine/cli/src/args/{name}.rs")));
    let arguments = files.concat();
    for flag in read("deploy/kubernetes.yaml")
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- --"))
    {
        let flag = flag.split('=').next().unwrap();
        let field = format!("pub {}:", flag.replace('-', "_"));
        let named = format!("long = \"{flag}\"");
        assert!(
            arguments.contains(&field) || arguments.contains(&named),
            "there is no --{flag}"
        );
    }
}

#[test]
fn the_dashboard_shows_series_that_there_are() {
    let metrics =
        ["metrics.rs", "alerts/series.rs"].map(|file| read(&format!("engine/server/src/{file}")));
    let dashboard: serde_json::Value = serde_json::from_str(&read("deploy/grafana.json")).unwrap();
    let mut shown = BTreeSet::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().unwrap() {
            let expression = target["expr"].as_str().unwrap();
            let words = expression.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            let names = words.filter(|it| it.starts_with("trawl_") || it.starts_with("http_"));
            shown.extend(names.map(|it| it.trim_end_matches("_bucket").to_owned()));
        }
    }
    assert!(shown.len() > 8, "{shown:?}");
    for name in shown {
        assert!(
            metrics.iter().any(|it| it.contains(&format!("\"{name}\""))),
            "no series is called {name}"
        );
    }
}
