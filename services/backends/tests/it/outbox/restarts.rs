use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use backends::queue::{Handler, Message, Outcome};
use backends::{Action, Scope};
use chassis::clock::Clock;
use chrono::TimeDelta;
use sea_orm::ConnectionTrait;
use tokio::sync::Semaphore;

use super::{Process, numbers};
use crate::database::{Adapter, noon, somebody};
use crate::queue::handlers::Recorder;

pub async fn crash(adapter: impl Adapter) {
    let clock = Clock::system();
    let first = Process::start(&adapter, &clock).await;
    first.send(1).await;
    first.crash();
    let second = Process::start(&adapter, &clock).await;
    let recorder = Recorder::new(|_| Outcome::Done);
    second.consume(recorder.clone()).await;
    second.relay();
    second.until_empty().await;
    assert_eq!(numbers(&recorder), [1]);
}

/// The relay of a dead process had claimed a row. Its lease has run out when the next one looks.
pub async fn claimed(adapter: impl Adapter) {
    let clock = Clock::fixed(noon());
    let first = Process::start(&adapter, &clock).await;
    first.send(1).await;
    let tx = first.db.write(&somebody(), Action::Update, "Outbox", Scope::Own).await.unwrap();
    let claim = "UPDATE outbox SET claimed_by = 'the dead', claimed_at = created_at";
    assert_eq!(tx.connection().execute_unprepared(claim).await.unwrap().rows_affected(), 1);
    tx.commit_quietly().await.unwrap();
    first.crash();
    clock.advance(TimeDelta::seconds(61));
    let second = Process::start(&adapter, &clock).await;
    let recorder = Recorder::new(|_| Outcome::Done);
    second.consume(recorder.clone()).await;
    second.relay();
    second.until_empty().await;
    assert_eq!(numbers(&recorder), [1]);
}

/// Tells when it has begun; handles the number 1 and no other.
struct Stuck(Semaphore);

#[async_trait]
impl Handler for Stuck {
    async fn handle(&self, message: &Message) -> Outcome {
        self.0.add_permits(1);
        match message.read::<u32>().unwrap() {
            1 => Outcome::Done,
            _ => Outcome::Retry,
        }
    }
}

pub async fn stop(adapter: impl Adapter) {
    let clock = Clock::system();
    let first = Process::start(&adapter, &clock).await;
    let stuck = Arc::new(Stuck(Semaphore::new(0)));
    let patient =
        backends::queue::Subscription::new("one", "things.changed").backoff(Duration::from_secs(3600));
    backends::Queue::subscribe(first.queue.as_ref(), patient, stuck.clone()).await.unwrap();
    first.relay();
    first.send(1).await;
    first.send(2).await;
    stuck.0.acquire_many(2).await.unwrap().forget();
    assert!(
        first.foundation.tasks.stop(Duration::from_secs(30)).await,
        "the relay ends when the process stops"
    );
    assert_eq!(first.waiting().await, 1);
    first.crash();
    let second = Process::start(&adapter, &clock).await;
    let recorder = Recorder::new(|_| Outcome::Done);
    second.consume(recorder.clone()).await;
    second.relay();
    second.until_empty().await;
    assert_eq!(numbers(&recorder), [2]);
}
