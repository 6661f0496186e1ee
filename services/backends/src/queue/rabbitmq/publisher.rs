use std::sync::{Mutex, PoisonError};

use chassis::Error;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{BasicProperties, Channel, Confirmation};
use tokio::sync::Semaphore;

use super::fault::{fault, in_time};
use super::link::Link;
use super::topology::{self, Address};

/// How many messages may wait for their confirms at once.
const IN_FLIGHT: usize = 128;

/// Publishes messages, many at a time, and knows of each what became of it.
///
/// A message has a channel to itself until it is confirmed. The broker tells of a message without a queue by sending it back
/// before its confirm; on a channel with several under way, lapin does not tell whose confirm that goes with when one
/// acknowledgement answers for many, and a lost message could pass for a confirmed one.
pub struct Publisher {
    link: Link,
    idle: Mutex<Vec<Channel>>,
    places: Semaphore,
}

impl Publisher {
    pub fn new(link: Link) -> Self {
        Self { link, idle: Mutex::default(), places: Semaphore::new(IN_FLIGHT) }
    }

    /// Resolves once every queue at the address has the message; an error when there is none.
    pub async fn publish(&self, to: Address, properties: &BasicProperties, body: &[u8]) -> Result<(), Error> {
        in_time(async {
            let _place = self.places.acquire().await.map_err(Error::internal)?;
            let channel = self.channel().await?;
            let key = to.routing_key.clone();
            let options = BasicPublishOptions { mandatory: true, ..Default::default() };
            let (exchange, routing_key) = (to.exchange.into(), to.routing_key.into());
            let sent = channel.basic_publish(exchange, routing_key, options, body, properties.clone());
            let confirmed = sent.await.map_err(fault)?.await.map_err(fault)?;
            // not after an error, and not when the caller stops waiting: then an answer may still come on it
            self.idle().push(channel);
            match confirmed {
                Confirmation::Ack(None) => Ok(()),
                Confirmation::Ack(Some(_)) | Confirmation::Nack(Some(_)) => {
                    Err(Error::unavailable(format!("no queue is bound to {key}")))
                }
                Confirmation::Nack(None) => Err(Error::unavailable("the broker refused the message")),
                Confirmation::NotRequested => Err(Error::internal("the channel does not confirm")),
            }
        })
        .await
    }

    async fn channel(&self) -> Result<Channel, Error> {
        let working = |channel: &Channel| channel.status().connected();
        let idle = std::iter::from_fn(|| self.idle().pop()).find(working);
        if let Some(channel) = idle {
            return Ok(channel);
        }
        let channel = self.link.channel().await?;
        // the first message may come before the first consumer
        topology::declare_events(&channel).await?;
        channel.confirm_select(ConfirmSelectOptions::default()).await.map_err(fault)?;
        Ok(channel)
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Channel>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
