//! A cache inside the process.

mod buckets;

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use chassis::Error;
use chassis::clock::Clock;
use chrono::{DateTime, Utc};
use moka::Expiry;
use moka::future::Cache as Entries;
use moka::ops::compute::{CompResult, Op};
use tokio::sync::broadcast;

use super::channels::Channels;
use super::{Cache, Entry, Rate, Taken};
use buckets::Buckets;

/// How many bytes of keys and values are kept; beyond that the least used go.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// The cache inside the process.
pub struct MemoryCache {
    clock: Clock,
    entries: Entries<String, Kept>,
    buckets: Buckets,
    channels: Channels,
}

#[derive(Clone)]
struct Kept {
    entry: Entry,
    ttl: Duration,
    ends_at: DateTime<Utc>,
}

impl MemoryCache {
    /// An empty cache.
    pub fn new(clock: &Clock) -> Arc<Self> {
        let weight =
            |key: &String, kept: &Kept| u32::try_from(key.len() + kept.entry.value.len()).unwrap_or(u32::MAX);
        let entries = Entries::builder().max_capacity(MOST_BYTES).weigher(weight).expire_after(Ttl).build();
        Arc::new(Self {
            clock: clock.clone(),
            entries,
            buckets: Buckets::default(),
            channels: Channels::default(),
        })
    }
}

#[async_trait]
impl Cache for MemoryCache {
    async fn get(&self, key: &str) -> Result<Option<Entry>, Error> {
        let kept = self.entries.get(key).await.filter(|kept| kept.ends_at > self.clock.now());
        Ok(kept.map(|kept| kept.entry))
    }

    async fn put_if_newer(
        &self,
        key: &str,
        version: i64,
        value: Bytes,
        ttl: Duration,
    ) -> Result<bool, Error> {
        let now = self.clock.now();
        let kept = Kept { entry: Entry { version, value }, ttl, ends_at: now + ttl };
        let outcome = self
            .entries
            .entry_by_ref(key)
            .and_compute_with(|there| async move {
                let there = there.map(moka::Entry::into_value).filter(|there| there.ends_at > now);
                match there {
                    Some(there) if there.entry.version >= version => Op::Nop,
                    _ => Op::Put(kept),
                }
            })
            .await;
        Ok(matches!(outcome, CompResult::Inserted(_) | CompResult::ReplacedWith(_)))
    }

    async fn delete(&self, key: &str) -> Result<(), Error> {
        self.entries.invalidate(key).await;
        Ok(())
    }

    async fn take_some(&self, bucket: &str, rate: Rate, wanted: u32) -> Result<Taken, Error> {
        Ok(self.buckets.take(bucket, rate, wanted, self.clock.now()))
    }

    async fn publish(&self, channel: &str, message: Bytes) -> Result<(), Error> {
        self.channels.publish(channel, message);
        Ok(())
    }

    async fn subscribe(&self, channel: &str) -> Result<broadcast::Receiver<Bytes>, Error> {
        Ok(self.channels.subscribe(channel))
    }
}

/// Frees what has run out, by the machine's time; whether an entry still counts is up to the clock.
struct Ttl;

impl Expiry<String, Kept> for Ttl {
    fn expire_after_create(&self, _: &String, kept: &Kept, _: Instant) -> Option<Duration> {
        Some(kept.ttl)
    }

    fn expire_after_update(
        &self,
        _: &String,
        kept: &Kept,
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(kept.ttl)
    }
}
