use std::time::Duration;

use chassis::Error;
use sea_orm::{DbErr, RuntimeErr};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, PgPool};

use crate::error::db_error;

/// How to connect to a database.
pub fn options(url: &str, service: &str) -> Result<PgConnectOptions, Error> {
    // the parser's own words may quote the password
    let parsed = url.parse::<PgConnectOptions>();
    let options = parsed.map_err(|_| {
        Error::illegal_state("a database URL cannot be read: postgres://user:password@host/database")
    })?;
    let options = options.application_name(&format!("praan {service}"));
    // PostgreSQL's own default since 12, and a startup parameter that PgBouncer does not know
    Ok(options.extra_float_digits(None).disable_statement_logging())
}

/// A pool with its first connection.
pub async fn open(most: u32, options: PgConnectOptions) -> Result<PgPool, Error> {
    let connect = |error: sqlx::Error| db_error(&DbErr::Conn(RuntimeErr::SqlxError(error.into())));
    pool(most).connect_with(options).await.map_err(connect)
}

/// A pool that connects when it is first asked.
pub fn lazy(most: u32, options: PgConnectOptions) -> PgPool {
    pool(most).connect_lazy_with(options)
}

/// A pool of a server that others can stand in for: who gets no connection soon goes elsewhere.
pub fn hasty(most: u32, options: PgConnectOptions) -> PgPool {
    pool(most).acquire_timeout(Duration::from_millis(300)).connect_lazy_with(options)
}

fn pool(most: u32) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(most)
        .acquire_timeout(Duration::from_secs(2))
        .idle_timeout(Duration::from_secs(300))
        .max_lifetime(Duration::from_secs(1800))
        // the beginning of each transaction is the test
        .test_before_acquire(false)
}
