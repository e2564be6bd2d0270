//! A project in Rust: cargo builds it for wasm32-wasip2, whose linker writes components.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::run::Run;
use crate::exit::Failure;

const TARGET: &str = "wasm32-wasip2";
const MISSING: &str =
    "install Rust from https://rustup.rs, then run `rustup target add wasm32-wasip2`";

/// A line of cargo's message format, as far as it matters here.
#[derive(Deserialize)]
struct Message {
    reason: String,
    #[serde(default)]
    manifest_path: PathBuf,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

/// Builds it and puts the component where it belongs.
///
/// # Errors
/// Cargo or the target is missing, or it does not compile.
pub async fn build(run: &Run<'_>, name: &str, to: &Path) -> Result<(), Failure> {
    let mut rustc = run.program("rustc");
    rustc.args(["--print", "target-libdir", "--target", TARGET]);
    let libraries = run.through(rustc, MISSING).await?;
    let libraries = String::from_utf8_lossy(&libraries).trim().to_owned();
    if !Path::new(&libraries).is_dir() {
        return Err(Failure::Usage(format!(
            "the compiler target {TARGET} is missing: run `rustup target add {TARGET}` in {}",
            run.folder.display()
        )));
    }
    let mut cargo = run.program("cargo");
    cargo
        .args(["build", "--release", "--target", TARGET])
        .args(["--message-format", "json-render-diagnostics"]);
    let messages = run.through(cargo, MISSING).await?;
    let manifest = run.folder.join("Cargo.toml");
    let manifest = std::fs::canonicalize(&manifest).map_err(Failure::file(&manifest))?;
    let Some(component) = component_in(&messages, &manifest) else {
        return Err(Failure::Refused(format!(
            "{name} compiled, and gave no component: its Cargo.toml needs `[lib]` with `crate-type = [\"cdylib\"]`"
        )));
    };
    // A server that serves the one before sees the whole of the new one or nothing.
    let beside = to.with_extension("wasm.new");
    std::fs::copy(&component, &beside).map_err(Failure::file(&beside))?;
    std::fs::rename(&beside, to).map_err(Failure::file(to))?;
    Ok(())
}

/// The `.wasm` that cargo made of this manifest.
fn component_in(messages: &[u8], manifest: &Path) -> Option<PathBuf> {
    String::from_utf8_lossy(messages)
        .lines()
        .filter_map(|line| serde_json::from_str::<Message>(line).ok())
        .filter(|it| it.reason == "compiler-artifact" && it.manifest_path == manifest)
        .flat_map(|it| it.filenames)
        .find(|file| file.extension().is_some_and(|it| it == "wasm"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_component_is_the_wasm_of_the_project() {
        let messages = concat!(
            "{\"reason\":\"compiler-artifact\",\"manifest_path\":\"/p/sdk/Cargo.toml\",\"filenames\":[\"/t/a.rlib\"]}\n",
            "no json\n",
            "{\"reason\":\"compiler-artifact\",\"manifest_path\":\"/p/Cargo.toml\",\"filenames\":[\"/t/b.d\",\"/t/b.wasm\"]}\n",
        );
        let found = |manifest: &str| component_in(messages.as_bytes(), Path::new(manifest));
        assert_eq!(found("/p/Cargo.toml"), Some(PathBuf::from("/t/b.wasm")));
        assert_eq!(found("/p/sdk/Cargo.toml"), None);
    }
}
