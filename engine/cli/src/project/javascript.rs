//! A project in JavaScript: npm installs what its lock file names, and its script `build` writes the component.

use super::run::Run;
use crate::exit::Failure;

const MISSING: &str = "install Node.js with npm, from https://nodejs.org or your system's packages";

/// Builds it.
///
/// # Errors
/// npm is missing, or a step of it fails.
pub async fn build(run: &Run<'_>) -> Result<(), Failure> {
    if !run.folder.join("node_modules").is_dir() {
        let mut install = run.program("npm");
        // `ci` takes what the lock file names and nothing newer.
        let locked = run.folder.join("package-lock.json").is_file();
        install.arg(if locked { "ci" } else { "install" });
        install.args(["--no-audit", "--no-fund"]);
        run.through(install, MISSING).await?;
    }
    let mut build = run.program("npm");
    build.args(["run", "build"]);
    run.through(build, MISSING).await.map(|_| ())
}
