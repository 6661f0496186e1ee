//! What the broker is asked to keep: names and their arguments.
//!
//! The arguments are the same for every queue and never change with a subscription, since a broker refuses to declare a queue
//! again with others.

use std::time::Duration;

use chassis::Error;
use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Channel, ExchangeKind};

use super::fault::fault;
use crate::queue::Subscription;

/// Where every message is published.
const EVENTS: &str = "praan.events";

/// The exchange that every broker has: a routing key is the name of a queue.
const DEFAULT: &str = "";

/// How often a message may come back without an answer. A restart of the broker or of a consumer costs one; a message that
/// kills its consumers costs so many of them.
const DELIVERY_LIMIT: i64 = 16;

/// Dead letters come back each time somebody looks at them.
const UNLIMITED: i64 = 1_000_000_000;

/// Where a message goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    pub exchange: String,
    pub routing_key: String,
}

/// To all queues of a topic.
pub fn topic(topic: &str) -> Address {
    Address { exchange: EVENTS.to_owned(), routing_key: topic.to_owned() }
}

/// To one queue alone.
pub fn queue(name: &str) -> Address {
    Address { exchange: DEFAULT.to_owned(), routing_key: name.to_owned() }
}

/// To one queue alone, after a while.
pub fn later(name: &str, wait: Duration) -> Address {
    Address { exchange: waiting_room(wait), routing_key: name.to_owned() }
}

/// Where the dead letters of a queue are.
pub fn dead(queue: &str) -> String {
    format!("{queue}.dead")
}

/// How long to wait after the `failures`-th failure. All queues share the waiting rooms, so the waits are powers of two of a
/// millisecond: few rooms serve any backoff.
pub fn wait(subscription: &Subscription, failures: u32) -> Duration {
    let factor = 1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX);
    let wait = subscription.backoff.saturating_mul(factor).min(Subscription::MOST_BACKOFF);
    let millis = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(millis.max(1).next_power_of_two())
}

/// All waits of a subscription, each once. Of a thousand attempts nearly all wait alike, and to declare a room for each would take
/// longer than a busy broker is given.
fn waits(subscription: &Subscription) -> Vec<Duration> {
    let mut waits: Vec<_> = (1..subscription.attempts).map(|failures| wait(subscription, failures)).collect();
    waits.dedup();
    waits
}

/// Declares the exchange that every message is published to.
pub async fn declare_events(channel: &Channel) -> Result<(), Error> {
    exchange(channel, EVENTS, ExchangeKind::Topic).await
}

/// Declares all that a subscription needs; what is there already stays.
pub async fn declare(channel: &Channel, subscription: &Subscription) -> Result<(), Error> {
    declare_events(channel).await?;
    let name = &subscription.queue;
    declare_queue(channel, name).await?;
    bind(channel, name, EVENTS, &subscription.topic).await?;
    for wait in waits(subscription) {
        // the message keeps its routing key, which is the queue it came from
        let millis = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
        let room = waiting_room(wait);
        exchange(channel, &room, ExchangeKind::Fanout).await?;
        quorum_queue(channel, &room, &[&[("x-message-ttl", millis.into())][..], &handing_on()].concat())
            .await?;
        bind(channel, &room, &room, "").await?;
    }
    Ok(())
}

/// Declares a queue and that of its dead letters.
pub async fn declare_queue(channel: &Channel, name: &str) -> Result<(), Error> {
    let dead = dead(name);
    quorum_queue(channel, &dead, &[("x-delivery-limit", UNLIMITED.into())]).await?;
    let limited = [("x-delivery-limit", DELIVERY_LIMIT.into()), ("x-dead-letter-routing-key", text(&dead))];
    quorum_queue(channel, name, &[&limited[..], &handing_on()].concat()).await
}

/// Declares a queue like a waiting room, which the broker itself removes when nobody has used it for a minute.
pub async fn declare_trial(channel: &Channel, name: &str) -> Result<(), Error> {
    let short = [("x-message-ttl", 60_000_i64.into()), ("x-expires", 60_000_i64.into())];
    let routed = [("x-dead-letter-routing-key", text(name))];
    quorum_queue(channel, name, &[&short[..], &routed, &handing_on()].concat()).await
}

fn waiting_room(wait: Duration) -> String {
    format!("praan.wait.{}ms", wait.as_millis())
}

/// A queue hands a message on to another only when that one confirms it. The broker asks for this overflow with it; there is no
/// bound to overflow.
fn handing_on() -> [(&'static str, AMQPValue); 3] {
    [
        ("x-dead-letter-exchange", text(DEFAULT)),
        ("x-dead-letter-strategy", text("at-least-once")),
        ("x-overflow", text("reject-publish")),
    ]
}

async fn exchange(channel: &Channel, name: &str, kind: ExchangeKind) -> Result<(), Error> {
    let options = ExchangeDeclareOptions { durable: true, ..Default::default() };
    channel.exchange_declare(name.into(), kind, options, FieldTable::default()).await.map_err(fault)
}

async fn quorum_queue(channel: &Channel, name: &str, arguments: &[(&str, AMQPValue)]) -> Result<(), Error> {
    let mut table = FieldTable::default();
    table.insert("x-queue-type".into(), text("quorum"));
    for (argument, value) in arguments {
        table.insert((*argument).into(), value.clone());
    }
    let options = QueueDeclareOptions { durable: true, ..Default::default() };
    channel.queue_declare(name.into(), options, table).await.map_err(fault)?;
    Ok(())
}

async fn bind(channel: &Channel, queue: &str, exchange: &str, key: &str) -> Result<(), Error> {
    let options = QueueBindOptions::default();
    channel
        .queue_bind(queue.into(), exchange.into(), key.into(), options, FieldTable::default())
        .await
        .map_err(fault)
}

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(value.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_and_are_shared_powers_of_two() {
        let subscription = Subscription::new("one", "things.changed");
        let some = |s: &Subscription| [1, 2, 3, 4, 5, 20, 99].map(|failures| wait(s, failures).as_millis());
        assert_eq!(some(&subscription), [256, 512, 1024, 2048, 4096, 32768, 32768]);
        let hasty = subscription.backoff(Duration::ZERO);
        assert_eq!(some(&hasty), [1; 7]);
    }

    #[test]
    fn however_many_attempts_there_are_the_waiting_rooms_are_few() {
        let patient = Subscription::new("one", "things.changed").attempts(1_000);
        let rooms: Vec<_> = waits(&patient).iter().map(Duration::as_millis).collect();
        assert_eq!(rooms, [256, 512, 1024, 2048, 4096, 8192, 16384, 32768]);
    }
}
