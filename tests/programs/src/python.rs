//! Owns how programs in Python are started that `scripts/setup.sh programs` installs, each in a folder of its own below the tools of a
//! target folder; refuses the user's own packages, which might be other versions.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::is_missing;

/// Python with the packages of a tool before what the machine has.
pub(crate) fn python(tool: &str) -> Command {
    let mut python = Command::new("python3");
    if let Some(packages) = packages(tool) {
        python.arg("-s").env("PYTHONPATH", packages);
    }
    python
}

/// Whether a module of a tool is there; where it is not, that is said.
///
/// # Panics
/// Under CI where it is not.
pub(crate) fn has(tool: &str, module: &str) -> bool {
    let there = python(tool)
        .args(["-c", &format!("import {module}")])
        .stderr(Stdio::null())
        .status();
    there.is_ok_and(|status| status.success()) || is_missing(tool)
}

/// Its folder below the target folder that this test runs in.
fn packages(tool: &str) -> Option<PathBuf> {
    let here = std::env::current_exe().ok()?;
    let candidates = here
        .ancestors()
        .map(|folder| folder.join("tools").join(tool));
    candidates.into_iter().find(|folder| folder.is_dir())
}
