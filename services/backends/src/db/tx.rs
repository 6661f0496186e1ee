use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chassis::audit::{self, Entry, Outcome};
use chassis::{Actor, Error};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ConnectionTrait, DbErr, QueryResult};
use serde::Serialize;
use uuid::Uuid;

use super::entity::{audit_log, outbox};
use super::rows::{Conflict, Rows};
use super::{Action, Connection, Database, Engine, Scope, Subject, ids};
use crate::error::DbResultExt;

/// One transaction: the effect, and all that must stand or fall with it. Dropped without a commit, nothing has happened.
///
/// It holds the one writing connection of an embedded database, and one of few elsewhere, so never hold it across a call to another service.
pub struct Tx {
    db: Database,
    inner: Connection,
    /// Blocks of ids reserved inside; they exist for others only once this commits.
    blocks: ids::Blocks,
    /// What is added when this commits.
    later: Mutex<Vec<Rows>>,
    /// Whether there is something for the relay.
    due_now: AtomicBool,
    /// The families it is about.
    families: Mutex<Vec<i64>>,
}

impl Tx {
    pub(super) fn new(db: Database, inner: Connection, families: Vec<i64>) -> Self {
        let families = Mutex::new(families);
        Self {
            db,
            inner,
            blocks: ids::Blocks::default(),
            later: Mutex::default(),
            due_now: AtomicBool::new(false),
            families,
        }
    }

    /// The transaction, for the statements of the effect.
    pub fn connection(&self) -> &Connection {
        &self.inner
    }

    /// The time by the database's clock when this transaction began, as [`super::Reader::now`].
    pub async fn now(&self) -> Result<DateTime<Utc>, Error> {
        self.inner.now(self.db.clock()).await
    }

    /// The same as part of a statement.
    pub fn time(&self) -> Expr {
        self.inner.time(self.db.clock())
    }

    /// Goes over to another scope, for one who has business with two families.
    pub async fn enter(&self, scope: Scope) -> Result<(), Error> {
        // row-level security would refuse in the other what was left for later in this one
        self.add_now().await?;
        if let Engine::Postgres(server) = self.db.engine() {
            self.inner.execute_unprepared(&server.entering(scope)).await.stored()?;
            self.families.lock().unwrap_or_else(PoisonError::into_inner).extend(scope.family());
        }
        Ok(())
    }

    /// Adds a row when this commits, together with all that was left so, on PostgreSQL in one statement: for rows that nothing
    /// reads before then. Every column must be set.
    pub fn add_later<A: ActiveModelTrait>(&self, row: A) -> Result<(), Error> {
        self.leave(&row, Conflict::Refuse)
    }

    /// The same, in place of the row that has the key already. No key may come twice.
    pub fn put_later<A: ActiveModelTrait>(&self, row: A) -> Result<(), Error> {
        self.leave(&row, Conflict::Replace)
    }

    fn leave<A: ActiveModelTrait>(&self, row: &A, conflict: Conflict) -> Result<(), Error> {
        let mut later = self.later.lock().unwrap_or_else(PoisonError::into_inner);
        let place = match later.iter().position(|rows| rows.are_of::<A>(conflict)) {
            Some(place) => place,
            None => {
                later.push(Rows::none::<A>(conflict).stored()?);
                later.len() - 1
            }
        };
        later[place].push(row).stored()
    }

    /// Adds rows now, but for those whose key is there already, and tells the keys of those that are new.
    pub(super) async fn add_new<A: ActiveModelTrait>(&self, rows: &[A]) -> Result<Vec<QueryResult>, DbErr> {
        let mut new = Rows::none::<A>(Conflict::Skip)?;
        rows.iter().try_for_each(|row| new.push(row))?;
        self.inner.add_all(vec![new]).await
    }

    /// Adds now what was left for later, for one who goes on to read it.
    pub async fn add_now(&self) -> Result<(), Error> {
        self.settle().await.stored()
    }

    /// The families it is about.
    pub(super) fn families(&self) -> Vec<i64> {
        self.families.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) async fn settle(&self) -> Result<(), DbErr> {
        let later = std::mem::take(&mut *self.later.lock().unwrap_or_else(PoisonError::into_inner));
        self.inner.add_all(later).await.map(drop)
    }

