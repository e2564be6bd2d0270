//! The versions of the schema, one file each, in SQL that SQLite and PostgreSQL both read. A file that was released never changes.

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// The table that says which were applied; a database may be shared with programs that use the library's own name for it.
const TABLE: &str = "trawl_migrations";

/// Every version, the oldest first.
const ALL: &[(i64, &str, &str)] = &[
    (
        1,
        "clusters",
        include_str!("../migrations/0001_clusters.sql"),
    ),
    (2, "alerts", include_str!("../migrations/0002_alerts.sql")),
];

/// The newest version that is known here.
pub(crate) fn newest() -> i64 {
    ALL.last().map_or(0, |(version, _, _)| *version)
}

/// What brings a database to it.
pub(crate) fn migrator() -> Migrator {
    let migrations = ALL.iter().map(|(version, name, sql)| {
        let kind = MigrationType::Simple;
        Migration::new(*version, (*name).into(), kind, (*sql).into_sql_str(), false)
    });
    let mut migrator = Migrator::with_migrations(migrations.collect());
    migrator.dangerous_set_table_name(TABLE);
    migrator
}
