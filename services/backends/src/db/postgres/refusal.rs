use sea_orm::{DbErr, RuntimeErr};

use crate::error;

/// The SQLSTATE of an error of the server.
pub fn code(error: &sqlx::Error) -> Option<String> {
    error.as_database_error()?.code().map(|code| code.into_owned())
}

/// Whether an error says that the connection is of no use any more, and nothing about the statement.
pub fn is_lost(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed | sqlx::Error::BeginFailed => true,
        sqlx::Error::Database(_) => {
            // ended by an operator, by a crash, while starting, or for having been idle; or left in a failed transaction
            let lost = ["57P01", "57P02", "57P03", "57P05", "25P02", "25P03"];
            code(error).is_some_and(|code| code.starts_with("08") || lost.contains(&code.as_str()))
        }
        _ => false,
    }
}

/// Whether a replica cannot answer, while the primary may: its connection is lost, what it replays got in the way, or its pooler.
pub fn is_replicas(error: &sqlx::Error) -> bool {
    let theirs = |code: &str| code.starts_with("40") || code.starts_with("57") || error::is_poolers(code);
    is_lost(error) || code(error).is_some_and(|code| theirs(&code))
}

/// An error of the driver as `sea-orm` would pass it on; a missing right in words that say who lacks which. The server's own
/// name tables and roles, never values.
pub fn told(error: sqlx::Error, role: &str, sql: &str) -> DbErr {
    let refused = error.as_database_error().filter(|error| error.code().as_deref() == Some("42501"));
    match refused {
        Some(refused) => {
            let kind = sql.trim_start().split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
            let kind = kind.to_ascii_uppercase();
            DbErr::Custom(format!(
                "role {role} may not {kind}: {}; `praan migrate` grants the rights",
                refused.message()
            ))
        }
        None => DbErr::Exec(RuntimeErr::SqlxError(error.into())),
    }
}

/// That a server did not answer in time.
pub fn silent() -> DbErr {
    DbErr::Conn(RuntimeErr::Internal("the server did not answer in time".to_owned()))
}
