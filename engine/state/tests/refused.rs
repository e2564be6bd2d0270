//! Databases that are refused: broken, of others, from the future. Each is left byte for byte as it was.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use sqlx::{Connection, Executor, PgConnection, SqliteConnection};
use trawl_programs::Postgres;
use trawl_state::{Error, Place, Store};

async fn refused(path: &Path) -> Error {
    let before = std::fs::read(path).unwrap();
    let key = path.with_extension("key");
    let error = Store::open(&Place::File(path.to_owned()), &key)
        .await
        .unwrap_err();
    assert_eq!(std::fs::read(path).unwrap(), before, "{error}");
    assert!(!key.exists(), "no key is made for it");
    error
}

/// A database as trawl leaves it.
async fn made(path: &Path) {
    let store = Store::open(&Place::File(path.to_owned()), &path.with_extension("k"))
        .await
        .unwrap();
    store.close().await;
}

async fn change(path: &Path, statements: &'static str) {
    let url = format!("sqlite:{}?mode=rwc", path.display());
    let mut connection = SqliteConnection::connect(&url).await.unwrap();
    connection.execute(statements).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn what_is_no_database_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    for bytes in [
        b"hello".to_vec(),
        vec![0; 9_000],
        b"SQLite format 3\0 and then no more".to_vec(),
    ] {
        std::fs::write(&path, &bytes).unwrap();
        let error = refused(&path).await;
        assert!(matches!(error, Error::Corrupt { .. }), "{error}");
    }
    let error = Store::open(&Place::File(folder.path().to_owned()), &path).await;
    assert!(matches!(error, Err(Error::File { .. })));
}

#[tokio::test]
async fn a_damaged_one_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    made(&path).await;
    let whole = std::fs::read(&path).unwrap();
    // Each page but the first, and a file that was cut.
    let mut torn = whole.clone();
    torn[4_096..].fill(0xa5);
    for bytes in [torn, whole[..whole.len() - 5_000].to_vec()] {
        std::fs::write(&path, &bytes).unwrap();
        let error = refused(&path).await;
        assert!(matches!(error, Error::Corrupt { .. }), "{error}");
        assert!(error.to_string().contains("left as it is"), "{error}");
    }
}

#[tokio::test]
async fn another_programs_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    change(&path, "CREATE TABLE notes (x TEXT)").await;
    let error = refused(&path).await.to_string();
    assert!(error.contains("of another program"), "{error}");
}

#[tokio::test]
async fn a_newer_one_is_left_as_it_is() {
    const NEWER: &str = "INSERT INTO trawl_migrations (version, description, success, checksum, execution_time) VALUES (999, 'later', TRUE, 'x', 0)";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    made(&path).await;
    change(&path, NEWER).await;
    let error = refused(&path).await;
    assert!(matches!(error, Error::Newer { found: 999, .. }), "{error}");
    assert!(error.to_string().contains("run that trawl"), "{error}");

    let Some(postgres) = Postgres::start() else {
        return;
    };
    let place: Place = postgres.url("postgres").parse().unwrap();
    let key = folder.path().join("key");
    Store::open(&place, &key).await.unwrap().close().await;
    let mut connection = PgConnection::connect(&postgres.url("postgres"))
        .await
        .unwrap();
    connection.execute(NEWER).await.unwrap();
    let error = Store::open(&place, &key).await.unwrap_err();
    assert!(matches!(error, Error::Newer { found: 999, .. }), "{error}");
}

#[tokio::test]
async fn addresses_are_read_and_their_passwords_are_not_told() {
    for (text, said) in [
        ("sqlite:/x/state.db", "/x/state.db"),
        ("sqlite:///x/state.db", "/x/state.db"),
        ("state.db", "state.db"),
        (
            "postgres://u:hunter2@db.example:6432/trawl",
            "postgres trawl at db.example:6432",
        ),
    ] {
        let place: Place = text.parse().unwrap();
        assert_eq!(place.to_string(), said);
        assert!(!format!("{place:?}").contains("hunter2"));
    }
    for text in ["", "mysql://u:hunter2@h/x", "postgres://u:hunter2@:port/x"] {
        let error = text.parse::<Place>().unwrap_err().to_string();
        assert!(error.contains("expected `sqlite:PATH`"), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
    let place: Place = "postgres://u:hunter2@127.0.0.1:1/x".parse().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let error = Store::open(&place, &folder.path().join("k"))
        .await
        .unwrap_err();
    let words = error.to_string();
    assert!(words.contains("postgres x at 127.0.0.1:1"), "{words}");
    assert!(!words.contains("hunter2"), "{words}");
}
