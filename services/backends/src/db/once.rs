//! One effect per request id, however often the request comes.
//!
//! In this process a request that is being worked on is known by a mark, and between processes on PostgreSQL by a lock. The last
//! word has the primary key: of two transactions under one key the second fails as a whole, and its caller, told that the
//! first was in flight, asks again.

use std::collections::HashSet;
use std::marker::PhantomData;
use std::ops::Deref;

use chassis::audit::Outcome;
use chassis::idempotency::Key;
use chassis::{Actor, Error};
use chrono::{DateTime, Utc};
use prost::Message;
use sea_orm::{ActiveValue::Set, DbBackend, EntityTrait, FromQueryResult, QueryResult, Statement};
use uuid::Uuid;

use super::entity::idempotency;
use super::in_flight::Guard;
use super::{Action, Connection, Database, Engine, Scope, Subject, Tx, Write};
use crate::error::{DbResultExt, db_error, is_unique_violation};

/// What there is to do for a request.
pub enum Once<A> {
    /// Nothing: it was done before, and this was the answer.
    Done {
        /// The answer that was given.
        answer: A,
        /// The resource it was about.
        resource_id: i64,
    },
    /// Everything: it is new, and this is its transaction.
    New(Keyed<A>),
}

/// The transaction of a request that has a key; it commits only with its answer.
pub struct Keyed<A> {
    // Dropped in this order, so that the mark outlives the transaction. Boxed, since the other answer is small.
    write: Box<Write>,
    key: Key,
    _mark: Guard,
    answer: PhantomData<fn(A)>,
}

impl<A> Once<A> {
    fn done((answer, resource_id): (A, i64)) -> Self {
        Self::Done { answer, resource_id }
    }
}

impl Database {
    /// Opens the transaction of a write that happens once per key. Fails when the same request is in flight, or when the key
    /// was used for another.
    pub async fn write_once<A: Message + Default>(
        &self,
        key: &Key,
        actor: &Actor,
        action: Action,
        resource_type: &'static str,
        scope: Scope,
    ) -> Result<Once<A>, Error> {
        let mark = self.0.in_flight.enter((key.user_id, key.request_id)).ok_or_else(Error::in_flight)?;
        if let Engine::Sqlite(_) = self.engine()
            && let Some(kept) = find(self.read(Scope::Own).await?.connection(), key).await?
        {
            return kept.answered(key).map(Once::done);
        }
        let write = self.write(actor, action, resource_type, scope).await?;
        if let Engine::Postgres(server) = self.engine()
            && let Some(kept) = find_or_lock(write.connection(), key, server.lock_of(key)).await?
        {
            // whoever is told so must be able to read it, though its own commit may not have come to tell of itself
            write.commit_quietly().await?;
            return kept.answered(key).map(Once::done);
        }
        Ok(Once::New(Keyed { write: Box::new(write), key: *key, _mark: mark, answer: PhantomData }))
    }
}

/// A request that is done together with others, and what it will have been answered.
pub struct Answered {
    /// The request.
    pub key: Key,
    /// The answer, encoded.
    pub answer: Vec<u8>,
    /// What kind of resource it is about.
    pub resource_type: &'static str,
    /// Its id.
    pub resource_id: i64,
}

impl Database {
    /// Marks a request as being worked on in this process, for as long as what this returns is kept. Fails when it is so already.
    pub fn mark(&self, key: &Key) -> Result<impl Send + use<>, Error> {
        self.0.in_flight.enter((key.user_id, key.request_id)).ok_or_else(Error::in_flight)
    }

    /// What a request was answered that was done before; fails when it is not over yet, or its key was used for another.
    pub async fn answered<A: Message + Default>(&self, key: &Key) -> Result<(A, i64), Error> {
        let kept = find(self.read_primary(Scope::Own).await?.connection(), key).await?;
        kept.ok_or_else(Error::in_flight)?.answered(key)
    }
}

impl Tx {
    /// Commits with the answers of requests that are all new, which go in with the rows that were left for later; false, and nothing
    /// has happened, when one of them was done before or elsewhere meanwhile.
    pub async fn commit_new(self, all: &[Answered]) -> Result<bool, Error> {
        if !self.keep(all).await? {
            return Ok(false);
        }
        self.commit_quietly().await.map(|()| true)
    }

    /// Adds the answers with all that was left for later, and tells whether the requests are new. If not, nothing can be committed.
    async fn keep(&self, all: &[Answered]) -> Result<bool, Error> {
        for row in self.in_order(all) {
            self.add_later(row)?;
        }
        match self.settle().await {
            Ok(()) => Ok(true),
            // of all that is left for later only these keys may be another's
            Err(error) if is_unique_violation(&error) => Ok(false),
            Err(error) => Err(db_error(&error)),
        }
    }

