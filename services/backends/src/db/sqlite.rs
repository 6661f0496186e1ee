//! A database in one SQLite file.

use std::fs;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use chassis::Error;
use sea_orm::{
    DatabaseConnection, DatabaseTransaction, DbErr, RuntimeErr, SqliteTransactionMode, SqlxSqliteConnector,
    TransactionOptions, TransactionTrait,
};
use sea_orm_migration::MigratorTrait;
use sqlx::ConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use uuid::Uuid;

use super::{Connection, Standing};
use crate::error::{DbResultExt, db_error};

/// How many may read at once; an idle connection is closed after a minute, since six databases share a small house.
const READERS: u32 = 4;

/// What a crash may cost.
#[derive(Clone, Copy)]
enum Durability {
    /// Nothing that was acknowledged. `NORMAL` would lose the last commits when the power fails, and these are somebody's
    /// blood pressures.
    Kept,
    /// Everything: the file is a test's.
    Scratch,
}

/// The connections to one file: several for reading and one for writing. SQLite has one writer at a time: a pool of one lets writers
/// queue up in order in this process, instead of polling for the file's lock.
pub struct Files {
    reads: DatabaseConnection,
    writes: DatabaseConnection,
    name: String,
    /// A database for a test takes its files along when it goes.
    _scratch: Option<Scratch>,
}

impl Files {
    /// Opens the file, and makes it if there is none.
    pub async fn open(path: &Path) -> Result<Self, Error> {
        let (reads, writes) = open(path, Durability::Kept).await?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { reads, writes, name, _scratch: None })
    }

    /// Files for a test.
    pub async fn scratch() -> Result<Self, Error> {
        let scratch = Scratch::new()?;
        let (reads, writes) = open(&scratch.file(), Durability::Scratch).await?;
        Ok(Self { reads, writes, name: "scratch".to_owned(), _scratch: Some(scratch) })
    }

    /// The file's name, without what stands behind the dot.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn read(&self) -> Connection {
        Connection::pool(&self.reads)
    }

    /// For statements that are each a transaction.
    pub fn single_writes(&self) -> Connection {
        Connection::pool(&self.writes)
    }

    pub async fn write(&self) -> Result<Connection, Error> {
        self.begin().await.map(Connection::embedded)
    }

    pub async fn migrate<M: MigratorTrait>(&self) -> Result<(), Error> {
        let transaction = self.begin().await?;
        if !Standing::read::<M>(&transaction).await.stored()?.serves(&self.name)? {
            M::up(&transaction, None).await.stored()?;
        }
        transaction.commit().await.stored()
    }

    pub async fn as_owner<T>(
        &self,
        work: impl AsyncFnOnce(&DatabaseTransaction) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let transaction = self.begin().await?;
        let worked = work(&transaction).await?;
        transaction.commit().await.stored()?;
        Ok(worked)
    }

    pub async fn close(&self) -> Result<(), Error> {
        self.reads.close_by_ref().await.stored()?;
        self.writes.close_by_ref().await.stored()
    }

    /// A transaction that reads before it writes must own the write lock from its first statement on, or another writer makes
    /// its snapshot stale and it fails at once.
    async fn begin(&self) -> Result<DatabaseTransaction, Error> {
        let sqlite_transaction_mode = Some(SqliteTransactionMode::Immediate);
        let options = TransactionOptions { sqlite_transaction_mode, ..TransactionOptions::default() };
        self.writes.begin_with_options(options).await.stored()
    }
}

async fn open(
    path: &Path,
    durability: Durability,
) -> Result<(DatabaseConnection, DatabaseConnection), Error> {
    // Made here and not by SQLite, so that only the owner can read it; the write-ahead log takes the file's mode over.
    fs::OpenOptions::new().create(true).append(true).mode(0o600).open(path).map_err(Error::internal)?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(match durability {
            Durability::Kept => SqliteSynchronous::Full,
            Durability::Scratch => SqliteSynchronous::Off,
        })
        .busy_timeout(Duration::from_secs(5))
        .foreign_keys(true)
        .pragma("cache_size", "-1024")
        // What is erased shall not stay behind in free pages.
        .pragma("secure_delete", "on")
        .disable_statement_logging();
    let writes = pool(1, 1).connect_with(options.clone()).await.map_err(connect)?;
    let reads = pool(0, READERS).connect_with(options.pragma("query_only", "on")).await.map_err(connect)?;
    let connection = SqlxSqliteConnector::from_sqlx_sqlite_pool;
    Ok((connection(reads), connection(writes)))
}

fn pool(min: u32, max: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .min_connections(min)
        .max_connections(max)
        .acquire_timeout(Duration::from_secs(10))
        .idle_timeout(Duration::from_secs(60))
        .max_lifetime(None)
        .test_before_acquire(false)
}

fn connect(error: sqlx::Error) -> Error {
    db_error(&DbErr::Conn(RuntimeErr::SqlxError(error.into())))
}

/// A directory of a test's own, removed when dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Self, Error> {
        let directory = std::env::temp_dir().join(format!("praan-{}", Uuid::new_v4()));
        fs::DirBuilder::new().mode(0o700).create(&directory).map_err(Error::internal)?;
        Ok(Self(directory))
    }

    fn file(&self) -> PathBuf {
        self.0.join("scratch.db")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed is the system's temporary directory's to clean.
        let _ = fs::remove_dir_all(&self.0);
    }
}
