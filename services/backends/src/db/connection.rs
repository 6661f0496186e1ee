use async_trait::async_trait;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult,
    Statement,
};

/// What statements run on: a transaction, or, for reading on SQLite, a pool of reading connections.
pub struct Connection(Kind);

enum Kind {
    Pool(DatabaseConnection),
    Embedded(DatabaseTransaction),
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

    /// Ends the transaction. What was done statement by statement is done already.
    pub(super) async fn commit(self) -> Result<(), DbErr> {
        match self.0 {
            Kind::Pool(_) => Ok(()),
            Kind::Embedded(transaction) => transaction.commit().await,
        }
    }
}

/// Calls the same method of whatever it is.
macro_rules! pass {
    ($connection:expr, $inner:ident => $call:expr) => {
        match &$connection.0 {
            Kind::Pool($inner) => $call,
            Kind::Embedded($inner) => $call,
        }
    };
}

#[async_trait]
impl ConnectionTrait for Connection {
    fn get_database_backend(&self) -> DbBackend {
        pass!(self, inner => inner.get_database_backend())
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        pass!(self, inner => inner.execute_raw(statement).await)
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        pass!(self, inner => inner.execute_unprepared(sql).await)
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        pass!(self, inner => inner.query_one_raw(statement).await)
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        pass!(self, inner => inner.query_all_raw(statement).await)
    }
}
