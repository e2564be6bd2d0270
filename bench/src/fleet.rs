//! Owns the demo fleet as a process of its own, so that its work is not counted as ours; refuses to measure.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// A running fleet.
pub struct Fleet {
    process: Child,
    /// How to reach its API servers.
    pub kubeconfig: PathBuf,
    /// Its inventory.
    pub inventory: PathBuf,
    /// The names of its clusters, which are its kubeconfig's contexts.
    pub clusters: Vec<String>,
}

impl Fleet {
    /// Starts one, and waits until it listens.
    ///
    /// # Errors
    /// When the program does not start or does not say where it is.
    pub async fn start(program: &Path, clusters: usize, pods: usize) -> Result<Self> {
        let mut process = Command::new(program)
            .args([clusters.to_string(), pods.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("starting {}", program.display()))?;
        let stdout = process.stdout.take().context("the fleet's output")?;
        let mut lines = BufReader::new(stdout).lines();
        let (mut kubeconfig, mut inventory, mut names) = (None, None, Vec::new());
        while names.len() < clusters {
            let Some(line) = lines.next_line().await? else {
                bail!("the fleet ended before it listened");
            };
            match line.split_once(' ') {
                Some(("seed", _)) => {}
                Some(("kubeconfig", path)) => kubeconfig = Some(PathBuf::from(path)),
                Some(("inventory", path)) => inventory = Some(PathBuf::from(path)),
                Some((name, _)) => names.push(name.to_owned()),
                None => bail!("expected a name and a value from the fleet, got `{line}`"),
            }
        }
        Ok(Self {
            process,
            kubeconfig: kubeconfig.context("the fleet's kubeconfig")?,
            inventory: inventory.context("the fleet's inventory")?,
            clusters: names,
        })
    }

    /// Ends it: it stays up until the end of its input.
    ///
    /// # Errors
    /// When it does not end well.
    pub async fn end(mut self) -> Result<()> {
        drop(self.process.stdin.take());
        let status = self.process.wait().await?;
        if !status.success() {
            bail!("the fleet ended with {status}");
        }
        Ok(())
    }
}
