//! A connection that is made anew whenever it breaks.
//!
//! lapin can recover connections by itself, but gives up after some attempts and never begins without a broker; and what it
//! brings back is what it remembers, while consumers here declare what they need each time they begin.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use chassis::Error;
use chassis::shutdown::Tasks;
use futures_util::{FutureExt, StreamExt};
use lapin::uri::AMQPUri;
use lapin::{Channel, Connection, ConnectionProperties, Event};
use tokio::sync::watch;

use super::fault::{fault, in_time};
use crate::backoff;

/// How soon a silent connection counts as broken: after twice as many seconds.
const HEARTBEAT: u16 = 10;

/// The largest frame, in bytes: the least that RabbitMQ takes, which is more than a message has. A connection holds room for 64 of them,
/// and by the broker's own measure that would be 8 MiB.
const FRAME: u32 = 8_192;

/// The longest wait between two attempts to connect.
const MOST_BACKOFF: Duration = Duration::from_secs(5);

/// How often to look at a connection that says nothing.
const LOOK: Duration = Duration::from_secs(1);

#[derive(Clone)]
enum State {
    /// Not tried yet.
    New,
    Up(Arc<Connection>),
    Away,
}

/// A connection for as long as the process lives. The last one stays up while the process stops, for what it has to finish.
#[derive(Clone)]
pub struct Link {
    state: watch::Receiver<State>,
    tasks: Tasks,
}

/// Reads a URL. Its errors do not repeat it, since it holds a password.
pub fn parse(url: &str) -> Result<AMQPUri, Error> {
    let mut uri: AMQPUri =
        url.parse().map_err(|_| Error::internal("the URL of the AMQP broker cannot be read"))?;
    uri.query.heartbeat.get_or_insert(HEARTBEAT);
    uri.query.frame_max.get_or_insert(FRAME);
    Ok(uri)
}

impl Link {
    /// Connects, now and whenever the connection breaks, until the process stops.
    pub fn keep(tasks: &Tasks, uri: AMQPUri, name: &'static str) -> Self {
        let (sender, state) = watch::channel(State::New);
        tasks.spawn(name, keep(uri, name, sender, tasks.clone()));
        Self { state, tasks: tasks.clone() }
    }

    /// Resolves after the first attempt to connect, however that ended.
    pub async fn tried(&self) {
        // an error would be a keeper that has ended, and tries no more
        let _ = self.state.clone().wait_for(|state| !matches!(state, State::New)).await;
    }

    /// Resolves when there is no connection.
    pub async fn away(&self) {
        let _ = self.state.clone().wait_for(|state| matches!(state, State::Away)).await;
    }

    /// Opens a channel, once there is a connection.
    pub async fn channel(&self) -> Result<Channel, Error> {
        let mut state = self.state.clone();
        let connection = tokio::select! {
            biased;
            Ok(state) = state.wait_for(|state| matches!(state, State::Up(_))) => match &*state {
                State::Up(connection) => connection.clone(),
                State::New | State::Away => return Err(Error::unavailable("there is no connection")),
            },
            () = self.tasks.stopping() => return Err(Error::unavailable("the process stops")),
        };
        in_time(connection.create_channel().map(|channel| channel.map_err(fault))).await
    }
}

async fn keep(uri: AMQPUri, name: &'static str, state: watch::Sender<State>, tasks: Tasks) {
    let mut failures = 0;
    loop {
        tokio::select! {
            () = tasks.stopping() => return,
            connected = in_time(connect(&uri, name)) => match connected {
                Ok(connection) => {
                    let connection = Arc::new(connection);
                    state.send_replace(State::Up(connection.clone()));
                    tracing::info!(connection = name, "connected to the broker");
                    failures = 0;
                    tokio::select! {
                        () = tasks.stopping() => return,
                        () = broken(&connection, name) => {}
                    }
                }
                Err(error) if failures == 0 => error.log("connecting to the broker"),
                Err(error) => tracing::debug!(connection = name, failures, %error, "the broker is still away"),
            },
        }
        state.send_replace(State::Away);
        failures += 1;
        let wait = backoff::after(failures, Duration::from_millis(100), MOST_BACKOFF);
        tokio::select! {
            () = tasks.stopping() => return,
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// Connects once.
pub async fn connect(uri: &AMQPUri, name: &str) -> Result<Connection, Error> {
    let properties = ConnectionProperties::default().with_connection_name(name.into());
    Connection::connect_uri(uri.clone(), properties).await.map_err(fault)
}

/// Resolves when a connection no longer works.
async fn broken(connection: &Connection, name: &str) {
    let mut events = pin!(connection.events_listener());
    // an error may have come before anybody listened, so the state is looked at as well
    while connection.status().connected() {
        tokio::select! {
            event = events.next() => match event {
                // the error of one channel is told here too, and the connection lives on
                Some(Event::Error(error)) if error.is_amqp_soft_error() => {}
                Some(Event::Error(error)) => {
                    tracing::warn!(connection = name, %error, "the connection to the broker broke");
                    return;
                }
                Some(Event::ConnectionBlocked(reason)) => {
                    tracing::warn!(connection = name, reason, "the broker takes no messages for now");
                }
                Some(Event::ConnectionUnblocked) => tracing::info!(connection = name, "the broker takes messages again"),
                Some(_) => {}
                None => return,
            },
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}
