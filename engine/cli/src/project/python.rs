//! A project in Python: an environment of its own with what requirements.txt pins, and the SDK's build.py in it.

use std::path::PathBuf;

use super::run::Run;
use crate::exit::Failure;

const MISSING: &str =
    "install Python 3.11 or newer with its module venv (on Debian: apt install python3-venv)";

/// What is installed in the environment: beside it when that is done, so that one that was broken off is made again.
const DONE: &str = "trawl-requirements.txt";

/// Builds it.
///
/// # Errors
/// Python is missing, or a step of it fails.
pub async fn build(run: &Run<'_>, name: &str) -> Result<(), Failure> {
    let requirements = run.folder.join("requirements.txt");
    let wanted = std::fs::read(&requirements).map_err(|error| {
        Failure::Usage(format!(
            "{}: {error}; {name} needs it for componentize-py",
            requirements.display()
        ))
    })?;
    let done = run.folder.join(".venv").join(DONE);
    if std::fs::read(&done).ok().as_ref() != Some(&wanted) {
        let mut venv = run.program("python3");
        venv.args(["-m", "venv", ".venv"]);
        run.through(venv, MISSING).await?;
        let mut install = run.program(inside(run, "python")?);
        install.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ]);
        install.args(["-r", "requirements.txt"]);
        run.through(install, MISSING).await?;
        std::fs::write(&done, &wanted).map_err(Failure::file(&done))?;
    }
    let mut build = run.program(inside(run, "python")?);
    build.arg("sdk/build.py");
    run.through(build, MISSING).await.map(|_| ())
}

/// A program of the environment.
fn inside(run: &Run<'_>, program: &str) -> Result<PathBuf, Failure> {
    let folder = std::path::absolute(run.folder)?;
    Ok(folder.join(".venv").join("bin").join(program))
}
