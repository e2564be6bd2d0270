//! Compares ARCHITECTURE.md with the workspace, and holds every source file to the rules that a machine can check.
//! It reads manifests and files and builds nothing.
#![allow(
    clippy::unwrap_used,
    reason = "helpers of tests may panic as tests may"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

/// Longer than this, a file has more than one concept in it.
const MAX_SOURCE_LINES: usize = 500;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_path_buf()
}

fn workspace() -> Metadata {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .unwrap()
}

/// A crate of ours as the table names it: its folder below the root.
fn folder(metadata: &Metadata, path: &Path) -> String {
    let relative = path.strip_prefix(&metadata.workspace_root).unwrap();
    relative.to_str().unwrap().replace('\\', "/")
}

/// What a crate depends on when it is built; what only its tests use is in `only_tests`.
#[derive(Debug, Default)]
struct Uses {
    ours: BTreeSet<String>,
    foreign: BTreeSet<String>,
    only_tests: BTreeSet<String>,
}

fn uses(metadata: &Metadata) -> BTreeMap<String, Uses> {
    let crates = metadata.packages.iter().map(|package| {
        let mut uses = Uses::default();
        for dependency in &package.dependencies {
            let in_tests = dependency.kind == DependencyKind::Development;
            match &dependency.path {
                Some(_) if in_tests => continue,
                Some(path) => uses.ours.insert(folder(metadata, path.as_std_path())),
                None if in_tests => uses.only_tests.insert(dependency.name.clone()),
                None => uses.foreign.insert(dependency.name.clone()),
            };
        }
        (
            folder(
                metadata,
                package.manifest_path.parent().unwrap().as_std_path(),
            ),
            uses,
        )
    });
    crates.collect()
}

/// The rows of the table of ARCHITECTURE.md whose first head is this, as trimmed cells.
fn table(first_head: &str) -> Vec<Vec<String>> {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let head = format!("| {first_head} |");
    let rows = text
        .lines()
        .skip_while(|line| !line.starts_with(&head))
        .skip(2);
    let rows: Vec<Vec<String>> = rows
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            line.trim_matches('|')
                .split('|')
                .map(|cell| cell.trim().to_owned())
                .collect()
        })
        .collect();
    assert!(
        !rows.is_empty(),
        "ARCHITECTURE.md has no table that begins with `{head}`"
    );
    rows
}

/// The entries of a cell; a dash is none.
fn entries(cell: &str) -> BTreeSet<String> {
    let entries = cell
        .split(',')
        .map(|entry| entry.trim().trim_matches('`').to_owned());
    entries
        .filter(|entry| entry != "–" && !entry.is_empty())
        .collect()
}

