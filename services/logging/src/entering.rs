//! How logs that are entered get into the database: many at once, in one transaction of the logs, their answers under the requests'
//! keys, their audit rows and the messages.

use std::time::Duration;

use async_trait::async_trait;
use backends::together::Batch;
use backends::{Action, Answered, Subject};
use chassis::Error;
use uuid::Uuid;

use crate::domain::log::{Authorship, Revision};
use crate::domain::moment::Moment;
use crate::domain::payload::Payload;
use crate::domain::{Scope, id};
use crate::events;
use crate::journal::{LOG, Request};
use crate::store::Store;

/// A log that a person enters.
#[derive(Clone)]
pub struct NewLog {
    /// By what request.
    pub request: Request,
    /// Where it belongs.
    pub scope: Scope,
    /// Whom it is about.
    pub member_id: i64,
    /// When it happened.
    pub moment: Moment,
    /// What it says.
    pub payload: Payload,
    /// Who says so.
    pub by: Authorship,
    /// What its request is answered.
    pub answer: fn(&Revision) -> Vec<u8>,
}

/// What came of it.
pub enum Entered {
    /// Its first revision, and the message that tells the scores of it later.
    New(Box<Revision>, Uuid),
    /// Nothing: its request was done before.
    Before,
}

/// Writes logs to a store.
pub struct Entering {
    /// Where to.
    pub store: Store,
    /// How long after the commit the message leaves.
    pub backstop: Duration,
}

#[async_trait]
impl Batch for Entering {
    type Work = NewLog;
    type Done = Entered;

    async fn run(&self, logs: &[NewLog]) -> Result<Vec<Entered>, Error> {
        let tx = self.store.db().open_for(logs.iter().map(|log| log.scope.family_id)).await?;
        let (mut revisions, mut answers) = (Vec::with_capacity(logs.len()), Vec::with_capacity(logs.len()));
        for NewLog { request, scope, moment, payload, by, answer, .. } in logs {
            let log_id = id::compose(moment.timestamp, tx.next_id("daily_logs").await?)
                .ok_or_else(|| Error::internal("there is no id for a log at this time"))?;
            let revision = Revision::entered(*scope, log_id, *moment, payload.clone(), by.clone());
            let answer = answer(&revision);
            answers.push(Answered { key: request.key, answer, resource_type: LOG, resource_id: log_id });
            revisions.push(revision);
        }
        let new = tx.answer_once(&answers).await?;
        let mut entered = Vec::with_capacity(logs.len());
        for (NewLog { request, member_id, .. }, revision) in logs.iter().zip(revisions) {
            let Request { key, actor } = request;
            if !new.contains(&(key.user_id, key.request_id)) {
                entered.push(Entered::Before);
                continue;
            }
            self.store.add(&tx, &revision)?;
            let subject = Subject::of_member(revision.scope.family_id, *member_id, revision.log_id);
            tx.audit(actor, Action::Create, LOG, subject).await?;
            let backstop = events::recorded(&tx, &revision, self.backstop).await?;
            entered.push(Entered::New(Box::new(revision), backstop));
        }
        tx.commit_quietly().await?;
        Ok(entered)
    }
}
