//! Whether a broker can serve, and how its queues stand.

use chassis::Error;
use lapin::options::{BasicGetOptions, QueueDeclareOptions, QueueDeleteOptions};
use lapin::protocol::constants::REPLY_SUCCESS;
use lapin::types::FieldTable;
use lapin::{Channel, Connection};
use uuid::Uuid;

use super::fault::{fault, in_time, is_absence};
use super::{link, topology};
use crate::checkup::Finding;

const AWAY: &str =
    "see that the broker is up, and that host, port, user, password and virtual host of --amqp-url are right";
const OLD: &str = "run RabbitMQ 3.10 or newer, and grant the user the rights configure, write and read on all names of its virtual host: \
    rabbitmqctl set_permissions -p <vhost> <user> '.*' '.*' '.*'";
const DEAD: &str = "mend what the consumer's log names (`a message became a dead letter`), then put them back: praan job redrive";
const OTHER: &str = "a queue of this name was made by somebody else, or of another type: stop its consumers, let it run empty, delete it, \
    and start them again, which makes it anew";

/// Connects, and does once what processes do: a quorum queue with the arguments that RabbitMQ has had since 3.10, a confirmed
/// message into it, the message out again.
pub async fn serves(url: &str) -> Finding {
    let connection = match connect(url).await {
        Ok(connection) => connection,
        Err(error) => return Finding::failed("it cannot be connected to", &error, AWAY),
    };
    let name = format!("praan.checkup.{}", Uuid::new_v4().simple());
    let tried = in_time(async {
        let channel = connection.create_channel().await.map_err(fault)?;
        topology::declare_events(&channel).await?;
        topology::declare_trial(&channel, &name).await?;
        let tried = take_and_give(&channel, &name).await;
        let deleted = channel.queue_delete(name.as_str().into(), QueueDeleteOptions::default()).await;
        tried.and(deleted.map(drop).map_err(fault))
    });
    let tried = tried.await;
    let _ = connection.close(REPLY_SUCCESS, "seen".into()).await;
    match tried {
        Ok(()) => Finding::ok("declares quorum queues as of 3.10, confirms a message and hands it out"),
        Err(error) => Finding::failed("it does not do what processes need", &error, OLD),
    }
}

/// How one queue stands: whether it is the quorum queue that its consumer declares, how much waits, and how much is dead.
pub async fn stands(url: &str, queue: &str) -> Finding {
    let looked = in_time(async {
        let connection = connect(url).await?;
        let looked = look(&connection, queue).await;
        let _ = connection.close(REPLY_SUCCESS, "seen".into()).await;
        looked
    });
    match looked.await {
        Ok(None) => Finding::ok(format!("{queue} is not there yet; its consumer makes it")),
        Ok(Some(Standing { refused: Some(error), .. })) => {
            Finding::failed(&format!("{queue} is not what its consumer needs"), &error, OTHER)
        }
        Ok(Some(Standing { waiting, consumers, dead: 0, .. })) => {
            Finding::ok(format!("{queue}: {waiting} waiting, {consumers} consumers, no dead letters"))
        }
        Ok(Some(Standing { waiting, consumers, dead, .. })) => Finding::warning(
            format!("{queue}: {waiting} waiting, {consumers} consumers, {dead} dead letters"),
            DEAD,
        ),
        Err(error) => Finding::failed(&format!("{queue} cannot be looked at"), &error, AWAY),
    }
}

struct Standing {
    waiting: u32,
    consumers: u32,
    dead: u32,
    /// Why the broker would not have it declared.
    refused: Option<Error>,
}

/// A queue that is there; it is not made, as one without a consumer would fill.
async fn look(connection: &Connection, queue: &str) -> Result<Option<Standing>, Error> {
    let Some((waiting, consumers)) = counts(connection, queue).await? else { return Ok(None) };
    let dead = counts(connection, &topology::dead(queue)).await?.map_or(0, |(dead, _)| dead);
    let channel = connection.create_channel().await.map_err(fault)?;
    let refused = topology::declare_queue(&channel, queue).await.err();
    Ok(Some(Standing { waiting, consumers, dead, refused }))
}

async fn counts(connection: &Connection, queue: &str) -> Result<Option<(u32, u32)>, Error> {
    // a refusal ends the channel, so each question has its own
    let channel = connection.create_channel().await.map_err(fault)?;
    let passive = QueueDeclareOptions { passive: true, ..Default::default() };
    match channel.queue_declare(queue.into(), passive, FieldTable::default()).await {
        Ok(found) => Ok(Some((found.message_count(), found.consumer_count()))),
        Err(error) if is_absence(&error) => Ok(None),
        Err(error) => Err(fault(error)),
    }
}

async fn connect(url: &str) -> Result<Connection, Error> {
    link::connect(&link::parse(url)?, "praan doctor").await
}

async fn take_and_give(channel: &Channel, name: &str) -> Result<(), Error> {
    use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
    channel.confirm_select(ConfirmSelectOptions::default()).await.map_err(fault)?;
    let options = BasicPublishOptions { mandatory: true, ..Default::default() };
    let sent = channel.basic_publish("".into(), name.into(), options, b"", Default::default());
    let confirmed = sent.await.map_err(fault)?.await.map_err(fault)?;
    let got = channel.basic_get(name.into(), BasicGetOptions { no_ack: true }).await.map_err(fault)?;
    if confirmed.is_ack() && got.is_some() {
        Ok(())
    } else {
        Err(Error::unavailable("a message was not confirmed, or did not come out again"))
    }
}