    /// Keeps the answers of requests that are done in this transaction, and tells which requests are new. The
    /// others were done before, or are done elsewhere right now and are over when this returns; nothing is to be done for them.
    pub async fn answer_once(&self, all: &[Answered]) -> Result<HashSet<(i64, Uuid)>, Error> {
        let new = self.add_new(&self.in_order(all)).await.stored()?;
        let key = |row: &QueryResult| {
            let request_id: String = row.try_get("", "request_id").stored()?;
            let request_id = Uuid::try_parse(&request_id).map_err(Error::internal)?;
            Ok((row.try_get("", "user_id").stored()?, request_id))
        };
        new.iter().map(key).collect()
    }

    /// Everybody's in the same order, so that two who do the same requests never wait for each other.
    fn in_order(&self, all: &[Answered]) -> Vec<idempotency::ActiveModel> {
        let mut all: Vec<_> = all.iter().collect();
        all.sort_unstable_by_key(|answered| (answered.key.user_id, answered.key.request_id));
        let now = self.db().clock().now();
        all.into_iter().map(|answered| row(answered, now)).collect()
    }
}

fn row(answered: &Answered, now: DateTime<Utc>) -> idempotency::ActiveModel {
    idempotency::ActiveModel {
        user_id: Set(answered.key.user_id),
        request_id: Set(answered.key.request_id.to_string()),
        fingerprint: Set(answered.key.fingerprint.to_vec()),
        answer: Set(answered.answer.clone()),
        resource_id: Set(answered.resource_id),
        resource_type: Set(answered.resource_type.to_owned()),
        created_at: Set(now),
    }
}

/// What is kept of a request.
struct Kept {
    fingerprint: Vec<u8>,
    answer: Vec<u8>,
    resource_id: i64,
}

impl Kept {
    /// The answer that was given to the request, and the resource it is about.
    fn answered<A: Message + Default>(self, key: &Key) -> Result<(A, i64), Error> {
        if self.fingerprint != key.fingerprint {
            return Err(Error::key_reused());
        }
        Ok((A::decode(self.answer.as_slice()).map_err(Error::internal)?, self.resource_id))
    }
}

async fn find(connection: &Connection, key: &Key) -> Result<Option<Kept>, Error> {
    let id = (key.user_id, key.request_id.to_string());
    let row = idempotency::Entity::find_by_id(id).one(connection).await.stored()?;
    let kept = |row: idempotency::Model| Kept {
        fingerprint: row.fingerprint,
        answer: row.answer,
        resource_id: row.resource_id,
    };
    Ok(row.map(kept))
}

/// What is kept of a request; when there is nothing yet, the transaction takes the request's lock, and fails when another has it.
/// Both in one statement: should the other commit right between, the primary key refuses this one.
async fn find_or_lock(connection: &Connection, key: &Key, lock: i64) -> Result<Option<Kept>, Error> {
    #[derive(FromQueryResult)]
    struct Row {
        free: bool,
        fingerprint: Option<Vec<u8>>,
        answer: Option<Vec<u8>>,
        resource_id: Option<i64>,
    }
    let sql = "SELECT pg_try_advisory_xact_lock($1) AS free, kept.fingerprint, kept.answer, kept.resource_id
        FROM (SELECT 1) AS one LEFT JOIN idempotency AS kept ON kept.user_id = $2 AND kept.request_id = $3";
    let values = [lock.into(), key.user_id.into(), key.request_id.to_string().into()];
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, values);
    match Row::find_by_statement(statement).one(connection).await.stored()? {
        Some(Row {
            fingerprint: Some(fingerprint),
            answer: Some(answer),
            resource_id: Some(resource_id),
            ..
        }) => Ok(Some(Kept { fingerprint, answer, resource_id })),
        Some(Row { free: true, .. }) => Ok(None),
        _ => Err(Error::in_flight()),
    }
}

impl<A: Message> Keyed<A> {
    /// Commits, with the audit row, and keeps the answer under the key.
    pub async fn commit_with(self, subject: Subject, answer: &A) -> Result<(), Error> {
        let answered = Answered {
            key: self.key,
            answer: answer.encode_to_vec(),
            resource_type: self.write.resource_type(),
            resource_id: subject.resource_id,
        };
        self.write.record(subject, Outcome::Success).await?;
        self.write.tell_changes().await?;
        if !self.write.keep(&[answered]).await? {
            return Err(Error::in_flight());
        }
        self.write.commit_quietly().await
    }
}

impl<A> Deref for Keyed<A> {
    type Target = Tx;

    fn deref(&self) -> &Tx {
        &self.write
    }
}
