use chassis::Error;
use chassis::clock::Clock;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;

use super::connection::Connection;

/// Reads within a scope. On PostgreSQL it is a transaction that holds a connection, so it should not outlive its queries, and
/// never a call to another service.
pub struct Reader {
    connection: Connection,
    clock: Clock,
}

impl Reader {
    pub(super) fn over(connection: Connection, clock: &Clock) -> Self {
        Self { connection, clock: clock.clone() }
    }

    /// For the queries.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The time by the database's clock: for what is allowed until some time, which no process may judge by a clock of its own.
    pub async fn now(&self) -> Result<DateTime<Utc>, Error> {
        self.connection.now(&self.clock).await
    }

    /// The same as part of a statement.
    pub fn time(&self) -> Expr {
        self.connection.time(&self.clock)
    }
}
