//! What may be forgotten: copies of answers, counts of requests, and calls to whoever listens.
//!
//! Losing the cache costs latency and nothing else; a rate limit that cannot be read is the caller's to replace by a local one.
//! A cache keeps values as they are given: whoever puts health data there encrypts it first.

mod channels;
pub mod leases;
pub mod memory;
mod rate;
pub mod redis;

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use chassis::Error;
use tokio::sync::broadcast;

pub use rate::{Rate, Taken, Verdict};

/// A cache shared by all processes of the house.
#[async_trait]
pub trait Cache: Send + Sync {
    /// The entry under a key, while it lives.
    async fn get(&self, key: &str) -> Result<Option<Entry>, Error>;

    /// Stores an entry unless one with the same or a newer version is there, so that a slow reader never puts a stale value
    /// back. True when it was stored.
    async fn put_if_newer(&self, key: &str, version: i64, value: Bytes, ttl: Duration)
    -> Result<bool, Error>;

    /// Removes an entry, and the memory of its version: only for what is gone for good.
    async fn delete(&self, key: &str) -> Result<(), Error>;

    /// Takes some requests out of a bucket, or as many of them as may pass.
    async fn take_some(&self, bucket: &str, rate: Rate, wanted: u32) -> Result<Taken, Error>;

    /// Takes one request out of a bucket.
    async fn take(&self, bucket: &str, rate: Rate) -> Result<Verdict, Error> {
        Ok(rate.verdict(self.take_some(bucket, rate, 1).await?))
    }

    /// Tells whoever listens on a channel now. Nobody listening is no error.
    async fn publish(&self, channel: &str, message: Bytes) -> Result<(), Error>;

    /// Listens on a channel from now on. A listener that falls behind misses messages, and is told so by its receiver. What is
    /// sent while a shared cache is out of reach is missed untold: what falls by a message must fall by its age as well.
    async fn subscribe(&self, channel: &str) -> Result<broadcast::Receiver<Bytes>, Error>;
}

/// A cached value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The version it was stored under.
    pub version: i64,
    /// The value.
    pub value: Bytes,
}
