use std::sync::Arc;

use backends::Queue;
use backends::queue::memory::MemoryQueue;
use backends::queue::{Message, Outcome, Subscription};
use chassis::{Foundation, Kind};
use futures_util::FutureExt;

use super::handlers::{Gated, Recorder};
use super::{Adapter, bind};
use crate::wait;

/// The broker inside the process.
#[derive(Default)]
pub struct Memory;

impl Adapter for Memory {
    async fn open(&self) -> Arc<dyn Queue> {
        MemoryQueue::new(&Foundation::system())
    }
}

super::queue_suite!(stamp: Memory);

#[tokio::test]
async fn the_confirm_waits_for_the_consumer() {
    let queue = Memory.open().await;
    let gated = Gated::new();
    bind(&queue, "one", 5, gated.clone()).await;
    bind(&queue, "quick", 5, Recorder::new(|_| Outcome::Done)).await;
    let mut publishing = queue.publish(Message::new("things.changed", &1).unwrap());
    assert!((&mut publishing).now_or_never().is_none());
    let begun = gated.begun.acquire();
    tokio::select! {
        _ = begun => {}
        _ = &mut publishing => panic!("confirmed before it was handled"),
    }
    gated.gate.add_permits(1);
    publishing.await.unwrap();
}

#[tokio::test]
async fn a_stop_finishes_what_is_being_handled_and_leaves_the_rest_to_its_publisher() {
    let foundation = Foundation::system();
    let queue = MemoryQueue::new(&foundation);
    let gated = Gated::new();
    let subscription = Subscription::new("one", "things.changed").concurrency(1);
    queue.subscribe(subscription, gated.clone()).await.unwrap();
    let publish = |n: u32| {
        let queue = queue.clone();
        tokio::spawn(async move { queue.publish(Message::new("things.changed", &n).unwrap()).await })
    };
    let handled = publish(1);
    gated.begun.acquire().await.unwrap().forget();
    let waiting = publish(2);
    let tasks = foundation.tasks.clone();
    let stop = tokio::spawn(async move { tasks.stop(std::time::Duration::from_secs(30)).await });
    assert_eq!(waiting.await.unwrap().unwrap_err().kind(), Kind::Unavailable);
    assert!(!stop.is_finished(), "one is still being handled");
    gated.gate.add_permits(1);
    handled.await.unwrap().unwrap();
    assert!(stop.await.unwrap());
    let late = queue.publish(Message::new("things.changed", &3).unwrap()).await;
    assert_eq!(late.unwrap_err().kind(), Kind::Unavailable);
}

#[tokio::test]
async fn a_stop_does_not_wait_for_further_attempts() {
    let foundation = Foundation::system();
    let queue = MemoryQueue::new(&foundation);
    let recorder = Recorder::new(|_| Outcome::Retry);
    let patient = Subscription::new("one", "things.changed").backoff(std::time::Duration::from_secs(3600));
    queue.subscribe(patient, recorder.clone()).await.unwrap();
    let publisher = queue.clone();
    let publishing =
        tokio::spawn(async move { publisher.publish(Message::new("things.changed", &1).unwrap()).await });
    wait::until("the first attempt", async || recorder.seen().len() == 1).await;
    assert!(foundation.tasks.stop(std::time::Duration::from_secs(30)).await);
    assert_eq!(publishing.await.unwrap().unwrap_err().kind(), Kind::Unavailable);
    assert_eq!(queue.dead_letter_count("one").await.unwrap(), 0);
}

#[tokio::test]
async fn a_queue_has_one_consumer() {
    let queue = Memory.open().await;
    bind(&queue, "one", 5, Recorder::new(|_| Outcome::Done)).await;
    let second =
        queue.subscribe(Subscription::new("one", "others.changed"), Recorder::new(|_| Outcome::Done)).await;
    assert_eq!(second.unwrap_err().kind(), Kind::Internal);
}
