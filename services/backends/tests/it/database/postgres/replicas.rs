//! Reading from a replica, and what happens when it lags, falls silent or dies.

use std::time::Duration;

use backends::{Action, Database, Scope};
use chassis::Foundation;
use sea_orm::{ConnectionTrait, Statement};
use servers::Postgres as Server;
use tokio::time::Instant;

use super::Own;
use crate::database::{Migrator, count_up, somebody};
use crate::wait;

const SCOPE: Scope = Scope::Family(1);

/// A database with a replica, and rows to read.
struct Pair {
    adapter: Own,
    replica: Server,
    db: Database,
}

impl Pair {
    async fn start() -> Self {
        let adapter = Own::default();
        let replica = adapter.server().await.start_replica().await;
        let mut settings = adapter.settings().await;
        settings.replicas = vec![replica.url("app", adapter.database().await)];
        let db = Database::connect(settings, &Foundation::system()).await.unwrap();
        db.migrate::<Migrator>().await.unwrap();
        let pair = Self { adapter, replica, db };
        pair.until_used().await;
        pair
    }

    async fn until_used(&self) {
        wait::until("a read from the replica", async || self.reads_from_replica().await).await;
    }

    async fn reads_from_replica(&self) -> bool {
        ask::<bool>(&self.db, SCOPE, "SELECT pg_is_in_recovery()").await
    }

    async fn write(&self) {
        let tx = self.db.write(&somebody(), Action::Update, "Counter", SCOPE).await.unwrap();
        count_up(&tx).await.unwrap();
        tx.commit_quietly().await.unwrap();
    }

    /// What a read sees.
    async fn counted(&self) -> i64 {
        ask(&self.db, SCOPE, "SELECT CAST(COALESCE(SUM(value), 0) AS BIGINT) FROM counters").await
    }

    async fn pause_replay(&self, pause: bool) {
        let database = self.adapter.database().await;
        let how = if pause { "pause" } else { "resume" };
        self.replica.sql(database, &format!("SELECT pg_wal_replay_{how}()")).await;
    }
}

async fn ask<T: sea_orm::TryGetable>(db: &Database, scope: Scope, sql: &str) -> T {
    let reader = db.read(scope).await.unwrap();
    let row = reader.connection().query_one_raw(Statement::from_string(db.backend(), sql)).await.unwrap();
    row.unwrap().try_get_by_index(0).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_written_is_read_at_once_and_other_families_go_on_with_the_replica() {
    let pair = Pair::start().await;
    for n in 1..=50 {
        pair.write().await;
        assert_eq!(pair.counted().await, n);
    }
    pair.until_used().await;
    pair.pause_replay(true).await;
    pair.write().await;
    assert_eq!(pair.counted().await, 51, "from the primary, since the replica shows 50");
    let elsewhere = "SELECT pg_is_in_recovery()";
    for scope in [Scope::Directory, Scope::Own] {
        assert!(!ask::<bool>(&pair.db, scope, elsewhere).await, "{scope:?} is always the primary's");
    }
    let primary = pair.db.read_primary(SCOPE).await.unwrap();
    let row = primary.connection().query_one_raw(Statement::from_string(pair.db.backend(), elsewhere)).await;
    assert!(!row.unwrap().unwrap().try_get_by_index::<bool>(0).unwrap());
    pair.pause_replay(false).await;
    pair.until_used().await;
    assert_eq!(pair.counted().await, 51);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_replica_that_lags_is_left_alone_until_it_has_caught_up() {
    let pair = Pair::start().await;
    pair.pause_replay(true).await;
    // another family's row, which nobody here has to see at once
    pair.adapter.sql("INSERT INTO counters (id, value) VALUES (9, 100)").await;
    wait::until("the primary's answer", async || !pair.reads_from_replica().await).await;
    assert_eq!(pair.counted().await, 100);
    pair.pause_replay(false).await;
    pair.until_used().await;
    assert_eq!(pair.counted().await, 100);
}

/// Readers go on all the time while the replica is killed, comes back, and freezes.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_read_fails_whatever_happens_to_the_replica() {
    let pair = Pair::start().await;
    pair.write().await;
    pair.until_used().await;
    let stop = tokio_stop();
    let readers: Vec<_> = (0..8)
        .map(|_| {
            let (db, stop) = (pair.db.clone(), stop.clone());
            tokio::spawn(async move {
                let (mut reads, mut slowest) = (0_u32, Duration::ZERO);
                while !stop.is_stopping() {
                    let begin = Instant::now();
                    assert_eq!(ask::<i64>(&db, SCOPE, "SELECT value FROM counters WHERE id = 1").await, 1);
                    slowest = slowest.max(begin.elapsed());
                    reads += 1;
                }
                (reads, slowest)
            })
        })
        .collect();
    pair.replica.kill9().await;
    wait::until("the primary's answer", async || !pair.reads_from_replica().await).await;
    pair.replica.restart().await;
    pair.until_used().await;
    pair.replica.sigstop();
    wait::until("the primary's answer", async || !pair.reads_from_replica().await).await;
    pair.replica.sigcont();
    pair.until_used().await;
    stop.stop(Duration::ZERO).await;
    for reader in readers {
        let (reads, slowest) = reader.await.expect("no read failed");
        println!("{reads} reads, the slowest took {slowest:?}");
        assert!(reads > 0);
    }
}

/// The primary is dead: nothing can be written, and what is known can be read.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn reads_outlive_the_primary() {
    let pair = Pair::start().await;
    pair.write().await;
    pair.until_used().await;
    pair.adapter.server().await.kill9().await;
    assert_eq!(pair.counted().await, 1);
    pair.adapter.server().await.restart().await;
    pair.write().await;
    assert_eq!(pair.counted().await, 2);
}

fn tokio_stop() -> chassis::shutdown::Tasks {
    chassis::shutdown::Tasks::new()
}
