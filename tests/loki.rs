//! The plugin of `plugins/examples/loki` as its user has it: the component in the real engine, installed by its digest, granted by a
//! `clusters.yaml`, against the fake Loki over HTTP. `loki.txt` has the queries with their rows and what became of each target;
//! `UPDATE_EXPECT=1` rewrites it. Each is also run with nothing left to Loki.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;
mod text_case;
mod told;

use std::net::SocketAddr;
use std::path::Path;

use sha2::{Digest as _, Sha256};
use trawl_exec::{Engine, InstalledPlugin};

/// 2026-11-21T08:26:15.123Z, at the fake and in the queries.
const NOW: i64 = 1_795_249_575_123_000_000;

/// One Loki of two clusters; and one of a single cluster, by the same plugin under another name.
const INVENTORY: &str = "
clusters:
  - name: prod-ap
    loki: {url: 'http://ADDRESS', cluster_label: cluster, headers: {X-Scope-OrgID: demo}, page_size: 300}
  - name: prod-us
    loki: {url: 'http://ADDRESS', cluster_label: cluster, headers: {X-Scope-OrgID: demo}, page_size: 300}
  - name: solo
    single: {url: 'http://ADDRESS', headers: {X-Scope-OrgID: demo}}
plugins:
  loki:
    grants:
      - clusters: ['prod-*']
        operations:
          - GET /loki/api/v1/query_range
          - GET /loki/api/v1/query
          - GET /loki/api/v1/labels
          - GET /loki/api/v1/label/{name}/values
          - GET /loki/api/v1/series
          - GET /loki/api/v1/index/stats
          - GET /loki/api/v1/status/buildinfo
  single:
    grants:
      - {clusters: [solo], operations: ['GET /loki/api/v1/{function...}']}
";

async fn fake() -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut loki = loki_fake::story(NOW);
    loki.tenant = Some("demo".to_owned());
    tokio::spawn(loki_fake::serve(listener, loki));
    address
}

async fn engine(folder: &Path) -> Engine {
    let component = tokio::task::spawn_blocking(|| trawl_guest_build::build("loki").unwrap())
        .await
        .unwrap();
    let digest = format!("{:x}", Sha256::digest(std::fs::read(&component).unwrap()));
    let address = fake().await.to_string();
    let installed = |name| InstalledPlugin::locked(name, &component, &digest, None);
    let inventory = INVENTORY.replace("ADDRESS", &address);
    support::engine_with(folder, &inventory, ["loki", "single"].map(installed).into())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logs_of_loki_in_the_engine() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path()).await;
    told::cases(&engine, "loki.txt", Some(NOW)).await;
}
