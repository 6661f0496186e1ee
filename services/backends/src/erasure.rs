//! What is erased for good, and who has followed.
//!
//! An erasure is an event in the database of the service that owns its subject, entered in the transaction that erases the subject
//! there. Every other service that keeps something of it follows: it erases what it has and then leaves a receipt beside the
//! event. Whoever dies in between finds the event again without a receipt, so erasing must be a thing that can be done twice. And
//! it is: a request that was under way at the first time may have written behind it, so each service passes over the same
//! subject once more, long after the last such request must have ended.
//!
//! Events and receipts are the record of what was removed where. They hold ids and counts, and nothing of a person.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chassis::{Actor, Error};
use chrono::TimeDelta;
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value};
use uuid::Uuid;

use crate::error::DbResultExt;
use crate::{Action, Database, Scope, Tx, Write};

/// How long after the first pass the second one comes.
const SETTLED: TimeDelta = TimeDelta::minutes(15);
/// How many events are looked up at once.
const PAGE: u32 = 100;

/// How much was removed, by the name of what it was.
pub type Removed = BTreeMap<&'static str, u64>;

/// The end of a subject.
#[derive(Clone, PartialEq, Eq, FromQueryResult)]
pub struct Erasure {
    /// The event's id, by the service it happened in.
    pub id: i64,
    /// The tenant, or 0.
    pub family_id: i64,
    /// Who or what is gone.
    pub subject_id: i64,
    /// A digest by which others know what they keep of it, until all have followed.
    pub digest: Option<String>,
}

/// A service that keeps something of what others decide to erase.
#[async_trait]
pub trait Follower: Sync {
    /// The name of the service.
    fn service(&self) -> &'static str;

    /// Erases what the service has of a subject. It may be called again for one that it has erased.
    async fn erase(&self, erasure: &Erasure) -> Result<Removed, Error>;
}

/// Has a service follow the erasures in the database of their owner that it has not followed yet, and tells how many. One that fails
/// keeps none of the others from being followed; the error is the last one's.
pub async fn follow(owner: &Database, follower: &dyn Follower) -> Result<usize, Error> {
    let (mut followed, mut after, mut failure) = (0, 0, None);
    loop {
        let page = owner.unfollowed(follower.service(), after).await?;
        let Some(last) = page.last() else { break };
        after = last.id;
        for erasure in &page {
            match follow_one(owner, follower, erasure).await {
                Ok(()) => followed += 1,
                Err(error) => {
                    error.log("following an erasure, which the next run does again");
                    failure = Some(error);
                }
            }
        }
    }
    failure.map_or(Ok(followed), Err)
}

async fn follow_one(owner: &Database, follower: &dyn Follower, erasure: &Erasure) -> Result<(), Error> {
    let removed = follower.erase(erasure).await?;
    owner.leave_receipt(erasure, follower.service(), &removed).await
}

impl Tx {
    /// Enters an erasure, for others to follow.
    pub async fn erased(
        &self,
        family_id: i64,
        subject_id: i64,
        digest: Option<String>,
        removed: &Removed,
    ) -> Result<(), Error> {
        let sql = "INSERT INTO erasures (id, of_family, subject_id, digest, removed, erased_at) VALUES ($1, $2, $3, $4, $5, $6)";
        let (id, removed) = (self.next_id("erasures").await?, text(removed)?);
        let values = [
            id.into(),
            family_id.into(),
            subject_id.into(),
            digest.into(),
            removed.into(),
            self.db().clock().now().into(),
        ];
        execute(self.connection(), sql, values).await.map(drop)
    }

    /// Forgets what was answered to requests that made or changed these resources, and tells how many answers that were.
    pub async fn forget_answers(&self, resource_type: &str, resource_ids: &[i64]) -> Result<u64, Error> {
        let mut forgotten = 0;
        for resource_id in resource_ids {
            let sql = "DELETE FROM idempotency WHERE resource_type = $1 AND resource_id = $2";
            forgotten +=
                execute(self.connection(), sql, [resource_type.into(), (*resource_id).into()]).await?;
        }
        Ok(forgotten)
    }

    /// Forgets what a user was answered.
    pub async fn forget_answers_to(&self, user_id: i64) -> Result<u64, Error> {
        execute(self.connection(), "DELETE FROM idempotency WHERE user_id = $1", [user_id.into()]).await
    }
}

impl Database {
    /// The transaction of an erasure.
    pub async fn erase(&self, resource_type: &'static str, scope: Scope) -> Result<Write, Error> {
        self.write(&Actor::system(Uuid::new_v4()), Action::Erase, resource_type, scope).await
    }

    /// Lets go of what an embedded database still has of rows that are gone: the pages of its log of changes. A server's own
    /// upkeep does the same in time.
    pub async fn scrub(&self) -> Result<(), Error> {
        if self.backend() == sea_orm::DbBackend::Sqlite {
            let connection = self.engine().housekeeping().await?;
            connection.execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)").await.stored()?;
        }
        Ok(())
    }

    /// The next page after the erasure with the id `after`.
    async fn unfollowed(&self, service: &'static str, after: i64) -> Result<Vec<Erasure>, Error> {
        let sql = format!(
            "SELECT e.id, e.of_family AS family_id, e.subject_id, e.digest FROM erasures AS e
            LEFT JOIN erasure_receipts AS r ON r.erasure_id = e.id AND r.service = $1
            WHERE e.id > $3 AND (r.passes IS NULL OR r.passes < 2 AND r.followed_at <= $2) ORDER BY e.id LIMIT {PAGE}"
        );
        let values: [Value; 3] = [service.into(), (self.clock().now() - SETTLED).into(), after.into()];
        let connection = self.engine().housekeeping().await?;
        let statement = Statement::from_sql_and_values(self.backend(), sql, values);
        let found = Erasure::find_by_statement(statement).all(&connection).await.stored()?;
        connection.commit().await.stored()?;
        Ok(found)
    }

    async fn leave_receipt(
        &self,
        erasure: &Erasure,
        service: &'static str,
        removed: &Removed,
    ) -> Result<(), Error> {
        let receipt = "INSERT INTO erasure_receipts (erasure_id, service, passes, removed, followed_at)
            VALUES ($1, $2, 1, $3, $4) ON CONFLICT (erasure_id, service)
            DO UPDATE SET passes = erasure_receipts.passes + 1, followed_at = excluded.followed_at";
        let now = self.clock().now();
        let connection = self.engine().housekeeping().await?;
        let values = [erasure.id.into(), service.into(), text(removed)?.into(), now.into()];
        execute(&connection, receipt, values).await?;
        let forget = "UPDATE erasures SET digest = NULL WHERE id = $1 AND digest IS NOT NULL
            AND EXISTS (SELECT 1 FROM erasure_receipts WHERE erasure_id = $1 AND passes > 1)";
        execute(&connection, forget, [erasure.id.into()]).await?;
        connection.commit().await.stored()
    }
}

fn text(removed: &Removed) -> Result<String, Error> {
    serde_json::to_string(removed).map_err(Error::internal)
}

async fn execute<const N: usize>(
    connection: &crate::Connection,
    sql: &str,
    values: [Value; N],
) -> Result<u64, Error> {
    let statement = Statement::from_sql_and_values(connection.get_database_backend(), sql, values);
    Ok(connection.execute_raw(statement).await.stored()?.rows_affected())
}
