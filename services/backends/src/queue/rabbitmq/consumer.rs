//! The consumer behind one queue.

use std::sync::Arc;
use std::time::Duration;

use chassis::shutdown::Tasks;
use chassis::{Error, Kind};
use futures_util::{FutureExt, StreamExt};
use lapin::Channel;
use lapin::message::Delivery;
use lapin::options::{
    BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicNackOptions, BasicQosOptions,
};
use lapin::types::FieldTable;
use tokio::sync::{Semaphore, SemaphorePermit, oneshot};

use super::fault::{fault, in_time};
use super::link::Link;
use super::publisher::Publisher;
use super::{envelope, topology};
use crate::backoff;
use crate::queue::attempt::attempt;
use crate::queue::{DeadLetter, Handler, Message, Outcome, Subscription};

/// The longest wait before a consumer begins again.
const MOST_BACKOFF: Duration = Duration::from_secs(5);

/// Consumes one queue until the process stops, on one channel after another.
pub struct Consumer {
    subscription: Subscription,
    handler: Arc<dyn Handler>,
    link: Link,
    publisher: Arc<Publisher>,
    tasks: Tasks,
    /// After a break of the connection, handlers of the old deliveries are still at work when the new ones come.
    hands: Semaphore,
}

impl Consumer {
    pub fn new(
        subscription: Subscription,
        handler: Arc<dyn Handler>,
        link: Link,
        publisher: Arc<Publisher>,
        tasks: Tasks,
    ) -> Arc<Self> {
        let hands = Semaphore::new(subscription.concurrency);
        Arc::new(Self { subscription, handler, link, publisher, tasks, hands })
    }

    /// Begins, and tells when it has; or with an error that it never will, since the broker refuses what the queue needs.
    pub fn start(self: Arc<Self>) -> oneshot::Receiver<Result<(), Error>> {
        let (tell, begun) = oneshot::channel();
        self.tasks.clone().spawn("consumer", self.run(tell));
        begun
    }

