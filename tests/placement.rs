//! Where rows belong, as text: `placement.txt` has queries on a guest whose tables have each placement, on connections that serve
//! one cluster and several, with the rows, what became of each target, and what a query would cost.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;
mod text_case;
mod told;

/// The guest is installed under several names, each with connections of its own.
const INVENTORY: &str = "
clusters:
  - name: prod-ap
    region: ap
    environment: production
    account: '1'
    tags: {team: payments}
    placed: {url: 'http://both', site: k-ap}
    apart: {url: 'http://ap', site: k-ap}
  - name: prod-us
    region: us
    environment: production
    account: '1'
    placed: {url: 'http://both', site: k-us}
    apart: {url: 'http://us', site: k-us, down: true}
  - name: dev
    region: us
    environment: development
    account: '2'
    apart: {url: 'http://dev', site: k-dev, broken: true}
    limited: {url: 'http://dev', limits: {max_cost_usd: 0.01}}
  - name: bare
connections:
  - name: central
    central: {url: 'http://central', spread: true}
    serves: [{name: prod-ap, key: k-ap}, {name: prod-us, key: k-us}, {name: dev, key: k-dev}]
";

const PLUGINS: [&str; 4] = ["placed", "apart", "central", "limited"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_belong_where_their_table_says() {
    let folder = tempfile::tempdir().unwrap();
    let engine = support::engine_with_placed(folder.path(), INVENTORY, &PLUGINS).await;
    told::cases(&engine, "placement.txt", None).await;
}
