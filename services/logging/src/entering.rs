//! How logs that are entered get into the database: many at once, in one transaction of the logs, their answers under the requests'
//! keys, their audit rows and the messages.

use std::time::Duration;

use async_trait::async_trait;
use backends::together::Batch;
use backends::{Action, Answered, Kept, Subject, Tx};
use chassis::Error;

use crate::backstop::Backstop;
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
    /// Its first revision, and its share in the message that tells the scores later.
    New(Box<Revision>, Backstop),
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
        let (revisions, answers): (Vec<_>, Vec<_>) = begun.into_iter().unzip();
        let new: Vec<_> = logs.iter().zip(&revisions).collect();
        let backstop = self.leave(&tx, &new).await?;
        let entered = |revision| Entered::New(Box::new(revision), backstop.clone());
        Ok(tx.commit_new(&answers).await?.then(|| revisions.into_iter().map(entered).collect()))
    }

    /// Enters those whose requests are new, which it asks first.
    async fn enter_new(&self, logs: &[NewLog]) -> Result<Vec<Entered>, Error> {
        let (tx, begun) = self.begin(logs).await?;
        let (revisions, answers): (Vec<_>, Vec<_>) = begun.into_iter().unzip();
        let new = tx.answer_once(&answers).await?;
        let is_new = |log: &NewLog| new.contains(&(log.request.key.user_id, log.request.key.request_id));
        let left: Vec<_> = logs.iter().zip(&revisions).filter(|(log, _)| is_new(log)).collect();
        let backstop = if left.is_empty() { None } else { Some(self.leave(&tx, &left).await?) };
        tx.commit_quietly().await?;
        let entered = |(log, revision)| match backstop.clone().filter(|_| is_new(log)) {
            Some(backstop) => Entered::New(Box::new(revision), backstop),
            None => Entered::Before,
        };
        Ok(logs.iter().zip(revisions).map(entered).collect())
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

    /// Leaves logs to be written when the transaction commits.
    async fn leave(&self, tx: &Tx, logs: &[(&NewLog, &Revision)]) -> Result<Backstop, Error> {
        for (log, revision) in logs {
            self.store.add(tx, revision)?;
            let subject = Subject::of_member(revision.scope.family_id, log.member_id, revision.log_id);
            tx.audit(&log.request.actor, Action::Create, LOG, subject).await?;
        }
        let revisions: Vec<_> = logs.iter().map(|(_, revision)| *revision).collect();
        let message = events::recorded(tx, &revisions, self.backstop).await?;
        Ok(Backstop::new(self.store.db(), message, revisions.len()))
    }
}
