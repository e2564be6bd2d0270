//! Running the binary and reading what it says.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use trawl_demo::{Fleet, FleetOptions};
pub use trawl_programs::has;

/// What a run of the binary gave.
pub struct Run {
    /// Exit code.
    pub code: i32,
    /// Data.
    pub stdout: String,
    /// Words.
    pub stderr: String,
}

impl Run {
    /// The data as one JSON document.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error} in {}\n{}", self.stdout, self.stderr))
    }
}

/// The binary with an environment of its own: no inventory, no kubeconfig and no cache of the machine leaks in.
pub fn trawl() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trawl"));
    command
        .env_remove("CLUSTER_CONFIG_PATH")
        .env_remove("DEFAULT_CLUSTER")
        .env_remove("KUBECONFIG")
        .env_remove("TRAWL_LOG")
        .env_remove("TRAWL_PLUGINS")
        .env_remove("XDG_DATA_HOME")
        .env("HOME", home())
        .env("XDG_CACHE_HOME", home().join("cache"))
        .env("XDG_CONFIG_HOME", home().join("config"))
        .current_dir(home())
        .stdin(Stdio::null());
    command
}

/// A home folder below cargo's folder for test files, shared by all tests so that plugins are compiled once.
pub fn home() -> &'static Path {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR"));
    std::fs::create_dir_all(path).unwrap();
    path
}

/// Runs the binary with an inventory.
pub async fn query(clusters_yaml: &Path, args: &[&str]) -> Run {
    let mut command = trawl();
    command
        .arg("--config")
        .arg(clusters_yaml)
        .arg("query")
        .args(args);
    run(command).await
}

/// Runs a command to its end without blocking the servers of the test.
pub async fn run(mut command: Command) -> Run {
    let output: Output = tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap();
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The demo fleet with its defaults.
pub async fn fleet() -> Fleet {
    let options = FleetOptions {
        pods: 700,
        ..FleetOptions::default()
    };
    Fleet::start(options).await.unwrap()
}
