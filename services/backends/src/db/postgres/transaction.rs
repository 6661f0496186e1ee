//! A transaction on the driver's own connection.
//!
//! A connection goes back to the pool only when its last statement has come back. One that was given up on in between, by a
//! deadline or a caller that left, is closed.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use sea_orm::{ConnAcquireErr, DbErr, ExecResult, QueryResult, RuntimeErr, Statement};
use sea_query_sqlx::SqlxValues;
use sqlx::pool::PoolConnection;
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Database, Executor, PgConnection, PgPool, Postgres, Row, SqlSafeStr};
use sqlx_core::transaction::TransactionManager;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use super::lsn::Lsn;
use super::refusal;
use super::replicas::Replica;
use crate::db::rows::{self, Rows};

/// How long to look for a connection on which a transaction can begin. One that broke while it was idle is passed over.
const TO_BEGIN: Duration = Duration::from_secs(2);

/// How long to wait for an answer; the server gives up earlier, if it is there.
const PATIENCE: Duration = Duration::from_secs(6);

type Manager = <Postgres as Database>::TransactionManager;

/// How long to wait for one that another can stand in for.
const LITTLE_PATIENCE: Duration = Duration::from_millis(1500);

/// An open transaction. Dropped, it is rolled back.
pub struct Transaction {
    held: Mutex<Held>,
    role: Arc<str>,
}

/// A connection and how it stands.
struct Held {
    connection: PoolConnection<Postgres>,
    state: State,
    /// Where to begin anew, if this one fails.
    retreat: Option<Retreat>,
}

/// Where a transaction that only reads begins anew when its replica fails it.
pub struct Retreat {
    /// The replica.
    pub replica: Arc<Replica>,
    /// The primary.
    pub primary: PgPool,
    /// The same beginning.
    pub beginning: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Between two statements.
    Open,
    /// Within a statement, or lost in one.
    Busy,
    /// A statement failed, so that nothing can be committed.
    Failed,
    /// Ended.
    Done,
}

impl Transaction {
    /// Begins one, on a connection that answers.
    pub async fn begin(pool: &PgPool, beginning: String, role: Arc<str>) -> Result<Self, DbErr> {
        Ok(Self { held: Mutex::new(Held::begin(pool, &beginning, &role).await?), role })
    }

    /// Begins one on a replica, to go on on the primary when that fails.
    pub async fn begin_on_replica(retreat: Retreat, role: Arc<str>) -> Result<Self, DbErr> {
        let begun =
            timeout(LITTLE_PATIENCE, Held::begin(&retreat.replica.pool, &retreat.beginning, &role)).await;
        let held = match begun {
            Ok(Ok(held)) => Held::with_retreat(held, retreat),
            _ => retreat.go(&role).await?,
        };
        Ok(Self { held: Mutex::new(held), role })
    }

    /// Commits; fails when a statement has failed, since the server would then roll back and call it a success.
    pub async fn commit(self) -> Result<(), DbErr> {
        self.end().await.map(drop)
    }

    /// Commits, and learns how far the primary's log reaches then.
    pub async fn commit_at(self) -> Result<Lsn, DbErr> {
        Ok(self.end().await?.written().await)
    }

    async fn end(self) -> Result<Held, DbErr> {
        let mut held = self.held.into_inner();
        if held.state != State::Open {
            return Err(DbErr::Custom("a transaction cannot commit after a failed statement".to_owned()));
        }
        held.state = State::Busy;
        let committed = timeout(PATIENCE, Manager::commit(&mut held.connection)).await;
        committed
            .map_err(|_| refusal::silent())?
            .map_err(|error| refusal::told(error, &self.role, "COMMIT"))?;
        held.state = State::Done;
        Ok(held)
    }

    pub async fn execute(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let done = self.run(&statement.sql, |connection| {
            let query = query(&statement);
            Box::pin(async move { query.execute(connection).await })
        });
        done.await.map(Into::into)
    }

    /// Adds rows of several tables, and tells what is told of the last.
    pub async fn add(&self, all: &[Rows]) -> Result<Vec<QueryResult>, DbErr> {
        let (sql, arguments) = (rows::together(all), rows::arguments(all)?);
        let told = self.run(&sql, |connection| {
            let query = sqlx::query_with(AssertSqlSafe(sql.clone()), arguments.clone());
            Box::pin(async move { query.fetch_all(connection).await })
        });
        Ok(told.await?.into_iter().map(Into::into).collect())
    }

