//! The outbox relay, from rows in PostgreSQL to confirmed messages, against a bare publisher that has as many confirms open.

use std::time::Duration;

use backends::db::Postgres;
use backends::outbox::Relay;
use backends::queue::Message;
use backends::queue::rabbitmq::RabbitQueue;
use backends::{Database, Queue, Scope};
use chassis::Foundation;
use futures_util::stream::{self, StreamExt};
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties};
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::pairs::{Goal, Ratios};
use crate::stage::Stage;

const MESSAGES: usize = 3000;
/// How many confirms are open at once, as the relay has it.
const WINDOW: usize = 64;
/// How many rows a transaction writes.
const ROWS: usize = 100;
const TOPIC: &str = "bench.relayed";

/// Measures both on quorum queues that nobody consumes.
pub async fn measure(stage: &Stage) {
    println!("\nThe relay of an outbox, against raw confirms at a window of {WINDOW}, {MESSAGES} messages");
    let url = stage.rabbitmq.fresh_url();
    let connection = Connection::connect(&url, ConnectionProperties::default()).await.expect("a connection");
    let channel = connection.create_channel().await.expect("a channel");
    channel.confirm_select(ConfirmSelectOptions::default()).await.expect("confirms");
    queue(&channel, "raw").await;

    let (database, foundation) = (stage.postgres.database().await, Foundation::system());
    let settings = Postgres::new(stage.postgres.url("postgres", &database), "logging");
    let db = Database::connect(settings, &foundation).await.expect("a database");
    logging::migrate(&db).await.expect("tables");
    let broker = RabbitQueue::connect(&foundation, &url).await.expect("a broker");
    // declares the exchange of the house, and fails, as no queue is there yet
    assert!(broker.publish(Message::new(TOPIC, &body(0)).expect("a message")).await.is_err());
    queue(&channel, TOPIC).await;
    let (bind, none) = (QueueBindOptions::default(), FieldTable::default());
    let bound = channel.queue_bind(TOPIC.into(), "praan.events".into(), TOPIC.into(), bind, none);
    bound.await.expect("a binding");

    let left = async || stage.postgres.sql(&database, "SELECT count(*) FROM logging.outbox").await;
    let relayed = async || relay(&db, &url, async || left().await.trim() == "0").await;
    let ratios = Ratios::of(relayed, async || raw(&channel).await).await;
    ratios.tell("rate ÷ raw confirms", Goal::AtLeast(0.2, 0.5));
    println!("  {:.0} a second, {:.0} raw", relayed().await, raw(&channel).await);
    assert!(foundation.tasks.stop(Duration::from_secs(10)).await, "{}", foundation.tasks.at_work());
}

/// Fills the outbox, then has a relay empty it: messages a second.
async fn relay(db: &Database, url: &str, empty: impl AsyncFn() -> bool) -> f64 {
    for _ in 0..MESSAGES / ROWS {
        let tx = db.open(Scope::Own).await.expect("a transaction");
        for n in 0..ROWS {
            tx.publish(TOPIC, &body(n)).await.expect("a row");
        }
        tx.commit_quietly().await.expect("a commit");
    }
    // its own, since it stops when its turn is over
    let foundation = Foundation::system();
    let broker = RabbitQueue::connect(&foundation, url).await.expect("a broker");
    let begun = Instant::now();
    Relay::start(&foundation, db, broker);
    while !empty().await {
        sleep(Duration::from_millis(5)).await;
    }
    let rate = MESSAGES as f64 / begun.elapsed().as_secs_f64();
    assert!(foundation.tasks.stop(Duration::from_secs(10)).await, "{}", foundation.tasks.at_work());
    rate
}

/// Publishes as many to a queue: messages a second.
async fn raw(channel: &Channel) -> f64 {
    let begun = Instant::now();
    let sent = stream::iter(0..MESSAGES).for_each_concurrent(WINDOW, async |n| {
        let options = BasicPublishOptions { mandatory: true, ..Default::default() };
        let body = serde_json::to_vec(&body(n)).expect("JSON");
        let persistent = BasicProperties::default().with_delivery_mode(2);
        let confirm = channel.basic_publish("".into(), "raw".into(), options, &body, persistent);
        assert!(confirm.await.expect("sent").await.expect("an answer").is_ack());
    });
    sent.await;
    MESSAGES as f64 / begun.elapsed().as_secs_f64()
}

/// What a message says; no more than the house's own do.
fn body(n: usize) -> serde_json::Value {
    json!({"program_id": 7_309_412_345_678_901_i64, "version": n})
}

async fn queue(channel: &Channel, name: &str) {
    let mut quorum = FieldTable::default();
    quorum.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
    let options = QueueDeclareOptions { durable: true, ..Default::default() };
    channel.queue_declare(name.into(), options, quorum).await.expect("a queue");
}
