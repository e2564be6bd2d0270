//! Clusters that are asked in their caller's name: each caller sees what the cluster's own bindings let it see, and nothing that was
//! read for one of them is given to another.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::sync::Arc;
use std::time::Duration;

use trawl_demo::{Fleet, FleetOptions};
use trawl_exec::{Completeness, Engine, QueryRequest, Scope, Status};
use trawl_fleet::Impersonation;

/// Longer than any of these tests.
const LONG: Option<Duration> = Some(Duration::from_secs(600));

const OF_PAYMENTS: &str = "pods | where namespace == 'payments' | project cluster, name";

struct World {
    fleet: Fleet,
    engine: Engine,
    _folder: tempfile::TempDir,
}

struct Asked {
    rows: Vec<String>,
    completeness: Completeness,
    /// What went to the API server.
    requests: u64,
}

impl World {
    /// A fleet of one cluster, asked in its callers' names.
    async fn new(own: &str) -> Self {
        let options = FleetOptions {
            clusters: 1,
            pods: 60,
            ..FleetOptions::default()
        };
        let fleet = Fleet::start(options).await.unwrap();
        let inventory = std::fs::read_to_string(fleet.clusters_yaml()).unwrap();
        let changed = inventory.replace("kube: {", &format!("kube: {{impersonate: caller, {own}"));
        assert_ne!(changed, inventory);
        let folder = tempfile::tempdir().unwrap();
        let engine = support::engine_with(folder.path(), &changed, Vec::new());
        Self {
            fleet,
            engine,
            _folder: folder,
        }
    }

    async fn ask(&self, query: &str, scope: &Arc<Scope>, max_age: Option<Duration>) -> Asked {
        let before = self.fleet.requests("prod-ap");
        let request = QueryRequest {
            scope: Arc::clone(scope),
            max_age,
            ..QueryRequest::new(query)
        };
        let mut answer = self.engine.query(request).await.unwrap();
        let rows = support::rows(&mut answer, query).await;
        Asked {
            rows: rows.lines().skip(1).map(str::to_owned).collect(),
            completeness: answer.finish().completeness,
            requests: self.fleet.requests("prod-ap") - before,
        }
    }
}

/// A caller to whom nothing is outside, as far as trawl says.
fn caller(user: &str, groups: &[&str]) -> Arc<Scope> {
    let groups: Vec<String> = groups.iter().map(|it| (*it).to_owned()).collect();
    Arc::new(Scope {
        caller: Some(Arc::new(Impersonation::new(user, &groups).unwrap())),
        ..Scope::everything()
    })
}