    pub async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let done = self.run(sql, |connection| {
            let sql = AssertSqlSafe(sql.to_owned());
            Box::pin(async move { connection.execute(sql).await })
        });
        done.await.map(Into::into)
    }

    pub async fn query_one(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let row = self.run(&statement.sql, |connection| {
            let query = query(&statement);
            Box::pin(async move { query.fetch_optional(connection).await })
        });
        Ok(row.await?.map(Into::into))
    }

    pub async fn query_all(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let rows = self.run(&statement.sql, |connection| {
            let query = query(&statement);
            Box::pin(async move { query.fetch_all(connection).await })
        });
        Ok(rows.await?.into_iter().map(Into::into).collect())
    }

    async fn run<T>(
        &self,
        sql: &str,
        run: impl for<'c> Fn(&'c mut PgConnection) -> BoxFuture<'c, Result<T, sqlx::Error>>,
    ) -> Result<T, DbErr> {
        let mut held = self.held.lock().await;
        if held.retreat.is_some() {
            let answer = held.run(&run, LITTLE_PATIENCE).await;
            match (answer, held.retreat.take_if(|_| true)) {
                (Ok(Err(error)), Some(retreat)) if refusal::is_replicas(&error) => {
                    *held = retreat.go(&self.role).await?
                }
                (Err(_), Some(retreat)) => *held = retreat.go(&self.role).await?,
                (Ok(answer), retreat) => {
                    held.retreat = retreat;
                    return answer.map_err(|error| refusal::told(error, &self.role, sql));
                }
                (Err(silent), None) => return Err(silent),
            }
        }
        held.run(&run, PATIENCE).await?.map_err(|error| refusal::told(error, &self.role, sql))
    }
}

impl Retreat {
    async fn go(self, role: &str) -> Result<Held, DbErr> {
        self.replica.leave();
        Held::begin(&self.primary, &self.beginning, role).await
    }
}

impl Held {
    async fn begin(pool: &PgPool, beginning: &str, role: &str) -> Result<Self, DbErr> {
        let since = Instant::now();
        loop {
            let connection = pool.acquire().await.map_err(acquire)?;
            let mut held = Self { connection, state: State::Busy, retreat: None };
            let beginning = AssertSqlSafe(beginning).into_sql_str();
            let begun = timeout(TO_BEGIN, Manager::begin(&mut held.connection, Some(beginning))).await;
            match begun.map_err(|_| refusal::silent())? {
                Ok(()) => {
                    held.state = State::Open;
                    return Ok(held);
                }
                Err(error) if refusal::is_lost(&error) && since.elapsed() < TO_BEGIN => {}
                Err(error) => return Err(refusal::told(error, role, "SET ROLE")),
            }
        }
    }

    /// How far the primary has written. It is committed whether we learn this or not.
    async fn written(&mut self) -> Lsn {
        self.state = State::Busy;
        let asked = timeout(LITTLE_PATIENCE, self.connection.fetch_one(Lsn::WRITTEN)).await;
        let Some(bytes) = asked.ok().and_then(|row| row.ok()?.try_get(0).ok()) else { return Lsn::UNKNOWN };
        self.state = State::Done;
        Lsn::new(bytes)
    }

    fn with_retreat(mut held: Self, retreat: Retreat) -> Self {
        held.retreat = Some(retreat);
        held
    }

    /// Runs a statement; fails when there is no answer at all.
    async fn run<T>(
        &mut self,
        run: &impl for<'c> Fn(&'c mut PgConnection) -> BoxFuture<'c, Result<T, sqlx::Error>>,
        patience: Duration,
    ) -> Result<Result<T, sqlx::Error>, DbErr> {
        let before = std::mem::replace(&mut self.state, State::Busy);
        let answer = timeout(patience, run(&mut self.connection)).await.map_err(|_| refusal::silent())?;
        self.state = match &answer {
            Ok(_) => before,
            Err(error) if before == State::Open && refusal::is_lost(error) => State::Busy,
            Err(_) if before == State::Open => State::Failed,
            Err(_) => before,
        };
        Ok(answer)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        match self.state {
            State::Open | State::Failed => Manager::start_rollback(&mut self.connection),
            State::Busy => self.connection.close_on_drop(),
            State::Done => {}
        }
    }
}

fn query(statement: &Statement) -> Query<'static, Postgres, SqlxValues> {
    let values = statement.values.clone().unwrap_or_else(|| sea_orm::Values(Vec::new()));
    sqlx::query_with(AssertSqlSafe(statement.sql.clone()), SqlxValues(values))
}

fn acquire(error: sqlx::Error) -> DbErr {
    match error {
        sqlx::Error::PoolTimedOut => DbErr::ConnectionAcquire(ConnAcquireErr::Timeout),
        sqlx::Error::PoolClosed => DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed),
        error => DbErr::Conn(RuntimeErr::SqlxError(error.into())),
    }
}
