//! A database on PostgreSQL.
//!
//! Everything runs in transactions that begin by taking on a role of the service, its schema, and the family whose rows row-level
//! security then lets through, in one round trip ([`begin`]). Nothing is kept in the session, so a PgBouncer may stand in
//! between. `sea-orm` knows no such beginning; so transactions are made on the driver beneath it ([`transaction`]), and what
//! `sea-orm` builds runs on them all the same.

mod begin;
mod locks;
mod migrate;
mod pool;
mod pool_gauge;
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

use super::Scope;
use crate::error::DbResultExt;
pub use migrate::{as_owner, migrate};
use replicas::Replicas;
pub use transaction::{Retreat, Transaction};

/// Where a PostgreSQL database is, and how it is used.
pub struct Postgres {
    /// Where statements go; a PgBouncer of 1.21 or later may stand there.
    pub url: String,
    /// Where the owner of the tables migrates them, past any PgBouncer; `url`, if there is none.
    pub direct_url: Option<String>,
    /// Replicas, for reading.
    pub replicas: Vec<String>,
    /// Whose database it is; its schema and roles are named after it.
    pub service: &'static str,
    /// How many connections may be open at once, beside two for housekeeping.
    pub connections: u32,
}

impl Postgres {
    /// The database of `service` at `url`, without replicas.
    pub fn new(url: impl Into<String>, service: &'static str) -> Self {
        Self { url: url.into(), direct_url: None, replicas: Vec::new(), service, connections: 16 }
    }

    /// The schema of the service.
    pub(super) fn schema(&self) -> String {
        self.service.replace('-', "_")
    }
}

/// The connections of one service to its database.
pub struct Server {
    settings: Postgres,
    names: begin::Names,
    options: PgConnectOptions,
    primary: PgPool,
    /// For ids and for the outbox: who holds a transaction may wait for these, and never the other way round.
    housekeeping: PgPool,
    replicas: Arc<Replicas>,
}

impl Server {
    /// Opens the first connection, so that a wrong address shows at once.
    pub async fn connect(settings: Postgres, tasks: &Tasks) -> Result<Self, Error> {
        let names = begin::Names::of(&settings.schema());
        let options = pool::options(&settings.url, settings.service)?;
        let primary = pool::open(settings.connections, options.clone()).await?;
        let housekeeping = pool::lazy(2, options.clone());
        let replicas = Replicas::of(&settings.replicas, settings.service, settings.connections)?;
        replicas.watch(&housekeeping, tasks);
        pool_gauge::watch(&primary, settings.service, settings.connections);
        Ok(Self { settings, names, options, primary, housekeeping, replicas })
    }

    /// A transaction that may write.
    pub async fn write(&self, scope: Scope) -> Result<Transaction, Error> {
        self.begin(&self.primary, begin::Mode::Write, scope).await.stored()
    }

    /// A transaction that may not, and need not see what others have only just committed.
    pub async fn read(&self, scope: Scope) -> Result<Transaction, Error> {
        let Scope::Family(family_id) = scope else { return self.read_primary(scope).await };
        let Some(replica) = self.replicas.showing(family_id) else { return self.read_primary(scope).await };
        let beginning = self.names.begin(begin::Mode::Read, scope);
        let retreat = Retreat { replica, primary: self.primary.clone(), beginning };
        Transaction::begin_on_replica(retreat, self.names.role(scope)).await.stored()
    }

    /// Notes that something of a family was committed, or may have been.
    pub fn wrote(&self, families: &[i64]) {
        self.replicas.wrote(families);
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
        self.replicas.close().await;
    }

    async fn begin(&self, pool: &PgPool, mode: begin::Mode, scope: Scope) -> Result<Transaction, DbErr> {
        Transaction::begin(pool, self.names.begin(mode, scope), self.names.role(scope)).await
    }
}
