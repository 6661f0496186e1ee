use std::time::Duration;

use chassis::Error;
use futures_util::future::join_all;
use lapin::Channel;
use lapin::message::BasicGetMessage;
use lapin::options::{BasicAckOptions, BasicGetOptions, BasicNackOptions, QueueDeclareOptions};
use lapin::protocol::constants::REPLY_SUCCESS;
use lapin::types::FieldTable;

use super::fault::{fault, in_time, is_absence};
use super::link::Link;
use super::publisher::Publisher;
use super::{envelope, topology};
use crate::queue::DeadLetter;
use crate::queue::gauge::Depth;

/// How many letters are redriven at once.
const BATCH: usize = 64;

/// How long letters that were looked at may take to be back. Should somebody else take some meanwhile, they never all are.
const GIVING_BACK: Duration = Duration::from_secs(1);

/// The dead letters of one queue.
pub struct Graveyard<'a> {
    pub link: &'a Link,
    pub publisher: &'a Publisher,
    pub queue: &'a str,
}

/// How many messages wait in a queue, and how many are dead.
pub async fn depth(link: &Link, queue: &str) -> Result<Depth, Error> {
    in_time(async {
        let channel = link.channel().await?;
        let waiting = count(&channel, queue).await?;
        let dead = count(&channel, &topology::dead(queue)).await?;
        channel.close(REPLY_SUCCESS, "seen".into()).await.map_err(fault)?;
        Ok(Depth { waiting, dead })
    })
    .await
}

async fn count(channel: &Channel, queue: &str) -> Result<u64, Error> {
    let look = QueueDeclareOptions { passive: true, ..Default::default() };
    let found = channel.queue_declare(queue.into(), look, FieldTable::default()).await;
    let found = found.map_err(|error| match is_absence(&error) {
        true => Error::not_found(format!("there is no queue {queue}")),
        false => fault(error),
    })?;
    Ok(found.message_count().into())
}

impl Graveyard<'_> {
    pub async fn count(&self) -> Result<u64, Error> {
        in_time(async { Ok(self.enter().await?.1) }).await
    }

    /// Looks at the oldest letters: takes them, and gives them back.
    pub async fn peek(&self, limit: usize) -> Result<Vec<DeadLetter>, Error> {
        in_time(async {
            let (channel, count) = self.enter().await?;
            let letters = self.take_some(&channel, limit).await?;
            let seen = |letter: &BasicGetMessage| {
                envelope::exhume(&letter.delivery.properties, &letter.delivery.data)
            };
            let seen = letters.iter().map(seen).collect();
            self.give_back(&channel, &letters, count).await?;
            channel.close(REPLY_SUCCESS, "seen".into()).await.map_err(fault)?;
            Ok(seen)
        })
        .await
    }

    /// The broker gives no answer to a nack, so it is asked until as many are there as before.
    async fn give_back(
        &self,
        channel: &Channel,
        letters: &[BasicGetMessage],
        count: u64,
    ) -> Result<(), Error> {
        let Some(last) = letters.last() else { return Ok(()) };
        let all = BasicNackOptions { multiple: true, requeue: true };
        channel.basic_nack(last.delivery.delivery_tag, all).await.map_err(fault)?;
        let back = async {
            while self.count_on(channel).await? < count {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            Ok(())
        };
        tokio::time::timeout(GIVING_BACK, back).await.unwrap_or(Ok(()))
    }

    /// Puts letters back into their queue, no more than there are now: one may die again meanwhile.
    pub async fn redrive(&self) -> Result<u64, Error> {
        let (channel, count) = in_time(self.enter()).await?;
        let mut done = 0;
        while done < count {
            let batch = usize::try_from(count - done).unwrap_or(BATCH).min(BATCH);
            let letters = in_time(self.take_some(&channel, batch)).await?;
            if letters.is_empty() {
                break;
            }
            done += letters.len() as u64;
            let raised = join_all(letters.into_iter().map(|letter| self.raise(letter))).await;
            raised.into_iter().collect::<Result<(), Error>>()?;
        }
        Ok(done)
    }

    /// Publishes a letter as it was at first. One that cannot be published stays dead.
    async fn raise(&self, letter: BasicGetMessage) -> Result<(), Error> {
        let delivery = letter.delivery;
        let message = envelope::open(&delivery.properties, &delivery.data);
        let properties =
            message.map_or_else(|| delivery.properties.clone(), |message| envelope::first(&message));
        self.publisher.publish(topology::queue(self.queue), &properties, &delivery.data).await?;
        delivery.ack(BasicAckOptions::default()).await.map_err(fault)?;
        Ok(())
    }

    /// A channel, and how many letters there are.
    async fn enter(&self) -> Result<(Channel, u64), Error> {
        let channel = self.link.channel().await?;
        let count = self.count_on(&channel).await?;
        Ok((channel, count))
    }

    async fn count_on(&self, channel: &Channel) -> Result<u64, Error> {
        count(channel, &topology::dead(self.queue)).await
    }

    async fn take_some(&self, channel: &Channel, most: usize) -> Result<Vec<BasicGetMessage>, Error> {
        let name = topology::dead(self.queue);
        let mut letters = Vec::new();
        while letters.len() < most {
            let letter = channel.basic_get(name.as_str().into(), BasicGetOptions::default()).await;
            let Some(letter) = letter.map_err(fault)? else { break };
            letters.push(letter);
        }
        Ok(letters)
    }
}
