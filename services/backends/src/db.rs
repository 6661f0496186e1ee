//! The database of one service.
//!
//! Reads go to [`Database::connection`]. Writes go through [`Database::write`], [`Database::write_once`] or
//! [`Database::consume`], each of which opens one transaction that carries the effect, its audit row, its idempotency or inbox
//! row and its outbox rows, and commits them together. On SQLite the reading connections refuse to write, so there is no
//! other way.

mod action;
mod connection;
mod entity;
mod ids;
mod in_flight;
mod inbox;
mod once;
mod reader;
mod scope;
mod sqlite;
mod subject;
mod tx;
mod write;

pub(crate) use entity::outbox as outbox_row;

use std::path::Path;
use std::sync::Arc;

use chassis::clock::Clock;
use chassis::{Actor, Error};
use sea_orm::{
    DatabaseConnection, DatabaseTransaction, DbBackend, SqliteTransactionMode, TransactionOptions,
    TransactionTrait,
};
use sea_orm_migration::MigratorTrait;
use tokio::sync::Notify;

use crate::error::DbResultExt;
pub use action::Action;
pub use connection::Connection;
pub use once::{Keyed, Once};
pub use reader::Reader;
pub use scope::Scope;
pub use subject::Subject;
pub use tx::Tx;
pub use write::Write;

/// The database of one service; cheap to clone.
#[derive(Clone)]
pub struct Database(Arc<Inner>);

struct Inner {
    reads: DatabaseConnection,
    writes: DatabaseConnection,
    clock: Clock,
    ids: ids::Ids,
    in_flight: in_flight::InFlight,
    /// Rung after a commit that left something in the outbox that is due.
    outbox_filled: Notify,
    /// A database for a test takes its files along when it goes.
    _scratch: Option<sqlite::Scratch>,
}

impl Database {
    /// Opens the SQLite file at `path`, and makes it if there is none.
    pub async fn open_embedded(path: impl AsRef<Path>, clock: &Clock) -> Result<Self, Error> {
        let (reads, writes) = sqlite::open(path.as_ref(), sqlite::Durability::Kept).await?;
        Ok(Self::over(reads, writes, clock, None))
    }

    /// A database for a test: a file of its own, gone with the last clone. Like the embedded one but for the fsync.
    pub async fn in_memory(clock: &Clock) -> Result<Self, Error> {
        let scratch = sqlite::Scratch::new()?;
        let (reads, writes) = sqlite::open(&scratch.file(), sqlite::Durability::Scratch).await?;
        Ok(Self::over(reads, writes, clock, Some(scratch)))
    }

    fn over(
        reads: DatabaseConnection,
        writes: DatabaseConnection,
        clock: &Clock,
        scratch: Option<sqlite::Scratch>,
    ) -> Self {
        Self(Arc::new(Inner {
            reads,
            writes,
            clock: clock.clone(),
            ids: ids::Ids::default(),
            in_flight: in_flight::InFlight::default(),
            outbox_filled: Notify::new(),
            _scratch: scratch,
        }))
    }

    /// For reading.
    pub fn connection(&self) -> &DatabaseConnection {
        &self.0.reads
    }

    /// Reads within a scope; never within a call to another service.
    pub async fn read(&self, _scope: Scope) -> Result<Reader, Error> {
        Ok(Reader::over(Connection::pool(&self.0.reads)))
    }

    /// Reads what was committed last: for authorization, vital signs, and what the caller has just written.
    pub async fn read_primary(&self, scope: Scope) -> Result<Reader, Error> {
        self.read(scope).await
    }

    /// Which database this is.
    pub fn backend(&self) -> DbBackend {
        self.0.reads.get_database_backend()
    }

    /// The clock by which rows are stamped.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Brings the tables up to date, all steps in one transaction, so that a process killed in between leaves none half done.
    pub async fn migrate<M: MigratorTrait>(&self) -> Result<(), Error> {
        let transaction = self.begin().await?;
        M::up(&transaction, None).await.stored()?;
        transaction.commit().await.stored()
    }

    /// The next id of a sequence: positive, below 2^53, never given twice. Not while this task holds a [`Tx`], which has the
    /// one writing connection; use [`Tx::next_id`] there.
    pub async fn next_id(&self, sequence: &'static str) -> Result<i64, Error> {
        self.0.ids.next(sequence, &self.0.writes).await
    }

    /// Opens the transaction of one write by `actor`. The audit row says `action` on a `resource_type`, such as `Member`.
    pub async fn write(
        &self,
        actor: &Actor,
        action: Action,
        resource_type: &'static str,
        scope: Scope,
    ) -> Result<Write, Error> {
        Ok(Write::new(self.open(scope).await?, actor.clone(), action, resource_type))
    }

    /// Ends all connections, once running statements are done.
    pub async fn close(&self) -> Result<(), Error> {
        self.0.reads.close_by_ref().await.stored()?;
        self.0.writes.close_by_ref().await.stored()
    }

    pub(crate) async fn open(&self, _scope: Scope) -> Result<Tx, Error> {
        Ok(Tx::new(self.clone(), Connection::embedded(self.begin().await?)))
    }

    pub(crate) fn writes(&self) -> &DatabaseConnection {
        &self.0.writes
    }

    pub(crate) fn outbox_filled(&self) -> &Notify {
        &self.0.outbox_filled
    }

    /// On SQLite a transaction that reads before it writes must own the write lock from its first statement on, or another
    /// writer makes its snapshot stale and it fails at once.
    async fn begin(&self) -> Result<DatabaseTransaction, Error> {
        let sqlite_transaction_mode =
            (self.backend() == DbBackend::Sqlite).then_some(SqliteTransactionMode::Immediate);
        let options = TransactionOptions { sqlite_transaction_mode, ..TransactionOptions::default() };
        self.0.writes.begin_with_options(options).await.stored()
    }
}
