//! The state over SQLite and, where it is installed, a real PostgreSQL: the same tests for both.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use trawl_programs::Postgres;
use trawl_state::{Error, NewCluster, Place, Store, StoredCluster};

const SECRET: &str = "{\"token\":\"PLANTED-hunter2\"}";

/// Runs a test on a new SQLite file, and on a new database of PostgreSQL.
async fn on_both<F: Future<Output = ()>>(test: impl Fn(Place, tempfile::TempDir) -> F) {
    let folder = tempfile::tempdir().unwrap();
    let file = Place::File(folder.path().join("state.db"));
    test(file, folder).await;
    if let Some(postgres) = Postgres::start() {
        let place = postgres.url("postgres").parse().unwrap();
        test(place, tempfile::tempdir().unwrap()).await;
    }
}

fn key(folder: &Path) -> std::path::PathBuf {
    folder.join("state.key")
}

fn cluster(name: &str) -> NewCluster {
    NewCluster {
        name: name.to_owned(),
        region: Some("eu-west-1".to_owned()),
        environment: Some("staging".to_owned()),
        account: None,
        tags: BTreeMap::from([("team".to_owned(), "payments".to_owned())]),
        plugins: vec!["kube".to_owned()],
        context: Some("admin@a".to_owned()),
        secret: SECRET.to_owned(),
        version: Some("v1.36.1".to_owned()),
        nodes: Some(3),
        by: "ada".to_owned(),
    }
}

