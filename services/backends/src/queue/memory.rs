//! A queue inside the process. It keeps nothing: a publisher's confirm comes only when every consumer is done with the message
//! (or it is a dead letter), so whatever a crash takes along is still in its publisher's outbox.

mod line;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use chassis::shutdown::Tasks;
use chassis::{Error, Foundation};
use futures_util::future::join_all;

use super::{DeadLetter, Handler, Message, Queue, Subscription, gauge};
use line::Line;

/// The broker inside the process.
pub struct MemoryQueue {
    tasks: Tasks,
    lines: RwLock<HashMap<String, Arc<Line>>>,
}

impl MemoryQueue {
    /// A broker without queues.
    pub fn new(foundation: &Foundation) -> Arc<Self> {
        Arc::new(Self { tasks: foundation.tasks.clone(), lines: RwLock::default() })
    }

    fn bound_to(&self, topic: &str) -> Vec<Arc<Line>> {
        let lines = self.lines.read().unwrap_or_else(PoisonError::into_inner);
        lines.values().filter(|line| line.topic() == topic).cloned().collect()
    }

    fn line(&self, queue: &str) -> Result<Arc<Line>, Error> {
        let lines = self.lines.read().unwrap_or_else(PoisonError::into_inner);
        lines.get(queue).cloned().ok_or_else(|| Error::not_found(format!("there is no queue {queue}")))
    }
}

#[async_trait]
impl Queue for MemoryQueue {
    async fn subscribe(&self, subscription: Subscription, handler: Arc<dyn Handler>) -> Result<(), Error> {
        let queue = subscription.queue.clone();
        let line = Arc::new(Line::new(subscription, handler, self.tasks.clone()));
        let mut lines = self.lines.write().unwrap_or_else(PoisonError::into_inner);
        if lines.contains_key(&queue) {
            return Err(Error::internal(format!("queue {queue} has a consumer already")));
        }
        let watched = line.clone();
        let look = move || std::future::ready(Ok(watched.depth()));
        self.tasks.spawn("queue gauge", gauge::watch(queue.clone(), self.tasks.clone(), look));
        lines.insert(queue, line);
        Ok(())
    }

    async fn publish(&self, message: Message) -> Result<(), Error> {
        let lines = self.bound_to(&message.topic);
        if lines.is_empty() {
            return Err(Error::unavailable(format!("no queue is bound to topic {}", message.topic)));
        }
        join_all(lines.into_iter().map(|line| line.deliver(message.clone()))).await.into_iter().collect()
    }

    async fn dead_letter_count(&self, queue: &str) -> Result<u64, Error> {
        Ok(self.line(queue)?.dead_letters(usize::MAX).len() as u64)
    }

    async fn dead_letters(&self, queue: &str, limit: usize) -> Result<Vec<DeadLetter>, Error> {
        Ok(self.line(queue)?.dead_letters(limit))
    }

    async fn redrive(&self, queue: &str) -> Result<u64, Error> {
        let line = self.line(queue)?;
        let letters = line.exhume();
        let count = letters.len() as u64;
        for letter in letters {
            let delivery = line.clone().deliver(letter.message);
            self.tasks.spawn("redrive", async move {
                delivery.await.unwrap_or_else(|error| error.log("redriving a dead letter"));
            });
        }
        Ok(count)
    }
}
