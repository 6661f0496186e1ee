use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use backends::queue::{Handler, Message, Outcome, Subscription};
use backends::{Database, Scope};
use chassis::{Error, Kind};
use futures_util::StreamExt;
use futures_util::future::join_all;
use servers::Proxy;
use uuid::Uuid;

use super::{Process, Rabbit};
use crate::database::embedded::Embedded;
use crate::database::{count_up, counted, ready};
use crate::queue::handlers::{Gated, Recorder};
use crate::queue::{bind, send};
use crate::wait;

/// Counts up in the transaction of the message's inbox row.
struct Counter {
    db: Database,
    seen: Mutex<BTreeSet<Uuid>>,
    deliveries: AtomicUsize,
}

impl Counter {
    async fn count(&self, message: &Message) -> Result<(), Error> {
        if let Some(tx) = self.db.consume("one", message, Scope::Own).await? {
            count_up(&tx).await?;
            tx.commit_quietly().await?;
        }
        Ok(())
    }
}

#[async_trait::async_trait]
impl Handler for Counter {
    async fn handle(&self, message: &Message) -> Outcome {
        self.deliveries.fetch_add(1, Ordering::SeqCst);
        if self.count(message).await.is_err() {
            return Outcome::Retry;
        }
        self.seen.lock().unwrap().insert(message.id);
        Outcome::Done
    }
}

/// As the outbox does it: the same message until it is confirmed.
async fn until_confirmed(process: &Process, message: &Message) -> usize {
    let mut failures = 0;
    while let Err(error) = process.queue.publish(message.clone()).await {
        assert_eq!(error.kind(), Kind::Unavailable);
        failures += 1;
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    failures
}

pub async fn load(rabbit: Rabbit) {
    const MESSAGES: u32 = 3000;
    let process = Process::start(&rabbit.fresh_url().await).await;
    let db = ready(&Embedded::default()).await;
    let counter = Counter { db: db.clone(), seen: Mutex::default(), deliveries: AtomicUsize::new(0) };
    let counter = Arc::new(counter);
    bind(&process.queue, "one", 5, counter.clone()).await;
    let (confirmed, failed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let messages: Vec<Message> = (0..MESSAGES).map(|n| Message::new("things.changed", &n).unwrap()).collect();
    let publishing = futures_util::stream::iter(&messages).for_each_concurrent(64, async |message| {
        failed.fetch_add(until_confirmed(&process, message).await, Ordering::SeqCst);
        confirmed.fetch_add(1, Ordering::SeqCst);
    });
    let killing = async {
        for after in [300, 1500] {
            wait::until("some confirms", async || confirmed.load(Ordering::SeqCst) >= after).await;
            rabbit.broker().await.kill9().await;
            rabbit.broker().await.restart().await;
        }
    };
    tokio::join!(publishing, killing);
    assert!(failed.into_inner() > 0, "the broker was away");
    let all = || counter.seen.lock().unwrap().len() == messages.len();
    wait::until("every confirmed message", async || all()).await;
    assert_eq!(*counter.seen.lock().unwrap(), messages.iter().map(|message| message.id).collect());
    assert_eq!(counted(&db).await, i64::from(MESSAGES), "each has its effect once");
    assert_eq!(process.queue.dead_letter_count("one").await.unwrap(), 0);
    println!("{} deliveries of {MESSAGES} messages", counter.deliveries.load(Ordering::SeqCst));
    measure(&process).await;
    process.stop().await;
}

/// How many confirms a second; for the reader, since it depends on the machine.
async fn measure(process: &Process) {
    process
        .queue
        .subscribe(Subscription::new("rate", "rate"), Recorder::new(|_| Outcome::Done))
        .await
        .unwrap();
    let messages: Vec<Message> = (0..5000).map(|n| Message::new("rate", &n).unwrap()).collect();
    let begin = Instant::now();
    let confirms = join_all(messages.iter().map(|message| process.queue.publish(message.clone()))).await;
    assert!(confirms.into_iter().all(|confirm| confirm.is_ok()));
    println!("{:.0} confirms a second, many at once", 5000.0 / begin.elapsed().as_secs_f64());
}

pub async fn cut(rabbit: Rabbit) {
    let url = rabbit.fresh_url().await;
    let proxy = Proxy::start(rabbit.broker().await.port()).await;
    let process = Process::start(&proxy.url(&url)).await;
    let gated = Gated::new();
    let one_hand = Subscription::new("one", "things.changed").concurrency(1);
    process.queue.subscribe(one_hand, gated.clone()).await.unwrap();
    send(&process.queue, 1).await;
    gated.begun.acquire().await.unwrap().forget();
    proxy.cut();
    let away = process.queue.publish(Message::new("things.changed", &2).unwrap());
    let recorder = Recorder::new(|_| Outcome::Done);
    let other = Process::start(&url).await;
    bind(&other.queue, "one", 5, recorder.clone()).await;
    wait::until("the delivery to another process", async || recorder.seen().len() == 1).await;
    assert_eq!(recorder.attempts(), [1]);
    assert_eq!(away.await.unwrap_err().kind(), Kind::Unavailable);
    other.stop().await;
    proxy.heal();
    until_confirmed(&process, &Message::new("things.changed", &3).unwrap()).await;
    // the hand is still busy with the first delivery, which nobody waits for any more
    gated.gate.add_permits(2);
    gated.begun.acquire().await.unwrap().forget();
    wait::until("the end", async || gated.gate.available_permits() == 0).await;
    process.stop().await;
}

pub async fn frozen(rabbit: Rabbit) {
    let process = Process::start(&rabbit.fresh_url().await).await;
    let recorder = Recorder::new(|_| Outcome::Done);
    bind(&process.queue, "one", 5, recorder.clone()).await;
    send(&process.queue, 1).await;
    rabbit.broker().await.sigstop();
    let publishing = process.queue.publish(Message::new("things.changed", &2).unwrap());
    assert_eq!(publishing.await.unwrap_err().kind(), Kind::Unavailable);
    rabbit.broker().await.sigcont();
    until_confirmed(&process, &Message::new("things.changed", &3).unwrap()).await;
    wait::until("the last one", async || recorder.numbers().contains(&3)).await;
    process.stop().await;
}

pub async fn away(rabbit: Rabbit) {
    let url = rabbit.fresh_url().await;
    rabbit.broker().await.stop().await;
    let process = Process::start(&url).await;
    let recorder = Recorder::new(|_| Outcome::Done);
    bind(&process.queue, "one", 5, recorder.clone()).await;
    let message = Message::new("things.changed", &1).unwrap();
    let early = process.queue.publish(message.clone()).await;
    assert_eq!(early.unwrap_err().kind(), Kind::Unavailable);
    assert_eq!(process.queue.dead_letter_count("one").await.unwrap_err().kind(), Kind::Unavailable);
    rabbit.broker().await.restart().await;
    until_confirmed(&process, &message).await;
    wait::until("the delivery", async || recorder.seen().len() == 1).await;
    assert_eq!(recorder.seen(), [message]);
    process.stop().await;
}
