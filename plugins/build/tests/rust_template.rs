//! Makes a plugin project of the Rust template as `plugins/sdk/README.md` says it, and builds and tests it outside of the
//! workspace, without a network.
#![allow(
    clippy::unwrap_used,
    reason = "helpers of tests may panic as tests may"
)]

use std::fs;
use std::path::{Path, PathBuf};

use trawl_guest_build::{TARGET, cargo};

/// A name that is no identifier, as many are.
const NAME: &str = "my-items";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// Copies a folder, links followed; `change` may change a file's text. What is there already and the same is left alone, so that
/// only what differs is built again.
fn copy(from: &Path, to: &Path, leave_out: &[&str], change: &dyn Fn(&str) -> String) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let target = to.join(&name);
        if leave_out.contains(&name.as_str()) {
            continue;
        }
        if path.is_dir() {
            copy(&path, &target, &[], change);
        } else {
            write(&target, &change(&fs::read_to_string(&path).unwrap()));
        }
    }
}

fn write(path: &Path, text: &str) {
    if fs::read_to_string(path).is_ok_and(|before| before == text) {
        return;
    }
    fs::write(path, text).unwrap();
}

fn run(project: &Path, arguments: &[&str]) -> String {
    let output = cargo(project)
        .args(arguments)
        .arg("--offline")
        // Beside the other guests, whose dependencies are the same.
        .arg("--target-dir")
        .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join("../guests"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "cargo {arguments:?}:\n{said}\n{errors}"
    );
    said
}

#[test]
fn a_new_project_builds_and_passes_its_own_tests() {
    let project = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rust-template");
    let plugins = root().join("plugins");
    let template = plugins.join("templates/rust");
    let same = |text: &str| text.to_owned();
    let named = |text: &str| text.replace("{{name}}", NAME);
    copy(
        &plugins.join("sdk"),
        &project.join("sdk"),
        &["tests"],
        &same,
    );
    copy(
        &plugins.join("sdk-derive"),
        &project.join("sdk-derive"),
        &[],
        &same,
    );
    copy(
        &template,
        &project,
        &["Cargo.lock", "target", "dist"],
        &named,
    );

    // The versions of the workspace; cargo leaves out what the project does not use.
    let lock = project.join("Cargo.lock");
    fs::copy(root().join("Cargo.lock"), &lock).unwrap();
    let said = run(&project, &["test"]);
    assert!(said.contains("2 passed"), "{said}");
    let used = fs::read_to_string(&lock).unwrap().replace(NAME, "{{name}}");
    let kept = template.join("Cargo.lock");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&kept, &used).unwrap();
    }
    assert!(
        fs::read_to_string(&kept).is_ok_and(|kept| kept == used),
        "the template's Cargo.lock has other versions than the workspace: UPDATE_EXPECT=1 writes it"
    );

    let messages = run(
        &project,
        &[
            "build",
            "--release",
            "--target",
            TARGET,
            "--message-format",
            "json",
        ],
    );
    assert!(messages.contains("plugin.wasm"), "{messages}");
}
