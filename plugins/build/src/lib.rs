//! Builds a guest package of this workspace into a component, as a third party would: a plain
//! `cargo build --release --target wasm32-wasip2`, nothing post-processed.
//!
//! Meant for build scripts and tests. It refuses to install anything: a missing target is an error
//! that names the command.
#![forbid(unsafe_code)]

mod environment;
mod error;
mod workspace;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

pub use environment::cargo;
pub use error::Error;
use workspace::Workspace;

/// The only target a component is built for; its linker writes components, not core modules.
pub const TARGET: &str = "wasm32-wasip2";

/// How much of the compiler's output an error repeats, in bytes: enough for the last few diagnostics.
const OUTPUT_IN_ERRORS: usize = 8 * 1024;

/// Builds the workspace member `package` and returns the path of its component (`.wasm`).
///
/// The nested build has a target directory of its own (`guests` below the caller's), since the
/// caller's is locked while its build scripts run. In a build script it prints `rerun-if-changed`
/// for every file the component was made of.
///
/// # Errors
/// The wasm target is not installed, no such package, the package does not compile, or it is no `cdylib`.
pub fn build(package: &str) -> Result<PathBuf, Error> {
    let workspace = Workspace::find()?;
    let manifest = workspace.manifest_of(package)?;
    require_target(workspace.root())?;

    let output = environment::cargo(workspace.root())
        .args(["build", "--release", "--target", TARGET])
        .args(["--package", package])
        .args(["--message-format", "json-render-diagnostics"])
        .arg("--target-dir")
        .arg(workspace.guests_dir())
        .stderr(Stdio::piped())
        .output()
        .map_err(|source| Error::Spawn {
            program: "cargo".into(),
            source,
        })?;
    if !output.status.success() {
        return Err(Error::Build {
            package: package.to_owned(),
            output: tail(&output.stderr),
        });
    }
    let component = component_in(&output.stdout, &manifest).ok_or_else(|| Error::NoComponent {
        package: package.to_owned(),
    })?;
    if std::env::var_os("OUT_DIR").is_some() {
        for file in workspace.inputs_of(package, &component) {
            announce(&file);
        }
    }
    Ok(component)
}

/// Tells cargo that the calling build script depends on `file`.
#[allow(clippy::print_stdout)] // The protocol between a build script and cargo is stdout.
fn announce(file: &Path) {
    println!("cargo::rerun-if-changed={}", file.display());
}

/// Asks rustc where the target's libraries are, rather than rustup, which need not be there.
fn require_target(root: &Path) -> Result<(), Error> {
    let mut rustc = Command::new("rustc");
    environment::clean(&mut rustc);
    let output = rustc
        .current_dir(root)
        .args(["--print", "target-libdir", "--target", TARGET])
        .output()
        .map_err(|source| Error::Spawn {
            program: "rustc".into(),
            source,
        })?;
    let folder = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if output.status.success() && Path::new(&folder).is_dir() {
        Ok(())
    } else {
        Err(Error::TargetMissing)
    }
}

/// The lines of cargo's message format that matter here.
#[derive(Deserialize)]
struct Message {
    reason: String,
    #[serde(default)]
    manifest_path: PathBuf,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

/// Finds the `.wasm` that cargo made from `manifest` among its messages.
fn component_in(messages: &[u8], manifest: &Path) -> Option<PathBuf> {
    String::from_utf8_lossy(messages)
        .lines()
        .filter_map(|line| serde_json::from_str::<Message>(line).ok())
        .filter(|message| {
            message.reason == "compiler-artifact" && message.manifest_path == manifest
        })
        .flat_map(|message| message.filenames)
        .find(|file| {
            file.extension()
                .is_some_and(|extension| extension == "wasm")
        })
}

/// The last part of a compiler's output, cut at a line.
fn tail(output: &[u8]) -> String {
    let text = String::from_utf8_lossy(output);
    let mut start = text.len().saturating_sub(OUTPUT_IN_ERRORS);
    while !text.is_char_boundary(start) {
        start = start.saturating_add(1);
    }
    let cut = text.get(start..).unwrap_or_default();
    match (start, cut.find('\n')) {
        (0, _) | (_, None) => cut.trim().to_owned(),
        (_, Some(line)) => cut.get(line..).unwrap_or_default().trim().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_component_is_the_wasm_of_the_asked_manifest() {
        let messages = concat!(
            "{\"reason\":\"compiler-artifact\",\"manifest_path\":\"/w/a/Cargo.toml\",\"filenames\":[\"/t/a.wasm\"]}\n",
            "not json\n",
            "{\"reason\":\"compiler-artifact\",\"manifest_path\":\"/w/b/Cargo.toml\",\"filenames\":[\"/t/b.rlib\",\"/t/b.wasm\"]}\n",
            "{\"reason\":\"build-finished\",\"success\":true}\n",
        );
        let found = component_in(messages.as_bytes(), Path::new("/w/b/Cargo.toml"));
        assert_eq!(found, Some(PathBuf::from("/t/b.wasm")));
        assert_eq!(
            component_in(messages.as_bytes(), Path::new("/w/c/Cargo.toml")),
            None
        );
    }

    #[test]
    fn a_long_output_keeps_its_end_from_a_whole_line_on() {
        let mut text = "x".repeat(OUTPUT_IN_ERRORS);
        text.push_str("ü\nerror: the last line\n");
        assert_eq!(tail(text.as_bytes()), "error: the last line");
        assert_eq!(tail(b"short\n"), "short");
    }

    #[test]
    fn an_unknown_package_is_named_with_those_there_are() {
        let error = build("trawl-plugin-nowhere").unwrap_err().to_string();
        assert!(error.contains("trawl-plugin-nowhere"), "{error}");
        assert!(error.contains("trawl-guest-build"), "{error}");
    }
}
