//! How logs that are entered get into the database: many at once, in one transaction of the logs, their answers under the requests'
//! keys, their audit rows and the messages.

use std::time::Duration;

use async_trait::async_trait;
use backends::together::Batch;
use backends::{Action, Answered, Kept, Subject, Tx};
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
        match self.enter_all(logs).await? {
            Some(entered) => Ok(entered),
            None => self.enter_new(logs).await,
        }
    }
}

impl Entering {
    /// Enters logs whose requests are all new, as nearly all are; none, when one was done before.
    async fn enter_all(&self, logs: &[NewLog]) -> Result<Option<Vec<Entered>>, Error> {
        let (tx, begun) = self.begin(logs).await?;
        let (mut entered, mut answers) = (Vec::with_capacity(logs.len()), Vec::with_capacity(logs.len()));
        for (log, (revision, answer)) in logs.iter().zip(begun) {
            entered.push(self.leave(&tx, log, revision).await?);
            answers.push(answer);
        }
        Ok(tx.commit_new(&answers).await?.then_some(entered))
    }

    /// Enters those whose requests are new, which it asks first.
    async fn enter_new(&self, logs: &[NewLog]) -> Result<Vec<Entered>, Error> {
        let (tx, begun) = self.begin(logs).await?;
        let (revisions, answers): (Vec<_>, Vec<_>) = begun.into_iter().unzip();
        let new = tx.answer_once(&answers).await?;
        let mut entered = Vec::with_capacity(logs.len());
        for (log, revision) in logs.iter().zip(revisions) {
            entered.push(match new.contains(&(log.request.key.user_id, log.request.key.request_id)) {
                true => self.leave(&tx, log, revision).await?,
                false => Entered::Before,
            });
        }
        tx.commit_quietly().await?;
        Ok(entered)
    }

    /// Their first revisions, and what their requests are answered.
    async fn begin(&self, logs: &[NewLog]) -> Result<(Tx, Vec<(Revision, Answered)>), Error> {
        let families = logs.iter().map(|log| log.scope.family_id);
        let tx = self.store.db().open_for(families, Kept::AtOnce).await?;
        let mut begun = Vec::with_capacity(logs.len());
        for NewLog { request, scope, moment, payload, by, answer, .. } in logs {
            let log_id = id::compose(moment.timestamp, tx.next_id("daily_logs").await?)
                .ok_or_else(|| Error::internal("there is no id for a log at this time"))?;
            let revision = Revision::entered(*scope, log_id, *moment, payload.clone(), by.clone());
            let answer = answer(&revision);
            let answered = Answered { key: request.key, answer, resource_type: LOG, resource_id: log_id };
            begun.push((revision, answered));
        }
        Ok((tx, begun))
    }

    /// Leaves a log to be written when the transaction commits.
    async fn leave(&self, tx: &Tx, log: &NewLog, revision: Revision) -> Result<Entered, Error> {
        self.store.add(tx, &revision)?;
        let subject = Subject::of_member(revision.scope.family_id, log.member_id, revision.log_id);
        tx.audit(&log.request.actor, Action::Create, LOG, subject).await?;
        let backstop = events::recorded(tx, &revision, self.backstop).await?;
        Ok(Entered::New(Box::new(revision), backstop))
    }
}