    async fn run(self: Arc<Self>, tell: oneshot::Sender<Result<(), Error>>) {
        let mut tell = Some(tell);
        let mut failures = 0;
        while !self.tasks.is_stopping() {
            match self.open().await {
                Ok((channel, deliveries)) => {
                    failures = 0;
                    // whoever subscribed may not have waited
                    tell.take().map(|tell| tell.send(Ok(())));
                    self.clone().consume(channel, deliveries).await;
                }
                Err(error) if self.tasks.is_stopping() => tracing::debug!(%error, "the process stops"),
                Err(error) if error.kind() == Kind::Internal => {
                    let unheard = match tell.take() {
                        Some(tell) => tell.send(Err(error)),
                        None => Err(Err(error)),
                    };
                    match unheard {
                        Ok(()) => return,
                        Err(unheard) => unheard.unwrap_or_else(|error| error.log("setting up a queue")),
                    }
                }
                Err(error) => tracing::debug!(queue = self.subscription.queue, %error, "cannot consume now"),
            }
            failures += 1;
            let wait = backoff::after(failures, Duration::from_millis(100), MOST_BACKOFF);
            tokio::select! {
                () = self.tasks.stopping() => return,
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    async fn open(&self) -> Result<(Channel, lapin::Consumer), Error> {
        let channel = self.link.channel().await?;
        in_time(async {
            topology::declare(&channel, &self.subscription).await?;
            let prefetch = u16::try_from(self.subscription.concurrency).unwrap_or(u16::MAX);
            channel.basic_qos(prefetch, BasicQosOptions::default()).await.map_err(fault)?;
            let (queue, tag) = (self.subscription.queue.as_str().into(), "".into());
            let options = BasicConsumeOptions::default();
            let deliveries = channel.basic_consume(queue, tag, options, FieldTable::default());
            let deliveries = deliveries.await.map_err(fault)?;
            Ok((channel, deliveries))
        })
        .await
    }

    /// Handles deliveries until they end, or the process stops.
    async fn consume(self: Arc<Self>, channel: Channel, mut deliveries: lapin::Consumer) {
        loop {
            let delivery = tokio::select! {
                biased;
                () = self.tasks.stopping() => break,
                delivery = deliveries.next() => delivery,
            };
            match delivery {
                Some(Ok(delivery)) => self.clone().begin(delivery, channel.clone()),
                Some(Err(error)) => {
                    tracing::debug!(queue = self.subscription.queue, %error, "deliveries ended");
                    return;
                }
                None => return,
            }
        }
        let cancelled =
            channel.basic_cancel(deliveries.tag(), BasicCancelOptions::default()).map(|c| c.map_err(fault));
        if let Err(error) = in_time(cancelled).await {
            tracing::debug!(queue = self.subscription.queue, %error, "the connection ended before the consumer did");
        }
        // what nobody began goes back with the channel, which closes when the last handler is done with it
    }

    fn begin(self: Arc<Self>, delivery: Delivery, channel: Channel) {
        self.tasks.clone().spawn("delivery", async move {
            match self.hand().await {
                Some(_hand) => self.handle(delivery).await,
                None => settle(delivery, false).await,
            }
            drop(channel);
        });
    }

    async fn hand(&self) -> Option<SemaphorePermit<'_>> {
        tokio::select! {
            biased;
            () = self.tasks.stopping() => None,
            hand = self.hands.acquire() => hand.ok(),
        }
    }

    async fn handle(&self, delivery: Delivery) {
        let Some(mut message) = envelope::open(&delivery.properties, &delivery.data) else {
            tracing::error!(
                queue = self.subscription.queue,
                "a message that is not from us became a dead letter"
            );
            // the queue itself makes it one
            told(delivery.nack(BasicNackOptions::default())).await;
            return;
        };
        message.last_attempt = message.attempt >= self.subscription.attempts;
        let outcome = attempt(&self.subscription, self.handler.as_ref(), &message).await;
        let dealt_with = match outcome {
            Outcome::Done => Ok(()),
            Outcome::Reject => self.bury(message, DeadLetter::REJECTED).await,
            Outcome::Retry if message.last_attempt => self.bury(message, DeadLetter::FAILED).await,
            Outcome::Retry => self.postpone(&message).await,
        };
        if let Err(error) = &dealt_with {
            error.log("passing on a message that its consumer could not handle");
        }
        settle(delivery, dealt_with.is_ok()).await;
    }

    async fn postpone(&self, message: &Message) -> Result<(), Error> {
        let wait = topology::wait(&self.subscription, message.attempt);
        let address = topology::later(&self.subscription.queue, wait);
        self.publisher.publish(address, &envelope::next(message), &message.body).await
    }

    async fn bury(&self, message: Message, reason: &'static str) -> Result<(), Error> {
        let queue = self.subscription.queue.as_str();
        tracing::error!(queue, message_id = %message.id, attempt = message.attempt, reason, "a message became a dead letter");
        let letter = DeadLetter { message, reason };
        let grave = topology::queue(&topology::dead(queue));
        self.publisher.publish(grave, &envelope::last(&letter), &letter.message.body).await
    }
}

/// Tells the broker that a message is dealt with, or to send it again.
async fn settle(delivery: Delivery, is_done: bool) {
    if is_done {
        told(delivery.ack(BasicAckOptions::default())).await;
    } else {
        told(delivery.nack(BasicNackOptions { requeue: true, ..Default::default() })).await;
    }
}

/// Waits until an answer to a delivery is on its way: not for ever, as the connection may break just then.
async fn told(answer: impl Future<Output = lapin::Result<bool>>) {
    if !matches!(in_time(answer.map(|told| told.map_err(fault))).await, Ok(true)) {
        tracing::debug!("the connection ended before a delivery did; the broker sends it again");
    }
}
