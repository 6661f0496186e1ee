use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use backends::queue::{Handler, Message, Outcome, Subscription};
use futures_util::future::join_all;
use tokio::sync::Barrier;

use super::handlers::Recorder;
use super::{Adapter, bind, send};
use crate::wait;

pub async fn retry(adapter: impl Adapter) {
    let queue = adapter.open().await;
    let recorder = Recorder::new(|m| if m.attempt < 3 { Outcome::Retry } else { Outcome::Done });
    bind(&queue, "one", 5, recorder.clone()).await;
    let message = send(&queue, 1).await;
    wait::until("the third delivery", async || recorder.seen().len() >= 3).await;
    assert_eq!(recorder.attempts(), [1, 2, 3]);
    assert!(recorder.seen().iter().all(|seen| seen.id == message.id && seen.body == message.body));
    assert_eq!(queue.dead_letter_count("one").await.unwrap(), 0);
}

pub async fn panic(adapter: impl Adapter) {
    let queue = adapter.open().await;
    let recorder = Recorder::new(|m| if m.attempt == 1 { panic!("on purpose") } else { Outcome::Done });
    bind(&queue, "one", 5, recorder.clone()).await;
    send(&queue, 1).await;
    send(&queue, 2).await;
    wait::until("all deliveries", async || recorder.seen().len() >= 4).await;
    assert_eq!(queue.dead_letter_count("one").await.unwrap(), 0);
}

/// Hangs at the first attempt.
struct Sleeper(AtomicUsize);

#[async_trait::async_trait]
impl Handler for Sleeper {
    async fn handle(&self, message: &Message) -> Outcome {
        if message.attempt == 1 {
            std::future::pending::<()>().await;
        }
        self.0.fetch_add(1, Ordering::SeqCst);
        Outcome::Done
    }
}

pub async fn too_slow(adapter: impl Adapter) {
    let queue = adapter.open().await;
    let sleeper = Arc::new(Sleeper(AtomicUsize::new(0)));
    let subscription = Subscription::new("one", "things.changed").patience(Duration::from_millis(10));
    queue.subscribe(subscription.backoff(Duration::from_millis(1)), sleeper.clone()).await.unwrap();
    send(&queue, 1).await;
    wait::until("the second delivery", async || sleeper.0.load(Ordering::SeqCst) == 1).await;
}

/// Lets messages through only in threes, and counts how many are at it.
struct Threes {
    barrier: Barrier,
    now: AtomicUsize,
    most: AtomicUsize,
    done: AtomicUsize,
}

#[async_trait::async_trait]
impl Handler for Threes {
    async fn handle(&self, _: &Message) -> Outcome {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        self.barrier.wait().await;
        self.now.fetch_sub(1, Ordering::SeqCst);
        self.done.fetch_add(1, Ordering::SeqCst);
        Outcome::Done
    }
}

/// Three at a time get through together, so three are handled at once; a fourth would be counted.
pub async fn concurrency(adapter: impl Adapter) {
    let queue = adapter.open().await;
    let zero = AtomicUsize::default;
    let threes = Arc::new(Threes { barrier: Barrier::new(3), now: zero(), most: zero(), done: zero() });
    queue.subscribe(Subscription::new("one", "things.changed").concurrency(3), threes.clone()).await.unwrap();
    join_all((0..30).map(|n| send(&queue, n))).await;
    wait::until("all deliveries", async || threes.done.load(Ordering::SeqCst) == 30).await;
    assert_eq!(threes.most.load(Ordering::SeqCst), 3);
}
