//! Replicas for reading, and when one may be asked.
//!
//! Every tenth of a second the primary is asked how far its log reaches, and each replica whether it has come that far. If it
//! has, it shows all that was committed before the asking began. A family is read from a replica that shows at least what this
//! process last wrote of it; no commit and no read waits for that knowledge. A replica that does not answer, or is more than a
//! second behind, is left alone until it has caught up. Only when the primary is silent, replicas go on with what they have.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chassis::Error;
use chassis::shutdown::Tasks;
use futures_util::future::join_all;
use sea_orm::{DbBackend, Statement, TryGetable, Value};
use sqlx::PgPool;
use tokio::time::{Instant, timeout};

use super::{Transaction, pool};

/// How often to look.
const BEAT: Duration = Duration::from_millis(100);

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_millis(500);

/// How far behind a replica may be.
const MOST_LAG: Duration = Duration::from_secs(1);

/// The replicas of a database.
#[derive(Default)]
pub struct Replicas {
    all: Vec<Arc<Replica>>,
    turn: AtomicUsize,
    /// When this process last wrote of a family, for as long as a replica may not show it.
    written: Mutex<HashMap<i64, Instant>>,
}

/// One replica.
pub struct Replica {
    pub pool: PgPool,
    number: usize,
    /// It shows all that was committed before this; none while it is to be left alone.
    shows: Mutex<Option<Instant>>,
}

impl Replicas {
    /// Replicas that are still to be looked at.
    pub fn of(urls: &[String], service: &str, connections: u32) -> Result<Arc<Self>, Error> {
        let replica = |(number, url): (usize, &String)| {
            let pool = pool::hasty(connections, pool::options(url, service)?);
            Ok(Arc::new(Replica { pool, number, shows: Mutex::default() }))
        };
        let all = urls.iter().enumerate().map(replica).collect::<Result<_, Error>>()?;
        Ok(Arc::new(Self { all, ..Self::default() }))
    }

    /// Looks after them until the process stops.
    pub fn watch(self: &Arc<Self>, primary: &PgPool, tasks: &Tasks) {
        if self.all.is_empty() {
            return;
        }
        let (replicas, primary, stop) = (self.clone(), primary.clone(), tasks.clone());
        tasks.spawn("replicas", async move {
            while !stop.is_stopping() {
                replicas.look(&primary).await;
                tokio::select! {
                    () = stop.stopping() => {}
                    () = tokio::time::sleep(BEAT) => {}
                }
            }
        });
    }

    /// One that shows what this process has written of a family; each in its turn.
    pub fn showing(&self, family_id: i64) -> Option<Arc<Replica>> {
        if self.all.is_empty() {
            return None;
        }
        let written = lock(&self.written).get(&family_id).copied();
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let in_turn = (0..self.all.len()).map(|n| &self.all[(turn + n) % self.all.len()]);
        in_turn.into_iter().find(|replica| replica.shows(written)).cloned()
    }

    /// Notes that something of a family was committed, or may have been.
    pub fn wrote(&self, families: &[i64]) {
        if !self.all.is_empty() {
            let now = Instant::now();
            lock(&self.written).extend(families.iter().map(|family| (*family, now)));
        }
    }

    /// Ends all connections.
    pub async fn close(&self) {
        join_all(self.all.iter().map(|replica| replica.pool.close())).await;
    }

    async fn look(&self, primary: &PgPool) {
        let asked = Instant::now();
        let end = ask::<String>(primary, "SELECT pg_current_wal_flush_lsn()::text", Vec::new()).await;
        join_all(self.all.iter().map(|replica| replica.look(end.as_deref(), asked))).await;
        // what every replica shows that is asked at all need not be kept in mind
        let shown = self.all.iter().filter_map(|replica| *lock(&replica.shows)).min();
        lock(&self.written).retain(|_, written| shown.is_none_or(|shown| *written > shown));
    }
}

impl Replica {
    /// Leaves it alone until it has answered again.
    pub fn leave(&self) {
        if lock(&self.shows).take().is_some() {
            tracing::warn!(replica = self.number, "a replica is left alone");
        }
    }

    fn shows(&self, written: Option<Instant>) -> bool {
        lock(&self.shows).is_some_and(|shows| written.is_none_or(|written| shows > written))
    }

    async fn look(&self, end: Option<&str>, asked: Instant) {
        // without the primary, that it answers is all that can be known
        let sql = "SELECT COALESCE(pg_last_wal_replay_lsn() >= $1::text::pg_lsn, false)";
        match (ask::<bool>(&self.pool, sql, vec![end.unwrap_or("0/0").into()]).await, end) {
            (None, _) => self.leave(),
            (Some(true), Some(_)) => {
                if lock(&self.shows).replace(asked).is_none() {
                    tracing::info!(replica = self.number, "a replica has caught up");
                }
            }
            (Some(_), Some(_)) if self.lags() => self.leave(),
            (Some(_), _) => {}
        }
    }

    fn lags(&self) -> bool {
        lock(&self.shows).is_some_and(|shows| shows.elapsed() > MOST_LAG)
    }
}

/// The one value that a server answers, if it does in time.
async fn ask<T: TryGetable>(pool: &PgPool, sql: &str, values: Vec<Value>) -> Option<T> {
    let asking = async {
        let transaction = Transaction::begin(pool, "BEGIN READ ONLY".to_owned(), "".into()).await?;
        let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, values);
        let row = transaction.query_one(statement).await?;
        row.map(|row| row.try_get_by_index(0)).transpose()
    };
    timeout(PATIENCE, asking).await.ok()?.ok()?
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
