//! One effect per request id, however often the request comes.
//!
//! In this process a request that is being worked on is known by a mark. Between processes the primary key decides: of two
//! transactions under one key the second fails as a whole, and its caller, told that the first was in flight, asks again.

use std::marker::PhantomData;
use std::ops::Deref;

use chassis::idempotency::Key;
use chassis::{Actor, Error};
use prost::Message;
use sea_orm::{ActiveValue::Set, EntityTrait};

use super::entity::idempotency;
use super::in_flight::Guard;
use super::{Action, Database, Scope, Subject, Tx, Write};
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
        let id = (key.user_id, key.request_id.to_string());
        if let Some(row) = idempotency::Entity::find_by_id(id).one(self.connection()).await.stored()? {
            if row.fingerprint != key.fingerprint {
                return Err(Error::key_reused());
            }
            let answer = A::decode(row.answer.as_slice()).map_err(Error::internal)?;
            return Ok(Once::Done { answer, resource_id: row.resource_id });
        }
        let write = self.write(actor, action, resource_type, scope).await?;
        Ok(Once::New(Keyed { write: Box::new(write), key: *key, _mark: mark, answer: PhantomData }))
    }
}

impl<A: Message> Keyed<A> {
    /// Commits, with the audit row, and keeps the answer under the key.
    pub async fn commit_with(self, subject: Subject, answer: &A) -> Result<(), Error> {
        let row = idempotency::ActiveModel {
            user_id: Set(self.key.user_id),
            request_id: Set(self.key.request_id.to_string()),
            fingerprint: Set(self.key.fingerprint.to_vec()),
            answer: Set(answer.encode_to_vec()),
            resource_id: Set(subject.resource_id),
            created_at: Set(self.write.db().clock().now()),
        };
        let stored = idempotency::Entity::insert(row).exec_without_returning(self.write.connection()).await;
        stored.map_err(|e| if is_unique_violation(&e) { Error::in_flight() } else { db_error(&e) })?;
        self.write.commit(subject).await
    }
}

impl<A> Deref for Keyed<A> {
    type Target = Tx;

    fn deref(&self) -> &Tx {
        &self.write
    }
}
