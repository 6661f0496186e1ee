use std::time::Instant;

use chassis::Error;
use sea_orm::{DatabaseTransaction, DbBackend};
use sea_orm_migration::MigratorTrait;

use super::postgres::Server;
use super::sqlite::Files;
use super::{Connection, Kept, Scope, Standing};

/// What a database runs on.
pub enum Engine {
    Sqlite(Files),
    Postgres(Box<Server>),
}

impl Engine {
    pub fn backend(&self) -> DbBackend {
        match self {
            Self::Sqlite(_) => DbBackend::Sqlite,
            Self::Postgres(_) => DbBackend::Postgres,
        }
    }

    pub fn name(&self) -> &str {
        match self {
            Self::Sqlite(files) => files.name(),
            Self::Postgres(server) => server.settings().service,
        }
    }

    /// A transaction that may write.
    pub async fn write(&self, scope: Scope) -> Result<Connection, Error> {
        let begun = Instant::now();
        let connection = match self {
            Self::Sqlite(files) => files.write().await,
            Self::Postgres(server) => server.write(scope).await.map(Connection::postgres),
        }?;
        tracing::debug!(
            database = self.name(),
            waited = begun.elapsed().as_secs_f64(),
            "a transaction began"
        );
        Ok(connection)
    }

    /// A transaction that may write rows of several families.
    pub async fn write_of(&self, families: &[i64], kept: Kept) -> Result<Connection, Error> {
        match self {
            Self::Sqlite(files) => files.write().await,
            Self::Postgres(server) => server.write_of(families, kept).await.map(Connection::postgres),
        }
    }

    /// For reading what may be a moment old.
    pub async fn read(&self, scope: Scope) -> Result<Connection, Error> {
        match self {
            Self::Sqlite(files) => Ok(files.read()),
            Self::Postgres(server) => server.read(scope).await.map(Connection::postgres),
        }
    }

    /// For reading what was committed last.
    pub async fn read_primary(&self, scope: Scope) -> Result<Connection, Error> {
        match self {
            Self::Sqlite(files) => Ok(files.read()),
            Self::Postgres(server) => server.read_primary(scope).await.map(Connection::postgres),
        }
    }

    /// For single statements of the house's own.
    pub async fn housekeeping(&self) -> Result<Connection, Error> {
        match self {
            Self::Sqlite(files) => Ok(files.single_writes()),
            Self::Postgres(server) => server.housekeeping().await.map(Connection::postgres),
        }
    }

    pub async fn migrate<M: MigratorTrait>(&self) -> Result<(), Error> {
        match self {
            Self::Sqlite(files) => files.migrate::<M>().await,
            Self::Postgres(server) => super::postgres::migrate::<M>(server).await,
        }
    }

    pub async fn standing<M: MigratorTrait>(&self) -> Result<Standing, Error> {
        match self {
            // an embedded database is migrated by the one process that has it, when it starts
            Self::Sqlite(_) => Ok(Standing::default()),
            Self::Postgres(server) => super::postgres::standing::<M>(server).await,
        }
    }

    pub async fn as_owner<T>(
        &self,
        work: impl AsyncFnOnce(&DatabaseTransaction) -> Result<T, Error>,
    ) -> Result<T, Error> {
        match self {
            Self::Sqlite(files) => files.as_owner(work).await,
            Self::Postgres(server) => super::postgres::as_owner(server, work).await,
        }
    }

    pub async fn alone(&self, statement: &str) -> Result<(), Error> {
        match self {
            Self::Sqlite(_) => {
                Err(Error::internal("an embedded database takes no upkeep outside of transactions"))
            }
            Self::Postgres(server) => super::postgres::alone(server, statement).await,
        }
    }

    pub async fn distribute(&self) -> Result<Vec<String>, Error> {
        match self {
            Self::Sqlite(_) => Err(Error::illegal_state(
                "an embedded database cannot be divided: name a PostgreSQL with Citus by --database-url",
            )),
            Self::Postgres(server) => super::postgres::distribute(server).await,
        }
    }

    pub async fn close(&self) -> Result<(), Error> {
        match self {
            Self::Sqlite(files) => files.close().await,
            Self::Postgres(server) => {
                server.close().await;
                Ok(())
            }
        }
    }
}
