//! What callers see who do not see everything, as text: `scope.txt` on the demo fleet, `scope_shared.txt` on a guest whose connections
//! serve clusters within a scope and outside of it. No answer to them has the name of a cluster outside.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;
mod text_case;
mod told;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use trawl_exec::{Engine, Scope};

/// Connections that serve clusters of both sides, some of which nobody named.
const SHARED: &str = "
clusters:
  - name: prod-ap
    region: ap
    environment: production
    placed: {url: 'http://both', site: k-ap}
  - name: prod-us
    region: us
    environment: production
  - name: dev
    region: us
    environment: development
    placed: {url: 'http://both', site: k-dev}
connections:
  - name: prod-central
    central: {url: 'http://central', spread: true}
    serves: [{name: prod-ap, key: k-ap}, {name: prod-us, key: k-us}, {name: dev, key: k-dev}]
  - name: dead
    dead: {url: 'http://dead', down: true}
    serves: [{name: prod-ap, key: k-ap}, {name: dev, key: k-dev}]
  - name: only
    only: {url: 'http://only', spread: true}
    serves: [{name: dev, key: k-dev}]
  - name: wrong
    wrong: {url: 'http://wrong', broken: true}
    serves: [{name: prod-us, key: k-us}, {name: dev, key: k-dev}]
";

const PLUGINS: [&str; 5] = ["placed", "central", "dead", "only", "wrong"];

/// No case of a scope of clusters has a name of the other side in what came of it.
fn names_nothing_of(hidden: &str, file: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let text = std::fs::read_to_string(path).unwrap();
    let mut scoped = 0;
    for case in text_case::parse(&text) {
        let scope = case.query.lines().next().unwrap_or_default();
        if scope.starts_with("// --scope") && scope.contains("clusters") {
            scoped += 1;
            // What the caller wrote may be said back.
            let mut written = case.query.lines().skip(1);
            let own = written.any(|line| line.contains(hidden));
            assert!(own || !case.expected.contains(hidden), "{}", case.title);
        }
    }
    assert!(scoped > 0, "{file} has no case of a scope");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_also_serves_others_gives_nothing_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let engine = support::engine_with_placed(folder.path(), SHARED, &PLUGINS).await;
    told::cases(&engine, "scope_shared.txt", None).await;
    names_nothing_of("prod", "scope_shared.txt");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_outside_does_not_exist() {
    let fleet = support::fleet().await;
    let engine = support::engine(&fleet);
    told::cases(&engine, "scope.txt", None).await;
    names_nothing_of("prod", "scope.txt");
    listings(&engine).await;
    fleet.shutdown().await;
}

/// What is listed and described without a query.
async fn listings(engine: &Engine) {
    let scope = |text: &str| Arc::new(serde_json::from_str::<Scope>(text).unwrap());
    let everything = scope("{}");
    let staging = scope(r#"{"environments": ["staging"], "plugins": ["kube"]}"#);
    let names = |scope: &Arc<Scope>| -> Vec<String> {
        let inventory = engine.inventory_within(scope);
        let clusters = inventory.clusters.iter();
        clusters.map(|cluster| cluster.name.clone()).collect()
    };
    assert_eq!(names(&everything), ["prod-ap", "prod-us", "staging"]);
    assert_eq!(names(&staging), ["staging"]);
    let inventory = engine.inventory_within(&staging);
    assert_eq!(inventory.default, None);
    assert!(inventory.connections.iter().all(|it| it.plugin == "kube"));
    assert!(!format!("{inventory:?}").contains("prod-"));

    let (tables, unlisted) = engine.tables(&staging).await;
    assert!(unlisted.is_empty());
    assert!(
        tables
            .iter()
            .all(|it| it.source == "kube" && it.clusters == 1)
    );
    let (all, _) = engine.tables(&everything).await;
    assert!(all.iter().any(|it| it.source == "prometheus"));

    let limit = Duration::from_secs(30);
    let (found, silent) = engine.discovered_tables(limit, &staging).await;
    assert!(silent.is_empty());
    assert!(!found.is_empty() && found.iter().all(|it| it.clusters == 1));

    // Under namespaces only tables whose rows name one, and those that are listed by their own names.
    let team = scope(r#"{"namespaces": ["payments"], "tables": ["*", "nodes"]}"#);
    let (tables, _) = engine.tables(&team).await;
    let has = |name: &str| tables.iter().any(|it| it.name == name);
    assert!(has("pods") && has("nodes") && !has("persistentvolumes") && !has("prometheus"));
    let (found, _) = engine.discovered_tables(limit, &team).await;
    assert!(found.is_empty(), "{found:?}");

    for (table, scope, seen) in [
        ("pods", &staging, true),
        ("prometheus", &staging, false),
        ("nodes", &team, true),
        ("persistentvolumes", &team, false),
    ] {
        let described = engine.describe(table, None, &[], limit, scope).await;
        assert_eq!(described.is_ok(), seen, "{table}");
    }
    let production = ["prod-*".to_owned()];
    let wrong = engine.describe("pods", None, &production, limit, &staging);
    let wrong = wrong.await.unwrap_err().to_string();
    assert_eq!(wrong, "no cluster is called `prod-*` (clusters: staging)");
}
