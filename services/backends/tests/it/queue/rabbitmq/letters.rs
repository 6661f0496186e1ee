use backends::queue::{Outcome, Subscription};
use chassis::Kind;
use lapin::options::{BasicGetOptions, BasicNackOptions, BasicPublishOptions, QueueDeclareOptions};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties};
use uuid::Uuid;

use super::{Process, Rabbit};
use crate::queue::handlers::Recorder;
use crate::queue::{bind, send};
use crate::wait;

/// A channel of somebody who does not use our adapter.
async fn stranger(url: &str) -> (Connection, Channel) {
    let connection = Connection::connect(url, ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    (connection, channel)
}

/// Takes the message again and again and never acknowledges it, as a process that dies of it would.
pub async fn poison(rabbit: Rabbit) {
    let url = rabbit.fresh_url().await;
    let process = Process::start(&url).await;
    let recorder = Recorder::new(|_| Outcome::Done);
    bind(&process.queue, "one", 5, recorder.clone()).await;
    process.stop().await;
    let process = Process::start(&url).await;
    let message = send(&process.queue, 7).await;
    let (_connection, channel) = stranger(&url).await;
    let mut deliveries = 0;
    while process.queue.dead_letter_count("one").await.unwrap() == 0 {
        let got = channel.basic_get("one".into(), BasicGetOptions::default()).await.unwrap();
        if let Some(got) = got {
            deliveries += 1;
            got.delivery.nack(BasicNackOptions { requeue: true, ..Default::default() }).await.unwrap();
        }
    }
    assert_eq!(deliveries, 17, "the first, and sixteen more");
    let letter = process.queue.dead_letters("one", 1).await.unwrap().remove(0);
    assert_eq!((letter.message.id, letter.message.attempt), (message.id, 1));
    assert_eq!(letter.reason, "delivered too often without an answer");
    bind(&process.queue, "one", 5, recorder.clone()).await;
    assert_eq!(process.queue.redrive("one").await.unwrap(), 1);
    wait::until("the delivery", async || recorder.seen().len() == 1).await;
    assert_eq!(recorder.seen(), [message]);
}

pub async fn strange(rabbit: Rabbit) {
    let url = rabbit.fresh_url().await;
    let process = Process::start(&url).await;
    let recorder = Recorder::new(|_| Outcome::Done);
    bind(&process.queue, "one", 5, recorder.clone()).await;
    let (_connection, channel) = stranger(&url).await;
    let (exchange, key) = ("praan.events".into(), "things.changed".into());
    let options = BasicPublishOptions::default();
    let nothing = BasicProperties::default();
    channel.basic_publish(exchange, key, options, b"who am I", nothing).await.unwrap().await.unwrap();
    wait::until("the dead letter", async || process.queue.dead_letter_count("one").await.unwrap() == 1).await;
    let letter = process.queue.dead_letters("one", 1).await.unwrap().remove(0);
    assert_eq!((letter.message.id, letter.reason), (Uuid::nil(), "rejected"));
    assert_eq!(letter.message.body, b"who am I");
    assert_eq!(process.queue.redrive("one").await.unwrap(), 1);
    wait::until("the dead letter", async || process.queue.dead_letter_count("one").await.unwrap() == 1).await;
    send(&process.queue, 1).await;
    wait::until("the delivery", async || recorder.seen().len() == 1).await;
}

pub async fn changed(rabbit: Rabbit) {
    let url = rabbit.fresh_url().await;
    let process = Process::start(&url).await;
    let (_connection, channel) = stranger(&url).await;
    let options = QueueDeclareOptions { durable: true, ..Default::default() };
    channel.queue_declare("one".into(), options, FieldTable::default()).await.unwrap();
    let subscription = || Subscription::new("one", "things.changed");
    let refused = process.queue.subscribe(subscription(), Recorder::new(|_| Outcome::Done)).await;
    assert_eq!(refused.unwrap_err().kind(), Kind::Internal);
    channel.queue_delete("one".into(), Default::default()).await.unwrap();
    let recorder = Recorder::new(|_| Outcome::Done);
    process.queue.subscribe(subscription(), recorder.clone()).await.unwrap();
    send(&process.queue, 1).await;
    wait::until("the delivery", async || recorder.seen().len() == 1).await;
}
