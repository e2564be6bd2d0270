//! Starts a demo fleet, says where its kubeconfig is, and stays up until ctrl-c or the end of its input.
//!
//! ```text
//! cargo run -p trawl-demo --example fleet -- [CLUSTERS [PODS [SEED]]] [CLUSTER=FAULT]…
//! kubectl --kubeconfig PATH --context prod-us get pods -A
//! ```
#![allow(
    clippy::print_stdout,
    reason = "an example is a program of its own: its data goes to stdout"
)]

use tokio::io::AsyncReadExt;
use trawl_demo::{Fleet, FleetOptions};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut options = FleetOptions::default();
    let mut numbers = Vec::new();
    for argument in std::env::args().skip(1) {
        match argument.split_once('=') {
            Some((cluster, fault)) => options.faults.push((cluster.to_owned(), fault.parse()?)),
            None => numbers.push(argument.parse::<u64>()?),
        }
    }
    if let Some(clusters) = numbers.first() {
        options.clusters = usize::try_from(*clusters)?;
    }
    if let Some(pods) = numbers.get(1) {
        options.pods = usize::try_from(*pods)?;
    }
    options.seed = numbers.get(2).copied().unwrap_or(options.seed);

    let fleet = Fleet::start(options).await?;
    println!("seed {}", fleet.seed());
    println!("kubeconfig {}", fleet.kubeconfig().display());
    println!("inventory {}", fleet.clusters_yaml().display());
    for cluster in fleet.clusters() {
        println!(
            "{} prometheus {} cloudwatch {} {} log group {}",
            cluster.name,
            fleet.prometheus_url(&cluster.name).unwrap_or_default(),
            cluster.region,
            fleet.cloudwatch_url(&cluster.name).unwrap_or_default(),
            fleet.log_group(&cluster.name).unwrap_or_default()
        );
    }
    let (access_key_id, secret_access_key) = fleet.aws_credentials();
    println!("AWS_ACCESS_KEY_ID={access_key_id} AWS_SECRET_ACCESS_KEY={secret_access_key}");
    let mut input = Vec::new();
    let mut stdin = tokio::io::stdin();
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = stdin.read_to_end(&mut input) => {}
    }
    fleet.shutdown().await;
    // A read of a terminal cannot be cancelled, and would hold the runtime's end up until the next line.
    std::process::exit(0)
}
