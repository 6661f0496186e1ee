//! RabbitMQ 3.10 or newer.
//!
//! | what | how |
//! |---|---|
//! | a topic | a routing key of the topic exchange `praan.events` |
//! | a queue | a quorum queue, bound to its topic; it outlives its consumers |
//! | a confirm | a publisher confirm of a mandatory message: every queue has it on the disks of most nodes |
//! | a further attempt | a copy, its attempt counted in a header, that waits in a queue whose messages fall back after a fixed time |
//! | a dead letter | a message of the quorum queue `<queue>.dead` |
//!
//! Consumers publish what becomes of a message, wait for the confirm, and only then acknowledge the delivery. A delivery that
//! ends without an answer, because the process or the connection died, comes again as the same attempt: it says nothing about
//! the message. Should its consumers die of it, the queue's own delivery limit makes it a dead letter.
//!
//! The broker may be away at any time, also at the start. Connections are made anew for as long as the process lives.

mod checkup;
mod consumer;
#[cfg(not(feature = "fuzzing"))]
mod envelope;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod envelope;
mod fault;
mod graveyard;
mod link;
mod publisher;
mod topology;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use chassis::shutdown::Tasks;
use chassis::{Error, Foundation};

use super::{DeadLetter, Handler, Message, Queue, Subscription, gauge};
pub use checkup::{serves, stands};
use consumer::Consumer;
use graveyard::Graveyard;
use link::Link;
use publisher::Publisher;

/// A RabbitMQ broker.
pub struct RabbitQueue {
    tasks: Tasks,
    /// Apart from the publishers', since a broker short of memory stops reading from those who publish.
    consuming: Link,
    publisher: Arc<Publisher>,
    /// Those with a consumer in this process.
    queues: Mutex<HashSet<String>>,
}

impl RabbitQueue {
    /// Connects to the broker of an `amqp://` or `amqps://` URL. A broker that does not answer is no error: publishing fails
    /// until it does, and consumers begin when it does.
    pub async fn connect(foundation: &Foundation, url: &str) -> Result<Arc<Self>, Error> {
        let uri = link::parse(url)?;
        let tasks = foundation.tasks.clone();
        let publishing = Link::keep(&tasks, uri.clone(), "praan publisher");
        let consuming = Link::keep(&tasks, uri, "praan consumer");
        publishing.tried().await;
        consuming.tried().await;
        let publisher = Arc::new(Publisher::new(publishing));
        Ok(Arc::new(Self { tasks, consuming, publisher, queues: Mutex::default() }))
    }

    fn graveyard<'a>(&'a self, queue: &'a str) -> Graveyard<'a> {
        Graveyard { link: &self.consuming, publisher: &self.publisher, queue }
    }

    fn watch(&self, queue: String) {
        let (link, name) = (self.consuming.clone(), queue.clone());
        let look = move || {
            let (link, name) = (link.clone(), name.clone());
            async move { graveyard::depth(&link, &name).await }
        };
        self.tasks.spawn("queue gauge", gauge::watch(queue, self.tasks.clone(), look));
    }

    fn queues(&self) -> MutexGuard<'_, HashSet<String>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Queue for RabbitQueue {
    /// Returns once the queue is there and bound, or at once while the broker is away.
    async fn subscribe(&self, subscription: Subscription, handler: Arc<dyn Handler>) -> Result<(), Error> {
        let queue = subscription.queue.clone();
        if !self.queues().insert(queue.clone()) {
            return Err(Error::internal(format!("queue {queue} has a consumer already")));
        }
        let (link, publisher) = (self.consuming.clone(), self.publisher.clone());
        let consumer = Consumer::new(subscription, handler, link, publisher, self.tasks.clone());
        let begun = tokio::select! {
            biased;
            begun = consumer.start() => begun.unwrap_or(Ok(())),
            () = self.consuming.away() => {
                tracing::warn!(queue, "the broker is away; its messages are consumed once it is back");
                Ok(())
            }
        };
        match &begun {
            Ok(()) => self.watch(queue),
            Err(_) => {
                self.queues().remove(&queue);
            }
        }
        begun
    }

    async fn publish(&self, message: Message) -> Result<(), Error> {
        self.publisher
            .publish(topology::topic(&message.topic), &envelope::first(&message), &message.body)
            .await
    }

    async fn dead_letter_count(&self, queue: &str) -> Result<u64, Error> {
        self.graveyard(queue).count().await
    }

    async fn dead_letters(&self, queue: &str, limit: usize) -> Result<Vec<DeadLetter>, Error> {
        self.graveyard(queue).peek(limit).await
    }

    async fn redrive(&self, queue: &str) -> Result<u64, Error> {
        self.graveyard(queue).redrive().await
    }
}
