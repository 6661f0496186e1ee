use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::broadcast;

/// How many messages a listener may be behind.
const BACKLOG: usize = 64;

/// The channels that somebody in this process listens on.
#[derive(Default)]
pub struct Channels(Mutex<HashMap<String, broadcast::Sender<Bytes>>>);

impl Channels {
    /// Tells the listeners. False when there is none, and then the channel is forgotten.
    pub fn publish(&self, channel: &str, message: Bytes) -> bool {
        let mut channels = self.lock();
        let heard = channels.get(channel).is_some_and(|listeners| listeners.send(message).is_ok());
        if !heard {
            channels.remove(channel);
        }
        heard
    }

    pub fn subscribe(&self, channel: &str) -> broadcast::Receiver<Bytes> {
        let mut channels = self.lock();
        channels.retain(|_, listeners| listeners.receiver_count() > 0);
        channels.entry(channel.to_owned()).or_insert_with(|| broadcast::channel(BACKLOG).0).subscribe()
    }

    /// The channels by name.
    pub fn names(&self) -> Vec<String> {
        self.lock().keys().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, broadcast::Sender<Bytes>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
