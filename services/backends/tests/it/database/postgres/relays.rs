//! Several relays on one outbox.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use backends::outbox::Relay;
use backends::queue::{DeadLetter, Handler, Message, Subscription};
use backends::{Action, Database, Queue, Scope};
use chassis::clock::Clock;
use chassis::shutdown::Tasks;
use chassis::{Error, Foundation};
use chrono::TimeDelta;
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::{Own, noon};
use crate::database::{Adapter, Migrator, number, somebody};
use crate::wait;

/// A broker that counts, and confirms when it is told to.
struct Counting {
    published: Mutex<HashMap<Uuid, u32>>,
    confirms: Semaphore,
}

impl Counting {
    fn new(confirms: usize) -> Arc<Self> {
        Arc::new(Self { published: Mutex::default(), confirms: Semaphore::new(confirms) })
    }

    /// How many messages came how many times.
    fn times(&self) -> HashMap<u32, usize> {
        let mut times = HashMap::new();
        for count in self.published.lock().unwrap().values() {
            *times.entry(*count).or_default() += 1;
        }
        times
    }
}

#[async_trait]
impl Queue for Counting {
    async fn subscribe(&self, _: Subscription, _: Arc<dyn Handler>) -> Result<(), Error> {
        Ok(())
    }

    async fn publish(&self, message: Message) -> Result<(), Error> {
        *self.published.lock().unwrap().entry(message.id).or_default() += 1;
        self.confirms.acquire().await.unwrap().forget();
        Ok(())
    }

    async fn dead_letter_count(&self, _: &str) -> Result<u64, Error> {
        Ok(0)
    }

    async fn dead_letters(&self, _: &str, _: usize) -> Result<Vec<DeadLetter>, Error> {
        Ok(Vec::new())
    }

    async fn redrive(&self, _: &str) -> Result<u64, Error> {
        Ok(0)
    }
}

fn foundation(clock: &Clock) -> Foundation {
    Foundation { clock: clock.clone(), tasks: Tasks::new() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_relays_share_the_work() {
    let adapter = Own::default();
    let clock = Clock::system();
    let db = adapter.open(&clock).await;
    db.migrate::<Migrator>().await.unwrap();
    let broker = Counting::new(100_000);
    for _ in 0..10 {
        let tx = db.write(&somebody(), Action::Update, "Thing", Scope::Own).await.unwrap();
        for n in 0..100 {
            tx.publish("things.changed", &n).await.unwrap();
        }
        tx.commit_quietly().await.unwrap();
    }
    let foundation = foundation(&clock);
    for _ in 0..3 {
        Relay::start(&foundation, &adapter.open(&clock).await, broker.clone());
    }
    wait::until("an empty outbox", async || number(&db, "SELECT COUNT(*) AS n FROM outbox").await == 0).await;
    assert_eq!(broker.times(), HashMap::from([(1, 1000)]));
}

/// The first relay has a message on its way and is never heard of again. Nobody else takes the message up before its lease is
/// over, and then somebody does.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_message_of_a_dead_relay_waits_for_the_end_of_its_lease() {
    let adapter = Own::default();
    let clock = Clock::fixed(noon());
    let db = adapter.open(&clock).await;
    db.migrate::<Migrator>().await.unwrap();
    let send = async |topic| {
        let tx = db.write(&somebody(), Action::Update, "Thing", Scope::Own).await.unwrap();
        tx.publish(topic, &1).await.unwrap();
        tx.commit_quietly().await.unwrap();
    };
    send("things.changed").await;
    let silent = Counting::new(0);
    let process = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (settings, its_clock, its_broker) = (adapter.settings().await, clock.clone(), silent.clone());
    process.spawn(async move {
        let db = Database::connect(settings, &foundation(&its_clock)).await.unwrap();
        Relay::start(&foundation(&its_clock), &db, its_broker);
    });
    wait::until("the message on its way", async || silent.times() == HashMap::from([(1, 1)])).await;
    process.shutdown_background();

    let broker = Counting::new(100);
    Relay::start(&foundation(&clock), &adapter.open(&clock).await, broker.clone());
    // one that the second relay does get shows that it has looked
    send("things.removed").await;
    let waiting = async || number(&db, "SELECT COUNT(*) AS n FROM outbox").await;
    wait::until("the second message", async || waiting().await == 1).await;
    assert_eq!(broker.times(), HashMap::from([(1, 1)]));
    clock.advance(TimeDelta::seconds(61));
    wait::until("the first message", async || waiting().await == 0).await;
    assert_eq!((silent.times(), broker.times()), (HashMap::from([(1, 1)]), HashMap::from([(1, 2)])));
}
