use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use tokio::sync::broadcast;

/// How many messages a listener may be behind.
const BACKLOG: usize = 64;

/// The channels that somebody listens on.
#[derive(Default)]
pub struct Channels(Mutex<HashMap<String, broadcast::Sender<Bytes>>>);

impl Channels {
    pub fn publish(&self, channel: &str, message: Bytes) {
        let mut channels = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if channels.get(channel).is_some_and(|listeners| listeners.send(message).is_err()) {
            channels.remove(channel);
        }
    }

    pub fn subscribe(&self, channel: &str) -> broadcast::Receiver<Bytes> {
        let mut channels = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        channels.retain(|_, listeners| listeners.receiver_count() > 0);
        channels.entry(channel.to_owned()).or_insert_with(|| broadcast::channel(BACKLOG).0).subscribe()
    }
}
