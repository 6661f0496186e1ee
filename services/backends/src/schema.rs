//! Tables, written once in portable SQL.
//!
//! Migrations write PostgreSQL's type names in capitals (`BIGINT INTEGER TEXT BOOLEAN DOUBLE PRECISION TIMESTAMPTZ DATE JSONB
//! BYTEA`) and everything else in words both databases know. For SQLite, which has no such types, four of the names become
//! those by which the driver decodes the column; lower-case words are left alone, so a column may be called `date`.
//!
//! A step only ever expands what is there, since two releases work on the same tables at once: see [`crate::db::Standing`].
//!
//! On PostgreSQL the tables of families are walled off from each other by [`tenant_tables`].

mod audit;
mod tenants;

use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use sea_orm_migration::SchemaManager;

pub use tenants::{Tenant, directory_columns, tenant_tables};

/// Runs statements of a migration.
pub async fn run(manager: &SchemaManager<'_>, statements: &[&str]) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    for statement in statements {
        match connection.get_database_backend() {
            DbBackend::Sqlite => connection.execute_unprepared(&for_sqlite(statement)).await?,
            _ => connection.execute_unprepared(statement).await?,
        };
    }
    Ok(())
}

/// Makes the tables that every service has: what leaves, what came in, what was answered, what was changed, what was
/// erased, who did what, and the last id given.
pub async fn shared(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    run(manager, SHARED).await?;
    audit::trail(manager).await
}

const SHARED: &[&str] = &[
    "CREATE TABLE sequences (name TEXT NOT NULL PRIMARY KEY, next BIGINT NOT NULL)",
    "CREATE TABLE outbox (
        id TEXT NOT NULL PRIMARY KEY, topic TEXT NOT NULL, body BYTEA NOT NULL, traceparent TEXT,
        attempts INTEGER NOT NULL, created_at TIMESTAMPTZ NOT NULL, due_at TIMESTAMPTZ NOT NULL,
        claimed_by TEXT, claimed_at TIMESTAMPTZ)",
    "CREATE INDEX outbox_due ON outbox (due_at)",
    "CREATE TABLE inbox (
        consumer TEXT NOT NULL, message_id TEXT NOT NULL, handled_at TIMESTAMPTZ NOT NULL,
        PRIMARY KEY (consumer, message_id))",
    "CREATE TABLE idempotency (
        user_id BIGINT NOT NULL, request_id TEXT NOT NULL, fingerprint BYTEA NOT NULL, answer BYTEA NOT NULL,
        resource_type TEXT NOT NULL, resource_id BIGINT NOT NULL, created_at TIMESTAMPTZ NOT NULL,
        PRIMARY KEY (user_id, request_id))",
    "CREATE INDEX idempotency_resource ON idempotency (resource_type, resource_id)",
    "CREATE TABLE changes (number BIGINT NOT NULL PRIMARY KEY, of_family BIGINT NOT NULL, changed_at TIMESTAMPTZ NOT NULL)",
    "CREATE TABLE erasures (
        id BIGINT NOT NULL PRIMARY KEY, of_family BIGINT NOT NULL, subject_id BIGINT NOT NULL, digest TEXT,
        removed TEXT NOT NULL, erased_at TIMESTAMPTZ NOT NULL)",
    "CREATE TABLE erasure_receipts (
        erasure_id BIGINT NOT NULL, service TEXT NOT NULL, passes INTEGER NOT NULL, removed TEXT NOT NULL,
        followed_at TIMESTAMPTZ NOT NULL, PRIMARY KEY (erasure_id, service))",
];

/// The statement with the types SQLite's driver decodes by. Text in quotes and comments stays as it is.
fn for_sqlite(statement: &str) -> String {
    let mut out = String::with_capacity(statement.len() + 64);
    let mut rest = statement;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' | '"' => rest[1..].find(first).map_or(rest.len(), |end| end + 2),
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            c if is_word(c) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        let (token, tail) = rest.split_at(length);
        out.push_str(match token {
            "TIMESTAMPTZ" => "timestamp_with_timezone_text",
            "DATE" => "date_text",
            "JSONB" => "jsonb_text",
            "BYTEA" => "blob",
            other => other,
        });
        rest = tail;
    }
    out
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::for_sqlite;

    #[test]
    fn types_are_translated_and_names_and_text_are_not() {
        let ddl = "CREATE TABLE t (date DATE, at TIMESTAMPTZ NOT NULL, doc JSONB DEFAULT 'a DATE', \"DATE\" BYTEA) -- DATE\n";
        let want = "CREATE TABLE t (date date_text, at timestamp_with_timezone_text NOT NULL, \
                    doc jsonb_text DEFAULT 'a DATE', \"DATE\" blob) -- DATE\n";
        assert_eq!(for_sqlite(ddl), want);
    }

    #[test]
    fn a_word_that_contains_a_type_is_left_alone() {
        assert_eq!(
            for_sqlite("UPDATE x SET CANDIDATE = CURRENT_DATE"),
            "UPDATE x SET CANDIDATE = CURRENT_DATE"
        );
    }
}
