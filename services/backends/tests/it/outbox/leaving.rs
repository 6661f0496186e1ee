use std::collections::HashSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use backends::outbox::Relay;
use backends::queue::memory::MemoryQueue;
use backends::queue::{DeadLetter, Handler, Message, Outcome, Subscription};
use backends::{Action, Database, Queue, Scope};
use chassis::Error;
use chassis::clock::Clock;
use futures_util::future::join_all;

use super::{Process, numbers};
use crate::database::{Adapter, count_up, counted, somebody};
use crate::queue::handlers::Recorder;

pub async fn after_commit(adapter: impl Adapter) {
    let process = Process::start(&adapter, &Clock::system()).await;
    let recorder = Recorder::new(|_| Outcome::Done);
    process.consume(recorder.clone()).await;
    process.relay();
    let tx = process.db.write(&somebody(), Action::Update, "Thing", Scope::Own).await.unwrap();
    tx.publish("things.changed", &1).await.unwrap();
    drop(tx);
    let tx = process.db.write(&somebody(), Action::Update, "Thing", Scope::Own).await.unwrap();
    let id = tx.publish("things.changed", &2).await.unwrap();
    tx.commit_quietly().await.unwrap();
    process.until_empty().await;
    assert_eq!(numbers(&recorder), [2]);
    assert_eq!(recorder.seen()[0].id, id);
}

pub async fn unroutable(adapter: impl Adapter) {
    let process = Process::start(&adapter, &Clock::system()).await;
    process.relay();
    process.send(1).await;
    let recorder = Recorder::new(|_| Outcome::Done);
    process.consume(recorder.clone()).await;
    process.until_empty().await;
    assert_eq!(numbers(&recorder), [1]);
}

/// A broker on a bad line: of six messages one gets lost, and of another the confirm.
struct BadLine {
    queue: Arc<MemoryQueue>,
    tries: AtomicU32,
}

#[async_trait]
impl Queue for BadLine {
    async fn subscribe(&self, subscription: Subscription, handler: Arc<dyn Handler>) -> Result<(), Error> {
        self.queue.subscribe(subscription, handler).await
    }

    async fn publish(&self, message: Message) -> Result<(), Error> {
        match self.tries.fetch_add(1, Ordering::SeqCst) % 6 {
            0 => Err(Error::unavailable("lost on the way")),
            3 => {
                self.queue.publish(message).await?;
                Err(Error::unavailable("the confirm is lost"))
            }
            _ => self.queue.publish(message).await,
        }
    }

    async fn dead_letter_count(&self, queue: &str) -> Result<u64, Error> {
        self.queue.dead_letter_count(queue).await
    }

    async fn dead_letters(&self, queue: &str, limit: usize) -> Result<Vec<DeadLetter>, Error> {
        self.queue.dead_letters(queue, limit).await
    }

    async fn redrive(&self, queue: &str) -> Result<u64, Error> {
        self.queue.redrive(queue).await
    }
}

/// Fails at every other delivery, before or after its effect is committed.
struct Shaky {
    db: Database,
    deliveries: AtomicU32,
    effects: Mutex<Vec<u32>>,
}

#[async_trait]
impl Handler for Shaky {
    async fn handle(&self, message: &Message) -> Outcome {
        let n = self.deliveries.fetch_add(1, Ordering::SeqCst);
        let Some(tx) = self.db.consume("shaky", message, Scope::Own).await.unwrap() else {
            return Outcome::Done;
        };
        count_up(&tx).await.unwrap();
        // not at the last attempts, after which it would be a dead letter
        if n % 4 == 1 && message.attempt < 4 {
            return Outcome::Retry;
        }
        tx.commit_quietly().await.unwrap();
        self.effects.lock().unwrap().push(message.read().unwrap());
        if n % 4 == 3 { Outcome::Retry } else { Outcome::Done }
    }
}

pub async fn failures(adapter: impl Adapter) {
    let process = Process::start(&adapter, &Clock::system()).await;
    let shaky =
        Arc::new(Shaky { db: process.db.clone(), deliveries: AtomicU32::new(0), effects: Mutex::default() });
    process.consume(shaky.clone()).await;
    let line = BadLine { queue: process.queue.clone(), tries: AtomicU32::new(0) };
    Relay::start(&process.foundation, &process.db, Arc::new(line));
    join_all((0..300).map(|n| process.send(n))).await;
    process.until_empty().await;
    let effects = shaky.effects.lock().unwrap().clone();
    let unique: HashSet<u32> = effects.iter().copied().collect();
    assert_eq!((effects.len(), unique.len()), (300, 300));
    assert_eq!(counted(&process.db).await, 300);
    assert!(shaky.deliveries.load(Ordering::SeqCst) > 300, "nothing failed, so nothing was shown");
}
