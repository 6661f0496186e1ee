use std::sync::Arc;

use async_trait::async_trait;
use backends::queue::{Handler, Message, Outcome, Subscription};
use backends::{Action, Queue, Scope};
use chassis::clock::Clock;
use tokio::sync::Semaphore;

use super::{Process, numbers};
use crate::database::{Adapter, somebody};
use crate::queue::handlers::Recorder;
use crate::wait;

/// Does nothing until it is let go.
struct Slow(Semaphore);

#[async_trait]
impl Handler for Slow {
    async fn handle(&self, _: &Message) -> Outcome {
        drop(self.0.acquire().await.unwrap());
        Outcome::Done
    }
}

/// More messages than a relay has under way lie before the one that matters, and none of them moves.
pub async fn slow_topic(adapter: impl Adapter) {
    let process = Process::start(&adapter, &Clock::system()).await;
    let slow = Arc::new(Slow(Semaphore::new(0)));
    process.queue.subscribe(Subscription::new("slow", "slow.changed"), slow.clone()).await.unwrap();
    let recorder = Recorder::new(|_| Outcome::Done);
    process.consume(recorder.clone()).await;
    let tx = process.db.write(&somebody(), Action::Update, "Thing", Scope::Own).await.unwrap();
    for n in 0..300 {
        tx.publish("slow.changed", &n).await.unwrap();
    }
    tx.commit_quietly().await.unwrap();
    process.relay();
    process.send(1).await;
    wait::until("the other topic's message", async || !recorder.seen().is_empty()).await;
    assert_eq!(numbers(&recorder), [1]);
    slow.0.add_permits(1);
    process.until_empty().await;
}
