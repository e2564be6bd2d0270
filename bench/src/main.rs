//! Measures trawl against what the network allows: each figure is a ratio to a floor of the same run. Owns the list of figures;
//! refuses goals that are numbers of seconds.
//!
//! `make bench` builds it, with the demo fleet as a process of its own, and runs it. Prints a table and writes
//! `target/bench.json`.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program of its own: its data goes to stdout"
)]

mod clock;
mod fleet;
mod floor;
mod ours;
mod report;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use clock::Cost;
use fleet::Fleet;
use floor::Accept;
use report::{Figure, Report};

/// Clusters of the fleet, and pods of each: the sizes of "Speed" in the design's quality.md.
const CLUSTERS: usize = 3;
/// See [`CLUSTERS`].
const PODS: usize = 5_000;

/// How often each thing is measured; the best counts, as it was disturbed least.
const ROUNDS: usize = 7;

/// A server slower than this makes every ratio look good: bytes a second of the floor in plain JSON.
const LEAST_BYTES_A_SECOND: f64 = 300e6;

fn main() -> Result<()> {
    // As the command line does: plans are walked recursively.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_stack_size(trawl_exec::STACK_BYTES)
        .build()?;
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(program), Some(out)) = (arguments.next(), arguments.next()) else {
        bail!("expected the path of the fleet's program and of the JSON file to write");
    };
    runtime.block_on(runtime.spawn(async move { run(&program, &out).await }))?
}

async fn run(program: &Path, out: &Path) -> Result<()> {
    let fleet = Fleet::start(program, CLUSTERS, PODS).await?;
    eprintln!("{CLUSTERS} clusters with {PODS} pods each, best of {ROUNDS}");

    let floors = floor::Client::connect(&fleet).await?;
    let json = best(|| floors.read(Accept::Json)).await?;
    let metadata_json = best(|| floors.read(Accept::MetadataJson)).await?;
    let protobuf = best(|| floors.read(Accept::Protobuf)).await?;
    let metadata_protobuf = best(|| floors.read(Accept::MetadataProtobuf)).await?;
    let speed = json.bytes as f64 / json.cost.wall.as_secs_f64();
    if speed < LEAST_BYTES_A_SECOND {
        bail!(
            "the fleet gives {:.0} MB/s of plain JSON, expected {:.0} at least: nothing would be measured but the fleet; is it a release build on an idle machine?",
            speed / 1e6,
            LEAST_BYTES_A_SECOND / 1e6
        );
    }

    let ours = ours::Ours::open(&fleet)?;
    let phase = best(|| ours.query("pods | summarize n = count() by cluster, phase")).await?;
    let namespace =
        best(|| ours.query("pods | summarize n = count() by cluster, namespace")).await?;
    let least = best(|| ours.query("namespaces | summarize n = count() by cluster")).await?;
    let total = u64::try_from(CLUSTERS * PODS)?;
    for measured in [&phase, &namespace] {
        if measured.counted != total {
            bail!("expected to count {total} pods, got {}", measured.counted);
        }
    }

    let report = Report {
        floors: vec![
            ("JSON", json),
            ("protobuf", protobuf),
            ("metadata, JSON", metadata_json),
            ("metadata, protobuf", metadata_protobuf),
        ],
        least,
        figures: vec![
            Figure::new("group by phase", &phase, "protobuf", &protobuf, 1.25),
            Figure::new("group by phase", &phase, "JSON", &json, 1.0),
            Figure::new(
                "group by namespace",
                &namespace,
                "metadata, protobuf",
                &metadata_protobuf,
                1.25,
            ),
            Figure::new("group by namespace", &namespace, "JSON", &json, 0.6),
        ],
    };
    report.print();
    std::fs::write(out, serde_json::to_vec_pretty(&report)?)
        .with_context(|| format!("writing {}", out.display()))?;
    fleet.end().await
}

/// What was read, and at what cost.
#[derive(Debug, Clone, Copy, serde::Serialize)]
pub struct Measured {
    /// Wall and CPU time.
    pub cost: Cost,
    /// Bytes of bodies.
    pub bytes: u64,
    /// Objects that a query counted; 0 for a floor, which looks at none.
    pub counted: u64,
    /// CPU time of the guests; 0 for a floor.
    pub guests_ms: u64,
}

/// The round that took the least wall time.
async fn best<F: Future<Output = Result<Measured>>>(
    mut round: impl FnMut() -> F,
) -> Result<Measured> {
    let mut best: Option<Measured> = None;
    for _ in 0..ROUNDS {
        let measured = round().await?;
        if best.is_none_or(|best| measured.cost.wall < best.cost.wall) {
            best = Some(measured);
        }
    }
    best.context("no round was run")
}
