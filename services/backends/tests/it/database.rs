//! The database port: transactions, ids, idempotency and the inbox.

pub mod embedded;
mod erasures;
mod ids;
mod inbox;
mod many;
mod once;
pub mod postgres;
mod schema;
mod types;
mod writes;

use backends::{Database, DbResultExt, Scope, Tx, schema as ddl};
use chassis::clock::Clock;
use chassis::{Actor, Error};
use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement};
use sea_orm_migration::{MigrationName, MigrationTrait, MigratorTrait, SchemaManager};
use uuid::Uuid;

/// How to get a database of one kind.
pub trait Adapter: Default + Send + Sync + 'static {
    /// Opens it; a second time it is the same, as after a restart.
    async fn open(&self, clock: &Clock) -> Database;
}

/// The whole suite, for one adapter; stamped apart or together.
macro_rules! database_suite {
    ($stamp:ident: $adapter:ty) => {
        crate::$stamp! { $adapter:
            crate::database::ids::unique_under_concurrency as ids_are_unique_under_concurrency,
            crate::database::ids::go_on_after_a_restart as ids_go_on_after_a_restart,
            crate::database::ids::of_a_rolled_back_write as ids_of_a_rolled_back_write_are_never_given_twice,
            crate::database::writes::commit_with_audit as a_commit_leaves_the_effect_and_its_audit_row,
            crate::database::writes::rollback as a_dropped_write_leaves_nothing,
            crate::database::writes::rows_for_later as what_is_left_for_later_is_added_whole_and_in_its_own_family,
            crate::database::writes::denied as a_denied_write_says_so,
            crate::database::writes::no_lost_update as concurrent_writes_lose_no_update,
            crate::database::writes::unique_violation as a_unique_violation_is_told_apart_and_quotes_no_value,
            crate::database::inbox::twice as a_message_is_consumed_once,
            crate::database::inbox::rolled_back as a_message_whose_handling_failed_is_consumed_again,
            crate::database::once::replay as a_replay_gets_the_same_answer,
            crate::database::once::other_body as a_key_with_another_body_is_refused,
            crate::database::once::in_flight as a_request_in_flight_is_told_so,
            crate::database::once::failed as a_failed_request_may_be_repeated,
            crate::database::once::storm as a_storm_of_repeats_has_one_effect,
            crate::database::many::families as rows_of_many_families_are_added_together,
            crate::database::many::answers as many_requests_are_answered_once_each,
            crate::database::many::new_answers as requests_are_all_new_or_none_is_done,
            crate::database::many::changes as changes_are_told_in_their_order,
            crate::database::erasures::one_that_fails as an_erasure_that_fails_keeps_no_other_back,
            crate::database::types::round_trip as every_portable_type_comes_back_as_it_was,
            crate::database::types::instants_in_order as instants_compare_in_order,
            crate::database::schema::twice as migrating_twice_is_migrating_once,
            crate::database::schema::half as a_failing_migration_leaves_nothing_half_done,
        }
    };
}
use database_suite;

/// The tables the suite works on.
pub struct Migrator;

struct Tables;

impl MigrationName for Tables {
    fn name(&self) -> &str {
        "m0001_tables"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Tables {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::shared(manager).await?;
        let counters =
            "CREATE TABLE counters (id BIGINT NOT NULL PRIMARY KEY, value BIGINT NOT NULL, note TEXT UNIQUE)";
        let samples = "CREATE TABLE samples (id BIGINT NOT NULL PRIMARY KEY, at TIMESTAMPTZ NOT NULL, date DATE NOT NULL,
            document JSONB NOT NULL, bytes BYTEA NOT NULL, flag BOOLEAN NOT NULL, ratio DOUBLE PRECISION NOT NULL,
            small INTEGER NOT NULL, words TEXT, gone TIMESTAMPTZ)";
        ddl::run(manager, &[counters, samples]).await
    }
}

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(Tables)]
    }
}

/// A moment to set clocks by.
pub fn noon() -> DateTime<Utc> {
    "2026-03-01T12:00:00.000007Z".parse().unwrap()
}

/// An open database with its tables.
pub async fn ready(adapter: &impl Adapter) -> Database {
    let db = adapter.open(&Clock::fixed(noon())).await;
    db.migrate::<Migrator>().await.unwrap();
    db
}

/// Somebody who acts.
pub fn somebody() -> Actor {
    Actor { user_id: 7, request_id: Uuid::new_v4(), address: Some("192.0.2.1".to_owned()) }
}

/// The number a query answers.
pub async fn number(db: &Database, sql: &str) -> i64 {
    #[derive(FromQueryResult)]
    struct Row {
        n: i64,
    }
    let statement = Statement::from_string(db.backend(), sql);
    Row::find_by_statement(statement)
        .one(db.read(Scope::Own).await.unwrap().connection())
        .await
        .unwrap()
        .unwrap()
        .n
}

/// Counts in a row of a transaction.
pub async fn count_up(tx: &Tx) -> Result<(), Error> {
    let sql = "INSERT INTO counters (id, value) VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET value = counters.value + 1";
    tx.connection().execute_unprepared(sql).await.stored()?;
    Ok(())
}

/// How far the count has come.
pub async fn counted(db: &Database) -> i64 {
    number(db, "SELECT CAST(COALESCE(SUM(value), 0) AS BIGINT) AS n FROM counters").await
}