/// Files that git knows, by their path below the root.
fn tracked_files() -> Vec<String> {
    let output = Command::new("git")
        .args(["ls-files", "-z"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "git ls-files: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let names = String::from_utf8(output.stdout).unwrap();
    // A file that was deleted and not committed yet is still listed.
    names
        .split('\0')
        .filter(|name| root().join(name).is_file())
        .map(str::to_owned)
        .collect()
}

fn assert_none(problems: Vec<String>) {
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

#[test]
fn every_edge_between_our_crates_is_in_the_table_and_the_table_has_no_other() {
    let uses = uses(&workspace());
    let mut problems = Vec::new();
    let mut listed = BTreeSet::new();
    for row in table("crate") {
        let [name, ours, foreign, unknown] = row.as_slice() else {
            panic!("a row of {} cells: {row:?}", row.len())
        };
        listed.insert(name.clone());
        let Some(uses) = uses.get(name) else {
            problems.push(format!("{name} is in the table and not in the workspace"));
            continue;
        };
        let (table, manifest) = (entries(ours), &uses.ours);
        problems.extend(
            manifest
                .difference(&table)
                .map(|to| format!("{name} uses {to}, which the table does not say")),
        );
        problems.extend(
            table
                .difference(manifest)
                .map(|to| format!("{name} does not use {to}, as the table says")),
        );
        let stale = entries(foreign);
        problems.extend(
            stale
                .difference(&uses.foreign)
                .map(|to| format!("{name} does not use `{to}`, as the table says")),
        );
        let forbidden = entries(unknown);
        problems.extend(
            forbidden
                .intersection(&uses.foreign)
                .map(|to| format!("{name} must not know `{to}`")),
        );
    }
    let missing = uses.keys().filter(|name| !listed.contains(*name));
    problems.extend(missing.map(|name| format!("{name} is in the workspace and not in the table")));
    assert_none(problems);
}

#[test]
fn every_dependency_has_its_reason_and_every_reason_its_dependency() {
    let uses = uses(&workspace());
    let used: BTreeSet<String> = uses
        .values()
        .flat_map(|uses| uses.foreign.iter().chain(&uses.only_tests))
        .cloned()
        .collect();
    let mut problems = Vec::new();
    let mut listed = BTreeSet::new();
    for row in table("dependency") {
        let [name, why] = row.as_slice() else {
            panic!("a row of {} cells: {row:?}", row.len())
        };
        let name = name.trim_matches('`').to_owned();
        if why.is_empty() {
            problems.push(format!("`{name}` has no reason"));
        }
        if !listed.insert(name.clone()) {
            problems.push(format!("`{name}` has two rows"));
        }
    }
    problems.extend(
        used.difference(&listed)
            .map(|name| format!("`{name}` is used and has no row")),
    );
    problems.extend(
        listed
            .difference(&used)
            .map(|name| format!("`{name}` has a row and is not used")),
    );
    assert_none(problems);
}

#[test]
fn every_file_says_what_it_owns_and_no_source_file_is_too_long() {
    let mut problems = Vec::new();
    for name in tracked_files()
        .into_iter()
        .filter(|name| name.ends_with(".rs"))
    {
        let text = fs::read_to_string(root().join(&name)).unwrap();
        if !text.starts_with("//!") {
            problems.push(format!(
                "{name}: expected a first line `//! …` that says what the file owns"
            ));
        }
        let lines = text.lines().count();
        if name.contains("/src/") && lines > MAX_SOURCE_LINES {
            problems.push(format!(
                "{name}: {lines} lines, at most {MAX_SOURCE_LINES} are allowed: split it by concern"
            ));
        }
    }
    assert_none(problems);
}

#[test]
fn no_file_names_a_path_of_one_machine() {
    // Written in two parts, since this file is looked at too.
    let folders = [concat!("/wo", "rk/"), concat!("/ro", "ot/")];
    let mut problems = Vec::new();
    for name in tracked_files() {
        let bytes = fs::read(root().join(&name)).unwrap();
        for (number, line) in String::from_utf8_lossy(&bytes).lines().enumerate() {
            for folder in folders {
                let absolute = line.match_indices(folder).any(|(at, _)| {
                    let before = line.get(..at).and_then(|text| text.chars().next_back());
                    !before.is_some_and(|c| {
                        c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '}' | '~')
                    })
                });
                if absolute {
                    problems.push(format!("{name}:{}: a path below {folder}", number + 1));
                }
            }
        }
    }
    assert_none(problems);
}

#[test]
fn both_commands_of_the_readme_are_targets_of_the_makefile() {
    let makefile = fs::read_to_string(root().join("Makefile")).unwrap();
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    for target in ["demo", "test"] {
        assert!(
            readme.contains(&format!("make {target}")),
            "README.md does not name `make {target}`"
        );
        assert!(
            makefile
                .lines()
                .any(|line| line.starts_with(&format!("{target}:"))),
            "no target `{target}`"
        );
    }
}

/// The lines of a section of a manifest: `[lints.rust]`; comments and empty lines left out.
fn section(manifest: &str, name: &str) -> BTreeSet<String> {
    let head = format!("[{name}]");
    let lines = manifest.lines().skip_while(|line| line.trim() != head);
    let lines = lines.skip(1).take_while(|line| !line.starts_with('['));
    let said = lines.filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    said.map(str::to_owned).collect()
}

/// The SDK's crates are copied out of the workspace as they are, so that they inherit nothing from it and must say the same.
#[test]
fn manifests_that_are_copied_say_what_the_workspace_says() {
    let read = |path: &str| fs::read_to_string(root().join(path)).unwrap();
    let workspace = read("Cargo.toml");
    let mut problems = Vec::new();
    for folder in ["plugins/sdk", "plugins/sdk-derive"] {
        let own = read(&format!("{folder}/Cargo.toml"));
        for name in ["lints.rust", "lints.clippy"] {
            let (ours, theirs) = (
                section(&own, name),
                section(&workspace, &format!("workspace.{name}")),
            );
            assert!(!theirs.is_empty());
            problems.extend(ours.symmetric_difference(&theirs).map(|line| {
                format!("{folder}: only one of it and the workspace has the lint `{line}`")
            }));
        }
        let shared = section(&workspace, "workspace.package");
        let package = section(&own, "package");
        problems.extend(
            ["version", "edition", "rust-version", "license"]
                .into_iter()
                .flat_map(|key| {
                    shared
                        .iter()
                        .find(|line| line.starts_with(&format!("{key} = ")))
                })
                .filter(|line| !package.contains(*line))
                .map(|line| format!("{folder}: expected `{line}` as in the workspace")),
        );
        let shared = section(&workspace, "workspace.dependencies");
        for name in ["dependencies", "dev-dependencies"] {
            // Ours name each other by their paths.
            let own = section(&own, name);
            let foreign = own.iter().filter(|line| !line.contains("path = "));
            problems.extend(
                foreign
                    .filter(|line| !shared.contains(*line))
                    .map(|line| format!("{folder}: the workspace has not `{line}`")),
            );
        }
    }
    assert_none(problems);
}
