use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use backends::queue::{Outcome, Subscription};
use chassis::Kind;

use super::handlers::Recorder;
use super::{Adapter, bind, send};
use crate::wait;

pub async fn attempts(adapter: impl Adapter) {
    let queue = adapter.open().await;
    let recorder = Recorder::new(|_| Outcome::Retry);
    bind(&queue, "one", 4, recorder.clone()).await;
    let message = send(&queue, 1).await;
    wait::until("the dead letter", async || queue.dead_letter_count("one").await.unwrap() == 1).await;
    assert_eq!(recorder.attempts(), [1, 2, 3, 4]);
    let last: Vec<bool> = recorder.seen().iter().map(|message| message.last_attempt).collect();
    assert_eq!(last, [false, false, false, true]);
    let letters = queue.dead_letters("one", 10).await.unwrap();
    assert_eq!((letters.len(), letters[0].message.id), (1, message.id));
    assert_eq!(letters[0].message.body, message.body);
    assert_eq!((letters[0].message.attempt, letters[0].message.last_attempt), (4, true));
    assert_eq!(letters[0].reason, "failed at every attempt");
    assert_eq!(queue.dead_letter_count("nowhere").await.unwrap_err().kind(), Kind::NotFound);
}

pub async fn reject(adapter: impl Adapter) {
    let queue = adapter.open().await;
    let recorder = Recorder::new(|_| Outcome::Reject);
    bind(&queue, "one", 4, recorder.clone()).await;
    send(&queue, 1).await;
    wait::until("the dead letter", async || queue.dead_letter_count("one").await.unwrap() == 1).await;
    assert_eq!(recorder.attempts(), [1]);
    let letter = queue.dead_letters("one", 10).await.unwrap().remove(0);
    assert_eq!((letter.message.attempt, letter.message.last_attempt, letter.reason), (1, false, "rejected"));
}

pub async fn peek(adapter: impl Adapter) {
    let queue = adapter.open().await;
    let recorder = Recorder::new(|_| Outcome::Reject);
    let in_order = Subscription::new("one", "things.changed").concurrency(1);
    queue.subscribe(in_order, recorder.clone()).await.unwrap();
    assert!(queue.dead_letters("one", 10).await.unwrap().is_empty());
    for n in 0..5 {
        send(&queue, n).await;
        wait::until("the dead letter", async || {
            queue.dead_letter_count("one").await.unwrap() == u64::from(n) + 1
        })
        .await;
    }
    for _ in 0..30 {
        let oldest = queue.dead_letters("one", 2).await.unwrap();
        let numbers: Vec<u32> = oldest.iter().map(|letter| letter.message.read().unwrap()).collect();
        assert_eq!(numbers, [0, 1]);
    }
    wait::until("all of them", async || queue.dead_letter_count("one").await.unwrap() == 5).await;
}

pub async fn redrive(adapter: impl Adapter) {
    let queue = adapter.open().await;
    let mended = Arc::new(AtomicBool::new(false));
    let state = mended.clone();
    let recorder =
        Recorder::new(move |_| if state.load(Ordering::SeqCst) { Outcome::Done } else { Outcome::Reject });
    bind(&queue, "one", 4, recorder.clone()).await;
    for n in 0..3 {
        send(&queue, n).await;
    }
    wait::until("the dead letters", async || queue.dead_letter_count("one").await.unwrap() == 3).await;
    assert_eq!(queue.dead_letters("one", 2).await.unwrap().len(), 2);
    mended.store(true, Ordering::SeqCst);
    assert_eq!(queue.redrive("one").await.unwrap(), 3);
    wait::until("the deliveries", async || recorder.seen().len() == 6).await;
    assert_eq!(recorder.attempts(), [1; 6]);
    assert_eq!(queue.dead_letter_count("one").await.unwrap(), 0);
    assert_eq!(queue.redrive("one").await.unwrap(), 0);
}

pub async fn others(adapter: impl Adapter) {
    let queue = adapter.open().await;
    let recorder =
        Recorder::new(|m| if m.read::<u32>().unwrap() == 0 { Outcome::Retry } else { Outcome::Done });
    bind(&queue, "one", 3, recorder.clone()).await;
    for n in 0..20 {
        send(&queue, n).await;
    }
    wait::until("all deliveries", async || recorder.seen().len() >= 22).await;
    wait::until("the dead letter", async || queue.dead_letter_count("one").await.unwrap() == 1).await;
}
