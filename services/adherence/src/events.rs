//! What adherence hears from the others. Handling it twice, or out of order, changes nothing: the plan that counts is always
//! the one its owner has now.

use std::sync::Arc;

use async_trait::async_trait;
use backends::Queue;
use backends::queue::{Handler, Message, Outcome, Subscription};
use chassis::{Error, Kind};
use serde::Deserialize;

use crate::plans::Plans;
use crate::store::Scope;

/// The queue, and the consumer's name in the inbox.
pub const CONSUMER: &str = "adherence.program-changed";

/// A program's goals, state or title changed.
#[derive(Deserialize)]
struct ProgramChanged {
    program_id: i64,
    family_id: i64,
}

/// Follows the plans.
struct Follow {
    plans: Plans,
}

/// Starts to follow the plans.
pub async fn subscribe(queue: &dyn Queue, plans: Plans) -> Result<(), Error> {
    queue.subscribe(Subscription::new(CONSUMER, "program.changed"), Arc::new(Follow { plans })).await
}

#[async_trait]
impl Handler for Follow {
    async fn handle(&self, message: &Message) -> Outcome {
        let Ok(ProgramChanged { program_id, family_id }) = message.read() else {
            tracing::error!(message = %message.id, "a program.changed message cannot be read");
            return Outcome::Reject;
        };
        match self.follow(message, Scope { family_id, program_id }).await {
            Ok(()) => Outcome::Done,
            // it was erased meanwhile
            Err(error) if error.kind() == Kind::NotFound => Outcome::Done,
            Err(error) => {
                error.log("following a plan");
                Outcome::Retry
            }
        }
    }
}

impl Follow {
    async fn follow(&self, message: &Message, scope: Scope) -> Result<(), Error> {
        let plan = self.plans.fetch(scope).await?;
        if let Some(tx) = self.plans.store().db().consume(CONSUMER, message, scope.into()).await? {
            self.plans.install(&tx, scope, plan).await?;
            tx.commit_quietly().await?;
            self.plans.changed(scope);
        }
        Ok(())
    }
}