async fn names(store: &Store) -> Vec<String> {
    let clusters = store.clusters().await.unwrap().1;
    clusters.into_iter().map(|it| it.name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_registered_is_there_until_it_is_removed() {
    on_both(async |place, folder| {
        let store = Store::open(&place, &key(folder.path())).await.unwrap();
        let (before, none) = store.clusters().await.unwrap();
        assert_eq!(none, []);
        store.register(cluster("a")).await.unwrap();
        store.register(cluster("b")).await.unwrap();
        assert_eq!(
            store.register(cluster("a")).await,
            Err(Error::Exists("a".to_owned()))
        );
        // Another process sees it, and this one after a start.
        let other = Store::open(&place, &key(folder.path())).await.unwrap();
        assert_eq!(other.revision().await.unwrap(), before + 2);
        let (_, listed) = other.clusters().await.unwrap();
        let first = listed.first().unwrap();
        let expected = StoredCluster {
            name: "a".to_owned(),
            region: Some("eu-west-1".to_owned()),
            environment: Some("staging".to_owned()),
            account: None,
            tags: BTreeMap::from([("team".to_owned(), "payments".to_owned())]),
            plugins: vec!["kube".to_owned()],
            context: Some("admin@a".to_owned()),
            secret: Ok(SECRET.to_owned()),
            version: Some("v1.36.1".to_owned()),
            nodes: Some(3),
            registered_at: first.registered_at,
            registered_by: "ada".to_owned(),
        };
        assert!(*first == expected);
        assert!(first.registered_at > 1_600_000_000_000);
        assert!(store.remove("a").await.unwrap());
        assert!(!store.remove("a").await.unwrap());
        assert_eq!(names(&other).await, ["b"]);
        assert_eq!(other.revision().await.unwrap(), before + 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_each_name_is_registered_once() {
    on_both(async |place, folder| {
        let one = Store::open(&place, &key(folder.path())).await.unwrap();
        let two = Store::open(&place, &key(folder.path())).await.unwrap();
        let tasks: Vec<_> = (0..24)
            .map(|at| {
                let store = if at % 2 == 0 {
                    one.clone()
                } else {
                    two.clone()
                };
                // Each name is tried by both.
                tokio::spawn(async move { store.register(cluster(&format!("c{}", at / 2))).await })
            })
            .collect();
        let mut done = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(()) => done += 1,
                Err(Error::Exists(_)) => {}
                Err(other) => panic!("{other}"),
            }
        }
        assert_eq!(done, 12);
        assert_eq!(names(&one).await.len(), 12);
        assert_eq!(one.revision().await.unwrap(), 12);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn choices_last_and_go_with_their_cluster() {
    on_both(async |place, folder| {
        let store = Store::open(&place, &key(folder.path())).await.unwrap();
        store.register(cluster("a")).await.unwrap();
        assert_eq!(store.default_cluster().await.unwrap(), None);
        store.set_default_cluster("b").await.unwrap();
        store.set_default_cluster("a").await.unwrap();
        store.set_current_cluster("ada", "a").await.unwrap();
        store.set_current_cluster("bob", "b").await.unwrap();
        let again = Store::open(&place, &key(folder.path())).await.unwrap();
        assert_eq!(again.default_cluster().await.unwrap().as_deref(), Some("a"));
        assert_eq!(
            again.current_cluster("ada").await.unwrap().as_deref(),
            Some("a")
        );
        store.remove("a").await.unwrap();
        assert_eq!(again.default_cluster().await.unwrap(), None);
        assert_eq!(again.current_cluster("ada").await.unwrap(), None);
        assert_eq!(
            again.current_cluster("bob").await.unwrap().as_deref(),
            Some("b")
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_has_one_holder_until_it_ends() {
    on_both(async |place, folder| {
        let store = Store::open(&place, &key(folder.path())).await.unwrap();
        let other = Store::open(&place, &key(folder.path())).await.unwrap();
        let hour = Duration::from_secs(3_600);
        assert!(store.lease("alerts", "one", hour).await.unwrap());
        assert!(!other.lease("alerts", "two", hour).await.unwrap());
        assert!(store.lease("alerts", "one", hour).await.unwrap());
        assert!(other.lease("else", "two", hour).await.unwrap());
        // Prolonged by nothing it is at its end.
        assert!(store.lease("alerts", "one", Duration::ZERO).await.unwrap());
        assert!(other.lease("alerts", "two", hour).await.unwrap());
        assert!(!store.lease("alerts", "one", hour).await.unwrap());
        store.release("alerts", "one").await.unwrap();
        assert!(!store.lease("alerts", "one", hour).await.unwrap());
        other.release("alerts", "two").await.unwrap();
        assert!(store.lease("alerts", "one", hour).await.unwrap());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rotated_secrets_are_opened_by_the_new_key_alone() {
    on_both(async |place, folder| {
        let key = key(folder.path());
        let store = Store::open(&place, &key).await.unwrap();
        store.register(cluster("a")).await.unwrap();
        let old = std::fs::read_to_string(&key).unwrap();
        let rotated = store.rotate_key().await.unwrap();
        assert_eq!((rotated.sealed, rotated.unopened.len()), (1, 0));
        let new = std::fs::read_to_string(&key).unwrap();
        assert_eq!(new.lines().count(), 2, "a line of words and a key");
        assert_ne!(old, new);
        // A process that was open before goes on.
        store.register(cluster("b")).await.unwrap();
        let (_, listed) = store.clusters().await.unwrap();
        assert!(listed.iter().all(|it| it.secret.as_deref() == Ok(SECRET)));
        // With the old file each says what is missing, and is listed all the same.
        std::fs::write(&key, old).unwrap();
        let (_, listed) = store.clusters().await.unwrap();
        for it in &listed {
            let why = it.secret.as_ref().unwrap_err().to_string();
            assert!(why.contains("which is not in"), "{why}");
        }
        // What it cannot open a rotation leaves alone, so that the right file still helps.
        let rotated = store.rotate_key().await.unwrap();
        assert_eq!(rotated.unopened, ["a", "b"]);
        std::fs::write(&key, new).unwrap();
        let (_, listed) = store.clusters().await.unwrap();
        assert!(listed.iter().all(|it| it.secret.as_deref() == Ok(SECRET)));
        std::fs::remove_file(&key).unwrap();
        let (_, listed) = store.clusters().await.unwrap();
        assert_eq!(listed.len(), 2);
        assert!(listed.iter().all(|it| it.secret.is_err()));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_secret_is_in_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::File(folder.path().join("state.db"));
    let store = Store::open(&place, &key(folder.path())).await.unwrap();
    store.register(cluster("a")).await.unwrap();
    // The log that is written ahead is looked at too, as a killed process leaves it.
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let has = |text: &[u8]| bytes.windows(text.len()).any(|part| part == text);
        assert!(!has(b"PLANTED"), "{}", path.display());
        let mode = std::os::unix::fs::MetadataExt::mode(&path.metadata().unwrap());
        assert_eq!(mode & 0o077, 0, "{}", path.display());
    }
    assert!(!format!("{store:?} {:?}", store.clusters().await.unwrap()).contains("PLANTED"));
    if let Some(postgres) = Postgres::start() {
        let place = postgres.url("postgres").parse().unwrap();
        let store = Store::open(&place, &key(folder.path())).await.unwrap();
        store.register(cluster("a")).await.unwrap();
        let rows = postgres.run("postgres", "SELECT * FROM trawl_clusters");
        assert!(
            rows.contains("payments") && !rows.contains("PLANTED"),
            "{rows}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_alert_came_to_is_kept_until_it_is_forgotten() {
    on_both(async |place, folder| {
        let store = Store::open(&place, &key(folder.path())).await.unwrap();
        assert!(store.alerts().await.unwrap().is_empty());
        store.set_alert("a", "one").await.unwrap();
        store.set_alert("b", "two").await.unwrap();
        store.set_alert("a", "three").await.unwrap();
        let again = Store::open(&place, &key(folder.path())).await.unwrap();
        let kept = again.alerts().await.unwrap();
        let expected =
            [("a", "three"), ("b", "two")].map(|(name, state)| (name.to_owned(), state.to_owned()));
        assert_eq!(kept, BTreeMap::from(expected));
        again.forget_alert("a").await.unwrap();
        again.forget_alert("a").await.unwrap();
        assert_eq!(store.alerts().await.unwrap().len(), 1);
    })
    .await;
}
