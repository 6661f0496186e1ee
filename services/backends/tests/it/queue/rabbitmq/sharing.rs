use std::collections::BTreeSet;

use backends::queue::{Message, Outcome, Subscription};
use chassis::Kind;
use futures_util::future::join_all;

use super::{Process, Rabbit};
use crate::queue::handlers::{Gated, Recorder};
use crate::queue::{bind, send};
use crate::wait;

pub async fn two(rabbit: Rabbit) {
    let url = rabbit.fresh_url().await;
    let (one, other) = (Process::start(&url).await, Process::start(&url).await);
    let (mine, theirs) = (Recorder::new(|_| Outcome::Done), Recorder::new(|_| Outcome::Done));
    bind(&one.queue, "one", 5, mine.clone()).await;
    bind(&other.queue, "one", 5, theirs.clone()).await;
    for n in 0..200 {
        send(if n % 2 == 0 { &one.queue } else { &other.queue }, n).await;
    }
    wait::until("all deliveries", async || mine.seen().len() + theirs.seen().len() >= 200).await;
    let (mine, theirs) = (mine.numbers(), theirs.numbers());
    assert!(!mine.is_empty() && !theirs.is_empty());
    let mut all = [mine, theirs].concat();
    all.sort_unstable();
    assert_eq!(all, (0..200).collect::<Vec<_>>());
}

pub async fn stop(rabbit: Rabbit) {
    let url = rabbit.fresh_url().await;
    let (leaving, staying) = (Process::start(&url).await, Process::start(&url).await);
    let gated = Gated::new();
    let two_hands = Subscription::new("one", "things.changed").concurrency(2);
    leaving.queue.subscribe(two_hands, gated.clone()).await.unwrap();
    for n in 0..10 {
        send(&leaving.queue, n).await;
    }
    gated.begun.acquire_many(2).await.unwrap().forget();
    let foundation = leaving.foundation.clone();
    let stopping = tokio::spawn(leaving.stop());
    foundation.tasks.stopping().await;
    let recorder = Recorder::new(|_| Outcome::Done);
    bind(&staying.queue, "one", 5, recorder.clone()).await;
    wait::until("the rest", async || recorder.seen().len() >= 8).await;
    assert!(!stopping.is_finished(), "two are still being handled");
    gated.gate.add_permits(2);
    stopping.await.unwrap();
    // had the two not been acknowledged, they would be back by now, before what comes last
    send(&staying.queue, 10).await;
    wait::until("the last one", async || recorder.numbers().contains(&10)).await;
    assert_eq!(recorder.seen().len(), 9, "{:?}", recorder.numbers());
    assert_eq!(gated.begun.available_permits(), 0);
}

pub async fn twice(rabbit: Rabbit) {
    let process = Process::start(&rabbit.fresh_url().await).await;
    bind(&process.queue, "one", 5, Recorder::new(|_| Outcome::Done)).await;
    let again = Subscription::new("one", "others.changed");
    let second = process.queue.subscribe(again, Recorder::new(|_| Outcome::Done)).await;
    assert_eq!(second.unwrap_err().kind(), Kind::Internal);
}

/// The broker answers for many messages with one acknowledgement, and gives those without a queue back before.
pub async fn mixed(rabbit: Rabbit) {
    let process = Process::start(&rabbit.fresh_url().await).await;
    let recorder = Recorder::new(|_| Outcome::Done);
    bind(&process.queue, "one", 5, recorder.clone()).await;
    let publishing = (0..2000_u32).map(|n| {
        let topic = if n % 3 == 0 { "nobody.cares" } else { "things.changed" };
        let message = Message::new(topic, &n).unwrap();
        let queue = process.queue.clone();
        async move { (n, queue.publish(message).await) }
    });
    let mut published = BTreeSet::new();
    for (n, result) in join_all(publishing).await {
        match result {
            Ok(()) => assert!(published.insert(n)),
            Err(error) => assert_eq!((error.kind(), n % 3), (Kind::Unavailable, 0), "{error}"),
        }
    }
    let routable: Vec<u32> = (0..2000).filter(|n| n % 3 != 0).collect();
    assert_eq!(published.into_iter().collect::<Vec<_>>(), routable);
    wait::until("all deliveries", async || recorder.seen().len() >= routable.len()).await;
    assert_eq!(recorder.numbers(), routable);
}
