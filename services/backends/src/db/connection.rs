use async_trait::async_trait;
use chassis::Error;
use chassis::clock::Clock;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult,
    Statement,
};

use super::Engine;
use super::postgres::Transaction;
use super::rows::Rows;
use crate::error::DbResultExt;

/// What statements run on: a transaction, or, for reading on SQLite, a pool of reading connections.
pub struct Connection(Kind);

enum Kind {
    Pool(DatabaseConnection),
    Embedded(DatabaseTransaction),
    Postgres(Box<Transaction>),
}

impl Connection {
    /// Each statement by itself.
    pub(super) fn pool(pool: &DatabaseConnection) -> Self {
        Self(Kind::Pool(pool.clone()))
    }

    /// A transaction of SQLite.
    pub(super) fn embedded(transaction: DatabaseTransaction) -> Self {
        Self(Kind::Embedded(transaction))
    }

    /// A transaction of PostgreSQL.
    pub(super) fn postgres(transaction: Transaction) -> Self {
        Self(Kind::Postgres(Box::new(transaction)))
    }

    /// Ends the transaction of a write about some families.
    pub(super) async fn commit_for(self, engine: &Engine, families: &[i64]) -> Result<(), DbErr> {
        match (self.0, engine) {
            (Kind::Postgres(transaction), Engine::Postgres(server)) => {
                server.commit(*transaction, families).await
            }
            (kind, _) => Self(kind).commit().await,
        }
    }

    /// Adds rows of several tables, on PostgreSQL by one statement, and so in one journey.
    pub(super) async fn add_all(&self, all: Vec<Rows>) -> Result<Vec<QueryResult>, DbErr> {
        let mut told = Vec::new();
        match &self.0 {
            _ if all.is_empty() => {}
            Kind::Postgres(transaction) => told = transaction.add(&all).await?,
            Kind::Pool(_) | Kind::Embedded(_) => {
                for rows in all {
                    told.extend(rows.add(self).await?);
                }
            }
        }
        Ok(told)
    }

    /// The time by the database: on PostgreSQL its own, which all processes share however wrong their clocks are; on SQLite, which
    /// is on the same machine, the process's.
    pub(super) async fn now(&self, clock: &Clock) -> Result<DateTime<Utc>, Error> {
        if !matches!(self.0, Kind::Postgres(_)) {
            return Ok(clock.now());
        }
        let row = self.query_one(Query::select().expr(self.time(clock))).await.stored()?;
        let row = row.ok_or_else(|| Error::internal("the database does not tell the time"))?;
        row.try_get_by_index(0).stored()
    }

    /// The same as part of a statement.
    pub(super) fn time(&self, clock: &Clock) -> Expr {
        match self.0 {
            Kind::Postgres(_) => Expr::cust("transaction_timestamp()"),
            Kind::Pool(_) | Kind::Embedded(_) => Expr::val(clock.now()),
        }
    }

    /// Ends the transaction. What was done statement by statement is done already.
    pub(crate) async fn commit(self) -> Result<(), DbErr> {
        match self.0 {
            Kind::Pool(_) => Ok(()),
            Kind::Embedded(transaction) => transaction.commit().await,
            Kind::Postgres(transaction) => transaction.commit().await,
        }
    }
}

#[async_trait]
impl ConnectionTrait for Connection {
    fn get_database_backend(&self) -> DbBackend {
        match &self.0 {
            Kind::Pool(_) | Kind::Embedded(_) => DbBackend::Sqlite,
            Kind::Postgres(_) => DbBackend::Postgres,
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        match &self.0 {
            Kind::Pool(pool) => pool.execute_raw(statement).await,
            Kind::Embedded(transaction) => transaction.execute_raw(statement).await,
            Kind::Postgres(transaction) => transaction.execute(statement).await,
        }
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        match &self.0 {
            Kind::Pool(pool) => pool.execute_unprepared(sql).await,
            Kind::Embedded(transaction) => transaction.execute_unprepared(sql).await,
            Kind::Postgres(transaction) => transaction.execute_unprepared(sql).await,
        }
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        match &self.0 {
            Kind::Pool(pool) => pool.query_one_raw(statement).await,
            Kind::Embedded(transaction) => transaction.query_one_raw(statement).await,
            Kind::Postgres(transaction) => transaction.query_one(statement).await,
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match &self.0 {
            Kind::Pool(pool) => pool.query_all_raw(statement).await,
            Kind::Embedded(transaction) => transaction.query_all_raw(statement).await,
            Kind::Postgres(transaction) => transaction.query_all(statement).await,
        }
    }
}
