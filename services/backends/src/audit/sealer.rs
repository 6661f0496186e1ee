use std::collections::HashMap;
use std::time::Duration;

use chassis::{Error, Foundation};
use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::{ConnectionTrait, EntityTrait, FromQueryResult, PaginatorTrait, QuerySelect, Statement};
use tokio::time::Instant;

use super::chain::{self, Hash, Seal};
use super::checkpoint::{Notary, last_seal};
use crate::db::{Engine, audit_chain, audit_log, audit_pending, audit_seal};
use crate::error::DbResultExt;
use crate::{Connection, Database, Scope};

/// How often to look for rows that are not chained.
const BEAT: Duration = Duration::from_millis(500);
/// How often a checkpoint is signed.
const BETWEEN_CHECKPOINTS: Duration = Duration::from_secs(60);
/// How many rows are chained at once.
const BATCH: u64 = 1_000;

/// Chains the audit rows of a database, and has checkpoints signed.
pub struct Sealer {
    db: Database,
    notary: Notary,
}

/// The end of a family's chain.
struct Head {
    sequence: i64,
    hash: Hash,
}

impl Sealer {
    /// A sealer of a database whose tables are there.
    pub fn new(db: Database, notary: Notary) -> Self {
        Self { db, notary }
    }

    /// Works until the process stops.
    pub fn start(self, foundation: &Foundation) {
        let tasks = foundation.tasks.clone();
        foundation.tasks.spawn("audit sealer", async move {
            let mut signed = Instant::now();
            while !tasks.is_stopping() {
                self.seal_all().await.unwrap_or_else(|error| error.log("chaining the audit trail"));
                if signed.elapsed() >= BETWEEN_CHECKPOINTS {
                    signed = Instant::now();
                    self.sign().await.unwrap_or_else(|error| error.log("signing the audit trail"));
                }
                tokio::select! {
                    () = tasks.stopping() => {}
                    () = tokio::time::sleep(BEAT) => {}
                }
            }
            // what the last requests left is chained too
            self.seal_all().await.unwrap_or_else(|error| error.log("chaining the end of the audit trail"));
        });
    }

    /// Chains what is there, and signs how far the trail has come: all that the task does, once.
    pub async fn run_once(&self) -> Result<(), Error> {
        self.seal_all().await?;
        self.sign().await
    }

    async fn sign(&self) -> Result<(), Error> {
        self.notary.copy_missing(&self.db).await?;
        self.notary.sign(&self.db).await.map(drop)
    }

    /// Chains all rows that are committed.
    async fn seal_all(&self) -> Result<(), Error> {
        while self.is_pending().await? && self.seal().await? == BATCH as usize {}
        Ok(())
    }

    async fn is_pending(&self) -> Result<bool, Error> {
        let reader = self.db.read_primary(Scope::Audit).await?;
        let one = audit_pending::Entity::find().limit(1).count(reader.connection()).await.stored()?;
        Ok(one > 0)
    }

    /// Chains some rows in one transaction, and says how many.
    async fn seal(&self) -> Result<usize, Error> {
        let tx = self.db.open(Scope::Audit).await?;
        let connection = tx.connection();
        if let Engine::Postgres(server) = self.db.engine() {
            // one sealer at a time: two would both go on from the same heads
            let lock = format!("SELECT pg_advisory_xact_lock({})", server.lock_of_sealing());
            connection.execute_unprepared(&lock).await.stored()?;
        }
        let rows = pending(connection).await?;
        if rows.is_empty() {
            return Ok(0);
        }
        let before = last_seal(connection).await?;
        let number = before.as_ref().map_or(1, |seal| seal.number + 1);
        let previous = before.as_ref().map_or_else(chain::beginning, |seal| seal.digest.clone());
        let mut heads = heads(connection).await?;
        let mut seal = Seal::after(&previous, number);
        for row in &rows {
            let head =
                heads.entry(row.family_id).or_insert_with(|| Head { sequence: 0, hash: chain::beginning() });
            head.sequence += 1;
            head.hash = chain::link(&head.hash, head.sequence, row)?;
            seal.add(row.family_id, head.sequence, &head.hash);
            tx.add_later(audit_chain::ActiveModel {
                family_id: Set(row.family_id),
                sequence: Set(head.sequence),
                audit_id: Set(row.id),
                seal: Set(number),
                hash: Set(head.hash.clone()),
            })?;
        }
        tx.add_now().await?;
        let total =
            before.map_or(0, |seal| seal.total) + i64::try_from(rows.len()).map_err(Error::internal)?;
        enter(connection, number, total, seal.digest(), self.db.clock().now()).await?;
        forget(connection, number).await?;
        tx.commit_quietly().await?;
        Ok(rows.len())
    }
}

/// Rows without a place, by family.
async fn pending(connection: &Connection) -> Result<Vec<audit_log::Model>, Error> {
    let sql = format!(
        "SELECT log.* FROM (SELECT family_id, audit_id FROM audit_pending ORDER BY family_id, audit_id LIMIT {BATCH}) AS pending
            JOIN audit_logs AS log ON log.family_id = pending.family_id AND log.id = pending.audit_id
            ORDER BY log.family_id, log.id"
    );
    let ask = Statement::from_string(connection.get_database_backend(), sql);
    audit_log::Model::find_by_statement(ask).all(connection).await.stored()
}

/// The heads of all chains that rows wait for: each by the end of the index, however the planner thinks of the tables' sizes.
async fn heads(connection: &Connection) -> Result<HashMap<i64, Head>, Error> {
    #[derive(FromQueryResult)]
    struct Row {
        family_id: i64,
        sequence: Option<i64>,
        hash: Option<Hash>,
    }
    let last = |column| {
        format!(
            "(SELECT link.{column} FROM audit_chain AS link WHERE link.family_id = waiting.family_id
                ORDER BY link.sequence DESC LIMIT 1) AS {column}"
        )
    };
    let sql = format!(
        "SELECT waiting.family_id, {}, {} FROM (SELECT DISTINCT family_id FROM audit_pending) AS waiting",
        last("sequence"),
        last("hash")
    );
    let ask = Statement::from_string(connection.get_database_backend(), sql);
    let found = Row::find_by_statement(ask).all(connection).await.stored()?;
    let head = |row: Row| Some((row.family_id, Head { sequence: row.sequence?, hash: row.hash? }));
    Ok(found.into_iter().filter_map(head).collect())
}

async fn enter(
    connection: &Connection,
    number: i64,
    total: i64,
    digest: Hash,
    sealed_at: DateTime<Utc>,
) -> Result<(), Error> {
    let row = audit_seal::ActiveModel {
        number: Set(number),
        total: Set(total),
        digest: Set(digest),
        sealed_at: Set(sealed_at),
    };
    audit_seal::Entity::insert(row).exec_without_returning(connection).await.stored()?;
    Ok(())
}

/// Takes what has its place now out of what is pending.
async fn forget(connection: &Connection, number: i64) -> Result<(), Error> {
    let sql = "DELETE FROM audit_pending WHERE (family_id, audit_id) IN
        (SELECT family_id, audit_id FROM audit_chain WHERE seal = $1)";
    let values = [number.into()];
    let forget = Statement::from_sql_and_values(connection.get_database_backend(), sql, values);
    connection.execute_raw(forget).await.stored()?;
    Ok(())
}
