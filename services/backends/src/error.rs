//! Database errors as errors of the house, without a value of any row.
//!
//! A driver's message may quote what was in the statement (`invalid input syntax for type integer: "…"`), and a decoder's what
//! was in the row. So the cause that reaches the log is put together here from parts that cannot hold a value.

use chassis::Error;
use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr, SqlErr};
use sqlx::error::DatabaseError;

/// What to say when a statement that was prepared is not there, or is there already.
pub(crate) const POOLER: &str = "a pooler in front of PostgreSQL runs one client's prepared statements on another's connection: \
    put a PgBouncer of 1.21 or newer there with max_prepared_statements above 0, or set its pool_mode to session, or connect past it";

/// Whether an SQLSTATE says that prepared statements went astray.
pub(crate) fn is_poolers(code: &str) -> bool {
    ["42P05", "26000"].contains(&code)
}

/// Turns the result of a query into a result of the house.
pub trait DbResultExt<T> {
    /// The value, or the database's error as one of ours: busy or unreachable is unavailable, all else internal.
    fn stored(self) -> Result<T, Error>;
}

impl<T> DbResultExt<T> for Result<T, DbErr> {
    fn stored(self) -> Result<T, Error> {
        self.map_err(|error| db_error(&error))
    }
}

/// Whether a row was refused because its key exists.
pub fn is_unique_violation(error: &DbErr) -> bool {
    matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
}

/// A database's error as one of ours. A unique violation counts as internal: who expects one asks
/// [`is_unique_violation`] first and knows what to tell the caller.
pub fn db_error(error: &DbErr) -> Error {
    let fault = Fault::of(error);
    if fault.passing { Error::unavailable(fault) } else { Error::internal(fault) }
}

/// What went wrong, in words that are safe to log.
#[derive(Debug, thiserror::Error)]
#[error("database: {what}")]
struct Fault {
    what: String,
    /// Whether the same statement may succeed in a moment.
    passing: bool,
}

impl Fault {
    fn of(error: &DbErr) -> Self {
        match error {
            DbErr::ConnectionAcquire(ConnAcquireErr::Timeout) => {
                Self::passing("no connection became free in time")
            }
            DbErr::ConnectionAcquire(_) => Self::passing("the connection pool is closed"),
            DbErr::Conn(RuntimeErr::SqlxError(e)) | DbErr::Exec(RuntimeErr::SqlxError(e)) => {
                Self::of_driver(e)
            }
            DbErr::Query(RuntimeErr::SqlxError(e)) => Self::of_driver(e),
            DbErr::Conn(_) => Self::passing("the connection failed"),
            DbErr::TryIntoErr { from, into, .. } => Self::lasting(format!("cannot read {from} as {into}")),
            DbErr::RecordNotUpdated => Self::lasting("no row was updated"),
            DbErr::RecordNotInserted => Self::lasting("no row was inserted"),
            DbErr::RecordNotFound(_) => Self::lasting("no such row"),
            DbErr::Type(_) | DbErr::Json(_) => {
                Self::lasting("a column does not have the type its entity says")
            }
            DbErr::AttrNotSet(column) => Self::lasting(format!("column {column} is not set")),
            DbErr::Migration(what) | DbErr::Custom(what) => Self::lasting(what.clone()),
            _ => Self::lasting("the object mapper refused the operation"),
        }
    }

    fn of_driver(error: &sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(e) => Self::of_server(e.as_ref()),
            sqlx::Error::PoolTimedOut => Self::passing("no connection became free in time"),
            sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
                Self::passing("the connection pool is closed")
            }
            sqlx::Error::Io(e) => Self::passing(format!("i/o: {}", e.kind())),
            sqlx::Error::Tls(_) => Self::passing("the TLS handshake failed"),
            // such as a wire that ends where an answer was due: the connection is at fault, and another may do
            sqlx::Error::Protocol(_) => Self::passing("the server did not answer as it should"),
            sqlx::Error::ColumnDecode { index, .. } => {
                Self::lasting(format!("column {index} cannot be decoded"))
            }
            sqlx::Error::ColumnNotFound(name) => Self::lasting(format!("there is no column {name}")),
            sqlx::Error::RowNotFound => Self::lasting("no such row"),
            _ => Self::lasting("the driver refused the statement"),
        }
    }

    fn of_server(error: &dyn DatabaseError) -> Self {
        let code = error.code().unwrap_or_default();
        if let Some(sqlite) = error.try_downcast_ref::<sqlx::sqlite::SqliteError>() {
            // SQLite's messages name tables and columns, never values.
            let primary = code.parse::<i32>().unwrap_or_default() & 0xff;
            let what = format!("sqlite {code}: {}", DatabaseError::message(sqlite));
            return Self { what, passing: matches!(primary, 5 | 6 | 10 | 13) };
        }
        if is_poolers(&code) {
            return Self::lasting(POOLER);
        }
        let table = error.table().unwrap_or("-");
        let constraint = error.constraint().unwrap_or("-");
        let mut what = format!("sqlstate {code}, table {table}, constraint {constraint}");
        // Class 42 is a fault in the statement itself, 28 and 3D one in who connects and where to; their messages name identifiers.
        if ["42", "28", "3D"].iter().any(|class| code.starts_with(class)) {
            what = format!("{what}: {}", error.message());
        }
        // Connection, resources, operator intervention, serialization, deadlock, lock timeout.
        let passing = ["08", "53", "57", "40", "55P03"].iter().any(|class| code.starts_with(class));
        Self { what, passing }
    }

    fn passing(what: impl Into<String>) -> Self {
        Self { what: what.into(), passing: true }
    }

    fn lasting(what: impl Into<String>) -> Self {
        Self { what: what.into(), passing: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chassis::Kind;

    #[test]
    fn a_full_pool_is_unavailable_and_a_bad_column_is_internal() {
        assert_eq!(db_error(&DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)).kind(), Kind::Unavailable);
        assert_eq!(db_error(&DbErr::Type("x".into())).kind(), Kind::Internal);
    }

    #[test]
    fn a_wire_that_ends_early_is_unavailable() {
        let early = sqlx::Error::Protocol("unexpected response from SSLRequest: 0x00".into());
        assert_eq!(db_error(&DbErr::Conn(RuntimeErr::SqlxError(early.into()))).kind(), Kind::Unavailable);
    }

    #[test]
    fn a_value_in_a_decoder_message_never_reaches_the_cause() {
        for error in [DbErr::Type("120 over 80".into()), DbErr::Json("120 over 80".into())] {
            assert!(!Fault::of(&error).to_string().contains("120"));
        }
    }
}
