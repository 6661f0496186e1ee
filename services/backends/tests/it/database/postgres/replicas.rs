//! Reading from a replica, and what happens when it lags, falls silent or dies. Two processes share the database and a Redis.

mod failing;
mod telling;

use std::sync::Arc;
use std::time::Duration;

use backends::cache::redis::RedisCache;
use backends::db::Replication;
use backends::{Action, Cache, Database, DbResultExt, Scope};
use chassis::{Error, Foundation};
use sea_orm::{ConnectionTrait, Statement, TryGetable};
use servers::{Postgres as Server, Proxy, Redis};

use super::Own;
use crate::database::{Migrator, somebody};
use crate::wait;

const SCOPE: Scope = Scope::Family(1);
const FROM_REPLICA: &str = "SELECT pg_is_in_recovery()";

/// On a busy machine 50 ms are little, and every call that takes longer sends the reads to the primary.
const PATIENCE: Duration = Duration::from_secs(2);

/// A process: its database, and its cache with the wire to Redis.
struct Process {
    db: Database,
    cache: Arc<dyn Cache>,
    wire: Proxy,
}

impl Process {
    async fn start(adapter: &Own, replica: &Server, redis: &Redis) -> Self {
        let (foundation, wire) = (Foundation::system(), Proxy::start(redis.port()).await);
        let cache = RedisCache::connect_with(&foundation, &wire.url(&redis.url()), PATIENCE).await;
        let cache = cache.unwrap() as Arc<dyn Cache>;
        let replicas = vec![replica.url("app", adapter.database().await)];
        let mut settings = adapter.settings().await;
        settings.replication = Some(Replication { replicas, cache: cache.clone() });
        let db = Database::connect(settings, &foundation).await.unwrap();
        db.migrate::<Migrator>().await.unwrap();
        Self { db, cache, wire }
    }

    async fn until_reads_from_replica(&self, does: bool) {
        let what = if does { "a read from the replica" } else { "the primary's answer" };
        wait::until(what, async || self.ask::<bool>(SCOPE, FROM_REPLICA).await == does).await;
    }

    async fn ask<T: TryGetable>(&self, scope: Scope, sql: &str) -> T {
        let reader = self.db.read(scope).await.unwrap();
        let row = reader.connection().query_one_raw(Statement::from_string(self.db.backend(), sql)).await;
        row.unwrap().unwrap().try_get_by_index(0).unwrap()
    }

    /// Counts one more for a family.
    async fn count_up(&self, family: i64) -> Result<(), Error> {
        let tx = self.db.write(&somebody(), Action::Update, "Counter", Scope::Family(family)).await?;
        let sql = format!(
            "INSERT INTO counters (id, value) VALUES ({family}, 1) ON CONFLICT (id) DO UPDATE SET value = counters.value + 1"
        );
        tx.connection().execute_unprepared(&sql).await.stored()?;
        tx.commit_quietly().await
    }

    /// What a read of a family sees.
    async fn counted(&self, family: i64) -> i64 {
        let sql = format!("SELECT CAST(COALESCE(SUM(value), 0) AS BIGINT) FROM counters WHERE id = {family}");
        self.ask(Scope::Family(family), &sql).await
    }
}

/// Two processes on a database with a replica, both of which read from it.
struct Pair {
    adapter: Own,
    replica: Server,
    redis: Redis,
    one: Process,
    other: Process,
}

impl Pair {
    async fn start() -> Self {
        let adapter = Own::default();
        let (replica, redis) = (adapter.server().await.start_replica().await, Redis::start().await);
        let one = Process::start(&adapter, &replica, &redis).await;
        let other = Process::start(&adapter, &replica, &redis).await;
        let pair = Self { adapter, replica, redis, one, other };
        pair.until_both_read_from_replica().await;
        pair
    }

    async fn until_both_read_from_replica(&self) {
        self.one.until_reads_from_replica(true).await;
        self.other.until_reads_from_replica(true).await;
    }

    async fn pause_replay(&self, pause: bool) {
        let how = if pause { "pause" } else { "resume" };
        let database = self.adapter.database().await;
        self.replica.sql(database, &format!("SELECT pg_wal_replay_{how}()")).await;
    }
}
