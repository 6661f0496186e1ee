//! Messages between services: a topic, any number of named queues bound to it, and one consumer behind each queue.
//!
//! Delivery is at least once and in no order. A publisher's confirm means that every queue of the topic has taken charge of the
//! message; until then the message is the publisher's, which is why publishers keep it in their outbox ([`crate::outbox`]).

mod age;
mod attempt;
mod gauge;
pub mod memory;
mod message;
pub mod rabbitmq;
mod subscription;

use std::sync::Arc;

use async_trait::async_trait;
use chassis::Error;

pub use message::Message;
pub use subscription::{DeadLetter, Handler, Outcome, Subscription};

/// A message broker.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Binds a queue to its topic and hands its messages to the handler, until the process stops.
    async fn subscribe(&self, subscription: Subscription, handler: Arc<dyn Handler>) -> Result<(), Error>;

    /// Resolves once every queue of the topic has taken charge of the message. A topic without a queue is an error, since the
    /// message would be lost.
    async fn publish(&self, message: Message) -> Result<(), Error>;

    /// How many messages of a queue nobody could handle.
    async fn dead_letter_count(&self, queue: &str) -> Result<u64, Error>;

    /// The oldest of them.
    async fn dead_letters(&self, queue: &str, limit: usize) -> Result<Vec<DeadLetter>, Error>;

    /// Puts them all back into the queue, each with its attempts before it again, and tells how many there were.
    async fn redrive(&self, queue: &str) -> Result<u64, Error>;
}
