//! The database of one service.
//!
//! Reads go through [`Database::read`]. Writes go through [`Database::write`], [`Database::write_once`] or
//! [`Database::consume`], each of which opens one transaction that carries the effect, its audit row, its idempotency or inbox
//! row and its outbox rows, and commits them together. On SQLite the reading connections refuse to write, so there is no
//! other way.

mod action;
mod among;
mod changes;
mod connection;
mod engine;
mod entity;
mod ids;
mod in_flight;
mod inbox;
mod kept;
mod once;
mod postgres;
mod reader;
pub(crate) mod roles;
pub(crate) mod rows;
mod scope;
mod sqlite;
mod standing;
mod subject;
mod tx;
mod write;

pub(crate) use entity::outbox as outbox_row;
pub(crate) use entity::{audit_chain, audit_checkpoint, audit_log, audit_pending, audit_seal};

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use chassis::clock::Clock;
use chassis::{Actor, Error, Foundation};
use chrono::{DateTime, Utc};
use sea_orm::{DatabaseTransaction, DbBackend};
use sea_orm_migration::MigratorTrait;
use tokio::sync::Notify;

use crate::outbox::Delivered;
pub use action::Action;
pub use among::among;
pub use connection::Connection;
pub(crate) use engine::Engine;
pub use kept::Kept;
pub use once::{Answered, Keyed, Once};
pub use postgres::{Postgres, Replication, checkup};
pub use reader::Reader;
pub use scope::Scope;
use sqlite::Files;
pub use standing::Standing;
pub use subject::Subject;
pub use tx::Tx;
pub use write::Write;

/// The database of one service; cheap to clone.
#[derive(Clone)]
pub struct Database(Arc<Inner>);

struct Inner {
    engine: Engine,
    clock: Clock,
    ids: ids::Ids,
    in_flight: in_flight::InFlight,
    /// Rung after a commit that left something in the outbox that is due.
    outbox_filled: Notify,
    /// What need not leave the outbox any more.
    delivered: Delivered,
    /// Whether somebody wants to know what is changed.
    tells_changes: AtomicBool,
}

impl Database {
    /// Opens the SQLite file at `path`, and makes it if there is none.
    pub async fn open_embedded(path: impl AsRef<Path>, clock: &Clock) -> Result<Self, Error> {
        Ok(Self::over(Engine::Sqlite(Files::open(path.as_ref()).await?), clock))
    }

    /// A database for a test: a file of its own, gone with the last clone. Like the embedded one but for the fsync.
    pub async fn in_memory(clock: &Clock) -> Result<Self, Error> {
        Ok(Self::over(Engine::Sqlite(Files::scratch().await?), clock))
    }

    /// Connects to PostgreSQL.
    pub async fn connect(settings: Postgres, foundation: &Foundation) -> Result<Self, Error> {
        let server = postgres::Server::connect(settings, &foundation.tasks).await?;
        Ok(Self::over(Engine::Postgres(Box::new(server)), &foundation.clock))
    }

    fn over(engine: Engine, clock: &Clock) -> Self {
        Self(Arc::new(Inner {
            engine,
            clock: clock.clone(),
            ids: ids::Ids::default(),
            in_flight: in_flight::InFlight::default(),
            outbox_filled: Notify::new(),
            delivered: Delivered::default(),
            tells_changes: AtomicBool::new(false),
        }))
    }

    /// Reads within a scope, where PostgreSQL has replicas perhaps from one of them: never older than what was acknowledged in the
    /// scope, by whichever process. Two readings may come from two replicas, of which the second is behind the first; what must
    /// fit together is read by one [`Reader`], or from the primary.
    pub async fn read(&self, scope: Scope) -> Result<Reader, Error> {
        Ok(Reader::over(self.0.engine.read(scope).await?, &self.0.clock))
    }

    /// Reads what was committed last: for authorization and vital signs.
    pub async fn read_primary(&self, scope: Scope) -> Result<Reader, Error> {
        Ok(Reader::over(self.0.engine.read_primary(scope).await?, &self.0.clock))
    }

    /// The time by the database's clock, as [`Reader::now`], where there is nothing to read.
    pub async fn now(&self) -> Result<DateTime<Utc>, Error> {
        self.read_primary(Scope::Directory).await?.now().await
    }

    /// Which database this is.
    pub fn backend(&self) -> DbBackend {
        self.0.engine.backend()
    }

    /// Whose it is: the service on PostgreSQL, the file on SQLite.
    pub fn name(&self) -> &str {
        self.0.engine.name()
    }

    /// The clock by which rows are stamped.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Brings the tables up to date, all steps in one transaction, so that a process killed in between leaves none half done. Tables
    /// that a newer program has brought further stay as they are.
    pub async fn migrate<M: MigratorTrait>(&self) -> Result<(), Error> {
        self.0.engine.migrate::<M>().await
    }

    /// How the tables stand to the steps of [`Database::migrate`]. On PostgreSQL they must have been made before.
    pub async fn standing<M: MigratorTrait>(&self) -> Result<Standing, Error> {
        self.0.engine.standing::<M>().await
    }

    /// Works as the owner of the tables, to whom row-level security does not apply, in one transaction: for upkeep over all
    /// families. The embedded database takes no other writes meanwhile.
    pub async fn as_owner<T>(
        &self,
        work: impl AsyncFnOnce(&DatabaseTransaction) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.0.engine.as_owner(work).await
    }

    /// Has the owner run one statement of upkeep that can stand in no transaction, as PostgreSQL knows some that keep nobody waiting.
    pub async fn alone_as_owner(&self, statement: &str) -> Result<(), Error> {
        self.0.engine.alone(statement).await
    }

    /// Divides the tables of families among the nodes of a Citus cluster, and returns the names of those that were not divided yet.
    /// Refused where there is no Citus.
    pub async fn distribute(&self) -> Result<Vec<String>, Error> {
        self.0.engine.distribute().await
    }

    /// The next id of a sequence: positive, below 2^53, never given twice. Not while this task holds a [`Tx`], which has the
    /// one writing connection; use [`Tx::next_id`] there.
    pub async fn next_id(&self, sequence: &'static str) -> Result<i64, Error> {
        self.0.ids.next(sequence, &self.0.engine).await
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
        self.0.engine.close().await
    }

    /// Opens a transaction that leaves no audit row of its own.
    pub async fn open(&self, scope: Scope) -> Result<Tx, Error> {
        let families = scope.family().into_iter().collect();
        Ok(Tx::new(self.clone(), self.0.engine.write(scope).await?, families))
    }

    /// The same about several families, for what is done together.
    pub async fn open_for(&self, families: impl IntoIterator<Item = i64>, kept: Kept) -> Result<Tx, Error> {
        let families: BTreeSet<_> = families.into_iter().collect();
        let families: Vec<_> = families.into_iter().collect();
        Ok(Tx::new(self.clone(), self.0.engine.write_of(&families, kept).await?, families))
    }

    /// For statements of the house's own.
    pub(crate) fn engine(&self) -> &Engine {
        &self.0.engine
    }

    pub(crate) fn outbox_filled(&self) -> &Notify {
        &self.0.outbox_filled
    }

    pub(crate) fn delivered(&self) -> &Delivered {
        &self.0.delivered
    }
}
