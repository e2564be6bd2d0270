//! Queries that say how old their rows may be: what crosses the network for them, and that the rows are those that would have been read.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::sync::Arc;
use std::time::Duration;

use trawl_demo::{Fleet, FleetOptions};
use trawl_exec::{Completeness, Engine, QueryRequest, Scope};

/// Longer than any of these tests.
const LONG: Option<Duration> = Some(Duration::from_secs(600));

const WIDE: &str = "pods | project cluster, namespace, name, phase";

struct Asked {
    rows: String,
    completeness: Completeness,
    /// What crossed the network.
    requests: u64,
}

struct World {
    fleet: Fleet,
    engine: Engine,
}

impl World {
    async fn new() -> Self {
        let options = FleetOptions {
            pods: 30,
            ..FleetOptions::default()
        };
        let fleet = Fleet::start(options).await.unwrap();
        let engine = support::engine(&fleet);
        Self { fleet, engine }
    }

    fn requests(&self) -> u64 {
        let clusters = self.fleet.clusters();
        clusters
            .map(|cluster| self.fleet.requests(&cluster.name))
            .sum()
    }

    async fn ask(&self, query: &str, max_age: Option<Duration>, scope: Scope) -> Asked {
        let before = self.requests();
        let request = QueryRequest {
            max_age,
            scope: Arc::new(scope),
            ..QueryRequest::new(query)
        };
        let mut answer = self.engine.query(request).await.unwrap();
        let rows = support::rows(&mut answer, query).await;
        Asked {
            rows,
            completeness: answer.finish().completeness,
            requests: self.requests() - before,
        }
    }

    async fn all(&self, query: &str, max_age: Option<Duration>) -> Asked {
        self.ask(query, max_age, Scope::everything()).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_question_and_narrower_ones_are_answered_from_what_was_read() {
    let world = World::new().await;
    let first = world.all(WIDE, LONG).await;
    assert!(first.requests >= 3);
    assert!(
        first
            .completeness
            .targets
            .iter()
            .all(|it| it.age_ms.is_none())
    );
    for narrower in [
        WIDE,
        "pods | project name, cluster",
        "pods | where phase == 'Running' | project cluster, name",
        "pods | where cluster == 'prod-us' | project name, phase",
        "pods | summarize n = count() by cluster, phase",
        "pods | top 5 by name asc | project name, cluster",
        "pods | where namespace startswith 'p' | summarize n = count() by namespace",
    ] {
        let kept = world.all(narrower, LONG).await;
        assert_eq!(kept.requests, 0, "{narrower}");
        let targets = &kept.completeness.targets;
        assert!(
            targets
                .iter()
                .all(|it| it.age_ms.is_some() && it.requests == 0),
            "{narrower}: {targets:?}"
        );
        assert!(kept.completeness.complete, "{narrower}");
        // Without a word about age everything is read, and the rows are the same.
        let read = world.all(narrower, None).await;
        assert!(read.requests > 0, "{narrower}");
        assert_eq!(kept.rows, read.rows, "{narrower}");
    }
    let wider = world.all("pods | project name, node", LONG).await;
    assert!(wider.requests >= 3, "a column that was not read");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_narrow_too_old_or_of_another_caller_is_read_again() {
    let world = World::new().await;
    let running = "pods | where phase == 'Running' | summarize n = count() by cluster";
    world.all(running, LONG).await;
    assert_eq!(world.all(running, LONG).await.requests, 0);
    assert!(
        world
            .all("pods | summarize n = count() by cluster", LONG)
            .await
            .requests
            > 0
    );
    assert!(world.all(running, Some(Duration::ZERO)).await.requests > 0);

    world.all(WIDE, LONG).await;
    let staging = || Scope {
        clusters: Some(vec!["staging".to_owned()]),
        ..Scope::everything()
    };
    let first = world.ask(WIDE, LONG, staging()).await;
    assert!(
        first.requests > 0 && !first.rows.contains("prod"),
        "{}",
        first.rows
    );
    assert_eq!(world.ask(WIDE, LONG, staging()).await.requests, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_what_came_whole_is_kept() {
    let world = World::new().await;
    world
        .fleet
        .set_fault("prod-us", Some("403-all".parse().unwrap()));
    let broken = world.all(WIDE, LONG).await;
    assert!(!broken.completeness.complete);
    world.fleet.set_fault("prod-us", None);
    let before = world.fleet.requests("prod-ap");
    let whole = world.all(WIDE, LONG).await;
    assert!(whole.completeness.complete && whole.requests > 0);
    assert_eq!(world.fleet.requests("prod-ap"), before);
    let age = |cluster: &str| {
        let mut targets = whole.completeness.targets.iter();
        let target = targets.find(|it| it.cluster.as_deref() == Some(cluster));
        target.unwrap().age_ms
    };
    assert!(age("prod-ap").is_some() && age("prod-us").is_none());

    // Rows of which only some were wanted are not all there are.
    let some = World::new().await;
    some.all("pods | take 3 | project name, cluster", LONG)
        .await;
    assert!(
        some.all("pods | project name, cluster", LONG)
            .await
            .requests
            > 0
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_inventory_says_of_tables_how_old_their_rows_may_be() {
    let fleet = Fleet::start(FleetOptions {
        pods: 30,
        ..FleetOptions::default()
    });
    let fleet = fleet.await.unwrap();
    let ages = "cache: {tables: {pods: never, kube.nodes: 10m, 'kube.ev*': 1ms}}\n";
    let inventory = std::fs::read_to_string(fleet.clusters_yaml()).unwrap() + ages;
    let folder = tempfile::tempdir().unwrap();
    let engine = support::engine_with(folder.path(), &inventory, Vec::new());
    let world = World { fleet, engine };
    for (query, kept) in [
        ("pods | project cluster, name", false),
        // By any of its names.
        ("kube.pods | project cluster, name", false),
        ("nodes | project cluster, name", true),
        ("namespaces | project cluster, name", true),
        ("prometheus.targets | project cluster, job", true),
    ] {
        let first = world.all(query, LONG).await;
        let again = world.all(query, LONG).await;
        assert_eq!(first.rows, again.rows, "{query}");
        let targets = &again.completeness.targets;
        let served = targets.iter().all(|it| it.age_ms.is_some());
        assert_eq!(served, kept, "{query}: {targets:?}");
    }
    // A query's own age is the shorter one, or the table's.
    let nodes = "nodes | project cluster, name";
    assert!(world.all(nodes, Some(Duration::ZERO)).await.requests > 0);
    assert!(world.all(nodes, None).await.requests > 0);
    let events = "events | project cluster, name";
    world.all(events, LONG).await;
    assert!(world.all(events, LONG).await.requests > 0);
}
