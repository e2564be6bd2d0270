//! Owns runs of schemathesis, which asks a server what its OpenAPI document allows and what it forbids, and compares the answers with the
//! document; refuses to say what is asked and what is left out: that stands in a file of the test.

use std::path::{Path, PathBuf};

use crate::python::{has, python};

/// Its folder among the tools, and its module.
const TOOL: &str = "schemathesis";

/// schemathesis with a configuration.
pub struct Schemathesis {
    config: PathBuf,
}

/// What a run came to.
pub struct Found {
    /// Whether it found nothing.
    pub nothing: bool,
    /// What it printed.
    pub report: String,
}

impl Schemathesis {
    /// With a `schemathesis.toml`. None where there is no schemathesis.
    ///
    /// # Panics
    /// Under CI where there is none.
    pub fn with(config: &Path) -> Option<Self> {
        has(TOOL, TOOL).then(|| Self {
            config: config.to_path_buf(),
        })
    }

    /// Asks the server whose document is at this address, with a token: `TRAWL_TOKEN` in the configuration.
    pub fn run(&self, document: &str, token: &str, args: &[&str]) -> Found {
        // What it remembers of a run would make the next one another.
        let folder = tempfile::tempdir().unwrap();
        let output = python(TOOL)
            .args(["-m", "schemathesis.cli", "--config-file"])
            .arg(&self.config)
            .args([
                "run",
                document,
                "--no-color",
                "--generation-database",
                "none",
            ])
            .args(args)
            .current_dir(folder.path())
            .env("TRAWL_TOKEN", token)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        let complained = String::from_utf8_lossy(&output.stderr);
        Found {
            nothing: output.status.success(),
            report: format!("{said}{complained}"),
        }
    }
}
