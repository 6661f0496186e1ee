//! Whether a pooler stands in between that cannot serve us.
//!
//! The driver gives every statement a name of its connection's: the first is `sqlx_s_1`, the second `sqlx_s_2`. A pooler that gives
//! each transaction any connection to the server must keep such names apart, as PgBouncer does from 1.21 on, if it is told to. One
//! that does not runs another client's statement, or none. Two connections on which that name means different things find out.

use std::time::Duration;

use chassis::Error;
use sea_orm::{DbErr, RuntimeErr};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, Executor, PgConnection};
use tokio::time::timeout;

use super::refusal;
use crate::error::{DbResultExt, POOLER, is_poolers};

/// How often to try. The first time is enough unless others are busy on the same pooler.
const ROUNDS: usize = 6;

/// How long that may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Refuses a pooler that cannot serve us.
pub async fn check(options: &PgConnectOptions) -> Result<(), Error> {
    let checked = timeout(PATIENCE, serves(options)).await;
    let serves = match checked.map_err(|_| refusal::silent()) {
        Ok(Err(error)) if says_so(&error) => false,
        Ok(answer) => answer.map_err(|error| DbErr::Conn(RuntimeErr::SqlxError(error.into()))).stored()?,
        Err(silent) => return Err(silent).stored(),
    };
    if serves { Ok(()) } else { Err(Error::illegal_state(POOLER)) }
}

/// A client with a statement of its own.
struct Client {
    connection: PgConnection,
    statement: &'static str,
    answer: i32,
}

async fn serves(options: &PgConnectOptions) -> Result<bool, sqlx::Error> {
    let mut one = Client::connect(options, "SELECT 1", 1).await?;
    let mut other = Client::connect(options, "SELECT 2", 2).await?;
    let mut serves = one.begin().await?;
    one.end().await?;
    for round in 0..ROUNDS {
        // in turns: a pooler may take first what was given back last, or first
        let (first, second) = if round % 2 == 0 { (&mut other, &mut one) } else { (&mut one, &mut other) };
        serves = serves && first.begin().await? && second.begin().await?;
        if !serves {
            return Ok(false);
        }
        one.end().await?;
        other.end().await?;
    }
    one.connection.close().await?;
    other.connection.close().await?;
    Ok(serves)
}

impl Client {
    async fn connect(
        options: &PgConnectOptions,
        statement: &'static str,
        answer: i32,
    ) -> Result<Self, sqlx::Error> {
        Ok(Self { connection: PgConnection::connect_with(options).await?, statement, answer })
    }

    /// Begins a transaction, and says whether its statement is still its own.
    async fn begin(&mut self) -> Result<bool, sqlx::Error> {
        self.connection.execute("BEGIN READ ONLY").await?;
        let answer: i32 = sqlx::query_scalar(self.statement).fetch_one(&mut self.connection).await?;
        Ok(answer == self.answer)
    }

    async fn end(&mut self) -> Result<(), sqlx::Error> {
        self.connection.execute("COMMIT").await.map(drop)
    }
}

/// Whether an error comes from a statement of that name that is there already, is not there, or is another with parameters.
fn says_so(error: &sqlx::Error) -> bool {
    refusal::code(error).is_some_and(|code| is_poolers(&code) || code == "08P01")
}
