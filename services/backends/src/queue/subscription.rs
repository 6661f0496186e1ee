use std::time::Duration;

use async_trait::async_trait;

use super::Message;

/// A queue and how its messages are handled.
#[derive(Clone, Debug)]
pub struct Subscription {
    pub(crate) queue: String,
    pub(crate) topic: String,
    pub(crate) concurrency: usize,
    pub(crate) attempts: u32,
    pub(crate) backoff: Duration,
    pub(crate) patience: Duration,
}

impl Subscription {
    /// The longest wait between two attempts.
    pub(crate) const MOST_BACKOFF: Duration = Duration::from_secs(30);

    /// Binds `queue` (by convention `consumer.topic-in-kebab-case`) to `topic`: 8 messages at a time, 5 attempts, 200 ms before
    /// the second, 60 s for each.
    pub fn new(queue: impl Into<String>, topic: impl Into<String>) -> Self {
        Self {
            queue: queue.into(),
            topic: topic.into(),
            concurrency: 8,
            attempts: 5,
            backoff: Duration::from_millis(200),
            patience: Duration::from_secs(60),
        }
    }

    /// How many messages are handled at a time.
    pub fn concurrency(mut self, concurrency: usize) -> Self {
        self.concurrency = concurrency.max(1);
        self
    }

    /// How often a message is delivered before it is a dead letter.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// How long to wait before the second attempt; the wait doubles before each further one.
    pub fn backoff(mut self, backoff: Duration) -> Self {
        self.backoff = backoff;
        self
    }

    /// How long one attempt may take before it counts as failed.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is dealt with.
    Done,
    /// It may go well another time.
    Retry,
    /// It will never go well.
    Reject,
}

/// Handles the messages of a queue. A message may come more than once; [`crate::Database::consume`] makes its effect single.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// Handles one delivery. A panic counts as [`Outcome::Retry`].
    async fn handle(&self, message: &Message) -> Outcome;
}

/// A message that its consumer rejected, or failed at every attempt.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    /// The message as it was delivered last.
    pub message: Message,
    /// Why it is here.
    pub reason: &'static str,
}

impl DeadLetter {
    /// Its consumer said that it will never go well.
    pub(crate) const REJECTED: &str = "rejected";
    /// It did not go well once.
    pub(crate) const FAILED: &str = "failed at every attempt";
}
