//! A database on PostgreSQL.
//!
//! Everything runs in transactions that begin by taking on a role of the service, its schema, and the family whose rows row-level
//! security then lets through, in one round trip ([`begin`]). Nothing is kept in the session, so a PgBouncer may stand in
//! between. `sea-orm` knows no such beginning; so transactions are made on the driver beneath it ([`transaction`]), and what
//! `sea-orm` builds runs on them all the same.

mod begin;
pub mod checkup;
mod distribute;
mod locks;
mod lsn;
mod migrate;
mod pool;
mod pool_gauge;
mod pooler;
mod refusal;
mod replicas;
mod transaction;

use std::sync::Arc;

use chassis::Error;
use chassis::idempotency::Key;
use chassis::shutdown::Tasks;
use sea_orm::DbErr;
use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;

use super::{Kept, Scope};
use crate::cache::Cache;
use crate::error::DbResultExt;
pub use distribute::distribute;
pub use migrate::{alone, as_owner, migrate, standing};
use replicas::Replicas;
pub use transaction::{Retreat, Transaction};

/// Where a PostgreSQL database is, and how it is used.
pub struct Postgres {
    /// Where statements go; a PgBouncer of 1.21 or later may stand there.
    pub url: String,
    /// Where the owner of the tables migrates them, past any PgBouncer; `url`, if there is none.
    pub direct_url: Option<String>,
    /// Replicas, for reading.
    pub replication: Option<Replication>,
    /// Whose database it is; its schema and roles are named after it.
    pub service: &'static str,
    /// How many connections may be open at once, beside two for housekeeping.
    pub connections: u32,
}

impl Postgres {
    /// The database of `service` at `url`, without replicas.
    pub fn new(url: impl Into<String>, service: &'static str) -> Self {
        Self { url: url.into(), direct_url: None, replication: None, service, connections: 16 }
    }

    /// The schema of the service.
    pub(super) fn schema(&self) -> String {
        self.service.replace('-', "_")
    }
}

/// Replicas, and how the processes of a service tell each other what a replica must show.
pub struct Replication {
    /// Where the replicas are.
    pub replicas: Vec<String>,
    /// A cache that all processes share which write to this database.
    pub cache: Arc<dyn Cache>,
}

/// The connections of one service to its database.
pub struct Server {
    settings: Postgres,
    names: begin::Names,
    options: PgConnectOptions,
    primary: PgPool,
    /// For ids and for the outbox: who holds a transaction may wait for these, and never the other way round.
    housekeeping: PgPool,
    replicas: Option<Arc<Replicas>>,
}

impl Server {
    /// Opens the first connections, so that a wrong address or a pooler that is of no use shows at once.
    pub async fn connect(settings: Postgres, tasks: &Tasks) -> Result<Self, Error> {
        let names = begin::Names::of(&settings.schema());
        let options = pool::options(&settings.url, settings.service)?;
        let primary = pool::open(settings.connections, options.clone()).await?;
        pooler::check(&options).await?;
        let housekeeping = pool::lazy(2, options.clone());
        let replicas = |replication| Replicas::of(replication, settings.service, settings.connections);
        let replicas = settings.replication.as_ref().map(replicas).transpose()?;
        if let Some(replicas) = &replicas {
            replicas.watch(&housekeeping, tasks);
        }
        pool_gauge::watch(&primary, settings.service, settings.connections);
        Ok(Self { settings, names, options, primary, housekeeping, replicas })
    }

    /// A transaction that may write.
    pub async fn write(&self, scope: Scope) -> Result<Transaction, Error> {
        self.begin(&self.primary, begin::Mode::Write, scope).await.stored()
    }

    /// A transaction that may write rows of several families.
    pub async fn write_of(&self, families: &[i64], kept: Kept) -> Result<Transaction, Error> {
        let (beginning, role) = (self.names.begin_of(families, kept), self.names.role(Scope::Own));
        Transaction::begin(&self.primary, beginning, role).await.stored()
    }

    /// A transaction that may not, and sees at least what was acknowledged.
    pub async fn read(&self, scope: Scope) -> Result<Transaction, Error> {
        let replica = match (&self.replicas, scope) {
            (Some(replicas), Scope::Family(family_id)) => replicas.showing(family_id).await,
            _ => None,
        };
        let Some(replica) = replica else { return self.read_primary(scope).await };
        let beginning = self.names.begin(begin::Mode::Read, scope);
        let retreat = Retreat { replica, primary: self.primary.clone(), beginning };
        Transaction::begin_on_replica(retreat, self.names.role(scope)).await.stored()
    }

    /// Commits what was written of some families. Whoever reads of them after that, in whichever process, sees it.
    pub async fn commit(&self, transaction: Transaction, families: &[i64]) -> Result<(), DbErr> {
        match &self.replicas {
            Some(replicas) if !families.is_empty() => {
                let lsn = transaction.commit_at().await?;
                replicas.wrote(families, lsn).await;
                Ok(())
            }
            _ => transaction.commit().await,
        }
    }

    /// A transaction that may not, and sees all that is committed.
    pub async fn read_primary(&self, scope: Scope) -> Result<Transaction, Error> {
        self.begin(&self.primary, begin::Mode::Read, scope).await.stored()
    }

    /// A short transaction of the house's own, also while all other connections are taken.
    pub async fn housekeeping(&self) -> Result<Transaction, Error> {
        self.begin(&self.housekeeping, begin::Mode::Write, Scope::Own).await.stored()
    }

    /// What a transaction says to go over to another scope.
    pub fn entering(&self, scope: Scope) -> String {
        self.names.enter(scope)
    }

    /// The lock of a request.
    pub fn lock_of(&self, key: &Key) -> i64 {
        locks::of_request(self.settings.service, key)
    }

    /// The lock of who claims outbox rows.
    pub fn lock_of_claims(&self) -> i64 {
        locks::claiming(self.settings.service)
    }

    /// The lock of who chains the audit trail.
    pub fn lock_of_sealing(&self) -> i64 {
        locks::sealing(self.settings.service)
    }

    /// What it was opened with.
    pub fn settings(&self) -> &Postgres {
        &self.settings
    }

    /// Who connects.
    pub fn username(&self) -> &str {
        self.options.get_username()
    }

    /// Ends all connections, once running statements are done.
    pub async fn close(&self) {
        self.primary.close().await;
        self.housekeeping.close().await;
        if let Some(replicas) = &self.replicas {
            replicas.close().await;
        }
    }

    async fn begin(&self, pool: &PgPool, mode: begin::Mode, scope: Scope) -> Result<Transaction, DbErr> {
        Transaction::begin(pool, self.names.begin(mode, scope), self.names.role(scope)).await
    }
}
