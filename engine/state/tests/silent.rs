//! A PostgreSQL that is reached and says nothing any more, behind a relay that can stop: whoever asks is told in time, and what comes
//! after it speaks again is served.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use trawl_programs::Postgres;
use trawl_state::{Place, Store};

/// How PostgreSQL calls its socket.
const SOCKET: &str = ".s.PGSQL.5432";

/// What the database is never told.
const LAST: &[u8] = b"DELETE FROM trawl_alerts";

/// Passes on what comes for a socket, as long as it is not silent.
async fn relay(listener: UnixListener, to: std::path::PathBuf, is_silent: Arc<AtomicBool>) {
    while let Ok((client, _)) = listener.accept().await {
        let server = UnixStream::connect(&to).await.unwrap();
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        tokio::spawn(pass(from_client, to_server, Arc::clone(&is_silent)));
        tokio::spawn(pass(from_server, to_client, Arc::clone(&is_silent)));
    }
}

async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    is_silent: Arc<AtomicBool>,
) {
    let mut part = vec![0; 16 << 10];
    while let Ok(length @ 1..) = from.read(&mut part).await {
        let is_last = part[..length].windows(LAST.len()).any(|it| it == LAST);
        if is_last || is_silent.load(Ordering::SeqCst) {
            // What was begun is never ended, and nobody is told.
            std::future::pending::<()>().await;
        }
        if to.write_all(&part[..length]).await.is_err() {
            return;
        }
    }
}

async fn behind_a_relay(place: &Place, folder: &Path, is_silent: &Arc<AtomicBool>) -> Place {
    let Place::Postgres(options) = place else {
        return place.clone();
    };
    let real = options.get_socket().unwrap().join(SOCKET);
    let listener = UnixListener::bind(folder.join(SOCKET)).unwrap();
    tokio::spawn(relay(listener, real, Arc::clone(is_silent)));
    Place::Postgres(Box::new(options.as_ref().clone().socket(folder)))
}

#[tokio::test]
async fn a_database_that_says_nothing_is_an_error_and_not_a_wait() {
    let Some(postgres) = Postgres::start() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let is_silent = Arc::new(AtomicBool::new(false));
    let place = postgres.url("postgres").parse().unwrap();
    let place = behind_a_relay(&place, folder.path(), &is_silent).await;
    let store = Store::open(&place, &folder.path().join("key"))
        .await
        .unwrap();
    store.set_alert("nodes.not-ready", "{}").await.unwrap();

    is_silent.store(true, Ordering::SeqCst);
    // From here on time passes as soon as there is nothing else to do.
    tokio::time::pause();
    let took = tokio::time::Instant::now();
    let error = store.clusters().await.unwrap_err().to_string();
    assert!(error.contains("no connection within"), "{error}");
    // More than there are connections: none is waited for longer.
    for _ in 0..8 {
        let error = store.set_default_cluster("a").await.unwrap_err();
        assert!(error.to_string().contains(" within "), "{error}");
        assert!(
            store
                .lease("alerts", "me", Duration::from_secs(90))
                .await
                .is_err()
        );
    }
    assert!(took.elapsed() < Duration::from_secs(300));
    store.close().await;

    tokio::time::resume();
    is_silent.store(false, Ordering::SeqCst);
    let store = Store::open(&place, &folder.path().join("key"))
        .await
        .unwrap();
    assert_eq!(store.alerts().await.unwrap().len(), 1);
    store.set_default_cluster("b").await.unwrap();
}

#[tokio::test]
async fn a_statement_that_is_not_answered_is_given_up() {
    let Some(postgres) = Postgres::start() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let place = postgres.url("postgres").parse().unwrap();
    let place = behind_a_relay(&place, folder.path(), &Arc::default()).await;
    let store = Store::open(&place, &folder.path().join("key"))
        .await
        .unwrap();
    let error = store.forget_alert("a").await.unwrap_err().to_string();
    assert!(error.contains("did not answer within 10 s"), "{error}");
    assert!(store.alerts().await.unwrap().is_empty());
}

#[tokio::test]
async fn connections_that_were_lost_are_made_again() {
    let Some(postgres) = Postgres::start() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let place = postgres.url("postgres").parse().unwrap();
    let place = behind_a_relay(&place, folder.path(), &Arc::default()).await;
    let store = Store::open(&place, &folder.path().join("key"))
        .await
        .unwrap();
    // As many as there are connections: whoever asked goes away, and nothing more is heard of the statement.
    for _ in 0..4 {
        let left = tokio::time::timeout(Duration::from_secs(1), store.forget_alert("a")).await;
        assert!(left.is_err());
    }
    let again = async {
        while store.revision().await.is_err() {}
        store.set_default_cluster("b").await
    };
    // Only there so that the test ends.
    let again = tokio::time::timeout(Duration::from_secs(30), again).await;
    again.unwrap().unwrap();
}

#[tokio::test]
async fn a_statement_that_waits_for_a_lock_is_ended_by_the_database() {
    let Some(postgres) = Postgres::start() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let place: Place = postgres.url("postgres").parse().unwrap();
    let store = Store::open(&place, &folder.path().join("key"))
        .await
        .unwrap();
    let Place::Postgres(options) = &place else {
        return;
    };
    let pool = sqlx::PgPool::connect_with(options.as_ref().clone())
        .await
        .unwrap();
    let mut lock = pool.begin().await.unwrap();
    sqlx::query("LOCK TABLE trawl_alerts IN ACCESS EXCLUSIVE MODE")
        .execute(&mut *lock)
        .await
        .unwrap();
    let error = store.alerts().await.unwrap_err().to_string();
    assert!(error.contains("statement timeout"), "{error}");
    lock.rollback().await.unwrap();
    assert!(store.alerts().await.unwrap().is_empty());
}