fn message(asked: &Asked) -> &str {
    let mut errors = asked
        .completeness
        .targets
        .iter()
        .filter_map(|it| it.error.as_ref());
    errors.next().map_or("", |error| error.message.as_str())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_of_the_same_scope_see_what_the_cluster_lets_each_of_them_see() {
    let world = World::new("").await;
    let platform = caller("joe", &["acme:platform"]);
    let payments = caller("jane", &["acme:payments"]);
    let nobody = caller("mallory", &[]);

    let all = world
        .ask("pods | project cluster, name", &platform, None)
        .await;
    assert!(all.completeness.complete);
    assert_eq!(all.rows.len(), 60);
    let own = world.ask(OF_PAYMENTS, &payments, None).await;
    assert!(own.completeness.complete, "{}", message(&own));
    assert!(!own.rows.is_empty() && own.rows.len() < 60);

    for (scope, user) in [(&payments, "jane"), (&nobody, "mallory")] {
        let asked = world.ask("pods | project cluster, name", scope, None).await;
        assert!(asked.rows.is_empty() && !asked.completeness.complete);
        let expected = format!(
            "pods is forbidden: User \"{user}\" cannot list resource \"pods\" in API group \"\" at the cluster scope"
        );
        assert!(message(&asked).contains(&expected), "{}", message(&asked));
    }
    let asked = world.ask(OF_PAYMENTS, &nobody, None).await;
    assert!(asked.rows.is_empty() && message(&asked).contains("mallory"));
    // A kind that only the cluster knows is found in the caller's name too.
    let found = world.ask("applications | count", &platform, None).await;
    assert!(found.completeness.complete, "{}", message(&found));
    let found = world
        .ask("applications | project name", &payments, None)
        .await;
    assert!(found.rows.is_empty() && message(&found).contains("\"jane\""));
    world.fleet.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_were_read_for_one_caller_are_not_anothers() {
    let world = World::new("").await;
    let platform = caller("joe", &["acme:platform"]);
    let nobody = caller("mallory", &[]);
    let first = world.ask(OF_PAYMENTS, &platform, LONG).await;
    assert!(first.requests > 0 && !first.rows.is_empty());
    let again = world.ask(OF_PAYMENTS, &platform, LONG).await;
    assert_eq!((again.requests, &again.rows), (0, &first.rows));
    let other = world.ask(OF_PAYMENTS, &nobody, LONG).await;
    assert!(other.rows.is_empty() && other.requests > 0);
    // The same user in other groups is another caller.
    let left = world.ask(OF_PAYMENTS, &caller("joe", &[]), LONG).await;
    assert!(left.rows.is_empty() && left.requests > 0);
    // What asks in nobody's name is the same for all of them.
    let up = "prometheus.targets | summarize n = count()";
    let first = world.ask(up, &platform, LONG).await;
    let ages = |asked: &Asked| -> Vec<bool> {
        let targets = asked.completeness.targets.iter();
        targets.map(|it| it.age_ms.is_some()).collect()
    };
    assert_eq!(ages(&first), [false]);
    let second = world.ask(up, &nobody, LONG).await;
    assert_eq!((ages(&second), second.rows), (vec![true], first.rows));
    world.fleet.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_asked_for_in_nobodys_name() {
    let world = World::new("").await;
    for scope in [
        Scope::everything(),
        Scope {
            namespaces: Some(vec!["payments".to_owned()]),
            ..Scope::everything()
        },
    ] {
        let asked = world.ask(OF_PAYMENTS, &Arc::new(scope), None).await;
        assert!(asked.rows.is_empty() && asked.requests == 0);
        let target = &asked.completeness.targets[0];
        assert_eq!(target.status, Status::Failed);
        let error = target.error.as_ref().unwrap();
        assert!(
            error
                .message
                .contains("nobody is known here; nothing was sent"),
            "{}",
            error.message
        );
        assert!(error.hint.as_deref().unwrap().contains("--tokens"));
    }
    world.fleet.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_namespaces_are_listed_each_caller_gets_its_own() {
    let world = World::new("namespaces: [payments, search], ").await;
    let query = "pods | distinct namespace";
    let rows = |user: &'static str, groups: &'static [&'static str]| {
        let world = &world;
        async move { world.ask(query, &caller(user, groups), LONG).await }
    };
    let both = rows("joe", &["acme:payments", "acme:search"]).await;
    assert_eq!(both.rows, ["payments", "search"]);
    // What other namespaces hold is not known, and said so; these two were read.
    let told = |asked: &Asked| format!("{:?}", asked.completeness);
    assert!(told(&both).contains("only the configured namespaces were read"));
    assert!(!told(&both).contains("in the namespace"), "{}", told(&both));
    let one = rows("jane", &["acme:payments"]).await;
    assert_eq!(one.rows, ["payments"]);
    let refused = "User \\\"jane\\\" cannot list resource \\\"pods\\\" in API group \\\"\\\" in the namespace \\\"search\\\"";
    assert!(told(&one).contains(refused), "{}", told(&one));
    let one = rows("jim", &["acme:search"]).await;
    assert_eq!(one.rows, ["search"]);
    world.fleet.shutdown().await;
}
