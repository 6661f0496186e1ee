//! Listening: one connection per process, on which every channel that somebody here listens on is subscribed. It is opened for
//! the first of them, opened again whenever it breaks, and all channels are subscribed again.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chassis::shutdown::Tasks;
use futures_util::{FutureExt, StreamExt};
use redis::aio::{PubSubSink, PubSubStream};
use redis::{Msg, RedisResult, Value};
use tokio::sync::broadcast::Receiver;
use tokio::sync::{mpsc, oneshot};
use tokio::task::unconstrained;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use super::address::Address;
use super::fault::Fault;
use crate::backoff;
use crate::cache::channels::Channels;

/// How often a connection on which nothing comes is asked whether it still stands.
const PULSE: Duration = Duration::from_secs(5);
/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(1);
/// How long to wait before the connection is opened again (see [`backoff::after`]): at first, and after many failures in a row.
const REST: Duration = Duration::from_millis(400);
const LONGEST_REST: Duration = Duration::from_secs(2);

/// The name of a channel on the server.
pub fn channel_name(channel: &str) -> String {
    format!("{PREFIX}{channel}")
}

const PREFIX: &str = "praan:channel:";

pub struct Listener {
    channels: Arc<Channels>,
    patience: Duration,
    wishes: mpsc::UnboundedSender<Wish>,
}

/// Somebody wants to listen on a channel.
struct Wish {
    channel: String,
    granted: oneshot::Sender<Receiver<Bytes>>,
}

impl Listener {
    pub fn new(address: &Arc<Address>, patience: Duration, tasks: &Tasks) -> Self {
        let channels = Arc::<Channels>::default();
        let (wishes, heard) = mpsc::unbounded_channel();
        let ear = Ear { address: address.clone(), channels: channels.clone(), wishes: heard };
        let keeping = tasks.clone();
        tasks.spawn("redis listener", async move {
            tokio::select! {
                () = keeping.stopping() => {}
                () = ear.keep() => {}
            }
        });
        Self { channels, patience, wishes }
    }

    /// Listens, from now on if the server says so in time, else from when the connection is there.
    pub async fn subscribe(&self, channel: &str) -> Receiver<Bytes> {
        if let Ok(Ok(receiver)) = timeout(self.patience, self.wish(channel)).await {
            return receiver;
        }
        let receiver = self.channels.subscribe(channel);
        // a first wish may have been granted and given up again at this very moment
        drop(self.wish(channel));
        receiver
    }

    fn wish(&self, channel: &str) -> oneshot::Receiver<Receiver<Bytes>> {
        let (granted, receiver) = oneshot::channel();
        // the ear is gone only when the process stops
        let _ = self.wishes.send(Wish { channel: channel.to_owned(), granted });
        receiver
    }
}

/// The task that holds the connection.
struct Ear {
    address: Arc<Address>,
    channels: Arc<Channels>,
    wishes: mpsc::UnboundedReceiver<Wish>,
}

impl Ear {
    async fn keep(mut self) {
        // nobody has to listen, and then there is no connection
        let mut wish = self.wishes.recv().await;
        let (mut failures, mut attempt) = (0, 0);
        while !self.wishes.is_closed() {
            let fault = match self.open(attempt).await {
                Ok((sink, stream)) => {
                    tracing::debug!("listening on redis");
                    failures = 0;
                    match self.listen(sink, stream, &mut wish).await {
                        Ok(()) => return,
                        Err(fault) => fault,
                    }
                }
                Err(fault) => fault,
            };
            if failures == 0 {
                tracing::warn!(cause = %fault, "not listening on redis; messages are missed until it is back");
            }
            failures += 1;
            attempt += 1;
            sleep(backoff::after(failures, REST, LONGEST_REST)).await;
        }
    }

    /// A connection on which all channels are subscribed.
    async fn open(&self, attempt: usize) -> Result<(PubSubSink, PubSubStream), Fault> {
        let (mut sink, stream) = self.address.listen(attempt).await?.split();
        for channel in self.channels.names() {
            in_time(sink.subscribe(channel_name(&channel))).await?;
        }
        Ok((sink, stream))
    }

    /// Passes on what comes, until the connection breaks or nobody is left who could want to listen.
    async fn listen(
        &mut self,
        mut sink: PubSubSink,
        mut stream: PubSubStream,
        first: &mut Option<Wish>,
    ) -> Result<(), Fault> {
        if let Some(wish) = first.take() {
            self.grant(wish, &mut sink, &mut stream).await?;
        }
        let mut pulse = interval(PULSE);
        pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                message = stream.next() => {
                    let message = message.ok_or_else(Fault::closed)?;
                    if !self.pass_on(&message) {
                        in_time(sink.unsubscribe(message.get_channel_name())).await?;
                    }
                }
                wish = self.wishes.recv() => {
                    let Some(wish) = wish else { return Ok(()) };
                    self.grant(wish, &mut sink, &mut stream).await?;
                }
                _ = pulse.tick() => {
                    in_time(sink.ping::<Value>()).await?;
                }
            }
        }
    }

    /// Subscribes. What was sent before that is here by then, and is for those who have listened before.
    async fn grant(&self, wish: Wish, sink: &mut PubSubSink, stream: &mut PubSubStream) -> Result<(), Fault> {
        in_time(sink.subscribe(channel_name(&wish.channel))).await?;
        while let Some(Some(message)) = unconstrained(stream.next()).now_or_never() {
            self.pass_on(&message);
        }
        // who no longer waits has its own receiver
        let _ = wish.granted.send(self.channels.subscribe(&wish.channel));
        Ok(())
    }

    /// False when nobody listens on the channel any more.
    fn pass_on(&self, message: &Msg) -> bool {
        let channel = message.get_channel_name().strip_prefix(PREFIX);
        channel.is_some_and(|channel| {
            self.channels.publish(channel, Bytes::copy_from_slice(message.get_payload_bytes()))
        })
    }
}

async fn in_time<T>(answer: impl Future<Output = RedisResult<T>>) -> Result<T, Fault> {
    Ok(timeout(ANSWER, answer).await.map_err(|_| Fault::silent())??)
}
