use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use chassis::Error;
use chassis::shutdown::Tasks;
use tokio::sync::{Semaphore, SemaphorePermit, oneshot};

use crate::backoff;
use crate::queue::attempt::attempt;
use crate::queue::gauge::Depth;
use crate::queue::{DeadLetter, Handler, Message, Outcome, Subscription};

/// How many messages a queue holds; further publishers wait.
const ROOM: usize = 1024;

/// How many dead letters it keeps; the oldest gives way.
const GRAVES: usize = 1024;

/// One queue with its consumer.
pub struct Line {
    subscription: Subscription,
    handler: Arc<dyn Handler>,
    tasks: Tasks,
    room: Arc<Semaphore>,
    hands: Semaphore,
    dead: Mutex<VecDeque<DeadLetter>>,
}

impl Line {
    pub fn new(subscription: Subscription, handler: Arc<dyn Handler>, tasks: Tasks) -> Self {
        let hands = Semaphore::new(subscription.concurrency);
        Self {
            subscription,
            handler,
            tasks,
            room: Arc::new(Semaphore::new(ROOM)),
            hands,
            dead: Mutex::default(),
        }
    }

    pub fn topic(&self) -> &str {
        &self.subscription.topic
    }

    /// Resolves once the consumer is done with the message. The work goes on if nobody waits for that.
    pub async fn deliver(self: Arc<Self>, message: Message) -> Result<(), Error> {
        let place = tokio::select! {
            biased;
            () = self.tasks.stopping() => return Err(stopped()),
            place = self.room.clone().acquire_owned() => place.map_err(Error::internal)?,
        };
        let (done, confirmed) = oneshot::channel();
        let line = self.clone();
        self.tasks.spawn("delivery", async move {
            let _place = place;
            if line.work_off(message).await {
                // the publisher may have stopped waiting
                let _ = done.send(());
            }
        });
        confirmed.await.map_err(|_| stopped())
    }

    /// Attempts until the message is dealt with or dead. False when the process stops before.
    async fn work_off(&self, mut message: Message) -> bool {
        let attempts = self.subscription.attempts;
        for number in 1..=attempts {
            message.attempt = number;
            message.last_attempt = number == attempts;
            if number > 1 && !self.pause(number - 1).await {
                return false;
            }
            let Some(_hand) = self.hand().await else { return false };
            match attempt(&self.subscription, self.handler.as_ref(), &message).await {
                Outcome::Done => return true,
                Outcome::Reject => return self.bury(message, DeadLetter::REJECTED),
                Outcome::Retry => {}
            }
        }
        self.bury(message, DeadLetter::FAILED)
    }

    /// Waits between attempts, with no hand held meanwhile; false when the process stops.
    async fn pause(&self, failures: u32) -> bool {
        let wait = backoff::after(failures, self.subscription.backoff, Subscription::MOST_BACKOFF);
        tokio::select! {
            biased;
            () = self.tasks.stopping() => false,
            () = tokio::time::sleep(wait) => true,
        }
    }

    async fn hand(&self) -> Option<SemaphorePermit<'_>> {
        tokio::select! {
            biased;
            () = self.tasks.stopping() => None,
            hand = self.hands.acquire() => hand.ok(),
        }
    }

    fn bury(&self, message: Message, reason: &'static str) -> bool {
        let queue = self.subscription.queue.as_str();
        tracing::error!(queue, message_id = %message.id, attempt = message.attempt, reason, "a message became a dead letter");
        let mut dead = self.graves();
        if dead.len() == GRAVES {
            dead.pop_front();
            tracing::error!(queue, "the oldest dead letter gave way");
        }
        dead.push_back(DeadLetter { message, reason });
        true
    }

    /// How many messages are not dealt with, and how many are dead.
    pub fn depth(&self) -> Depth {
        let waiting = (ROOM - self.room.available_permits()) as u64;
        Depth { waiting, dead: self.graves().len() as u64 }
    }

    pub fn dead_letters(&self, limit: usize) -> Vec<DeadLetter> {
        self.graves().iter().take(limit).cloned().collect()
    }

    /// Takes all dead letters out.
    pub fn exhume(&self) -> VecDeque<DeadLetter> {
        std::mem::take(&mut *self.graves())
    }

    fn graves(&self) -> std::sync::MutexGuard<'_, VecDeque<DeadLetter>> {
        self.dead.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn stopped() -> Error {
    Error::unavailable("the process stops before the message is handled")
}
