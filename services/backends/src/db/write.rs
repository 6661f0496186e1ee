use std::ops::Deref;

use chassis::audit::Outcome;
use chassis::{Actor, Error};

use super::{Action, Subject, Tx};

/// The transaction of one write, which leaves an audit row when it commits.
pub struct Write {
    tx: Tx,
    actor: Actor,
    action: Action,
    resource_type: &'static str,
}

impl Write {
    pub(super) fn new(tx: Tx, actor: Actor, action: Action, resource_type: &'static str) -> Self {
        Self { tx, actor, action, resource_type }
    }

    pub(super) fn resource_type(&self) -> &'static str {
        self.resource_type
    }

    /// Commits, with the audit row.
    pub async fn commit(self, subject: Subject) -> Result<(), Error> {
        self.record(subject, Outcome::Success).await?;
        self.tx.tell_changes().await?;
        self.tx.commit_quietly().await
    }

    /// Commits what an attempt left behind, such as its count, with an audit row that says that it was refused.
    pub async fn commit_denied(self, subject: Subject) -> Result<(), Error> {
        self.record(subject, Outcome::Denied).await?;
        self.tx.commit_quietly().await
    }

    /// Commits without an audit row: nothing that a person would look for has changed.
    pub async fn commit_quietly(self) -> Result<(), Error> {
        self.tx.commit_quietly().await
    }

    pub(super) async fn record(&self, subject: Subject, outcome: Outcome) -> Result<(), Error> {
        self.tx.record(&self.actor, self.action, self.resource_type, subject, outcome).await
    }
}

impl Deref for Write {
    type Target = Tx;

    fn deref(&self) -> &Tx {
        &self.tx
    }
}
