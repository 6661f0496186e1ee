use std::time::Duration;

use backends::queue::Outcome;
use backends::{Action, Scope};
use chassis::clock::Clock;
use chrono::TimeDelta;
use uuid::Uuid;

use super::{Process, numbers};
use crate::database::{Adapter, noon, somebody};
use crate::queue::handlers::Recorder;
use crate::wait;

async fn send_after(process: &Process, n: u32, delay: Duration) -> Uuid {
    let tx = process.db.write(&somebody(), Action::Update, "Thing", Scope::Own).await.unwrap();
    let id = tx.publish_after("things.changed", &n, delay).await.unwrap();
    tx.commit_quietly().await.unwrap();
    id
}

pub async fn backstop(adapter: impl Adapter) {
    let clock = Clock::fixed(noon());
    let process = Process::start(&adapter, &clock).await;
    let recorder = Recorder::new(|_| Outcome::Done);
    process.consume(recorder.clone()).await;
    process.relay();
    send_after(&process, 1, Duration::from_secs(10)).await;
    process.send(2).await;
    wait::until("the message without delay", async || process.waiting().await == 1).await;
    assert_eq!(numbers(&recorder), [2]);
    clock.advance(TimeDelta::seconds(10));
    process.until_empty().await;
    assert_eq!(numbers(&recorder), [1, 2]);
}

pub async fn not_needed(adapter: impl Adapter) {
    let clock = Clock::fixed(noon());
    let process = Process::start(&adapter, &clock).await;
    let recorder = Recorder::new(|_| Outcome::Done);
    process.consume(recorder.clone()).await;
    process.relay();
    let id = send_after(&process, 1, Duration::from_secs(10)).await;
    process.db.outbox_done(id);
    process.db.outbox_done(id);
    process.until_empty().await;
    clock.advance(TimeDelta::seconds(11));
    process.send(2).await;
    process.until_empty().await;
    assert_eq!(numbers(&recorder), [2]);
}