    /// The next id of a sequence, as by [`Database::next_id`].
    pub async fn next_id(&self, sequence: &'static str) -> Result<i64, Error> {
        if let Some(id) = self.blocks.take(sequence).or_else(|| self.db.0.ids.blocks.take(sequence)) {
            return Ok(id);
        }
        if let Engine::Postgres(_) = self.db.engine() {
            // not here, where the sequence's row would stay locked for as long as all this takes
            return self.db.next_id(sequence).await;
        }
        let mut block = ids::reserve(sequence, ids::BLOCK, &self.inner).await?;
        let id = block.next().ok_or_else(|| Error::internal("an empty block of ids"))?;
        self.blocks.give(sequence, block);
        Ok(id)
    }

    /// Leaves a message for all queues of a topic; it is published after the commit. Ids only, never health data.
    pub async fn publish(&self, topic: &'static str, payload: &impl Serialize) -> Result<Uuid, Error> {
        self.publish_after(topic, payload, Duration::ZERO).await
    }

    /// Leaves a message that is published after `delay`, unless [`Database::outbox_done`] says before that it need not be:
    /// for one who delivers right after the commit by a shorter way and keeps the message for the case that it fails.
    pub async fn publish_after(
        &self,
        topic: &'static str,
        payload: &impl Serialize,
        delay: Duration,
    ) -> Result<Uuid, Error> {
        let (id, row) = self.outgoing(topic, payload, delay)?;
        self.add_later(row)?;
        if delay.is_zero() {
            self.due_now.store(true, Ordering::Relaxed);
        }
        Ok(id)
    }

    fn outgoing(
        &self,
        topic: &'static str,
        payload: &impl Serialize,
        delay: Duration,
    ) -> Result<(Uuid, outbox::ActiveModel), Error> {
        let (id, now) = (Uuid::now_v7(), self.db.clock().now());
        let row = outbox::ActiveModel {
            id: Set(id.to_string()),
            topic: Set(topic.to_owned()),
            body: Set(serde_json::to_vec(payload).map_err(Error::internal)?),
            traceparent: Set(crate::trace::current()),
            attempts: Set(0),
            created_at: Set(now),
            due_at: Set(now + delay),
            claimed_by: Set(None),
            claimed_at: Set(None),
        };
        Ok((id, row))
    }

    /// Adds an audit row: beside the one that [`super::Write::commit`] writes, or for a consumer that acts on its own.
    pub async fn audit(
        &self,
        actor: &Actor,
        action: Action,
        resource_type: &'static str,
        subject: Subject,
    ) -> Result<(), Error> {
        self.record(actor, action, resource_type, subject, Outcome::Success).await
    }

    /// Commits without an audit row: the effect is not a person's act.
    pub async fn commit_quietly(self) -> Result<(), Error> {
        self.add_now().await?;
        let families = self.families.into_inner().unwrap_or_else(PoisonError::into_inner);
        self.inner.commit_for(self.db.engine(), &families).await.stored()?;
        self.blocks.pour(&self.db.0.ids.blocks);
        if self.due_now.into_inner() {
            self.db.outbox_filled().notify_one();
        }
        Ok(())
    }

    pub(super) async fn record(
        &self,
        actor: &Actor,
        action: Action,
        resource_type: &'static str,
        subject: Subject,
        outcome: Outcome,
    ) -> Result<(), Error> {
        let entry = Entry { outcome, ..entry(actor, action, resource_type, subject) };
        self.add_entries(vec![(entry, self.db.clock().now())]).await
    }

    /// Adds lines to the audit trail, each with its time.
    pub(crate) async fn add_entries(&self, entries: Vec<(Entry, DateTime<Utc>)>) -> Result<(), Error> {
        for (Entry { actor, action, subject, outcome }, at) in entries {
            self.add_later(audit_log::ActiveModel {
                id: Set(self.next_id("audit_logs").await?),
                family_id: Set(subject.family_id),
                actor_id: Set(actor.user_id),
                resource_type: Set(subject.resource_type.to_owned()),
                resource_id: Set(subject.resource_id),
                member_id: Set(subject.member_id),
                action: Set(action.to_owned()),
                outcome: Set(outcome.as_str().to_owned()),
                ip_address: Set(actor.address),
                request_id: Set(actor.request_id.to_string()),
                timestamp: Set(at),
            })?;
        }
        Ok(())
    }

    pub(crate) fn db(&self) -> &Database {
        &self.db
    }
}

/// The entry of what was done.
fn entry(actor: &Actor, action: Action, resource_type: &'static str, subject: Subject) -> Entry {
    let Subject { family_id, resource_id, member_id } = subject;
    let subject = audit::Subject { family_id, member_id, resource_type, resource_id };
    Entry { actor: actor.clone(), action: action.as_str(), subject, outcome: Outcome::Success }
}
